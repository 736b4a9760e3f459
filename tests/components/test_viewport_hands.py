"""What a finger does, by what it touches: the hands of a viewport with events that no browser could send at will."""

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
  dragWindow() {{ done.push("window"); }},
}};
layHandsOn(element, engine, {{
  probe: quiet, loupe: quiet, region: quiet, tool: () => given.tool, activate() {{}}, menu() {{}}, fit() {{}}, maximise() {{}},
}});
const send = (pointerType, timeStamp, type, clientY) => heard[type]({{
  pointerType, timeStamp, type, clientX: 50, clientY, pointerId: 1, button: 0, preventDefault() {{}},
}});
for (const [pointerType, at] of given.strokes) {{
  done.push(pointerType);
  for (const [type, after, y] of [["pointerdown", 0, 50], ["pointermove", 20, 150], ["pointerup", 40, 150]]) {{
    send(pointerType, at + after, type, y);
  }}
}}
process.stdout.write(JSON.stringify(done));
"""


def _strokes(*strokes: tuple[str, int], **more: object) -> list[str]:
    """What strokes of a pointer at a time in ms do, each after the name of its pointer."""
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


def test_fingers_have_the_tool_again_once_the_pen_was_laid_down():
    done = _strokes(("touch", 0), ("pen", 1000), ("touch", 5000), ("touch", 70_000), tool="window")
    assert done == ["touch", "window", "pen", "window", "touch", "scroll", "touch", "window"]
