"""Compressed frames come out as they went in, each from its own fragments, and as their code streams say."""

import itertools
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate, fragment_frame, itemize_fragment
from pydicom.uid import UID

from backend.dicom.reading_header import LossyCompression
from backend.imaging.color import ybr_full_to_rgb
from tests.dicom.opened_files import (
    COLOUR,
    DEFLATED_FRAME,
    GREY_16,
    HTJ2K,
    JPEG_2000,
    JPEG_2000_LOSSLESS,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_IN_JPEG_XL,
    JPEG_LOSSLESS,
    JPEG_LOSSLESS_BOTH,
    JPEG_LS,
    JPEG_XL,
    RLE,
    Opened,
    compressed,
    padded,
    rle,
)
from tests.dicom_files import image_dataset, written

# -- lossless -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        (RLE, rle),
        (JPEG_LS, imagecodecs.jpegls_encode),
        (JPEG_2000_LOSSLESS, lambda values: jpeg_2000(values)),
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


def jpeg_2000(values, **how):
    return imagecodecs.jpeg2k_encode(values, codecformat="J2K", **{"level": 0, **how})


@pytest.mark.parametrize("bits_stored", [12, 16])
def test_a_stream_that_states_its_precision_is_extended_from_there_and_not_shifted(bits_stored):
    values = GREY_16.astype(np.int16) - 2048
    stream = jpeg_2000(values.view(np.uint16) & 0xFFF, bitspersample=12)
    image = compressed(values, JPEG_2000_LOSSLESS, [stream], BitsStored=bits_stored, HighBit=15)
    np.testing.assert_array_equal(image.values(), values)


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [(JPEG_2000_LOSSLESS, jpeg_2000), (HTJ2K, imagecodecs.htj2k_encode)],
    ids=["jpeg 2000", "htj2k"],
)
def test_wavelets_with_a_sign_of_their_own_are_read_as_the_file_says(syntax, encode):
    signed = GREY_16.astype(np.int16) - 2048
    unsigned = signed.view(np.uint16)
    for stored, labelled in ((signed, unsigned), (unsigned, signed)):
        image = compressed(labelled, syntax, [encode(stored)])
        np.testing.assert_array_equal(image.values(), labelled)


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        ("1.2.840.10008.1.2.4.81", imagecodecs.jpegls_encode),
        ("1.2.840.10008.1.2.4.91", jpeg_2000),
        ("1.2.840.10008.1.2.4.202", imagecodecs.htj2k_encode),
        ("1.2.840.10008.1.2.4.203", imagecodecs.htj2k_encode),
        (
            "1.2.840.10008.1.2.4.112",
            lambda values: imagecodecs.jpegxl_encode(values, lossless=True, bitspersample=12),
        ),
    ],
)
def test_a_stream_without_loss_is_exact_also_where_its_syntax_allows_loss(syntax, encode):
    image = compressed(GREY_16, syntax, [encode(GREY_16)], BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(image.values(), GREY_16)


SLOPE = (np.add.outer(np.arange(64), np.arange(64)) * 20).astype(np.uint16)


@pytest.mark.parametrize(
    ("syntax", "encode", "most"),
    [
        ("1.2.840.10008.1.2.4.51", lambda v: imagecodecs.jpeg8_encode(v, 95, bitspersample=12), 40),
        ("1.2.840.10008.1.2.4.81", lambda v: imagecodecs.jpegls_encode(v, level=3), 3),
        ("1.2.840.10008.1.2.4.91", lambda v: jpeg_2000(v, level=90, reversible=False), 40),
        (
            "1.2.840.10008.1.2.4.112",
            lambda v: imagecodecs.jpegxl_encode(v, distance=0.5, bitspersample=12),
            40,
        ),
    ],
)
def test_what_a_codec_has_lost_is_little_and_said(syntax, encode, most):
    image = compressed(SLOPE, syntax, [encode(SLOPE)], BitsStored=12, HighBit=11)
    assert 0 < np.abs(image.values().astype(int) - SLOPE).max() <= most
    assert image.attributes.is_lossy_source


def test_a_jpeg_inside_jpeg_xl_is_that_jpeg_and_has_lost_what_it_had_lost():
    photograph = SMOOTH.astype(np.uint8)
    jpeg = imagecodecs.jpeg8_encode(photograph, 90, subsampling="444")
    stream = imagecodecs.jpegxl_encode_jpeg(jpeg)
    images = [
        compressed(photograph, syntax, [octets], PhotometricInterpretation="YBR_FULL_422")
        for syntax, octets in ((JPEG_BASELINE, jpeg), (JPEG_IN_JPEG_XL, stream))
    ]
    plain, recompressed = (image.values().astype(int) for image in images)
    assert np.abs(plain - recompressed).max() <= 4
    assert [image.header.lossy_compressions for image in images] == [
        (LossyCompression("ISO_10918_1"),)
    ] * 2


# -- what a code stream says of itself ------------------------------------------------------------


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


def with_jfif(stream):
    jfif = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    return stream[:2] + jfif + stream[2:]


@pytest.mark.parametrize("syntax", JPEG_LOSSLESS_BOTH)
@pytest.mark.parametrize("interpretation", ["RGB", "YBR_FULL"])
@pytest.mark.parametrize(
    "marked",
    [
        lambda stream: stream,
        lambda stream: with_adobe(stream, 0),
        lambda stream: with_adobe(stream, 1),
        with_jfif,
    ],
    ids=["as encoded", "adobe rgb", "adobe ycc", "jfif"],
)
def test_a_lossless_jpeg_holds_the_colour_space_of_the_file_whatever_its_markers_say(
    marked, interpretation, syntax
):
    stream = marked(imagecodecs.jpeg8_encode(COLOUR, lossless=True))
    image = compressed(COLOUR, syntax, [stream], PhotometricInterpretation=interpretation)
    expected = COLOUR if interpretation == "RGB" else ybr_full_to_rgb(COLOUR)
    np.testing.assert_array_equal(image.values(), expected)


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


@pytest.mark.parametrize(
    ("syntaxes", "encode"),
    [
        ([JPEG_2000, JPEG_2000_LOSSLESS], lambda v: jpeg_2000(v, level=40, reversible=False)),
        (
            [HTJ2K, "1.2.840.10008.1.2.4.203"],
            lambda v: imagecodecs.htj2k_encode(v, level=0.001, reversible=False),
        ),
    ],
    ids=["jpeg 2000", "htj2k"],
)
def test_a_lossy_wavelet_is_lossy_whatever_the_file_says(syntaxes, encode):
    for syntax in syntaxes:
        image = compressed(GREY_16, syntax, [encode(GREY_16)], LossyImageCompression="00")
        assert image.attributes.is_lossy_source


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
    octets = written(dataset).replace(padded(JPEG_LS)[:22], b"1.2.840.10008.1.2.1\0\0\0", 1)
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


# -- fragments ------------------------------------------------------------------------------------


def test_one_compressed_frame_of_many_is_read_without_the_others():
    frames = np.random.default_rng(2).integers(0, 4096, (9, 32, 32)).astype(np.uint16)
    streams = [imagecodecs.jpegls_encode(frame) for frame in frames]
    image = compressed(frames[0], JPEG_LS, streams)
    np.testing.assert_array_equal(image.values(7), frames[7])
    assert sum(length for _, length in image.reads) <= len(streams[7]) + 1


THREE = np.random.default_rng(6).integers(0, 4096, (3, 16, 16)).astype(np.uint16)


def in_pieces(syntax, encode, tables, pieces=2, *, are_apart=False):
    """Three frames of several fragments each, with what two tables, basic and extended, say of where they begin.

    A table is made from where the frames and where the fragments begin; None leaves it empty. Empty fragments keep the
    others apart where asked for.
    """
    dataset = image_dataset(THREE[0], NumberOfFrames=3)
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    streams = [encode(frame) for frame in THREE]
    fragments = [fragment for stream in streams for fragment in fragment_frame(stream, pieces)]
    if are_apart:
        fragments = [part for fragment in fragments for part in (b"", fragment)]
        pieces *= 2
    places = [0, *itertools.accumulate(8 + len(fragment) for fragment in fragments)][:-1]
    basic, extended = (table(places[::pieces], places) if table else [] for table in tables)
    head = struct.pack(f"<HHI{len(basic)}I", 0xFFFE, 0xE000, 4 * len(basic), *basic)
    dataset.PixelData = head + b"".join(map(itemize_fragment, fragments))
    if extended:
        dataset.ExtendedOffsetTable = struct.pack(f"<{len(extended)}Q", *extended)
        lengths = [len(stream) for stream in streams]
        dataset.ExtendedOffsetTableLengths = struct.pack("<3Q", *lengths)
    return Opened(written(dataset))


def right(frames, _fragments):
    return frames


def shifted(frames, _fragments):
    return [place + 2 for place in frames]


def turned_around(frames, _fragments):
    return frames[::-1]


def all_the_first(frames, _fragments):
    return [0] * len(frames)


def too_short(frames, _fragments):
    return frames[:-1]


def at_each_fragment(_frames, fragments):
    return fragments[:3]


WRONG = [shifted, turned_around, all_the_first, too_short]


@pytest.mark.parametrize(
    "tables", [(right, None), (None, right), *((wrong, right) for wrong in WRONG), (right, shifted)]
)
def test_frames_of_several_fragments_are_told_apart_by_an_offset_table(tables):
    image = in_pieces(RLE, rle, tables)  # what is run-length encoded does not show where it begins
    assert [len(frame) for frame in image.header.frame_index.fragments] == [2, 2, 2]
    for index in range(3):
        np.testing.assert_array_equal(image.values(index), THREE[index])


@pytest.mark.parametrize("wrong", WRONG)
def test_fragments_that_only_a_wrong_table_tells_apart_are_not_shown(wrong):
    for tables in ((wrong, None), (None, wrong)):
        attributes = in_pieces(RLE, rle, tables).attributes
        assert "which frame" in attributes.not_displayable_reason


@pytest.mark.parametrize("wrong", [*WRONG, at_each_fragment])
def test_streams_that_show_where_they_begin_need_no_table_and_are_not_spoilt_by_a_wrong_one(wrong):
    for tables in ((wrong, None), (None, wrong), (None, None)):
        image = in_pieces(JPEG_LS, imagecodecs.jpegls_encode, tables)
        for index in range(3):
            np.testing.assert_array_equal(image.values(index), THREE[index])


@pytest.mark.parametrize("wrong", WRONG)
def test_frames_of_one_fragment_each_are_found_whatever_a_table_says(wrong):
    for tables in ((wrong, None), (None, wrong)):
        image = in_pieces(RLE, rle, tables, pieces=1)
        for index in range(3):
            np.testing.assert_array_equal(image.values(index), THREE[index])


@pytest.mark.parametrize("tables", [(None, None), (right, None), (None, right)])
@pytest.mark.parametrize("pieces", [1, 2])
def test_empty_fragments_are_part_of_no_frame(tables, pieces):
    image = in_pieces(JPEG_LS, imagecodecs.jpegls_encode, tables, pieces, are_apart=True)
    for index in range(3):
        np.testing.assert_array_equal(image.values(index), THREE[index])


def test_one_frame_lies_in_all_fragments_whatever_a_table_says():
    fragments = list(fragment_frame(imagecodecs.jpegls_encode(GREY_16), 3))
    places = [0, *itertools.accumulate(8 + len(fragment) for fragment in fragments)][:-1]
    dataset = image_dataset(GREY_16)
    dataset.file_meta.TransferSyntaxUID = UID(JPEG_LS)
    head = struct.pack("<HHI3I", 0xFFFE, 0xE000, 12, *places)
    dataset.PixelData = head + b"".join(map(itemize_fragment, fragments))
    np.testing.assert_array_equal(Opened(written(dataset)).values(), GREY_16)


def test_fragments_that_cannot_be_told_apart_are_not_shown():
    dataset = image_dataset(GREY_16, NumberOfFrames=2)
    dataset.file_meta.TransferSyntaxUID = UID(RLE)
    dataset.PixelData = encapsulate([rle(GREY_16)] * 3, has_bot=False)
    attributes = Opened(written(dataset)).attributes
    assert not attributes.is_displayable
    assert "which frame" in attributes.not_displayable_reason
