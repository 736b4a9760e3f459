"""An H.264 transport stream as an MP4 (ISO/IEC 14496-12 and -15) that exists only while it is read.

Nothing is decoded or encoded: the octets of each picture are the same, in another wrapping. Any range of the MP4 can
be made by itself, from the packets of just the pictures in it, so that a browser may jump anywhere.
"""

import struct

import numpy as np
from numpy.typing import NDArray

from backend.core.errors import ObjectDamaged
from backend.dicom.video.avc import SequenceParameters, picture_of, sequence_parameters
from backend.dicom.video.model import AccessUnits, NotPlayable
from backend.dicom.video.stream import JoinedFragments
from backend.dicom.video.transport import CLOCK_HZ, elementary, pes_of

_UNITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_READ_AT_ONCE_BYTES = 4 << 20


class RemuxedVideo:
    """The MP4 of a transport stream.

    Args:
        stream: The transport stream.
        units: Where its pictures are.

    Raises:
        ObjectDamaged: If the parameter sets that were kept cannot be read any more.
    """

    def __init__(self, stream: JoinedFragments, units: AccessUnits) -> None:
        self._stream = stream
        self._units = units
        starts = np.frombuffer(units.starts, "<i8")
        self._bounds = np.append(starts, units.end)
        sizes = np.frombuffer(units.sizes, "<u4").astype(np.int64)
        head = _head(units, int(sizes.sum()))
        self._head = head
        self._places = np.concatenate(([0], np.cumsum(sizes))) + len(head)

    @property
    def size_bytes(self) -> int:
        """Length of the MP4."""
        return int(self._places[-1])

    def read(self, offset: int, length: int) -> bytes:
        """The octets `[offset, offset + length)` of the MP4, as far as there are any.

        Raises:
            ValueError: If offset or length is negative.
            ObjectDamaged: If the stream is not what it was when it was looked at.
        """
        if offset < 0 or length < 0:
            raise ValueError("a range starts at 0 or later and has no negative length")
        end = min(offset + length, self.size_bytes)
        if offset >= end:
            return b""
        parts = [self._head[offset:end]]
        first = max(0, int(np.searchsorted(self._places, offset, "right")) - 1)
        last = int(np.searchsorted(self._places, end, "left"))
        if end > len(self._head):
            octets = b"".join(self._pictures(first, last))
            start = int(self._places[first])
            parts.append(octets[max(0, offset - start) : end - start])
        return b"".join(parts)

    def _pictures(self, first: int, last: int) -> list[bytes]:
        """The pictures `first` to `last` (excluded) as the MP4 holds them."""
        pictures = []
        while first < last:
            start = int(self._bounds[first])
            # As many as lie together in one read of reasonable size, but at least one.
            reach = int(np.searchsorted(self._bounds, start + _READ_AT_ONCE_BYTES, "right")) - 1
            upto = min(last, max(first + 1, reach))
            octets = self._stream.read(start, int(self._bounds[upto]) - start)
            for at in range(first, upto):
                packets = octets[int(self._bounds[at]) - start : int(self._bounds[at + 1]) - start]
                pictures.append(self._picture(at, packets))
            first = upto
        return pictures

    def _picture(self, at: int, packets: bytes) -> bytes:
        try:
            picture = picture_of(elementary(pes_of(packets, self._units))[1]).octets
        except NotPlayable as error:
            raise ObjectDamaged from error
        if len(picture) != self._places[at + 1] - self._places[at]:
            raise ObjectDamaged
        return picture


def _box(kind: bytes, *parts: bytes) -> bytes:
    size = 8 + sum(map(len, parts))
    return struct.pack(">I4s", size, kind) + b"".join(parts)


def _full(kind: bytes, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *parts)


def _head(units: AccessUnits, media_bytes: int) -> bytes:
    """Everything before the first picture."""
    try:
        parameters = sequence_parameters(units.sequence_parameter_sets[0])
    except NotPlayable as error:
        raise ObjectDamaged from error
    brands = _box(b"ftyp", b"isom", struct.pack(">I", 0x200), b"isomiso2avc1mp41")
    # The place of the first picture is part of the head, whose length does not depend on it.
    length = len(brands) + len(_movie(units, parameters, 0)) + 16
    movie = _movie(units, parameters, length)
    return brands + movie + struct.pack(">I4sQ", 1, b"mdat", 16 + media_bytes)


def _movie(units: AccessUnits, parameters: SequenceParameters, first_picture: int) -> bytes:
    times = np.frombuffer(units.decode_times, "<i8")
    delays = np.frombuffer(units.display_delays, "<u4").astype(np.int64)
    durations = np.diff(times)
    durations = np.append(durations, durations[-1] if len(durations) else CLOCK_HZ // 25)
    shown = times + delays
    first_shown = int(shown.min())
    media_duration = int(durations.sum())
    duration = int(shown.max()) + int(durations[-1]) - first_shown
    size = struct.pack(">II", parameters.columns << 16, parameters.rows << 16)
    header = _full(
        b"mvhd",
        struct.pack(">QQIQ", 0, 0, CLOCK_HZ, duration),
        struct.pack(">IHHII", 0x10000, 0x0100, 0, 0, 0),
        _UNITY,
        bytes(24),
        struct.pack(">I", 2),
        version=1,
    )
    track = _full(
        b"tkhd",
        struct.pack(">QQIIQ", 0, 0, 1, 0, duration),
        bytes(16),
        _UNITY,
        size,
        version=1,
        flags=7,
    )
    # Pictures are decoded before they are shown; the film begins where the first is shown.
    edit = _full(b"elst", struct.pack(">IQqI", 1, duration, first_shown, 0x10000), version=1)
    media = _box(
        b"mdia",
        _full(
            b"mdhd", struct.pack(">QQIQHH", 0, 0, CLOCK_HZ, media_duration, 0x55C4, 0), version=1
        ),
        _full(b"hdlr", struct.pack(">I4s", 0, b"vide"), bytes(12), b"\x00"),
        _box(
            b"minf",
            _full(b"vmhd", bytes(8), flags=1),
            _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1))),
            _sample_table(units, parameters, durations, delays, first_picture),
        ),
    )
    return _box(b"moov", header, _box(b"trak", track, _box(b"edts", edit), media))


def _sample_table(
    units: AccessUnits,
    parameters: SequenceParameters,
    durations: NDArray[np.int64],
    delays: NDArray[np.int64],
    first_picture: int,
) -> bytes:
    count = len(units.key_pictures)
    keys = np.flatnonzero(np.frombuffer(units.key_pictures, np.uint8)) + 1
    sizes = np.frombuffer(units.sizes, "<u4").astype(">u4").tobytes()
    return _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), _sample_entry(units, parameters)),
        _full(b"stts", _runs(durations)),
        _full(b"ctts", _runs(delays)),
        _full(b"stss", struct.pack(">I", len(keys)), keys.astype(">u4").tobytes()),
        _full(b"stsc", struct.pack(">IIII", 1, 1, count, 1)),
        _full(b"stsz", struct.pack(">II", 0, count), sizes),
        _full(b"co64", struct.pack(">IQ", 1, first_picture)),
    )


def _runs(values: NDArray[np.int64]) -> bytes:
    """How often each value follows itself, and the value; with their number before."""
    firsts = np.flatnonzero(np.diff(values, prepend=values[0] - 1))
    counts = np.diff(firsts, append=len(values))
    pairs = np.column_stack((counts, values[firsts])).astype(">u4")
    return struct.pack(">I", len(pairs)) + pairs.tobytes()


def _sample_entry(units: AccessUnits, parameters: SequenceParameters) -> bytes:
    """How the pictures are encoded, ISO/IEC 14496-15 5.3.3 and 5.4.2."""
    sequences, pictures = units.sequence_parameter_sets, units.picture_parameter_sets
    record = struct.pack(
        ">BBBBBB",
        1,
        parameters.profile,
        parameters.constraints,
        parameters.level,
        0xFF,  # lengths of 4 octets
        0xE0 | len(sequences),
    )
    record += b"".join(struct.pack(">H", len(unit)) + unit for unit in sequences)
    record += bytes([len(pictures)])
    record += b"".join(struct.pack(">H", len(unit)) + unit for unit in pictures)
    if parameters.profile in (100, 110, 122, 144, 244):
        record += bytes(
            [
                0xFC | parameters.chroma_format,
                0xF8 | parameters.luma_bits - 8,
                0xF8 | parameters.chroma_bits - 8,
                0,
            ]
        )
    return _box(
        b"avc1",
        bytes(6) + struct.pack(">H", 1),
        bytes(16),
        struct.pack(">HHIIIH", parameters.columns, parameters.rows, 0x480000, 0x480000, 0, 1),
        bytes(32),
        struct.pack(">Hh", 24, -1),
        _box(b"avcC", record),
    )
