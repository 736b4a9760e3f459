"""What is kept of a video stream after it was looked at once: plain frozen values, as JSON beside the object."""

from dataclasses import dataclass

from backend.dicom.plain import NotPlain, from_json, to_json

VIDEO_HEADER_VERSION = 1
MAX_VIDEO_FRAMES = 2_000_000


class NotPlayable(Exception):  # noqa: N818 - a reason, not a fault
    """The stream is kept, but is not played; the message is one sentence for a user."""


@dataclass(frozen=True, slots=True)
class FrameClock:
    """When each frame is shown, counted from the start of the film.

    Attributes:
        count: Number of frames; 0 where the stream does not say.
        frame_seconds: Time from one frame to the next, on average; 0.0 where the stream does not say.
        times_us: Where the frames do not come evenly: the time of each in microseconds, 64-bit little endian.
        is_exact: False where the frames were not counted in the stream but taken from the data set.
    """

    count: int = 0
    frame_seconds: float = 0.0
    times_us: bytes = b""
    is_exact: bool = True

    @property
    def duration_seconds(self) -> float:
        """Until the last frame has been shown; 0.0 where it is not known."""
        return self.count * self.frame_seconds


@dataclass(frozen=True, slots=True)
class AccessUnits:
    """Where the pictures of an H.264 video lie in a transport stream, so that an MP4 can be made of any part of it.

    Arrays have one little-endian entry for each picture, in decoding order.

    Attributes:
        packet_bytes: 188, 192 or 204.
        packet_offset: Octets before the 188 of each packet.
        pid: Of the packets that hold the video.
        starts: Offset of the first packet in the stream, 64 bit; a picture ends where the next one starts.
        end: Offset behind the last packet.
        sizes: Octets of the picture in the MP4, 32 bit.
        decode_times: In 1/90000 s from the first, 64 bit.
        display_delays: From decoding to showing, in 1/90000 s, 32 bit.
        key_pictures: 1 where decoding can start, 8 bit.
        sequence_parameter_sets: As in the stream, without start codes.
        picture_parameter_sets: Likewise.
    """

    packet_bytes: int
    packet_offset: int
    pid: int
    starts: bytes
    end: int
    sizes: bytes
    decode_times: bytes
    display_delays: bytes
    key_pictures: bytes
    sequence_parameter_sets: tuple[bytes, ...]
    picture_parameter_sets: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class VideoHeader:
    """All that playing a video needs. Holds nothing about a person.

    Attributes:
        version: `VIDEO_HEADER_VERSION`.
        fragments: (offset, length) of the parts of the stream in the stored file.
        container: `mp4`, `transport stream`, `program stream`, `elementary stream`; empty if unknown.
        codec_name: For people, such as `H.264`; empty if unknown.
        codec: For browsers (RFC 6381), such as `avc1.64001f`; empty if unknown.
        rows: Height in pixels.
        columns: Width in pixels.
        clock: When each frame is shown.
        has_sound: Whether what is sent holds sound.
        trouble: Why the video is not played, one sentence; empty if a browser that knows the codec can play it.
        access_units: For a transport stream, which is sent as an MP4; None where the stream is sent as it is.
    """

    version: int
    fragments: tuple[tuple[int, int], ...]
    container: str = ""
    codec_name: str = ""
    codec: str = ""
    rows: int = 0
    columns: int = 0
    clock: FrameClock = FrameClock()
    has_sound: bool = False
    trouble: str = ""
    access_units: AccessUnits | None = None

    def to_bytes(self) -> bytes:
        """Versioned JSON, UTF-8."""
        return to_json(self)

    @classmethod
    def from_bytes(cls, octets: bytes) -> "VideoHeader":
        """The inverse of `to_bytes`.

        Raises:
            NotPlain: If these are not the octets of a video header of this version.
        """
        header = from_json(cls, octets)
        if header.version != VIDEO_HEADER_VERSION:
            raise NotPlain(f"The video header has version {header.version}.")
        _require_consistent(header)
        return header


def _require_consistent(header: VideoHeader) -> None:
    """Refuse a header whose parts do not fit each other: it decides what is read from the store."""
    clock, units = header.clock, header.access_units
    is_consistent = (
        all(offset >= 0 and length >= 0 for offset, length in header.fragments)
        and 0 <= clock.count <= MAX_VIDEO_FRAMES
        and clock.frame_seconds >= 0
        and len(clock.times_us) in (0, 8 * clock.count)
        and (units is None or _is_consistent(units))
    )
    if not is_consistent:
        raise NotPlain("The video header contradicts itself.")


def _is_consistent(units: AccessUnits) -> bool:
    count = len(units.key_pictures)
    return (
        (units.packet_bytes, units.packet_offset) in ((188, 0), (192, 4), (204, 0))
        and 0 < count <= MAX_VIDEO_FRAMES
        and len(units.starts) == len(units.decode_times) == 8 * count
        and len(units.sizes) == len(units.display_delays) == 4 * count
        and units.end >= 0
        and bool(units.sequence_parameter_sets and units.picture_parameter_sets)
    )
