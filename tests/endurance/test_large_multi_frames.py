"""Multi-frame files of 2 GiB, by the page's way and by command line: all processes together hold a small part of it."""

import io
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from backend.cli.demo_marker import mark_loaded
from backend.settings import Settings
from benchmarks.memory_watch import MemoryWatch
from benchmarks.processes import megabytes
from tests.data_dirs import prepare_data_dir
from tests.endurance.counts import IS_WHOLE
from tests.endurance.crash_site import PASSWORD, TECHNOLOGIST
from tests.endurance.multi_frames import MultiFrame, native, run_length_encoded, stored_values
from tests.endurance.sent_in_pieces import Archive
from tests.served import ROOT, Served, environment, serving
from tests.whole.test_nothing_readable import Client

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not IS_WHOLE, reason="takes minutes and 8 GB: part of `make endurance`"),
]

RADIOLOGIST = "radiologist@demo.example"
FRAMES = 4096  # 2 GiB of 512 x 512 with 16 bits
COMPRESSED_FRAMES = 600  # 300 MiB
PIECE_BYTES = 64 << 20  # as the upload page cuts
# Above what the same processes take before: pieces and frames in hand, and what parses them.
MOST_GROWTH_MB = 250.0
FREE_BYTES = 10 << 30


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    if shutil.disk_usage(tmp_path).free < FREE_BYTES:
        pytest.skip("there is no room for it here")
    data_dir = tmp_path / "data"
    prepare_data_dir(data_dir, PASSWORD)
    mark_loaded(Settings(data_dir=data_dir))
    return data_dir


def require_last_frame(served: Served, outcome: dict[str, str], frames: int) -> None:
    """The last frame is drawn as it was sent: a window from 0 to 255 shows these values as they are."""
    instance = f"/studies/{outcome['study_instance_uid']}/instances/{outcome['sop_instance_uid']}"
    answer = Client(served, RADIOLOGIST, PASSWORD).http.get(
        f"/api/v1{instance}/frames/{frames}/tile",
        params={
            "level": 0,
            "row": -1,
            "column": -1,
            "window": "127.5,255,linear-exact",
            "encoding": "png",
        },
    )
    assert answer.status_code == 200, answer.text
    drawn = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert (drawn == np.minimum(stored_values(frames - 1), 255)).all()


@pytest.mark.parametrize(
    ("file", "frames"),
    [
        pytest.param(native(FRAMES), FRAMES, id="native"),
        pytest.param(run_length_encoded(COMPRESSED_FRAMES), COMPRESSED_FRAMES, id="RLE"),
    ],
)
def test_a_multi_frame_goes_through_a_server_of_bounded_memory(
    data_dir: Path, file: MultiFrame, frames: int
) -> None:
    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=PASSWORD) as served:
        client = Client(served, TECHNOLOGIST, PASSWORD)
        client.http.get("/api/v1/tus")
        idle_mb = megabytes(served.process.pid)
        began = time.monotonic()
        with MemoryWatch(served.process.pid) as watch:
            upload = Archive({}, file, PIECE_BYTES)
            upload.send(client)
        seconds = time.monotonic() - began
        assert upload.is_done
        (outcome,) = map(json.loads, upload.lines)
        assert outcome["kind"] == "stored", outcome["reason"]
        require_last_frame(served, outcome, frames)
    grown_mb = watch.most_megabytes - idle_mb
    print(
        f"{file.size_bytes >> 20} MiB in {seconds:.0f} s: all processes grew by {grown_mb:.0f} MB"
    )
    assert grown_mb < MOST_GROWTH_MB
    assert file.read_bytes == file.size_bytes  # nothing of it was sent twice


def test_a_multi_frame_is_imported_with_bounded_memory(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    native(FRAMES).write(path)
    command = [sys.executable, "-m", "backend.cli.main", "import", "--json", str(path)]
    began = time.monotonic()
    process = subprocess.Popen(
        [*command, "--data-dir", str(data_dir)],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with MemoryWatch(process.pid) as watch:
        said = process.communicate()[0].splitlines()
    seconds = time.monotonic() - began
    path.unlink()
    outcome = json.loads(said[0])
    assert outcome["kind"] == "stored", outcome["reason"]
    print(f"2 GiB in {seconds:.0f} s: all processes held {watch.most_megabytes:.0f} MB")
    assert watch.most_megabytes < MOST_GROWTH_MB
    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=PASSWORD) as served:
        require_last_frame(served, outcome, FRAMES)
