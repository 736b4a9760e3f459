"""Overlay planes are found wherever files keep them, bit for bit, and never touch the image."""

import numpy as np
import pytest
from pydicom.dataelem import DataElement
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from backend.dicom.codecs import NotDecodable
from backend.dicom.overlay_bits import overlay_planes
from backend.imaging.rendering import RenderParameters, render_display_values
from tests.dicom.opened_files import BIG_ENDIAN, DEFLATED, RLE, Opened, rle
from tests.dicom_files import grey_ramp, image_dataset, written

ROWS, COLUMNS = 7, 11
DRAWING = np.random.default_rng(8).integers(0, 2, (3, ROWS, COLUMNS)).astype(np.bool_)


def packed(bits, *, is_big=False):
    octets = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    octets += b"\0" * (len(octets) % 2)
    return np.frombuffer(octets, "<u2").byteswap().tobytes() if is_big else octets


def add_plane(dataset, bits, *, group=0x6000, is_big=False, **elements):
    vrs = {0x10: "US", 0x11: "US", 0x15: "IS", 0x22: "LO", 0x40: "CS", 0x50: "SS", 0x51: "US"}
    vrs |= {0x100: "US", 0x102: "US", 0x1500: "LO"}
    values = {0x10: bits.shape[-2], 0x11: bits.shape[-1], 0x40: "G", 0x50: [1, 1]}
    values |= {0x100: 1, 0x102: 0}
    values |= {int(name.removeprefix("e"), 16): value for name, value in elements.items()}
    for number, value in values.items():
        if value is not None:
            dataset[group, number] = DataElement((group, number), vrs[number], value)
    data = packed(bits, is_big=is_big)
    dataset[group, 0x3000] = DataElement((group, 0x3000), "OW", data)
    return dataset


def planes_of(image, index=0):
    return overlay_planes(image.header, image.read_range, index)


def image_with(bits, *, frames=1, syntax=None, **elements):
    values = np.stack([grey_ramp(9, 12)] * frames)
    dataset = image_dataset(values[0], **({"NumberOfFrames": frames} if frames > 1 else {}))
    is_big = syntax == BIG_ENDIAN
    dataset.PixelData = values.astype(">u2" if is_big else "<u2").tobytes()
    if syntax:
        dataset.file_meta.TransferSyntaxUID = UID(syntax)
    return Opened(written(add_plane(dataset, bits, is_big=is_big, **elements)))


@pytest.mark.parametrize("syntax", [None, BIG_ENDIAN, DEFLATED, "1.2.840.10008.1.2"])
def test_a_plane_is_read_bit_for_bit_in_every_byte_order(syntax):
    image = image_with(DRAWING[0], syntax=syntax)
    (plane,) = planes_of(image)
    assert np.array_equal(plane.bits, DRAWING[0])
    assert not plane.is_region
    assert image.attributes.notes == ()


@pytest.mark.parametrize("syntax", [None, BIG_ENDIAN])
def test_frames_of_a_plane_belong_to_frames_of_the_image_from_its_origin_on(syntax):
    image = image_with(DRAWING, frames=5, syntax=syntax, e15="3", e51=2)
    for index, own in ((0, None), (1, 0), (2, 1), (3, 2), (4, None)):
        planes = planes_of(image, index)
        assert len(planes) == (own is not None)
        assert len(image.header.frame_overlays(index)) == len(planes)
        if planes:
            assert np.array_equal(planes[0].bits, DRAWING[own])


def test_a_plane_without_frames_of_its_own_belongs_to_all_frames():
    image = image_with(DRAWING[0], frames=3)
    for index in range(3):
        assert np.array_equal(planes_of(image, index)[0].bits, DRAWING[0])


def test_kind_place_and_name_are_those_of_the_file():
    image = image_with(DRAWING[0], e40="R", e50=[-2, 5], e22="drawn by hand", e1500="Lesion")
    (plane,) = planes_of(image)
    assert (plane.is_region, plane.origin_row, plane.origin_column) == (True, -2, 5)
    assert image.header.overlays[0].name == "Lesion"
    assert image_with(DRAWING[0], e22="by hand").header.overlays[0].name == "by hand"


def test_planes_of_several_groups_are_all_read():
    dataset = image_dataset(grey_ramp(9, 12))
    for number, group in enumerate((0x6000, 0x6002, 0x601E)):
        add_plane(dataset, DRAWING[number], group=group)
    found = planes_of(Opened(written(dataset)))
    assert [plane.bits.tolist() for plane in found] == DRAWING.tolist()


BITS = np.random.default_rng(9).integers(0, 2, (20, 30)).astype(np.uint16)
VALUES = np.random.default_rng(5).integers(0, 4096, (20, 30)).astype(np.uint16)


def in_pixels(bit, **elements):
    """An image of 12 bits with a plane in one of the others, as was allowed until 2004."""
    dataset = image_dataset(VALUES | BITS << bit, BitsStored=12, HighBit=11, **elements)
    add_plane(dataset, BITS.astype(np.bool_), e100=16, e102=bit)
    del dataset[0x6000, 0x3000]
    return dataset


def test_a_plane_in_unused_bits_of_the_pixels_is_read_and_no_part_of_the_image():
    image = Opened(written(in_pixels(13)))
    (plane,) = planes_of(image)
    assert np.array_equal(plane.bits, BITS)
    assert np.array_equal(image.values(), VALUES)
    plain = Opened(written(image_dataset(VALUES, BitsStored=12, HighBit=11)))
    assert np.array_equal(
        render_display_values(image.frame(), RenderParameters()),
        render_display_values(plain.frame(), RenderParameters()),
    )


def test_a_plane_below_the_stored_bits_is_read_as_well():
    dataset = image_dataset(VALUES << 4 | BITS, BitsStored=12, HighBit=15)
    add_plane(dataset, BITS.astype(np.bool_), e100=16, e102=0)
    del dataset[0x6000, 0x3000]
    image = Opened(written(dataset))
    assert np.array_equal(planes_of(image)[0].bits, BITS)
    assert np.array_equal(image.values(), VALUES)


def test_a_plane_in_the_pixels_survives_run_length_encoding():
    dataset = in_pixels(15)
    dataset.file_meta.TransferSyntaxUID = UID(RLE)
    dataset.PixelData = encapsulate([rle(VALUES | BITS << 15)])
    image = Opened(written(dataset))
    assert np.array_equal(planes_of(image)[0].bits, BITS)
    assert np.array_equal(image.values(), VALUES)


@pytest.mark.parametrize("bit", [3, 11])
def test_a_bit_that_the_image_uses_is_no_overlay(bit):
    assert Opened(written(in_pixels(bit))).header.overlays == ()


@pytest.mark.parametrize(
    "elements", [{"e10": 999}, {"e10": 0}, {"e15": "9"}, {"e15": "0"}, {"e50": [1]}]
)
def test_a_damaged_plane_is_left_out_and_told(elements):
    image = image_with(DRAWING[0], frames=9, **elements)
    assert image.header.overlays == ()
    assert ["overlay" in note for note in image.attributes.notes] == [True]


def test_an_image_without_overlays_says_nothing():
    image = Opened(written(image_dataset(grey_ramp(4, 4))))
    assert image.header.overlays == ()
    assert planes_of(image) == ()


def test_a_stored_file_that_has_become_shorter_is_refused():
    image = image_with(DRAWING[0])
    with pytest.raises(NotDecodable):
        overlay_planes(image.header, lambda offset, length: b"", 0)


def test_a_plane_far_larger_than_any_image_is_kept_out_with_a_note(monkeypatch):
    monkeypatch.setattr("backend.dicom.overlays.MOST_PLANE_PIXELS", ROWS * COLUMNS - 1)
    image = image_with(DRAWING[0])
    assert planes_of(image) == ()
    assert any("overlay" in note.lower() for note in image.attributes.notes)


def test_a_plane_that_an_earlier_release_has_kept_is_not_unpacked_beyond_the_bound(monkeypatch):
    image = image_with(DRAWING[0])
    monkeypatch.setattr("backend.dicom.overlay_bits.MOST_PLANE_PIXELS", ROWS * COLUMNS - 1)
    with pytest.raises(NotDecodable):
        planes_of(image)
