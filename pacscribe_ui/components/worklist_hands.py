"""The worklist under somebody's hands: keys, selecting rows, and looking for news. What is done is the page's business.

It is there also around an empty list, which is the one that waits for news most.
"""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

_module = script("worklist_hands.jsx")


class WorklistHands(rx.Component):
    """A `<div>` around the table of studies, or around what stands in its place."""

    library = _module
    tag = "WorklistHands"

    # Whether studies can be selected: not where nothing could be done with them.
    can_select: rx.Var[bool]
    # UIDs of the selected studies.
    selected: rx.Var[list[str]]
    # Address that tells whether anything has changed.
    news_path: rx.Var[str]
    # With the study whose link the keyboard has come to, once it stays there.
    on_choose: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_select: rx.EventHandler[rx.event.passthrough_event_spec(list[str])]
    on_zone: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_news: rx.EventHandler[rx.event.no_args_event_spec]
    on_help: rx.EventHandler[rx.event.no_args_event_spec]


def worklist_hands(*children: Any, **props: Any) -> rx.Component:
    """Wrap the table of studies.

    Args:
        *children: The table, or what stands in its place.
        **props: What `WorklistHands` takes, class name and the like.
    """
    return WorklistHands.create(*children, **props)
