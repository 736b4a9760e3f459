"""Compressed octets of one frame to an array, by transfer syntax. What the values mean is known in `frames`.

All codecs are those of imagecodecs (BSD, with libjpeg-turbo, OpenJPEG, OpenJPH, CharLS and libjxl); none is GPL.
"""

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import imagecodecs
import numpy as np
import numpy.typing as npt

from backend.dicom.reading_header import PixelFormat
from backend.imaging.color import upsample_422
from backend.imaging.model import Pixels

JPEG_LOSSY = {f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 53, 55)}
JPEG_LOSSLESS = {"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"}
JPEG_LS = {"1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"}
JPEG_2000 = {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}
HTJ2K = {"1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.4.203"}
JPEG_XL = {"1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112"}
RLE = {"1.2.840.10008.1.2.5"}
DEFLATED_FRAME = {"1.2.840.10008.1.2.8.1"}
ENCAPSULATED = (
    JPEG_LOSSY | JPEG_LOSSLESS | JPEG_LS | JPEG_2000 | HTJ2K | JPEG_XL | RLE | DEFLATED_FRAME
)
JPEG_IN_JPEG_XL = {"1.2.840.10008.1.2.4.111"}
ALWAYS_LOSSY = JPEG_LOSSY | JPEG_IN_JPEG_XL | {"1.2.840.10008.1.2.4.81"}
MAYBE_LOSSY = {"1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203", "1.2.840.10008.1.2.4.112"}

_LARGE_PIXELS = 4 << 20
_THREADS = max(1, min(4, os.cpu_count() or 1))

_START_OF_SCAN = 0xDA
_SEQUENTIAL_FRAMES = {0xC0, 0xC1}
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_STREAM_SYNTAXES = {
    0xC0: "1.2.840.10008.1.2.4.50",
    0xC1: "1.2.840.10008.1.2.4.51",
    0xC2: "1.2.840.10008.1.2.4.55",
    0xC3: "1.2.840.10008.1.2.4.57",
    0xF7: "1.2.840.10008.1.2.4.81",  # JPEG-LS; whether near-lossless is said later in the stream
}
_ADOBE = 0xEE
_JFIF = 0xE0


class NotDecodable(Exception):  # noqa: N818 - a reason, not a fault
    """A frame that its codec cannot decode, or that decodes to something else than the file announces."""


@dataclass(frozen=True, slots=True)
class Decompressed:
    """What a codec gives.

    Attributes:
        values: (rows, columns) or (rows, columns, 3); may be read-only.
        precision: Bits the stream itself says are in use; None where it does not, or where the file decides.
        photometric_interpretation: Of these values.
    """

    values: Pixels
    precision: int | None
    photometric_interpretation: str


def decompress(transfer_syntax_uid: str, octets: bytes, pixels: PixelFormat) -> Decompressed:
    """Decompress one frame.

    Args:
        transfer_syntax_uid: One of `ENCAPSULATED`.
        octets: The frame's fragments, joined.
        pixels: What the file announces.

    Raises:
        NotDecodable: If the stream is damaged or does not have the announced size.
    """
    decoder = next(decode for syntaxes, decode in _DECODERS if transfer_syntax_uid in syntaxes)
    try:
        decompressed = decoder(octets, pixels)
    except (MemoryError, NotDecodable):
        raise
    except Exception as error:
        raise NotDecodable("its compressed data is damaged or of an unknown kind") from error
    shape = (pixels.rows, pixels.columns) + ((3,) if pixels.samples_per_pixel == 3 else ())
    values = decompressed.values
    if values.shape == (*shape, 1):
        values = values[..., 0]
    if values.shape != shape:
        found = " x ".join(str(side) for side in values.shape)
        announced = " x ".join(str(side) for side in shape)
        raise NotDecodable(
            f"its compressed data holds {found} values where the file announces {announced}"
        )
    return Decompressed(values, decompressed.precision, decompressed.photometric_interpretation)


def syntax_of_stream(octets: bytes) -> str:
    """The transfer syntax that a code stream itself shows by its first markers; "" where it shows none.

    For files that are compressed, but labelled otherwise.
    """
    if octets.startswith(b"\xff\x4f\xff\x51"):
        return "1.2.840.10008.1.2.4.91"
    if not octets.startswith(b"\xff\xd8\xff"):
        return ""
    markers = _jpeg_markers(octets)
    return next((_STREAM_SYNTAXES[marker] for marker in markers if marker in _STREAM_SYNTAXES), "")


def _decode_jpeg_lossy(octets: bytes, pixels: PixelFormat) -> Decompressed:
    markers = _jpeg_markers(octets)
    octets = _with_full_spectrum(octets, markers)
    if pixels.samples_per_pixel == 1:
        return Decompressed(
            imagecodecs.jpeg8_decode(octets), None, pixels.photometric_interpretation
        )
    colour_space = "RGB" if _is_rgb(octets, markers, pixels) else "YCBCR"
    values = imagecodecs.jpeg8_decode(octets, colorspace=colour_space, outcolorspace="RGB")
    return Decompressed(values, None, "RGB")


def _decode_jpeg_lossless(octets: bytes, pixels: PixelFormat) -> Decompressed:
    """Values as they were encoded, in the colour space that the file says, whatever the stream's markers say of it.

    The JPEG Interchange Format does not say in which space its components are (PS3.5 8.2.1, note), and a process without loss
    gives back what went in, which the data set describes. Encoders write JFIF and Adobe markers into such streams without
    knowing what they were given; where the two contradict each other in files that are about, the data set is right. A
    lossy stream is another matter: its encoder converted the colours itself, and its markers say to what.
    """
    if pixels.samples_per_pixel == 1:
        return Decompressed(
            imagecodecs.jpeg8_decode(octets), None, pixels.photometric_interpretation
        )
    # The same space on both sides: nothing is converted.
    values = imagecodecs.jpeg8_decode(octets, colorspace="YCBCR", outcolorspace="YCBCR")
    return Decompressed(values, None, pixels.photometric_interpretation)


def _decode_jpeg_ls(octets: bytes, pixels: PixelFormat) -> Decompressed:
    precision = next(
        (octets[start + 4] for marker, start in _segments(octets) if marker == 0xF7), None
    )
    return Decompressed(
        imagecodecs.jpegls_decode(octets), precision, pixels.photometric_interpretation
    )


def _decode_jpeg_2000(octets: bytes, pixels: PixelFormat) -> Decompressed:
    # A mammogram takes seconds, and half of that on two processors. Slices are decoded side by side instead.
    threads = _THREADS if pixels.rows * pixels.columns >= _LARGE_PIXELS else 1
    return _of_wavelets(imagecodecs.jpeg2k_decode(octets, numthreads=threads), octets, pixels)


def _decode_htj2k(octets: bytes, pixels: PixelFormat) -> Decompressed:
    # Without a component transform the codec would give plane after plane.
    return _of_wavelets(imagecodecs.htj2k_decode(octets, planar=False), octets, pixels)


def _of_wavelets(values: Pixels, octets: bytes, pixels: PixelFormat) -> Decompressed:
    """Streams undo their own component transform, so YBR_ICT and YBR_RCT come out as RGB (PS3.5 8.2.4)."""
    interpretation = pixels.photometric_interpretation
    if interpretation in ("YBR_ICT", "YBR_RCT") or uses_component_transform(octets):
        interpretation = "RGB" if pixels.samples_per_pixel == 3 else interpretation
    start = octets.find(b"\xff\x4f\xff\x51")
    precision = (octets[start + 42] & 0x7F) + 1 if 0 <= start < len(octets) - 42 else None
    return Decompressed(values, precision, interpretation)


def uses_component_transform(octets: bytes) -> bool:
    """Whether a JPEG 2000 stream says that its first three components were transformed (COD, ISO/IEC 15444-1 A.6.1)."""
    cod = octets.find(b"\xff\x52", 0, 65536)
    return 0 <= cod < len(octets) - 8 and octets[cod + 8] == 1


def uses_irreversible_wavelet(octets: bytes) -> bool:
    """Whether a JPEG 2000 stream uses the lossy 9-7 wavelet (COD, ISO/IEC 15444-1 A.6.1)."""
    cod = octets.find(b"\xff\x52", 0, 65536)
    return 0 <= cod < len(octets) - 13 and octets[cod + 13] == 0


def _decode_jpeg_xl(octets: bytes, pixels: PixelFormat) -> Decompressed:
    values = imagecodecs.jpegxl_decode(octets, keeporientation=True)
    return Decompressed(
        values, None, "RGB" if pixels.samples_per_pixel == 3 else pixels.photometric_interpretation
    )


def _decode_rle(octets: bytes, pixels: PixelFormat) -> Decompressed:
    """PS3.5 Annex G: one segment for each octet of a sample, most significant first."""
    interpretation = pixels.photometric_interpretation
    if pixels.bits_allocated == 1:
        packed = np.frombuffer(imagecodecs.dicomrle_decode(octets, dtype="u1"), dtype=np.uint8)
        return Decompressed(unpacked_bits(packed, 0, pixels), 1, interpretation)
    dtype = np.dtype(f"<u{pixels.bits_allocated // 8}")
    values = np.frombuffer(imagecodecs.dicomrle_decode(octets, dtype=dtype.str), dtype=dtype)
    count = pixels.rows * pixels.columns * pixels.samples_per_pixel
    if values.size < count:
        raise NotDecodable("its compressed data is shorter than announced")
    values = values[:count]
    if pixels.samples_per_pixel == 3:
        planes = values.reshape(3, pixels.rows, pixels.columns)
        return Decompressed(np.moveaxis(planes, 0, -1), None, interpretation)
    return Decompressed(values.reshape(pixels.rows, pixels.columns), None, interpretation)


def _decode_deflated_frame(octets: bytes, pixels: PixelFormat) -> Decompressed:
    """PS3.5 A.4.13: each frame a raw deflate stream of the native values."""
    expected = (pixels.samples_per_frame * pixels.bits_allocated + 7) // 8
    native = zlib.decompressobj(-zlib.MAX_WBITS).decompress(octets, expected + 2)
    if len(native) < expected:
        raise NotDecodable("its compressed data is shorter than announced")
    values = native_values(native, pixels)
    return Decompressed(values, None, pixels.photometric_interpretation)


def native_values(octets: bytes, pixels: PixelFormat, first_bit: int = 0) -> Pixels:
    """Uncompressed octets of one frame as (rows, columns[, samples]), unsigned or floating, native byte order.

    Args:
        octets: At least the octets of the frame.
        pixels: How they lie; 4:2:2 chroma comes out at full width.
        first_bit: Where in the first octet a 1-bit frame starts.
    """
    if pixels.bits_allocated == 1:
        return unpacked_bits(np.frombuffer(octets, dtype=np.uint8), first_bit, pixels)
    kind = "u" if pixels.keyword == "PixelData" else "f"
    dtype = np.dtype(f"{'>' if pixels.is_big_endian else '<'}{kind}{pixels.bits_allocated // 8}")
    values = np.frombuffer(octets, dtype=dtype, count=pixels.samples_per_frame)
    values = values.astype(dtype.newbyteorder("="), copy=False)
    if pixels.samples_per_pixel == 1:
        return values.reshape(pixels.rows, pixels.columns)
    if pixels.photometric_interpretation in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        return upsample_422(values, pixels.rows, pixels.columns)
    if pixels.planar_configuration == 1:
        return np.moveaxis(values.reshape(3, pixels.rows, pixels.columns), 0, -1)
    return values.reshape(pixels.rows, pixels.columns, 3)


def unpacked_bits(packed: npt.NDArray[np.uint8], first_bit: int, pixels: PixelFormat) -> Pixels:
    """Single bits, the least significant first (PS3.5 8.1.1), as 0 and 1."""
    count = pixels.rows * pixels.columns
    bits = np.unpackbits(packed, bitorder="little")[first_bit : first_bit + count]
    if bits.size < count:
        raise NotDecodable("its data is shorter than announced")
    return bits.reshape(pixels.rows, pixels.columns)


def _segments(octets: bytes) -> list[tuple[int, int]]:
    """Marker code and offset of each JPEG segment up to and including the first start of scan."""
    segments = []
    position = 2
    while position + 4 <= len(octets) and octets[position] == 0xFF:
        marker = octets[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        segments.append((marker, position))
        if marker == _START_OF_SCAN:
            break
        position += 2 + struct.unpack(">H", octets[position + 2 : position + 4])[0]
    return segments


def _jpeg_markers(octets: bytes) -> dict[int, int]:
    markers: dict[int, int] = {}
    for marker, start in _segments(octets):
        markers.setdefault(marker, start)
    return markers


def _with_full_spectrum(octets: bytes, markers: dict[int, int]) -> bytes:
    """Set the end of spectral selection to 63 in a sequential scan: some encoders write 0, and mean all of it."""
    scan = markers.get(_START_OF_SCAN)
    if scan is None or not _SEQUENTIAL_FRAMES & markers.keys():
        return octets
    end_of_spectrum = scan + 6 + 2 * octets[scan + 4]
    if octets[end_of_spectrum - 1] == 0 and octets[end_of_spectrum] == 0:
        return octets[:end_of_spectrum] + b"\x3f" + octets[end_of_spectrum + 1 :]
    return octets


def _is_rgb(octets: bytes, markers: dict[int, int], pixels: PixelFormat) -> bool:
    """Whether a colour JPEG holds RGB rather than YCbCr: its own markers say, else the file does."""
    adobe = markers.get(_ADOBE)
    if adobe is not None and octets[adobe + 3] >= 14 and octets[adobe + 4 : adobe + 9] == b"Adobe":
        return octets[adobe + 15] == 0
    jfif = markers.get(_JFIF)
    if jfif is not None and octets[jfif + 4 : jfif + 8] == b"JFIF":
        return False
    frame = next((start for marker, start in markers.items() if marker in _FRAMES), None)
    if frame is not None:
        identifiers = bytes(octets[frame + 10 + 3 * component] for component in range(3))
        if identifiers in (b"RGB", b"rgb"):
            return True
    return pixels.photometric_interpretation == "RGB"


_DECODERS: tuple[tuple[set[str], Callable[[bytes, PixelFormat], Decompressed]], ...] = (
    (JPEG_LOSSY, _decode_jpeg_lossy),
    (JPEG_LOSSLESS, _decode_jpeg_lossless),
    (JPEG_LS, _decode_jpeg_ls),
    (JPEG_2000, _decode_jpeg_2000),
    (HTJ2K, _decode_htj2k),
    (JPEG_XL, _decode_jpeg_xl),
    (RLE, _decode_rle),
    (DEFLATED_FRAME, _decode_deflated_frame),
)
