"""What the page about background jobs shows: the queue, as it is at this moment."""

import asyncio
from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.core.errors import Refusal
from backend.core.permissions import Permission
from backend.core.vocabulary import JobStatus
from backend.schemas.jobs import JobRow
from pacscribe_ui.state.base import ask, caller, notify, recheck, requires, services
from pacscribe_ui.text import Jobs as words

PATH = "/settings/jobs"
_LOOK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class JobLine:
    """A job in words."""

    job_id: str
    name: str
    status: str  # a JobStatus; `failed` also for what waits after a failure
    status_word: str
    note: str
    progress_done: int
    progress_total: int
    progress_word: str
    progress_label: str
    result: str
    error: str
    before: str  # what the first moment is
    before_at: str
    after: str  # what the second one is
    after_at: str
    try_word: str  # empty if there is nothing to try
    try_label: str
    cancel_label: str  # empty if it cannot be cancelled


class JobsState(rx.State):
    """The queue, looked at again and again while the page is open."""

    lines: tuple[JobLine, ...] = ()
    has_jobs: bool = False
    is_loaded: bool = False
    _look: int = 0

    @rx.event
    @requires(Permission.ARCHIVE_MANAGE)
    async def load(self) -> Any:
        """Look at the queue, and keep looking."""
        self._show(await ask(services().jobs.page, caller()))
        self._look += 1
        return JobsState.watch(self._look)

    @rx.event(background=True)
    @requires(Permission.ARCHIVE_MANAGE)
    async def watch(self, look: int) -> None:
        """Look again every two seconds, until the page is left or the session ends; nobody is kept signed in by it."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                person = await recheck(Permission.ARCHIVE_MANAGE, touches=False)
            except Refusal:
                return
            rows = await ask(services().jobs.page, person)
            async with self:
                if self._look != look or self.router.url.path != PATH:
                    return
                self._show(rows)

    @rx.event
    @requires(Permission.ARCHIVE_MANAGE)
    async def retry(self, job_id: str) -> Any:
        """Let a job run now."""
        await ask(services().jobs.retry, caller(), job_id)
        return [notify(words.STARTED), JobsState.load]

    @rx.event
    @requires(Permission.ARCHIVE_MANAGE)
    async def cancel(self, job_id: str) -> Any:
        """Give a job up."""
        await ask(services().jobs.cancel, caller(), job_id)
        return [notify(words.CANCELLED), JobsState.load]

    def _show(self, rows: tuple[JobRow, ...]) -> None:
        lines = tuple(line_of(row) for row in rows)
        if lines != self.lines or not self.is_loaded:
            self.lines, self.has_jobs, self.is_loaded = lines, bool(lines), True


def line_of(row: JobRow) -> JobLine:
    """A job in words."""
    name = words.KINDS.get(row.kind, row.kind)
    is_waiting = row.status is JobStatus.WAITING
    status = JobStatus.FAILED if is_waiting and row.error else row.status
    has_ended = bool(row.finished_at) and row.status is not JobStatus.RUNNING
    tries_again = row.attempts and row.status in (JobStatus.WAITING, JobStatus.RUNNING)
    try_word = "" if not row.can_be_tried else words.RUN if is_waiting else words.TRY
    return JobLine(
        job_id=row.job_id,
        name=name,
        status=status.value,
        status_word=words.STATUSES[status],
        note=words.ATTEMPT.format(number=row.attempts, most=row.most_attempts)
        if tries_again and (row.attempts > 1 or is_waiting)
        else "",
        progress_done=row.progress_done,
        progress_total=row.progress_total if row.status is JobStatus.RUNNING else 0,
        progress_word=words.PROGRESS.format(
            done=f"{row.progress_done:,}", total=f"{row.progress_total:,}"
        ),
        progress_label=words.PROGRESS_LABEL.format(job=name),
        result=row.result,
        error=row.error,
        before=(words.LAST if row.every_seconds else words.ENDED) if has_ended else words.BEGAN,
        # What waits to be tried again began after it last came to its end.
        before_at=max(row.finished_at, row.started_at) if has_ended else row.started_at,
        after=words.NEXT,
        after_at=row.run_after if is_waiting else "",
        try_word=try_word,
        try_label={words.RUN: words.RUN_JOB, words.TRY: words.TRY_JOB}.get(try_word, "").format(
            job=name
        ),
        cancel_label=words.CANCEL_JOB.format(job=name) if row.can_be_cancelled else "",
    )
