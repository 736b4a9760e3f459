"""Answers about background jobs."""

from dataclasses import dataclass

from backend.core.vocabulary import JobStatus


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as a page shows it. Moments are ISO 8601 in UTC, empty where there is none.

    Attributes:
        job_id: Identifier.
        kind: Of the kinds that `bootstrap` registers.
        status: How far it has come.
        is_of_installation: Whether it is for all organizations.
        every_seconds: How often it comes again; 0 for once.
        attempts: How often it was tried since it last came to an end.
        most_attempts: How often it is tried.
        progress_done: How much of it is done.
        progress_total: Of how much; 0 if that is not known.
        result: What came of it last, in one sentence.
        error: What was wrong the last time, in one sentence.
        run_after: When it is due.
        started_at: When it was last taken up.
        finished_at: When it last came to an end.
        can_be_cancelled: Whether it can be given up now.
        can_be_tried: Whether it can be run now.
    """

    job_id: str
    kind: str
    status: JobStatus
    is_of_installation: bool
    every_seconds: int
    attempts: int
    most_attempts: int
    progress_done: int
    progress_total: int
    result: str
    error: str
    run_after: str
    started_at: str
    finished_at: str
    can_be_cancelled: bool
    can_be_tried: bool
