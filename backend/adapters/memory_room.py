"""Memory that a parsing process shares with the program: a file is put into it here, and read where it lies over there.

What is said about it, and what becomes of a file, is in `parser_process` and `parser_child`.
"""

import fcntl
import mmap
import os
from typing import Protocol

# Whole chunks of a sealed object, and few enough to stay in the processor's cache between being opened and written.
_STEP_BYTES = 1 << 17
# Memory is had from the system so much at a time, and then kept: a page that is there need not be made for the next file.
_BACKED_AT_ONCE_BYTES = 1 << 20


class Octets(Protocol):
    """A file's octets, as the object store gives them."""

    @property
    def size_bytes(self) -> int:
        """How many there are."""
        ...

    def read_range(self, offset: int, length: int) -> bytes:
        """Exactly those octets."""
        ...

    def read_into(self, offset: int, view: memoryview) -> None:
        """As many as fill `view`."""
        ...


class MemoryRoom:
    """A room for one file at a time, which whoever has its descriptor can map.

    Args:
        size_bytes: For ever: whoever has the descriptor could otherwise make it shorter, and the system kills whoever writes to
            memory that is gone.
    """

    def __init__(self, size_bytes: int) -> None:
        self.size_bytes = size_bytes
        self.descriptor = os.memfd_create("instance", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(self.descriptor, size_bytes)
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
            fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, seals)
            self._view = memoryview(mmap.mmap(self.descriptor, size_bytes))
        except BaseException:
            os.close(self.descriptor)
            raise
        self._backed_bytes = 0

    @staticmethod
    def is_possible() -> bool:
        """Whether the system has such memory (Linux)."""
        return hasattr(os, "memfd_create") and hasattr(fcntl, "F_ADD_SEALS")

    def fill(self, octets: Octets) -> None:
        """Put a file there, in the place of the one before.

        Raises:
            OSError: If there is no memory for it.
        """
        size_bytes = octets.size_bytes
        self._back(size_bytes)
        for offset in range(0, size_bytes, _STEP_BYTES):
            octets.read_into(offset, self._view[offset : min(offset + _STEP_BYTES, size_bytes)])

    def close(self) -> None:
        """Let go of it. It is there for as long as anybody has a view of it, be it in what a failed reading left behind."""
        self._view = memoryview(b"")
        os.close(self.descriptor)

    def _back(self, size_bytes: int) -> None:
        """Have the system find the memory now, where that there is none is an error; it kills whoever then writes to it."""
        if size_bytes > self._backed_bytes:
            backed = min(self.size_bytes, size_bytes + _BACKED_AT_ONCE_BYTES)
            os.posix_fallocate(self.descriptor, self._backed_bytes, backed - self._backed_bytes)
            self._backed_bytes = backed
