"""One frame from its octets, with a reading header and without parsing the file again.

How the header was made is in `pixel_description`, the codecs are in `codecs`, what is drawn from the frame in
`backend.imaging`.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from backend.core.errors import NotDisplayable
from backend.dicom.codecs import (
    ENCAPSULATED,
    Decompressed,
    NotDecodable,
    decompress,
    native_values,
)
from backend.dicom.inflating import CutShort, inflated_steps
from backend.dicom.reading_header import PixelFormat, ReadingHeader
from backend.imaging.color import ybr_full_to_rgb, ybr_partial_to_rgb
from backend.imaging.icc_profile import to_srgb
from backend.imaging.model import DecodedFrame, Pixels

ReadRange = Callable[[int, int], bytes]


def decode_frame(header: ReadingHeader, read_range: ReadRange, frame_index: int) -> DecodedFrame:
    """Decode one frame, reading only its own octets (of a deflated file: all up to its last one).

    Args:
        header: Of the instance.
        read_range: `read_range(offset, length)` gives exactly those octets of the stored file; never asked past its end.
        frame_index: From 0.

    Returns:
        The stored values, see `decode_stored_frame`; colours converted to sRGB by the profile of the file.

    Raises:
        IndexError: If there is no such frame.
        NotDisplayable: If the octets do not decode to the frame that the file announces.
    """
    return with_profile(header, decode_stored_frame(header, read_range, frame_index), frame_index)


def with_profile(header: ReadingHeader, frame: DecodedFrame, frame_index: int) -> DecodedFrame:
    """A frame of `decode_stored_frame` as `decode_frame` gives it: its colours in sRGB."""
    profile = header.icc_profile(frame_index)
    if profile is None or frame.attributes.samples_per_pixel != 3:  # a palette is converted itself
        return frame
    return replace(frame, stored_values=to_srgb(frame.stored_values, profile))


def decode_stored_frame(
    header: ReadingHeader, read_range: ReadRange, frame_index: int
) -> DecodedFrame:
    """The same without the conversion of its colours: what checksums are taken of and copies are made from.

    Args:
        header: See `decode_frame`.
        read_range: Likewise.
        frame_index: Likewise.

    Returns:
        The stored values: grey and palette (rows, columns), in the smallest of the types (u)int8, (u)int16, (u)int32
        that holds Bits Allocated, unused bits masked, sign extended from Bits Stored, or float32 or float64;
        colour (rows, columns, 3), RGB of the device, uint8.

    Raises:
        IndexError: If there is no such frame.
        NotDisplayable: If the octets do not decode to the frame that the file announces.
    """
    attributes = header.frame_attributes(frame_index)
    try:
        values = _stored_values(header, read_range, frame_index)
    except NotDecodable as error:
        number = f"Frame {frame_index + 1}" if header.number_of_frames > 1 else "The image"
        raise NotDisplayable(f"{number} cannot be shown: {error}.") from error
    return DecodedFrame(values, attributes)


def pixel_checksum(frame: DecodedFrame) -> str:
    """SHA-256 (hex) of the decoded stored values: little endian, row by row, colour by pixel."""
    values = frame.stored_values
    little_endian = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return hashlib.sha256(little_endian.data).hexdigest()


def frame_samples(header: ReadingHeader, read_range: ReadRange, frame_index: int) -> Decompressed:
    """The samples of a frame as they lie in its octets, unused bits and all.

    Args:
        header: See `decode_frame`.
        read_range: Likewise.
        frame_index: Likewise.

    Raises:
        NotDecodable: If the octets do not decode to samples.
    """
    pixels = header.pixel_format
    if header.transfer_syntax_uid in ENCAPSULATED:
        fragments = header.frame_index.fragments[frame_index]
        octets = b"".join(_exactly(read_range, offset, length) for offset, length in fragments)
        return decompress(header.transfer_syntax_uid, octets, pixels)
    values = _native_frame(header, read_range, frame_index)
    return Decompressed(values, None, pixels.photometric_interpretation)


def read_octets(header: ReadingHeader, read_range: ReadRange, offset: int, length: int) -> bytes:
    """Octets of a file, or of the inflated stream of a deflated one.

    Raises:
        NotDecodable: If there are fewer.
    """
    if header.deflated is None:
        return _exactly(read_range, offset, length)
    return _inflated_range(read_range, header.deflated, offset, length)


def _stored_values(header: ReadingHeader, read_range: ReadRange, frame_index: int) -> Pixels:
    pixels = header.pixel_format
    samples = frame_samples(header, read_range, frame_index)
    if pixels.samples_per_pixel == 3:
        return _rgb(samples, pixels)
    return _grey(samples.values, samples.precision, pixels)


def _native_frame(header: ReadingHeader, read_range: ReadRange, frame_index: int) -> Pixels:
    pixels = header.pixel_format
    frame_bits = pixels.samples_per_frame * pixels.bits_allocated
    first_byte, first_bit = divmod(frame_bits * frame_index, 8)
    end_byte = (frame_bits * (frame_index + 1) + 7) // 8
    skip = first_byte % 2 if pixels.is_word_swapped else 0
    start, end = first_byte - skip, end_byte + (end_byte % 2 if pixels.is_word_swapped else 0)
    end = min(end, header.frame_index.value_length)
    offset = header.frame_index.value_offset + start
    octets = read_octets(header, read_range, offset, end - start)
    if pixels.is_word_swapped:
        whole_words = len(octets) // 2 * 2
        octets = (
            np.frombuffer(octets[:whole_words], dtype="<u2").byteswap().tobytes()
            + octets[whole_words:]
        )
    return native_values(octets[skip:], pixels, first_bit)


def _exactly(read_range: ReadRange, offset: int, length: int) -> bytes:
    octets = read_range(offset, length)
    if len(octets) != length:
        raise NotDecodable("the stored file ends before it")
    return octets


def _inflated_range(
    read_range: ReadRange, deflated: tuple[int, int], offset: int, length: int
) -> bytes:
    """Octets of the inflated stream, PS3.5 A.5; everything before them is inflated and dropped."""
    position = 0
    wanted = bytearray()
    try:
        for step in inflated_steps(read_range, deflated):
            first = max(0, offset - position)
            wanted += step[first : first + length - len(wanted)]
            position += len(step)
            if len(wanted) == length:
                return bytes(wanted)
    except CutShort:
        pass
    raise NotDecodable("the stored file ends before it")


def _grey(values: Pixels, precision: int | None, pixels: PixelFormat) -> Pixels:
    """Stored values without their unused bits, PS3.5 8.1.1.

    JPEG-LS and JPEG 2000 streams state their own precision, and their sign may contradict the file's: the bits are
    right, so they are read again as the file says.
    """
    if values.dtype.kind == "f":
        return values
    size = max(1, pixels.bits_allocated // 8)
    if precision is not None and precision > 8 * size:
        raise NotDecodable(
            f"its compressed data has {precision} bits where the file announces {8 * size}"
        )
    kind = "i" if pixels.is_signed else "u"
    bits = pixels.bits_stored
    if precision is not None:
        bits = precision
    elif pixels.high_bit != pixels.bits_stored - 1:
        values = values >> (pixels.high_bit + 1 - pixels.bits_stored)
    dtype = np.dtype(f"{kind}{size}")
    # Of the same size the bits are right already.
    is_of_size = values.dtype.itemsize == size
    stored: Pixels = values.view(dtype) if is_of_size else values.astype(dtype)
    unused = 8 * size - bits
    if unused == 0 or pixels.bits_allocated == 1:
        return stored
    if pixels.is_signed:
        extended: Pixels = stored << unused
        extended >>= unused
        return extended
    masked: Pixels = stored & np.array((1 << bits) - 1, dtype=stored.dtype)
    return masked


def _rgb(samples: Decompressed, pixels: PixelFormat) -> Pixels:
    """Colour as RGB of 8 bits, PS3.3 C.7.6.3.1.2; deeper samples lose their low bits."""
    values, interpretation = samples.values, samples.photometric_interpretation
    if values.dtype.kind != "u":
        raise NotDecodable("its colour samples are signed or floating point")
    if pixels.bits_stored != 8 or values.dtype.itemsize != 1:
        bits = pixels.bits_stored
        if samples.precision is None:
            values = values >> (pixels.high_bit + 1 - bits)
        values = values & ((1 << bits) - 1)  # what lies above is no part of the sample
        in_full = values >> (bits - 8) if bits > 8 else values * (255 / ((1 << bits) - 1)) + 0.5
        values = in_full.astype(np.uint8)
    if interpretation in ("YBR_FULL", "YBR_FULL_422"):
        values = ybr_full_to_rgb(values)
    elif interpretation.startswith("YBR_PARTIAL"):
        values = ybr_partial_to_rgb(values)
    elif interpretation != "RGB":
        raise NotDecodable(f"its colour space {interpretation} is not known")
    return np.ascontiguousarray(values)
