"""The grid in which rights are chosen: the end of a sentence in each card, large enough for a finger."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.text import Effects
from pacscribe_ui.text import People as words


def rights_grid(lines: Any, question: Any, on_toggle: Any, *, name: str) -> rx.Component:
    """All rights in groups, each to be ticked.

    Args:
        lines: Var of `RightLine`s.
        question: How the sentence begins that every right ends.
        on_toggle: Event handler; takes the permission.
        name: Name of the controls in the form.
    """
    return rx.el.fieldset(
        rx.el.legend(question),
        rx.el.div(
            rx.foreach(
                lines,
                lambda line: rx.fragment(
                    rx.cond(
                        line.starts != "",
                        rx.el.div(
                            rx.el.h3(line.starts),
                            rx.cond(line.lead != "", rx.el.p(line.lead, class_name="faint")),
                            class_name="rights-head",
                        ),
                    ),
                    _right(line, on_toggle, name),
                ),
            ),
            class_name="rights-grid",
        ),
        class_name="rights",
    )


def may(sentences: Any) -> rx.Component:
    """What somebody may do, a sentence for each group of rights.

    Args:
        sentences: Var of sentences.
    """
    return rx.el.div(rx.foreach(sentences, rx.el.p), class_name="soft may")


def effects(lines: Any, problem: Any, *actions: rx.Component) -> rx.Component:
    """What a change will do, or why it cannot be done; read out when it changes.

    Args:
        lines: Var of sentences.
        problem: Var: why it cannot be done; empty if it can.
        *actions: The buttons below.
    """
    return rx.el.section(
        rx.el.h3(Effects.TITLE),
        rx.el.div(
            rx.cond(
                problem != "",
                inline_notice("warning", problem),
                rx.cond(
                    lines.length() > 0,
                    rx.el.ul(
                        rx.foreach(
                            lines,
                            lambda line: rx.el.li(icon("arrow-right", 16), rx.el.span(line)),
                        ),
                        class_name="effects",
                    ),
                    rx.el.p(Effects.NOT_YET, class_name="soft"),
                ),
            ),
            aria_live="polite",
        ),
        *actions,
        class_name="outcome",
        aria_label=Effects.TITLE,
    )


def _right(line: Any, on_toggle: Any, name: str) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="checkbox",
            name=name,
            value=line.permission,
            checked=line.is_chosen,
            on_change=on_toggle(line.permission),
        ),
        rx.el.span(
            rx.el.span(line.phrase),
            rx.cond(line.is_given, badge(words.BY_ROLE, shape="check")),
        ),
        class_name="choice choice--small",
    )
