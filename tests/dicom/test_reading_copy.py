"""A level read from a reading copy is the level that would have been made, bit for bit, whatever the image."""

import hashlib
import io
import zlib
from dataclasses import fields

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian

from backend.dicom.frames import decode_frame, pixel_checksum
from backend.dicom.parsing import parse_instance
from backend.dicom.plain import NotPlain
from backend.dicom.reading_copy import (
    READING_COPY_VERSION,
    Cost,
    IndexMaker,
    ReadingCopy,
    copied_frames,
    is_dear,
    may_be_dear,
)
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.model import DecodedFrame, FrameAttributes
from backend.imaging.packing import NotPacked, pack, unpack
from backend.imaging.rendering import build_level
from backend.imaging.tiling import pyramid_levels
from tests import phantoms
from tests.dicom.opened_files import compressed, rle
from tests.dicom_files import (
    file_id,
    image_dataset,
    shared_files,
    shared_kinds,
    shipped_files,
    written,
)
from tests.endurance.counts import IS_WHOLE
from tests.icc_profiles import ADOBE

J2K_LOSSLESS = "1.2.840.10008.1.2.4.90"
RLE = "1.2.840.10008.1.2.5"


class Stored:
    """A file as it is kept, and its copy."""

    def __init__(self, octets: bytes, dear=lambda _cost: True) -> None:
        parsed = parse_instance(io.BytesIO(octets), must_be_filed=False)
        self.checksums = parsed.frame_checksums
        self.header_octets = parsed.reading_header
        self.header = ReadingHeader.from_bytes(self.header_octets)
        self.octets = octets
        self.copied = list(copied_frames(self.header, self.read_range, dear))
        self.content = b"".join(packed.octets for frame in self.copied for packed in frame.levels)
        self.index = IndexMaker()
        for frame in self.copied:
            self.index.add(frame)

    def read_range(self, offset: int, length: int) -> bytes:
        return self.octets[offset : offset + length]

    def opened(self) -> ReadingCopy:
        return ReadingCopy(self.index.to_bytes(self.header_octets), self.header_octets, self.header)

    def from_copy(self, frame_index: int, level: int) -> DecodedFrame:
        copy = self.opened()
        assert copy.size_bytes == len(self.content)
        return copy.frame(
            lambda offset, length: self.content[offset : offset + length], frame_index, level
        )

    def made(self, frame_index: int, level: int) -> DecodedFrame:
        return build_level(decode_frame(self.header, self.read_range, frame_index), level)

    def require_alike(self) -> None:
        pixels = self.header.pixel_format
        levels = range(pyramid_levels(pixels.rows, pixels.columns))
        assert len(self.copied) == self.header.number_of_frames
        for frame_index, copied in enumerate(self.copied):
            assert copied.pixel_sha256 == self.checksums[frame_index]
            assert tuple(packed.level for packed in copied.levels) == tuple(levels)
            for level in levels:
                require_identical(self.from_copy(frame_index, level), self.made(frame_index, level))


def require_identical(found: DecodedFrame, expected: DecodedFrame) -> None:
    assert found.stored_values.dtype == expected.stored_values.dtype
    assert found.stored_values.shape == expected.stored_values.shape
    assert found.stored_values.tobytes() == expected.stored_values.tobytes()
    assert found.attributes == expected.attributes
    assert (found.level, found.automatic_window) == (expected.level, expected.automatic_window)


def lut_sequence(values) -> list[Dataset]:
    item = Dataset()
    item.LUTDescriptor = [len(values), 0, 16]
    item.LUTData = np.asarray(values, np.uint16).tobytes()
    item.ModalityLUTType = "US"
    item["LUTDescriptor"].VR = "US"
    item["LUTData"].VR = "OW"
    return [item]


@st.composite
def images(draw):
    """One file of any kind: thin, so that it has levels and is quick."""
    rows, columns = draw(st.sampled_from([(1, 513), (5, 700), (1025, 3), (7, 11), (2, 1100)]))
    kind = draw(st.sampled_from(["grey", "grey", "colour", "palette", "modality lut", "mask"]))
    seed = np.random.default_rng(draw(st.integers(0, 2**32)))
    elements: dict[str, object] = {"Modality": draw(st.sampled_from(["CT", "MR", "OT", "US"]))}
    if kind == "colour":
        values = seed.integers(0, 256, (rows, columns, 3)).astype(np.uint8)
        if draw(st.booleans()):
            elements["ICCProfile"] = ADOBE
        return image_dataset(values, **elements)
    if kind == "palette":
        values = seed.integers(0, 40, (rows, columns)).astype(np.uint8)
        dataset = image_dataset(values, PhotometricInterpretation="PALETTE COLOR")
        for colour in ("Red", "Green", "Blue"):
            setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [32, 3, 16])
            table = seed.integers(0, 65536, 32).astype(np.uint16)
            setattr(dataset, f"{colour}PaletteColorLookupTableData", table.tobytes())
        return dataset
    if kind == "mask":
        bits = seed.integers(0, 2, (rows, columns)).astype(np.uint8)
        packed = np.packbits(bits.reshape(-1), bitorder="little")
        dataset = image_dataset(bits, BitsAllocated=1, BitsStored=1, HighBit=0)
        dataset.PixelData = packed.tobytes() + b"\0" * (packed.size % 2)
        return dataset
    dtype = np.dtype(draw(st.sampled_from(["uint8", "int8", "uint16", "int16", "uint32", "int32"])))
    info = np.iinfo(dtype)
    values = seed.integers(info.min, info.max, (rows, columns), dtype=dtype, endpoint=True)
    if draw(st.booleans()):  # background, as scanners write it
        padding = max(info.min, -2000)
        values[:, : columns // 2] = padding
        elements["PixelPaddingValue"] = int(padding)
    if draw(st.booleans()):
        elements |= {"WindowCenter": 40, "WindowWidth": 400}
    if kind == "modality lut" and dtype.kind == "u" and dtype.itemsize <= 2:
        elements["ModalityLUTSequence"] = lut_sequence(seed.integers(0, 65536, 64))
    else:
        elements |= {
            "RescaleSlope": draw(st.sampled_from([1, 0.5, "1e-8"])),
            "RescaleIntercept": draw(st.sampled_from([0, -1024])),
        }
    dataset = image_dataset(values, **elements)
    if "PixelPaddingValue" in dataset:
        dataset["PixelPaddingValue"].VR = "SS" if dtype.kind == "i" else "US"
    return dataset


@settings(max_examples=50)
@given(images(), st.sampled_from(["plain", "deflated", "rle"]))
def test_a_copy_gives_every_level_of_any_image_bit_for_bit(dataset, kept):
    if kept == "deflated":
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    elif kept == "rle" and dataset.BitsAllocated in (8, 16):
        dataset.compress(RLE, generate_instance_uid=False, encoding_plugin="pydicom")
    octets = written(dataset)
    stored = Stored(octets)
    if may_be_dear(stored.header):
        stored.require_alike()
    else:
        assert stored.copied == []


GREY = np.random.default_rng(11).integers(0, 4096, (20, 600)).astype(np.uint16)
SIGNED = GREY.astype(np.int16) - 2048
RGB = np.random.default_rng(12).integers(0, 256, (20, 600, 3)).astype(np.uint8)
INDEX = (GREY % 32).astype(np.uint8)
PALETTE = {"PhotometricInterpretation": "PALETTE COLOR"} | {
    f"{colour}PaletteColorLookupTable{part}": value
    for place, colour in enumerate(("Red", "Green", "Blue"))
    for part, value in (
        ("Descriptor", [32, 0, 16]),
        ("Data", np.roll(np.arange(32) * 2000, 9 * place).astype(np.uint16).tobytes()),
    )
}
TWELVE_BITS = {"BitsStored": 12, "HighBit": 11}


def wavelets(values, **how):
    return imagecodecs.jpeg2k_encode(values, codecformat="J2K", **{"level": 0, **how})


def lossless_jpeg(values, **how):
    return imagecodecs.jpeg8_encode(values, lossless=True, **how)


@pytest.mark.parametrize(
    ("syntax", "labelled", "stream", "elements"),
    [
        ("4.50", RGB, imagecodecs.jpeg8_encode(RGB, 90), {"PhotometricInterpretation": "YBR_FULL_422"}),
        ("4.51", GREY, imagecodecs.jpeg8_encode(GREY, 95, bitspersample=12), TWELVE_BITS),
        ("4.57", GREY, lossless_jpeg(GREY, bitspersample=12), TWELVE_BITS),
        ("4.70", RGB, lossless_jpeg(RGB), {"PhotometricInterpretation": "YBR_FULL"}),
        ("4.80", GREY, imagecodecs.jpegls_encode(GREY), TWELVE_BITS),
        ("4.80", SIGNED, imagecodecs.jpegls_encode(SIGNED.view(np.uint16)), {}),
        ("4.81", GREY, imagecodecs.jpegls_encode(GREY, level=3), TWELVE_BITS),
        ("4.90", GREY, wavelets(GREY), TWELVE_BITS),
        ("4.90", SIGNED, wavelets(SIGNED), {}),
        ("4.90", GREY, wavelets(GREY.view(np.int16) - 2048), {}),
        ("4.90", SIGNED, wavelets(SIGNED.view(np.uint16)), {}),
        ("4.90", RGB, wavelets(RGB, reversible=True), {"PhotometricInterpretation": "YBR_RCT"}),
        ("4.90", INDEX, wavelets(INDEX), PALETTE),
        ("4.91", GREY, wavelets(GREY, level=90, reversible=False), TWELVE_BITS),
        ("4.91", RGB, wavelets(RGB, level=60, reversible=False), {"PhotometricInterpretation": "YBR_ICT"}),
        ("4.110", GREY, imagecodecs.jpegxl_encode(GREY, lossless=True), {}),
        ("4.112", RGB, imagecodecs.jpegxl_encode(RGB, distance=0.5), {}),
        ("4.201", SIGNED, imagecodecs.htj2k_encode(SIGNED), {}),
        ("4.203", RGB, imagecodecs.htj2k_encode(RGB), {}),
        ("5", INDEX, rle(INDEX), PALETTE),
        ("5", RGB, rle(RGB), {"PhotometricInterpretation": "YBR_FULL", "ICCProfile": ADOBE}),
        ("8.1", SIGNED, zlib.compress(SIGNED.tobytes(), wbits=-15), {}),
    ],
)  # fmt: skip
def test_a_copy_of_what_any_codec_gives_is_that_bit_for_bit(syntax, labelled, stream, elements):
    image = compressed(labelled, f"1.2.840.10008.1.2.{syntax}", [stream], **elements)
    assert image.attributes.is_displayable, image.attributes.not_displayable_reason
    Stored(image.octets).require_alike()


@pytest.mark.parametrize("signed", [False, True])
def test_frames_of_a_compressed_multi_frame_object_are_read_one_by_one(signed):
    frames = np.random.default_rng(3).integers(0, 4000, (5, 20, 600)).astype(np.uint16)
    dataset = image_dataset(frames[0], NumberOfFrames=5, PixelRepresentation=int(signed))
    dataset.file_meta.TransferSyntaxUID = J2K_LOSSLESS
    dataset.PixelData = encapsulate(
        [imagecodecs.jpeg2k_encode(one, reversible=True, level=0) for one in frames]
    )
    dataset["PixelData"].VR = "OB"
    stored = Stored(written(dataset))
    stored.require_alike()
    asked: list[tuple[int, int]] = []

    def read_range(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return stored.content[offset : offset + length]

    stored.opened().frame(read_range, 3, 1)
    assert len(asked) == 1
    assert asked[0][1] == len(stored.copied[3].levels[1].octets)


def test_a_deflated_file_is_inflated_once_for_all_its_frames():
    frames = np.arange(6 * 16 * 16, dtype=np.uint16).reshape(6, 16, 16)
    dataset = image_dataset(frames[0], NumberOfFrames=6)
    dataset.PixelData = frames.tobytes()
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    stored = Stored(written(dataset))
    stored.require_alike()
    reads: list[int] = []

    def counted(offset: int, length: int) -> bytes:
        reads.append(length)
        return stored.read_range(offset, length)

    assert len(list(copied_frames(stored.header, counted, lambda _cost: True))) == 6
    assert len(reads) == 1


@pytest.mark.parametrize(
    "path",
    shipped_files() + shared_files()
    if IS_WHOLE
    else [path for path in (shipped_files() + shared_kinds()) if path.stat().st_size < 2_000_000][
        ::12
    ],
    ids=file_id,
)
def test_levels_of_real_files_are_the_same_from_a_copy(path):
    octets = path.read_bytes()
    parsed = parse_instance(io.BytesIO(octets), must_be_filed=False)
    if not getattr(parsed, "reading_header", b""):
        return  # refused or without an image: there is nothing to copy
    header = ReadingHeader.from_bytes(parsed.reading_header)
    if not may_be_dear(header):
        assert Stored(octets).copied == []
    else:
        Stored(octets).require_alike()


@pytest.mark.parametrize("bits", [0x7FC00000, 0x7FC12345, 0xFFC00001, 0x80000000])
def test_not_a_number_keeps_its_bits(bits):
    values = np.full((3, 5), bits, np.uint32).view(np.float32)
    packed = pack(values)
    assert unpack(packed, values.dtype, values.shape).tobytes() == values.tobytes()


# -- what belongs into a copy ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (Cost(0, 512 * 512, 0.030, 0.0004), True),  # JPEG 2000
        (Cost(0, 512 * 512, 0.006, 0.0004), True),  # JPEG-LS
        (Cost(0, 512 * 512, 0.0003, 0.0004), False),  # JPEG baseline
        (Cost(0, 768 * 1024 * 3, 0.006, 0.0015), False),  # a colour JPEG
        (Cost(0, 4096 * 3328, 0.020, 0.015), False),  # uncompressed, large
        (Cost(2, 4096 * 3328, 0.050, 0.001), True),  # and its level for a screen
        (Cost(1, 1024 * 1024, 0.005, 0.0005), False),
        (Cost(0, 64 * 64, 0.0009, 0.0001), False),  # too small to be felt
    ],
)
def test_what_takes_long_belongs_into_a_copy(cost, expected):
    assert is_dear(cost) is expected


def test_only_dear_levels_are_copied():
    values = phantoms.mammogram(1100, 900).stored_values
    stored = Stored(written(image_dataset(values)), lambda cost: cost.level >= 1)
    assert [packed.level for packed in stored.copied[0].levels] == [1, 2]
    copy = stored.opened()
    assert not copy.holds(0)
    assert copy.holds(2)
    require_identical(stored.from_copy(0, 2), stored.made(0, 2))


# -- what a copy is good for -------------------------------------------------------------------


def whole() -> Stored:
    return Stored(written(image_dataset(phantoms.ct_head(40, 600).stored_values)))


def test_an_index_made_with_another_header_or_of_another_version_is_refused():
    stored = whole()
    index = stored.index.to_bytes(stored.header_octets)
    with pytest.raises(NotPlain):
        ReadingCopy(index, stored.header_octets + b" ", stored.header)
    other = index.replace(b'"version":%d' % READING_COPY_VERSION, b'"version":0')
    assert other != index
    with pytest.raises(NotPlain):
        ReadingCopy(other, stored.header_octets, stored.header)


@settings(max_examples=50)
@given(st.data())
def test_a_changed_index_is_refused_or_gives_frames_of_the_right_shape(data):
    stored = whole()
    index = bytearray(stored.index.to_bytes(stored.header_octets))
    place = data.draw(st.integers(0, len(index) - 1))
    index[place] = data.draw(st.integers(0, 255).filter(lambda octet: octet != index[place]))
    try:
        copy = ReadingCopy(bytes(index), stored.header_octets, stored.header)
    except NotPlain:
        return
    for level in filter(copy.holds, range(2)):
        try:
            frame = copy.frame(lambda o, n: stored.content[o : o + n], 0, level)
        except NotPacked:
            continue
        assert frame.stored_values.shape == stored.made(0, level).stored_values.shape


@pytest.mark.parametrize("octets", [b"", b"no blosc", pack(np.zeros((4, 5), np.uint16))])
def test_octets_of_something_else_are_refused(octets):
    with pytest.raises(NotPacked):
        unpack(octets, np.dtype(np.uint16), (4, 4))


def test_a_new_field_of_a_frame_is_thought_of_in_copies():
    # A copy keeps values and window; attributes come from the header. What comes from neither must be added to it.
    assert [field.name for field in fields(DecodedFrame)] == [
        "stored_values",
        "attributes",
        "level",
        "automatic_window",
    ]
    assert {field.name for field in fields(FrameAttributes)} >= {"rows", "palette", "modality_lut"}


def test_levels_that_change_come_with_a_new_version_of_copies():
    # When this fails, levels are no longer what stored copies hold: raise READING_COPY_VERSION with the new digest.
    numbers = np.random.default_rng(7).integers(0, 2**16, (530, 601))
    padded = numbers.astype(np.int16)
    padded[:, :300] = -2000
    colour = np.stack([numbers % 256, numbers // 256, numbers % 7], axis=-1).astype(np.uint8)
    rgb = FrameAttributes(
        530, 601, samples_per_pixel=3, photometric_interpretation="RGB", bits_stored=8
    )
    digest = hashlib.sha256()
    for frame in (
        phantoms.grey(padded, pixel_padding_value=-2000, modality="CT", rescale_type="HU"),
        phantoms.grey(numbers % 4096, np.uint16, bits_stored=12, rescale_intercept=-1024.0),
        phantoms.grey(numbers % 2, np.uint8, bits_stored=1),
        phantoms.grey(numbers / 8, np.float32),
        phantoms.palette_picture(700, 80),
        DecodedFrame(colour, rgb),
    ):
        for level in range(3):
            made = build_level(frame, level)
            digest.update(pixel_checksum(made).encode())
            digest.update(repr(made.automatic_window).encode())
    assert (READING_COPY_VERSION, digest.hexdigest()[:16]) == (3, "d0bcd772ebddfc05")
