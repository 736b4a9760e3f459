"""A real PACScribe in a process of its own, with the studies of `studies` in it, for all benchmarks of one run."""

import atexit
import functools
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread

from backend import bootstrap
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.demo import mammogram
from backend.schemas.viewing import SeriesDescription
from backend.settings import Settings
from benchmarks import studies
from benchmarks.first_person import colleagues, first_person
from benchmarks.processes import processor_seconds

ROOT = Path(__file__).parents[1]
READERS = 10


@dataclass(frozen=True)
class Served:
    """A running server.

    Attributes:
        port: Where it listens on loopback.
        process_id: Of `pacscribe serve`; what it started are its children.
        cookie: Value of the Cookie header of somebody signed in.
        reader_cookies: The same of as many other people as `READERS`.
        study: UID of the study with the CT.
        ct: The CT as the viewer is told.
        compressed_study: UID of the study with the same CT in JPEG 2000.
        compressed: That CT as the viewer is told.
        film_study: UID of the study with the film.
        mammogram_study: UID of the study with the mammogram.
        mammogram_instance: UID of the mammogram.
        ct_stored_values: Stored values of the slice in the middle, int16, for measuring without a server.
        import_seconds: How long taking in the CT took.
        log: What it printed.
    """

    port: int
    process_id: int
    cookie: str
    reader_cookies: list[str]
    study: str
    ct: SeriesDescription
    compressed_study: str
    compressed: SeriesDescription
    film_study: str
    mammogram_study: str
    mammogram_instance: str
    ct_stored_values: np.ndarray
    import_seconds: float
    log: Path

    @property
    def ct_instance(self) -> str:
        return self.ct.images[len(self.ct.images) // 2].sop_instance_uid


@functools.cache
def served() -> Served:
    """The server of this run: prepared and started at the first call, stopped at the end."""
    folder = tempfile.TemporaryDirectory(prefix="pacscribe-bench-")
    atexit.register(folder.cleanup)
    prepared = prepare(Path(folder.name) / "data")
    house = serve(prepared, Path(folder.name) / "data", Path(folder.name) / "log", free_port())
    _wait_until_at_rest(house.process_id)
    return house


def prepare(data_dir: Path) -> dict[str, Any]:
    """Take the studies into a new data directory; what `Served` must know of them."""
    slices = list(studies.raw())
    breast = mammogram()
    services = bootstrap.build(Settings(data_dir=data_dir))
    try:
        caller, cookie = first_person(services)
        services.studies.ingest(caller, [])
        outcomes = []
        began = time.perf_counter()
        for files in (slices, studies.compressed(slices), [studies.film(slices)], [breast]):
            received = (services.studies.receive(caller, "file", [octets]) for octets in files)
            outcomes.append(list(services.studies.ingest(caller, received)))
            if files is slices:
                import_seconds = time.perf_counter() - began
        refused = [
            o.reason for each in outcomes for o in each if o.kind is not IngestOutcomeKind.STORED
        ]
        if refused:
            raise RuntimeError(refused[0])
        ct, compressed, film, mammograms = (each[0] for each in outcomes)
        description, compressed_description = (
            services.viewing.describe_series(
                caller, each.study_instance_uid, each.series_instance_uid
            )
            for each in (ct, compressed)
        )
        readers = colleagues(services, caller, READERS)
    finally:
        bootstrap.close(services)
    middle = description.images[len(description.images) // 2].sop_instance_uid
    datasets = (dcmread(io.BytesIO(octets)) for octets in slices)
    values = next(d.pixel_array for d in datasets if d.SOPInstanceUID == middle)
    return {
        "cookie": cookie,
        "reader_cookies": readers,
        "study": ct.study_instance_uid,
        "ct": description,
        "compressed_study": compressed.study_instance_uid,
        "compressed": compressed_description,
        "film_study": film.study_instance_uid,
        "mammogram_study": mammograms.study_instance_uid,
        "mammogram_instance": mammograms.sop_instance_uid,
        "ct_stored_values": values.astype(np.int16),
        "import_seconds": import_seconds,
    }


def serve(prepared: dict[str, Any], data_dir: Path, log: Path, port: int) -> Served:
    """Start the server on a prepared data directory; it ends with this run."""
    process = started(data_dir, port, log)
    atexit.register(stop, process)
    return Served(port=port, process_id=process.pid, log=log, **prepared)


def run_beside(arguments: list[str], port: int, environment: dict[str, str]) -> None:
    """Start another server for comparison; it ends with this run."""
    process = subprocess.Popen(
        arguments,
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    atexit.register(stop, process)
    _wait_until_open(process, port)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def started(data_dir: Path, port: int, log: Path, **variables: str) -> subprocess.Popen[bytes]:
    """`pacscribe serve`, once its port is open; `variables` are settings beside those that it has by default."""
    command = [sys.executable, "-m", "backend.cli.main", "serve"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--data-dir", str(data_dir)],
            cwd=ROOT,
            env={
                **{name: value for name, value in os.environ.items() if "PACSCRIBE" not in name},
                **variables,
            },
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_open(process, port)
    except RuntimeError as error:
        raise RuntimeError(f"{error} {log.read_text()[-2000:]}") from error
    return process


def _wait_until_open(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(1800):
        if process.poll() is not None:
            raise RuntimeError("The server ended at its start.")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("The server did not open its port within three minutes.")


def _wait_until_at_rest(process_id: int) -> None:
    """What was taken in a moment ago is checked once in spare time, and browsers here share the server's processors."""
    before = processor_seconds(process_id)
    for _ in range(60):
        time.sleep(2)
        now = processor_seconds(process_id)
        if now - before < 0.1:
            return
        before = now
    raise RuntimeError("The server did not come to rest within two minutes.")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
