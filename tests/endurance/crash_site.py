"""A data directory on which a program is killed again and again: what it has acknowledged, and whether all of that is there."""

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from sqlmodel import select

from backend import bootstrap
from backend.models import ingest
from backend.models.studies import Instance, Study
from backend.settings import Settings
from tests.data_dirs import prepare_data_dir
from tests.viewing_hospital import ct_slice, uid_of

PASSWORD = "a plain long sentence"
TECHNOLOGIST = "technologist@demo.example"
FILES = 50


@dataclass
class CrashSite:
    """Files that are sent, and what was acknowledged of them."""

    data_dir: Path
    files: dict[str, bytes] = field(default_factory=dict)  # by SOP Instance UID
    acknowledged: set[str] = field(default_factory=set)
    said: dict[str, int] = field(default_factory=dict)  # lines by outcome
    _series: int = 0

    def __post_init__(self) -> None:
        prepare_data_dir(self.data_dir, PASSWORD)

    def new_series(self, count: int) -> dict[str, bytes]:
        """Files that were never sent, of a series of their own."""
        self._series += 1
        series = f"2.25.77{self._series:06}"
        made = [
            ct_slice(
                float(n), n, SeriesInstanceUID=series, StudyInstanceUID=f"{series}1", size_px=96
            )
            for n in range(1, count + 1)
        ]
        files = {uid_of(octets): octets for octets in made}
        assert len(files) == count
        self.files.update(files)
        return files

    def take(self, lines: Iterable[str]) -> None:
        """What the program has said, until it was killed; half a line is no acknowledgement."""
        for line in lines:
            if not line.endswith("\n"):
                continue
            answer = json.loads(line)
            kind = answer.get("kind")
            if kind is None:
                continue  # the counts at the end
            self.said[kind] = self.said.get(kind, 0) + 1
            if kind in ("stored", "duplicate"):
                self.acknowledged.add(answer["sop_instance_uid"])
            else:
                assert kind == "skipped", answer

    def require_everything(self) -> int:
        """All that was acknowledged is there, byte for byte; nothing is damaged; orphans are swept; how many there were."""
        built = bootstrap.build(Settings(data_dir=self.data_dir))
        try:
            with built.database.system_read() as session:
                rows = session.exec(select(Instance.sop_instance_uid, Instance.sha256)).all()
                counted = session.exec(select(Study.instance_count)).all()
            stored = dict(rows)
            assert self.acknowledged <= stored.keys()
            for uid, sha256 in stored.items():
                assert sha256 == hashlib.sha256(self.files[uid]).hexdigest()
            assert sum(counted) == len(stored)
            run = built.integrity.check_all()
            assert (run.objects, run.damaged) == (len(stored), 0)
            assert built.audit_trail.verify().first_bad_sequence is None

            def known(ids):
                with built.database.system_read() as session:
                    return ingest.known_object_ids(session, ids)

            report = built.object_store.sweep(known, older_than_seconds=-1)
            assert report.orphans_kept == 0
            left = set(built.object_store.list_ids())
            assert left == known(sorted(left))
            assert len(left) >= len(stored)
            staging = self.data_dir / "staging"
            assert {path.name for path in staging.glob("*/*")} <= {"in-use.lock"}
            return report.orphans_removed
        finally:
            bootstrap.close(built)


def next_files(site: CrashSite, sent: dict[str, bytes]) -> dict[str, bytes]:
    """What was sent and not acknowledged, beside some that are new."""
    again = {uid: octets for uid, octets in sent.items() if uid not in site.acknowledged}
    return {**again, **site.new_series(max(10, FILES - len(again)))}


def wait_for_a_moment(
    choice: random.Random, has_begun: Callable[[], bool], is_over: Callable[[], bool]
) -> None:
    """Some time after it has begun."""
    wait_until(lambda: has_begun() or is_over())
    time.sleep(choice.uniform(0.0, 0.25))


def wait_until(is_so: Callable[[], bool], seconds: float = 60.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.002)
    return False
