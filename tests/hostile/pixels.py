"""Files whose pixels are not what they claim: sizes, palettes, overlays, look-up tables, compressed streams."""

import io
import struct
from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from tests.dicom_files import grey_ramp, image_dataset, written
from tests.hostile.first import garbage

_ENCAPSULATED = {
    "JPEG": "1.2.840.10008.1.2.4.50",
    "JPEG extended": "1.2.840.10008.1.2.4.51",
    "lossless JPEG": "1.2.840.10008.1.2.4.57",
    "lossless JPEG SV1": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
    "JPEG XL": "1.2.840.10008.1.2.4.110",
    "HTJ2K": "1.2.840.10008.1.2.4.201",
    "RLE": "1.2.840.10008.1.2.5",
    "MPEG-2": "1.2.840.10008.1.2.4.100",
    "H.264": "1.2.840.10008.1.2.4.102",
    "HEVC": "1.2.840.10008.1.2.4.107",
    "a syntax that nobody knows": "1.2.840.10008.9.9.9",
}
_J2K_HUGE = (
    b"\xff\x4f\xff\x51\x00\x29\x00\x00" + struct.pack(">8I", *(0x7FFFFFFF,) * 2, 0, 0, *(0x7FFFFFFF,) * 2, 0, 0)
    + b"\x00\x01\x07\x01\x01"
)  # fmt: skip
_J2K_TILES = (
    b"\xff\x4f\xff\x51\x00\x29\x00\x00" + struct.pack(">8I", 60000, 60000, 0, 0, 1, 1, 0, 0)
    + b"\x00\x01\x07\x01\x01\xff\x52\x00\x0c\x00\x00\x00\x01\x00\x05\x04\x04\x00\x01"
    + b"\xff\x5c\x00\x13\x40" + bytes(16) + b"\xff\xd9"
)  # fmt: skip
_JPEG_HUGE = (
    b"\xff\xd8\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 65500, 65500) + b"\x01\x01\x11\x00\xff\xd9"
)


def _image(**changed: object) -> bytes:
    return written(image_dataset(grey_ramp(8, 8), **changed))


def _stream(syntax: str, octets: bytes) -> bytes:
    dataset = image_dataset(grey_ramp(8, 8, "uint8"))
    # Written as what the writer knows, and renamed after that.
    known = _ENCAPSULATED["JPEG 2000"]
    dataset.file_meta.TransferSyntaxUID = known
    dataset.PixelData = encapsulate([octets])
    dataset["PixelData"].VR = "OB"
    return _renamed(written(dataset), known, syntax)


def _jpeg_of_scans() -> bytes:
    """The last scan of a progressive image again and again: each costs a decoder all of its pixels."""
    buffer = io.BytesIO()
    grey = np.arange(1 << 18, dtype=np.uint8).reshape(512, 512)
    Image.fromarray(grey).save(buffer, "JPEG", progressive=True, quality=5)
    octets = buffer.getvalue()
    last = octets[octets.rindex(b"\xff\xda") : -2]
    return _stream(_ENCAPSULATED["JPEG"], octets[:-2] + last * 500 + b"\xff\xd9")


def _renamed(octets: bytes, known: str, syntax: str) -> bytes:
    old, new = (
        b"UI" + struct.pack("<H", len(value)) + value
        for value in (name.encode() + b"\0" * (len(name) % 2) for name in (known, syntax))
    )
    assert old in octets
    return octets.replace(old, new, 1)


def _raw_encapsulated(value: bytes, syntax: str = "1.2.840.10008.1.2.4.90") -> bytes:
    """A file whose encapsulated pixels are exactly these octets."""
    whole = _stream(syntax, b"\0\0")
    start = whole.index(struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF)) + 12
    return whole[:start] + value


def _item(octets: bytes, length: int | None = None) -> bytes:
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(octets) if length is None else length) + octets


_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def _palette(descriptor: tuple[int, int, int], entries: int) -> bytes:
    dataset = image_dataset(grey_ramp(8, 8, "uint8"), PhotometricInterpretation="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        dataset.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", list(descriptor))
        dataset.add_new(f"{colour}PaletteColorLookupTableData", "OW", bytes(2 * entries))
    return written(dataset)


def _segmented_palette(words: tuple[int, ...]) -> bytes:
    dataset = image_dataset(grey_ramp(8, 8, "uint8"), PhotometricInterpretation="PALETTE COLOR")
    for colour in ("Red", "Green", "Blue"):
        dataset.add_new(f"{colour}PaletteColorLookupTableDescriptor", "US", [256, 0, 16])
        octets = struct.pack(f"<{len(words)}H", *words)
        dataset.add_new(f"Segmented{colour}PaletteColorLookupTableData", "OW", octets)
    return written(dataset)


def _overlay(rows: int, columns: int, octets: bytes, **more: int) -> bytes:
    dataset = image_dataset(grey_ramp(8, 8))
    dataset.add_new(0x60000010, "US", rows)
    dataset.add_new(0x60000011, "US", columns)
    dataset.add_new(0x60000015, "IS", str(more.get("frames", 1)))
    dataset.add_new(0x60000040, "CS", "G")
    dataset.add_new(0x60000050, "SS", [more.get("origin", 1)] * 2)
    dataset.add_new(0x60000100, "US", more.get("bits", 1))
    dataset.add_new(0x60000102, "US", more.get("position", 0))
    if octets:
        dataset.add_new(0x60003000, "OW", octets)
    return written(dataset)


def _look_up_table(keyword: str, descriptor: tuple[int, int, int], entries: int) -> bytes:
    item = Dataset()
    item.add_new("LUTDescriptor", "US", list(descriptor))
    item.add_new("LUTData", "OW", bytes(2 * entries))
    if keyword == "ModalityLUTSequence":
        item.ModalityLUTType = "HU"
    return _image(**{keyword: [item]})


def _functional_groups(frames: int, groups: int) -> bytes:
    return _image(NumberOfFrames=frames, PerFrameFunctionalGroupsSequence=[Dataset()] * groups)


PIXELS: dict[str, Callable[[], bytes]] = {
    "no rows": partial(_image, Rows=0),
    "no columns": partial(_image, Columns=0),
    "rows are missing": partial(_image, Rows=None),
    "65,535 rows of one octet": partial(_image, Rows=65535, Columns=1),
    "no bits": partial(_image, BitsAllocated=0, BitsStored=0),
    "seven bits allocated": partial(_image, BitsAllocated=7, BitsStored=7),
    "65,535 bits allocated": partial(_image, BitsAllocated=65535),
    "more bits stored than allocated": partial(_image, BitsStored=40, HighBit=39),
    "a high bit beyond the pixel": partial(_image, HighBit=200),
    "no samples": partial(_image, SamplesPerPixel=0),
    "65,535 samples": partial(_image, SamplesPerPixel=65535),
    "a photometric interpretation that nobody knows": partial(
        _image, PhotometricInterpretation="NONSENSE"
    ),
    "colours in one sample": partial(_image, PhotometricInterpretation="RGB"),
    "a pixel representation of 9": partial(_image, PixelRepresentation=9),
    "less than no frames": partial(_image, NumberOfFrames="-5"),
    "frames that are no number": lambda: _image(NumberOfFrames="12").replace(
        b"IS\x02\x0012", b"IS\x02\x00x?"
    ),
    "99,999 frames in 128 octets": partial(_image, NumberOfFrames=99_999),
    "a spacing of nothing": partial(_image, PixelSpacing=["0", "0"]),
    "a slope of 1e308": partial(_image, RescaleSlope="1e308", RescaleIntercept="1e308"),
    "a window of less than nothing": partial(_image, WindowCenter="1e308", WindowWidth="-1e308"),
    "a profile of garbage": lambda: _image(ICCProfile=garbage(4000)),
    "a palette without entries": partial(_palette, (0, 0, 16), 4),
    "a palette of 65,535 entries in four": partial(_palette, (65535, 0, 16), 4),
    "a palette of 99 bits": partial(_palette, (256, 0, 99), 256),
    "a palette that begins at 65,535": partial(_palette, (256, 65535, 8), 256),
    "no palette": partial(_image, PhotometricInterpretation="PALETTE COLOR"),
    "a palette whose segments point to themselves": partial(_segmented_palette, (2, 1, 0, 0)),
    "a palette whose segment is endless": partial(_segmented_palette, (1, 65535, 0)),
    "a palette of segments that nobody knows": partial(_segmented_palette, (99, 99, 99)),
    "an overlay of 65,535 by 65,535 in two octets": partial(_overlay, 65535, 65535, b"\0\0"),
    "an overlay without rows": partial(_overlay, 0, 8, bytes(8)),
    "an overlay without data": partial(_overlay, 8, 8, b""),
    "an overlay in bit 255": partial(_overlay, 8, 8, b"", bits=16, position=255),
    "an overlay far outside": partial(_overlay, 8, 8, bytes(8), origin=-32768),
    "an overlay of two billion frames": partial(_overlay, 8, 8, bytes(8), frames=2_000_000_000),
    "a VOI LUT of 65,535 entries in two": partial(
        _look_up_table, "VOILUTSequence", (65535, 0, 16), 2
    ),
    "a VOI LUT of no bits": partial(_look_up_table, "VOILUTSequence", (256, 0, 0), 256),
    "a modality LUT of no entries": partial(_look_up_table, "ModalityLUTSequence", (0, 0, 16), 0),
    "functional groups of other frames": partial(_functional_groups, 1, 5),
    **{
        f"garbage as {name}": partial(_stream, syntax, garbage(3000))
        for name, syntax in _ENCAPSULATED.items()
    },
    "JPEG 2000 of two billion by two billion": partial(
        _stream, _ENCAPSULATED["JPEG 2000"], _J2K_HUGE
    ),
    "HTJ2K of two billion by two billion": partial(_stream, _ENCAPSULATED["HTJ2K"], _J2K_HUGE),
    "JPEG 2000 of 3.6 billion tiles": partial(_stream, _ENCAPSULATED["JPEG 2000"], _J2K_TILES),
    "a JPEG of 500 scans": _jpeg_of_scans,
    "20,000 windows": partial(_image, WindowCenter=["1"] * 20_000, WindowWidth=["2"] * 20_000),
    "a place at the end of numbers": partial(
        _image,
        ImagePositionPatient=["1e308", "-1e308", "1e308"],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        PixelSpacing=["1e-300", "1e300"],
        FrameOfReferenceUID="1.2.3",
    ),
    "JPEG of 65,500 by 65,500": partial(_stream, _ENCAPSULATED["JPEG"], _JPEG_HUGE),
    "RLE of four billion segments": partial(_stream, _ENCAPSULATED["RLE"], b"\xff" * 64),
    "RLE whose segments lie elsewhere": partial(
        _stream, _ENCAPSULATED["RLE"], struct.pack("<16I", 2, 0xFFFFFFF0, 5, *[0] * 13) + bytes(64)
    ),
    "no fragments": partial(_raw_encapsulated, _item(b"") + _END),
    "no offset table": partial(_raw_encapsulated, _END),
    "10,000 empty fragments": partial(_raw_encapsulated, _item(b"") * 10_000 + _END),
    "a fragment of 4 GB": partial(_raw_encapsulated, _item(b"") + _item(b"abcd", 0xFFFFFFF0)),
    "an offset table that points behind the file": partial(
        _raw_encapsulated, _item(struct.pack("<2I", 0, 0xFFFFFFF0)) + _item(b"ab") + _END
    ),
    "fragments without an end": partial(_raw_encapsulated, _item(b"") + _item(b"ab")),
}
