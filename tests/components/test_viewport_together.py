"""Viewports tell each other how they are linked, in whichever order they become ready."""

from tests.components.node import address, answer

_TWO_VIEWPORTS = """
const { Together } = await import(%s);
const image = {
  rows: 8, columns: 8, spacing_row_mm: 1, spacing_column_mm: 1,
  image_position: [0, 0, 0], image_orientation: [1, 0, 0, 0, 1, 0],
};
const engine = () => {
  const made = {
    parts: {}, image, series: { key: "s" }, view: { image_index: 1, pan_column_px: 0, pan_row_px: 0 }, said: [],
    description: { frame_of_reference_uid: "1.2", images: [image] },
    tell: { linked: (how) => made.said.push(how) },
  };
  return made;
};
const [active, other] = [engine(), engine()];
const description = other.description;
other.description = null;
const together = new Together(new Map([[0, active], [1, other]]));
together.set({ active: 0, isLinked: true, hasLines: false });
const before = active.said.at(-1);
other.description = description;
together.painted(other);
process.stdout.write(JSON.stringify({ before, active: active.said.at(-1), other: other.said.at(-1) }));
"""


def test_the_active_viewport_learns_of_a_link_when_the_other_is_ready_last():
    told = answer(_TWO_VIEWPORTS % address("viewport_together.js"))
    linked = {"isByHand": False, "awayMm": 0}
    assert told == {"before": None, "active": linked, "other": linked}
