"""Checking what is stored: how long a GiB takes from its seals to its pixels, and what of that is decoding."""

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from backend import bootstrap
from backend.bootstrap import Services
from backend.core.caller import Origin
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.model import ParsedInstance, Refused
from backend.ports.object_store import ObjectReader
from backend.services.first_people import SetUp
from backend.services.object_checks import ObjectChecks
from backend.settings import Settings
from benchmarks import arrivals, studies
from benchmarks.figures import Figure, at_most, told

SIZE_BYTES = 1 << 30
SLICES = 300
# A GiB an hour is what the background checks by default: a minute of it may be noticed by nobody.
MOST_SECONDS = 60.0
_STEP_BYTES = 1 << 20


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="pacscribe-bench-") as name:
        folder = Path(name)
        slices = [octets for octets, _ in zip(studies.raw(), range(SLICES), strict=False)]
        film = folder / "film.dcm"
        arrivals.multi_frame(film, slices[0], SIZE_BYTES)
        seconds, reading = _checked(folder / "film", [_steps(film)])
        of_slices, _ = _checked(folder / "slices", [[octets] for octets in slices])
    return [
        at_most("Check of a film of 1 GiB, every frame decoded", seconds, "s", MOST_SECONDS),
        told("The same, seals and checksum only", reading, "s"),
        told(f"Check of {SLICES} raw CT slices", SLICES / of_slices, "images/s"),
    ]


def _steps(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while step := file.read(_STEP_BYTES):
            yield step


def _checked(data_dir: Path, files: Sequence[Iterable[bytes]]) -> tuple[float, float]:
    """Seconds that a check of everything takes, and one that decodes nothing."""
    data_dir.mkdir()
    built = bootstrap.build(Settings(data_dir=data_dir, reading_copies_gigabytes=0))
    try:
        _take_in(built, files)
        seconds = _seconds(built, len(files))
        built.integrity._checks = _Undecoded(built)
        return seconds, _seconds(built, len(files))
    finally:
        bootstrap.close(built)


def _seconds(built: Services, objects: int) -> float:
    began = time.perf_counter()
    run = built.integrity.check_all()
    seconds = time.perf_counter() - began
    assert (run.objects, run.damaged) == (objects, 0)
    return seconds


class _Undecoded(ObjectChecks):
    """Checks octets only: what would be decoded is taken to be right."""

    def __init__(self, built: Services) -> None:
        super().__init__(built.object_store, built.keyring, _never)

    def _decodes_to(self, *_: object) -> bool:
        return True


def _never(_reader: ObjectReader) -> ParsedInstance | Refused:
    raise AssertionError("nothing is decoded here")


def _take_in(built: Services, files: Sequence[Iterable[bytes]]) -> None:
    form = SetUp("Benchmark", "Bench", "bench@bench.example", "quiet green river 7 stones")
    built.first_people.set_up(
        built.first_people.new_set_up_link(), form, Origin("127.0.0.1", "bench")
    )
    caller = built.studies.importer("")
    received = (built.studies.receive(caller, str(n), steps) for n, steps in enumerate(files))
    outcomes = list(built.studies.ingest(caller, received))
    assert all(outcome.kind is IngestOutcomeKind.STORED for outcome in outcomes), outcomes[:2]
