"""The geometry of the viewport, run by Node, against the geometry of the back end."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backend.imaging import geometry, tiling
from tests.components import node

AXIAL = (1, 0, 0, 0, 1, 0)
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)
TILTED = (1, 0, 0, 0, math.cos(0.3), -math.sin(0.3))
SLIGHTLY_TILTED = (1, 0, 0, 0, math.cos(0.1), -math.sin(0.1))
DOUBLY_OBLIQUE = (0.8, 0.6, 0, -0.36, 0.48, -0.8)
ORIENTATIONS = (AXIAL, CORONAL, SAGITTAL, TILTED, SLIGHTLY_TILTED, DOUBLY_OBLIQUE)


def calculate(calls: list[tuple[str, list]]) -> list:
    return node.calculate("viewport_geometry.js", calls)


def view(rotation=0, is_mirrored=False, pan_column_px=0, pan_row_px=0):
    return {
        "rotation": rotation,
        "is_mirrored": is_mirrored,
        "pan_column_px": pan_column_px,
        "pan_row_px": pan_row_px,
    }


def image(rows=400, columns=300, aspect=1.0, **more):
    return {"rows": rows, "columns": columns, "aspect": aspect, **more}


BOX = {"width": 1000, "height": 800}


def test_letters_at_the_edges_are_those_of_the_back_end_however_the_image_is_turned():
    cases = list(itertools.product(ORIENTATIONS, (0, 90, 180, 270), (False, True)))
    answers = calculate(
        [
            ("edgeLetters", [image(image_orientation=orientation), view(rotation, is_mirrored)])
            for orientation, rotation, is_mirrored in cases
        ]
    )
    for (orientation, rotation, is_mirrored), answer in zip(cases, answers, strict=True):
        expected = geometry.edge_letters(
            orientation, rotation_degrees=rotation, flip_horizontal=is_mirrored
        )
        assert answer == {
            "left": expected.left,
            "right": expected.right,
            "top": expected.top,
            "bottom": expected.bottom,
        }


def test_letters_without_direction_cosines_come_from_patient_orientation():
    chest = image(image_orientation=None, patient_orientation=["L", "F"])
    breast = image(image_orientation=None, patient_orientation=["A", "FR"])
    answers = calculate(
        [
            ("edgeLetters", [chest, view()]),
            ("edgeLetters", [chest, view(is_mirrored=True)]),
            ("edgeLetters", [chest, view(rotation=90)]),
            ("edgeLetters", [breast, view(rotation=180)]),
        ]
    )
    assert answers[0] == {"left": "R", "right": "L", "top": "H", "bottom": "F"}
    assert answers[1] == {"left": "L", "right": "R", "top": "H", "bottom": "F"}
    assert answers[2] == {"left": "F", "right": "H", "top": "R", "bottom": "L"}
    assert answers[3] == {"left": "A", "right": "P", "top": "FR", "bottom": "HL"}


def test_no_letters_are_guessed_where_the_file_is_silent():
    silent = image(image_orientation=None, patient_orientation=[])
    assert calculate([("edgeLetters", [silent, view()])]) == [None]


def test_the_pyramid_is_that_of_the_back_end():
    sizes = [(512, 512), (513, 512), (4096, 3328), (2140, 1760), (64, 64), (1, 5000), (1025, 1024)]
    levels = calculate([("pyramidLevels", list(size)) for size in sizes])
    assert levels == [tiling.pyramid_levels(*size) for size in sizes]
    shapes = calculate([("levelShape", [*size, 2]) for size in sizes])
    assert [(shape["rows"], shape["columns"]) for shape in shapes] == [
        tiling.level_shape(*size, 2) for size in sizes
    ]


@pytest.mark.parametrize(
    ("zoom", "level"), [(4, 0), (1, 0), (0.51, 0), (0.5, 1), (0.26, 1), (0.25, 2), (0.01, 3)]
)
def test_a_level_has_a_pixel_for_every_pixel_of_the_screen(zoom, level):
    assert calculate([("levelForZoom", [4096, 3328, zoom])]) == [level]


def test_an_image_point_comes_back_from_the_glass():
    turned = [
        view(rotation, is_mirrored, 12.5, -40)
        for rotation, is_mirrored in itertools.product((0, 90, 180, 270), (False, True))
    ]
    picture = image(aspect=1.5)
    matrices = calculate([("matrix", [picture, each, 1.75, BOX]) for each in turned])
    column, row = 111.0, 222.0
    places = [(a * column + c * row + e, b * column + d * row + f) for a, b, c, d, e, f in matrices]
    back = calculate(
        [
            ("imagePoint", [picture, each, 1.75, BOX, x, y])
            for each, (x, y) in zip(turned, places, strict=True)
        ]
    )
    for point in back:
        assert point["column"] == pytest.approx(column)
        assert point["row"] == pytest.approx(row)


def test_a_quarter_turn_is_clockwise_and_mirroring_follows_it():
    # The image's upper left corner goes to the upper right by a turn, and back to the upper left by the mirror.
    box = {"width": 400, "height": 300}
    picture = image(rows=400, columns=300)
    turned, mirrored = calculate(
        [
            ("matrix", [picture, view(rotation=90), 1, box]),
            ("matrix", [picture, view(rotation=90, is_mirrored=True), 1, box]),
        ]
    )
    assert turned[4:] == [400, 0]
    assert mirrored[4:] == [0, 0]


def test_fit_shows_the_whole_image_with_its_true_proportions():
    upright, lying, tall_pixels = calculate(
        [
            ("fitZoom", [image(400, 200), view(), BOX]),
            ("fitZoom", [image(400, 200), view(rotation=90), BOX]),
            ("fitZoom", [image(400, 200, aspect=2.0), view(), BOX]),
        ]
    )
    assert (upright, lying, tall_pixels) == (2.0, 2.5, 1.0)


def test_zooming_keeps_the_point_under_the_pointer():
    picture = image()
    before = view()
    (pan,) = calculate([("zoomedAt", [picture, before, 2, 3, BOX, 600, 500])])
    old, new = calculate(
        [
            ("imagePoint", [picture, before, 2, BOX, 600, 500]),
            ("imagePoint", [picture, {**before, **pan}, 3, BOX, 600, 500]),
        ]
    )
    assert new["column"] == pytest.approx(old["column"])
    assert new["row"] == pytest.approx(old["row"])


def test_an_image_cannot_be_moved_out_of_sight():
    (pan,) = calculate([("panned", [image(), view(), 1, BOX, -100000, 100000])])
    assert pan == {"pan_column_px": 150, "pan_row_px": -200}


def test_the_scale_bar_is_a_round_length_that_measures_true():
    # 0.5 mm a pixel at 2 device pixels a pixel: 4 px a mm; 50 mm take 200 of the 220 px there are.
    square = image(spacing_row_mm=0.5, spacing_column_mm=0.5)
    bar, hidpi, none = calculate(
        [
            ("scaleBar", [square, view(), 2, 1, 220]),
            ("scaleBar", [square, view(), 2, 2, 220]),
            ("scaleBar", [image(spacing_row_mm=None, spacing_column_mm=None), view(), 2, 1, 220]),
        ]
    )
    assert bar == {"lengthMm": 50, "px": 200}
    assert hidpi == {"lengthMm": 100, "px": 200}
    assert none is None


angles = st.floats(-3.1, 3.1)
turns = st.sampled_from([0, 90, 180, 270])
spacings = st.floats(0.05, 5)
turned_images = st.tuples(st.tuples(angles, angles, angles), turns, st.booleans())


def rotated(turned):
    """Row and column direction of an image turned in space by three angles."""
    a, b, c = turned
    around_z = np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])
    around_y = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    around_x = np.array([[1, 0, 0], [0, math.cos(c), -math.sin(c)], [0, math.sin(c), math.cos(c)]])
    turn = around_z @ around_y @ around_x
    return [*turn[:, 0], *turn[:, 1]]


def letters_of(direction):
    """Letters by angles: a direction names the ends of all axes that it is less than 80 degrees away from."""
    unit = np.asarray(direction) / np.linalg.norm(direction)
    ends = {"L": 0, "P": 1, "H": 2, "R": 0, "A": 1, "F": 2}
    away = {
        letter: math.degrees(
            math.acos(max(-1, min(1, unit[axis] * (1 if letter in "LPH" else -1))))
        )
        for letter, axis in ends.items()
    }
    assume(all(abs(angle - 80) > 1e-6 for angle in away.values()))
    near = sorted((angle, letter) for letter, angle in away.items() if angle < 80)
    assume(all(after[0] - before[0] > 1e-9 for before, after in itertools.pairwise(near)))
    return "".join(letter for _, letter in near)


@settings(max_examples=12, deadline=None)
@given(st.lists(turned_images, min_size=1, max_size=20))
def test_letters_at_the_edges_name_where_the_glass_really_points(cases):
    """The oracle walks over the glass: from its middle to each edge, back into the image, from there into the patient."""
    middle = (BOX["width"] / 2, BOX["height"] / 2)
    edges = {"right": (50, 0), "left": (-50, 0), "bottom": (0, 50), "top": (0, -50)}
    calls = []
    for turned, rotation, is_mirrored in cases:
        picture = image(image_orientation=rotated(turned))
        calls.append(("edgeLetters", [picture, view(rotation, is_mirrored)]))
        for dx, dy in ((0, 0), *edges.values()):
            where = [picture, view(rotation, is_mirrored), 2, BOX, middle[0] + dx, middle[1] + dy]
            calls.append(("imagePoint", where))
    answers = iter(calculate(calls))
    for turned, rotation, is_mirrored in cases:
        cosines = np.array(rotated(turned))
        letters, start = next(answers), next(answers)
        for edge in edges:
            end = next(answers)
            across, down = end["column"] - start["column"], end["row"] - start["row"]
            assert letters[edge] == letters_of(cosines[:3] * across + cosines[3:] * down)
        of_back_end = geometry.edge_letters(
            rotated(turned), rotation_degrees=rotation, flip_horizontal=is_mirrored
        )
        assert letters == {edge: getattr(of_back_end, edge) for edge in edges}


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(
            spacings, spacings, turns, st.booleans(), st.floats(0.05, 20), st.sampled_from([1, 2])
        ),
        min_size=1,
        max_size=20,
    )
)
def test_the_scale_bar_measures_true_however_the_image_is_turned(cases):
    """The oracle lays the bar onto the glass and measures the way between its ends in the image, in mm."""
    calls = []
    for row_mm, column_mm, rotation, is_mirrored, zoom, ratio in cases:
        picture = image(
            aspect=row_mm / column_mm, spacing_row_mm=row_mm, spacing_column_mm=column_mm
        )
        calls.append(("scaleBar", [picture, view(rotation, is_mirrored), zoom, ratio, 220]))
    bars = calculate(calls)
    shown = [(bar, case) for bar, case in zip(bars, cases, strict=True) if bar]
    calls = []
    for bar, (row_mm, column_mm, rotation, is_mirrored, zoom, ratio) in shown:
        picture = image(aspect=row_mm / column_mm)
        for x in (300, 300 + bar["px"] * ratio):
            calls.append(("imagePoint", [picture, view(rotation, is_mirrored), zoom, BOX, x, 200]))
    ends = iter(calculate(calls))
    for bar, (row_mm, column_mm, *_) in shown:
        one, other = next(ends), next(ends)
        across = (other["column"] - one["column"]) * column_mm
        down = (other["row"] - one["row"]) * row_mm
        assert math.hypot(across, down) == pytest.approx(bar["lengthMm"], rel=1e-9)
        assert bar["px"] <= 220


def test_a_bar_on_an_image_that_lies_on_its_side_is_measured_along_its_rows():
    """Rows 2 mm apart, columns 0.5 mm: 4 px high pixels at one px a column; on its side they are 4 px wide."""
    flat = image(aspect=4, spacing_row_mm=2, spacing_column_mm=0.5)
    upright, lying, missing = calculate(
        [
            ("scaleBar", [flat, view(), 1, 1, 220]),
            ("scaleBar", [flat, view(90), 1, 1, 220]),
            ("scaleBar", [{**flat, "spacing_row_mm": None}, view(90), 1, 1, 220]),
        ]
    )
    assert upright == lying == {"lengthMm": 100, "px": 200}
    assert missing is None


def test_tiles_are_those_in_sight_nearest_to_the_middle_first():
    picture = image(rows=4096, columns=3328)
    (tiles,) = calculate([("visibleTiles", [picture, view(), 1, BOX, 0])])
    seen = {(tile["row"], tile["column"]) for tile in tiles}
    # 1000x800 pixels around (2048, 1664): rows 1648 to 2448, columns 1164 to 2164.
    assert seen == set(itertools.product((3, 4), (2, 3, 4)))
    assert tiles[0]["distance"] == min(tile["distance"] for tile in tiles)


def test_dragging_right_widens_and_dragging_down_raises_the_center():
    start = {"window_center": 40, "window_width": 400, "voi_function": "linear"}
    wider, higher, least = calculate(
        [
            ("draggedWindow", [start, 64, 0, False]),
            ("draggedWindow", [start, 0, 64, False]),
            ("draggedWindow", [start, -100000, 0, False]),
        ]
    )
    assert (wider["window_center"], wider["window_width"]) == (40, 500)
    assert (higher["window_center"], higher["window_width"]) == (140, 400)
    assert least["window_width"] == 1  # PS3.3 C.11.2.1.2: a linear window is never narrower


def test_a_narrow_window_moves_finely():
    start = {"window_center": 0.02, "window_width": 0.05, "voi_function": "sigmoid"}
    (moved,) = calculate([("draggedWindow", [start, 64, 0, False])])
    assert moved["window_width"] == pytest.approx(0.0625, abs=0.0005)
    assert moved["voi_function"] == "sigmoid"
