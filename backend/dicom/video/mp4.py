"""MP4 and QuickTime files (ISO/IEC 14496-12): which codec, how large, and when each frame is shown. Read, never written.

Sizes and counts in a file are claims: none is believed before it was compared with the octets that are there.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from backend.dicom.video.model import MAX_VIDEO_FRAMES, NotPlayable
from backend.dicom.video.stream import JoinedFragments

_MAX_BOXES = 200_000
_MAX_MOVIE_BYTES = 128 << 20
_MAX_FRAGMENT_BYTES = 8 << 20
_MAX_ALL_FRAGMENTS_BYTES = 256 << 20
_MAX_TICKS = 1 << 60
_DAMAGED = "The video's MP4 is damaged, so it is not played."
_UNFINISHED = "The video's MP4 was not finished (its index is missing), so it cannot be played."
_NO_VIDEO = "The MP4 holds no video."
_TOO_LONG = f"The video has more than {MAX_VIDEO_FRAMES:,} frames, which is more than is played."
CUT_SHORT = "The video is cut short: its last part is missing."
_NAMES = {
    b"avc1": "H.264", b"avc2": "H.264", b"avc3": "H.264", b"avc4": "H.264", b"hvc1": "HEVC", b"hev1": "HEVC",
    b"mp4v": "MPEG-4 Part 2", b"av01": "AV1", b"vp09": "VP9", b"vp08": "VP8", b"jpeg": "Motion JPEG", b"mjpa": "Motion JPEG",
}  # fmt: skip
_MPEG_2_OBJECT_TYPES = range(0x60, 0x66)
_MPEG_1_OBJECT_TYPE = 0x6A


@dataclass(frozen=True, slots=True)
class Movie:
    """What an MP4 says of its video.

    Attributes:
        codec_name: For people; the four letters of the file where they are not known here.
        codec: For browsers (RFC 6381); empty where it was not worked out.
        rows: Height.
        columns: Width.
        times: Seconds at which each frame is shown, rising, from the start of the film.
        has_sound: Whether there is sound.
        notes: What was tolerated.
    """

    codec_name: str
    codec: str
    rows: int
    columns: int
    times: NDArray[np.float64]
    has_sound: bool
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Track:
    """One track while it is read; times in ticks of the track."""

    number: int = 0
    handler: bytes = b""
    timescale: int = 0
    entry: bytes = b""
    default_duration: int = 0
    sample_count: int = 0
    fragment_samples: int = 0
    last_place: int = 0
    durations: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    delays: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    edits: list[tuple[int, int]] = field(default_factory=list)
    fragments: list[tuple[int, NDArray[np.int64], NDArray[np.int64]]] = field(default_factory=list)


def looks_like(head: bytes) -> bool:
    """Whether octets begin an MP4 or QuickTime file."""
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")


def read_movie(stream: JoinedFragments) -> Movie:
    """Read the index of the file.

    Raises:
        NotPlayable: If it is damaged, has no index or no video.
    """
    movie, fragments, is_cut = _top_level(stream)
    if movie is None:
        raise NotPlayable(_UNFINISHED)
    tracks = _tracks(movie)
    video = next((each for each in tracks if each.handler == b"vide" and each.entry), None)
    if video is None:
        raise NotPlayable(_NO_VIDEO)
    if len(video.entry) < 86 or not video.timescale:
        raise NotPlayable(_DAMAGED)
    for octets in fragments:
        _read_fragment(octets, video)
    movie_scale = _movie_timescale(movie)
    times, notes = _display_times(video, movie_scale)
    if is_cut or video.last_place >= stream.size_bytes:
        notes.append(CUT_SHORT)
    rows, columns = struct.unpack(">HH", video.entry[32:36])[::-1]
    name, codec = _codec(video.entry)
    has_sound = any(each.handler == b"soun" for each in tracks)
    return Movie(name, codec, rows, columns, times, has_sound, tuple(notes))


# ---------------------------------------------------------------- boxes


def _top_level(stream: JoinedFragments) -> tuple[bytes | None, list[bytes], bool]:
    """The movie box, the fragment boxes, and whether the file ends before it should."""
    at = count = fragment_bytes = 0
    movie: bytes | None = None
    fragments: list[bytes] = []
    while at + 8 <= stream.size_bytes:
        count += 1
        if count > _MAX_BOXES:
            raise NotPlayable(_DAMAGED)
        head = stream.read(at, 16)
        kind, size, header = _box_head(head, stream.size_bytes - at)
        if not kind.strip(b"\x00"):
            break  # the fill after the last box
        is_cut = at + size > stream.size_bytes
        if kind == b"moov" and movie is None:
            if is_cut or size > _MAX_MOVIE_BYTES:
                raise NotPlayable(_UNFINISHED if is_cut else _DAMAGED)
            movie = stream.read(at + header, size - header)
        elif kind == b"moof" and not is_cut:
            fragment_bytes += size
            if size > _MAX_FRAGMENT_BYTES or fragment_bytes > _MAX_ALL_FRAGMENTS_BYTES:
                raise NotPlayable(_DAMAGED)
            fragments.append(stream.read(at + header, size - header))
        if is_cut:
            return movie, fragments, True
        at += size
    return movie, fragments, False


def _box_head(head: bytes, left: int) -> tuple[bytes, int, int]:
    """Kind, size and size of the header of a box."""
    size, kind = struct.unpack(">I4s", head[:8])
    header = 8
    if size == 1:
        if len(head) < 16:
            raise NotPlayable(_DAMAGED)
        size, header = struct.unpack(">Q", head[8:16])[0], 16
    elif size == 0:
        size = left
    if size < header and kind.strip(b"\x00"):
        raise NotPlayable(_DAMAGED)
    return kind, max(size, header), header


def _boxes(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes inside a box that is held whole."""
    at = count = 0
    while at + 8 <= len(octets):
        kind, size, header = _box_head(octets[at : at + 16], len(octets) - at)
        count += 1
        if count > _MAX_BOXES or at + size > len(octets):
            if not kind.strip(b"\x00"):
                return  # four zero octets end a QuickTime list
            raise NotPlayable(_DAMAGED)
        yield kind, octets[at + header : at + size]
        at += size


def _child(octets: bytes, *path: bytes) -> bytes:
    """The first box along a path; empty if there is none."""
    for wanted in path:
        octets = next((inside for kind, inside in _boxes(octets) if kind == wanted), b"")
    return octets


def _entries(octets: bytes, width: int) -> NDArray[np.int64]:
    """A counted table of 32-bit numbers, `width` in a row, after version and flags."""
    if not octets:
        return np.zeros((0, width), np.int64)
    if len(octets) < 8:
        raise NotPlayable(_DAMAGED)
    count = struct.unpack(">I", octets[4:8])[0]
    if count * width * 4 > len(octets) - 8:
        raise NotPlayable(_DAMAGED)
    return np.frombuffer(octets, ">u4", count * width, 8).reshape(-1, width).astype(np.int64)


# ---------------------------------------------------------------- tracks


def _movie_timescale(movie: bytes) -> int:
    header = _child(movie, b"mvhd")
    return _timescale(header)


def _timescale(header: bytes) -> int:
    at = 20 if header[:1] == b"\x01" else 12
    return int.from_bytes(header[at : at + 4], "big") if len(header) >= at + 4 else 0


def _tracks(movie: bytes) -> list[_Track]:
    defaults: dict[int, int] = {}
    for kind, inside in _boxes(_child(movie, b"mvex")):
        if kind == b"trex" and len(inside) >= 24:
            number, _, duration = struct.unpack(">III", inside[4:16])
            defaults[number] = duration
    tracks = []
    for kind, inside in _boxes(movie):
        if kind == b"trak":
            track = _track(inside)
            track.default_duration = defaults.get(track.number, 0)
            tracks.append(track)
    return tracks


def _track(octets: bytes) -> _Track:
    track = _Track()
    header = _child(octets, b"tkhd")
    at = 20 if header[:1] == b"\x01" else 12
    track.number = int.from_bytes(header[at : at + 4], "big")
    media = _child(octets, b"mdia")
    track.handler = _child(media, b"hdlr")[8:12]
    if track.handler != b"vide":
        return track
    track.timescale = _timescale(_child(media, b"mdhd"))
    table = _child(media, b"minf", b"stbl")
    description = _child(table, b"stsd")
    track.entry = _first_entry(description)
    track.sample_count = _sample_count(table)
    track.durations = _expanded(_entries(_child(table, b"stts"), 2), track.sample_count)
    delays = _entries(_child(table, b"ctts"), 2)
    # Negative delays are allowed in version 1, and written in version 0 as well.
    delays[:, 1] = np.where(delays[:, 1] >= 1 << 31, delays[:, 1] - (1 << 32), delays[:, 1])
    track.delays = _expanded(delays, track.sample_count)
    track.last_place = _last_place(table)
    track.edits = _edits(_child(octets, b"edts", b"elst"))
    return track


def _first_entry(description: bytes) -> bytes:
    if len(description) < 16:
        return b""
    size = int.from_bytes(description[8:12], "big")
    if not 16 <= size <= len(description) - 8:
        raise NotPlayable(_DAMAGED)
    return description[8 : 8 + size]


def _sample_count(table: bytes) -> int:
    sizes = _child(table, b"stsz")
    if not sizes:
        compact = _child(table, b"stz2")
        count = int.from_bytes(compact[8:12], "big")
    else:
        if len(sizes) < 12:
            raise NotPlayable(_DAMAGED)
        common, count = struct.unpack(">II", sizes[4:12])
        if not common and 4 * count > len(sizes) - 12:
            raise NotPlayable(_DAMAGED)
    if count > MAX_VIDEO_FRAMES:
        raise NotPlayable(_TOO_LONG)
    return int(count)


def _expanded(runs: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """One value for each sample, from how often each follows itself."""
    counts, values = runs[:, 0], runs[:, 1]
    if not len(runs):
        return np.zeros(0, np.int64)
    if counts.max() > MAX_VIDEO_FRAMES or counts.sum() > MAX_VIDEO_FRAMES:
        raise NotPlayable(_DAMAGED)
    return np.repeat(values, counts)[:most]


def _last_place(table: bytes) -> int:
    """Where the last chunk of samples begins in the file."""
    places = _entries(_child(table, b"stco"), 1)
    if len(places):
        return int(places.max())
    high_low = _entries(_child(table, b"co64"), 2)
    return int(((high_low[:, 0] << 32) | high_low[:, 1]).max()) if len(high_low) else 0


def _edits(octets: bytes) -> list[tuple[int, int]]:
    """(duration in ticks of the movie, start in ticks of the track; -1 for a pause) of each edit."""
    if len(octets) < 8:
        return []
    layout = struct.Struct(">QqI" if octets[0] == 1 else ">IiI")
    count = min(int.from_bytes(octets[4:8], "big"), 1000)
    if count * layout.size > len(octets) - 8:
        raise NotPlayable(_DAMAGED)
    return [layout.unpack_from(octets, 8 + at * layout.size)[:2] for at in range(count)]


# ---------------------------------------------------------------- fragments


def _read_fragment(octets: bytes, track: _Track) -> None:
    """Add the samples that a movie fragment holds, 8.8."""
    for kind, inside in _boxes(octets):
        if kind != b"traf":
            continue
        header = _child(inside, b"tfhd")
        if len(header) < 8 or int.from_bytes(header[4:8], "big") != track.number:
            continue
        duration = _fragment_duration(header, track.default_duration)
        base = _child(inside, b"tfdt")
        wide = base[:1] == b"\x01"
        start = int.from_bytes(base[4 : 12 if wide else 8], "big") if base else -1
        for part, run in _boxes(inside):
            if part == b"trun":
                durations, delays = _run(run, duration)
                track.fragments.append((start, durations, delays))
                track.fragment_samples += len(durations)
                start = -1
        if track.fragment_samples > MAX_VIDEO_FRAMES:
            raise NotPlayable(_TOO_LONG)


def _fragment_duration(header: bytes, otherwise: int) -> int:
    flags = int.from_bytes(header[1:4], "big")
    at = 8 + (8 if flags & 0x01 else 0) + (4 if flags & 0x02 else 0)
    return int.from_bytes(header[at : at + 4], "big") if flags & 0x08 else otherwise


def _run(octets: bytes, duration: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Durations and delays of the samples of a track run, 8.8.8."""
    if len(octets) < 8:
        raise NotPlayable(_DAMAGED)
    flags, count = int.from_bytes(octets[1:4], "big"), int.from_bytes(octets[4:8], "big")
    at = 8 + (4 if flags & 0x001 else 0) + (4 if flags & 0x004 else 0)
    columns = [bit for bit in (0x100, 0x200, 0x400, 0x800) if flags & bit]
    if count > MAX_VIDEO_FRAMES or count * 4 * len(columns) > len(octets) - at:
        raise NotPlayable(_DAMAGED)
    rows = np.frombuffer(octets, ">u4", count * len(columns), at).reshape(count, len(columns))
    durations = np.full(count, duration, np.int64)
    delays = np.zeros(count, np.int64)
    if 0x100 in columns:
        durations = rows[:, columns.index(0x100)].astype(np.int64)
    if 0x800 in columns:
        delays = rows[:, columns.index(0x800)].astype(np.int64)
        delays = np.where(delays >= 1 << 31, delays - (1 << 32), delays)
    return durations, delays


# ---------------------------------------------------------------- times


def _display_times(track: _Track, movie_scale: int) -> tuple[NDArray[np.float64], list[str]]:
    """When each frame is shown, in seconds; what lies outside the edit is not shown, 8.6.6."""
    notes: list[str] = []
    shown = [_shown(0, track.durations, track.delays)] if track.sample_count else []
    following = int(track.durations.sum())
    for start, durations, delays in track.fragments:
        start = following if start < 0 else start
        if start > _MAX_TICKS:
            raise NotPlayable(_DAMAGED)
        shown.append(_shown(start, durations, delays))
        following = start + int(durations.sum())
    ticks = np.sort(np.concatenate(shown)) if shown else np.zeros(0, np.int64)
    edits = [(duration, start) for duration, start in track.edits if start >= 0]
    if len(edits) == 1:
        duration, start = edits[0]
        ticks = ticks[ticks >= start] - start
        if duration and movie_scale and not track.fragments:
            # A frame counts as shown if it begins before the edit ends.
            ticks = ticks[ticks * movie_scale < (duration + 1) * track.timescale]
    elif len(edits) > 1:
        notes.append("The video is cut together from parts; its frame numbers may be wrong.")
    elif len(ticks):
        ticks = ticks - ticks[0]
    return ticks / track.timescale, notes


def _shown(
    start: int, durations: NDArray[np.int64], delays: NDArray[np.int64]
) -> NDArray[np.int64]:
    decoded = start + np.concatenate(([0], np.cumsum(durations)))[: len(durations)]
    if len(delays):
        reach = min(len(decoded), len(delays))
        decoded[:reach] += delays[:reach]
    return decoded


# ---------------------------------------------------------------- codecs


def _codec(entry: bytes) -> tuple[str, str]:
    """The codec for people and for browsers."""
    kind = entry[4:8]
    name = _NAMES.get(kind, kind.decode("ascii", "replace").strip())
    inside = entry[86:]
    letters = kind.decode("ascii", "replace")
    if kind in (b"avc1", b"avc2", b"avc3", b"avc4"):
        record = _child(inside, b"avcC")
        return name, f"{letters}.{record[1:4].hex()}" if len(record) >= 4 else ""
    if kind in (b"hvc1", b"hev1"):
        record = _child(inside, b"hvcC")
        return name, f"{letters}.{_hevc_profile(record)}" if len(record) >= 13 else ""
    if kind == b"mp4v":
        object_type = _object_type(_child(inside, b"esds"))
        if object_type in _MPEG_2_OBJECT_TYPES:
            return "MPEG-2", "mp4v.61"
        if object_type == _MPEG_1_OBJECT_TYPE:
            return "MPEG-1", "mp4v.6a"
        return name, "mp4v.20.9"
    return name, ""


def _hevc_profile(record: bytes) -> str:
    """The second part of an HEVC codec string, ISO/IEC 14496-15 E.3."""
    space = ("", "A", "B", "C")[record[1] >> 6]
    flags = int(f"{int.from_bytes(record[2:6], 'big'):032b}"[::-1], 2)
    tier = "H" if record[1] & 0x20 else "L"
    constraints = "".join(f".{octet:x}" for octet in record[6:12].rstrip(b"\x00"))
    return f"{space}{record[1] & 0x1F}.{flags:x}.{tier}{record[12]}{constraints}"


def _object_type(esds: bytes) -> int:
    """The object type of an elementary stream descriptor (ISO/IEC 14496-1 7.2.6.6); -1 if it is not found."""
    at = esds.find(b"\x04", 4)
    while 0 <= at < len(esds) - 1:
        after = at + 1
        while after < len(esds) - 1 and esds[after] & 0x80:
            after += 1
        if after + 1 < len(esds) and esds[after] >= 13:
            return esds[after + 1]
        at = esds.find(b"\x04", at + 1)
    return -1
