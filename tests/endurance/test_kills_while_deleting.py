"""Killed without warning while studies are deleted: afterwards each is whole or gone, and no orphan stays."""

import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlmodel import select

from backend import bootstrap
from backend.core.caller import Caller
from backend.core.vocabulary import AuditAction
from backend.models.audit import AuditEntry
from backend.models.studies import Instance, Study
from backend.settings import Settings
from tests.endurance.counts import count
from tests.endurance.crash_site import PASSWORD, CrashSite, wait_until
from tests.served import ROOT, environment
from tests.viewing_hospital import COOKIE_NAME, ORIGIN

pytestmark = pytest.mark.slow

KILLS = count(2, 100)
STUDIES = 4
SLICES = 30
# Deletes one study after the other, as the worklist does, and says so.
DELETE_ALL = """
import sys
from pathlib import Path
from backend import bootstrap
from backend.settings import Settings
from tests.endurance.test_kills_while_deleting import administrator

built = bootstrap.build(Settings(data_dir=Path(sys.argv[1])))
caller = administrator(built)
for uid in sys.argv[2:]:
    print("begun", uid, flush=True)
    built.deletions.delete(caller, uid, "Sent by mistake")
    print("gone", uid, flush=True)
bootstrap.close(built)
"""


def administrator(built: bootstrap.Services) -> Caller:
    """Somebody who may delete."""
    signed_in = built.accounts.sign_in("admin@demo.example", PASSWORD, ORIGIN)
    caller = built.sessions.caller_of_cookie(f"{COOKIE_NAME}={signed_in.token}", ORIGIN)
    assert caller is not None
    return caller


def fill(site: CrashSite) -> dict[str, set[str]]:
    """Store some studies; the UIDs of their instances, by study."""
    built = bootstrap.build(Settings(data_dir=site.data_dir))
    stored: dict[str, set[str]] = {}
    try:
        caller = built.studies.importer("")
        for _ in range(STUDIES):
            received = (
                built.studies.receive(caller, uid, [octets])
                for uid, octets in site.new_series(SLICES).items()
            )
            for outcome in built.studies.ingest(caller, received):
                assert outcome.kind == "stored", outcome
                stored.setdefault(outcome.study_instance_uid, set()).add(outcome.sop_instance_uid)
                site.acknowledged.add(outcome.sop_instance_uid)
    finally:
        bootstrap.close(built)
    return stored


def objects(site: CrashSite) -> int:
    return sum(1 for _ in site.data_dir.glob("objects/*/*/*"))


def kill_a_deletion(
    site: CrashSite, choice: random.Random, studies: list[str], output: Path, *, half_way: bool
) -> list[str]:
    """Delete them, and kill the program some time after it has begun with one of them, or once it removes its objects.

    Returns:
        Those of which it said that they are gone.
    """
    which = choice.choice(studies)
    left = objects(site) - SLICES * studies.index(which)
    with output.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", DELETE_ALL, str(site.data_dir), *studies],
            cwd=ROOT,
            env=environment(),
            stdout=said,
        )
        wait_until(lambda: f"begun {which}\n" in output.read_text() or process.poll() is not None)
        if half_way:
            wait_until(lambda: objects(site) < left or process.poll() is not None)
        else:  # a deletion takes about so long; the moment is anywhere in it
            wait_until(lambda: process.poll() is not None, choice.uniform(0.0, 0.15))
        process.kill()
        process.wait()
    lines = output.read_text().splitlines(keepends=True)
    return [line.split()[1] for line in lines if line.startswith("gone") and line.endswith("\n")]


def what_is_there(site: CrashSite) -> tuple[dict[str, set[str]], list[str]]:
    """The instances of each study that is stored, and the studies whose deletion is in the trail."""
    built = bootstrap.build(Settings(data_dir=site.data_dir))
    try:
        with built.database.system_read() as session:
            rows = session.exec(
                select(Study.study_instance_uid, Instance.sop_instance_uid).where(
                    Instance.study_key == Study.id
                )
            ).all()
            deleted = session.exec(
                select(AuditEntry.object_id).where(AuditEntry.action == AuditAction.STUDY_DELETED)
            ).all()
            empty = session.exec(select(Study.study_instance_uid)).all()
    finally:
        bootstrap.close(built)
    there: dict[str, set[str]] = {uid: set() for uid in empty}
    for study, instance in rows:
        there[study].add(instance)
    return there, list(deleted)


def test_after_a_kill_each_study_is_whole_or_gone(tmp_path: Path) -> None:
    site = CrashSite(tmp_path / "data")
    choice = random.Random(8)
    orphans = half_way = told = 0
    stored = fill(site)
    for number in range(KILLS):
        gone = kill_a_deletion(
            site,
            choice,
            sorted(stored),
            tmp_path / f"{number}.txt",
            half_way=number % 2 == 0,
        )
        there, deleted = what_is_there(site)
        for study, instances in list(stored.items()):
            assert there.get(study) in (None, instances)
            assert (study in there) != (study in deleted)  # gone with its trace, or neither
            if study not in there:
                half_way += study not in gone
                site.acknowledged -= instances
                del stored[study]
            else:
                assert study not in gone
        told += len(gone)
        orphans += site.require_everything()
        if len(stored) < STUDIES // 2:
            stored |= fill(site)
    assert len(deleted) == len(set(deleted)) == told + half_way
    print(
        f"{KILLS} kills: {told} studies said to be gone, {half_way} more whose word did not get out, {orphans} orphans swept"
    )
