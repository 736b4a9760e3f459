"""Killed without warning while an upload arrives in pieces (tus) or is taken in: it goes on after the restart, and nothing acknowledged is lost."""

import base64
import io
import json
import os
import random
import signal
import threading
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from backend.cli.demo_marker import mark_loaded
from backend.settings import Settings
from tests.endurance.counts import count
from tests.endurance.crash_site import PASSWORD, TECHNOLOGIST, CrashSite, wait_for_a_moment
from tests.served import serving
from tests.whole.test_nothing_readable import Client

pytestmark = pytest.mark.slow

KILLS = count(3, 100)
FILES = 120
PIECE_BYTES = 96 * 1024
PROTOCOL = {"tus-resumable": "1.0.0"}


@dataclass
class Archive:
    """A zip archive on its way: what the server has acknowledged of it."""

    files: dict[str, bytes]
    octets: bytes
    address: str = ""
    acknowledged_bytes: int = 0
    lines: list[str] = field(default_factory=list)
    is_done: bool = False

    def send(self, client: Client) -> None:
        """Go on from wherever the server is, until it has told everything or is gone."""
        with suppress(httpx.HTTPError):
            if not self.address:
                self._create(client)
            self._send_rest(client)
            self._hear(client)

    def _create(self, client: Client) -> None:
        name = base64.b64encode(b"archive.zip").decode()
        head = {"upload-length": str(len(self.octets)), "upload-metadata": f"filename {name}"}
        answer = client.http.post("/api/v1/tus", headers={**PROTOCOL, **head})
        assert answer.status_code == 201, answer.text
        self.address = answer.headers["location"]

    def _send_rest(self, client: Client) -> None:
        answer = client.http.head(self.address, headers=PROTOCOL)
        assert answer.status_code == 200
        offset = int(answer.headers["upload-offset"])
        assert offset >= self.acknowledged_bytes  # of what was acknowledged nothing is sent again
        while offset < len(self.octets):
            answer = client.http.patch(
                self.address,
                content=self.octets[offset : offset + PIECE_BYTES],
                headers={
                    **PROTOCOL,
                    "content-type": "application/offset+octet-stream",
                    "upload-offset": str(offset),
                },
            )
            assert answer.status_code == 204, answer.text
            offset = self.acknowledged_bytes = int(answer.headers["upload-offset"])

    def _hear(self, client: Client) -> None:
        address = f"{self.address}/outcomes?from={len(self.lines)}"
        with client.http.stream("GET", address) as answer:
            assert answer.status_code == 200
            rest = ""
            for text in answer.iter_text():
                *whole, rest = (rest + text).split("\n")
                for line in whole:
                    if line and "done" in json.loads(line):
                        self.is_done = True
                    elif line:
                        self.lines.append(f"{line}\n")


def new_archive(site: CrashSite) -> Archive:
    files = site.new_series(FILES)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for uid, octets in files.items():
            archive.writestr(f"{uid}.dcm", octets)
    return Archive(files, packed.getvalue())


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
    archives = [new_archive(site)]
    for number in range(KILLS):
        kill_an_upload(site, choice, archives[-1], number % 3)
        if archives[-1].is_done:
            archives.append(new_archive(site))
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
