"""Every hostile file and archive, uploaded to a running server: one outcome each, and the server answers meanwhile."""

import json
import tempfile
import threading
from collections import Counter
from pathlib import Path

import httpx
import pytest

from backend.core.vocabulary import IngestOutcomeKind
from tests.adapters.test_hostile_files import is_plain_sentence
from tests.data_dirs import prepare_demo
from tests.hostile import ARCHIVES, FILES
from tests.hostile.first import plain_file
from tests.memory import peak_bytes
from tests.served import DEMO_PASSWORD, Served, serving, worker_pids
from tests.whole.test_nothing_readable import BOUNDARY, Client, multipart

pytestmark = pytest.mark.slow

TECHNOLOGIST = "technologist@demo.example"
LIMIT_BYTES = 700 << 20


class Heartbeat(threading.Thread):
    """Asks a server again and again whether it lives."""

    def __init__(self, served: Served) -> None:
        super().__init__(daemon=True)
        self._url = f"{served.url}/healthz"
        self._stop_asking = threading.Event()
        self.answers: Counter[object] = Counter()

    def run(self) -> None:
        with httpx.Client(timeout=30) as http:
            while not self._stop_asking.is_set():
                try:
                    self.answers[http.get(self._url).status_code] += 1
                except httpx.HTTPError as failure:
                    self.answers[repr(failure)] += 1
                self._stop_asking.wait(0.05)

    def end(self) -> None:
        self._stop_asking.set()
        self.join()


def test_hostile_uploads_get_one_outcome_each_and_the_server_answers_meanwhile(
    tmp_path: Path,
) -> None:
    data_dir = tmp_path / "data"
    prepare_demo(data_dir, DEMO_PASSWORD)
    files = {f"file {n}": FILES[kind]() for n, kind in enumerate(FILES)}
    files |= {f"archive {n}": ARCHIVES[kind]() for n, kind in enumerate(ARCHIVES)}
    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD) as served:
        workers = worker_pids(served)
        assert workers
        client = Client(served, TECHNOLOGIST, DEMO_PASSWORD)
        heartbeat = Heartbeat(served)
        heartbeat.start()
        lines = client.upload(iter([multipart(files)]), BOUNDARY)
        heartbeat.end()
        *outcomes, last = (json.loads(line) for line in lines)
        assert last == {"done": True}
        assert set(heartbeat.answers) == {200}, heartbeat.answers
        assert heartbeat.answers[200] > 5
        assert served.process.poll() is None
        assert worker_pids(served) == workers  # one that was started again had died of a file
        largest = max(map(peak_bytes, workers))
        print(f"{len(files)} files and archives: the server held {largest >> 20} MiB at most")
        assert largest < LIMIT_BYTES
        good = client.upload(iter([multipart({"good": plain_file()})]), BOUNDARY)
        assert json.loads(good[0])["kind"] in ("stored", "duplicate", "conflict")
    told = Counter(outcome["source_name"] for outcome in outcomes)
    assert all(told[name] == 1 for name in files if name.startswith("file"))
    for outcome in outcomes:
        assert outcome["kind"] in set(IngestOutcomeKind)
        if outcome["kind"] != "stored":
            assert is_plain_sentence(outcome["reason"]), outcome["reason"]
    inside = {name.split("/")[0] for name in told if name.startswith("archive")}
    empty = list(ARCHIVES).index("folders only")
    assert inside == {name for name in files if name.startswith("archive")} - {f"archive {empty}"}
    assert list(tmp_path.rglob("climbed.dcm")) == []
    assert list(Path(tempfile.gettempdir()).glob("climbed.dcm")) == []
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"data"}
