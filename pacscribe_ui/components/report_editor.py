"""A report: written, held by somebody else, or signed. Values in, events out; typing and saving are in the `.jsx`.

`report_view` shows whichever it is, beside the images and on the report's own page.
"""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import report_status_badge
from pacscribe_ui.components.button import button, link_button
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.components.script import script
from pacscribe_ui.text import REPORT_EDITOR
from pacscribe_ui.text import Report as words

_module = script("report_editor.jsx")
script("report_draft.js")  # imported by the module, as are the next
script("proof_fields.jsx")
script("passkey.js")


class ReportEditor(rx.NoSSRComponent):
    """The text areas, the line that says what is saved, and the dialog that signs."""

    library = _module
    tag = "ReportEditor"

    report_id: rx.Var[str]
    # `{"name", "label", "hint"}` of each section, in order.
    sections: rx.Var[list[dict[str, str]]]
    # Pairs of label and value that the dialog shows: whose report is being signed.
    about: rx.Var[list[list[str]]]
    may_sign: rx.Var[bool]
    words: rx.Var[dict[str, str]]
    on_signed: rx.EventHandler[rx.event.no_args_event_spec]
    # The draft is not this person's any more, or is signed: show what it is now.
    on_gone: rx.EventHandler[rx.event.no_args_event_spec]


def report_editor(report: Any, *, on_signed: Any, on_gone: Any) -> rx.Component:
    """The editor of a draft that this person may write.

    The text itself is fetched and saved by the component, version by version; `report` names it and says whose it is.

    Args:
        report: Var of a `ReportView`.
        on_signed: Called when it is signed.
        on_gone: Called when it was signed or taken over elsewhere and should be loaded anew.
    """
    return ReportEditor.create(
        report_id=report.report_id,
        sections=[
            {"name": name, "label": label, "hint": words.HINTS[name]}
            for name, label in words.SECTIONS.items()
        ],
        about=[
            [words.PATIENT, report.patient_name],
            [words.ID, report.patient_id],
            [words.BORN, report.patient_birth_date],
            [words.STUDY, report.study_description],
            [words.STUDY_DATE, report.study_date + " " + report.study_time],
            [words.ACCESSION, report.accession_number],
        ],
        may_sign=report.may_sign,
        words=REPORT_EDITOR,
        on_signed=on_signed,
        on_gone=on_gone,
        key=report.report_id,
    )


def report_head(
    report: Any, *actions: rx.Component, names_patient: bool | rx.Var[bool] = True
) -> rx.Component:
    """Whose report it is: patient and study, always in sight; the patient only where that may be named."""
    return rx.el.header(
        rx.el.div(
            rx.cond(
                names_patient,
                rx.el.p(
                    rx.el.strong(_or(report.patient_name, words.NO_NAME), dir="auto"),
                    rx.el.span(_or(report.patient_id, words.NO_ID), class_name="numbers"),
                    rx.cond(
                        report.patient_birth_date != "",
                        rx.el.span(report.patient_birth_date, class_name="numbers"),
                    ),
                    rx.cond(report.patient_sex != "", rx.el.span(report.patient_sex)),
                    class_name="report-patient",
                ),
            ),
            rx.el.p(
                rx.el.span(_or(report.study_description, words.NO_DESCRIPTION)),
                rx.el.span(report.study_date, " ", report.study_time, class_name="numbers"),
                # A draft that nobody has begun is none yet.
                rx.cond(
                    (report.status != "draft") | (report.author_name != ""),
                    report_status_badge(report.status),
                ),
                class_name="report-study",
            ),
            class_name="report-whose",
        ),
        *actions,
        class_name="report-head",
    )


def report_view(
    report: Any,
    *,
    problem: Any,
    on_signed: Any,
    on_gone: Any,
    on_take_over: Any,
    actions: tuple[rx.Component, ...] = (),
    names_patient: bool | rx.Var[bool] = True,
) -> rx.Component:
    """A report in whichever state it is, with its head.

    Args:
        report: Var of a `ReportView`; its `report_id` is empty when there is none to be read.
        problem: Var: the sentence why it cannot be shown, or empty.
        on_signed: Event: it was signed here.
        on_gone: Event: load it anew.
        on_take_over: Event: make somebody else's draft one's own.
        actions: What stands at the right of the head.
        names_patient: Whether its head says whose it is. Who signs is told in any case.
    """
    body = rx.cond(
        report.versions.length() > 0,
        signed_report(report),
        rx.cond(
            report.may_write,
            report_editor(report, on_signed=on_signed, on_gone=on_gone),
            _held(report, on_take_over),
        ),
    )
    return rx.cond(
        problem != "",
        empty_state(words.FAILED_TITLE, problem, icon="file-x"),
        rx.cond(
            report.report_id != "",
            rx.el.article(
                report_head(report, *actions, names_patient=names_patient),
                body,
                aria_label=words.TITLE,
                class_name="report",
            ),
            empty_state(words.NONE_TITLE, words.NONE, icon="file-clock"),
        ),
    )


def signed_report(report: Any) -> rx.Component:
    """The signed versions, newest first: text, signature, PDF."""
    return rx.el.div(
        rx.foreach(report.versions, lambda version: _version(report, version)),
        class_name="report-signed",
    )


def written_text(sections: Any) -> rx.Component:
    """The sections that hold text, to be read."""
    return rx.el.div(
        *[
            rx.cond(
                getattr(sections, name) != "",
                rx.el.section(
                    rx.el.h2(label, class_name="report-label"),
                    rx.el.p(getattr(sections, name), dir="auto", class_name="report-text"),
                    class_name=f"report-section report-section--{name}",
                ),
            )
            for name, label in words.SECTIONS.items()
        ],
        class_name="report-sections",
        translate="no",
    )


def _version(report: Any, version: Any) -> rx.Component:
    address = rx.Var.create("/api/v1/reports/") + report.report_id + "/pdf?version="
    return rx.el.section(
        written_text(version.sections),
        rx.el.div(
            icon("shield-check", 20),
            rx.el.dl(
                _fact(words.SIGNED_BY, version.signer_name),
                _fact(words.SIGNED_AT, local_time(version.signed_at)),
                _fact(words.CONFIRMED, version.signing_method),
                _fact(words.VERSION, version.version_number),
                _fact(words.HASH, rx.el.code(version.content_sha256, class_name="report-hash")),
                class_name="facts",
            ),
            link_button(
                words.PDF,
                href=address + version.version_number.to_string(),
                icon="file-down",
                target="_blank",
                rel="noopener",
            ),
            class_name="report-seal",
        ),
        rx.el.p(words.FIXED, class_name="faint"),
        class_name="report-version",
    )


def _held(report: Any, on_take_over: Any) -> rx.Component:
    return rx.el.div(
        rx.cond(
            report.may_take_over,
            rx.el.div(
                inline_notice(
                    "accent",
                    words.HELD_LEAD,
                    title=rx.fragment(report.author_name, words.HELD),
                ),
                button(words.TAKE_OVER, icon="hand", on_click=on_take_over),
                class_name="stack",
            ),
        ),
        rx.cond(
            report.sections_are_blank,
            rx.el.p(words.HELD_EMPTY, class_name="faint"),
            written_text(report.sections),
        ),
        class_name="report-held",
    )


def _fact(label: str, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(label), rx.el.dd(value), class_name="fact")


def _or(value: Any, otherwise: str) -> Any:
    return rx.cond(value != "", value, otherwise)
