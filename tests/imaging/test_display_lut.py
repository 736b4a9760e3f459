"""The one table from stored value to display grey, against the steps of the standard one by one."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.core.errors import InvalidWindow, NotDisplayable
from backend.imaging.display_lut import (
    DisplayChain,
    apply_display_chain,
    compose_display_lut,
)
from backend.imaging.model import (
    FrameAttributes,
    LookupTable,
    NamedLut,
    VoiFunction,
    Window,
    padding_range,
)

DTYPES = [np.dtype(name) for name in ("uint8", "int8", "uint16", "int16")]


def every_stored_value(dtype):
    """Every value of a dtype, in the order of its unsigned view."""
    return np.arange(2 ** (dtype.itemsize * 8)).astype(f"u{dtype.itemsize}").view(dtype)


def by_the_standard(stored, attributes, window, *, invert):
    """Grey levels step by step in float64, before rounding."""
    x = stored.astype(np.float64) * attributes.rescale_slope + attributes.rescale_intercept
    c, w = window.center, window.width
    if window.function is VoiFunction.SIGMOID:
        with np.errstate(over="ignore"):
            y = 255 / (1 + np.exp(-4 * (x - c) / w))
    else:
        middle, span = (c - 0.5, w - 1) if window.function is VoiFunction.LINEAR else (c, w)
        with np.errstate(divide="ignore", invalid="ignore"):
            y = ((x - middle) / span + 0.5) * 255
        y = np.where(x <= middle - span / 2, 0.0, np.where(x > middle + span / 2, 255.0, y))
    return 255 - y if attributes.is_inverted != invert else y


windows = st.one_of(
    st.builds(Window, st.floats(-3000, 5000), st.floats(1, 70000)),
    st.builds(Window, st.integers(-3000, 5000), st.integers(1, 5000)),
    st.builds(
        Window,
        st.floats(-3000, 5000),
        st.floats(0.01, 70000),
        st.sampled_from([VoiFunction.LINEAR_EXACT, VoiFunction.SIGMOID]),
    ),
)
slopes = st.sampled_from([1.0, 2.0, 0.5, -1.0, 0.0234, -3.7, 1000.0, 1e-5])
intercepts = st.sampled_from([0.0, -1024.0, 0.25, 3000.0])


@given(st.sampled_from(DTYPES), windows, slopes, intercepts, st.booleans(), st.booleans())
def test_every_stored_value_gets_the_grey_of_the_standard(
    dtype, window, slope, intercept, is_monochrome1, invert
):
    attributes = FrameAttributes(
        1,
        1,
        photometric_interpretation="MONOCHROME1" if is_monochrome1 else "MONOCHROME2",
        is_signed=dtype.kind == "i",
        rescale_slope=slope,
        rescale_intercept=intercept,
    )
    stored = every_stored_value(dtype)
    exact = by_the_standard(stored, attributes, window, invert=invert)
    table = compose_display_lut(attributes, dtype, window, invert=invert)
    # A window so narrow that one rounding error of the input crosses it may fall on either side.
    unsure = 1e-6 + 255 / max(window.width - 1, 1e-12) * np.spacing(70000.0 * max(1, abs(slope)))
    far = np.abs(table - exact) > 0.5 + unsure
    assert not far.any(), (stored[far][:3], exact[far][:3], table[far][:3])


@given(st.sampled_from(DTYPES), windows, slopes, intercepts, st.booleans())
@example(np.dtype("uint16"), Window(1, 1), 1e-5, 0.0, False)  # 50000 lies right on the threshold
@example(np.dtype("uint16"), Window(1, 1 + 1e-12), 1e-5, 0.0, True)
def test_the_table_and_the_direct_path_agree(dtype, window, slope, intercept, invert):
    attributes = FrameAttributes(
        1, 1, rescale_slope=slope, rescale_intercept=intercept, pixel_padding_value=7.0
    )
    stored = every_stored_value(dtype)
    table = compose_display_lut(attributes, dtype, window, invert=invert)
    direct = apply_display_chain(stored, DisplayChain.of(attributes, window, invert=invert))
    difference = np.abs(table.astype(int) - direct)
    # Ties are rounded up by both, but the two sum in another order: a tie may be missed by a hair.
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.001


@given(st.sampled_from(DTYPES), windows)
def test_grey_never_falls_while_the_value_rises(dtype, window):
    table = compose_display_lut(FrameAttributes(1, 1), dtype, window)
    ascending = table[np.argsort(every_stored_value(dtype), kind="stable")]
    assert (np.diff(ascending.astype(int)) >= 0).all()


@given(windows, st.sampled_from(["MONOCHROME1", "MONOCHROME2"]))
def test_inverting_twice_changes_nothing(window, photometric_interpretation):
    attributes = FrameAttributes(1, 1, photometric_interpretation=photometric_interpretation)
    plain = compose_display_lut(attributes, np.dtype("uint16"), window)
    inverted = compose_display_lut(attributes, np.dtype("uint16"), window, invert=True)
    assert np.array_equal(255 - inverted, plain)


def test_the_identity_window_of_eight_bits_is_the_identity():
    table = compose_display_lut(FrameAttributes(1, 1), np.dtype("uint8"), Window(128, 256))
    assert table.tolist() == list(range(256))


def test_ties_are_rounded_up():
    # With this window every value falls halfway between two grey levels.
    table = compose_display_lut(FrameAttributes(1, 1), np.dtype("uint8"), Window(127.5, 256))
    assert table.tolist() == [*range(1, 256), 255]


decimals = st.sampled_from(["1", "0.1", "0.3", "-0.7", "2.5", "0.0234", "-1"])


@settings(max_examples=60)
@given(decimals, st.integers(-9999, 9999), st.integers(-5000, 5000), st.integers(2, 600))
def test_numbers_as_files_write_them_are_rounded_as_exact_arithmetic_rounds_them(
    slope, intercept_tenths, center_tenths, width
):
    intercept, center = Fraction(intercept_tenths, 10), Fraction(center_tenths, 10)
    attributes = FrameAttributes(
        1, 1, rescale_slope=float(slope), rescale_intercept=float(intercept)
    )
    table = compose_display_lut(attributes, np.dtype("uint8"), Window(float(center), float(width)))
    for stored in range(256):
        x = stored * Fraction(slope) + intercept
        exact = ((x - (center - Fraction(1, 2))) / (width - 1) + Fraction(1, 2)) * 255
        assert table[stored] == math.floor(min(max(exact, 0), 255) + Fraction(1, 2)), (
            stored,
            exact,
        )


@pytest.mark.parametrize(
    ("photometric_interpretation", "presentation_lut_shape", "is_inverted"),
    [
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "INVERSE", True),  # says it twice, is inverted once
        ("MONOCHROME2", None, False),
        ("MONOCHROME2", "IDENTITY", False),
        ("MONOCHROME2", "INVERSE", True),
    ],
)
def test_nothing_is_inverted_twice(photometric_interpretation, presentation_lut_shape, is_inverted):
    attributes = FrameAttributes(
        1,
        1,
        photometric_interpretation=photometric_interpretation,
        presentation_lut_shape=presentation_lut_shape,
    )
    table = compose_display_lut(attributes, np.dtype("uint8"), Window(128, 256))
    assert (table[0], table[255]) == ((255, 0) if is_inverted else (0, 255))
    wished = compose_display_lut(attributes, np.dtype("uint8"), Window(128, 256), invert=True)
    assert (wished[0], wished[255]) == ((0, 255) if is_inverted else (255, 0))


@settings(max_examples=50)
@given(windows, st.booleans(), st.sampled_from(["MONOCHROME1", "MONOCHROME2"]))
def test_background_is_black_whatever_the_window(window, invert, photometric_interpretation):
    attributes = FrameAttributes(
        1,
        1,
        is_signed=True,
        photometric_interpretation=photometric_interpretation,
        pixel_padding_value=-2000.0,
        pixel_padding_range_limit=-1990.0,
    )
    table = compose_display_lut(attributes, np.dtype("int16"), window, invert=invert)
    background = np.arange(-2000, -1989, dtype=np.int16).view(np.uint16)
    assert (table[background] == 0).all()
    unpadded = compose_display_lut(
        FrameAttributes(1, 1, photometric_interpretation=photometric_interpretation),
        np.dtype("int16"),
        window,
        invert=invert,
    )
    others = np.setdiff1d(np.arange(65536), background)
    assert np.array_equal(table[others], unpadded[others])


@pytest.mark.parametrize(
    ("value", "limit", "is_signed", "bits_stored", "expected"),
    [
        (63536, None, True, 16, (-2000, -2000)),  # the unsigned reading of -2000
        (-2000, None, True, 16, (-2000, -2000)),
        (2048, None, True, 12, (-2048, -2048)),
        (63488, None, True, 12, (-2048, -2048)),
        (-1, None, False, 16, (65535, 65535)),
        (-2000, -1990, False, 16, (63536, 63546)),
        (-1, None, False, 12, (65535, 65535)),  # no pixel has it: 4095 may be a real value
        (-2000, 0, False, 12, (-2000, 0)),  # and not everything from 0 to 63536
        (0, -2000, False, 16, (-2000, 0)),
        (-2000, 24, True, 12, (-2000, 24)),
        (-2000, 63546, True, 16, (-2000, -1990)),
        (-2000, -1990, True, 32, (-2000, -1990)),
        (0, 10, False, 12, (0, 10)),
        (10, 0, False, 12, (0, 10)),
        (None, 5, False, 12, None),
        (float("nan"), None, False, 12, None),
    ],
)
def test_padding_is_read_as_stored_values_are(value, limit, is_signed, bits_stored, expected):
    attributes = FrameAttributes(
        1,
        1,
        is_signed=is_signed,
        bits_stored=bits_stored,
        pixel_padding_value=value,
        pixel_padding_range_limit=limit,
    )
    assert padding_range(attributes) == expected


def test_a_modality_lut_takes_the_place_of_slope_and_intercept():
    modality_lut = LookupTable(first_value=1, values=np.array([100, 200, 400], np.uint16), bits=9)
    attributes = FrameAttributes(
        1, 1, modality_lut=modality_lut, rescale_slope=99.0, rescale_intercept=99.0
    )
    table = compose_display_lut(
        attributes, np.dtype("uint8"), Window(250, 300, VoiFunction.LINEAR_EXACT)
    )
    assert table[:5].tolist() == [0, 0, 85, 255, 255]


def test_a_voi_lut_of_the_file_is_applied_after_the_rescale():
    voi_lut = LookupTable(first_value=-1024, values=np.array([0, 512, 1023], np.uint16), bits=10)
    attributes = FrameAttributes(
        1, 1, rescale_intercept=-1024.0, voi_luts=(NamedLut(voi_lut, "NORMAL"),)
    )
    table = compose_display_lut(attributes, np.dtype("uint16"), 0)
    assert table[:4].tolist() == [0, 128, 255, 255]


def test_a_voi_lut_that_is_not_there_is_refused():
    with pytest.raises(NotDisplayable, match="VOI LUT number 1"):
        compose_display_lut(FrameAttributes(1, 1), np.dtype("uint16"), 0)


def test_a_window_that_is_not_defined_is_refused():
    with pytest.raises(InvalidWindow):
        compose_display_lut(FrameAttributes(1, 1), np.dtype("uint16"), Window(40, 0.5))


@pytest.mark.parametrize("number", ["rescale_slope", "rescale_intercept"])
def test_a_rescale_that_is_not_a_number_is_refused(number):
    attributes = FrameAttributes(1, 1, **{number: float("nan")})
    with pytest.raises(NotDisplayable, match="rescale"):
        compose_display_lut(attributes, np.dtype("uint16"), Window(40, 400))


def test_a_slope_of_zero_gives_one_grey():
    attributes = FrameAttributes(1, 1, rescale_slope=0.0, rescale_intercept=40.0)
    table = compose_display_lut(attributes, np.dtype("uint16"), Window(40.5, 401))
    assert np.unique(table).tolist() == [128]


def test_tables_are_remembered_and_cannot_be_spoilt():
    window = Window(123, 456)
    one = compose_display_lut(FrameAttributes(1, 1, modality="CT"), np.dtype("uint16"), window)
    other = compose_display_lut(FrameAttributes(9, 9, modality="MR"), np.dtype("uint16"), window)
    assert one is other
    with pytest.raises(ValueError, match="read-only"):
        one[0] = 1


def test_equal_look_up_tables_of_two_slices_share_one_table():
    def attributes():
        values = np.arange(4096, dtype=np.uint16)
        return FrameAttributes(1, 1, modality_lut=LookupTable(0, values, 12))

    window = Window(100, 200)
    first = compose_display_lut(attributes(), np.dtype("uint16"), window)
    assert compose_display_lut(attributes(), np.dtype("uint16"), window) is first
