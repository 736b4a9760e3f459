"""The format of a sealed object: AES-256-GCM in 64 KiB chunks, so that any range of bytes can be read.

Where the sealed bytes lie is not known here (``object_store_local``), nor how object keys
are wrapped (``keyring_file``). Decision record: docs/decisions/0002-keys-and-objects.md.

Layout: a header of 28 bytes, then chunks. Every chunk but the last holds ``CHUNK_BYTES`` of the
object; the last holds what is left, perhaps nothing. Each is followed by its tag of 16 bytes::

    magic "PSOB" | version 1 | algorithm 1 | 2 zero bytes | chunk size (u32 BE) | salt (16)

The key of the chunks is HKDF-SHA256(object key, salt, "pacscribe/obj/v1|" + object id), so the
same bytes under another identifier do not open. The nonce is 7 zero bytes, the chunk's number
(u32 BE) and a byte that is 1 for the last chunk (the STREAM construction), so that chunks cannot
be dropped, repeated, reordered or cut off. The header is the associated data of every chunk.
"""

import hashlib
import io
import os
import struct
from collections.abc import Callable
from typing import IO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.core.errors import ObjectDamaged
from backend.core.range_file import RangeFile
from backend.ports.object_store import StagedSummary

CHUNK_BYTES = 64 * 1024
KEY_BYTES = 32
TAG_BYTES = 16
SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES
HEAD_BYTES = 8  # of an object, told when it is finished

_MAGIC = b"PSOB"
_VERSION = 1
_AES_256_GCM_STREAM = 1
_SALT_BYTES = 16
_HEADER = struct.Struct(f">4sBBHI{_SALT_BYTES}s")
HEADER_BYTES = _HEADER.size
_INFO_PREFIX = b"pacscribe/obj/v1|"
_CHUNKS_AT_MOST = 2**32
# One system call reads at most this many chunks, which bounds what a reader holds besides its answer.
_CHUNKS_PER_READ = 64
# So many sealed chunks are handed on together: each hand-over is a system call.
_CHUNKS_PER_WRITE = 8
# Rooms for sealed chunks that no writer is using. New memory costs the system more than sealing into what is there.
_ROOM_BYTES = HEADER_BYTES + _CHUNKS_PER_WRITE * SEALED_CHUNK_BYTES
_MOST_SPARE_ROOMS = 4
_spare_rooms: list[memoryview] = []


class ByteSource(Protocol):
    """Where sealed bytes are read from: a local file, or a range request."""

    @property
    def size_bytes(self) -> int:
        """How many sealed bytes there are."""
        ...

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to ``length`` bytes from ``offset``; fewer only at the end."""
        ...

    def close(self) -> None:
        """Release it."""
        ...


def _cipher(object_key: bytes, salt: bytes, object_id: str) -> AESGCM:
    if len(object_key) != KEY_BYTES:
        raise ValueError("an object key has 32 bytes")
    info = _INFO_PREFIX + object_id.encode("ascii")
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt=salt, info=info).derive(object_key))


def _nonce(chunk_index: int, is_last: bool) -> bytes:
    return struct.pack(">7xIB", chunk_index, is_last)


class SealedWriter:
    """Seals a stream of bytes and hands the sealed bytes on, some chunks at a time.

    Args:
        sink: Takes each piece of the sealed object, in order; must take all of it or raise.
        object_key: 32 random bytes that belong to this object alone.
        object_id: What the object is bound to.
    """

    def __init__(
        self, sink: Callable[[bytes | memoryview], None], object_key: bytes, object_id: str
    ) -> None:
        salt = os.urandom(_SALT_BYTES)
        self._header = _HEADER.pack(_MAGIC, _VERSION, _AES_256_GCM_STREAM, 0, CHUNK_BYTES, salt)
        self._cipher = _cipher(object_key, salt, object_id)
        self._sink = sink
        self._pending = bytearray()
        self._room: memoryview | None = None  # while something in it is not yet handed on
        self._sealed_bytes = 0
        self._chunk_index = 0
        self._digest = hashlib.sha256()
        self._size_bytes = 0
        self._head = b""
        self._summary: StagedSummary | None = None

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Add bytes; returns how many, always all.

        Raises:
            ValueError: If the object is finished.
        """
        if self._summary is not None:
            raise ValueError("the object is finished")
        view = memoryview(data).cast("B")
        self._digest.update(view)
        self._size_bytes += len(view)
        if len(self._head) < HEAD_BYTES:
            self._head += bytes(view[: HEAD_BYTES - len(self._head)])
        position = 0
        if self._pending:
            position = min(CHUNK_BYTES - len(self._pending), len(view))
            self._pending += view[:position]
            if position == len(view):
                return len(view)
            # More follows, so the full chunk in hand is not the last one.
            self._seal(self._pending, is_last=False)
            self._pending.clear()
        while len(view) - position > CHUNK_BYTES:
            self._seal(view[position : position + CHUNK_BYTES], is_last=False)
            position += CHUNK_BYTES
        self._pending += view[position:]
        self._hand_on()  # that the disk is full is told with the octets for which there was no room
        return len(view)

    def finish(self) -> StagedSummary:
        """Seal what is left as the last chunk. Calling it again gives the same answer."""
        if self._summary is None:
            self._seal(self._pending, is_last=True)
            self._hand_on()
            self._pending.clear()
            self._summary = StagedSummary(self._digest.hexdigest(), self._size_bytes, self._head)
        return self._summary

    def _seal(self, chunk: bytearray | memoryview, *, is_last: bool) -> None:
        if self._chunk_index >= _CHUNKS_AT_MOST:
            raise ValueError("the object is too large to be sealed")
        if self._sealed_bytes + SEALED_CHUNK_BYTES > _ROOM_BYTES:
            self._hand_on()
        if self._room is None:
            self._room = _spare_room()
        if self._chunk_index == 0:
            self._room[:HEADER_BYTES] = self._header
            self._sealed_bytes = HEADER_BYTES
        end = self._sealed_bytes + len(chunk) + TAG_BYTES
        nonce = _nonce(self._chunk_index, is_last)
        self._cipher.encrypt_into(nonce, chunk, self._header, self._room[self._sealed_bytes : end])
        self._sealed_bytes = end
        self._chunk_index += 1

    def _hand_on(self) -> None:
        if self._room is None:
            return
        room, self._room = self._room, None
        self._sink(room[: self._sealed_bytes])
        self._sealed_bytes = 0
        if len(_spare_rooms) < _MOST_SPARE_ROOMS:
            _spare_rooms.append(room)


def _spare_room() -> memoryview:
    """Room that is nobody else's until it is handed back; any thread may ask."""
    try:
        return _spare_rooms.pop()
    except IndexError:
        return memoryview(bytearray(_ROOM_BYTES))


class SealedReader:
    """Reads any range of a sealed object, verifying every chunk it touches.

    Opening verifies the header and the last chunk, and with them the object's length.
    ``read_range`` may be called from several threads at a time.

    Args:
        source: The sealed bytes; closed with the reader.
        object_key: The key the object was sealed with.
        object_id: The identifier the object was sealed for.

    Raises:
        ObjectDamaged: If the bytes are not this object, whole.
    """

    def __init__(self, source: ByteSource, object_key: bytes, object_id: str) -> None:
        self._source = source
        self._closed = False
        try:
            self._header = _read(source, 0, HEADER_BYTES)
            magic, version, algorithm, zero, chunk_bytes, salt = _HEADER.unpack(self._header)
            known = (_MAGIC, _VERSION, _AES_256_GCM_STREAM, 0, CHUNK_BYTES)
            if (magic, version, algorithm, zero, chunk_bytes) != known:
                raise ObjectDamaged
            self._cipher = _cipher(object_key, salt, object_id)
            body_bytes = source.size_bytes - HEADER_BYTES
            self._chunk_count = max(1, -(-body_bytes // SEALED_CHUNK_BYTES))
            self._size_bytes = body_bytes - TAG_BYTES * self._chunk_count
            # A cut at the edge of a chunk would otherwise only be seen by who reads to the end.
            last = self._chunk_count - 1
            self._kept = (last, bytes(self._open_chunks(last, last)))
        except BaseException:
            self.close()
            raise

    @property
    def size_bytes(self) -> int:
        """Size of the object's own bytes, without the seal."""
        return self._size_bytes

    def read_range(self, offset: int, length: int) -> bytes:
        """The bytes ``[offset, offset + length)``.

        Raises:
            ValueError: If the range does not lie inside the object, or the reader is closed.
            ObjectDamaged: If the stored bytes fail their seal.
        """
        if self._closed:
            raise ValueError("the object is closed")
        if offset < 0 or length < 0 or offset + length > self._size_bytes:
            raise ValueError("the range does not lie inside the object")
        if length == 0:
            return b""
        first, last = offset // CHUNK_BYTES, (offset + length - 1) // CHUNK_BYTES
        start = offset - first * CHUNK_BYTES
        if first == last:
            return self._chunk(first)[start : start + length]
        return bytes(self._open_chunks(first, last)[start : start + length])

    def read_into(self, offset: int, view: memoryview) -> None:
        """As many bytes from ``offset`` on as fill ``view``; whole chunks are opened into it, without another copy.

        Raises:
            ValueError: If the range does not lie inside the object, or the reader is closed.
            ObjectDamaged: If the stored bytes fail their seal.
        """
        end = offset + len(view)
        is_whole = offset % CHUNK_BYTES == 0 and (end % CHUNK_BYTES == 0 or end == self._size_bytes)
        if is_whole and 0 <= offset < end <= self._size_bytes and not self._closed:
            self._open_into(offset // CHUNK_BYTES, (end - 1) // CHUNK_BYTES, view)
        else:
            view[:] = self.read_range(offset, len(view))

    def stream(self) -> IO[bytes]:
        """A seekable file over the object. Closing it keeps the reader open."""

        def read_into(position: int, view: memoryview) -> int:
            view[:] = self.read_range(position, len(view))
            return len(view)

        return io.BufferedReader(RangeFile(self._size_bytes, read_into), CHUNK_BYTES)

    def close(self) -> None:
        """Release the source. A closed reader can be closed again."""
        if not self._closed:
            self._closed = True
            self._source.close()

    def __enter__(self) -> "SealedReader":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _chunk(self, chunk_index: int) -> bytes:
        """One chunk, kept for the next small read: parsers go through a file in small steps."""
        kept_index, chunk = self._kept  # one assignment, so that threads see a matching pair
        if kept_index != chunk_index:
            chunk = bytes(self._open_chunks(chunk_index, chunk_index))
            self._kept = (chunk_index, chunk)
        return chunk

    def _open_chunks(self, first: int, last: int) -> memoryview:
        """The opened bytes of the chunks ``first`` to ``last``, both included."""
        last_of_all = self._chunk_count - 1
        opened_bytes = (last - first + 1) * CHUNK_BYTES
        if last == last_of_all:
            opened_bytes = self._size_bytes - first * CHUNK_BYTES
            if not 0 <= opened_bytes <= (last - first + 1) * CHUNK_BYTES:
                raise ObjectDamaged
        opened = memoryview(bytearray(opened_bytes))
        self._open_into(first, last, opened)
        return opened

    def _open_into(self, first: int, last: int, target: memoryview) -> None:
        """Open the chunks ``first`` to ``last`` into a view of exactly their size."""
        last_of_all = self._chunk_count - 1
        for group in range(first, last + 1, _CHUNKS_PER_READ):
            group_last = min(group + _CHUNKS_PER_READ - 1, last)
            at = HEADER_BYTES + group * SEALED_CHUNK_BYTES
            end = HEADER_BYTES + (group_last + 1) * SEALED_CHUNK_BYTES
            sealed = memoryview(_read(self._source, at, min(end, self._source.size_bytes) - at))
            for chunk_index in range(group, group_last + 1):
                begin = (chunk_index - group) * SEALED_CHUNK_BYTES
                chunk = sealed[begin : begin + SEALED_CHUNK_BYTES]
                room = target[: len(chunk) - TAG_BYTES]
                target = target[len(room) :]
                nonce = _nonce(chunk_index, chunk_index == last_of_all)
                try:
                    self._cipher.decrypt_into(nonce, chunk, self._header, room)
                except InvalidTag:
                    raise ObjectDamaged from None


def _read(source: ByteSource, offset: int, length: int) -> bytes:
    if length <= 0:
        raise ObjectDamaged
    data = source.read_at(offset, length)
    if len(data) != length:
        raise ObjectDamaged
    return data
