"""From the pixel data of a file to its video header: what the stream is, seen from its octets, not from its label."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from backend.dicom.elements import Elements
from backend.dicom.frame_index import NotShown, fragments_of
from backend.dicom.model import InstanceAttributes
from backend.dicom.part10 import UNDEFINED_LENGTH, OpenedFile
from backend.dicom.video import mp4
from backend.dicom.video.model import (
    VIDEO_HEADER_VERSION,
    FrameClock,
    NotPlayable,
    VideoHeader,
)
from backend.dicom.video.stream import JoinedFragments
from backend.dicom.video.transport import CLOCK_HZ, H264, packet_layout, read_programme, read_video

_EMPTY = "The file holds no video, although its transfer syntax says so."
_UNKNOWN = "The video is of no known kind or damaged, so it is not played."
_NOT_IN_BROWSERS = "This video is {name}, which browsers do not play."
_IN_WRAPPING = "This video is {name} in {container}, which browsers do not play."
_CONTAINERS = {
    "transport stream": "an MPEG transport stream",
    "program stream": "an MPEG program stream",
    "elementary stream": "a bare stream",
}
_NEVER_PLAYED = frozenset({"MPEG-1", "MPEG-2", "MPEG-4 Part 2", "Motion JPEG"})
_HEAD_BYTES = 1 << 20
_EVEN_WITHIN = 0.25


def video_header(
    opened: OpenedFile, elements: Elements, attributes: InstanceAttributes
) -> VideoHeader:
    """Describe the video of a file.

    Args:
        opened: The file.
        elements: Its data set; what is odd is noted there.
        attributes: As read from it.

    Raises:
        NotShown: If there is no stream at all.
        Unreadable: If the file ends inside its pixel data.
    """
    fragments = _fragments(opened)

    def read_range(offset: int, length: int) -> bytes:
        opened.stream.seek(offset)
        return opened.stream.read(length)

    stream = JoinedFragments(read_range, fragments)
    if not stream.size_bytes:
        raise NotShown(_EMPTY)
    header = VideoHeader(
        VIDEO_HEADER_VERSION,
        fragments=tuple(fragments),
        rows=attributes.rows,
        columns=attributes.columns,
        clock=_said_clock(attributes),
    )
    try:
        header, notes = _seen(stream, header)
    except NotPlayable as reason:
        return replace(header, trouble=str(reason))
    for note in notes:
        elements.note(note)
    _compare(header, elements, attributes)
    return header


def _fragments(opened: OpenedFile) -> list[tuple[int, int]]:
    element = opened.pixel_element
    if element is None or element.keyword != "PixelData":
        raise NotShown(_EMPTY)
    if element.value_length == UNDEFINED_LENGTH:
        return fragments_of(opened)
    # Some writers do not encapsulate the stream; its octets are the same.
    return [(element.value_offset, element.value_length)]


def _said_clock(attributes: InstanceAttributes) -> FrameClock:
    """When frames are shown as the data set says, for streams that do not say it themselves."""
    cine = attributes.cine
    rate = cine.cine_rate or cine.recommended_display_frame_rate
    seconds = cine.frame_time_ms / 1000 if cine.frame_time_ms else 1 / rate if rate else 0.0
    return FrameClock(attributes.number_of_frames, seconds, is_exact=False)


def _seen(stream: JoinedFragments, header: VideoHeader) -> tuple[VideoHeader, tuple[str, ...]]:
    """What the octets are, with what was tolerated in them."""
    head = stream.read(0, _HEAD_BYTES)
    if mp4.looks_like(head):
        return _movie(stream, replace(header, container="mp4"))
    if packet_layout(head) is not None:
        return _transport(stream, replace(header, container="transport stream"))
    container, name = _bare(head)
    if not name:
        raise NotPlayable(_UNKNOWN)
    return replace(
        header, container=container, codec_name=name, trouble=_refusal(name, container)
    ), ()


def _refusal(name: str, container: str) -> str:
    if name in _NEVER_PLAYED or container not in _CONTAINERS:
        return _NOT_IN_BROWSERS.format(name=name)
    return _IN_WRAPPING.format(name=name, container=_CONTAINERS[container])


def _movie(stream: JoinedFragments, header: VideoHeader) -> tuple[VideoHeader, tuple[str, ...]]:
    movie = mp4.read_movie(stream)
    clock = clock_of(movie.times) if len(movie.times) else header.clock
    return replace(
        header,
        codec_name=movie.codec_name,
        codec=movie.codec,
        rows=movie.rows or header.rows,
        columns=movie.columns or header.columns,
        clock=clock,
        has_sound=movie.has_sound,
        trouble=_refusal(movie.codec_name, "mp4") if movie.codec_name in _NEVER_PLAYED else "",
    ), movie.notes


def _transport(stream: JoinedFragments, header: VideoHeader) -> tuple[VideoHeader, tuple[str, ...]]:
    programme = read_programme(stream)
    name = programme.codec_name
    if not name:
        raise NotPlayable(_UNKNOWN)
    header = replace(header, codec_name=name)
    if programme.video_type != H264:
        return replace(header, trouble=_refusal(name, "transport stream")), ()
    try:
        video = read_video(stream, programme)
    except NotPlayable as reason:
        return replace(header, trouble=str(reason)), ()
    units, parameters = video.units, video.parameters
    shown = np.frombuffer(units.decode_times, "<i8") + np.frombuffer(units.display_delays, "<u4")
    return replace(
        header,
        codec=parameters.codec,
        rows=parameters.rows,
        columns=parameters.columns,
        clock=clock_of(np.sort(shown - shown.min()) / CLOCK_HZ),
        access_units=units,
    ), video.notes


def _bare(head: bytes) -> tuple[str, str]:
    """Container and codec of what is neither MP4 nor transport stream; empty if it is nothing known."""
    if head.startswith(b"\x00\x00\x01\xba"):
        return "program stream", _mpeg_version(head)
    if head.startswith(b"\x00\x00\x01\xb3"):
        return "elementary stream", _mpeg_version(head)
    start = head[:5].find(b"\x00\x00\x01")
    if start in (0, 1) and len(head) > start + 5:
        first, second = head[start + 3], head[start + 4]
        if first & 0x9F in (7, 9) and first & 0x80 == 0:
            return "elementary stream", "H.264"
        if first in (0x40, 0x42, 0x46) and second == 1:
            return "elementary stream", "HEVC"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska", "a Matroska or WebM file"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi", "an AVI file"
    return "", ""


def _mpeg_version(head: bytes) -> str:
    """MPEG-2 has an extension after each sequence header, ISO/IEC 13818-2 6.1.1.6; MPEG-1 has none."""
    at = head.find(b"\x00\x00\x01\xb3")
    if at < 0:
        return "MPEG-2"
    following = head.find(b"\x00\x00\x01", at + 4)
    return "MPEG-2" if following < 0 or head[following + 3 : following + 4] == b"\xb5" else "MPEG-1"


def clock_of(times: NDArray[np.float64]) -> FrameClock:
    """The clock of frames that are shown at `times`, rising, in seconds."""
    count = len(times)
    if count < 2:
        return FrameClock(count, 0.0)
    step = float(times[-1] - times[0]) / (count - 1)
    even = times[0] + step * np.arange(count)
    if np.abs(times - even).max() <= _EVEN_WITHIN * step and times[0] <= _EVEN_WITHIN * step:
        return FrameClock(count, step)
    return FrameClock(count, step, np.round(times * 1e6).astype("<i8").tobytes())


def _compare(header: VideoHeader, elements: Elements, attributes: InstanceAttributes) -> None:
    """Note where the stream is not what the data set says; the stream is followed."""
    clock = header.clock
    if clock.is_exact and clock.count != attributes.number_of_frames:
        elements.note(
            f"The file announces {attributes.number_of_frames:,} frames, its video has {clock.count:,};"
            " the video is followed."
        )
    said = _said_clock(attributes).frame_seconds
    if clock.is_exact and said and clock.frame_seconds and not _agree(said, clock.frame_seconds):
        elements.note(
            f"The file says {1 / said:.4g} frames a second, its video has {1 / clock.frame_seconds:.4g};"
            " the video is followed."
        )
    shape = attributes.rows, attributes.columns
    if all(shape) and header.rows and shape != (header.rows, header.columns):
        elements.note(
            f"The file says {attributes.columns} x {attributes.rows} pixels, its video has"
            f" {header.columns} x {header.rows}; the video is followed."
        )


def _agree(one: float, other: float) -> bool:
    return abs(one - other) <= 0.02 * max(one, other)
