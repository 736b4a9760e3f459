"""The jobs by which an installation keeps itself in order: what crashes left is swept, old jobs go, the disk is watched."""

import logging
from datetime import timedelta

from backend.core.errors import Refusal
from backend.core.shown import shown_bytes
from backend.schemas.storage import RoomLevel
from backend.services.jobs import JobKind, JobRun, Jobs
from backend.services.partial_uploads import PartialUploads
from backend.services.storage import Storage
from backend.services.studies import Studies

SWEEP = "archive:sweep"
WATCH = "storage:watch"
PRUNE = "jobs:prune"

_log = logging.getLogger(__name__)


def upkeep_kinds(
    jobs: Jobs, studies: Studies, partial_uploads: PartialUploads, storage: Storage
) -> tuple[JobKind, ...]:
    """The kinds, all of which come again and again.

    Args:
        jobs: The queue itself.
        studies: Knows which objects belong to something.
        partial_uploads: Knows which uploads were given up.
        storage: Knows the disk.
    """

    def sweep(_run: JobRun) -> str:
        given_up = partial_uploads.sweep()
        report = studies.sweep()
        if report.orphans_kept:
            raise Refusal(
                f"{report.orphans_kept} stored objects belong to no study. So many are no leftovers of a crash, "
                "so none was removed: make sure that database and images belong together."
            )
        return (
            f"Removed: {given_up} uploads given up, {report.staged_removed} half-written and "
            f"{report.orphans_removed} orphaned objects."
        )

    def watch(_run: JobRun) -> str:
        disk = storage.room()
        left = f"{shown_bytes(disk.free_bytes)} of {shown_bytes(disk.total_bytes)} are free"
        if disk.level is RoomLevel.FULL:
            _log.error("The storage is full, uploads are refused: %s.", left)
        elif disk.level is RoomLevel.LOW:
            _log.warning("The storage is filling up: %s.", left)
        return f"{left}."

    def prune(_run: JobRun) -> str:
        return f"Removed: {jobs.prune()} old jobs."

    return (
        JobKind(SWEEP, sweep, every=timedelta(hours=6), at_start=True),
        JobKind(WATCH, watch, every=timedelta(minutes=10), at_start=True),
        JobKind(PRUNE, prune, every=timedelta(days=1)),
    )
