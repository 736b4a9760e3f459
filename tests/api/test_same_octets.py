"""Whatever the kind of image: the octets of a tile are those that `pacscribe render` writes."""

import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from backend import bootstrap
from backend.api import tiles
from backend.cli.render import draw
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.imaging.encoding import Encoding
from backend.imaging.model import VoiFunction, Window
from backend.imaging.rendering import RenderParameters
from tests.dicom.test_shutters import CIRCLE
from tests.dicom_files import SHARED, grey_ramp, image_dataset, shared_kinds, shipped_files, written
from tests.icc_profiles import ADOBE
from tests.viewing_hospital import Hospital

LARGEST_BYTES = 400_000


def kind_of(octets: bytes) -> tuple[object, ...] | None:
    """What sets images apart for whoever draws them; None for what is no small image."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            said = pydicom.dcmread(io.BytesIO(octets), force=True, stop_before_pixels=True)
            return (
                said.file_meta.TransferSyntaxUID,
                said.PhotometricInterpretation,
                said.BitsAllocated,
                said.BitsStored,
                said.get("PixelRepresentation"),
                said.get("PlanarConfiguration"),
                "ModalityLUTSequence" in said,
                "VOILUTSequence" in said,
                "PerFrameFunctionalGroupsSequence" in said,
                "PixelPaddingValue" in said,
            )
        except Exception:  # noqa: BLE001 - what has none of these is no image, or one that other tests are about
            return None


def generated() -> list[bytes]:
    grey = grey_ramp(16, 24)
    colour = np.random.default_rng(4).integers(0, 256, (16, 24, 3)).astype(np.uint8)
    datasets = [
        image_dataset(grey, **CIRCLE, ShutterPresentationValue=20_000),
        image_dataset(colour, ICCProfile=ADOBE),
        image_dataset(grey << 4, BitsStored=12, HighBit=15, PixelPaddingValue=5),
        image_dataset(grey.astype(np.uint32) * 9000),
    ]
    for number, dataset in enumerate(datasets):
        dataset.SOPInstanceUID = f"2.25.70{number}"
    return [written(dataset) for dataset in datasets]


def one_of_each_kind() -> list[bytes]:
    found: dict[object, bytes] = {}
    for path in [*shipped_files(), *shared_kinds()]:
        if path.stat().st_size <= LARGEST_BYTES:
            octets = path.read_bytes()
            kind = kind_of(octets)
            if kind is not None:
                found.setdefault(kind, octets)
    return [*found.values(), *generated()]


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    bootstrap.use(hospital.services)
    yield hospital
    bootstrap.use(None)
    hospital.close()


def variants(parsed: ParsedInstance) -> list[tuple[dict[str, str], RenderParameters]]:
    """Requests over HTTP, each with what `pacscribe render` is asked for the same."""
    window = Window(300.0, 777.0, VoiFunction.SIGMOID)
    asked = [
        ({}, RenderParameters()),
        ({"window": "300,777,sigmoid", "invert": "1"}, RenderParameters(window, invert=True)),
        ({"shutter": "0"}, RenderParameters(with_shutter=False)),
    ]
    if b'"voi_luts":[{' in parsed.reading_header:
        asked.append(({"window": "voi-lut,1"}, RenderParameters(0)))
    return asked


def test_a_tile_is_what_the_command_writes(hospital: Hospital):
    app = Starlette(routes=[Mount("/api/v1", routes=tiles.routes)])
    compared = 0
    files = one_of_each_kind()
    with TestClient(app, headers={"cookie": hospital.sign_in().cookie}) as client:
        outcomes = hospital.take_in(*files)
        assert all(outcome.kind is IngestOutcomeKind.STORED for outcome in outcomes[-4:])
        for octets, outcome in zip(files, outcomes, strict=True):
            parsed = parse_instance(io.BytesIO(octets))
            if outcome.kind is not IngestOutcomeKind.STORED or not isinstance(
                parsed, ParsedInstance
            ):
                continue
            if not parsed.attributes.is_displayable:
                continue
            path = (
                f"/api/v1/studies/{outcome.study_instance_uid}"
                f"/instances/{parsed.attributes.sop_instance_uid}/frames/1/tile"
            )
            for query, wanted in variants(parsed):
                answer = client.get(path, params={"encoding": "png", **query})
                assert answer.status_code == 200, answer.text

                def read_range(offset: int, length: int, octets: bytes = octets) -> bytes:
                    return octets[offset : offset + length]

                written_png = draw(parsed, read_range, 1, replace(wanted, encoding=Encoding.PNG))
                assert answer.content == written_png, (kind_of(octets), query)
                compared += 1
    assert compared > (150 if (SHARED / "dicom").exists() else 60)


def test_the_tiles_of_a_large_image_put_together_are_what_the_command_writes(hospital: Hospital):
    app = Starlette(routes=[Mount("/api/v1", routes=tiles.routes)])
    values = np.random.default_rng(2).integers(0, 4096, (700, 1030)).astype(np.uint16)
    octets = written(
        image_dataset(
            values,
            BitsStored=12,
            HighBit=11,
            ShutterShape="CIRCULAR",
            CenterOfCircularShutter=[350, 515],
            RadiusOfCircularShutter="400",
            SOPInstanceUID="2.25.991",
        )
    )
    (outcome,) = hospital.take_in(octets)
    parsed = parse_instance(io.BytesIO(octets))
    path = f"/api/v1/studies/{outcome.study_instance_uid}/instances/2.25.991/frames/1/tile"
    with TestClient(app, headers={"cookie": hospital.sign_in().cookie}) as client:

        def tile(row: int, column: int) -> np.ndarray:
            query = {"encoding": "png", "row": str(row), "column": str(column)}
            answer = client.get(path, params=query)
            return np.asarray(Image.open(io.BytesIO(answer.content)))

        glued = np.block([[tile(row, column) for column in range(3)] for row in range(2)])
    wanted = RenderParameters(encoding=Encoding.PNG)
    whole = draw(parsed, lambda offset, length: octets[offset : offset + length], 1, wanted)
    assert np.array_equal(glued, np.asarray(Image.open(io.BytesIO(whole))))
