"""The geometry of the viewport, run by Node, against the geometry of the back end."""

import itertools
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from backend.imaging import geometry, tiling

ROOT = Path(__file__).parent.parent.parent
MODULE = ROOT / "pacscribe_ui" / "components" / "viewport_geometry.js"
NODE = Path(sys.executable).parent / "node"

AXIAL = (1, 0, 0, 0, 1, 0)
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)
TILTED = (1, 0, 0, 0, math.cos(0.3), -math.sin(0.3))
SLIGHTLY_TILTED = (1, 0, 0, 0, math.cos(0.1), -math.sin(0.1))
DOUBLY_OBLIQUE = (0.8, 0.6, 0, -0.36, 0.48, -0.8)
ORIENTATIONS = (AXIAL, CORONAL, SAGITTAL, TILTED, SLIGHTLY_TILTED, DOUBLY_OBLIQUE)


def calculate(calls: list[tuple[str, list]]) -> list:
    """Call functions of the module in one run of Node."""
    program = (
        f"import * as geometry from {json.dumps(MODULE.as_uri())};"
        "let text = ''; for await (const part of process.stdin) text += part;"
        "const answers = JSON.parse(text).map(([name, values]) => geometry[name](...values));"
        "process.stdout.write(JSON.stringify(answers));"
    )
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", program],
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


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
    bar, hidpi, none = calculate(
        [
            ("scaleBar", [0.5, 2, 1, 220]),
            ("scaleBar", [0.5, 2, 2, 220]),
            ("scaleBar", [None, 2, 1, 220]),
        ]
    )
    assert bar == {"lengthMm": 50, "px": 200}
    assert hidpi == {"lengthMm": 100, "px": 200}
    assert none is None


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
