"""MPEG-2 transport streams (ISO/IEC 13818-1): which packets hold the video, and where each picture of it begins.

A stream is gone through once, in blocks, and never held in memory as a whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from backend.dicom.video.avc import Picture, SequenceParameters, picture_of, sequence_parameters
from backend.dicom.video.model import MAX_VIDEO_FRAMES, AccessUnits, NotPlayable
from backend.dicom.video.stream import JoinedFragments

CLOCK_HZ = 90_000
H264 = 0x1B
MAX_PICTURE_BYTES = 32 << 20
_PACKET = 188
_LAYOUTS = ((188, 0), (192, 4), (204, 0))
_SYNC = 0x47
_PACKETS_TO_TELL = 3
_BLOCK_PACKETS = 1 << 16
_LOOKED_AT_FOR_TABLES = 8 << 20
_LONGEST_GAP = 60 * CLOCK_HZ
_NAMES = {
    0x01: "MPEG-1", 0x02: "MPEG-2", 0x10: "MPEG-4 Part 2", 0x1B: "H.264", 0x24: "HEVC",
}  # fmt: skip
_SOUND = frozenset({0x03, 0x04, 0x0F, 0x11, 0x80, 0x81})
_DAMAGED = "The video's transport stream is damaged, so it is not played."
_UNTIMED = (
    "The video's transport stream does not say when each picture is shown, so it is not played."
)
_JUMPS = "The time stamps of the video jump, so it is not played."
_TOO_LONG = f"The video has more than {MAX_VIDEO_FRAMES:,} pictures, which is more than is played."
_CHANGES = "The size or kind of the pictures changes within the video, so it is not played."


def looks_like(source: BinaryIO) -> bool:
    """Whether a file begins like a transport stream: a sync octet at the head of each of its first packets."""
    source.seek(0)
    head = source.read(_PACKETS_TO_TELL * max(size for size, _ in _LAYOUTS))
    return any(
        len(head) >= _PACKETS_TO_TELL * size
        and all(head[each * size + at] == _SYNC for each in range(_PACKETS_TO_TELL))
        for size, at in _LAYOUTS
    )


@dataclass(frozen=True, slots=True)
class Programme:
    """What a transport stream holds.

    Attributes:
        packet_bytes: From one packet to the next.
        packet_offset: Octets before the sync octet.
        video_pid: Of the first video; -1 if there is none.
        video_type: Its stream type, 2.4.4.9.
        has_sound: Whether there is sound as well.
    """

    packet_bytes: int
    packet_offset: int
    video_pid: int = -1
    video_type: int = 0
    has_sound: bool = False

    @property
    def codec_name(self) -> str:
        """The video's encoding, for people."""
        return _NAMES.get(self.video_type, "")


@dataclass(frozen=True, slots=True)
class TransportVideo:
    """The H.264 video of a transport stream.

    Attributes:
        units: Where its pictures are.
        parameters: What they are like.
        notes: What was tolerated.
    """

    units: AccessUnits
    parameters: SequenceParameters
    notes: tuple[str, ...]


def packet_layout(head: bytes) -> tuple[int, int] | None:
    """Packet size and offset of the sync octet, if the octets begin a transport stream."""
    for size, offset in _LAYOUTS:
        seen = head[offset : offset + 8 * size : size]
        if len(seen) >= 3 and not seen.strip(bytes([_SYNC])):
            return size, offset
    return None


def read_programme(stream: JoinedFragments) -> Programme:
    """Find the video by the tables of the stream, 2.4.4.

    Raises:
        NotPlayable: If there are no tables near its beginning.
    """
    head = stream.read(0, _LOOKED_AT_FOR_TABLES)
    layout = packet_layout(head)
    if layout is None:
        raise NotPlayable(_DAMAGED)
    size, offset = layout
    packets = _packets(head, size, offset)
    programmes = _section(packets, 0)
    for at in range(8, len(programmes) - 4 - 3, 4):
        number = programmes[at] << 8 | programmes[at + 1]
        if number:
            pid = (programmes[at + 2] & 0x1F) << 8 | programmes[at + 3]
            return _streams(_section(packets, pid), size, offset)
    raise NotPlayable(_DAMAGED)


def _packets(octets: bytes, size: int, offset: int) -> NDArray[np.uint8]:
    count = len(octets) // size
    rows = np.frombuffer(octets, np.uint8, count * size).reshape(count, size)
    return rows[:, offset : offset + _PACKET]


def _pids(packets: NDArray[np.uint8]) -> NDArray[np.int64]:
    return ((packets[:, 1].astype(np.int64) & 0x1F) << 8) | packets[:, 2]


def _payload_starts(packets: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Where the payload of each packet begins; 188 where it has none, 2.4.3.3."""
    control = packets[:, 3] >> 4 & 3
    starts = np.where(control & 2, 5 + packets[:, 4].astype(np.int64), 4)
    return np.where(control & 1, np.minimum(starts, _PACKET), _PACKET)


def _section(packets: NDArray[np.uint8], pid: int) -> bytes:
    """The first whole table section of a PID; empty if there is none."""
    chosen = packets[_pids(packets) == pid]
    section = b""
    for packet, start in zip(chosen, _payload_starts(chosen), strict=True):
        payload = packet[start:].tobytes()
        if packet[1] & 0x40:
            section = payload[1 + payload[0] :] if payload else b""
        elif section:
            section += payload
        if len(section) >= 3:
            length = 3 + ((section[1] & 0x0F) << 8 | section[2])
            if len(section) >= length:
                return section[:length]
    return b""


def _streams(section: bytes, size: int, offset: int) -> Programme:
    if len(section) < 16:
        raise NotPlayable(_DAMAGED)
    video_pid, video_type, has_sound = -1, 0, False
    at = 12 + ((section[10] & 0x0F) << 8 | section[11])
    while at + 5 <= len(section) - 4:
        kind = section[at]
        pid = (section[at + 1] & 0x1F) << 8 | section[at + 2]
        if kind in _NAMES and video_pid < 0:
            video_pid, video_type = pid, kind
        has_sound |= kind in _SOUND
        at += 5 + ((section[at + 3] & 0x0F) << 8 | section[at + 4])
    return Programme(size, offset, video_pid, video_type, has_sound)


def read_video(stream: JoinedFragments, programme: Programme) -> TransportVideo:
    """Go through the whole stream and note where each picture is.

    Raises:
        NotPlayable: If an MP4 that shows the same cannot be made of it.
    """
    gathered = _Gathered()
    for start, octets in _picture_octets(stream, programme):
        gathered.add(start, octets)
    return gathered.video(stream, programme)


def _picture_octets(stream: JoinedFragments, programme: Programme) -> Iterator[tuple[int, bytes]]:
    """(Offset of the first packet, octets of the PES packet) of each picture."""
    size = programme.packet_bytes
    pending: list[bytes] = []
    pending_bytes = 0
    first = -1
    for base in range(0, stream.size_bytes, _BLOCK_PACKETS * size):
        block = stream.read(base, _BLOCK_PACKETS * size)
        packets = _packets(block, size, programme.packet_offset)
        _require_sound(packets)
        ours = np.flatnonzero(_pids(packets) == programme.video_pid)
        starts = _payload_starts(packets[ours])
        begins = packets[ours, 1] & 0x40
        for row, start, is_first in zip(
            ours.tolist(), starts.tolist(), begins.tolist(), strict=True
        ):
            if is_first:
                if first >= 0:
                    yield first, b"".join(pending)
                first, pending, pending_bytes = base + row * size, [], 0
            if first < 0:
                continue  # the end of a picture whose beginning was not recorded
            pending.append(packets[row, start:].tobytes())
            pending_bytes += _PACKET - start
            if pending_bytes > MAX_PICTURE_BYTES:
                raise NotPlayable(_DAMAGED)
    if first >= 0:
        yield first, b"".join(pending)


def _require_sound(packets: NDArray[np.uint8]) -> None:
    """Refuse packets out of step, marked as damaged, or scrambled."""
    if (packets[:, 0] != _SYNC).any() or (packets[:, 1] & 0x80).any():
        raise NotPlayable(_DAMAGED)
    if (packets[:, 3] & 0xC0).any():
        raise NotPlayable("The video is scrambled, so it is not played.")


class _Gathered:
    """What is known of the pictures so far."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._sizes: list[int] = []
        self._decode_times: list[int] = []
        self._display_times: list[int] = []
        self._keys = bytearray()
        self._sequences: dict[int, bytes] = {}
        self._pictures: dict[int, bytes] = {}
        self._parameters: SequenceParameters | None = None
        self._has_second_view = False
        self._skipped = 0

    def add(self, start: int, pes: bytes) -> None:
        """Take one picture."""
        stamps, octets = elementary(pes)
        picture = picture_of(octets)
        self._learn(picture)
        if not picture.octets:
            return
        if not self._keys and not (picture.is_key and self._sequences and self._pictures):
            self._skipped += 1
            return
        if stamps is None:
            raise NotPlayable(_UNTIMED)
        if len(self._keys) >= MAX_VIDEO_FRAMES:
            raise NotPlayable(_TOO_LONG)
        self._require_one_picture(picture)
        display, decode = stamps
        if self._decode_times:
            decode = _unwrapped(decode, self._decode_times[-1])
            if not 0 < decode - self._decode_times[-1] <= _LONGEST_GAP:
                raise NotPlayable(_JUMPS)
        display = _unwrapped(display, decode)
        if not 0 <= display - decode <= _LONGEST_GAP:
            raise NotPlayable(_JUMPS)
        self._starts.append(start)
        self._sizes.append(len(picture.octets))
        self._decode_times.append(decode)
        self._display_times.append(display)
        self._keys.append(picture.is_key)

    def _require_one_picture(self, picture: Picture) -> None:
        most = 2 if self._parameters is not None and self._parameters.has_fields else 1
        if picture.first_slices > most:
            raise NotPlayable(_UNTIMED)

    def _learn(self, picture: Picture) -> None:
        """Keep parameter sets; they must not change, since an MP4 names them once."""
        self._has_second_view |= picture.has_second_view
        for known, units, skipped_bytes in (
            (self._sequences, picture.sequence_parameter_sets, 4),
            (self._pictures, picture.picture_parameter_sets, 1),
        ):
            for unit in units:
                number = _first_code(unit[skipped_bytes:])
                if known.setdefault(number, unit) != unit:
                    raise NotPlayable(_CHANGES)
        for unit in picture.sequence_parameter_sets:
            parameters = sequence_parameters(unit)
            if self._parameters is None:
                self._parameters = parameters
            elif (self._parameters.rows, self._parameters.columns) != (
                parameters.rows,
                parameters.columns,
            ):
                raise NotPlayable(_CHANGES)

    def video(self, stream: JoinedFragments, programme: Programme) -> TransportVideo:
        """All of it.

        Raises:
            NotPlayable: If no picture can be decoded, or there are more parameter sets than an MP4 can name.
        """
        if self._parameters is None or not self._keys:
            raise NotPlayable(_DAMAGED)
        if len(self._sequences) > 31 or len(self._pictures) > 255:
            raise NotPlayable(_DAMAGED)
        decode_times = np.array(self._decode_times, np.int64)
        delays = np.array(self._display_times, np.int64) - decode_times
        units = AccessUnits(
            packet_bytes=programme.packet_bytes,
            packet_offset=programme.packet_offset,
            pid=programme.video_pid,
            starts=np.array(self._starts, "<i8").tobytes(),
            end=stream.size_bytes // programme.packet_bytes * programme.packet_bytes,
            sizes=np.array(self._sizes, "<u4").tobytes(),
            decode_times=(decode_times - decode_times[0]).astype("<i8").tobytes(),
            display_delays=delays.astype("<u4").tobytes(),
            key_pictures=bytes(self._keys),
            sequence_parameter_sets=tuple(self._sequences.values()),
            picture_parameter_sets=tuple(self._pictures.values()),
        )
        return TransportVideo(units, self._parameters, self._notes(programme))

    def _notes(self, programme: Programme) -> tuple[str, ...]:
        notes = []
        if self._skipped:
            notes.append(
                f"The first {self._skipped} pictures of the video cannot be decoded and are left out."
            )
        if self._has_second_view:
            notes.append("The video is stereo; one of its two views is shown.")
        if programme.has_sound:
            notes.append("The sound of this video is not played.")
        return tuple(notes)


def _first_code(octets: bytes) -> int:
    """The first ue(v) of a parameter set: its number."""
    bits = int.from_bytes(octets[:8].ljust(8, b"\x00"), "big")
    zeros = 64 - bits.bit_length()
    if zeros > 16:
        raise NotPlayable(_DAMAGED)
    return (bits >> (63 - 2 * zeros)) - 1


def _unwrapped(stamp: int, near: int) -> int:
    """A time stamp of 33 bits as the moment closest to `near`, 2.4.3.7."""
    return near + (stamp - near + (1 << 32)) % (1 << 33) - (1 << 32)


def elementary(pes: bytes) -> tuple[tuple[int, int] | None, bytes]:
    """Time stamps (to show, to decode) and octets of a PES packet, 2.4.3.6; no stamps where it has none.

    Raises:
        NotPlayable: If it is not one.
    """
    if len(pes) < 9 or pes[:3] != b"\x00\x00\x01" or pes[6] & 0xC0 != 0x80:
        raise NotPlayable(_DAMAGED)
    if pes[6] & 0x30:
        raise NotPlayable("The video is scrambled, so it is not played.")
    length = pes[4] << 8 | pes[5]
    end = 6 + length if length else len(pes)
    octets = pes[9 + pes[8] : end]
    if not pes[7] & 0x80:
        return None, octets
    if pes[8] < 5 or len(pes) < 14:
        raise NotPlayable(_DAMAGED)
    display = _stamp(pes[9:14])
    if not pes[7] & 0x40:
        return (display, display), octets
    if pes[8] < 10 or len(pes) < 19:
        raise NotPlayable(_DAMAGED)
    return (display, _stamp(pes[14:19])), octets


def _stamp(octets: bytes) -> int:
    return (
        (octets[0] >> 1 & 7) << 30
        | octets[1] << 22
        | (octets[2] >> 1) << 15
        | octets[3] << 7
        | octets[4] >> 1
    )


def pes_of(packets_octets: bytes, units: AccessUnits) -> bytes:
    """The octets of one picture's PES packet, from the packets between its start and the next one's."""
    packets = _packets(packets_octets, units.packet_bytes, units.packet_offset)
    ours = packets[_pids(packets) == units.pid]
    starts = _payload_starts(ours).tolist()
    return b"".join(ours[row, start:].tobytes() for row, start in enumerate(starts))
