"""The page about jobs: every kind and state has words, and each row says what is next."""

from dataclasses import replace

import pytest

from backend import bootstrap
from backend.core.vocabulary import JobStatus
from backend.schemas.jobs import JobRow
from backend.settings import Settings
from pacscribe_ui import text
from pacscribe_ui.state.jobs import line_of
from tests.data_dirs import prepare_data_dir

ROW = JobRow(
    job_id="j-1",
    kind="archive:sweep",
    status=JobStatus.DONE,
    is_of_installation=True,
    every_seconds=0,
    attempts=1,
    most_attempts=5,
    progress_done=0,
    progress_total=0,
    result="Removed: nothing.",
    error="",
    run_after="2026-03-15T12:00:00+00:00",
    started_at="2026-03-15T12:00:01+00:00",
    finished_at="2026-03-15T12:00:02+00:00",
    can_be_cancelled=False,
    can_be_tried=False,
)


def test_every_kind_of_job_has_a_name(tmp_path):
    prepare_data_dir(tmp_path)
    built = bootstrap.build(Settings(data_dir=tmp_path))
    try:
        assert set(built.jobs.kinds) == set(text.Jobs.KINDS)
    finally:
        bootstrap.close(built)


@pytest.mark.parametrize("status", JobStatus)
def test_every_state_has_a_word(status):
    assert line_of(replace(ROW, status=status)).status_word == text.Jobs.STATUSES[status]


def test_a_finished_job_says_when_it_ended():
    line = line_of(ROW)
    assert (line.name, line.note, line.try_word) == ("Remove what crashes left behind", "", "")
    assert (line.before, line.before_at, line.after_at) == ("Ended: ", ROW.finished_at, "")


def test_a_running_job_says_how_far_it_is():
    line = line_of(
        replace(
            ROW,
            status=JobStatus.RUNNING,
            progress_done=1200,
            progress_total=5000,
            can_be_cancelled=True,
            finished_at="",
        )
    )
    assert (line.progress_word, line.progress_total) == ("1,200 of 5,000", 5000)
    assert (line.before, line.before_at) == ("Began: ", ROW.started_at)
    assert line.cancel_label == "Cancel: Remove what crashes left behind"


def test_what_comes_again_and_failed_says_when_it_was_tried_and_not_when_it_last_went_well():
    failed = replace(
        ROW,
        status=JobStatus.WAITING,
        every_seconds=3600,
        error="No.",
        started_at="2026-03-15T13:00:01+00:00",
    )
    line = line_of(failed)
    assert (line.before, line.before_at) == ("Last: ", failed.started_at)


def test_what_waits_after_a_failure_is_shown_as_failed_and_can_be_tried_now():
    line = line_of(
        replace(ROW, status=JobStatus.WAITING, attempts=2, error="No.", can_be_tried=True)
    )
    assert (line.status, line.note, line.after_at) == ("failed", "attempt 2 of 5", ROW.run_after)
    assert (line.try_word, line.try_label) == (
        "Run now",
        "Run now: Remove what crashes left behind",
    )
    given_up = line_of(replace(ROW, status=JobStatus.FAILED, error="No.", can_be_tried=True))
    assert (given_up.try_word, given_up.after_at) == ("Try again", "")


def test_what_comes_again_says_when_it_was_last_done_and_when_it_is_next():
    line = line_of(replace(ROW, status=JobStatus.WAITING, every_seconds=3600, attempts=0))
    assert (line.before, line.after, line.after_at) == ("Last: ", "Next: ", ROW.run_after)
    assert line.note == ""
