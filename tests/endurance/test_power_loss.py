"""What is acknowledged survives a loss of power: by the order of what is asked of the disk, and by every disk that could be left."""

import hashlib
import json
import os
import random
import re
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlmodel import select

from backend import bootstrap
from backend.cli.demo_marker import mark_loaded
from backend.core.errors import ObjectDamaged
from backend.models import integrity, partial_uploads
from backend.models.partial_uploads import PartialUpload
from backend.models.studies import Instance
from backend.settings import Settings
from tests.endurance import recorded_disk
from tests.endurance.counts import count
from tests.endurance.crash_site import PASSWORD, TECHNOLOGIST, CrashSite
from tests.endurance.recorded_disk import Asked, Disk, put_down
from tests.endurance.sent_in_pieces import new_archive
from tests.served import ROOT, STOP_SECONDS, environment, serving, worker_pids
from tests.whole.test_nothing_readable import BOUNDARY, Client, multipart

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
    """Files taken in, as the disk saw it."""

    site: CrashSite
    before: Path  # the data directory before it
    asked: list[Asked]


def import_files(site: CrashSite, folder: Path) -> list[Asked]:
    """By command line."""
    files = folder / "files"
    files.mkdir()
    for uid, octets in site.new_series(FILES).items():
        (files / f"{uid}.dcm").write_bytes(octets)
    command = [
        *(sys.executable, "-m", "backend.cli.main", "import", "--json"),
        *("--data-dir", str(site.data_dir), str(files)),
    ]
    log = folder / "strace.log"
    return recorded_disk.record(command, site.data_dir, log, cwd=ROOT, env=environment())


def send_files(site: CrashSite, folder: Path) -> list[Asked]:
    """By browser: some in a form, some in an archive that goes in pieces."""
    log = folder / "strace.log"
    with serving(
        site.data_dir,
        "--demo",
        under=[*recorded_disk.TRACING, "-o", str(log)],
        PACSCRIBE_DEMO_PASSWORD=PASSWORD,
    ) as served:
        client = Client(served, TECHNOLOGIST, PASSWORD)
        form = multipart({f"{uid}.dcm": octets for uid, octets in site.new_series(FILES).items()})
        client.upload(iter([form]), BOUNDARY)
        archive = new_archive(site, FILES)
        archive.send(client)
        assert archive.is_done
        (server,) = worker_pids(served)  # strace ends when it does
        os.kill(server, signal.SIGTERM)
        served.process.wait(STOP_SECONDS)
    return recorded_disk.read(log, site.data_dir)


@pytest.fixture(scope="module", params=[import_files, send_files])
def recording(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Recording:
    folder = tmp_path_factory.mktemp("power")
    site = CrashSite(folder / "data")
    mark_loaded(Settings(data_dir=site.data_dir))
    shutil.copytree(site.data_dir, folder / "before")
    asked = request.param(site, folder)
    (folder / "strace.log").unlink()
    return Recording(site, folder / "before", asked)


def acknowledged(asked: Sequence[Asked]) -> dict[str, int]:
    """When each instance was acknowledged, by SOP Instance UID."""
    said: dict[str, int] = {}
    for number, each in enumerate(asked):
        for line in each.octets.splitlines() if each.what == "say" else ():
            if line.startswith(b"{") and b"sop_instance_uid" in line:
                said[json.loads(line)["sop_instance_uid"]] = number
    said.pop("", None)
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
    assert said.keys() == objects.keys() == recording.site.files.keys()
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


@pytest.mark.parametrize("recording", [send_files], indirect=True)
def test_pieces_are_safe_before_they_are_acknowledged(recording, tmp_path):
    said = [
        (number, int(found[1]))
        for number, each in enumerate(recording.asked)
        if each.what == "say" and (found := re.search(rb"upload-offset: (\d+)", each.octets))
    ]
    assert len({offset for _, offset in said}) > 2
    for number, offset in said:
        there = losses(recording.asked, recording.before, number + 1, None)
        put_down(there, tmp_path / "state")
        built = bootstrap.build(Settings(data_dir=tmp_path / "state"))
        try:
            with built.database.system_read() as session:
                (upload,) = session.exec(select(PartialUpload)).all()
                pieces = partial_uploads.pieces_of(session, upload.id)
                assert upload.received_bytes >= offset
                assert sum(piece.size_bytes for piece in pieces) == upload.received_bytes
                for piece in pieces:
                    key = built.keyring.unwrap_object_key(
                        piece.wrapped_object_key, upload.wrapped_data_key
                    )
                    with built.object_store.open(piece.object_id, key) as reader:
                        assert len(reader.read_range(0, reader.size_bytes)) == piece.size_bytes
        finally:
            bootstrap.close(built)
            shutil.rmtree(tmp_path / "state")


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
