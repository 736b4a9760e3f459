"""Colours are shown as sRGB: what already is sRGB does not move, the rest follows its profile, by the formulas of ICC."""

import io

import numpy as np
import pytest
from PIL import ImageCms

from backend.imaging.icc_profile import UnusableProfile, is_srgb, palette_to_srgb, to_srgb
from backend.imaging.model import LookupTable
from backend.imaging.palette_color_lut import apply_palette
from tests.icc_profiles import (
    ADOBE,
    ADOBE_GAMMA,
    ADOBE_TO_XYZ,
    SRGB,
    SRGB_TO_XYZ,
    matrix_profile,
)


def by_the_formulas(colours):
    """Adobe RGB to sRGB: gamma, primaries, primaries, curve (IEC 61966-2-1), in float64."""
    linear = (colours / 255.0) ** ADOBE_GAMMA
    xyz = linear @ ADOBE_TO_XYZ.T
    linear = np.clip(xyz @ np.linalg.inv(SRGB_TO_XYZ).T, 0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return curved * 255


COLOURS = np.random.default_rng(7).integers(0, 256, (60, 50, 3)).astype(np.uint8)


def test_colours_of_another_space_follow_its_profile():
    converted = to_srgb(COLOURS, ADOBE)
    # The profile holds its numbers in 16 bits after the point, and the converter its curves in steps.
    assert np.abs(converted - by_the_formulas(COLOURS)).max() <= 2.5
    assert np.abs(converted.astype(int) - COLOURS).max() > 20


def test_what_is_srgb_is_found_out_by_trying_and_not_by_its_name():
    assert is_srgb(SRGB)
    assert not is_srgb(ADOBE)
    assert is_srgb(matrix_profile(SRGB_TO_XYZ, 2.2)) == (
        np.abs(to_srgb(COLOURS, matrix_profile(SRGB_TO_XYZ, 2.2)).astype(int) - COLOURS).max() <= 1
    )


def test_white_stays_white_and_black_stays_black():
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    assert np.array_equal(to_srgb(ends, ADOBE), ends)


def test_a_palette_gives_what_converting_its_pixels_would_give():
    rng = np.random.default_rng(3)
    palette = tuple(
        LookupTable(first, rng.integers(0, 65536, 200).astype(np.uint16), 16)
        for first in (10, 10, 12)
    )
    indices = np.arange(256, dtype=np.uint8)[None, :]
    pixels = to_srgb(apply_palette(indices, palette), ADOBE)
    assert np.array_equal(apply_palette(indices, palette_to_srgb(palette, ADOBE)), pixels)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"no profile at all",
        ADOBE[:300],
        ADOBE[:12] + b"\x8a" + ADOBE[13:],
        matrix_profile(ADOBE_TO_XYZ, 2.2, space=b"CMYK"),
        matrix_profile(ADOBE_TO_XYZ, 2.2, space=b"GRAY"),
        matrix_profile(ADOBE_TO_XYZ, 2.2, kind=b"link"),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    ],
    ids=["empty", "text", "cut short", "no letters", "cmyk", "grey", "device link", "lab"],
)
def test_octets_that_are_no_profile_for_rgb_are_refused(octets):
    with pytest.raises(UnusableProfile):
        is_srgb(octets)


def test_the_profile_made_here_is_one():
    opened = ImageCms.ImageCmsProfile(io.BytesIO(ADOBE))
    assert opened.profile.xcolor_space == "RGB "
