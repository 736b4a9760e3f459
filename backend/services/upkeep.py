"""The jobs by which an installation keeps itself in order: leftovers are swept, objects checked, the disk is watched."""

import logging
from datetime import timedelta

from backend.access.sessions import Sessions
from backend.core.errors import Refusal
from backend.core.shown import shown_bytes
from backend.dicom.reading_header import READING_HEADER_VERSION
from backend.schemas.checks import CheckRow
from backend.schemas.storage import RoomLevel
from backend.services.alarm_letters import tell_of_storage
from backend.services.emergencies import Emergencies
from backend.services.integrity import CHECK_ALL, CHECK_OBJECT, CHECK_SAMPLE, Integrity
from backend.services.jobs import JobKind, JobRun, Jobs
from backend.services.joining import Joining
from backend.services.letters import Letters
from backend.services.partial_uploads import PartialUploads
from backend.services.reading_anew import READ_ANEW, ReadingAnew
from backend.services.storage import Storage
from backend.services.studies import Studies
from backend.services.support import SupportVisits
from backend.services.worklist_rolls import Rolls

SWEEP = "archive:sweep"
WATCH = "storage:watch"
PRUNE = "jobs:prune"
DELIVER = "mail:deliver"
FORGET = "people:forget"
END_ACCESSES = "access:end"

_log = logging.getLogger(__name__)


def upkeep_kinds(
    jobs: Jobs,
    studies: Studies,
    partial_uploads: PartialUploads,
    storage: Storage,
    integrity: Integrity,
    letters: Letters,
    rolls: Rolls,
) -> tuple[JobKind, ...]:
    """The kinds of jobs.

    Args:
        jobs: The queue itself.
        studies: Knows which objects belong to something.
        partial_uploads: Knows which uploads were given up.
        storage: Knows the disk.
        integrity: Checks what is stored.
        letters: Knows what is to be sent.
        rolls: Follow which studies change.
    """

    def sweep(_run: JobRun) -> str:
        given_up = partial_uploads.sweep()
        report = studies.sweep()
        if report.orphans_kept:
            raise Refusal(
                f"{report.orphans_kept} stored objects belong to no study, and none was removed: a database that is older "
                "than the images looks the same as many crashes. If there were crashes and the database is the right one, "
                "run `pacscribe check --remove-orphans`."
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
        letters.tell_of(lambda session: tell_of_storage(session, disk.level))
        return f"{left}."

    def check_sample(run: JobRun) -> str:
        if not integrity.samples:
            return "Checking in the background is switched off."
        return _told(integrity.check_sample(run.progress))

    def check_all(run: JobRun) -> str:
        return _told(integrity.check_all(run.progress))

    def check_object(run: JobRun) -> str:
        return _told(integrity.check_object(run.payload["object_id"]))

    def prune(_run: JobRun) -> str:
        integrity.prune()
        letters.prune()
        rolls.forget_old_changes()
        return f"Removed: {jobs.prune()} old jobs."

    return (
        JobKind(SWEEP, sweep, every=timedelta(hours=6), at_start=True),
        JobKind(WATCH, watch, every=timedelta(minutes=10), at_start=True),
        JobKind(PRUNE, prune, every=timedelta(days=1)),
        JobKind(
            DELIVER,
            lambda run: letters.deliver(run.progress),
            every=timedelta(hours=1),
            is_wanted=letters.is_any_due,
        ),
        JobKind(CHECK_SAMPLE, check_sample, every=timedelta(hours=1)),
        JobKind(CHECK_ALL, check_all, can_be_cancelled=True),
        JobKind(CHECK_OBJECT, check_object),
    )


def reading_anew_kind(reading_anew: ReadingAnew) -> JobKind:
    """The job that reads anew what an earlier version of the program has described, a while at a time.

    Once it has come past every image, it remembers for which version: the next start of the program, unless it is of
    another one or over an older backup, need not ask for it.
    """
    come_past = {"version": str(READING_HEADER_VERSION)}

    def read_anew(run: JobRun) -> str:
        report = reading_anew.turn(run.progress)
        if not reading_anew.has_more and run.payload != come_past:
            run.remember(come_past)
        if not (report.read or report.left):
            return "Every image is described as this version reads it."
        left = (
            f" Left as they were, because they could not be read: {report.left}."
            if report.left
            else ""
        )
        return f"Images read anew: {report.read}.{left}"

    return JobKind(
        READ_ANEW,
        read_anew,
        every=timedelta(days=1),
        at_start=True,
        is_spared=lambda payload: payload == come_past,
        can_be_cancelled=True,
        is_wanted=lambda _session: reading_anew.has_more,
    )


def joining_kind(joining: Joining) -> JobKind:
    """The job that forgets those who were on their way in and never came."""
    return JobKind(FORGET, lambda _run: joining.prune(), every=timedelta(days=1))


def _told(check: CheckRow) -> str:
    found = f"{check.damaged} damaged" if check.damaged else "all whole"
    renewed = (
        f" Reading copies to be made anew: {check.copies_renewed}." if check.copies_renewed else ""
    )
    return f"Checked: {check.objects} objects, {shown_bytes(check.size_bytes)}; {found}.{renewed}"


def ending_kind(*accesses: Emergencies | SupportVisits | Sessions) -> JobKind:
    """The job that writes down the end of what was open for a time, also of sessions that nobody came back to."""

    def end(_run: JobRun) -> str:
        return f"Accesses ended: {sum(each.end_what_is_over() for each in accesses)}."

    return JobKind(
        END_ACCESSES,
        end,
        every=timedelta(hours=1),
        is_wanted=lambda session: any(each.is_any_over(session) for each in accesses),
    )
