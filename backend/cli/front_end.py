"""Builds the front end when its sources changed, and only then. What is built is in `pacscribe_ui`."""

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.core.errors import CannotStart

ROOT = Path(__file__).resolve().parent.parent.parent
"""The folder that holds `rxconfig.py`, `pacscribe_ui` and the built front end in `.web`."""

STATIC_DIR = ROOT / ".web" / "build" / "client"
"""The built site."""

_STAMP = ROOT / ".web" / "pacscribe.build"
# Sources of pages; the last three hold words and values that pages put into the bundle.
_SOURCES = ("pacscribe_ui", "assets", "reflex.lock", "backend/core", "backend/schemas")
_SOURCE_FILES = ("rxconfig.py",)


def source_digest() -> str:
    """SHA-256 over everything that the built front end is made from."""
    digest = hashlib.sha256(importlib.metadata.version("reflex").encode())
    for path in _sources():
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    """Every file that goes into the build, always in the same order."""
    for name in _SOURCES:
        for folder, folders, files in os.walk(ROOT / name):
            # The second is what the build itself links there.
            left_out = {"__pycache__"} | ({"external"} if name == "assets" else set())
            folders[:] = sorted(set(folders) - left_out)
            yield from (Path(folder, each) for each in sorted(files))
    yield from (ROOT / name for name in _SOURCE_FILES)


def is_current() -> bool:
    """Whether the built front end belongs to the sources as they are."""
    return (
        (STATIC_DIR / "index.html").is_file()
        and _STAMP.is_file()
        and _STAMP.read_text("ascii") == source_digest()
    )


def ensure_built() -> bool:
    """Build the front end if its sources changed.

    Returns:
        Whether a build was needed.

    Raises:
        CannotStart: The build failed; the sentence names the log.
    """
    if not (ROOT / "rxconfig.py").is_file():
        raise CannotStart(
            "The sources of the pages are not here; install PACScribe from its folder."
        )
    if is_current():
        return False
    with _one_build_at_a_time():
        if is_current():  # another process built it while this one waited
            return False
        print("Building the pages (about 20 s the first time)...", flush=True)
        digest = source_digest()
        _export()
        _STAMP.write_text(digest, "ascii")
    return True


def _export() -> None:
    """Run Reflex's build in a process of its own: it needs 0.7 GB that the server should not keep."""
    # Left-overs of an earlier build would be served beside the new one.
    shutil.rmtree(STATIC_DIR, ignore_errors=True)
    _STAMP.unlink(missing_ok=True)
    log = ROOT / ".web" / "build.log"
    log.parent.mkdir(exist_ok=True)
    environment = {
        name: value
        for name, value in os.environ.items()
        # Secrets have no business in a build.
        if not name.startswith("PACSCRIBE_")
    }
    with log.open("wb") as output:
        done = subprocess.run(
            [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"],
            cwd=ROOT,
            env={**environment, "REFLEX_TELEMETRY_ENABLED": "false"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0 or not (STATIC_DIR / "index.html").is_file():
        raise CannotStart(f"The pages could not be built; {log} says why.")


@contextmanager
def _one_build_at_a_time() -> Iterator[None]:
    """Two builds in one folder would mix their files."""
    lock = ROOT / ".web" / "pacscribe.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("wb") as handle:
        _lock_file(handle.fileno())
        yield  # closing the file lets go


def _lock_file(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
