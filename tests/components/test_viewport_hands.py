"""What mouse and finger do, by what they touch: the hands of a viewport with events that no browser could send at will."""

import pytest

from tests.components.node import address, answer

_HANDS = f"""
globalThis.window = {{ addEventListener() {{}}, removeEventListener() {{}} }};
const {{ layHandsOn }} = await import({address("viewport_hands.js")});
const heard = {{}};
const done = [];
const element = {{
  clientHeight: 400, addEventListener: (type, listener) => {{ heard[type] = listener; }}, removeEventListener() {{}},
  getBoundingClientRect: () => ({{ left: 0, top: 0 }}), focus() {{}}, setPointerCapture() {{}},
}};
const quiet = {{ isShown: false, hover() {{}}, cancel() {{}}, begin() {{}}, move() {{}}, end() {{}}, putAt() {{}} }};
const engine = {{
  series: {{ modality: given.modality }}, imageCount: given.images, zoom: given.zoom, fittedZoom: 1, snapshot: {{}},
  startWindow: {{}}, hold() {{}}, panBy() {{ done.push("pan"); }}, scrollBy() {{ done.push("scroll"); }},
  dragWindow(start, dx, dy, isFine) {{ done.push(isFine ? "window finely" : "window"); }}, zoomBy() {{ done.push("zoom"); }},
}};
const region = {{ ...quiet, end() {{ done.push("region"); }} }};
const probe = {{ ...quiet, putAt() {{ done.push("probe"); }} }};
let tool;
layHandsOn(element, engine, {{
  probe, loupe: quiet, region, tool: () => tool, activate() {{}}, menu() {{}}, fit() {{}}, maximise() {{}},
}});
const send = (pointerType, timeStamp, type, clientY, how) => heard[type]({{
  pointerType, timeStamp, type, clientX: 50, clientY, pointerId: 1, button: 0, preventDefault() {{}}, ...how,
}});
for (const [pointerType, at, how] of given.strokes) {{
  tool = how?.tool ?? given.tool;
  done.push(pointerType);
  for (const [type, after, y] of [["pointerdown", 0, 50], ["pointermove", 20, 150], ["pointerup", 40, 150]]) {{
    if (type === "pointermove") engine.series.key = how?.becomes ?? engine.series.key;
    send(pointerType, at + after, type, y, how);
  }}
}}
process.stdout.write(JSON.stringify(done));
"""


def _strokes(*strokes: tuple, **more: object) -> list[str]:
    """What strokes of a pointer at a time in ms do, each after the name of its pointer; a third part says more of it."""
    usual = {"modality": "CT", "images": 20, "zoom": 1, "tool": "scroll"}
    return answer(_HANDS, {**usual, **more, "strokes": strokes})


@pytest.mark.parametrize(
    ("modality", "images", "zoom", "does"),
    [
        ("CT", 20, 1, "scroll"),
        ("CT", 20, 3, "scroll"),
        ("DX", 20, 1, "scroll"),
        ("DX", 20, 3, "pan"),
        ("MG", 20, 3, "pan"),
        ("DX", 1, 1, "pan"),
    ],
)
def test_one_finger_scrolls_and_moves_an_enlarged_radiograph(modality, images, zoom, does):
    assert _strokes(("touch", 0), modality=modality, images=images, zoom=zoom) == ["touch", does]


MOUSE = [
    *[(tool, {"tool": tool}) for tool in ("window", "pan", "zoom", "scroll", "region")],
    # Whatever the tool is.
    ("pan", {"tool": "scroll", "button": 1}),
    ("zoom", {"tool": "scroll", "button": 2}),
    ("window finely", {"tool": "pan", "shiftKey": True}),
    ("region", {"tool": "pan", "ctrlKey": True}),
    ("region", {"tool": "pan", "altKey": True}),
]


def test_a_mouse_drags_with_the_tool_of_its_button_and_of_what_is_held():
    done = _strokes(*[("mouse", 1000 * at, how) for at, (_, how) in enumerate(MOUSE)])
    assert list(zip(done[::2], done[1::2], strict=True)) == [("mouse", does) for does, _ in MOUSE]
    assert _strokes(("mouse", 0, {"tool": "probe"})) == ["mouse", "probe", "probe"]


def test_a_drag_does_nothing_to_another_stack_that_comes_under_the_hand():
    done = _strokes(
        ("mouse", 0, {"tool": "window", "becomes": "another"}), ("mouse", 1000, {"tool": "window"})
    )
    assert done == ["mouse", "mouse", "window"]


def test_fingers_have_the_tool_again_once_the_pen_was_laid_down():
    done = _strokes(("touch", 0), ("pen", 1000), ("touch", 5000), ("touch", 70_000), tool="window")
    assert done == ["touch", "window", "pen", "window", "touch", "scroll", "touch", "window"]
