"""Display shutters cover what lies outside all of their shapes, on every level and tile alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from backend.imaging.first_look import first_look
from backend.imaging.model import Shutter, ShutterCircle, ShutterRectangle, Window
from backend.imaging.rendering import RenderParameters, render_display_values
from backend.imaging.shutter import covered
from backend.imaging.tiling import pyramid_levels, tile_grid
from tests import phantoms

ROWS, COLUMNS = 23, 31


def is_visible(shutter, row, column):
    """PS3.3 C.7.6.11 for one pixel, row and column from 1, written without arrays."""
    visible = True
    if shutter.rectangle is not None:
        box = shutter.rectangle
        visible &= box.left <= column <= box.right and box.upper <= row <= box.lower
    if shutter.circle is not None:
        circle = shutter.circle
        down = (row - circle.center_row) / circle.radius_rows
        across = (column - circle.center_column) / circle.radius_columns
        visible &= down**2 + across**2 <= 1
    if shutter.polygon:
        visible &= is_in_polygon(shutter.polygon, row, column)
    return visible


def is_in_polygon(vertices, row, column):
    """On an edge, or crossed an odd number of times on the way to the left."""
    crossings = 0
    for number, (row_1, column_1) in enumerate(vertices):
        row_2, column_2 = vertices[(number + 1) % len(vertices)]
        cross = (row - row_1) * (column_2 - column_1) - (column - column_1) * (row_2 - row_1)
        if (
            cross == 0
            and min(row_1, row_2) <= row <= max(row_1, row_2)
            and min(column_1, column_2) <= column <= max(column_1, column_2)
        ):
            return True
        if (row_1 <= row) != (row_2 <= row):
            at = column_1 + (row - row_1) * (column_2 - column_1) / (row_2 - row_1)
            crossings += at < column
    return crossings % 2 == 1


sides = st.integers(-5, 40)
rectangles = st.builds(ShutterRectangle, left=sides, right=sides, upper=sides, lower=sides)
circles = st.builds(
    ShutterCircle,
    center_row=sides,
    center_column=sides,
    radius_rows=st.integers(1, 30),
    radius_columns=st.integers(1, 30),
)
polygons = st.lists(st.tuples(sides, sides), min_size=3, max_size=6).map(tuple)
shutters = st.builds(
    Shutter,
    rows=st.just(ROWS),
    columns=st.just(COLUMNS),
    rectangle=st.none() | rectangles,
    circle=st.none() | circles,
    polygon=st.just(()) | polygons,
)


@given(shutters)
@settings(max_examples=50, deadline=None)
def test_a_pixel_is_visible_where_all_shapes_let_it_be(shutter):
    expected = [
        [not is_visible(shutter, row, column) for column in range(1, COLUMNS + 1)]
        for row in range(1, ROWS + 1)
    ]
    np.testing.assert_array_equal(covered(shutter), expected)


@given(shutters, st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_a_pixel_of_a_level_is_covered_where_all_of_its_pixels_are(shutter, level):
    factor = 2**level
    full = covered(shutter)
    small = covered(shutter, level)
    for row in range(small.shape[0]):
        for column in range(small.shape[1]):
            block = full[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
            assert small[row, column] == block.all()


def test_a_polygon_is_the_one_that_another_program_fills():
    vertices = ((60.0, 20.0), (20.0, 100.0), (90.0, 180.0), (180.0, 150.0), (110.0, 100.0))
    shutter = Shutter(200, 200, polygon=vertices)
    picture = Image.new("1", (200, 200))
    ImageDraw.Draw(picture).polygon([(column - 1, row - 1) for row, column in vertices], fill=1)
    # Pillow also fills pixels that its lines touch.
    assert (covered(shutter) == np.asarray(picture)).mean() < 0.02


def with_shutter(frame, **shapes):
    from dataclasses import replace

    shutter = Shutter(frame.attributes.rows, frame.attributes.columns, **shapes)
    return replace(frame, attributes=replace(frame.attributes, shutter=shutter))


CIRCLE = ShutterCircle(center_row=500, center_column=640, radius_rows=420, radius_columns=380)
BOX = ShutterRectangle(left=300, right=900, upper=90, lower=900)


@pytest.mark.parametrize(
    "frame",
    [
        with_shutter(phantoms.cr_chest(1100, 1300), circle=CIRCLE, rectangle=BOX),
        with_shutter(phantoms.ultrasound_colour(1025, 1200), circle=CIRCLE),
        with_shutter(phantoms.palette_picture(1025, 1100), rectangle=BOX),
    ],
    ids=["grey", "colour", "palette"],
)
def test_every_level_and_tile_is_covered_alike(frame):
    rows, columns = frame.attributes.rows, frame.attributes.columns
    for level in range(pyramid_levels(rows, columns)):
        whole = render_display_values(frame, RenderParameters(level=level))
        open_whole = render_display_values(frame, RenderParameters(level=level, with_shutter=False))
        mask = covered(frame.attributes.shutter, level)
        assert (whole[mask] == 0).all()
        assert np.array_equal(whole[~mask], open_whole[~mask])
        assert open_whole[mask].any()
        tile_rows, tile_columns = tile_grid(rows, columns, level)
        glued = np.concatenate(
            [
                np.concatenate(
                    [
                        render_display_values(frame, RenderParameters(level=level, tile=(r, c)))
                        for c in range(tile_columns)
                    ],
                    axis=1,
                )
                for r in range(tile_rows)
            ]
        )
        assert np.array_equal(glued, whole)


@pytest.mark.parametrize(
    ("value", "grey"), [(0, 0), (65535, 255), (32768, 128), (128, 0), (129, 1)]
)
def test_the_presentation_value_knows_no_window_and_no_inversion(value, grey):
    frame = with_shutter(
        phantoms.cr_chest(40, 40),
        rectangle=ShutterRectangle(left=10, right=20, upper=10, lower=20),
        presentation_value=value,
    )
    for parameters in (
        RenderParameters(),
        RenderParameters(invert=True),
        RenderParameters(window=Window(1, 1)),
    ):
        drawn = render_display_values(frame, parameters)
        assert (drawn[covered(frame.attributes.shutter)] == grey).all()
        assert drawn.shape == (40, 40)


def test_a_colour_image_is_covered_with_the_colour_that_is_meant_for_it():
    frame = with_shutter(
        phantoms.ultrasound_colour(30, 30),
        circle=ShutterCircle(15, 15, 5, 5),
        presentation_value=65535,
        presentation_colour=(9, 99, 199),
    )
    drawn = render_display_values(frame, RenderParameters())
    assert (drawn[0, 0] == (9, 99, 199)).all()
    assert (frame.stored_values[0, 0] != (9, 99, 199)).any()


def test_the_first_look_minds_only_what_is_to_be_seen():
    stored = np.full((100, 100), 60000, np.uint16)
    stored[20:60, 20:60] = np.arange(1000, 2600).reshape(40, 40)
    frame = phantoms.grey(stored, np.uint16, modality="CR")
    box = ShutterRectangle(left=21, right=60, upper=21, lower=60)
    window = first_look(with_shutter(frame, rectangle=box))
    assert window.center - window.width / 2 >= 1000
    assert window.center + window.width / 2 <= 2600
    assert first_look(frame).width > 10000
