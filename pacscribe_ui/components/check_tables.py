"""The tables of damaged objects and of checks. Values in."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.text import Checks as words


def damage_table(lines: Any) -> rx.Component:
    """Damaged objects.

    Args:
        lines: Var of `DamageLine`s.
    """
    return _table(
        words.DAMAGES,
        (words.WHAT, words.OBJECT, words.STUDY, words.FOUND_AT),
        rx.foreach(
            lines,
            lambda line: rx.el.tr(
                rx.el.td(badge(line.what, shape="double-up", tone="danger")),
                rx.el.td(line.sop_instance_uid, class_name="check-uid"),
                rx.el.td(
                    page_link(
                        line.study_instance_uid, to="/viewer/" + line.study_instance_uid.to(str)
                    ),
                    class_name="check-uid",
                ),
                rx.el.td(local_time(line.found_at), class_name="numbers"),
            ),
        ),
    )


def run_table(lines: Any) -> rx.Component:
    """The last checks.

    Args:
        lines: Var of `CheckLine`s.
    """
    return _table(
        words.RUNS,
        (words.SCOPE, words.BEGAN, words.RESULT, words.OBJECTS, words.FRAMES, words.SIZE),
        rx.foreach(
            lines,
            lambda line: rx.el.tr(
                rx.el.td(line.scope),
                rx.el.td(local_time(line.started_at), class_name="numbers"),
                rx.el.td(
                    rx.cond(
                        line.is_bad,
                        badge(line.result, shape="double-up", tone="danger"),
                        badge(line.result, shape="check"),
                    )
                ),
                rx.el.td(line.objects, class_name="numbers"),
                rx.el.td(line.frames, class_name="numbers"),
                rx.el.td(line.size, class_name="numbers"),
            ),
        ),
    )


def _table(caption: str, headings: tuple[str, ...], rows: Any) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(caption, class_name="unseen"),
            rx.el.thead(rx.el.tr(*[rx.el.th(each, scope="col") for each in headings])),
            rx.el.tbody(rows),
            class_name="table",
        ),
        class_name="table-frame",
        tab_index=0,
        role="region",
        aria_label=caption,
    )
