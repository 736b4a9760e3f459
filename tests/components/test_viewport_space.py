"""Planes, reference lines and links of the viewports, run by Node, against numpy."""

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.components.node import calculate

AXIAL = [1, 0, 0, 0, 1, 0]
CORONAL = [1, 0, 0, 0, 0, -1]
SAGITTAL = [0, 1, 0, 0, 0, -1]


def image(position, orientation, *, rows=100, columns=100, spacing=(1.0, 1.0), **more) -> dict:
    return {
        "rows": rows,
        "columns": columns,
        "image_position": list(position),
        "image_orientation": list(orientation),
        "spacing_row_mm": spacing[0],
        "spacing_column_mm": spacing[1],
        "spacing_basis": "pixel spacing",
        "value_unit": "HU",
        "is_colour": False,
        "aspect": spacing[0] / spacing[1],
        **more,
    }


def tilted(degrees: float) -> list[float]:
    angle = math.radians(degrees)
    return [1, 0, 0, 0, math.cos(angle), math.sin(angle)]


def view(**more) -> dict:
    return {
        "zoom": None,
        "pan_column_px": 0,
        "pan_row_px": 0,
        "rotation": 0,
        "is_mirrored": False,
        "window_center": None,
        "window_width": None,
        "voi_function": "linear",
        **more,
    }


# ---------------------------------------------------------------- the oracle: rectangles cut by planes


@st.composite
def images(draw: st.DrawFn) -> dict:
    """An image of any size that lies anywhere and any way."""
    numbers = st.floats(-1, 1, allow_subnormal=False)
    turn = np.array([1.1 + draw(numbers), draw(numbers), draw(numbers), draw(numbers)])
    w, x, y, z = turn / np.linalg.norm(turn)
    along = [1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)]
    across = [2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)]
    position = [draw(st.floats(-150, 50)) for _ in range(3)]
    return image(
        position,
        [*along, *across],
        rows=draw(st.integers(16, 512)),
        columns=draw(st.integers(16, 512)),
        spacing=(draw(st.floats(0.3, 3)), draw(st.floats(0.3, 3))),
    )


class Plane:
    """The same plane, another way: an affine matrix of columns and rows, as PS3.3 C.7.6.2.1.1 writes it."""

    def __init__(self, of: dict) -> None:
        self.along = np.array(of["image_orientation"][:3]) * of["spacing_column_mm"]
        self.across = np.array(of["image_orientation"][3:]) * of["spacing_row_mm"]
        self.position = np.array(of["image_position"])
        normal = np.cross(of["image_orientation"][:3], of["image_orientation"][3:])
        self.normal = normal / np.linalg.norm(normal)
        self.size = of["columns"], of["rows"]

    def at(self, column: float, row: float) -> np.ndarray:
        return self.position + self.along * (column - 0.5) + self.across * (row - 0.5)

    def place(self, point: np.ndarray) -> np.ndarray:
        matrix = np.column_stack([self.along, self.across])
        return np.linalg.lstsq(matrix, point - self.position, rcond=None)[0] + 0.5

    def cut_by(self, other: "Plane") -> list[np.ndarray]:
        """Where the edges of this image go through the other plane."""
        columns, rows = self.size
        corners = [
            self.at(*corner) for corner in ((0, 0), (columns, 0), (columns, rows), (0, rows))
        ]
        found = []
        for one, next_one in zip(corners, corners[1:] + corners[:1], strict=True):
            heights = [(corner - other.position) @ other.normal for corner in (one, next_one)]
            if heights[0] * heights[1] < 0:
                found.append(one + (next_one - one) * heights[0] / (heights[0] - heights[1]))
        return found


def expected_crossing(source: dict, target: dict) -> list[np.ndarray] | None:
    """Both images cut the common line in a piece each; what the pieces share, in columns and rows of the target."""
    cutting, cut = Plane(source), Plane(target)
    pieces = [cutting.cut_by(cut), cut.cut_by(cutting)]
    if any(len(piece) != 2 for piece in pieces):
        return None
    origin = pieces[0][0]
    direction = pieces[0][1] - origin
    direction /= np.linalg.norm(direction)
    spans = [sorted((point - origin) @ direction for point in piece) for piece in pieces]
    low, high = max(span[0] for span in spans), min(span[1] for span in spans)
    if low >= high:
        return None
    return [cut.place(origin + direction * at) for at in (low, high)]


def as_points(segment: dict) -> np.ndarray:
    ends = [(end["column"], end["row"]) for end in (segment["from"], segment["to"])]
    return np.array(sorted(ends))


def is_clearly_parallel(one: dict, other: dict) -> bool | None:
    """None where it is a close call."""
    cosine = min(1, abs(Plane(one).normal @ Plane(other).normal))
    degrees = math.degrees(math.acos(cosine))
    return None if abs(degrees - 5) < 0.01 else degrees < 5


def planes_of(pictures: list[dict]) -> list[dict | None]:
    return calculate("viewport_space.js", [("planeOf", [each]) for each in pictures])


def space(name: str, cases: list[list]) -> list[Any]:
    return calculate("viewport_space.js", [(name, case) for case in cases])


@settings(max_examples=6, deadline=None)
@given(st.lists(st.tuples(images(), images()), min_size=1, max_size=25))
def test_a_reference_line_is_where_the_two_images_cut_each_other(pairs):
    planes = planes_of([each for pair in pairs for each in pair])
    answers = space("crossing", [planes[at : at + 2] for at in range(0, len(planes), 2)])
    for (source, target), answer in zip(pairs, answers, strict=True):
        parallel = is_clearly_parallel(source, target)
        if parallel is None:
            continue
        expected = None if parallel else expected_crossing(source, target)
        if expected is None or np.linalg.norm(expected[0] - expected[1]) < 1e-3:
            assert answer is None or np.ptp(as_points(answer), axis=0).max() < 1e-2
            continue
        assert answer is not None
        ends = as_points(answer)
        assert (
            min(np.abs(ends - [one, other]).max() for one, other in (expected, reversed(expected)))
            < 1e-4
        )


@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.tuples(images(), st.floats(-50, 600), st.floats(-50, 600)), min_size=1, max_size=25)
)
def test_columns_and_rows_are_patient_points_and_come_back(cases):
    planes = planes_of([of for of, _, _ in cases])
    places = [(column, row) for _, column, row in cases]
    points = space("pointAt", [[plane, *at] for plane, at in zip(planes, places, strict=True)])
    back = space("placeOf", [[plane, at] for plane, at in zip(planes, points, strict=True)])
    for (of, column, row), point, place in zip(cases, points, back, strict=True):
        assert np.allclose(point, Plane(of).at(column, row), atol=1e-6)
        assert np.allclose([place["column"], place["row"]], (column, row), atol=1e-6)


def test_a_line_lies_where_it_was_reckoned_by_hand():
    # Both images are 100 mm wide and start half a pixel before their positions: the axial slice at z = -30 cuts
    # the sagittal image, whose first row is z = 0, after 30.5 of its rows, from y = 20 on.
    axial = image((0, 20, -30), AXIAL)
    sagittal = image((50, 0, 0), SAGITTAL)
    (line,) = space("crossing", [planes_of([axial, sagittal])])
    assert as_points(line) == pytest.approx(np.array([[20, 30.5], [100, 30.5]]))


@pytest.mark.parametrize(
    "spoilt",
    [
        {"image_position": None},
        {"image_orientation": None},
        {"spacing_row_mm": None},
        {"spacing_basis": "imager spacing"},
    ],
)
def test_an_image_that_does_not_say_where_it_lies_has_no_plane(spoilt):
    assert planes_of([{**image((0, 0, 0), AXIAL), **spoilt}]) == [None]


def test_a_segment_on_the_glass_follows_turn_flip_and_pixel_aspect_and_ends_at_its_edge():
    segment = {"from": {"column": 0, "row": 10}, "to": {"column": 200, "row": 10}}
    box = {"width": 100, "height": 80}
    upright, turned, far = space(
        "onGlass",
        [
            [segment, [1, 0, 0, 2, -20, 5], box],  # pixels twice as high as wide
            [segment, [0, 1, -1, 0, 50, -30], box],  # a quarter turn
            [segment, [1, 0, 0, 1, 0, 500], box],
        ],
    )
    assert upright == {"x1": 0, "y1": 25, "x2": 100, "y2": 25}
    assert turned == pytest.approx({"x1": 40, "y1": 0, "x2": 40, "y2": 80})
    assert far is None


# ---------------------------------------------------------------- links


def side(of: dict, frame: str = "1.2", offset: list | None = None) -> dict:
    return {"image": of, "frame": frame, "offset": offset}


def links(name: str, cases: list[list]) -> list[Any]:
    return calculate("viewport_links.js", [(name, case) for case in cases])


def test_only_parallel_planes_of_one_frame_of_reference_are_linked():
    axial = image((0, 0, 0), AXIAL)
    flipped = image((0, 0, 5), [-1, 0, 0, 0, 1, 0])
    answers = links(
        "linkOf",
        [
            [side(axial), side(flipped)],
            [side(axial), side(image((0, 0, 0), tilted(4.9)))],
            [side(axial), side(image((0, 0, 0), tilted(5.1)))],
            [side(axial), side(image((0, 0, 0), SAGITTAL))],
            [side(axial), side(axial, "1.3")],
            [side(axial, ""), side(axial, "")],
            [side(axial), side({**axial, "image_position": None})],
        ],
    )
    together = {"offset": [0, 0, 0]}
    assert answers == [together, together, None, None, None, None, None]


def test_a_link_by_hand_remembers_the_way_and_never_joins_planes_that_cross():
    axial = image((0, 0, 0), AXIAL)
    there, back, across, half = links(
        "linkOf",
        [
            [side(axial, "1.2", [0, 0, 0]), side(axial, "1.3", [3, 4, 5])],
            [side(axial, "1.3", [3, 4, 5]), side(axial, "1.2", [0, 0, 0])],
            [side(axial, "1.2", [0, 0, 0]), side(image((0, 0, 0), SAGITTAL), "1.3", [1, 1, 1])],
            [side(axial, "1.2", [0, 0, 0]), side(axial, "1.3")],
        ],
    )
    assert there == {"offset": [3, 4, 5]}
    assert back == {"offset": [-3, -4, -5]}
    assert across is None
    assert half is None


@settings(max_examples=6, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-300, 300),
            st.floats(-50, 50),
            st.floats(0.5, 12),
            st.integers(1, 60),
            st.booleans(),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_the_follower_shows_the_slice_nearest_in_mm(cases):
    asked, expected = [], []
    for position, first, distance, count, falls in cases:
        heights = [first + (-distance if falls else distance) * at for at in range(count)]
        planes = planes_of_stack(heights)
        leader = {"image": image((0, 0, position), AXIAL), "view": view()}
        asked.append([leader, planes, [0, 0, 0], 1])
        expected.append(min(abs(height - position) for height in heights))
        assert len(planes) == count
    for answer, away, (position, *_), (_, planes, *_) in zip(
        links("followedImage", asked), expected, cases, asked, strict=True
    ):
        assert answer["awayMm"] == pytest.approx(away, abs=1e-6)
        shown = planes[answer["image_index"] - 1]["corner"][2]
        assert abs(shown - position) == pytest.approx(away, abs=1e-6)


def planes_of_stack(heights: list[float]) -> list[dict]:
    """What `planeOf` gives for axial slices at these heights, without asking it for every one."""
    plane = _axial_plane()
    return [{**plane, "corner": [*plane["corner"][:2], height]} for height in heights]


@cache
def _axial_plane() -> dict:
    (plane,) = planes_of([image((0, 0, 0), AXIAL)])
    assert plane is not None
    return plane


def test_between_two_slices_the_one_that_is_shown_stays():
    leader = {"image": image((0, 0, 5), AXIAL), "view": view()}
    stack = planes_of_stack([0, 10, 20])
    one, other = links(
        "followedImage", [[leader, stack, [0, 0, 0], 1], [leader, stack, [0, 0, 0], 2]]
    )
    assert (one["image_index"], other["image_index"]) == (1, 2)


def test_an_offset_is_added_before_the_slice_is_looked_for():
    leader = {"image": image((0, 0, 5), AXIAL), "view": view()}
    (answer,) = links("followedImage", [[leader, planes_of_stack([0, 10, 20]), [0, 0, 14], 1]])
    assert answer == {"image_index": 3, "awayMm": pytest.approx(1)}


@settings(max_examples=6, deadline=None)
@given(
    st.lists(
        st.tuples(images(), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(0.3, 8)),
        min_size=1,
        max_size=30,
    ),
    st.floats(0.4, 2.5),
)
def test_the_follower_shows_the_same_point_as_large_as_the_leader(cases, finer):
    asked, followers = [], []
    for of, right, down, zoom in cases:
        pans = {"pan_column_px": right * of["columns"], "pan_row_px": down * of["rows"]}
        # The same field of view in other pixels, on the next slice.
        follower = {
            **of,
            "rows": round(of["rows"] * finer) + 2,
            "columns": round(of["columns"] * finer) + 2,
            "spacing_row_mm": of["spacing_row_mm"] / finer,
            "spacing_column_mm": of["spacing_column_mm"] / finer,
        }
        leader = {"image": of, "view": view(zoom=zoom, **pans), "zoom": zoom}
        asked.append([leader, follower, [0, 0, 0]])
        followers.append((leader, follower))
    for (leader, follower), place in zip(followers, links("followedPlace", asked), strict=True):
        of, zoom = leader["image"], leader["zoom"]
        mm_per_px = of["spacing_column_mm"] / zoom
        if 0.01 < place["zoom"] < 64:
            assert follower["spacing_column_mm"] / place["zoom"] == pytest.approx(mm_per_px)
        middle = Plane(of).at(
            of["columns"] / 2 + leader["view"]["pan_column_px"],
            of["rows"] / 2 + leader["view"]["pan_row_px"],
        )
        seen = Plane(follower).at(
            follower["columns"] / 2 + place["pan_column_px"],
            follower["rows"] / 2 + place["pan_row_px"],
        )
        assert np.allclose(middle, seen, atol=1e-4)


def test_a_fitted_leader_has_its_follower_fitted():
    leader = {"image": image((0, 0, 0), AXIAL), "view": view(), "zoom": 3.3}
    (place,) = links("followedPlace", [[leader, image((9, 0, 0), AXIAL), [0, 0, 0]]])
    assert place == {"zoom": None, "pan_column_px": 0, "pan_row_px": 0}


def shown(modality: str, of: dict, window=(None, None), stored=None) -> dict:
    center, width = window
    return {
        "modality": modality,
        "image": of,
        "stored": stored,
        "view": view(window_center=center, window_width=width),
    }


def test_a_window_goes_over_where_modality_and_unit_are_the_same():
    axial = image((0, 0, 0), AXIAL)
    ct, pt = shown("CT", axial, (40, 400)), shown("PT", axial)
    answers = links(
        "followedWindow",
        [
            [ct, shown("CT", axial)],
            [ct, pt],
            [ct, shown("CT", {**axial, "value_unit": "BQML"})],
            [ct, shown("CT", {**axial, "is_colour": True})],
            [shown("CT", axial), shown("CT", axial, (40, 400))],
        ],
    )
    assert answers == [
        {
            "window_center": 40,
            "window_width": 400,
            "voi_function": "linear",
            "voi_lut_number": None,
        },
        None,
        None,
        None,
        {"window_center": None, "window_width": None, "voi_lut_number": None},
    ]


def test_pet_follows_by_suv_and_only_where_both_have_it():
    axial = {**image((0, 0, 0), AXIAL), "value_unit": "Bq/ml"}
    now = {**axial, "suv_factor": 0.0002, "suv_name": "SUVbw"}
    prior = {**axial, "suv_factor": 0.0004, "suv_name": "SUVbw"}
    in_grams = {**axial, "value_unit": "g/ml", "suv_factor": 1.0, "suv_name": "SUVbw"}
    lean = {**in_grams, "suv_name": "SUVlbm"}
    leader = shown("PT", now, (12500, 25000))
    followed, graded, other, *none = links(
        "followedWindow",
        [
            [leader, shown("PT", prior)],
            [leader, shown("PT", in_grams)],
            [shown("PT", axial, (12500, 25000)), shown("PT", axial)],
            [leader, shown("PT", lean)],
            [leader, shown("PT", axial)],
            [shown("PT", axial, (12500, 25000)), shown("PT", now)],
        ],
    )
    # SUV 0 to 5 in all of them.
    assert (followed["window_center"], followed["window_width"]) == pytest.approx((6250, 12500))
    assert (graded["window_center"], graded["window_width"]) == pytest.approx((2.5, 5))
    assert (other["window_center"], other["window_width"]) == (12500, 25000)
    assert none == [None, None, None]


def test_values_without_a_unit_have_their_own_window_changed_in_proportion():
    mr = {**image((0, 0, 0), AXIAL), "value_unit": ""}
    leader = shown("MR", mr, (300, 800), stored=[200, 400])
    same, brighter, unknown = links(
        "followedWindow",
        [
            [leader, shown("MR", mr, stored=[200, 400])],
            [leader, shown("MR", mr, stored=[1000, 2000])],
            [leader, shown("MR", mr, stored=None)],
        ],
    )
    assert (same["window_center"], same["window_width"]) == (300, 800)
    assert (brighter["window_center"], brighter["window_width"]) == (1500, 4000)
    assert unknown is None
