"""An archive of 5 GB that a browser sends in pieces: all of it is stored, and the server holds no more of it than a few pieces."""

import json
import shutil
import zipfile
from mmap import ACCESS_READ, mmap
from pathlib import Path

import pytest

from backend.cli.demo_marker import mark_loaded
from backend.settings import Settings
from tests.data_dirs import prepare_data_dir
from tests.endurance.counts import IS_WHOLE
from tests.endurance.crash_site import PASSWORD, TECHNOLOGIST
from tests.endurance.sent_in_pieces import Archive
from tests.memory import peak_bytes, resident_bytes
from tests.served import serving, worker_pids
from tests.viewing_hospital import ct_slice
from tests.whole.test_nothing_readable import Client

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not IS_WHOLE, reason="takes minutes and 16 GB: part of `make endurance`"),
]

SIZE_BYTES = 5 << 30
SLICES_OF_A_SERIES = 500
PIECE_BYTES = 64 << 20  # as the upload page cuts
MOST_GROWTH_BYTES = 256 << 20


def write_archive(path: Path) -> int:
    """Series of raw slices, one after the other; how many files."""
    number = 0
    with zipfile.ZipFile(path, "w") as archive:
        while path.stat().st_size < SIZE_BYTES:
            series, place = divmod(number, SLICES_OF_A_SERIES)
            uid = f"2.25.55{series:06}"
            octets = ct_slice(
                float(place),
                place + 1,
                size_px=512,
                StudyInstanceUID=uid,
                SeriesInstanceUID=f"{uid}.1",
            )
            archive.writestr(f"{series}/{place}.dcm", octets)
            number += 1
    return number


def test_an_archive_of_five_gigabytes_goes_through_a_server_of_bounded_memory(
    tmp_path: Path,
) -> None:
    if shutil.disk_usage(tmp_path).free < 4 * SIZE_BYTES:
        pytest.skip("there is no room for it here")
    data_dir = tmp_path / "data"
    prepare_data_dir(data_dir, PASSWORD)
    mark_loaded(Settings(data_dir=data_dir))
    path = tmp_path / "archive.zip"
    files = write_archive(path)
    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=PASSWORD) as served:
        client = Client(served, TECHNOLOGIST, PASSWORD)
        client.http.get("/api/v1/tus")
        (worker,) = worker_pids(served)
        before = resident_bytes(worker)
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as octets:
            archive = Archive({}, octets, PIECE_BYTES)
            archive.send(client)
        grown = peak_bytes(worker) - before
    assert archive.is_done
    assert {json.loads(line)["kind"] for line in archive.lines} == {"stored"}
    assert len(archive.lines) == files
    assert {each.name for each in data_dir.glob("staging/*/*")} <= {"in-use.lock"}
    assert sum(1 for _ in data_dir.glob("objects/*/*/*")) == files  # no piece is left
    print(f"{files} files, {path.stat().st_size} bytes: the server grew by {grown >> 20} MiB")
    assert grown < MOST_GROWTH_BYTES
