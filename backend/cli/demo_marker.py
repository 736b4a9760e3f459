"""Remembers which demo studies were loaded. Imports next to nothing, for the launcher asks at every start."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from backend.settings import Settings

_MARKER = "demo-data.sha256"
_BUILT_IN = "built-in studies, 1"


def is_loaded(settings: Settings) -> bool:
    """Whether everything that the settings ask for was loaded before; cheap."""
    with suppress(OSError):
        return (settings.data_dir / _MARKER).read_text("ascii") == _fingerprint(settings)
    return False


def mark_loaded(settings: Settings) -> None:
    """Remember that everything the settings ask for is there, or is not wanted."""
    (settings.data_dir / _MARKER).write_text(_fingerprint(settings), "ascii")


def _fingerprint(settings: Settings) -> str:
    """Changes when the folder's files do; holds none of their names."""
    digest = hashlib.sha256(_BUILT_IN.encode())
    if settings.demo_data:
        for folder, folders, names in os.walk(settings.demo_data):
            folders.sort()
            for name in sorted(names):
                path = Path(folder) / name
                with suppress(OSError):
                    status = path.stat()
                    digest.update(f"\n{path}\t{status.st_size}\t{status.st_mtime_ns}".encode())
    return digest.hexdigest()
