"""A disk that fills up, on a real file system: looking, signing and signing in go on; uploads are refused in words, with nothing half written."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from backend import bootstrap
from backend.cli.main import main
from backend.core.errors import Refusal, StorageFull
from backend.models import ingest
from backend.schemas.reporting import ReportSections
from backend.schemas.storage import RoomLevel
from backend.schemas.viewing import TileRequest
from backend.services.proving import Proof
from tests.endurance.counts import count
from tests.viewing_hospital import PASSWORD, Hospital, ct_slice, uid_of

MIB = 1024 * 1024
DISK_BYTES = 48 * MIB
HEADROOM_BYTES = 12 * MIB
# Down to where the reserve is nearly used up by others, then to the last octet.
LEVELS = [24, 13, 12.2, 11.95, 11.9, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2.5, 2, 0.5, 0.1, 0.02, 0]
USUAL = [24, 11.9, 2, 0.1, 0]
TEXT = ReportSections(findings="No bleeding.", impression="Normal.")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here (it takes root)")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def hospital(disk: Path) -> Iterator[Hospital]:
    made = Hospital(disk / "data")
    made.services.object_store._headroom_bytes = HEADROOM_BYTES
    yield made
    made.close()


@contextmanager
def filled(disk: Path, free_bytes: int) -> Iterator[None]:
    """Something else takes all but so much of the disk."""
    ballast = disk / "ballast"
    status = os.statvfs(disk)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, status.f_bavail * status.f_frsize - free_bytes))
    try:
        yield
    finally:
        ballast.unlink()


def study_of(number: int) -> str:
    return f"2.25.88{number:04}"


def a_slice(number: int, at: int = 1) -> bytes:
    return ct_slice(
        float(at),
        at,
        StudyInstanceUID=study_of(number),
        SeriesInstanceUID=f"{study_of(number)}.1",
        size_px=256,
    )


def require_nothing_half_written(hospital: Hospital) -> None:
    services = hospital.services
    data_dir = services.settings.data_dir
    assert {path.name for path in data_dir.glob("staging/*/*")} <= {"in-use.lock"}
    ids = list(services.object_store.list_ids())
    with services.database.system_read() as session:
        assert ingest.known_object_ids(session, ids) == set(ids)


def upload(hospital: Hospital, octets: bytes) -> str:
    """What became of it: an outcome, or the sentence of a refusal."""
    try:
        (outcome,) = hospital.take_in(octets)
    except Refusal as refusal:
        return refusal.sentence
    return outcome.kind.value if outcome.kind == "stored" else outcome.reason


def work(hospital: Hospital, number: int) -> None:
    """What must go on: signing in, looking, writing and signing."""
    person = hospital.sign_in().caller
    tile = hospital.services.viewing.render_tile(
        person, study_of(number), TileRequest(uid_of(a_slice(number)))
    )
    assert tile.octets
    reporting = hospital.services.reporting
    report = reporting.open_for_study(person, study_of(number))
    assert report is not None
    saved = reporting.save_draft(person, report.report_id, report.draft_version, TEXT)
    reporting.sign(person, report.report_id, saved.draft_version, Proof(password=PASSWORD))
    assert reporting.get(person, report.report_id).status == "final"


def worked(hospital: Hospital, number: int) -> str:
    """Why the work could not be done; empty if it could."""
    try:
        work(hospital, number)
    except Refusal as refusal:
        return refusal.sentence
    return ""


def test_work_goes_on_while_the_disk_fills_up(disk: Path, hospital: Hospital) -> None:
    levels = LEVELS if count(0, 1) else USUAL
    for number in range(len(levels)):
        assert upload(hospital, a_slice(number)) == "stored"
    came = {"stored": 0, "refused": 0, "worked": 0, "told": 0}
    for number, free_mib in enumerate(levels):
        with filled(disk, int(free_mib * MIB)):
            answer = upload(hospital, a_slice(number, at=2))
            came["stored" if answer == "stored" else "refused"] += 1
            assert answer in ("stored", StorageFull.default_sentence)
            assert (answer == "stored") == (free_mib > HEADROOM_BYTES / MIB), free_mib
            if free_mib < HEADROOM_BYTES / MIB:
                assert hospital.services.storage.room().level is RoomLevel.FULL
            told = worked(hospital, number)
            came["told" if told else "worked"] += 1
            # Once others have taken the reserve as well, it is told in words, and nothing is half done.
            assert told == "" or (free_mib < 1 and told == StorageFull.default_sentence)
            require_nothing_half_written(hospital)
    assert upload(hospital, a_slice(0, at=3)) == "stored"
    run = hospital.services.integrity.check_all()
    assert run.damaged == 0
    assert run.objects == len(levels) + came["stored"] + 1
    assert hospital.services.audit_trail.verify().first_bad_sequence is None
    print(f"{len(levels)} levels: {came}")


def test_a_file_that_meets_the_end_of_the_disk_half_way_is_refused_and_removed(
    disk: Path, hospital: Hospital
) -> None:
    assert upload(hospital, a_slice(0)) == "stored"
    hospital.services.object_store._headroom_bytes = 0  # as if others had taken it meanwhile
    for free_bytes in (8192, 65_536, 100_000):
        with filled(disk, free_bytes):
            # Its 128 KiB are cut by a short write first, and then by an error.
            assert upload(hospital, a_slice(1)) == StorageFull.default_sentence
            require_nothing_half_written(hospital)
    assert upload(hospital, a_slice(1)) == "stored"


def test_an_import_stops_once_the_disk_is_full_and_goes_on_when_it_is_run_again(
    disk: Path,
    hospital: Hospital,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    services = replace(hospital.services, studies=hospital.importer)
    monkeypatch.setattr(bootstrap, "services", lambda: services)
    monkeypatch.setattr(bootstrap, "shut_down", lambda: None)
    monkeypatch.setenv("PACSCRIBE_DATA_DIR", str(disk / "data"))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    names = [f"{number:02}" for number in range(5)]
    for number, name in enumerate(names):
        (inbox / name).write_bytes(a_slice(0, at=number + 1))
    with filled(disk, HEADROOM_BYTES + 4 * MIB):
        assert main(["import", str(inbox / names[0])]) == 0
    capsys.readouterr()
    with filled(disk, HEADROOM_BYTES // 2):
        assert main(["import", str(inbox)]) == 1
    told = capsys.readouterr()
    assert told.err.startswith("pacscribe import: the storage is full, and the import has stopped.")
    assert told.err.count("\n") == 1
    assert "refused" not in told.out.rpartition("0 refused")[0]
    require_nothing_half_written(hospital)
    assert main(["import", str(inbox)]) == 0
    assert "4 stored, 1 duplicate, 0 conflict, 0 refused" in capsys.readouterr().out
