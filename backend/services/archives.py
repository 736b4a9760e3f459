"""Reading zip archives that strangers made: entry by entry, within limits, never unpacked to a disk."""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from backend.core.errors import FileRefused, Refusal

ZIP_MAGIC = b"PK\x03\x04"
MAX_ENTRIES = 200_000
MAX_DIRECTORY_BYTES = 64 * 1024 * 1024
# How each entry of the table of contents begins, and how short it can be.
_DIRECTORY_MAGIC = b"PK\x01\x02"
_DIRECTORY_ENTRY_BYTES = 46
# Other methods take as much memory as the archive tells them to.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DEFLATE64 = 9
_TOO_MANY = f"The archive holds more than {MAX_ENTRIES} files."
# A deflate stream can reach 1,000 to 1; images seldom pass 20 to 1 and small ones do not matter.
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 64 * 1024 * 1024
_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much one archive may unpack to."""

    entry_bytes: int
    total_bytes: int = 200 * 1024**3


class _Bounded:
    """A file that refuses to be read in one piece larger than a table of contents may be, or with more entries.

    The table is read in one piece, before anything is made of its entries; what it says of their number is not believed.
    """

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner

    def read(self, size: int = -1) -> bytes:
        if size <= MAX_DIRECTORY_BYTES:
            octets = self._inner.read(MAX_DIRECTORY_BYTES + 1 if size < 0 else size)
            if len(octets) > MAX_ENTRIES * _DIRECTORY_ENTRY_BYTES and (
                octets.count(_DIRECTORY_MAGIC) > MAX_ENTRIES
            ):
                raise FileRefused(_TOO_MANY)
            if len(octets) <= MAX_DIRECTORY_BYTES:
                return octets
        raise FileRefused("The archive's table of contents is too large to be true.")

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def seekable(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One file inside an archive; `chunks` may be read once, before the next entry."""

    name: str
    chunks: Iterator[bytes]
    refusal: str = ""


def entries(archive: IO[bytes], limits: ArchiveLimits) -> Iterator[ArchiveEntry]:
    """The files inside a zip archive, in its own order.

    Args:
        archive: A seekable file.
        limits: What is too much.

    Yields:
        Each file; one that cannot be read carries a `refusal` and no octets. Folders are left out.

    Raises:
        FileRefused: If it is no zip archive, or the archive as a whole passes a limit. Reading an entry's `chunks`
            raises it as well, when that entry is damaged or unpacks to more than it may.
    """
    try:
        opened = zipfile.ZipFile(_Bounded(archive))
    except Refusal:
        raise
    except Exception as error:
        raise FileRefused("The zip archive is damaged and cannot be opened.") from error
    with opened:
        listed = opened.infolist()
        if len(listed) > MAX_ENTRIES:
            raise FileRefused(_TOO_MANY)
        budget = _Budget(limits.total_bytes)
        for info in listed:
            if info.filename.endswith("/"):
                continue
            refusal = _refusal_of(info, limits)
            if refusal:
                yield ArchiveEntry(info.filename, iter(()), refusal)
            else:
                yield ArchiveEntry(info.filename, _chunks(opened, info, limits, budget))


@dataclass(slots=True)
class _Budget:
    left_bytes: int


def _refusal_of(info: zipfile.ZipInfo, limits: ArchiveLimits) -> str:
    if not info.filename:
        return "A file without a name inside an archive is not read."
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "A symbolic link inside an archive is not followed."
    if info.flag_bits & 0x1:
        return "This file is encrypted inside the archive; send it without a password."
    if info.compress_type == _DEFLATE64:
        return "This file is packed with Deflate64, as Windows packs what is over 2 GB. Send the folder itself, or a zip made otherwise."
    if info.compress_type not in _METHODS:
        return "This file is packed in a way that is not read. Pack the archive anew, as an ordinary zip file."
    if info.file_size > limits.entry_bytes:
        return "This file is larger than the upload limit."
    return ""


def _chunks(
    opened: zipfile.ZipFile, info: zipfile.ZipInfo, limits: ArchiveLimits, budget: _Budget
) -> Iterator[bytes]:
    unpacked = 0
    try:
        with opened.open(info) as file:
            while chunk := file.read(_CHUNK_BYTES):
                unpacked += len(chunk)
                budget.left_bytes -= len(chunk)
                if unpacked > limits.entry_bytes:
                    raise FileRefused("This file is larger than the upload limit.")
                if (
                    unpacked > RATIO_MATTERS_FROM_BYTES
                    and unpacked > MAX_RATIO * max(info.compress_size, 1)
                ) or budget.left_bytes < 0:
                    raise FileRefused("The archive unpacks to far more than an archive of images.")
                yield chunk
    except Refusal:
        raise
    except Exception as error:
        raise FileRefused("This file is damaged inside the archive.") from error
