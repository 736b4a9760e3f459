"""Numbers for the reader: what a pixel holds, and which window a region asks for."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.errors import InvalidWindow, NotDisplayable
from backend.imaging.model import DecodedFrame, FrameAttributes, LookupTable, VoiFunction
from backend.imaging.pixel_reading import PixelReading, read_pixel, window_of_region
from backend.imaging.rendering import RenderParameters, render_display_values
from tests import phantoms


def frame(values: np.ndarray, **attributes) -> DecodedFrame:
    rows, columns = values.shape[:2]
    return DecodedFrame(values, FrameAttributes(rows, columns, **attributes))


def test_a_pixel_is_read_in_its_own_row_and_column():
    values = np.arange(12, dtype=np.uint16).reshape(3, 4)
    reading = read_pixel(frame(values, rescale_slope=2.0, rescale_intercept=-1000.0), 1, 3)
    assert reading == PixelReading(7.0, -986.0, None, is_background=False)


def test_a_modality_table_takes_the_place_of_slope_and_intercept():
    table = LookupTable(0, np.array([100, 300, 700], np.uint16), 16)
    read = read_pixel(frame(np.array([[2, 0]], np.uint16), modality_lut=table), 0, 0)
    assert (read.stored_value, read.modality_value) == (2, 700)


def test_background_is_said_and_still_read():
    head = phantoms.ct_head(64, 64)
    corner, middle = read_pixel(head, 0, 0), read_pixel(head, 32, 32)
    assert corner.is_background
    assert corner.stored_value == phantoms.PADDING
    assert not middle.is_background


def test_colour_is_red_green_and_blue():
    ultrasound = phantoms.ultrasound_colour()
    read = read_pixel(ultrasound, 10, 20)
    assert read.red_green_blue == tuple(ultrasound.stored_values[10, 20])
    assert read.modality_value is None


def test_a_palette_gives_its_index_and_its_colour():
    picture = phantoms.palette_picture()
    read = read_pixel(picture, 5, 7)
    assert read.stored_value == picture.stored_values[5, 7]
    drawn = render_display_values(picture, RenderParameters())
    assert read.red_green_blue == tuple(int(part) for part in drawn[5, 7])


def test_what_is_not_a_number_is_background_without_a_value():
    values = np.array([[np.nan, 1.5]], np.float32)
    assert read_pixel(frame(values), 0, 0) == PixelReading(None, None, None, is_background=True)
    assert read_pixel(frame(values), 0, 1).modality_value == 1.5


@pytest.mark.parametrize(("row", "column"), [(-1, 0), (0, -1), (3, 0), (0, 4)])
def test_there_is_no_pixel_outside_the_image(row, column):
    with pytest.raises(NotDisplayable):
        read_pixel(frame(np.zeros((3, 4), np.uint8)), row, column)


@given(
    top=st.integers(-5, 40), left=st.integers(-5, 40), height=st.integers(2, 30), width=st.integers(2, 30),
    slope=st.sampled_from([1.0, 0.5, 3.0]), intercept=st.sampled_from([0.0, -1024.0]),
)  # fmt: skip
def test_the_whole_range_of_a_region_runs_from_black_to_white(
    top, left, height, width, slope, intercept
):
    values = np.arange(48 * 48, dtype=np.uint16).reshape(48, 48)
    image = frame(values, rescale_slope=slope, rescale_intercept=intercept)
    region = (top, left, top + height, left + width)
    rows = slice(max(0, top), max(0, top + height))
    columns = slice(max(0, left), max(0, left + width))
    inside = values[rows, columns]
    if inside.size < 2:
        with pytest.raises(InvalidWindow):
            window_of_region(image, region, (0, 100))
        return
    window = window_of_region(image, region, (0.0, 100.0))
    drawn = render_display_values(image, RenderParameters(window=window))[rows, columns]
    assert drawn.flat[inside.argmin()] == 0
    assert drawn.flat[inside.argmax()] == 255


def test_a_few_bright_pixels_do_not_spoil_the_percentiles_of_a_region():
    values = np.tile(np.arange(100, dtype=np.uint16), (100, 1))
    values[0, :3] = 60000
    window = window_of_region(frame(values), (0, 0, 100, 100))
    assert window.center + window.width / 2 < 110


def test_background_takes_no_part_in_the_window_of_a_region():
    head = phantoms.ct_head(64, 64)
    window = window_of_region(head, None, (0.0, 100.0))
    lowest = int(head.stored_values[head.stored_values != phantoms.PADDING].min())
    assert window.center - window.width / 2 == pytest.approx(lowest - 0.0, abs=1)
    with pytest.raises(InvalidWindow):
        window_of_region(head, (0, 0, 3, 3))


def test_values_that_lie_close_together_get_an_exact_window():
    values = np.linspace(0, 1e-3, 100, dtype=np.float32).reshape(10, 10)
    window = window_of_region(frame(values), None, (0.0, 100.0))
    assert window.function is VoiFunction.LINEAR_EXACT
    assert window.is_valid


def test_the_largest_number_of_a_float_takes_no_part_in_the_window_of_a_region():
    values = np.array([[0, 1, np.finfo(np.float32).max]], np.float32)
    window = window_of_region(frame(values), None, (0.0, 100.0))
    assert (window.center, window.width) == (0.5, 1.0)
    with pytest.raises(InvalidWindow, match="too large"):
        window_of_region(frame(values[:, 2:]))


def test_one_value_only_is_no_window():
    with pytest.raises(InvalidWindow, match="same value"):
        window_of_region(frame(np.full((5, 5), 7, np.uint8)))


def test_colour_has_no_window():
    with pytest.raises(NotDisplayable):
        window_of_region(phantoms.ultrasound_colour())
    palette = phantoms.palette_picture()
    with pytest.raises(NotDisplayable):
        window_of_region(replace(palette, level=0))
