"""Checks of what is stored: in the background round and round, all of it when asked, one object when somebody could not read it.

A damaged object is marked, and from then on nobody is shown anything of it; it is audited, told to administrators, and
a message is left in the outbox. Found whole again, after somebody has put it back, the mark goes. What is checked, and
how, is in `object_checks`; reports and the audit trail prove themselves (`access.audit`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from backend.access import audit, policy
from backend.core import clock
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, system_caller
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, CheckScope, DamageKind
from backend.models import ingest as stored_objects
from backend.models import integrity as queries
from backend.models import reading_copies
from backend.models.damages import Damage
from backend.models.integrity import CheckRun, KeptObject
from backend.models.session import Database, Session
from backend.ports.object_store import ObjectStore
from backend.schemas.checks import CheckRow, ChecksView, DamageRow
from backend.services.damage_marks import standing, write_down
from backend.services.giving_way import give_way
from backend.services.jobs import Jobs
from backend.services.object_checks import ObjectChecks

CHECK_SAMPLE = "archive:check-sample"
CHECK_ALL = "archive:check-all"
CHECK_OBJECT = "archive:check-object"

_BATCH = 100
_MOST_SHOWN = 100
_RUNS_SHOWN = 20
_RUNS_KEPT_FOR = timedelta(days=90)
# An object this young may belong to an import whose row is on its way.
_ORPHAN_GRACE = timedelta(hours=1)
_IDS_PER_QUESTION = 500
# How long checking waits for hands to rest before it goes on with one more object all the same.
_PATIENCE_SECONDS = 2.0

Progress = Callable[[int, int], None]
"""Told how many objects are through, of how many."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a check tells as it goes: an object that is damaged; or with None, one that is whole again."""

    object_id: str
    study_instance_uid: str
    sop_instance_uid: str
    damage: DamageKind | None


class Integrity:
    """Use cases of checks.

    Args:
        database: What was taken in.
        object_store: Where it is.
        checks: Looks at one object.
        jobs: Where checks wait that somebody asks for.
        sample_bytes: How much the background looks at each time; 0 for nothing.
        is_busy: Whether somebody's hand is waiting for images at this moment.
        when_changed: Told the study key and the SOP Instance UID of an instance that is withheld now, or shown again.
        when_copy_dropped: Told that a reading copy is to be made anew, and of which instance.
    """

    def __init__(
        self,
        database: Database,
        object_store: ObjectStore,
        checks: ObjectChecks,
        jobs: Jobs,
        *,
        sample_bytes: int,
        is_busy: Callable[[], bool] = lambda: False,
        when_changed: Callable[[str, str], None] = lambda _study_key, _uid: None,
        when_copy_dropped: Callable[[str, str], None] = lambda _study_key, _uid: None,
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._checks = checks
        self._jobs = jobs
        self._sample_bytes = sample_bytes
        self._is_busy = is_busy
        self._when_changed = when_changed
        self._when_copy_dropped = when_copy_dropped

    @property
    def samples(self) -> bool:
        """Whether the background checks anything."""
        return self._sample_bytes > 0

    # -- checking --------------------------------------------------------------------------------

    def check_sample(
        self,
        progress: Progress = lambda _done, _total: None,
        when_found: Callable[[Found], None] = lambda _found: None,
        *,
        sample_bytes: int = 0,
    ) -> CheckRow:
        """Check the next part of the archive, from where the last sample ended.

        Args:
            progress: Told how far it is; may end the check by raising.
            when_found: Told of each damaged object, and of each that is whole again.
            sample_bytes: How much; 0 for as much as the background does.
        """
        limit = sample_bytes or self._sample_bytes
        with self._database.system_read() as session:
            last = queries.newest_run(session, CheckScope.SAMPLE)
            cursor = last.cursor if last is not None else ""
            count, size_bytes = queries.count_originals(session)
        expected = count if size_bytes <= limit else max(1, count * limit // max(1, size_bytes))
        run = _Run(self._database, CheckScope.SAMPLE, when_found, cursor)
        with run.kept_up():
            for kept in self._pages(queries.instances_after, cursor):
                if run.size_bytes >= limit:
                    break
                self._look_at(run, kept)
                progress(run.objects, max(expected, run.objects))
            else:
                run.cursor = ""
        return run.finish()

    def check_all(
        self,
        progress: Progress = lambda _done, _total: None,
        when_found: Callable[[Found], None] = lambda _found: None,
    ) -> CheckRow:
        """Check every object against database and keys, and look for objects that no row points to.

        Args:
            progress: Told how far it is; may end the check by raising.
            when_found: Told of each damaged object, and of each that is whole again.
        """
        with self._database.system_read() as session:
            count, _ = queries.count_originals(session)
        run = _Run(self._database, CheckScope.ALL, when_found)
        with run.kept_up():
            for page_after in (queries.instances_after, queries.held_after):
                for kept in self._pages(page_after, ""):
                    self._look_at(run, kept)
                    progress(run.objects, max(count, run.objects))
            run.orphans = self._count_orphans()
        return run.finish()

    def check_object(self, object_id: str) -> CheckRow:
        """Check one object that somebody could not read, or that another process has found damaged, or whole again.

        Of a reading copy nothing is checked: it is dropped by whoever reads it.
        """
        run = _Run(self._database, CheckScope.OBJECT, lambda _found: None)
        with self._database.system_read() as session:
            kept = queries.instance_of_object(session, object_id)
        if kept is not None:
            self._look_at(run, kept)
            self._when_changed(kept.study_key, kept.sop_instance_uid)
        return run.finish()

    def suspect(self, object_id: str) -> None:
        """Somebody could not read an object: it is checked soon."""
        with self._database.system_write() as session:
            self._jobs.add(
                session,
                CHECK_OBJECT,
                {"object_id": object_id},
                SYSTEM_ORGANIZATION_ID,
                single_key=f"{CHECK_OBJECT} {object_id}",
            )

    def prune(self) -> None:
        """Remove what is told of checks of long ago; what they found stays."""
        with self._database.system_write() as session:
            queries.delete_old_runs(session, clock.now() - _RUNS_KEPT_FOR)

    def record_command(self, scope: CheckScope) -> None:
        """Whoever operates the machine asks for a check."""
        with self._database.system_write() as session:
            _record_asked(session, system_caller(SYSTEM_ORGANIZATION_ID, frozenset()), scope)

    def cancel_all(self) -> bool:
        """Whoever operates the machine gives up the check of every object in the background; False if there is none."""
        return self._jobs.cancel_for_all(CHECK_ALL)

    # -- for administrators ----------------------------------------------------------------------

    def page(self, caller: Caller) -> ChecksView:
        """What is damaged in the caller's organization, and what the last checks have found.

        Raises:
            NotAllowed: Without `archive:manage`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.ARCHIVE_MANAGE)
            rows = tuple(_damage_row(row) for row in queries.standing_damages(session, _MOST_SHOWN))
            count = queries.count_standing_damages(session)
        with self._database.system_read() as session:
            runs = tuple(_check_row(run) for run in queries.newest_runs(session, _RUNS_SHOWN))
            _, size_bytes = queries.count_originals(session)
        per_day = 24 * self._sample_bytes
        return ChecksView(rows, count, runs, -(-size_bytes // per_day) if per_day else None)

    def request_all(self, caller: Caller) -> None:
        """Let every object be checked in the background, those of other organizations among them.

        Raises:
            NotAllowed: Without `archive:manage`.
        """
        with self._database.system_write() as session:
            policy.require(session, caller, Permission.ARCHIVE_MANAGE)
            _record_asked(session, caller, CheckScope.ALL)
            self._jobs.add(session, CHECK_ALL, {}, SYSTEM_ORGANIZATION_ID, single_key=CHECK_ALL)

    # --------------------------------------------------------------------------------------------

    def _pages(
        self, page_after: Callable[[Session, str, int], Sequence[KeptObject]], cursor: str
    ) -> Iterator[KeptObject]:
        """All objects after `cursor`, read from the database some at a time."""
        while True:
            with self._database.system_read() as session:
                page = page_after(session, cursor, _BATCH)
            yield from page
            if len(page) < _BATCH:
                return
            cursor = page[-1].key

    def _look_at(self, run: "_Run", kept: KeptObject) -> None:
        give_way(self._is_busy, _PATIENCE_SECONDS)
        with self._database.system_read() as session:
            checksums = queries.frame_checksums(session, kept.key)
            copy = queries.copy_of(session, kept.key)
        verdict = self._checks.original(kept, checksums)
        run.add(kept, verdict.frames)
        is_new = self._mark(kept, verdict.damage)
        if is_new or verdict.damage is not None:
            run.tell(kept, verdict.damage)
        if is_new and kept.study_key:
            self._when_changed(kept.study_key, kept.sop_instance_uid)
        if copy is not None and not self._checks.is_copy_sound(copy):
            with self._database.system_write() as session:
                reading_copies.forget_copy(session, copy.object_id)
            self._object_store.delete(copy.object_id)
            run.copies_renewed += 1
            self._when_copy_dropped(copy.study_key, copy.sop_instance_uid)

    def _mark(self, kept: KeptObject, damage: DamageKind | None) -> bool:
        """Write down what is new about an object; whether anything is."""
        with self._database.system_read() as session:
            known = queries.damage_of(session, kept.object_id)
            if standing(known) == damage:
                return False
        with self._database.system_write() as session:
            known = queries.damage_of(session, kept.object_id)
            if standing(known) == damage or not queries.is_kept(session, kept.object_id):
                return False  # another check was quicker, or the object was removed meanwhile
            write_down(session, kept, known, damage)
        return True

    def _count_orphans(self) -> int:
        """Objects that no row points to, and that are old enough not to be on their way in."""
        before = _id_at(clock.now() - _ORPHAN_GRACE)
        old = (object_id for object_id in self._object_store.list_ids() if object_id < before)
        orphans = 0
        while batch := list(islice(old, _IDS_PER_QUESTION)):
            with self._database.system_read() as session:
                orphans += len(set(batch) - stored_objects.known_object_ids(session, batch))
        return orphans


class _Run:
    """A check under way: counted here, written down at its beginning, now and then, and at its end."""

    def __init__(
        self,
        database: Database,
        scope: CheckScope,
        when_found: Callable[[Found], None],
        cursor: str = "",
    ) -> None:
        self._database = database
        self._scope = scope
        self._when_found = when_found
        self.cursor = cursor
        self.objects = self.frames = self.size_bytes = 0
        self.damaged = self.recovered = self.copies_renewed = self.orphans = 0
        row = CheckRun(
            organization_id=SYSTEM_ORGANIZATION_ID,
            scope=scope.value,
            started_at=clock.now(),
            cursor=cursor,
        )
        self._id = row.id
        with database.system_write() as session:
            session.add(row)

    def add(self, kept: KeptObject, frames: int) -> None:
        """One more object is through."""
        self.objects += 1
        self.frames += frames
        self.size_bytes += kept.size_bytes
        self.cursor = kept.key
        if self.objects % _BATCH == 0:
            self._write(is_finished=False)

    def tell(self, kept: KeptObject, damage: DamageKind | None) -> None:
        """An object is damaged, or whole again."""
        self.damaged += damage is not None
        self.recovered += damage is None
        self._when_found(
            Found(kept.object_id, kept.study_instance_uid, kept.sop_instance_uid, damage)
        )

    @contextmanager
    def kept_up(self) -> Iterator[None]:
        """Write down how far it came when it is broken off."""
        try:
            yield
        except BaseException:
            self._write(is_finished=False)
            raise

    def finish(self) -> CheckRow:
        """Nothing more is looked at."""
        return self._write(is_finished=True)

    def _write(self, *, is_finished: bool) -> CheckRow:
        with self._database.system_write() as session:
            row = queries.run_by_id(session, self._id) or CheckRun(
                id=self._id,
                organization_id=SYSTEM_ORGANIZATION_ID,
                scope=self._scope.value,
                started_at=clock.now(),
            )
            row.cursor, row.objects, row.frames = self.cursor, self.objects, self.frames
            row.size_bytes, row.orphans = self.size_bytes, self.orphans
            row.damaged, row.recovered = self.damaged, self.recovered
            row.copies_renewed = self.copies_renewed
            row.finished_at = clock.now() if is_finished else None
            session.add(row)
            return _check_row(row)


def _record_asked(session: Session, caller: Caller, scope: CheckScope) -> None:
    audit.append(
        session,
        caller,
        AuditAction.ARCHIVE_CHECKED,
        object_type="archive",
        details={"scope": scope.value},
    )


def _id_at(moment: datetime) -> str:
    """The identifier before which all were made that were made before `moment`."""
    digits = f"{int(moment.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def _damage_row(row: Damage) -> DamageRow:
    return DamageRow(
        row.study_instance_uid,
        row.sop_instance_uid,
        DamageKind(row.kind),
        row.found_at.isoformat(timespec="seconds"),
    )


def _check_row(run: CheckRun) -> CheckRow:
    return CheckRow(
        scope=CheckScope(run.scope),
        started_at=run.started_at.isoformat(timespec="seconds"),
        finished_at=run.finished_at.isoformat(timespec="seconds") if run.finished_at else "",
        objects=run.objects,
        frames=run.frames,
        size_bytes=run.size_bytes,
        damaged=run.damaged,
        recovered=run.recovered,
        copies_renewed=run.copies_renewed,
        orphans=run.orphans,
    )
