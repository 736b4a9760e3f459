"""A program that is killed while it makes reading copies: no image is lost, every copy that is known is whole, the rest is made."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlmodel import select

from backend import bootstrap
from backend.models import ingest
from backend.models.reading_copies import ReadingCopy
from backend.models.studies import Instance, Study
from backend.schemas.viewing import Encoding, TileRequest
from backend.settings import Settings
from tests.endurance.counts import count
from tests.services.test_reading_copies import slow_slice
from tests.viewing_hospital import STUDY, Hospital, uid_of

ROUNDS = count(3, 5)
SLICES = 24
PROGRAM = """
import sys
from pathlib import Path
from backend import bootstrap
from backend.settings import Settings
from tests.endurance.counts import count
from tests.services.test_reading_copies import Copyist

services = bootstrap.build(Settings(data_dir=Path(sys.argv[1]), demo=True))
copies = services.reading_copies
copies._copyist = Copyist()
copies._when_made = lambda study_key, uid: print(uid, flush=True)
print("ready", flush=True)
copies.make_all()
"""


@pytest.mark.slow
def test_copies_survive_kills_and_are_all_made_in_the_end(tmp_path: Path):
    data_dir = tmp_path / "data"
    slices = [slow_slice(2 * n, n) for n in range(1, SLICES + 1)]
    hospital = Hospital(data_dir)
    hospital.take_in(*slices)
    caller = hospital.sign_in().caller
    drawn = {
        uid_of(octets): hospital.services.viewing.render_tile(
            caller, STUDY, TileRequest(uid_of(octets), encoding=Encoding.PNG)
        ).octets
        for octets in slices
    }
    hospital.close()
    acknowledged: set[str] = set()
    choice = random.Random(11)
    for _ in range(ROUNDS):
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(data_dir)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first == "ready\n"
            lines = [process.stdout.readline() for _ in range(choice.randrange(1, 5))]
            time.sleep(choice.uniform(0.0, 0.03))
            process.kill()
            # The last line may be half a line: that one was not acknowledged.
            for line in [*lines, *process.stdout.read().splitlines(keepends=True)]:
                if line.endswith("\n"):
                    acknowledged.add(line.strip())

    assert len(acknowledged) >= ROUNDS
    services = bootstrap.build(Settings(data_dir=data_dir, demo=True))
    try:
        with services.database.system_read() as session:
            statement = select(Instance.sop_instance_uid).join(
                ReadingCopy, ReadingCopy.instance_key == Instance.id
            )
            assert acknowledged <= set(session.exec(statement))
        services.reading_copies.make_all()
        with services.database.system_read() as session:
            rows = session.exec(
                select(ReadingCopy, Study.wrapped_data_key)
                .join(Instance, Instance.id == ReadingCopy.instance_key)
                .join(Study, Study.id == Instance.study_key)
            ).all()
            originals = set(session.exec(select(Instance.object_id)))
        assert len(rows) == SLICES
        copies = {row.object_id for row, _ in rows if row.object_id}
        for row, wrapped_data_key in rows:
            if row.object_id:
                key = services.keyring.unwrap_object_key(row.wrapped_object_key, wrapped_data_key)
                with services.object_store.open(row.object_id, key) as reader:
                    assert len(reader.read_range(0, reader.size_bytes)) == row.size_bytes

        def known(object_ids):
            with services.database.system_read() as session:
                return ingest.known_object_ids(session, object_ids)

        report = services.object_store.sweep(known, older_than_seconds=-1)
        assert report.orphans_removed <= ROUNDS
        assert set(services.object_store.list_ids()) == originals | copies
        for uid, octets in drawn.items():
            request = TileRequest(uid, encoding=Encoding.PNG)
            assert services.viewing.render_tile(caller, STUDY, request).octets == octets
    finally:
        bootstrap.close(services)
