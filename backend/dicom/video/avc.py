"""H.264 octets (ISO/IEC 14496-10): NAL units, what a picture is made of, how large it is. Nothing is decoded."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from backend.dicom.video.model import NotPlayable

_SLICES = frozenset({1, 5})
_IDR_SLICE = 5
_SUPPLEMENTAL = 6
_SEQUENCE_PARAMETERS = 7
_PICTURE_PARAMETERS = 8
# What an MP4 does without: delimiters, ends, filler; and the second view of stereo video (Annex H).
_LEFT_OUT = frozenset({9, 10, 11, 12, 14, 15, 20, 21})
_SECOND_VIEW = frozenset({15, 20})
_RECOVERY_POINT = 6
# Profiles whose parameter sets say how colour is stored, 7.3.2.1.1.
_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_DAMAGED = "The H.264 video is damaged, so it is not played."


@dataclass(frozen=True, slots=True)
class Picture:
    """One access unit as an MP4 holds it.

    Attributes:
        octets: NAL units, each after its length (32 bit, big endian).
        is_key: Whether decoding can start here.
        first_slices: How many slices begin a picture: 1, or 2 where it comes as two fields.
        sequence_parameter_sets: Found in it; they are not part of `octets`.
        picture_parameter_sets: Likewise.
        has_second_view: Whether a second view (stereo) was left out.
    """

    octets: bytes
    is_key: bool
    first_slices: int
    sequence_parameter_sets: tuple[bytes, ...]
    picture_parameter_sets: tuple[bytes, ...]
    has_second_view: bool


@dataclass(frozen=True, slots=True)
class SequenceParameters:
    """What of a sequence parameter set an MP4 must say, 7.3.2.1.1."""

    profile: int
    constraints: int
    level: int
    rows: int
    columns: int
    chroma_format: int
    luma_bits: int
    chroma_bits: int
    has_fields: bool

    @property
    def codec(self) -> str:
        """For browsers, RFC 6381."""
        return f"avc1.{self.profile:02x}{self.constraints:02x}{self.level:02x}"


def nal_units(octets: bytes) -> Iterator[bytes]:
    """The NAL units of a byte stream, Annex B; what stands before the first start code is left out."""
    at = octets.find(b"\x00\x00\x01")
    while at >= 0:
        start = at + 3
        at = octets.find(b"\x00\x00\x01", start)
        unit = octets[start : at if at >= 0 else len(octets)].rstrip(b"\x00")
        if unit:
            yield unit


def picture_of(octets: bytes) -> Picture:
    """Turn an access unit of a byte stream into a sample of an MP4, ISO/IEC 14496-15 5.3.

    The same octets always give the same picture, so that its size is known before it is made.
    """
    parts: list[bytes] = []
    sequences: list[bytes] = []
    pictures: list[bytes] = []
    is_key = has_second_view = False
    first_slices = 0
    for unit in nal_units(octets):
        kind = unit[0] & 0x1F
        if kind == _SEQUENCE_PARAMETERS:
            sequences.append(unit)
            continue
        if kind == _PICTURE_PARAMETERS:
            pictures.append(unit)
            continue
        if kind in _LEFT_OUT:
            has_second_view |= kind in _SECOND_VIEW
            continue
        if kind in _SLICES:
            # first_mb_in_slice is 0 where the first bit after the NAL header is set, 9.1.
            first_slices += len(unit) > 1 and unit[1] >= 0x80
        is_key |= kind == _IDR_SLICE or (kind == _SUPPLEMENTAL and _says_recovery(unit))
        parts += (struct.pack(">I", len(unit)), unit)
    return Picture(
        b"".join(parts), is_key, first_slices, tuple(sequences), tuple(pictures), has_second_view
    )


def _says_recovery(unit: bytes) -> bool:
    """Whether supplemental information holds a recovery point, D.1.7: some writers have no other key pictures."""
    at = 1
    while at + 1 < len(unit) and unit[at] != 0x80:
        values = []
        for _ in range(2):  # payload type, payload size
            value = 0
            while at < len(unit) and unit[at] == 0xFF:
                value += 255
                at += 1
            if at == len(unit):
                return False
            values.append(value + unit[at])
            at += 1
        if values[0] == _RECOVERY_POINT:
            return True
        at += values[1]
    return False


class _Bits:
    """Reads bits and Exp-Golomb codes of a raw byte sequence payload."""

    def __init__(self, unit: bytes) -> None:
        payload = unit.replace(b"\x00\x00\x03", b"\x00\x00")  # emulation prevention, 7.4.1.1
        self._value = int.from_bytes(payload, "big")
        self._left = 8 * len(payload)

    def read(self, count: int) -> int:
        """An unsigned number of so many bits."""
        if count > self._left:
            raise NotPlayable(_DAMAGED)
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def unsigned(self) -> int:
        """ue(v), 9.1."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 32:
                raise NotPlayable(_DAMAGED)
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        """se(v), 9.1.1."""
        code = self.unsigned()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def sequence_parameters(unit: bytes) -> SequenceParameters:
    """Read a sequence parameter set.

    Raises:
        NotPlayable: If it ends early or describes no picture.
    """
    if len(unit) < 4 or len(unit) > 4096:
        raise NotPlayable(_DAMAGED)
    bits = _Bits(unit[1:])
    profile, constraints, level = bits.read(8), bits.read(8), bits.read(8)
    bits.unsigned()  # seq_parameter_set_id
    chroma_format, luma_bits, chroma_bits = 1, 8, 8
    if profile in _WITH_CHROMA:
        chroma_format = bits.unsigned()
        if chroma_format == 3:
            bits.read(1)  # separate_colour_plane_flag
        luma_bits, chroma_bits = 8 + bits.unsigned(), 8 + bits.unsigned()
        bits.read(1)  # qpprime_y_zero_transform_bypass_flag
        if bits.read(1):
            _skip_scaling_matrices(bits, 8 if chroma_format != 3 else 12)
    bits.unsigned()  # log2_max_frame_num_minus4
    _skip_picture_order(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.read(1)  # gaps_in_frame_num_value_allowed_flag
    columns, map_rows = 16 * (bits.unsigned() + 1), 16 * (bits.unsigned() + 1)
    frames_only = bits.read(1)
    if not frames_only:
        bits.read(1)  # mb_adaptive_frame_field_flag
    bits.read(1)  # direct_8x8_inference_flag
    rows = map_rows * (2 - frames_only)
    if bits.read(1):
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        across = 2 if chroma_format in (1, 2) else 1
        down = (2 if chroma_format == 1 else 1) * (2 - frames_only)
        columns -= across * (left + right)
        rows -= down * (top + bottom)
    if not (0 < rows <= 16384 and 0 < columns <= 16384 and chroma_format <= 3):
        raise NotPlayable(_DAMAGED)
    return SequenceParameters(
        profile,
        constraints,
        level,
        rows,
        columns,
        chroma_format,
        luma_bits,
        chroma_bits,
        has_fields=not frames_only,
    )


def _skip_scaling_matrices(bits: _Bits, count: int) -> None:
    """7.3.2.1.1.1."""
    for matrix in range(count):
        if not bits.read(1):
            continue
        last = following = 8
        for _ in range(16 if matrix < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
            last = following or last


def _skip_picture_order(bits: _Bits) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.read(1)
        bits.signed()
        bits.signed()
        count = bits.unsigned()
        if count > 255:
            raise NotPlayable(_DAMAGED)
        for _ in range(count):
            bits.signed()
    elif kind != 2:
        raise NotPlayable(_DAMAGED)
