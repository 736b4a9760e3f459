"""Words of the page about background jobs."""


class Jobs:
    """The page about background jobs."""

    TITLE = "Background jobs"
    LEAD = (
        "What PACScribe does by itself. A job that fails is tried again after a while, each time a longer one; "
        "a job that a crash has interrupted goes on by itself."
    )
    TABLE = "Background jobs"
    JOB = "Job"
    STATUS = "Status"
    RESULT = "What came of it"
    WHEN = "When"
    ACTS = "Acts"
    # Keyed by the kinds that `bootstrap` registers.
    KINDS: dict[str, str] = {
        "archive:sweep": "Remove what crashes left behind",
        "audit:sign": "Sign the audit trail",
        "audit:forward": "Send the audit trail to the collector",
        "audit:prune": "Remove entries of the audit trail that are too old",
        "archive:check-sample": "Check the next part of what is stored",
        "archive:check-all": "Check everything that is stored",
        "archive:check-object": "Check an object that could not be read",
        "archive:read-anew": "Read images anew that an earlier version has described",
        "storage:watch": "Watch the disk",
        "jobs:prune": "Remove old jobs from this list",
        "mail:deliver": "Send letters",
        "people:forget": "Forget who signed up and never came in",
        "access:end": "Write down which accesses for a time have ended",
    }
    STATUSES: dict[str, str] = {
        "waiting": "Waiting",
        "running": "Running",
        "done": "Done",
        "failed": "Failed",
        "cancelled": "Cancelled",
    }
    ATTEMPT = "attempt {number} of {most}"
    PROGRESS = "{done} of {total}"
    PROGRESS_LABEL = "Progress of {job}"
    NEXT = "Next: "
    LAST = "Last: "
    BEGAN = "Began: "
    ENDED = "Ended: "
    RUN = "Run now"
    TRY = "Try again"
    CANCEL = "Cancel"
    RUN_JOB = "Run now: {job}"
    TRY_JOB = "Try again: {job}"
    CANCEL_JOB = "Cancel: {job}"
    STARTED = "It runs as soon as the jobs before it are through."
    CANCELLED = "It stops at its next step."
    EMPTY_TITLE = "No jobs yet"
    EMPTY = "They begin a few moments after PACScribe has started."
