"""Colours with an ICC profile become sRGB, and a file's profile that cannot be used is told."""

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from backend.dicom.colour_profiles import MAX_PROFILE_BYTES
from backend.dicom.frames import decode_stored_frame, pixel_checksum
from backend.imaging.icc_profile import to_srgb
from backend.imaging.rendering import RenderParameters, render_display_values
from tests.dicom.opened_files import Opened, opened
from tests.dicom_files import image_dataset, written
from tests.icc_profiles import ADOBE, ADOBE_TO_XYZ, SRGB, matrix_profile

COLOUR = np.random.default_rng(4).integers(0, 256, (20, 30, 3)).astype(np.uint8)
OTHER = matrix_profile(ADOBE_TO_XYZ, 1.5)


def drawn(image, index=0):
    return render_display_values(image.frame(index), RenderParameters())


def test_an_image_with_a_profile_is_shown_as_srgb():
    image = opened(COLOUR, ICCProfile=ADOBE)
    assert np.array_equal(drawn(image), to_srgb(COLOUR, ADOBE))
    assert image.attributes.notes == ()


def test_the_profile_of_srgb_changes_nothing_and_is_not_even_kept():
    image = opened(COLOUR, ICCProfile=SRGB)
    assert np.array_equal(drawn(image), COLOUR)
    assert image.header.icc_profiles == ()
    assert len(image.parsed.reading_header) < 2000


def test_the_checksum_is_that_of_the_pixels_in_the_file():
    image = opened(COLOUR, ICCProfile=ADOBE)
    stored = decode_stored_frame(image.header, image.read_range, 0)
    assert np.array_equal(stored.stored_values, COLOUR)
    assert image.parsed.frame_checksums == (pixel_checksum(stored),)


def test_a_palette_is_converted_once_for_all_pixels():
    steps = np.arange(256, dtype=np.uint16)
    tables = {"Red": steps, "Green": steps[::-1], "Blue": steps // 2}
    elements = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, table in tables.items():
        elements[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        elements[f"{name}PaletteColorLookupTableData"] = (table * 257).astype("<u2").tobytes()
    indices = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = opened(indices, **elements, ICCProfile=ADOBE)
    colours = np.stack([table[indices] for table in tables.values()], axis=-1).astype(np.uint8)
    assert np.array_equal(drawn(image), to_srgb(colours, ADOBE))


@pytest.mark.parametrize(
    ("profile", "word"),
    [
        (b"\0" * 500, "damaged"),
        (ADOBE[:200], "damaged"),
        (ADOBE + b"\0" * MAX_PROFILE_BYTES, "1 MiB"),
    ],
    ids=["zeros", "cut short", "too large"],
)
def test_a_profile_that_cannot_be_used_is_told_and_the_image_shown_without(profile, word):
    image = opened(COLOUR, ICCProfile=profile)
    assert np.array_equal(drawn(image), COLOUR)
    assert [word in note for note in image.attributes.notes] == [True]


def test_a_colour_space_without_a_profile_is_told():
    image = opened(COLOUR, ColorSpace="ADOBERGB")
    assert np.array_equal(drawn(image), COLOUR)
    assert "ADOBERGB" in image.attributes.notes[0]
    assert opened(COLOUR, ColorSpace="SRGB").attributes.notes == ()


def test_grey_images_have_no_use_for_one():
    grey = COLOUR[..., 0]
    image = opened(grey, ICCProfile=ADOBE)
    assert image.header.icc_profiles == ()
    assert image.attributes.notes == ()


def optical_paths(*profiles):
    paths = []
    for number, profile in enumerate(profiles, start=1):
        path = Dataset()
        path.OpticalPathIdentifier = str(number)
        path.ICCProfile = profile
        paths.append(path)
    return Sequence(paths)


def test_the_profile_of_a_whole_slide_image_stands_with_its_optical_path():
    image = opened(COLOUR, OpticalPathSequence=optical_paths(ADOBE, ADOBE))
    assert np.array_equal(drawn(image), to_srgb(COLOUR, ADOBE))
    assert image.header.icc_profiles == (ADOBE,)


def slide(identifiers):
    frames = np.stack([COLOUR] * len(identifiers))
    dataset = image_dataset(COLOUR, NumberOfFrames=len(identifiers))
    dataset.PixelData = frames.tobytes()
    dataset.OpticalPathSequence = optical_paths(ADOBE, OTHER, SRGB)
    groups = []
    for identifier in identifiers:
        group, path = Dataset(), Dataset()
        path.OpticalPathIdentifier = identifier
        group.OpticalPathIdentificationSequence = Sequence([path])
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    return Opened(written(dataset))


def test_each_frame_follows_the_profile_of_its_own_path():
    image = slide(["2", "1", "3", "1"])
    assert np.array_equal(drawn(image, 0), to_srgb(COLOUR, OTHER))
    assert np.array_equal(drawn(image, 1), to_srgb(COLOUR, ADOBE))
    assert np.array_equal(drawn(image, 2), COLOUR)
    assert np.array_equal(drawn(image, 3), drawn(image, 1))
    assert set(image.header.icc_profiles) == {ADOBE, OTHER}
    assert image.attributes.notes == ()


def test_a_frame_that_does_not_name_its_path_is_shown_without_and_told():
    image = slide(["1", "9"])
    assert np.array_equal(drawn(image, 1), COLOUR)
    assert "which of its colour profiles" in image.attributes.notes[0]
