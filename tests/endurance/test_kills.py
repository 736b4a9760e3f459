"""Killed without warning while it takes studies in: nothing acknowledged is lost, nothing is corrupt, orphans are swept."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from backend.cli.demo_marker import mark_loaded
from backend.settings import Settings
from tests.endurance.counts import count
from tests.endurance.crash_site import (
    PASSWORD,
    TECHNOLOGIST,
    CrashSite,
    next_files,
    wait_for_a_moment,
)
from tests.served import ROOT, environment, run_command, serving
from tests.whole.test_nothing_readable import BOUNDARY, Client, multipart

pytestmark = pytest.mark.slow

BY_COMMAND = count(2, 100)
BY_BROWSER = count(1, 100)


def is_staging(data_dir: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return any(path.name != "in-use.lock" for path in data_dir.glob("staging/*/*"))
    return False


def kill_an_import(site: CrashSite, choice: random.Random, folder: Path, *, early: bool) -> None:
    """Import a folder, and kill it before its first answer, or among its answers."""
    said = folder.with_suffix(".json")
    command = [sys.executable, "-m", "backend.cli.main", "import", "--json"]
    with said.open("w") as output:
        process = subprocess.Popen(
            [*command, "--data-dir", str(site.data_dir), str(folder)],
            cwd=ROOT,
            env=environment(),
            stdout=output,
        )
        wait_for_a_moment(
            choice,
            lambda: is_staging(site.data_dir) if early else said.stat().st_size > 0,
            lambda: process.poll() is not None,
        )
        process.kill()
        process.wait()
    site.take(said.read_text("utf-8").splitlines(keepends=True))


def test_the_command_line_is_killed_while_it_imports(tmp_path: Path) -> None:
    site = CrashSite(tmp_path / "data")
    choice = random.Random(5)
    files: dict[str, bytes] = {}
    for number in range(BY_COMMAND):
        files = next_files(site, files)
        folder = tmp_path / f"round-{number}"
        folder.mkdir()
        for uid, octets in files.items():
            (folder / f"{uid}.dcm").write_bytes(octets)
        kill_an_import(site, choice, folder, early=number % 2 == 1)
    done = run_command("import", "--json", "--data-dir", str(site.data_dir), str(folder))
    site.take(done.stdout.splitlines(keepends=True))
    assert files.keys() <= site.acknowledged
    orphans = site.require_everything()
    print(f"{BY_COMMAND} kills: {site.said}, {orphans} orphans swept")


def send(client: Client, files: dict[str, bytes], lines: list[str]) -> None:
    """Upload as a browser does; whatever was answered before the line broke."""
    body = multipart({f"{uid}.dcm": octets for uid, octets in files.items()})

    def blocks() -> Iterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    with (
        contextlib.suppress(httpx.HTTPError),
        client.http.stream("POST", "/api/v1/uploads", content=blocks(), headers=headers) as answer,
    ):
        assert answer.status_code == 200
        rest = ""
        for text in answer.iter_text():
            whole, end, rest = (rest + text).rpartition("\n")
            lines += (whole + end).splitlines(keepends=True)


def kill_an_upload(
    site: CrashSite, choice: random.Random, files: dict[str, bytes], *, early: bool
) -> None:
    """Upload as a browser does, and kill the server, all of it, before its first answer or among its answers."""
    lines: list[str] = []
    with serving(site.data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=PASSWORD) as served:
        client = Client(served, TECHNOLOGIST, PASSWORD)
        sender = threading.Thread(target=send, args=(client, files, lines))
        sender.start()
        wait_for_a_moment(
            choice,
            lambda: is_staging(site.data_dir) if early else bool(lines),
            lambda: not sender.is_alive(),
        )
        os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait()
        sender.join()
    site.take(lines)


def test_the_server_is_killed_while_a_browser_uploads(tmp_path: Path) -> None:
    site = CrashSite(tmp_path / "data")
    mark_loaded(Settings(data_dir=site.data_dir))
    choice = random.Random(6)
    files: dict[str, bytes] = {}
    for number in range(BY_BROWSER):
        files = next_files(site, files)
        kill_an_upload(site, choice, files, early=number % 2 == 0)
    lines: list[str] = []
    with serving(site.data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=PASSWORD) as served:
        send(Client(served, TECHNOLOGIST, PASSWORD), files, lines)
    site.take(lines)
    assert files.keys() <= site.acknowledged
    orphans = site.require_everything()
    print(f"{BY_BROWSER} kills: {site.said}, {orphans} orphans swept")
