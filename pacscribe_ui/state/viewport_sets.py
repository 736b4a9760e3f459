"""What changes several viewports at once: moves that are linked, links by hand, films that all play. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pacscribe_ui.state.viewport_view import ViewportView, millimetres, settled


def all_settled(
    views: Sequence[ViewportView], moves: Sequence[Mapping[str, Any]]
) -> list[ViewportView]:
    """The views after hands have moved several of them.

    Args:
        views: As they were.
        moves: Values as `settled` takes them, with the `index` of the viewport.
    """
    moved = list(views)
    for move in moves:
        index = move.get("index")
        if isinstance(index, int) and 0 <= index < len(moved):
            moved[index] = settled(moved[index], move)
    return moved


def linked_by_hand(views: Sequence[ViewportView], offsets: Sequence[Any]) -> list[ViewportView]:
    """The views with the offsets that were measured between them.

    Args:
        views: As they were.
        offsets: Three numbers in mm for each view; anything else leaves the view without a link by hand.
    """
    measured = dict(enumerate(offsets))
    return [
        replace(view, link_offset_mm=millimetres(measured.get(index)))
        for index, view in enumerate(views)
    ]


def without_links_by_hand(views: Sequence[ViewportView]) -> list[ViewportView]:
    """The views when everything that was linked by hand is on its own again."""
    return [replace(view, link_offset_mm=None) for view in views]


def all_paused(views: Sequence[ViewportView]) -> list[ViewportView]:
    """The views when no film plays."""
    return [replace(view, film=replace(view.film, is_playing=False)) for view in views]


def all_playing(views: Sequence[ViewportView], is_stack: Sequence[bool]) -> list[ViewportView]:
    """The views when all stacks play, or, where they do already, when all of them pause.

    Args:
        views: As they were.
        is_stack: Whether each of them has anything to play.
    """
    plays = any(
        stack and not view.film.is_playing for view, stack in zip(views, is_stack, strict=True)
    )
    return [
        replace(view, film=replace(view.film, is_playing=plays and stack))
        for view, stack in zip(views, is_stack, strict=True)
    ]
