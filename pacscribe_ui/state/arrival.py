"""What is asked of a page before its state has come waits for it.

A page can be used before its line is open: what somebody types and sends then goes out with the line's
first message. Reflex puts the `on_load` events of the page behind it, and they would begin the page
anew after the act. So such an act is kept, and goes on as soon as the page has its state.
"""

from functools import cache

import reflex as rx
from reflex.event import Event
from reflex.state import BaseState, OnLoadInternalState, State
from reflex_base.event.context import EventContext
from reflex_base.utils.format import format_event_handler

_MOST_KEPT = 64  # more than anybody does in the time; what comes after them does not wait


class ArrivalState(rx.State):
    """Whether the page of a tab waits for its state, and what waits with it; nothing of it is sent."""

    _waits: bool = False
    _kept: tuple[Event, ...] = ()


async def must_wait(root: BaseState, event: Event) -> bool:
    """Meet an event: follow how the page arrives, and keep what comes too early.

    Args:
        root: The state tree of the tab, locked.
        event: What came over the line, or was chained by a handler.

    Returns:
        Whether the event was kept, and goes on by itself later.
    """
    arrival = await root.get_state(ArrivalState)
    if event.name in _beginnings():
        arrival._waits = True
    elif event.name == _of(OnLoadInternalState, "set_is_hydrated"):
        kept, arrival._waits, arrival._kept = arrival._kept, False, ()
        await EventContext.get().enqueue(*kept)
    elif arrival._waits and not arrival.is_hydrated and not _is_chained():
        is_kept = len(arrival._kept) < _MOST_KEPT
        if is_kept:
            arrival._kept = (*arrival._kept, event)
        return is_kept
    return False


@cache
def _beginnings() -> frozenset[str]:
    """What a page sends when it is opened, or has found its line again, and when another is turned to."""
    return frozenset((_of(State, "hydrate_and_load"), _of(OnLoadInternalState, "on_load_internal")))


def _is_chained() -> bool:
    """Whether a handler sent the event in hand, and not the browser."""
    return EventContext.get().parent_txid is not None


def _of(state: type[BaseState], name: str) -> str:
    return format_event_handler(state.event_handlers[name])
