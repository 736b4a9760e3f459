"""Files that survive a loss of power: complete writes, and waits for the disk in the right order.

The calls go through ``os`` by name, so that tests can record their order.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from backend.core.errors import StorageFull

SECTOR_BYTES = 512
"""What a disk replaces as a whole or not at all."""

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def full_disk_is_a_refusal() -> Iterator[None]:
    """Turn the operating system's "no space left" into ``StorageFull``."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise StorageFull from error
        raise


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte: a filling disk shows first as a short write, and only then as an error.

    Raises:
        StorageFull: If there is no room for all of it.
    """
    view = memoryview(data).cast("B")
    with full_disk_is_a_refusal():
        while view:
            view = view[os.write(descriptor, view) :]


def fsync_file(path: Path) -> None:
    """Wait until the bytes of a file are on the disk."""
    _fsync(path, os.O_RDONLY)


def fsync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    _fsync(path, os.O_RDONLY | os.O_DIRECTORY)


def make_folder(path: Path) -> None:
    """Make a folder that only its owner may enter, and its parents, durably; fine if it is there."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with full_disk_is_a_refusal():
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
        fsync_folder(path.parent)


def create_file(path: Path, content: bytes, *, replace: bool) -> None:
    """Write a whole file that only its owner may read: temporary name, fsync, final name, fsync of the folder.

    Args:
        path: The final name; the folder must exist.
        content: All of the file.
        replace: Whether an existing file is replaced.

    Raises:
        FileExistsError: If the file exists and ``replace`` is false; it is then untouched.
        StorageFull: If there is no room; nothing is left behind.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    with full_disk_is_a_refusal():
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        try:
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if replace:
            os.rename(temporary, path)
        else:
            # A link refuses an existing name, and the name never shows half a file.
            os.link(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    fsync_folder(path.parent)


def overwrite_sector(path: Path, content: bytes) -> bool:
    """Replace the octets of a file that is one sector long, where it is, and wait until they are on the disk.

    Args:
        path: The file.
        content: `SECTOR_BYTES` of them.

    Returns:
        False, and nothing is written, if there is no such file.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return False
    try:
        if os.fstat(descriptor).st_size != SECTOR_BYTES:
            return False
        write_all(descriptor, content)
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)
    return True


def _fsync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        with full_disk_is_a_refusal():
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
