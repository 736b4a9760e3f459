"""Who may see which study, remembered for a second so that a tile needs no database. The verdict itself is `access.policy`'s.

With each look into the database it is seen whether another process has changed the study, or removed it, and told.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from backend.access import audit, policy
from backend.core import clock
from backend.core.bounded_cache import BoundedCache
from backend.core.caller import Caller
from backend.core.errors import NotFound
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.models.audit_search import is_opening_recorded
from backend.models.session import Database

# Verdicts are dropped the moment they change; this bounds how late the change of another process is noticed.
VERDICT_SECONDS = 1.0


class _Key(NamedTuple):
    """Who asks about what. A change of roles gives a caller other permissions, and so another key."""

    session_id: str
    user_id: str
    organization_id: str
    permissions: frozenset[Permission]
    support_access_id: str
    study_instance_uid: str


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The caller may see this study, as was found at `given_at` (monotonic seconds).

    `access_changes` is the database's of that moment: any change of rights in this process since makes it nothing.
    """

    study_key: str
    given_at: float
    access_changes: int
    until: datetime | None


class Verdicts:
    """Remembers who may see what, and that it was recorded that they did.

    Args:
        database: Where verdicts come from.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: BoundedCache[_Key, _Verdict] = BoundedCache(4096)
        self._recorded: BoundedCache[tuple[str, str, str, str, str], bool] = BoundedCache(20_000)
        self._states: BoundedCache[str, datetime] = BoundedCache(4096)
        self._when_changed: list[Callable[[str], None]] = []
        self._when_gone: list[Callable[[str, str], None]] = []

    def when_changed(self, told: Callable[[str], None]) -> None:
        """From now on `told` gets the key of each study that is not what it was when it was last looked at."""
        self._when_changed.append(told)

    def when_gone(self, told: Callable[[str, str], None]) -> None:
        """From now on `told` gets the UID and the key of each study that somebody saw and that is not there any more."""
        self._when_gone.append(told)

    def require_view(self, caller: Caller, study_instance_uid: str) -> str:
        """The key of the study (`Study.id`).

        Raises:
            NotFound: If the study does not exist for this caller.
        """
        key = _Key(
            caller.session_id,
            caller.user_id,
            caller.organization_id,
            caller.permissions,
            caller.support_access_id,
            study_instance_uid,
        )
        verdict = self._kept.get(key)
        now = time.monotonic()
        access_changes = self._database.access_changes
        if (
            verdict is not None
            and verdict.access_changes == access_changes
            and now - verdict.given_at < VERDICT_SECONDS
            and (verdict.until is None or clock.now() < verdict.until)
        ):
            return verdict.study_key
        epoch = self._kept.epoch
        try:
            with self._database.read(caller.organization_id) as session:
                study = policy.require_study(
                    session, caller, Permission.STUDY_VIEW, study_instance_uid
                )
                study_key, updated_at = study.id, study.updated_at
                until = policy.lasts_until(session, caller)
        except NotFound:
            self._kept.discard(key)
            # To whoever does not reach all it may only be out of reach.
            if verdict is not None and caller.may(Permission.STUDY_ALL):
                self._tell_gone(study_instance_uid, verdict.study_key)
            raise
        if verdict is not None and verdict.study_key != study_key:
            self._tell_gone(study_instance_uid, verdict.study_key)
        self._compare(study_key, updated_at)
        self._kept.put(key, _Verdict(study_key, now, access_changes, until), epoch)
        return study_key

    def record_opening(self, caller: Caller, study_instance_uid: str, kind: str = "") -> None:
        """Write to the audit trail that the study was opened: once per session and kind, whichever door it leaves by.

        Args:
            caller: Who looks.
            study_instance_uid: At which study.
            kind: At what of it; empty for its images, which the viewer shows.
        """
        key = (caller.organization_id, caller.user_id, caller.session_id, study_instance_uid, kind)
        if self._recorded.get(key):
            return
        # A click opens two doors at once, the image's and the page's: of whoever comes second, the entry is found.
        # So is one that another process has written, or this one before it was started anew.
        audit.record(
            self._database,
            caller,
            AuditAction.STUDY_OPENED,
            unless=lambda session: is_opening_recorded(session, *map(str, key)),
            object_type="study",
            object_id=study_instance_uid,
            details={"kind": kind} if kind else None,
        )
        self._recorded.put(key, True)

    def _compare(self, study_key: str, updated_at: datetime) -> None:
        seen = self._states.get(study_key)
        self._states.put(study_key, updated_at)
        if seen != updated_at:  # of a study that was not seen for long, nothing is known
            for told in self._when_changed:
                told(study_key)

    def _tell_gone(self, study_instance_uid: str, study_key: str) -> None:
        self._states.discard(study_key)
        for told in self._when_gone:
            told(study_instance_uid, study_key)

    def forget_session(self, session_id: str) -> None:
        """Nothing that was allowed in this session holds any more."""
        self._kept.forget(lambda key: key.session_id == session_id)

    def forget_user(self, user_id: str) -> None:
        """A person's rights have changed."""
        self._kept.forget(lambda key: key.user_id == user_id)

    def forget_study(self, study_instance_uid: str) -> None:
        """Rights on a study have changed, or it is being removed."""
        self._kept.forget(lambda key: key.study_instance_uid == study_instance_uid)
