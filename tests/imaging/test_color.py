"""Colour spaces: against the formulas of the standard, and there and back again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydicom.pixels.processing import convert_color_space

from backend.imaging.color import (
    upsample_422,
    ybr_full_to_rgb,
    ybr_partial_to_rgb,
)

pictures = hnp.arrays("uint8", st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))

# PS3.3 C.7.6.3.1.2, rows Y, Cb, Cr of columns R, G, B.
FULL = np.array([[0.2990, 0.5870, 0.1140], [-0.1687, -0.3313, 0.5000], [0.5000, -0.4187, -0.0813]])


@given(pictures)
def test_full_range_colours_come_back(rgb):
    ybr = rgb @ FULL.T + [0, 128, 128]
    stored = np.clip(np.rint(ybr), 0, 255).astype(np.uint8)
    back = ybr_full_to_rgb(stored)
    # Each stored number is rounded by up to a half, which the way back makes up to 1.4 levels of.
    assert np.abs(back.astype(int) - rgb).max() <= 2


@given(pictures)
def test_partial_range_colours_come_back(rgb):
    full = rgb @ FULL.T
    ybr = full * [219 / 255, 224 / 255, 224 / 255] + [16, 128, 128]
    back = ybr_partial_to_rgb(np.clip(np.rint(ybr), 0, 255).astype(np.uint8))
    assert np.abs(back.astype(int) - rgb).max() <= 2


@given(pictures)
def test_full_range_agrees_with_pydicom(ybr):
    oracle = convert_color_space(ybr, "YBR_FULL", "RGB").astype(int)
    assert np.abs(ybr_full_to_rgb(ybr).astype(int) - oracle).max() <= 1


@pytest.mark.parametrize(
    ("convert", "lowest", "spans"),
    [(ybr_full_to_rgb, 0, (255, 255)), (ybr_partial_to_rgb, 16, (219, 224))],
)
def test_every_colour_is_the_nearest_to_the_exact_one(convert, lowest, spans):
    # Rec. ITU-R BT.601: Y of its weights, chroma the differences to it, of which the largest is a half.
    red_weight, blue_weight = 0.299, 0.114
    ybr = np.stack(np.meshgrid(*[np.arange(0, 256, 5)] * 3), axis=-1)
    luma = (ybr[..., 0] - lowest) / spans[0]
    blue, red = ((ybr[..., channel] - 128) / spans[1] for channel in (1, 2))
    exact = np.empty(ybr.shape)
    exact[..., 0] = luma + 2 * (1 - red_weight) * red
    exact[..., 2] = luma + 2 * (1 - blue_weight) * blue
    rest = luma - red_weight * exact[..., 0] - blue_weight * exact[..., 2]
    exact[..., 1] = rest / (1 - red_weight - blue_weight)
    difference = convert(ybr.astype(np.uint8)) - np.clip(255 * exact, 0, 255)
    assert np.abs(difference).max() < 0.5 + 1e-4


@given(st.integers(0, 255))
def test_grey_stays_grey(level):
    ybr = np.array([[[level, 128, 128]]], np.uint8)
    assert ybr_full_to_rgb(ybr).tolist() == [[[level] * 3]]


def test_extreme_colours_do_not_wrap():
    for convert in (ybr_full_to_rgb, ybr_partial_to_rgb):
        pixels = np.array([[[255, 255, 255], [255, 0, 0], [0, 255, 255], [0, 0, 0]]], np.uint8)
        rgb = convert(pixels)[0]
        assert (rgb[0, 0], rgb[0, 2]) == (255, 255)  # red and blue beyond 255
        assert rgb[1, 1] == 255  # green beyond 255
        assert rgb[2, 1] == 0  # green below 0
        assert (rgb[3, 0], rgb[3, 2]) == (0, 0)  # red and blue below 0


def test_partial_range_black_and_white_are_the_ends():
    ybr = np.array([[[16, 128, 128], [235, 128, 128]]], np.uint8)
    assert ybr_partial_to_rgb(ybr).tolist() == [[[0] * 3, [255] * 3]]


def test_shared_chroma_is_given_to_both_pixels():
    octets = np.array([1, 2, 100, 200, 3, 4, 110, 210], np.uint8)
    assert upsample_422(octets, 2, 2).tolist() == [
        [[1, 100, 200], [2, 100, 200]],
        [[3, 110, 210], [4, 110, 210]],
    ]


@pytest.mark.parametrize(("size", "rows", "columns"), [(7, 2, 2), (6, 1, 3)])
def test_samples_that_do_not_make_pairs_are_refused(size, rows, columns):
    with pytest.raises(ValueError, match="samples do not make"):
        upsample_422(np.zeros(size, np.uint8), rows, columns)
