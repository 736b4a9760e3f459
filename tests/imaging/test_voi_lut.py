"""Windows and VOI LUTs against the formulas of the standard and against pydicom."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_windowing

from backend.core.errors import InvalidWindow
from backend.imaging.model import LookupTable, VoiFunction, Window
from backend.imaging.voi_lut import apply_lut, apply_window

centers = st.floats(-40000, 70000, allow_nan=False)
functions = st.sampled_from(list(VoiFunction))


@st.composite
def windows(draw):
    function = draw(functions)
    smallest = 1.0 if function is VoiFunction.LINEAR else 0.01
    return Window(draw(centers), draw(st.floats(smallest, 70000)), function)


def linear_by_the_standard(x, center, width):
    """PS3.3 C.11.2.1.2.1 as printed, in exact fractions, with ymin 0 and ymax 1."""
    x, c, w = Fraction(x), Fraction(center), Fraction(width)
    half = Fraction(1, 2)
    if x <= c - half - (w - 1) / 2:
        return Fraction(0)
    if x > c - half + (w - 1) / 2:
        return Fraction(1)
    return (x - (c - half)) / (w - 1) + half


def linear_exact_by_the_standard(x, center, width):
    """PS3.3 C.11.2.1.3.2 as printed."""
    x, c, w = Fraction(x), Fraction(center), Fraction(width)
    if x <= c - w / 2:
        return Fraction(0)
    if x > c + w / 2:
        return Fraction(1)
    return (x - c) / w + Fraction(1, 2)


@given(st.integers(-32768, 65535), centers, st.floats(1, 70000))
def test_linear_is_the_formula_of_the_standard(x, center, width):
    expected = float(linear_by_the_standard(x, center, width))
    actual = float(apply_window(x, Window(center, width)))
    # At the ends of a window narrower than float64 can resolve, a step of one unit in the last place is a jump.
    near = 64 * np.spacing(max(abs(x), abs(center), width, 1.0))
    below = float(linear_by_the_standard(Fraction(x) - Fraction(near), center, width))
    above = float(linear_by_the_standard(Fraction(x) + Fraction(near), center, width))
    assert below - 1e-9 <= actual <= above + 1e-9
    assert below <= expected <= above


@given(st.integers(-32768, 65535), centers, st.floats(0.01, 70000))
def test_linear_exact_is_the_formula_of_the_standard(x, center, width):
    actual = float(apply_window(x, Window(center, width, VoiFunction.LINEAR_EXACT)))
    assert actual == pytest.approx(float(linear_exact_by_the_standard(x, center, width)), abs=1e-8)


@given(st.integers(-32768, 65535), centers, st.floats(10, 70000))
def test_sigmoid_is_the_formula_of_the_standard(x, center, width):
    actual = float(apply_window(x, Window(center, width, VoiFunction.SIGMOID)))
    with np.errstate(over="ignore"):
        expected = 1 / (1 + np.exp(np.float64(-4 * (x - center) / width)))
    assert actual == pytest.approx(expected, abs=1e-12)


@given(windows())
def test_brighter_values_are_never_drawn_darker(window):
    p_values = apply_window(np.arange(-32768, 65536), window)
    assert (np.diff(p_values) >= 0).all()
    assert p_values.min() >= 0
    assert p_values.max() <= 1


@given(st.integers(-1000, 1000))
def test_width_one_is_a_threshold(center):
    values = np.array([center - 1, center - 0.5, center - 0.49, center, center + 1])
    assert apply_window(values, Window(center, 1)).tolist() == [0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    "window",
    [
        Window(40, 0.99),
        Window(40, 0),
        Window(40, -400),
        Window(40, 0, VoiFunction.LINEAR_EXACT),
        Window(40, 0, VoiFunction.SIGMOID),
        Window(40, -1, VoiFunction.SIGMOID),
        Window(float("nan"), 400),
        Window(40, float("nan")),
        Window(float("inf"), 400),
        Window(40, float("inf"), VoiFunction.LINEAR_EXACT),
    ],
)
def test_a_window_that_the_standard_does_not_define_is_refused(window):
    with pytest.raises(InvalidWindow):
        apply_window([1, 2, 3], window)


def test_linear_exact_and_sigmoid_may_be_narrower_than_one():
    for function in (VoiFunction.LINEAR_EXACT, VoiFunction.SIGMOID):
        narrow = apply_window([0.0, 0.5, 1.0], Window(0.5, 0.5, function))
        assert narrow[1] == 0.5
        assert narrow[0] < narrow[1] < narrow[2]


def test_sigmoid_far_away_does_not_overflow():
    with np.errstate(all="raise", under="ignore"):
        ends = apply_window([-1e12, 1e12], Window(0, 0.001, VoiFunction.SIGMOID))
    assert ends.tolist() == [0, 1]


@given(windows())
def test_windows_agree_with_pydicom(window):
    dataset = Dataset()
    dataset.WindowCenter = window.center
    dataset.WindowWidth = window.width
    dataset.VOILUTFunction = window.function.value.replace("-", "_").upper()
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsStored = 12
    dataset.PixelRepresentation = 0
    stored = np.arange(4096, dtype=np.uint16)
    with np.errstate(over="ignore"):
        oracle = apply_windowing(stored, dataset) / 4095
    ours = apply_window(
        stored, Window(float(dataset.WindowCenter), float(dataset.WindowWidth), window.function)
    )
    slope = (
        1 / max(window.width - 1, 1e-6)
        if window.function is VoiFunction.LINEAR
        else 4 / window.width
    )
    assert np.abs(ours - oracle).max() <= 1e-9 + slope * 1e-10


def test_a_voi_lut_holds_its_ends_beyond_its_inputs():
    table = LookupTable(first_value=-2, values=np.array([0, 100, 255], np.uint16), bits=8)
    p_values = apply_lut(np.array([-30000, -2, -1, 0, 1, 30000]), table)
    assert p_values.tolist() == [0, 0, 100 / 255, 1, 1, 1]


def test_a_voi_lut_is_not_changed_by_its_inputs_dtype():
    table = LookupTable(first_value=0, values=np.arange(0, 1024, dtype=np.uint16), bits=10)
    for dtype in (np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64):
        assert apply_lut(np.array([0, 1, 127], dtype), table).tolist() == [0, 1 / 1023, 127 / 1023]


def test_a_value_between_two_inputs_takes_the_entry_of_the_nearest():
    table = LookupTable(first_value=-1, values=np.array([10, 20, 30], np.uint16), bits=8)
    assert table.apply(np.array([-0.51, -0.5, 0.49, 0.5])).tolist() == [10, 20, 20, 30]


def test_a_table_with_brighter_entries_than_its_bits_does_not_wrap():
    table = LookupTable(first_value=0, values=np.array([0, 4095], np.uint16), bits=8)
    assert apply_lut([0, 1], table).tolist() == [0, 1]
