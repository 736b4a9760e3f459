"""Frames come out as the standard says, whatever the encoding, and only their own octets are read."""

import io
import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import UID, AllTransferSyntaxes

from backend.core.errors import NotDisplayable
from backend.dicom.frames import decode_frame, pixel_checksum
from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.dicom.plain import NotPlain
from backend.dicom.reading_header import ReadingHeader
from tests.dicom_files import grey_ramp, image_dataset, written

JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000_LOSSLESS = "1.2.840.10008.1.2.4.90"
JPEG_2000 = "1.2.840.10008.1.2.4.91"
HTJ2K = "1.2.840.10008.1.2.4.201"
JPEG_XL = "1.2.840.10008.1.2.4.110"
RLE = "1.2.840.10008.1.2.5"
DEFLATED = "1.2.840.10008.1.2.1.99"
DEFLATED_FRAME = "1.2.840.10008.1.2.8.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"


PYDICOM_KNOWS = {str(uid) for uid in AllTransferSyntaxes}


class Opened:
    """A parsed file with a record of what was read from it."""

    def __init__(self, octets):
        self.octets = octets
        parsed = parse_instance(io.BytesIO(octets))
        assert isinstance(parsed, ParsedInstance), parsed
        self.parsed = parsed
        self.attributes = parsed.attributes
        self.reads = []

    @property
    def header(self):
        assert self.attributes.is_displayable, self.attributes.not_displayable_reason
        return ReadingHeader.from_bytes(self.parsed.reading_header)

    def read_range(self, offset, length):
        assert offset + length <= len(self.octets), "read past the end"
        self.reads.append((offset, length))
        return self.octets[offset : offset + length]

    def frame(self, index=0):
        return decode_frame(self.header, self.read_range, index)

    def values(self, index=0):
        return self.frame(index).stored_values


def opened(values, **elements):
    return Opened(written(image_dataset(values, **elements)))


def compressed(values, transfer_syntax_uid, frames, *, is_extended=False, **elements):
    dataset = image_dataset(values, **elements)
    dataset.file_meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    if is_extended:
        octets, offsets, lengths = encapsulate_extended(frames)
        dataset.PixelData = octets
        dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    else:
        dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].VR = "OB"
    if len(frames) > 1:
        dataset.NumberOfFrames = len(frames)
    if transfer_syntax_uid in PYDICOM_KNOWS:
        return Opened(written(dataset))
    # pydicom writes no syntax that it does not know: the name is put in afterwards.
    dataset.file_meta.TransferSyntaxUID = UID(HTJ2K)
    return Opened(written(dataset).replace(_padded(HTJ2K), _padded(transfer_syntax_uid), 1))


def _padded(uid):
    """A UID in the 24 octets of the known one; a shorter one is filled with padding."""
    return uid.encode().ljust(24, b"\0")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32", "int32"])
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", DEFLATED])
def test_native_values_come_out_as_they_went_in(dtype, syntax):
    values = (grey_ramp(17, 23, "int64") * 7919 % 65000 - 300).astype(dtype)
    dataset = image_dataset(values)
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    image = Opened(written(dataset))
    assert image.values().dtype == values.dtype
    np.testing.assert_array_equal(image.values(), values)


@pytest.mark.parametrize("dtype", ["uint16", "int16", "uint8"])
def test_big_endian_values_come_out_as_they_went_in(dtype):
    values = (grey_ramp(5, 7, "int64") * 919 % 250).astype(dtype)
    dataset = image_dataset(values)
    dataset.file_meta.TransferSyntaxUID = UID(BIG_ENDIAN)
    if values.dtype.itemsize == 2:
        dataset.PixelData = values.astype(values.dtype.newbyteorder(">")).tobytes()
    else:  # octets in 16-bit words: each pair is swapped
        padded = values.tobytes() + b"\0"
        dataset.PixelData = np.frombuffer(padded, "<u2").byteswap().tobytes()
    dataset["PixelData"].VR = "OW"
    np.testing.assert_array_equal(Opened(written(dataset)).values(), values)


def test_the_odd_frames_of_big_endian_octets_in_words_are_right_too():
    frames = np.arange(3 * 3 * 3, dtype=np.uint8).reshape(3, 3, 3)
    dataset = image_dataset(frames[0], NumberOfFrames=3)
    dataset.file_meta.TransferSyntaxUID = UID(BIG_ENDIAN)
    dataset.PixelData = np.frombuffer(frames.tobytes() + b"\0", "<u2").byteswap().tobytes()
    dataset["PixelData"].VR = "OW"
    image = Opened(written(dataset))
    for index in range(3):
        np.testing.assert_array_equal(image.values(index), frames[index])


@given(st.integers(1, 16), st.booleans(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_unused_bits_are_not_part_of_a_value(bits_stored, is_signed, random):
    low, high = (
        (-(2 ** (bits_stored - 1)), 2 ** (bits_stored - 1)) if is_signed else (0, 2**bits_stored)
    )
    true = np.array([[random.randrange(low, high) for _ in range(8)]])
    junk = np.array([[random.randrange(0, 65536) for _ in range(8)]])
    mask = (1 << bits_stored) - 1
    stored = ((true & mask) | (junk & ~mask & 0xFFFF)).astype("<u2")
    image = opened(
        stored, BitsStored=bits_stored, HighBit=bits_stored - 1, PixelRepresentation=int(is_signed)
    )
    np.testing.assert_array_equal(image.values(), true)


def test_a_high_bit_above_the_stored_bits_is_followed():
    image = opened(grey_ramp(2, 4) << 4, BitsStored=12, HighBit=15)
    np.testing.assert_array_equal(image.values(), grey_ramp(2, 4))


def test_single_bits_of_several_frames_run_on_without_a_gap():
    bits = np.random.default_rng(1).integers(0, 2, (3, 5, 7)).astype(np.uint8)
    dataset = image_dataset(bits[0], NumberOfFrames=3, BitsAllocated=1, BitsStored=1, HighBit=0)
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    dataset.PixelData = packed + b"\0" * (len(packed) % 2)
    image = Opened(written(dataset))
    for index in range(3):
        np.testing.assert_array_equal(image.values(index), bits[index])


@pytest.mark.parametrize(
    ("keyword", "dtype"), [("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")]
)
def test_floating_point_pixels_are_kept_as_they_are(keyword, dtype):
    values = np.linspace(-1.5, 3e5, 30, dtype=dtype).reshape(5, 6)
    dataset = image_dataset(values)
    del dataset.PixelData, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation
    setattr(dataset, keyword, values.tobytes())
    np.testing.assert_array_equal(Opened(written(dataset)).values(), values)


def test_one_native_frame_of_many_is_read_without_the_others():
    frames = np.random.default_rng(2).integers(0, 65536, (40, 32, 32)).astype(np.uint16)
    dataset = image_dataset(frames[0], NumberOfFrames=40)
    dataset.PixelData = frames.tobytes()
    image = Opened(written(dataset))
    np.testing.assert_array_equal(image.values(23), frames[23])
    assert sum(length for _, length in image.reads) == 32 * 32 * 2


def test_one_compressed_frame_of_many_is_read_without_the_others():
    frames = np.random.default_rng(2).integers(0, 4096, (9, 32, 32)).astype(np.uint16)
    streams = [imagecodecs.jpegls_encode(frame) for frame in frames]
    image = compressed(frames[0], JPEG_LS, streams)
    np.testing.assert_array_equal(image.values(7), frames[7])
    assert sum(length for _, length in image.reads) <= len(streams[7]) + 1


def test_a_frame_of_a_deflated_file_is_found_in_the_inflated_stream():
    frames = np.random.default_rng(3).integers(0, 65536, (6, 300, 300)).astype(np.uint16)
    dataset = image_dataset(frames[0], NumberOfFrames=6)
    dataset.PixelData = frames.tobytes()
    dataset.file_meta.TransferSyntaxUID = UID(DEFLATED)
    image = Opened(written(dataset))
    assert image.attributes.is_deflated
    for index in (5, 0, 3):
        np.testing.assert_array_equal(image.values(index), frames[index])


COLOUR = np.random.default_rng(4).integers(0, 256, (20, 30, 3)).astype(np.uint8)
GREY_16 = np.random.default_rng(5).integers(0, 4096, (20, 30)).astype(np.uint16)


def rle(values):
    planes = np.atleast_3d(values)
    size = values.dtype.itemsize
    segments = [
        np.ascontiguousarray(planes[:, :, plane].astype(values.dtype.newbyteorder(">")))
        .view(np.uint8)
        .reshape(-1, size)[:, octet]
        .tobytes()
        for plane in range(planes.shape[2])
        for octet in range(size)
    ]
    packed = []
    for segment in segments:
        runs = [segment[start : start + 128] for start in range(0, len(segment), 128)]
        encoded = b"".join(bytes([len(run) - 1]) + run for run in runs)
        packed.append(encoded + b"\0" * (len(encoded) % 2))
    offsets = np.cumsum([64, *(len(segment) for segment in packed)])[: len(packed)]
    head = np.zeros(16, "<u4")
    head[0] = len(packed)
    head[1 : 1 + len(packed)] = offsets
    return head.tobytes() + b"".join(packed)


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        (RLE, rle),
        (JPEG_LS, imagecodecs.jpegls_encode),
        (
            JPEG_2000_LOSSLESS,
            lambda values: imagecodecs.jpeg2k_encode(values, level=0, codecformat="J2K"),
        ),
        (HTJ2K, lambda values: imagecodecs.htj2k_encode(values)),
        (JPEG_XL, lambda values: imagecodecs.jpegxl_encode(values, lossless=True)),
        (DEFLATED_FRAME, lambda values: zlib.compress(values.tobytes(), wbits=-15)),
    ],
    ids=["rle", "jpeg-ls", "jpeg 2000", "htj2k", "jpeg xl", "deflated frame"],
)
@pytest.mark.parametrize("values", [GREY_16, COLOUR], ids=["grey", "colour"])
def test_lossless_compression_changes_nothing(syntax, encode, values):
    image = compressed(values, syntax, [encode(values)])
    np.testing.assert_array_equal(image.values(), values)
    assert not image.attributes.is_lossy_source


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossless_jpeg_changes_nothing(bits):
    values = (GREY_16.astype(int) * (2**bits - 1) // 4095).astype(
        np.uint8 if bits == 8 else np.uint16
    )
    stream = imagecodecs.jpeg8_encode(values, lossless=True, bitspersample=bits)
    image = compressed(values, JPEG_LOSSLESS, [stream], BitsStored=bits, HighBit=bits - 1)
    np.testing.assert_array_equal(image.values(), values)


def test_single_bits_compressed_by_run_length_are_unpacked():
    bits = np.random.default_rng(1).integers(0, 2, (5, 7)).astype(np.uint8)
    packed = np.packbits(bits.reshape(-1), bitorder="little")
    image = compressed(bits, RLE, [rle(packed[None, :])], BitsAllocated=1, BitsStored=1, HighBit=0)
    np.testing.assert_array_equal(image.values(), bits)


def test_signed_values_survive_codecs_that_know_no_sign():
    values = GREY_16.astype(np.int16) - 2048
    for syntax, stream in (
        (JPEG_LS, imagecodecs.jpegls_encode(values.view(np.uint16))),
        (RLE, rle(values)),
    ):
        np.testing.assert_array_equal(compressed(values, syntax, [stream]).values(), values)


def test_jpeg_2000_with_a_sign_of_its_own_is_read_as_the_file_says():
    signed = GREY_16.astype(np.int16) - 2048
    stream = imagecodecs.jpeg2k_encode(signed, level=0, codecformat="J2K")
    image = compressed(signed.view(np.uint16), JPEG_2000_LOSSLESS, [stream])
    np.testing.assert_array_equal(image.values(), signed.view(np.uint16))


def with_adobe(stream, transform):
    segment = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])
    jfif = int.from_bytes(stream[4:6], "big") + 4 if stream[2:4] == b"\xff\xe0" else 2
    return stream[:2] + segment + stream[jfif:]


SMOOTH = np.dstack([np.tile(np.linspace(0, 255, 32), (32, 1))] * 3).astype(np.uint8) // [1, 2, 3]


@pytest.mark.parametrize(
    ("stream", "interpretation"),
    [
        (imagecodecs.jpeg8_encode(SMOOTH.astype(np.uint8), 98, subsampling="444"), "YBR_FULL_422"),
        (imagecodecs.jpeg8_encode(SMOOTH.astype(np.uint8), 98, subsampling="444"), "RGB"),
        (
            with_adobe(
                imagecodecs.jpeg8_encode(
                    SMOOTH.astype(np.uint8), 98, colorspace="RGB", outcolorspace="RGB"
                ),
                0,
            ),
            "YBR_FULL",
        ),
        (
            with_adobe(imagecodecs.jpeg8_encode(SMOOTH.astype(np.uint8), 98, subsampling="444"), 1),
            "RGB",
        ),
    ],
    ids=["jfif said ybr", "jfif said rgb", "adobe rgb said ybr", "adobe ycc said rgb"],
)
def test_the_markers_of_a_jpeg_decide_its_colour(stream, interpretation):
    image = compressed(
        SMOOTH.astype(np.uint8), JPEG_BASELINE, [stream], PhotometricInterpretation=interpretation
    )
    difference = np.abs(image.values().astype(int) - SMOOTH)
    assert difference.max() <= 6
    assert image.frame().attributes.photometric_interpretation == "RGB"
    assert image.attributes.is_lossy_source


def test_a_jpeg_whose_scan_claims_an_empty_spectrum_is_decoded():
    values = (np.add.outer(np.arange(64), np.arange(64)) * 20).astype(np.uint16)
    stream = imagecodecs.jpeg8_encode(values, 95, bitspersample=12)
    scan = stream.index(b"\xff\xda")
    end_of_spectrum = scan + 6 + 2 * stream[scan + 4]
    broken = stream[:end_of_spectrum] + b"\0" + stream[end_of_spectrum + 1 :]
    whole, mended = (
        compressed(values, JPEG_EXTENDED, [one], BitsStored=12, HighBit=11).values()
        for one in (stream, broken)
    )
    np.testing.assert_array_equal(mended, whole)
    assert np.abs(whole.astype(int) - values).max() < 40


def test_colour_by_plane_and_colour_by_pixel_are_the_same_image():
    by_plane = image_dataset(COLOUR, PlanarConfiguration=1)
    by_plane.PixelData = np.moveaxis(COLOUR, -1, 0).tobytes()
    np.testing.assert_array_equal(Opened(written(by_plane)).values(), COLOUR)
    np.testing.assert_array_equal(opened(COLOUR).values(), COLOUR)


def test_native_chroma_of_every_second_column_is_used_for_both():
    dataset = image_dataset(COLOUR[:2, :4], PhotometricInterpretation="YBR_FULL_422")
    dataset.PixelData = bytes([50, 60, 128, 128] * 4)
    values = Opened(written(dataset)).values()
    np.testing.assert_array_equal(values[..., 0], [[50, 60, 50, 60]] * 2)
    np.testing.assert_array_equal(values[..., 0], values[..., 2])


def test_deep_colour_loses_its_low_bits():
    image = opened(COLOUR.astype(np.uint16) << 4, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(image.values(), COLOUR)


@pytest.mark.parametrize("is_extended", [False, True])
def test_frames_of_several_fragments_are_told_apart_by_an_offset_table(is_extended):
    frames = np.random.default_rng(6).integers(0, 4096, (3, 16, 16)).astype(np.uint16)
    streams = [imagecodecs.jpegls_encode(frame) for frame in frames]
    if is_extended:
        image = compressed(frames[0], JPEG_LS, streams, is_extended=True)
    else:
        dataset = image_dataset(frames[0], NumberOfFrames=3)
        dataset.file_meta.TransferSyntaxUID = UID(JPEG_LS)
        dataset.PixelData = encapsulate(streams, fragments_per_frame=3)
        image = Opened(written(dataset))
        assert [len(frame) for frame in image.header.frame_index.fragments] == [3, 3, 3]
    for index in range(3):
        np.testing.assert_array_equal(image.values(index), frames[index])


def test_frames_without_an_offset_table_are_told_apart_by_their_first_octets():
    frames = np.random.default_rng(6).integers(0, 4096, (3, 16, 16)).astype(np.uint16)
    streams = [imagecodecs.jpegls_encode(frame) for frame in frames]
    dataset = image_dataset(frames[0], NumberOfFrames=3)
    dataset.file_meta.TransferSyntaxUID = UID(JPEG_LS)
    dataset.PixelData = encapsulate(streams, fragments_per_frame=2, has_bot=False)
    image = Opened(written(dataset))
    np.testing.assert_array_equal(image.values(2), frames[2])


def test_fragments_that_cannot_be_told_apart_are_not_shown():
    dataset = image_dataset(GREY_16, NumberOfFrames=2)
    dataset.file_meta.TransferSyntaxUID = UID(RLE)
    dataset.PixelData = encapsulate([rle(GREY_16)] * 3, has_bot=False)
    attributes = Opened(written(dataset)).attributes
    assert not attributes.is_displayable
    assert "which frame" in attributes.not_displayable_reason


@pytest.mark.parametrize(
    ("elements", "word"),
    [
        ({"PhotometricInterpretation": None}, "Photometric Interpretation"),
        ({"PhotometricInterpretation": "CMYK"}, "Photometric Interpretation"),
        ({"PhotometricInterpretation": "RGB"}, "samples per pixel"),
        ({"PixelRepresentation": None}, "signed"),
        ({"BitsStored": None}, "Bits Stored"),
        ({"BitsStored": 17}, "Bits Stored"),
        ({"BitsAllocated": 12}, "Bits Allocated"),
        ({"HighBit": 3}, "High Bit"),
        ({"Rows": None}, "rows and columns"),
        ({"Rows": 17}, "shorter"),
        ({"NumberOfFrames": 2}, "shorter"),
        ({"Rows": 65535, "Columns": 65535}, "512 MiB"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "palette"),
    ],
)
def test_what_is_missing_is_not_guessed(elements, word):
    attributes = opened(grey_ramp(), **elements).attributes
    assert not attributes.is_displayable
    assert word in attributes.not_displayable_reason
    assert attributes.not_displayable_reason.count(".") == 1


@pytest.mark.parametrize(
    ("stream", "is_lossless"),
    [
        (imagecodecs.jpegls_encode(GREY_16), True),
        (imagecodecs.jpeg2k_encode(GREY_16, level=0, codecformat="J2K"), True),
        (imagecodecs.jpeg8_encode(GREY_16, lossless=True, bitspersample=12), True),
        (imagecodecs.jpeg8_encode(GREY_16, 95, bitspersample=12), False),
    ],
    ids=["jpeg-ls", "jpeg 2000", "lossless jpeg", "extended jpeg"],
)
def test_a_compressed_image_labelled_uncompressed_follows_its_stream(stream, is_lossless):
    dataset = image_dataset(GREY_16, BitsStored=12, HighBit=11)
    dataset.file_meta.TransferSyntaxUID = UID(JPEG_LS)
    dataset.PixelData = encapsulate([stream])
    octets = written(dataset).replace(_padded(JPEG_LS)[:22], b"1.2.840.10008.1.2.1\0\0\0", 1)
    image = Opened(octets)
    assert any("code stream" in note for note in image.attributes.notes)
    difference = np.abs(image.values().astype(int) - GREY_16)
    assert difference.max() == 0 if is_lossless else difference.mean() < 60


def test_a_compressed_image_that_shows_nothing_of_its_kind_is_not_shown():
    dataset = image_dataset(GREY_16)
    dataset.file_meta.TransferSyntaxUID = UID(RLE)
    dataset.PixelData = encapsulate([rle(GREY_16)])
    octets = written(dataset).replace(b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.1\0", 1)
    attributes = Opened(octets).attributes
    assert "does not say how" in attributes.not_displayable_reason


def test_a_stream_of_another_size_is_not_shown():
    image = compressed(GREY_16, JPEG_LS, [imagecodecs.jpegls_encode(GREY_16[:-1])])
    assert "19 x 30" in image.attributes.not_displayable_reason


def test_a_damaged_frame_is_named():
    streams = [imagecodecs.jpegls_encode(GREY_16), b"\xff\xd8\xff\xf7nonsense", b"\xff\xd8\xff"]
    image = compressed(GREY_16, JPEG_LS, streams)
    assert image.attributes.not_displayable_reason.startswith("Frame 2 cannot be shown")


def test_a_stored_file_that_has_become_shorter_is_refused():
    image = opened(grey_ramp())
    with pytest.raises(NotDisplayable):
        decode_frame(image.header, lambda offset, length: b"\0" * (length - 1), 0)


def test_a_frame_that_is_not_there_is_an_error():
    image = opened(grey_ramp())
    for index in (-1, 1):
        with pytest.raises(IndexError):
            image.frame(index)


def test_the_checksum_follows_the_values_only():
    native = opened(GREY_16)
    packed = compressed(GREY_16, JPEG_LS, [imagecodecs.jpegls_encode(GREY_16)])
    assert native.parsed.frame_checksums == packed.parsed.frame_checksums
    assert pixel_checksum(native.frame()) == native.parsed.frame_checksums[0]
    changed = GREY_16.copy()
    changed[3, 4] ^= 1
    assert opened(changed).parsed.frame_checksums != native.parsed.frame_checksums


def test_windows_and_rescale_are_those_of_the_file():
    image = opened(
        grey_ramp(dtype="int16"),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.2",
        Modality="CT",
        RescaleSlope="2",
        RescaleIntercept="-1024",
        WindowCenter=["40", "600", "5"],
        WindowWidth=["80", "2800", "0"],
        WindowCenterWidthExplanation=["Brain", "Bone", "Broken"],
    )
    attributes = image.frame().attributes
    assert (attributes.rescale_slope, attributes.rescale_intercept) == (2, -1024)
    assert attributes.rescale_type == "HU"
    named = [(one.explanation, one.window.center, one.window.width) for one in attributes.windows]
    assert named == [("Brain", 40, 80), ("Bone", 600, 2800)]
    assert any("window" in note for note in image.attributes.notes)


@pytest.mark.parametrize(
    "elements",
    [
        {"RescaleSlope": "0", "RescaleIntercept": "-1024"},
        {"RescaleSlope": "1"},
        {"RescaleIntercept": "-1024"},
    ],
)
def test_half_a_rescale_gives_no_unit(elements):
    image = opened(grey_ramp(), SOPClassUID="1.2.840.10008.5.1.4.1.1.2", Modality="CT", **elements)
    attributes = image.frame().attributes
    assert (attributes.rescale_slope, attributes.rescale_intercept) == (1, 0)
    assert attributes.rescale_type is None
    assert image.attributes.notes


def test_each_frame_of_an_enhanced_image_has_its_own_transform():
    def item(**elements):
        found = Dataset()
        for keyword, value in elements.items():
            setattr(found, keyword, value)
        return found

    groups = [
        item(
            PixelValueTransformationSequence=[
                item(RescaleSlope=str(slope), RescaleIntercept="-5", RescaleType="US")
            ],
            FrameVOILUTSequence=[item(WindowCenter=str(10 * slope), WindowWidth="20")],
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, slope])],
        )
        for slope in (1, 2, 2)
    ]
    shared = item(
        PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.75], SliceThickness="2")],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
    )
    frames = np.stack([grey_ramp()] * 3)
    dataset = image_dataset(frames[0], NumberOfFrames=3)
    dataset.PixelData = frames.tobytes()
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = groups
    image = Opened(written(dataset))
    slopes = [image.header.frame_attributes(index).rescale_slope for index in range(3)]
    assert slopes == [1, 2, 2]
    assert image.header.frame_attributes(2).windows[0].window.center == 20
    assert image.header.frame_attributes(0).pixel_spacing_mm == (0.5, 0.75)
    assert len(image.header.displays) == 2
    places = [image.attributes.frame_geometry(index) for index in range(3)]
    assert [place.image_position_mm for place in places] == [(0, 0, 1), (0, 0, 2), (0, 0, 2)]
    assert {place.image_orientation for place in places} == {(1, 0, 0, 0, 1, 0)}


@pytest.mark.parametrize(
    "change",
    [
        {"number_of_frames": 0},
        {"version": 99},
        {"displays": []},
        {"display_of_frame": [7]},
        {"pixel_format": {"bits_stored": 40}},
        {"frame_index": {"value_offset": -1}},
    ],
)
def test_a_reading_header_that_contradicts_itself_is_refused(change):
    import json

    plain = json.loads(opened(grey_ramp()).parsed.reading_header)
    for key, value in change.items():
        plain[key] = plain[key] | value if isinstance(value, dict) else value
    with pytest.raises(NotPlain):
        ReadingHeader.from_bytes(json.dumps(plain).encode())


def test_lossy_compression_of_the_past_is_told():
    image = opened(
        grey_ramp(), LossyImageCompression="01", LossyImageCompressionRatio=["10.5", "2"]
    )
    assert image.attributes.is_lossy_source
    assert image.frame().attributes.lossy_ratio == 10.5


def test_a_lossy_wavelet_is_lossy_whatever_the_file_says():
    stream = imagecodecs.jpeg2k_encode(GREY_16, level=40, codecformat="J2K", reversible=False)
    image = compressed(GREY_16, JPEG_2000, [stream], LossyImageCompression="00")
    assert image.attributes.is_lossy_source


@pytest.mark.parametrize(("high_bit", "shift"), [(11, 0), (15, 4)])
def test_junk_beside_the_bits_of_deep_colour_is_no_part_of_it(high_bit, shift):
    deep = COLOUR.astype(np.uint16) << 4
    junk = 0xF000 if shift == 0 else 0x000F
    image = opened((deep << shift) | junk, BitsStored=12, HighBit=high_bit)
    np.testing.assert_array_equal(image.values(), COLOUR)


def test_shallow_colour_reaches_full_brightness():
    image = opened(np.array([[[0, 8, 31]]], np.uint8), BitsStored=5, HighBit=4)
    np.testing.assert_array_equal(image.values(), [[[0, 66, 255]]])
