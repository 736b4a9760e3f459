"""The parts of a decision about patients: what stands beside what, what can be chosen, what would change."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.button import button
from pacscribe_ui.components.dialog import dialog, dialog_actions
from pacscribe_ui.components.field import text_area
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.text import Conflicts as words


def comparison(lines: Any, stored_studies: Any, came_studies: Any) -> rx.Component:
    """A table of values, stored and as they came; those that differ are marked by a word, not by colour alone.

    Args:
        lines: Var of `FieldLine`s.
        stored_studies: Var of `StudyLine`s, of what is stored.
        came_studies: Var of `StudyLine`s, of what came.
    """
    return rx.el.table(
        rx.el.caption(words.COMPARISON, class_name="unseen"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th(words.VALUE, scope="col"),
                rx.el.th(words.STORED, scope="col"),
                rx.el.th(words.CAME, scope="col"),
            )
        ),
        rx.el.tbody(
            rx.foreach(lines, _compared),
            rx.el.tr(
                rx.el.th(words.HELD_STUDIES, scope="row"),
                rx.el.td(_studies(stored_studies)),
                rx.el.td(_studies(came_studies)),
            ),
        ),
        class_name="comparison",
    )


def content_differences(line: Any) -> rx.Component:
    """What one file that came differs in from the stored one.

    Args:
        line: Var of a `ContentLine`.
    """
    return rx.el.div(
        rx.el.p(rx.el.span(line.file, dir="auto", class_name="faint source-files")),
        rx.el.p(line.said),
        rx.cond(
            line.elements.length() > 0,
            rx.el.table(
                rx.el.caption(words.CONTENTS, class_name="unseen"),
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(words.ELEMENT, scope="col"),
                        rx.el.th(words.STORED, scope="col"),
                        rx.el.th(words.CAME, scope="col"),
                    )
                ),
                rx.el.tbody(
                    rx.foreach(
                        line.elements,
                        lambda each: rx.el.tr(
                            rx.el.th(
                                each.name,
                                rx.el.span(each.place, class_name="numbers faint"),
                                scope="row",
                            ),
                            rx.el.td(each.stored, dir="auto"),
                            rx.el.td(each.came, dir="auto"),
                        ),
                    )
                ),
                class_name="comparison comparison--contents",
            ),
        ),
        rx.cond(line.more != "", rx.el.p(line.more, class_name="soft")),
        class_name="stack stack--tight",
    )


def choices(lines: Any, chosen: Any, on_choose: Any, question: str) -> rx.Component:
    """What can be decided, each with a sentence on what is done then.

    Args:
        lines: Var of `ChoiceLine`s.
        chosen: Var: the key of the chosen one.
        on_choose: Event handler; takes the key.
        question: What is asked.
    """
    return rx.el.fieldset(
        rx.el.legend(question),
        rx.foreach(
            lines,
            lambda line: rx.el.label(
                rx.el.input(
                    type="radio",
                    name="choice",
                    value=line.key,
                    checked=chosen == line.key,
                    on_change=on_choose(line.key),
                ),
                rx.el.span(rx.el.strong(line.label), rx.el.span(line.meaning, class_name="soft")),
                class_name="choice",
            ),
        ),
        class_name="choices",
    )


def which_holds(lines: Any, on_hold: Any) -> rx.Component:
    """For each value that differs, which of the two is to be shown.

    Args:
        lines: Var of the `FieldLine`s that differ.
        on_hold: Event handler; takes the field and `stored` or `came`.
    """
    return rx.el.div(
        rx.el.h3(words.HOLDS),
        rx.foreach(
            lines,
            lambda line: rx.el.fieldset(
                rx.el.legend(line.question, class_name="unseen"),
                rx.el.span(line.label, class_name="soft holds-label", aria_hidden="true"),
                _side(line, "stored", line.stored, words.STORED, on_hold),
                _side(line, "came", line.came, words.CAME, on_hold),
                class_name="holds",
            ),
        ),
        class_name="stack stack--tight",
    )


def outcome(effects: Any, problem: Any, action: rx.Component) -> rx.Component:
    """What would change, and the button that does it.

    Args:
        effects: Var of sentences.
        problem: Var: why it cannot be done; empty if it can.
        action: The button.
    """
    return rx.el.section(
        rx.el.h3(words.PREVIEW),
        rx.el.div(
            rx.cond(
                problem != "",
                inline_notice("warning", problem),
                _effects(effects),
            ),
            aria_live="polite",
        ),
        action,
        class_name="outcome",
        aria_label=words.PREVIEW,
    )


def history(lines: Any, on_undo: Any, *, may_erase: Any, on_erase: Any) -> rx.Component:
    """The decisions of the past, newest first.

    Args:
        lines: Var of `ChangeLine`s.
        on_undo: Event handler; takes the key of a change.
        may_erase: Var: whether what decisions have put away may be deleted for good.
        on_erase: Event handler that asks again; takes the key of a change.
    """
    return rx.el.ul(
        rx.foreach(
            lines,
            lambda line: rx.el.li(
                rx.el.div(
                    rx.el.div(
                        rx.el.strong(line.what),
                        rx.cond(line.undone != "", badge(line.undone, shape="line")),
                        class_name="row",
                    ),
                    rx.foreach(line.effects, rx.el.p),
                    rx.cond(line.kept != "", rx.el.p(line.kept, class_name="soft")),
                    rx.cond(line.reason != "", rx.el.p(words.BECAUSE, ": ", line.reason)),
                    rx.el.p(line.who, " · ", local_time(line.at), class_name="faint"),
                ),
                rx.el.div(
                    rx.cond(
                        line.undo_label != "",
                        button(
                            words.UNDO,
                            icon="undo-2",
                            aria_label=line.undo_label,
                            on_click=on_undo(line.change_key),
                        ),
                    ),
                    rx.cond(
                        may_erase & (line.erase_label != ""),
                        button(
                            words.ERASE,
                            icon="trash-2",
                            variant="quiet",
                            aria_label=line.erase_label,
                            on_click=on_erase(line.change_key),
                        ),
                    ),
                    class_name="decision-acts",
                ),
                class_name="decision",
            ),
        ),
        class_name="decisions",
    )


def erasure_dialog(erasure: Any, *, on_keep: Any, on_erase: Any) -> rx.Component:
    """Asks again before something is deleted for good.

    Args:
        erasure: Var of an `ErasureLine`; without a key nothing is asked.
        on_keep: Event that deletes nothing.
        on_erase: Called with the form.
    """
    return dialog(
        words.ERASE_TITLE,
        rx.el.form(
            rx.el.p(erasure.meaning),
            rx.el.p(words.ERASE_AGAIN, class_name="soft"),
            text_area(
                words.ERASE_REASON, name="reason", hint=words.ERASE_REASON_HINT, required=True
            ),
            dialog_actions(
                button(words.ERASE_KEEP, on_click=on_keep),
                button(words.ERASE, variant="danger", type="submit"),
            ),
            on_submit=on_erase,
            class_name="stack",
        ),
        is_open=erasure.change_key != "",
        on_dismiss=on_keep,
        name="erase",
    )


def _effects(lines: Any) -> Any:
    return rx.cond(
        lines.length() > 0,
        rx.el.ul(
            rx.foreach(lines, lambda line: rx.el.li(icon("arrow-right", 16), rx.el.span(line))),
            class_name="effects",
        ),
        rx.el.p(words.NOT_YET, class_name="soft"),
    )


def _compared(line: Any) -> rx.Component:
    mark = rx.cond(line.differs, badge(words.DIFFERS, tone="warning"))
    return rx.el.tr(
        rx.el.th(line.label, scope="row"),
        rx.el.td(rx.el.span(line.stored, dir="auto")),
        rx.el.td(rx.el.span(line.came, dir="auto"), mark),
        data_differs=rx.cond(line.differs, "true", "false"),
    )


def _studies(lines: Any) -> rx.Component:
    return rx.el.ul(rx.foreach(lines, lambda line: rx.el.li(line.label)), class_name="brief")


def _side(line: Any, side: str, value: Any, where: str, on_hold: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name=f"holds-{line.name}",
            value=side,
            checked=line.holds == side,
            on_change=on_hold(line.name, side),
        ),
        rx.el.span(rx.el.span(where, class_name="faint"), rx.el.span(value, dir="auto")),
        class_name="choice choice--small",
    )
