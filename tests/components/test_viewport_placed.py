"""What hands do with the place of an image or a video, and what the page's state is told of it."""

from tests.components.node import address, answer

_ON_A_GLASS = f"""
const {{ Placed }} = await import({address("viewport_placed.js")});
const told = [];
let moves = 0;
class OnAGlass extends Placed {{
  box = {{ width: 400, height: 300 }};
  tell = {{ settled: (values) => told.push(values) }};
  onGlass = {{ rows: 100, columns: 200, aspect: 1 }};
  get zoom() {{ return this.view.zoom ?? this.fittedZoomOf(this.onGlass); }}
  placed() {{ moves += 1; }}
}}
const glass = new OnAGlass();
glass.series = {{ series_instance_uid: "1.2" }};
glass.view = {{ zoom: null, pan_column_px: 0, pan_row_px: 0, rotation: 0, is_mirrored: false }};
glass.told.begin(glass.view);
const say = () => process.stdout.write(JSON.stringify({{ view: glass.view, told, moves, isUnsettled: glass.isUnsettled }}));
"""


def on_a_glass(program: str) -> dict:
    return answer(f"{_ON_A_GLASS} {program} say();")


def test_it_fits_is_zoomed_about_a_point_that_stays_and_moved_with_the_hand():
    seen = on_a_glass("glass.zoomBy(2, 400, 150); glass.panBy(-40, 0);")
    # Fitted it is twice as large; twice that about the right edge moves the middle by 50 columns, the hand by 10 more.
    assert seen["view"]["zoom"] == 4
    assert (abs(seen["view"]["pan_column_px"]), seen["view"]["pan_row_px"]) == (60, 0)
    assert seen["moves"] == 2


def test_no_zoom_is_beyond_what_can_be_seen():
    assert on_a_glass("glass.zoomTo(1e9);")["view"]["zoom"] < 1e3
    assert on_a_glass("glass.zoomTo(0);")["view"]["zoom"] > 0


def test_the_state_is_told_once_what_has_changed():
    seen = on_a_glass("glass.settle(); glass.zoomTo(3); glass.settle(); glass.settle();")
    (only,) = seen["told"]
    assert (only["series_instance_uid"], only["stack_id"], only["zoom"]) == ("1.2", "", 3)
    assert not seen["isUnsettled"]


def test_where_nothing_lies_on_the_glass_nothing_moves():
    seen = on_a_glass("glass.onGlass = null; glass.panBy(5, 5); glass.zoomBy(2);")
    assert (seen["moves"], seen["isUnsettled"], seen["view"]["zoom"]) == (0, False, None)
