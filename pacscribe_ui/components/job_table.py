"""The table of background jobs. Values in, events out."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.button import button
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.text import Jobs as words


def job_table(lines: Any, *, on_try: Any, on_cancel: Any) -> rx.Component:
    """The queue.

    Args:
        lines: Var of `JobLine`s.
        on_try: Handler that takes the identifier of a job that is to run now.
        on_cancel: Handler that takes the identifier of a job to be given up.
    """
    headings = (words.JOB, words.STATUS, words.RESULT, words.WHEN)
    return rx.el.div(
        rx.el.table(
            rx.el.caption(words.TABLE, class_name="unseen"),
            rx.el.thead(
                rx.el.tr(
                    *[rx.el.th(each, scope="col") for each in headings],
                    rx.el.th(rx.el.span(words.ACTS, class_name="unseen"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(lines, lambda line: _line(line, on_try, on_cancel))),
            class_name="table job-table",
        ),
        class_name="table-frame",
        tab_index=0,
        role="region",
        aria_label=words.TABLE,
    )


def job_badge(status: Any, word: Any) -> Any:
    """How far a job has come, by word and shape."""
    return rx.match(
        status,
        ("running", badge(word, shape="half", tone="accent")),
        ("done", badge(word, shape="check", tone="good")),
        ("failed", badge(word, shape="double-up", tone="danger")),
        ("cancelled", badge(word, shape="line")),
        badge(word, shape="ring"),
    )


def _line(line: Any, on_try: Any, on_cancel: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(line.name, class_name="job-name"),
        rx.el.td(
            job_badge(line.status, line.status_word),
            rx.el.p(line.note, class_name="under"),
            rx.cond(
                line.progress_total > 0,
                rx.fragment(
                    rx.el.progress(
                        value=line.progress_done,
                        max=line.progress_total,
                        aria_label=line.progress_label,
                        class_name="job-progress",
                    ),
                    rx.el.p(line.progress_word, class_name="under numbers"),
                ),
            ),
        ),
        rx.el.td(
            rx.cond(line.error, rx.el.p(line.error), rx.el.p(line.result)), class_name="job-result"
        ),
        rx.el.td(
            _moment(line.before, line.before_at),
            _moment(line.after, line.after_at),
            class_name="job-when",
        ),
        rx.el.td(
            rx.cond(
                line.try_word,
                button(
                    line.try_word,
                    small=True,
                    aria_label=line.try_label,
                    on_click=on_try(line.job_id),
                ),
            ),
            rx.cond(
                line.cancel_label,
                button(
                    words.CANCEL,
                    small=True,
                    aria_label=line.cancel_label,
                    on_click=on_cancel(line.job_id),
                ),
            ),
            class_name="job-acts",
        ),
        key=line.job_id,
        data_job=line.name,
        data_status=line.status,
    )


def _moment(what: Any, at: Any) -> rx.Component:
    return rx.cond(at, rx.el.p(rx.el.span(what, class_name="faint"), local_time(at)))
