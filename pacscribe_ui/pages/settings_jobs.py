"""`/settings/jobs`: what PACScribe does by itself, live, for administrators."""

import reflex as rx

from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.job_table import job_table
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.pages.settings_frame import settings_frame
from pacscribe_ui.state.jobs import PATH, JobsState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Jobs as words

ROUTE = PATH
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, JobsState.load]


def page() -> rx.Component:
    """The page."""
    return settings_frame(
        rx.cond(
            JobsState.is_loaded,
            rx.cond(
                JobsState.has_jobs,
                job_table(JobsState.lines, on_try=JobsState.retry, on_cancel=JobsState.cancel),
                empty_state(words.EMPTY_TITLE, words.EMPTY, icon="list-checks"),
            ),
            skeleton_rows(),
        ),
        active="jobs",
        title=words.TITLE,
        lead=words.LEAD,
    )
