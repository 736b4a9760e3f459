"""The one queue of background work: durable rows with leases, retried with growing pauses, seen and steered by administrators.

What a job does is handed over with its kind, in `bootstrap`; when it is run, in `backend.worker`. A job may be run twice
(a worker can die between its last act and its record), so every kind must be idempotent. Why reading copies are made
without it is in docs/decisions.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.access import audit, policy
from backend.core import clock
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, system_caller
from backend.core.errors import NotFound, Refusal
from backend.core.identifiers import new_id
from backend.core.permissions import Permission
from backend.core.redaction import described_exception
from backend.core.vocabulary import AuditAction, JobStatus
from backend.models import work as queries
from backend.models.organizations import organizations_by_slug
from backend.models.session import Database, Session
from backend.models.work import Job
from backend.schemas.jobs import JobRow

LEASE_SECONDS = 60.0
_HEARTBEAT_SECONDS = LEASE_SECONDS / 4
# What is told more often is not written down.
_PROGRESS_SECONDS = 1.0
_FIRST_PAUSE_SECONDS = 5.0
_PAUSE_GROWS_BY = 4
_LONGEST_PAUSE_SECONDS = 3600.0
_MOST_SHOWN = 100
_KEPT_FOR = timedelta(days=30)
_UNEXPECTED = "An unexpected error stopped it; it is in the server's log."
_INTERRUPTED = "The program was stopped or killed while it ran, each time it was tried."

_log = logging.getLogger(__name__)


class JobStopped(Exception):  # noqa: N818 - says what it is
    """Whoever runs the job is to end now: it was cancelled, its lease is lost, or the program stops."""


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of work.

    Attributes:
        name: Stored with each job.
        run: Does it, and says in one sentence what came of it. A refusal is its error, shown as it is.
        most_attempts: After so many it has failed.
        every: How often it comes again by itself; None if it is only asked for.
        at_start: Whether each start of the program asks for it.
        is_spared: For what a start asks for: whether what it remembers leaves nothing to do before its time.
        can_be_cancelled: Whether stopping half-way leaves nothing half done.
        is_wanted: For what comes again and again: whether there is something to do before its time.
    """

    name: str
    run: Callable[["JobRun"], str]
    most_attempts: int = 5
    every: timedelta | None = None
    at_start: bool = False
    is_spared: Callable[[Mapping[str, str]], bool] = lambda _payload: False
    can_be_cancelled: bool = False
    is_wanted: Callable[[Session], bool] | None = None


@dataclass(frozen=True, slots=True)
class JobRun:
    """One attempt at a job, as its kind sees it.

    Attributes:
        organization_id: Whose job it is; `system` for the whole installation.
        payload: What it is about.
        progress: Tell how much is done, of how much; ends the attempt with `JobStopped` when it is to stop.
        remember: Keep another payload for the times that it comes again, over starts of the program; nothing about a patient.
    """

    organization_id: str
    payload: Mapping[str, str]
    progress: Callable[[int, int], None]
    remember: Callable[[Mapping[str, str]], None] = lambda _payload: None


class Jobs:
    """Use cases of background work.

    Args:
        database: Where jobs wait.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kinds: dict[str, JobKind] = {}
        self._when_added: Callable[[], None] = lambda: None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the kinds that are known."""
        return tuple(self._kinds)

    # -- for the program itself ------------------------------------------------------------------

    def register(self, *kinds: JobKind) -> None:
        """Make kinds known; nothing of an unknown kind is run."""
        self._kinds.update({kind.name: kind for kind in kinds})

    def when_added(self, told: Callable[[], None]) -> None:
        """Who is told that there may be something to do."""
        self._when_added = told

    def schedule(self) -> None:
        """The program starts: what comes again and again waits for its time, which at first is now."""
        with self._database.system_write() as session:
            for kind in self._kinds.values():
                if kind.every is not None:
                    job = self._add(session, kind.name, {}, SYSTEM_ORGANIZATION_ID, kind.name)
                    job.every_seconds = int(kind.every.total_seconds())
                    is_asked_for = kind.at_start and not kind.is_spared(json.loads(job.payload))
                    if is_asked_for and job.status == JobStatus.WAITING:
                        job.run_after = clock.now()

    def add(
        self,
        session: Session,
        kind: str,
        payload: Mapping[str, str],
        organization_id: str,
        *,
        single_key: str | None = None,
    ) -> None:
        """Let something be done once the transaction of `session` is committed.

        Args:
            session: A system session, or one of the organization.
            kind: Of a registered kind.
            payload: What it is about; nothing about a patient.
            organization_id: Whose job it is.
            single_key: While a job with this key is not at its end, no second one is added.
        """
        self._add(session, kind, payload, organization_id, single_key)
        self._database.after_commit(session, self._when_added)

    def run_next(self, should_stop: Callable[[], bool] = lambda: False) -> bool:
        """Run the job that has been due for longest, in this thread; False if there is none."""
        claimed = self._claim()
        if claimed is None:
            return False
        job, kind = claimed
        _Attempt(self._database, job, kind, should_stop).run()
        return True

    def prune(self) -> int:
        """Remove jobs that came to their end long ago; returns how many."""
        with self._database.system_write() as session:
            return queries.delete_finished_jobs(session, clock.now() - _KEPT_FOR)

    # -- for administrators ----------------------------------------------------------------------

    def page(self, caller: Caller) -> tuple[JobRow, ...]:
        """Jobs of the organization and of the whole installation: running, waiting, then the latest that ended.

        Raises:
            NotAllowed: Without `archive:manage`.
        """
        self._require(caller)
        with self._database.system_read() as session:
            jobs = queries.newest_jobs(session, _visible(caller), _MOST_SHOWN)
            is_shared = _is_shared(session)
            return tuple(self._row(job, is_shared=is_shared) for job in jobs)

    def retry(self, caller: Caller, job_id: str) -> None:
        """Let a job run now: one that failed or was cancelled again, one that waits before its time.

        Raises:
            NotAllowed: Without `archive:manage`.
            NotFound: If there is no such job.
            Refusal: If it runs, or is done.
        """
        self._require(caller)
        with self._database.system_write() as session:
            job = self._require_job(session, caller, job_id)
            if job.status not in (JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.WAITING):
                raise Refusal("This job is running or done; there is nothing to try again.")
            job.status, job.run_after = JobStatus.WAITING.value, clock.now()
            job.attempts, job.is_cancelled, job.error = 0, False, ""
            session.add(job)
            _record_steered(session, caller, AuditAction.JOB_RETRIED, job)
            self._database.after_commit(session, self._when_added)

    def cancel(self, caller: Caller, job_id: str) -> None:
        """Give a job up: at once if it waits, else at its next step.

        Raises:
            NotAllowed: Without `archive:manage`.
            NotFound: If there is no such job.
            Refusal: If it is of a kind that is not cancelled, at its end, or done for other organizations as well.
        """
        self._require(caller)
        with self._database.system_write() as session:
            job = self._require_job(session, caller, job_id)
            if not self._can_be_cancelled(job):
                raise Refusal("This job cannot be cancelled.")
            if job.organization_id == SYSTEM_ORGANIZATION_ID and _is_shared(session):
                raise Refusal(
                    "This job is done for other organizations as well; it cannot be cancelled."
                )
            _give_up(session, caller, job)

    def cancel_for_all(self, single_key: str) -> bool:
        """Give up what is done for the whole installation; whoever operates the machine asks for it.

        Returns:
            Whether there was anything to give up: waiting, or running until its next step.
        """
        with self._database.system_write() as session:
            job = queries.job_by_single_key(session, single_key)
            if job is None or job.is_cancelled or not self._can_be_cancelled(job):
                return False
            _give_up(session, system_caller(SYSTEM_ORGANIZATION_ID, frozenset()), job)
            return True

    # --------------------------------------------------------------------------------------------

    def _can_be_cancelled(self, job: Job) -> bool:
        kind = self._kinds.get(job.kind)
        return kind is not None and kind.can_be_cancelled and job.status in _OPEN

    def _add(
        self,
        session: Session,
        kind: str,
        payload: Mapping[str, str],
        organization_id: str,
        single_key: str | None,
    ) -> Job:
        if kind not in self._kinds:
            raise ValueError(f"there is no kind of job called {kind}")
        job = queries.job_by_single_key(session, single_key) if single_key else None
        if job is None:
            job = Job(
                organization_id=organization_id,
                kind=kind,
                payload=json.dumps(dict(payload)),
                single_key=single_key,
                run_after=clock.now(),
            )
        session.add(job)
        return job

    def _claim(self) -> tuple[Job, JobKind] | None:
        """Take the next job under a lease of our own; one that died too often is failed on the way."""
        while True:
            with self._database.system_read() as session:
                # Looked for without the right to write, which others need more.
                wanted = [
                    kind.name
                    for kind in self._kinds.values()
                    if kind.is_wanted and kind.is_wanted(session)
                ]
                is_due = queries.is_any_job_due(session, clock.now(), list(self._kinds))
                if not is_due and not wanted:
                    return None
            with self._database.system_write() as session:
                now = clock.now()
                queries.hasten_jobs(session, wanted, now)
                job = queries.next_due_job(session, now, list(self._kinds))
                if job is None:
                    return None
                kind = self._kinds[job.kind]
                if job.attempts >= kind.most_attempts:
                    _fail(job, _INTERRUPTED)
                    session.add(job)
                    continue
                job.status, job.lease = JobStatus.RUNNING.value, new_id()
                job.leased_until = now + timedelta(seconds=LEASE_SECONDS)
                job.attempts += 1
                job.started_at, job.progress_done, job.progress_total = now, 0, 0
                session.add(job)
                session.flush()
                session.expunge(job)
                return job, kind

    def _require(self, caller: Caller) -> None:
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.ARCHIVE_MANAGE)

    def _require_job(self, session: Session, caller: Caller, job_id: str) -> Job:
        job = queries.job_by_id(session, job_id, _visible(caller))
        if job is None:
            raise NotFound
        return job

    def _row(self, job: Job, *, is_shared: bool) -> JobRow:
        kind = self._kinds.get(job.kind)
        is_for_all = job.organization_id == SYSTEM_ORGANIZATION_ID
        return JobRow(
            job_id=job.id,
            kind=job.kind,
            status=JobStatus(job.status),
            is_of_installation=is_for_all,
            every_seconds=job.every_seconds,
            attempts=job.attempts,
            most_attempts=kind.most_attempts if kind else job.attempts,
            progress_done=job.progress_done,
            progress_total=job.progress_total,
            result=job.result,
            error=job.error,
            run_after=_moment(job.run_after),
            started_at=_moment(job.started_at),
            finished_at=_moment(job.finished_at),
            can_be_cancelled=bool(
                kind
                and kind.can_be_cancelled
                and job.status in _OPEN
                and not job.is_cancelled
                and not (is_for_all and is_shared)
            ),
            can_be_tried=kind is not None
            and (
                job.status in (JobStatus.FAILED, JobStatus.CANCELLED)
                or (job.status == JobStatus.WAITING and job.run_after > clock.now())
            ),
        )


class _Attempt:
    """One attempt: keeps the lease while the work is done, and writes down what came of it if the lease still holds."""

    def __init__(
        self, database: Database, job: Job, kind: JobKind, should_stop: Callable[[], bool]
    ) -> None:
        self._database = database
        self._job_id, self._lease = job.id, job.lease
        self._name = job.kind
        self._run = JobRun(
            job.organization_id, json.loads(job.payload), self._progress, self._remember
        )
        self._kind = kind
        self._should_stop = should_stop
        self._is_lost = threading.Event()
        self._is_over = threading.Event()
        self._told_at = -_PROGRESS_SECONDS

    def run(self) -> None:
        """Do it."""
        try:
            with self._kept_alive():
                result = self._kind.run(self._run)
        except JobStopped:
            self._record(_stopped)
        except Refusal as refusal:
            self._record_failure(refusal.sentence)
        except Exception as error:  # noqa: BLE001 - whatever a job runs into, the others go on
            _log.error("A job of the kind %s failed: %s", self._name, described_exception(error))
            self._record_failure(_UNEXPECTED)
        else:
            self._record(lambda job: _succeed(job, result))

    def _progress(self, done: int, total: int) -> None:
        if self._should_stop() or self._is_lost.is_set():
            raise JobStopped
        now = time.monotonic()
        if now - self._told_at < _PROGRESS_SECONDS and done < total:
            return
        self._told_at = now
        with self._database.system_write() as session:
            job = queries.held_job(session, self._job_id, self._lease)
            if job is None or job.is_cancelled:
                raise JobStopped
            job.progress_done, job.progress_total = done, total
            job.leased_until = clock.now() + timedelta(seconds=LEASE_SECONDS)
            session.add(job)

    def _remember(self, payload: Mapping[str, str]) -> None:
        with self._database.system_write() as session:
            job = queries.held_job(session, self._job_id, self._lease)
            if job is None:
                raise JobStopped
            job.payload = json.dumps(dict(payload))
            session.add(job)

    def _record_failure(self, sentence: str) -> None:
        most = self._kind.most_attempts

        def write_down(job: Job) -> None:
            if job.attempts < most:
                job.status, job.error = JobStatus.WAITING.value, sentence[:400]
                job.run_after = clock.now() + _pause(job.attempts)
            else:
                _fail(job, sentence)

        self._record(write_down)

    def _record(self, write_down: Callable[[Job], None]) -> None:
        with self._database.system_write() as session:
            job = queries.held_job(session, self._job_id, self._lease)
            if job is None:
                return  # another worker has it now, and will say what came of it
            write_down(job)
            job.lease, job.leased_until = "", None
            session.add(job)

    @contextmanager
    def _kept_alive(self) -> Iterator[None]:
        """Extend the lease while the block runs, however long one step takes."""
        self._is_over.clear()
        thread = threading.Thread(target=self._beat, name="lease of a job", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()

    def _beat(self) -> None:
        while not self._is_over.wait(_HEARTBEAT_SECONDS):
            try:
                with self._database.system_write() as session:
                    until = clock.now() + timedelta(seconds=LEASE_SECONDS)
                    if not queries.extend_lease(session, self._job_id, self._lease, until):
                        self._is_lost.set()
                        return
            except Exception as error:  # noqa: BLE001 - the next beat may succeed; the lease outlasts three
                _log.warning("A lease could not be extended: %s", described_exception(error))


_OPEN = (JobStatus.WAITING, JobStatus.RUNNING)


def _succeed(job: Job, result: str) -> None:
    job.result, job.error = result[:400], ""
    _end(job, JobStatus.DONE)


def _fail(job: Job, sentence: str) -> None:
    job.error = sentence[:400]
    _end(job, JobStatus.FAILED)


def _stopped(job: Job) -> None:
    """Cancelled, or the program stops: then it waits for the next start, and this attempt is not counted."""
    if job.is_cancelled:
        _end(job, JobStatus.CANCELLED)
    else:
        job.status = JobStatus.WAITING.value
        job.attempts -= 1


def _end(job: Job, status: JobStatus) -> None:
    """Bring a job to its end; one that comes again waits for its next time."""
    now = clock.now()
    job.finished_at = now
    if job.every_seconds:
        job.status, job.attempts, job.is_cancelled = JobStatus.WAITING.value, 0, False
        job.run_after = now + timedelta(seconds=job.every_seconds)
    else:
        job.status, job.single_key = status.value, None


def _pause(attempts: int) -> timedelta:
    seconds = _FIRST_PAUSE_SECONDS * _PAUSE_GROWS_BY ** (attempts - 1)
    return timedelta(seconds=min(seconds, _LONGEST_PAUSE_SECONDS))


def _give_up(session: Session, caller: Caller, job: Job) -> None:
    job.is_cancelled = True
    if job.status == JobStatus.WAITING:
        _end(job, JobStatus.CANCELLED)
    session.add(job)
    _record_steered(session, caller, AuditAction.JOB_CANCELLED, job)


def _is_shared(session: Session) -> bool:
    """Whether what is done for the whole installation is done for more than one organization."""
    return len(organizations_by_slug(session, "")) > 1


def _record_steered(session: Session, caller: Caller, action: AuditAction, job: Job) -> None:
    audit.append(
        session,
        caller,
        action,
        object_type="job",
        object_id=job.id,
        details={"kind": job.kind},
    )


def _visible(caller: Caller) -> tuple[str, str]:
    return (caller.organization_id, SYSTEM_ORGANIZATION_ID)


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds")
