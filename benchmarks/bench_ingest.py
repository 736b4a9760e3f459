"""Taking files in by command line and by browser, and checking them: rates, stages and memory.

Everything counts that an acknowledgement promises: received, sealed, hashed, parsed apart, every frame decoded, durable,
recorded, audited. What the machine itself gives is measured beside it.
"""

import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from PIL import Image

from backend import bootstrap
from backend.services.ingest_pipeline import BATCH_INSTANCES
from backend.settings import Settings
from benchmarks import arrivals, studies
from benchmarks.figures import Figure, at_least, at_most, median, milliseconds, told
from benchmarks.first_person import first_person
from benchmarks.memory_watch import MemoryWatch
from benchmarks.processes import megabytes, processor_seconds
from benchmarks.sending import open_upload_page, send_form
from benchmarks.served import ROOT, free_port, started, stop

SLICES = 300
TINY = 10_000
LARGE_BYTES = 1 << 30
SLICES_PER_SECOND = 200.0
# Above what the same command takes for a single slice.
GROWTH_MB = 300.0
# As the page sends them: so many requests at a time, with so many files in each.
_AT_ONCE = 2
_FILES_PER_REQUEST = 40


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="pacscribe-bench-") as name:
        folder = Path(name)
        slices = [octets for octets, _ in zip(studies.raw(), range(SLICES), strict=False)]
        figures = _machine(folder, slices[0])
        figures += _stages(folder / "stages", slices)
        raw = arrivals.write_files(folder / "raw", slices)
        one = arrivals.write_files(folder / "one", slices[:1])
        slow = arrivals.write_files(folder / "slow", studies.compressed(slices))
        tiny = arrivals.write_files(folder / "tiny", list(arrivals.tiny(slices[0], TINY)))
        idle_mb = _imported(folder / "idle", one, 1).most_mb
        took = _imported(folder / "a", raw, SLICES)
        name = "300 raw CT slices, command line"
        figures += [
            at_least(name, took.per_second, "/s", SLICES_PER_SECOND),
            *took.figures(name, idle_mb),
        ]
        for name, what, count in (
            ("300 JPEG 2000 slices, command line", slow, SLICES),
            ("10,000 tiny files, command line", tiny, TINY),
        ):
            took = _imported(folder / name, what, count)
            figures += [told(name, took.per_second, "/s"), *took.figures(name, idle_mb)]
        large = folder / "large.dcm"
        frames = arrivals.multi_frame(large, slices[0], LARGE_BYTES)
        took = _imported(folder / "b", large, 1)
        name = "1 GB multi-frame, command line"
        figures += [
            told(f"{name}, frames", frames * took.per_second, "/s"),
            *took.figures(name, idle_mb),
        ]
        large.unlink()
        figures += _checked(folder / "b", idle_mb)
        figures += _by_browser(folder / "c", slices)
    return figures


@dataclass(frozen=True)
class Imported:
    """What an import took.

    Attributes:
        per_second: Files.
        processor_ms: For each file, of all processes, with their start.
        most_mb: The most memory of all processes at one time.
    """

    per_second: float
    processor_ms: float
    most_mb: float

    def figures(self, name: str, idle_mb: float) -> list[Figure]:
        return [
            told(f"{name}, processor for each", self.processor_ms, "ms"),
            at_most(f"{name}, memory above idle", self.most_mb - idle_mb, "MB", GROWTH_MB),
        ]


# -- the machine -------------------------------------------------------------------------------------


def _machine(folder: Path, octets: bytes) -> list[Figure]:
    """What nobody can be quicker than."""
    block = os.urandom(64 << 20)
    cipher, nonce = AESGCM(os.urandom(32)), bytes(12)
    sealed = bytearray(len(block) + 16)
    pixels = np.frombuffer(octets[-2 * 512 * 512 :], "<i2").reshape(512, 512)
    table = np.arange(65536, dtype=np.uint16).astype(np.uint8)

    def draw(_number: int) -> None:
        Image.fromarray(table[pixels.view(np.uint16)]).save(io.BytesIO(), "jpeg", quality=90)

    def write(number: int) -> None:
        with (folder / "fsync").open("wb") as file:
            file.write(octets if number % 2 else octets[:4096])
            file.flush()
            os.fsync(file.fileno())

    waits = milliseconds(write, 40)
    (folder / "fsync").unlink()
    hashing = milliseconds(lambda _: hashlib.sha256(block), 3)
    sealing = milliseconds(lambda _: cipher.encrypt_into(nonce, block, None, sealed), 3)
    return [
        told("Machine: SHA-256", 64e3 / median(hashing), "MB/s"),
        told("Machine: AES-256-GCM", 64e3 / median(sealing), "MB/s"),
        told("Machine: write and fsync 4 KiB", median(waits[::2]), "ms"),
        told("Machine: write and fsync a slice", median(waits[1::2]), "ms"),
        told("Machine: numpy table and Pillow JPEG of a slice", median(milliseconds(draw, 40)), "ms"),
    ]  # fmt: skip


# -- where the time goes -----------------------------------------------------------------------------


def _stages(data_dir: Path, slices: Sequence[bytes]) -> list[Figure]:
    """One stage after the other, with one parser: what a slice takes in each when nothing goes on beside it."""
    services, caller, _ = _opened(data_dir)
    ingest: Any = services.studies  # its stages are nobody else's business
    spent = {"receive, hash and seal": 0.0, "parse and decode": 0.0, "store (fsync)": 0.0}
    commit = services.object_store.commit_many

    def timed_commit(staged: Any) -> None:
        began = time.perf_counter()
        commit(staged)
        spent["store (fsync)"] += time.perf_counter() - began

    try:
        ingest._object_store.commit_many = timed_commit
        ingest._parse(services.studies.receive(caller, "first", [slices[0]]))  # starts a process
        began = time.perf_counter()
        received = [services.studies.receive(caller, "file", [octets]) for octets in slices]
        spent["receive, hash and seal"] = time.perf_counter() - began
        began = time.perf_counter()
        parsed = [ingest._parse(file) for file in received]
        spent["parse and decode"] = time.perf_counter() - began
        began = time.perf_counter()
        for first in range(0, len(slices), BATCH_INSTANCES):
            batch = slice(first, first + BATCH_INSTANCES)
            ingest._settle(caller, received[batch], parsed[batch])
        spent["verdict, rows and audit"] = time.perf_counter() - began - spent["store (fsync)"]
    finally:
        bootstrap.close(services)
    return [
        told(f"A raw slice, {stage}", 1000 * seconds / len(slices), "ms")
        for stage, seconds in spent.items()
    ]


# -- command line ------------------------------------------------------------------------------------


def _imported(data_dir: Path, what: Path, count: int) -> Imported:
    """Take files in with `pacscribe import`, which itself counts the seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    bootstrap.close(_opened(data_dir)[0])
    command = [sys.executable, "-m", "backend.cli.main", "import", str(what), "--json"]
    process = subprocess.Popen(
        [*command, "--data-dir", str(data_dir)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with MemoryWatch(process.pid) as watch:
        said = process.communicate()[0].splitlines()
    told_last = json.loads(said[-1])
    if told_last["stored"] != count:
        raise RuntimeError(said[0])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Imported(count / told_last["seconds"], 1000 * seconds / count, watch.most_megabytes)


def _opened(data_dir: Path) -> tuple[bootstrap.Services, Any, str]:
    services = bootstrap.build(Settings(data_dir=data_dir))
    return services, *first_person(services)


def _checked(data_dir: Path, idle_mb: float) -> list[Figure]:
    """`pacscribe check --all` over what was taken in: every object against its seal, checksum and pixels."""
    command = [sys.executable, "-m", "backend.cli.main", "check", "--all"]
    began = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--data-dir", str(data_dir)], cwd=ROOT, stdout=subprocess.DEVNULL
    )
    with MemoryWatch(process.pid) as watch:
        if process.wait():
            raise RuntimeError("The check found damage.")
    name = "Check of 1 GB"
    return [
        told(name, time.perf_counter() - began, "s"),
        at_most(f"{name}, memory above idle", watch.most_megabytes - idle_mb, "MB", GROWTH_MB),
    ]


# -- browser -----------------------------------------------------------------------------------------


def _by_browser(data_dir: Path, slices: Sequence[bytes]) -> list[Figure]:
    """What a browser sends, over loopback: some requests at a time, a few files in each."""
    services, _, cookie = _opened(data_dir)
    bootstrap.close(services)
    port = free_port()
    process = started(data_dir, port, data_dir / "log")
    try:
        open_upload_page(port, cookie)
        idle_mb, before = megabytes(process.pid), processor_seconds(process.pid)
        with MemoryWatch(process.pid) as watch:
            began = time.perf_counter()
            parts = [
                list(slices[first : first + _FILES_PER_REQUEST])
                for first in range(0, len(slices), _FILES_PER_REQUEST)
            ]
            with ThreadPoolExecutor(_AT_ONCE) as browsers:
                stored = sum(browsers.map(lambda files: send_form(port, cookie, files), parts))
            seconds = time.perf_counter() - began
            processor = processor_seconds(process.pid) - before
    finally:
        stop(process)
    if stored != len(slices):
        raise RuntimeError(f"Only {stored} were stored.")
    name = "300 raw CT slices, browser"
    took = Imported(len(slices) / seconds, 1000 * processor / len(slices), watch.most_megabytes)
    return [
        at_least(name, took.per_second, "/s", SLICES_PER_SECOND),
        *took.figures(name, idle_mb),
    ]
