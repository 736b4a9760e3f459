"""The table of audit entries. Values in."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.identifier import copy_identifier, identifier
from pacscribe_ui.components.link import page_link
from pacscribe_ui.text import Audit as words


def audit_table(lines: Any) -> rx.Component:
    """The trail, newest first.

    Args:
        lines: Var of `AuditLine`s.
    """
    headings = (words.TIME, words.WHO, words.WHAT, words.OUTCOME, words.ABOUT, words.FROM_WHERE)
    return rx.el.table(
        rx.el.caption(words.TABLE, class_name="unseen"),
        rx.el.thead(rx.el.tr(*[rx.el.th(each, scope="col") for each in headings])),
        rx.el.tbody(rx.foreach(lines, _line)),
        class_name="table audit-table",
    )


def access_table(lines: Any) -> rx.Component:
    """Who had what of which study, the last access first.

    Args:
        lines: Var of `AccessLine`s.
    """
    headings = (
        words.WHO,
        words.STUDY,
        words.FIRST_TIME,
        words.LAST_TIME,
        words.HAD,
        words.REFUSED,
        words.SESSIONS,
        words.FROM_WHERE,
    )
    return rx.el.table(
        rx.el.caption(words.ACCESS_TABLE, class_name="unseen"),
        rx.el.thead(rx.el.tr(*[rx.el.th(each, scope="col") for each in headings])),
        rx.el.tbody(
            rx.foreach(
                lines,
                lambda line: rx.el.tr(
                    rx.el.td(rx.el.strong(line.who)),
                    rx.el.td(
                        rx.cond(line.name, rx.el.p(page_link(line.name, to=line.target))),
                        rx.el.div(
                            rx.cond(
                                line.name,
                                identifier(line.study, line.short),
                                page_link(identifier(line.study, line.short), to=line.target),
                            ),
                            copy_identifier(line.study, line.short),
                            class_name=rx.cond(
                                line.name, "audit-identified under", "audit-identified"
                            ),
                        ),
                    ),
                    rx.el.td(line.first, class_name="numbers"),
                    rx.el.td(line.last, class_name="numbers"),
                    rx.el.td(line.seen),
                    rx.el.td(line.refused, class_name="numbers"),
                    rx.el.td(line.sessions, class_name="numbers"),
                    rx.el.td(line.addresses),
                ),
            )
        ),
        class_name="table audit-table access-table",
    )


def outcome_badge(outcome: Any) -> Any:
    """How it ended, by word and shape.

    Args:
        outcome: An `AuditOutcome` value or a var of one.
    """
    return rx.match(
        outcome,
        ("success", badge(words.OUTCOMES["success"], shape="check")),
        ("refused", badge(words.OUTCOMES["refused"], shape="line", tone="warning")),
        badge(words.OUTCOMES["failed"], shape="up", tone="danger"),
    )


def _line(line: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.p(line.time),
            rx.el.p(line.day, class_name="under"),
            class_name="numbers",
        ),
        rx.el.td(
            rx.el.p(line.who),
            rx.cond(
                line.session,
                rx.el.p(
                    page_link(
                        words.SESSION,
                        identifier(line.session_id, line.session),
                        to=line.session_target,
                        class_name="audit-who",
                    ),
                    class_name="under",
                ),
            ),
        ),
        rx.el.td(rx.el.p(line.what), rx.el.p(line.details, class_name="under")),
        rx.el.td(outcome_badge(line.outcome), rx.el.p(line.reason, class_name="under")),
        rx.el.td(
            rx.el.div(
                rx.cond(
                    line.target,
                    page_link(_about(line), to=line.target),
                    rx.el.span(_about(line), title=line.identifier),
                ),
                rx.cond(line.short, copy_identifier(line.identifier, line.short)),
                class_name=rx.cond(line.short, "audit-identified", ""),
            ),
            rx.cond(
                line.patient_target,
                rx.el.p(
                    page_link(words.WHO_SAW, to=line.patient_target, class_name="audit-who"),
                    class_name="under",
                ),
            ),
            class_name="audit-about",
        ),
        rx.el.td(
            rx.el.p(line.address),
            rx.cond(
                line.user_agent,
                rx.el.details(
                    rx.el.summary(line.browser),
                    rx.el.p(line.user_agent, dir="auto"),
                    class_name="under audit-browser",
                ),
            ),
        ),
        data_sequence=line.sequence,
    )


def _about(line: Any) -> rx.Component:
    return rx.fragment(
        line.about, rx.cond(line.short, rx.fragment(" ", identifier(line.identifier, line.short)))
    )
