"""What an address asks for, as the viewport reads it before the page's state does: run by Node, held against the state."""

from urllib.parse import urlencode

import pytest

from pacscribe_ui.state.viewport_view import ViewportView, from_parameters, to_parameters
from tests.components.node import calculate

MODULE = "viewport_opening.js"
SERIES = "2.25.1001"
KEYS = (
    "image_index", "window_center", "window_width", "voi_function", "voi_lut_number", "zoom",
    "zoom_ratio", "pan_column_px", "pan_row_px", "rotation", "is_mirrored", "is_inverted", "is_shutter_lifted", "is_overlay_hidden",
)  # fmt: skip

VIEWS = [
    ViewportView(SERIES),
    ViewportView(SERIES, stack_id="echo-2", image_index=17),
    ViewportView(SERIES, window_center=-40.5, window_width=1.5, voi_function="sigmoid"),
    ViewportView(SERIES, zoom=1.5, zoom_ratio=2.0),
    ViewportView(SERIES, zoom=1.25, pan_column_px=-12.5, pan_row_px=7.0, rotation=270),
    ViewportView(SERIES, image_index=3, is_mirrored=True, is_inverted=True),
]


def test_an_address_is_read_as_the_state_reads_it():
    searches = ["?" + urlencode(to_parameters(view, 1), safe=",") for view in VIEWS]
    read = calculate(MODULE, [("viewOfSearch", [search]) for search in searches])
    for view, answer in zip(VIEWS, read, strict=True):
        again = from_parameters(to_parameters(view, 1), 1)
        assert (answer["series"], answer["stack"]) == (SERIES, again.stack_id)
        assert answer["view"] == {key: getattr(again, key) for key in KEYS}


def test_an_address_without_a_series_opens_the_first():
    (answer,) = calculate(MODULE, [("viewOfSearch", ["?layout=1x1&report=0"])])
    assert (answer["series"], answer["view"]["image_index"]) == ("", 1)


@pytest.mark.parametrize(
    "search",
    [
        "?layout=2x2&s1=2.25.1001",
        "?s1=2.25.1001&i1=0",
        "?s1=2.25.1001&i1=1.5",
        "?s1=2.25.1001&i1=many",
        "?s1=2.25.1001&w1=table,2",
        "?s1=2.25.1001&w1=voi-lut,2",
        "?s1=2.25.1001&f1=u",
        "?s1=2.25.1001&f1=mo",
        "?s1=2.25.1001&w1=40,400,cubic",
        "?s1=2.25.1001&p1=3",
        "?s1=2.25.1001&z1=inf",
        "?s1=2.25.1001&z1=2,2,2",
    ],
)
def test_what_one_image_cannot_answer_is_left_to_the_state(search: str):
    assert calculate(MODULE, [("viewOfSearch", [search])]) == [None]


def test_only_the_viewers_own_paths_name_a_study():
    paths = ["/viewer/1.2.3", "/viewer/1.2.3/", "/viewer/", "/report/1.2.3", "/viewer/1.2.3/x"]
    assert calculate(MODULE, [("studyOfPath", [path]) for path in paths]) == [
        "1.2.3", "1.2.3", "", "", "",
    ]  # fmt: skip
