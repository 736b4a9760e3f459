"""Native frames come out as the standard says, whatever their layout, and only their own octets are read."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import UID

from backend.core.errors import NotDisplayable
from backend.dicom.frames import decode_frame
from tests.dicom.opened_files import BIG_ENDIAN, COLOUR, DEFLATED, Opened, opened
from tests.dicom_files import grey_ramp, image_dataset, written

# -- values ---------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("sign", [0, 1], ids=["unsigned", "signed by mistake"])
def test_single_bits_of_several_frames_run_on_without_a_gap_and_are_zeros_and_ones(sign):
    bits = np.random.default_rng(1).integers(0, 2, (3, 5, 7)).astype(np.uint8)
    single = {"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "PixelRepresentation": sign}
    dataset = image_dataset(bits[0], NumberOfFrames=3, **single)
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


# -- colour ---------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(("high_bit", "shift"), [(11, 0), (15, 4)])
def test_junk_beside_the_bits_of_deep_colour_is_no_part_of_it(high_bit, shift):
    deep = COLOUR.astype(np.uint16) << 4
    junk = 0xF000 if shift == 0 else 0x000F
    image = opened((deep << shift) | junk, BitsStored=12, HighBit=high_bit)
    np.testing.assert_array_equal(image.values(), COLOUR)


def test_shallow_colour_reaches_full_brightness():
    image = opened(np.array([[[0, 8, 31]]], np.uint8), BitsStored=5, HighBit=4)
    np.testing.assert_array_equal(image.values(), [[[0, 66, 255]]])


# -- what is read ---------------------------------------------------------------------------------


def test_one_native_frame_of_many_is_read_without_the_others():
    frames = np.random.default_rng(2).integers(0, 65536, (40, 32, 32)).astype(np.uint16)
    dataset = image_dataset(frames[0], NumberOfFrames=40)
    dataset.PixelData = frames.tobytes()
    image = Opened(written(dataset))
    np.testing.assert_array_equal(image.values(23), frames[23])
    assert sum(length for _, length in image.reads) == 32 * 32 * 2


def test_a_frame_of_a_deflated_file_is_found_in_the_inflated_stream():
    frames = np.random.default_rng(3).integers(0, 65536, (6, 300, 300)).astype(np.uint16)
    dataset = image_dataset(frames[0], NumberOfFrames=6)
    dataset.PixelData = frames.tobytes()
    dataset.file_meta.TransferSyntaxUID = UID(DEFLATED)
    image = Opened(written(dataset))
    assert image.attributes.is_deflated
    for index in (5, 0, 3):
        np.testing.assert_array_equal(image.values(index), frames[index])


def test_a_stored_file_that_has_become_shorter_is_refused():
    image = opened(grey_ramp())
    with pytest.raises(NotDisplayable):
        decode_frame(image.header, lambda offset, length: b"\0" * (length - 1), 0)


def test_a_frame_that_is_not_there_is_an_error():
    image = opened(grey_ramp())
    for index in (-1, 1):
        with pytest.raises(IndexError):
            image.frame(index)
