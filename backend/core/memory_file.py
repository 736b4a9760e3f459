"""A file over memory, whose octets can also be had where they lie."""

from backend.core.range_file import RangeFile


class MemoryFile(RangeFile):
    """A seekable file to read.

    Args:
        octets: The memory; must not change while it is read.
    """

    def __init__(self, octets: memoryview) -> None:
        self._octets = octets
        super().__init__(len(octets), self._copy)

    def read(self, size: int = -1) -> bytes:
        """So many octets, fewer at the end; all that are left if none are said."""
        begin = self.tell()
        end = len(self._octets) if size < 0 else begin + size
        octets = bytes(self._octets[begin:end])
        self.seek(begin + len(octets))
        return octets

    def view(self, offset: int, length: int) -> memoryview:
        """Octets where they lie, fewer at the end."""
        return self._octets[offset : offset + length]

    def _copy(self, position: int, view: memoryview) -> int:
        octets = self._octets[position : position + len(view)]
        view[: len(octets)] = octets
        return len(octets)
