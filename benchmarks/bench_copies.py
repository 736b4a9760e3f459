"""What a reading copy spares: the first look at slices and mammograms, raw and as JPEG 2000, without and with it; all cold."""

import io
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
from pydicom import dcmread, dcmwrite
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, generate_uid
from sqlmodel import select

from backend import bootstrap
from backend.bootstrap import Services
from backend.core.caller import Caller
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.demo import head_ct, mammogram
from backend.models.studies import Study
from backend.schemas.viewing import TileRequest
from backend.settings import Settings
from benchmarks.figures import Figure, at_most, median, milliseconds, told
from benchmarks.first_person import first_person

SLICES = 40
MAMMOGRAMS = 3
ROUNDS = 3
# A wheel turns through 60 slices a second, and drawing and sending want their part of that time too.
SLICE_MS = 1000 / 60 / 4
FIRST_IMAGE_MS = 150
_WHOLE: dict[str, int] = {}
_FITTED = {"level": 2}
_TILE = {"level": 0, "tile_row": 3, "tile_column": 2}
_LIMITS = {"CT slice, JPEG 2000": SLICE_MS, "CT slice, raw": SLICE_MS}


@dataclass(frozen=True)
class Image:
    """One instance of a study."""

    study_instance_uid: str
    sop_instance_uid: str


def run() -> list[Figure]:
    files = _files()
    with tempfile.TemporaryDirectory(prefix="pacscribe-bench-") as folder:
        slow, seconds_without = _measured(Path(folder), files, gigabytes=0)
        quick, seconds_with = _measured(Path(folder), files, gigabytes=50)
        seconds_later = _made_later(Path(folder))
    figures = [told(f"{name}, cold, no copy", value, "ms") for name, value in slow.items()]
    figures += [
        at_most(f"{name}, cold, with copy", value, "ms", _LIMITS.get(name, FIRST_IMAGE_MS))
        for name, value in quick.items()
    ]
    return [
        *figures,
        told("Import of all of it, without copies", seconds_without, "s"),
        told("Import of all of it, with copies", seconds_with, "s"),
        told("Copies of all of it made later", seconds_later, "s"),
    ]


def _files() -> dict[str, list[bytes]]:
    slices = [octets for octets, _ in zip(head_ct(), range(SLICES), strict=False)]
    breasts = [_again(mammogram()) for _ in range(MAMMOGRAMS)]
    return {
        "CT slice, raw": slices,
        "CT slice, JPEG 2000": [_as_jpeg_2000(octets) for octets in slices],
        "mammogram fitted, raw": breasts,
        "mammogram fitted, JPEG 2000": [_as_jpeg_2000(breasts[0])],
    }


def _measured(
    folder: Path, files: dict[str, list[bytes]], *, gigabytes: int
) -> tuple[dict[str, float], float]:
    """How long a first look takes at each kind of image, and how long taking them in took."""
    services = _opened(folder / f"{gigabytes}", gigabytes)
    try:
        caller, _ = first_person(services)
        services.studies.ingest(caller, [])
        began = time.perf_counter()
        stored = {name: _stored(services, caller, octets) for name, octets in files.items()}
        seconds = time.perf_counter() - began
        for images in stored.values():  # what is recorded at a first opening is not timed
            services.viewing.open_study(caller, images[0].study_instance_uid)
        looks = {
            name: _first_look(services, caller, images, _FITTED if "fitted" in name else _WHOLE)
            for name, images in stored.items()
        }
        slow_mammogram = stored["mammogram fitted, JPEG 2000"]
        looks["mammogram, a tile in full, JPEG 2000"] = _first_look(
            services, caller, slow_mammogram, _TILE
        )
        return looks, seconds
    finally:
        bootstrap.close(services)


def _made_later(folder: Path) -> float:
    """How long copies take of what was stored without."""
    services = _opened(folder / "0", 50)
    try:
        began = time.perf_counter()
        services.reading_copies.make_all()
        return time.perf_counter() - began
    finally:
        bootstrap.close(services)


def _opened(data_dir: Path, gigabytes: int) -> Services:
    return bootstrap.build(Settings(data_dir=data_dir, reading_copies_gigabytes=gigabytes))


def _first_look(
    services: Services, caller: Caller, images: Sequence[Image], wanted: dict[str, int]
) -> float:
    """Median time of drawing images that nothing is known of yet."""
    taken: list[float] = []

    def draw(number: int) -> None:
        image = images[number]
        request = TileRequest(image.sop_instance_uid, **wanted)
        services.viewing.render_tile(caller, image.study_instance_uid, request)

    for _ in range(ROUNDS):
        for image in images:
            _forget(services, image)
        taken += milliseconds(draw, len(images))
    return median(taken)


def _forget(services: Services, image: Image) -> None:
    with services.database.system_read() as session:
        found = select(Study.id).where(Study.study_instance_uid == image.study_instance_uid)
        study_key = session.exec(found).one()
    services.viewing.forget_study(image.study_instance_uid, study_key)


def _stored(services: Services, caller: Caller, files: Sequence[bytes]) -> list[Image]:
    received = [services.studies.receive(caller, "file", [octets]) for octets in files]
    outcomes = list(services.studies.ingest(caller, received))
    refused = [o.reason for o in outcomes if o.kind is not IngestOutcomeKind.STORED]
    if refused:
        raise RuntimeError(refused[0])
    return [Image(o.study_instance_uid, o.sop_instance_uid) for o in outcomes]


def _again(octets: bytes) -> bytes:
    """The same picture as an instance of its own."""
    dataset = dcmread(io.BytesIO(octets))
    _rename(dataset)
    return _written(dataset)


def _as_jpeg_2000(octets: bytes) -> bytes:
    """The same picture, compressed, in a study of its own."""
    dataset = dcmread(io.BytesIO(octets))
    values = dataset.pixel_array
    _rename(dataset)
    dataset.StudyInstanceUID += ".1"
    dataset.SeriesInstanceUID += ".1"
    stream = imagecodecs.jpeg2k_encode(values, reversible=True, level=0, codecformat="j2k")
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    return _written(dataset)


def _rename(dataset) -> None:
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()


def _written(dataset) -> bytes:
    buffer = io.BytesIO()
    dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()
