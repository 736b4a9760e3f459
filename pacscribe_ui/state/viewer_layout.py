"""Where viewports stand on the glass: layouts of up to three by three, and which view keeps which place.

Every viewport has a place in the largest layout. A smaller layout shows the upper left of it, and what it does not show
waits there, so that nothing is lost when a layout shrinks and grows again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pacscribe_ui.state.viewport_view import ViewportView, key_of

LARGEST = 3
_SIDES = range(1, LARGEST + 1)
# Rows x columns, and how many viewports that is.
LAYOUTS: dict[str, int] = {
    f"{rows}x{columns}": rows * columns for rows in _SIDES for columns in _SIDES
}


def place_of(layout: str, index: int) -> int:
    """The place of a viewport, from 0, counted row by row in the largest layout.

    Args:
        layout: A key of `LAYOUTS`.
        index: Of the viewport in the layout, from 0, row by row.
    """
    columns = int(layout[2])
    return index // columns * LARGEST + index % columns


def relaid(
    views: Sequence[ViewportView], waiting: Mapping[int, ViewportView], before: str, after: str
) -> tuple[list[ViewportView], dict[int, ViewportView]]:
    """The views of another layout, each in its place.

    Args:
        views: Of the layout before.
        waiting: Views that it did not show, by their places.
        before: That layout.
        after: The other one.

    Returns:
        The views of the other layout, with an empty one where there was none, and those that wait.
    """
    placed = {**waiting, **{place_of(before, index): view for index, view in enumerate(views)}}
    places = [place_of(after, index) for index in range(LAYOUTS[after])]
    shown = [placed.pop(place, ViewportView()) for place in places]
    return shown, {place: view for place, view in placed.items() if view.series_instance_uid}


def kept_active(active: int, before: str, after: str) -> int:
    """The index of the active viewport in another layout, or of the shown one nearest to its place."""
    row, column = divmod(place_of(before, active), LARGEST)
    rows, columns = int(after[0]), int(after[2])
    return min(row, rows - 1) * columns + min(column, columns - 1)


def swapped(views: Sequence[ViewportView], one: int, other: int) -> list[ViewportView]:
    """The views after two have changed places; both count as changed here."""
    revision = max(view.revision for view in views) + 1
    changed = list(views)
    changed[one] = replace(views[other], revision=revision)
    changed[other] = replace(views[one], revision=revision)
    return changed


def filled(views: Sequence[ViewportView], series: Sequence[ViewportView]) -> list[ViewportView]:
    """Empty viewports show what is not shown yet.

    Args:
        views: Of the layout.
        series: A first view of everything that can be shown, in the order in which it is offered.
    """
    shown = {key_of(view) for view in views}
    left = iter([view for view in series if key_of(view) not in shown])
    return [view if view.series_instance_uid else next(left, view) for view in views]
