"""Starts the real program for tests, as a user would, and stops it again."""

import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

ROOT = Path(__file__).parent.parent
DEMO_PASSWORD = "a-demo-password-for-tests"
# The first start builds the pages, on a machine that may be busy.
START_SECONDS = 300.0
STOP_SECONDS = 120.0


@dataclass
class Served:
    """A running program."""

    process: subprocess.Popen[str]
    port: int
    scheme: str
    log: Path
    seconds_to_start: float = 0.0

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    def output(self) -> str:
        return self.log.read_text("utf-8")

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """Ask it to stop, and wait; its exit status."""
        self.process.send_signal(with_signal)
        return self.process.wait(STOP_SECONDS)


def free_port() -> int:
    """A port that nobody listens on, of those that no outgoing connection is given meanwhile."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def run_command(
    *words: str, from_folder: Path = ROOT, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `pacscribe` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "backend.cli.main", *words],
        cwd=from_folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def environment(**variables: str) -> dict[str, str]:
    """The variables of this process without those of another installation; the program is found from any folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PACSCRIBE_")}
    return {**kept, "PYTHONPATH": str(ROOT), **variables}


@contextmanager
def serving(
    data_dir: Path,
    *words: str,
    port: int = 0,
    until: str = "/healthz",
    under: Sequence[str] = (),
    from_folder: Path | None = None,
    **variables: str,
) -> Iterator[Served]:
    """`pacscribe serve` on loopback, ended with the block.

    Args:
        data_dir: Its data directory.
        *words: Further arguments, such as `--demo`.
        port: Where it listens; a free one if none is given.
        until: The address whose answer is waited for; pages answer before the rest does.
        under: A command that runs it, such as one that records what it does.
        from_folder: Where it is started, with no word about its data directory.
        **variables: Further environment variables.
    """
    port = port or free_port()
    log = data_dir.parent / f"{data_dir.name}-{port}.log"
    is_tls = "--tls-cert" in words
    began = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                *under,
                *(sys.executable, "-m", "backend.cli.main", "serve", "--port", str(port)),
                *(() if from_folder else ("--data-dir", str(data_dir))),
                *words,
            ],
            cwd=from_folder or ROOT,
            env=environment(**variables),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    served = Served(process, port, "https" if is_tls else "http", log)
    try:
        _wait_until_it_answers(served, until)
        served.seconds_to_start = time.monotonic() - began
        yield served
    finally:
        if process.poll() is None:
            try:
                served.stop()
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise


def _wait_until_it_answers(served: Served, address: str) -> None:
    trusting = ssl._create_unverified_context()
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if served.process.poll() is not None:
            raise AssertionError(f"The program ended at its start:\n{served.output()}")
        try:
            with urlopen(f"{served.url}{address}", timeout=5, context=trusting):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The program does not answer:\n{served.output()}")


def worker_pids(served: Served) -> list[int]:
    """Process identifiers of the launcher's children."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


def set_up_link(output: str) -> str:
    found = re.search(r"http\S+/set-up#token=\S+", output)
    assert found is not None, output
    return found[0]


def chromium() -> str | None:
    """Path of Chromium, None if there is none; where it is, of the one without windows, which takes a quarter less time."""
    names: Sequence[str] = (
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome",
    )
    return next((path for name in names if (path := shutil.which(name))), None)
