"""The worklist under somebody's hands: keys, selecting rows, and looking for news. What is done is the page's business."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.script import script

_module = script("worklist_hands.jsx")


class WorklistHands(rx.Component):
    """A `<div>` around the table of studies."""

    library = _module
    tag = "WorklistHands"

    # UIDs of the selected studies.
    selected: rx.Var[list[str]]
    # Address that tells whether anything has changed.
    news_path: rx.Var[str]
    on_select: rx.EventHandler[rx.event.passthrough_event_spec(list[str])]
    on_zone: rx.EventHandler[rx.event.passthrough_event_spec(str)]
    on_news: rx.EventHandler[rx.event.no_args_event_spec]
    on_help: rx.EventHandler[rx.event.no_args_event_spec]


def worklist_hands(*children: Any, label: str, **props: Any) -> rx.Component:
    """Wrap the table of studies.

    Args:
        *children: The table.
        label: Name of the region, which the keyboard can reach by itself.
        **props: What `WorklistHands` takes, class name and the like.
    """
    # Reflex would take attributes that it does not know for style.
    attributes = {"role": "region", "aria-label": label, "tabIndex": 0}
    return WorklistHands.create(*children, custom_attrs=attributes, **props)
