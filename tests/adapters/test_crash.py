"""A process that is killed while it stores: what it has acknowledged is there, whole; the rest is swept."""

import hashlib
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import col, select

from backend.adapters.database import Database, embedded_url
from backend.adapters.object_store_local import LocalObjectStore
from backend.models import Job
from tests.endurance.counts import count
from tests.postgres import NORTH, TEST_KEY

ROUNDS = count(3, 30)
PROGRAM = """
import hashlib, os, sys
from pathlib import Path
from backend.adapters.database import Database, embedded_url
from backend.adapters.object_store_local import LocalObjectStore
from backend.core import clock
from backend.models import Job

folder = Path(sys.argv[1])
store = LocalObjectStore(folder, headroom_bytes=0)
database = Database(embedded_url(folder), bytes(range(32)))
while True:
    content = os.urandom(30_000 + int.from_bytes(os.urandom(2), "big") * 2)
    staged = store.stage()
    staged.write(content)
    summary = staged.finish()
    store.commit(staged)
    with database.write("org-north") as session:
        session.add(Job(id=staged.object_id, kind=staged.object_key.hex(),
                        payload=summary.sha256, run_after=clock.now()))
    print(staged.object_id, summary.sha256, flush=True)
"""


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
    sqlcipher_database: Database, tmp_path: Path
) -> None:
    sqlcipher_database.close()
    acknowledged: dict[str, str] = {}
    choice = random.Random(7)
    for _ in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(choice.uniform(0.02, 0.4))
            process.kill()
            # The last line may be half a line: that one was not acknowledged.
            for line in (first + process.stdout.read()).splitlines(keepends=True):
                if line.endswith("\n"):
                    object_id, sha256 = line.split()
                    acknowledged[object_id] = sha256
    assert len(acknowledged) >= ROUNDS

    with closing(Database(embedded_url(tmp_path), TEST_KEY)) as database:
        with database.read(NORTH) as session:
            rows = {row.id: row for row in session.exec(select(Job))}
        store = LocalObjectStore(tmp_path, headroom_bytes=0)
        assert acknowledged.keys() <= rows.keys()
        for object_id, row in rows.items():
            with store.open(object_id, bytes.fromhex(row.kind)) as reader:
                content = reader.read_range(0, reader.size_bytes)
            assert hashlib.sha256(content).hexdigest() == row.payload
            assert acknowledged.get(object_id, row.payload) == row.payload

        def known_ids(ids: Sequence[str]) -> set[str]:
            with database.read(NORTH) as session:
                return set(session.exec(select(Job.id).where(col(Job.id).in_(ids))))

        report = store.sweep(known_ids, older_than_seconds=-1)
        assert report.orphans_removed <= ROUNDS
        assert sorted(store.list_ids()) == sorted(rows)
        assert [path.name for path in tmp_path.glob("staging/*/*")] == ["in-use.lock"]
