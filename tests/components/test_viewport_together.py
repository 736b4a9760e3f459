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


_MOVES = """
const { Together } = await import(%s);
const told = [];
const together = new Together(new Map());
together.set({
  active: 0, isLinked: true, hasLines: false,
  onSettled: (index, values) => told.push([index, values]), onSettledTogether: (moves) => told.push(moves),
});
const moved = (series, values) => together.settled(0, { series_instance_uid: series, stack_id: "", ...values });
%s
await undefined;
process.stdout.write(JSON.stringify(told));
"""


def told_of(program: str) -> list:
    return answer(_MOVES % (address("viewport_together.js"), program))


def test_what_a_viewport_has_moved_is_told_before_the_command_that_builds_on_it():
    (first, second) = told_of("moved('1', {zoom: 2}); together.tell(); told.push('command');")
    assert (first[1]["zoom"], second) == (2, "command")


def test_two_moves_of_a_viewport_at_once_are_told_as_one():
    ((_, values),) = told_of("moved('1', {zoom: 2}); moved('1', {image_index: 5});")
    assert (values["zoom"], values["image_index"]) == (2, 5)


def test_a_move_of_the_stack_that_was_shown_before_is_not_told_of_the_next():
    ((_, values),) = told_of("moved('1', {image_index: 5}); moved('2', {zoom: 2});")
    assert values == {"series_instance_uid": "2", "stack_id": "", "zoom": 2}
