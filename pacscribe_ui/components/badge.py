"""Badges: a state as a word and a shape, so that colour is never the only sign."""

from typing import Any, Literal

import reflex as rx

from pacscribe_ui.text import Status

Shape = Literal["ring", "half", "check", "dot", "up", "double-up", "line"]
Tone = Literal["neutral", "accent", "good", "warning", "danger"]

_SHAPES: dict[Shape, list[dict[str, str]]] = {
    "ring": [{"d": "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z"}],
    "half": [
        {"d": "M8 3a5 5 0 1 1 0 10A5 5 0 0 1 8 3Z"},
        {"d": "M8 3a5 5 0 0 0 0 10Z", "fill": "currentColor"},
    ],
    "check": [
        {"d": "M8 2.5a5.5 5.5 0 1 1 0 11A5.5 5.5 0 0 1 8 2.5Z"},
        {"d": "m5.4 8.2 1.8 1.8 3.4-3.8"},
    ],
    "dot": [{"d": "M8 5a3 3 0 1 1 0 6A3 3 0 0 1 8 5Z", "fill": "currentColor"}],
    "up": [{"d": "m4 10 4-4 4 4"}],
    "double-up": [{"d": "m4 8 4-4 4 4M4 12.5l4-4 4 4"}],
    "line": [{"d": "M4 8h8"}],
}


def badge(word: Any, *, shape: Shape = "dot", tone: Tone = "neutral", **props: Any) -> rx.Component:
    """A word with a shape before it.

    Args:
        word: The state in words.
        shape: Its shape; use another for every state of one scale.
        tone: Its colour, which repeats what word and shape say.
        **props: Anything a `<span>` takes.
    """
    paths = [
        rx.el.path(
            d=part["d"],
            fill=part.get("fill", "none"),
            stroke="currentColor",
            stroke_width="1.6",
            stroke_linecap="round",
            stroke_linejoin="round",
        )
        for part in _SHAPES[shape]
    ]
    return rx.el.span(
        rx.el.svg(*paths, view_box="0 0 16 16", width="14", height="14", aria_hidden="true"),
        word,
        class_name=f"badge badge--{tone}",
        **props,
    )


def reading_status_badge(status: Any) -> Any:
    """How far the reading of a study has come.

    Args:
        status: A `ReadingStatus` value or a var of one.
    """
    return rx.match(
        status,
        ("reported", badge(Status.REPORTED, shape="check", tone="good")),
        ("read", badge(Status.READ, shape="dot", tone="neutral")),
        ("reading", badge(Status.READING, shape="half", tone="accent")),
        badge(Status.UNREAD, shape="ring"),
    )


def priority_badge(priority: Any) -> Any:
    """How soon a study should be read.

    Args:
        priority: A `Priority` value or a var of one.
    """
    return rx.match(
        priority,
        ("stat", badge(Status.STAT, shape="double-up", tone="danger")),
        ("urgent", badge(Status.URGENT, shape="up", tone="warning")),
        badge(Status.ROUTINE, shape="line"),
    )


def report_status_badge(status: Any) -> Any:
    """Whether a report is signed.

    Args:
        status: A `ReportStatus` value or a var of one.
    """
    return rx.match(
        status,
        ("final", badge(Status.FINAL, shape="check", tone="good")),
        badge(Status.DRAFT, shape="half", tone="accent"),
    )


def corrected_badge(is_corrected: Any) -> Any:
    """That a patient is shown otherwise than some of the files say.

    Args:
        is_corrected: Var of whether.
    """
    return rx.cond(
        is_corrected,
        badge(Status.CORRECTED, shape="half", tone="accent", title=Status.CORRECTED_TITLE),
    )
