"""Sends an archive in pieces (tus), as a browser does: goes on from where the server is, and hears what became of each file."""

import base64
import io
import json
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import httpx

from tests.endurance.crash_site import CrashSite
from tests.whole.test_nothing_readable import Client

PROTOCOL = {"tus-resumable": "1.0.0"}


class Octets(Protocol):
    """Octets in memory, or as if they were."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> bytes: ...


@dataclass
class Archive:
    """A file on its way, mostly a zip archive: what the server has acknowledged of it."""

    files: dict[str, bytes]
    octets: Octets
    piece_bytes: int = 96 * 1024
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
                content=self.octets[offset : offset + self.piece_bytes],
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


def new_archive(site: CrashSite, count: int) -> Archive:
    """An archive of so many files that were never sent."""
    files = site.new_series(count)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for uid, octets in files.items():
            archive.writestr(f"{uid}.dcm", octets)
    return Archive(files, packed.getvalue())
