"""Colours are shown as sRGB: what already is sRGB does not move, the rest follows its profile, by the formulas of ICC."""

import io
import struct

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
    D50,
    SRGB,
    SRGB_TO_XYZ,
    matrix_profile,
    table_profile,
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


def with_stronger_green(times):
    """The profile of sRGB with a green that is brighter by a hair."""
    # Where the table of tags says that the tag lies; its three numbers follow on eight octets.
    entry = SRGB.index(b"gXYZ") + 4
    (start,) = struct.unpack_from(">I", SRGB, entry)
    green = struct.unpack_from(">3i", SRGB, start + 8)
    changed = bytearray(SRGB)
    struct.pack_into(">3i", changed, start + 8, *(round(part * times) for part in green))
    return bytes(changed)


def test_what_is_srgb_is_found_out_by_trying_and_not_by_its_name():
    assert is_srgb(SRGB)
    assert not is_srgb(ADOBE)


@pytest.mark.parametrize(("times", "moves_by"), [(1.01, 1), (1.02, 2)])
def test_a_profile_is_that_of_srgb_as_long_as_it_moves_no_colour_by_more_than_one(times, moves_by):
    profile = with_stronger_green(times)
    moved = np.abs(to_srgb(COLOURS, profile).astype(int) - COLOURS).max()
    assert moved == moves_by
    assert is_srgb(profile) == (moves_by == 1)


def test_of_the_tables_for_several_intents_the_colorimetric_ones_are_followed():
    no_black = np.zeros(3)
    profile = table_profile(
        ADOBE_GAMMA,
        perceptual=(no_black, ADOBE_TO_XYZ[:, ::-1]),
        colorimetric=(no_black, ADOBE_TO_XYZ),
    )
    difference = np.abs(to_srgb(COLOURS, profile) - by_the_formulas(COLOURS))
    # Between the points of its lattice the converter is off by more in the darkest colours only.
    assert np.percentile(difference, 99) <= 2.5


def test_white_stays_white_and_black_stays_black():
    ends = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    grey_black = 0.02 * D50  # as of a screen in a lit room
    screen = table_profile(ADOBE_GAMMA, colorimetric=(grey_black, 0.98 * ADOBE_TO_XYZ))
    for profile in (ADOBE, screen):
        assert np.array_equal(to_srgb(ends, profile), ends)


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
