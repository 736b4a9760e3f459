"""Killed without warning while an upload arrives in pieces (tus) or is taken in: it goes on after the restart, and nothing acknowledged is lost."""

import os
import random
import signal
import threading
from pathlib import Path

import pytest

from backend.cli.demo_marker import mark_loaded
from backend.settings import Settings
from tests.endurance.counts import count
from tests.endurance.crash_site import PASSWORD, TECHNOLOGIST, CrashSite, wait_for_a_moment
from tests.endurance.sent_in_pieces import Archive, new_archive
from tests.served import serving
from tests.whole.test_nothing_readable import Client

pytestmark = pytest.mark.slow

KILLS = count(3, 100)
FILES = 120


def kill_an_upload(site: CrashSite, choice: random.Random, archive: Archive, when: int) -> None:
    """Kill the server, all of it: while pieces arrive, once all are there, or among the outcomes."""
    size_bytes = len(archive.octets)
    some_bytes = choice.randrange(size_bytes)
    moments = [
        lambda: archive.acknowledged_bytes >= some_bytes,
        lambda: archive.acknowledged_bytes == size_bytes,
        lambda: bool(archive.lines),
    ]
    with serving(site.data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=PASSWORD) as served:
        client = Client(served, TECHNOLOGIST, PASSWORD)
        sender = threading.Thread(target=archive.send, args=(client,))
        sender.start()
        wait_for_a_moment(choice, moments[when], lambda: not sender.is_alive())
        os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait()
        sender.join()


def test_an_upload_in_pieces_goes_on_after_each_kill(tmp_path: Path) -> None:
    site = CrashSite(tmp_path / "data")
    mark_loaded(Settings(data_dir=site.data_dir))
    choice = random.Random(7)
    archives = [new_archive(site, FILES)]
    for number in range(KILLS):
        kill_an_upload(site, choice, archives[-1], number % 3)
        if archives[-1].is_done:
            archives.append(new_archive(site, FILES))
    with serving(site.data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=PASSWORD) as served:
        archives[-1].send(Client(served, TECHNOLOGIST, PASSWORD))
    for archive in archives:
        assert archive.is_done
        assert len(archive.lines) == FILES  # none twice, none left out
        site.take(archive.lines)
        assert archive.files.keys() <= site.acknowledged
    orphans = site.require_everything()
    print(
        f"{KILLS} kills, {len(archives)} archives of {FILES} files: {site.said}, {orphans} orphans swept"
    )
