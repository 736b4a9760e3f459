"""What is acknowledged survives a loss of power: by the order of what is asked of the disk, and by every disk that could be left."""

import hashlib
import json
import random
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import select

from backend import bootstrap
from backend.core.errors import ObjectDamaged
from backend.models import integrity
from backend.models.studies import Instance
from backend.settings import Settings
from tests.endurance import recorded_disk
from tests.endurance.counts import count
from tests.endurance.crash_site import CrashSite
from tests.endurance.recorded_disk import Asked, Disk, put_down
from tests.served import ROOT, environment

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not recorded_disk.is_possible(),
        reason="strace is not installed, or may not look at processes",
    ),
]

STATES = count(10, 200)
FILES = 6


@dataclass
class Recording:
    """An import, as the disk saw it."""

    site: CrashSite
    before: Path  # the data directory before it
    asked: list[Asked]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = tmp_path_factory.mktemp("power")
    site = CrashSite(folder / "data")
    files = folder / "files"
    files.mkdir()
    for uid, octets in site.new_series(FILES).items():
        (files / f"{uid}.dcm").write_bytes(octets)
    shutil.copytree(site.data_dir, folder / "before")
    command = [
        *(sys.executable, "-m", "backend.cli.main", "import", "--json"),
        *("--data-dir", str(site.data_dir), str(files)),
    ]
    log = folder / "strace.log"
    asked = recorded_disk.record(command, site.data_dir, log, cwd=ROOT, env=environment())
    log.unlink()
    return Recording(site, folder / "before", asked)


def acknowledged(asked: Sequence[Asked]) -> dict[str, int]:
    """When each instance was acknowledged, by SOP Instance UID."""
    said: dict[str, int] = {}
    for number, each in enumerate(asked):
        for line in each.octets.splitlines() if each.what == "say" else ():
            uid = json.loads(line).get("sop_instance_uid") if line else ""
            if uid:
                said[uid] = number
    return said


def test_octets_names_and_rows_are_safe_in_this_order_before_anything_is_said(recording):
    built = bootstrap.build(Settings(data_dir=recording.site.data_dir))
    try:
        with built.database.system_read() as session:
            objects = dict(
                session.exec(select(Instance.sop_instance_uid, Instance.object_id)).all()
            )
    finally:
        bootstrap.close(built)
    said = acknowledged(recording.asked)
    assert len(said) == len(objects) == FILES
    for uid, object_id in objects.items():
        events = [
            (number, each)
            for number, each in enumerate(recording.asked)
            if number <= said[uid] and (object_id in each.path or object_id in each.to)
        ]
        (written, _) = [each for each in events if each[1].what == "write"][-1]
        (synced, _) = next(each for each in events if each[1].what == "fsync" and each[0] > written)
        ((renamed, rename),) = [each for each in events if each[1].what == "rename"]
        folder = rename.to.rpartition("/")[0]
        named = next_fsync(recording.asked, folder, after=renamed)
        committed = next_fsync(recording.asked, "pacscribe.db-wal", after=named)
        assert written < synced < renamed < named < committed < said[uid]


def next_fsync(asked: Sequence[Asked], path: str, after: int) -> int:
    return next(
        number
        for number, each in enumerate(asked)
        if number > after and each == Asked("fsync", path)
    )


def losses(asked: Sequence[Asked], before: Path, at: int, choice: random.Random | None):
    """What is there when power fails after so many requests."""
    disk = Disk(before)
    for each in asked[:at]:
        disk.ask(each)
    return disk.after_loss(choice)


def lost(
    recording: Recording, there: dict[str, bytes | None], said: set[str], folder: Path
) -> set[str]:
    """What was acknowledged and cannot be read any more; the rest of what is there must be whole."""
    put_down(there, folder)
    built = bootstrap.build(Settings(data_dir=folder))
    try:
        readable = set()
        with built.database.system_read() as session:
            kept = integrity.instances_after(session, "", 1000)
        for each in kept:
            key = built.keyring.unwrap_object_key(each.wrapped_object_key, each.wrapped_data_key)
            try:
                with built.object_store.open(each.object_id, key) as reader:
                    octets = reader.read_range(0, reader.size_bytes)
            except ObjectDamaged:
                continue
            wanted = recording.site.files[each.sop_instance_uid]
            assert hashlib.sha256(octets).digest() == hashlib.sha256(wanted).digest()
            readable.add(each.sop_instance_uid)
        assert len(readable) == len(kept), "a row points to an object that is not there"
        verdict = built.audit_trail.verify()
        assert verdict.first_bad_sequence is None, verdict.problem
        return said - readable
    finally:
        bootstrap.close(built)
        shutil.rmtree(folder)


def test_power_that_fails_at_any_moment_loses_nothing_that_was_acknowledged(recording, tmp_path):
    choice = random.Random(3)
    said = acknowledged(recording.asked)
    first, last = min(said.values()), len(recording.asked)
    # Right after the first word, at the very end, and anywhere.
    moments = [first + 1, last, *(choice.randrange(1, last) for _ in range(STATES - 2))]
    for number, at in enumerate(moments):
        chance = random.Random(number) if number % 2 else None
        there = losses(recording.asked, recording.before, at, chance)
        so_far = {uid for uid, when in said.items() if when < at}
        assert lost(recording, there, so_far, tmp_path / "state") == set(), (at, number)
    print(f"{len(moments)} losses of power over {last} requests, nothing lost")


@pytest.mark.parametrize(
    ("skipped", "found"),
    [
        ("objects", "a row points to an object that is not there"),
        ("pacscribe.db-wal", "The trail was cut"),  # what was acknowledged is gone, and its trace
    ],
)
def test_the_model_finds_what_a_missing_wait_would_lose(recording, tmp_path, skipped, found):
    lying = [
        each
        for each in recording.asked
        if each.what != "fsync" or not each.path.startswith(skipped)
    ]
    said = acknowledged(lying)
    there = losses(lying, recording.before, max(said.values()) + 1, None)
    with pytest.raises(AssertionError, match=found):
        lost(recording, there, set(said), tmp_path / "state")
