"""The one place that says yes. What is not allowed here is not allowed; who is asking is in `access.sessions`.

Whether a study is within somebody's reach is defined once, as conditions on a study (`models.verdicts`): for one study
they give the verdict, for many they are the criterion of every list, count and search (`reach`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import NotAllowed, NotFound, Refusal
from backend.core.permissions import SUPPORT_LOOKS, Permission
from backend.models import verdicts
from backend.models.session import Session
from backend.models.studies import Study
from backend.models.verdicts import Reach

# What a study that was opened in an emergency is open for.
_IN_EMERGENCY = frozenset({Permission.STUDY_VIEW, Permission.REPORT_VIEW})
_REFUSED = "pacscribe.policy.refused"


@dataclass(frozen=True, slots=True)
class RefusedAttempt:
    """Somebody tried what they may not. `access.witness` records it once the failing transaction is undone."""

    caller: Caller
    permission: Permission | None  # None: nobody may do this at all
    object_type: str
    object_id: str


def require(
    session: Session, caller: Caller, permission: Permission, study_key: str | None = None
) -> None:
    """Let the caller pass, or refuse.

    Args:
        session: An open session of the caller's organization.
        caller: Who is asking.
        permission: What for.
        study_key: The study it concerns (`Study.id`), None if it concerns none.

    Raises:
        NotFound: If the study does not exist for this caller.
        NotAllowed: If the caller may know of it, but not do it.
    """
    if study_key is None:
        _require_permission(session, caller, permission, "", "")
        return
    study = verdicts.study_by_key(session, caller.organization_id, study_key, reach(caller))
    _require_on_study(session, caller, permission, study, study_key)


def require_study(
    session: Session, caller: Caller, permission: Permission, study_instance_uid: str
) -> Study:
    """The study, if the caller may do this with it.

    Returns:
        The row, in the same session.

    Raises:
        NotFound: If it does not exist for this caller.
        NotAllowed: If the caller may know of it, but not do this.
    """
    study = verdicts.study_by_uid(
        session, caller.organization_id, study_instance_uid, reach(caller)
    )
    return _require_on_study(session, caller, permission, study, study_instance_uid)


def may(caller: Caller, permission: Permission) -> bool:
    """Whether the caller holds a right at all; on a given study `require_study` decides. Support only ever looks."""
    return caller.may(permission) and (not caller.is_support or permission in SUPPORT_LOOKS)


def require_taking_out(session: Session, caller: Caller) -> None:
    """Refuse support, which looks and takes nothing with it, where the permission to look is enough for others.

    Raises:
        NotAllowed: To support.
    """
    if caller.is_support:
        raise _refused(session, NotAllowed(), caller, None, "", "")


def reach(caller: Caller, permission: Permission = Permission.STUDY_VIEW) -> Reach | None:
    """Which studies the caller may do this with, for lists, counts and searches; None if that is not limited.

    Whether the caller holds the permission at all is not looked at: ask `require` first.
    """
    if caller.may(Permission.STUDY_ALL):
        return None
    return verdicts.reach_of(
        caller.user_id, permission, clock.now(), by_emergency=permission in _IN_EMERGENCY
    )


def reach_by_name(session: Session, caller: Caller) -> Reach | None:
    """The studies the caller may look at, as `reach` says, named one by one where they are few; for one question only."""
    found = reach(caller)
    return None if found is None else found.by_name(session)


def would_reach(session: Session, user_id: str, rights: Collection[str], study: Study) -> bool:
    """Whether a person with these rights sees a study, for telling others that they do.

    Args:
        session: An open session of the study's organization.
        user_id: Who.
        rights: All permissions that they hold.
        study: Of the same organization.
    """
    if Permission.STUDY_VIEW not in rights or Permission.STUDY_ALL in rights:
        return Permission.STUDY_VIEW in rights
    theirs = verdicts.reach_of(user_id, Permission.STUDY_VIEW, clock.now(), by_emergency=True)
    return verdicts.study_by_key(session, study.organization_id, study.id, theirs) is not None


def lasts_until(session: Session, caller: Caller) -> datetime | None:
    """How long at most a verdict for the caller may be remembered; None if time alone does not change it."""
    if caller.may(Permission.STUDY_ALL):
        return None
    return verdicts.next_end(session, caller.user_id, clock.now())


def attempt_of(session: Session, refusal: Refusal) -> RefusedAttempt | None:
    """The attempt that `refusal` answers, if it was refused here, in this session."""
    kept: tuple[Refusal, RefusedAttempt] | None = session.info.get(_REFUSED)
    return kept[1] if kept is not None and kept[0] is refusal else None


def _require_on_study(
    session: Session, caller: Caller, permission: Permission, study: Study | None, asked_for: str
) -> Study:
    if study is None or not may(caller, Permission.STUDY_VIEW):
        raise _refused(session, NotFound(), caller, permission, "study", asked_for)
    uid = study.study_instance_uid
    _require_permission(session, caller, permission, "study", uid)
    _require_reach(session, caller, permission, study)
    return study


def _require_reach(session: Session, caller: Caller, permission: Permission, study: Study) -> None:
    """What lets somebody look at a study need not let them do more with it."""
    narrower = None if permission in _IN_EMERGENCY else reach(caller, permission)
    if narrower is None:
        return
    if verdicts.study_by_key(session, caller.organization_id, study.id, narrower) is None:
        uid = study.study_instance_uid
        raise _refused(session, NotAllowed(), caller, permission, "study", uid)


def _require_permission(
    session: Session, caller: Caller, permission: Permission, object_type: str, object_id: str
) -> None:
    if not may(caller, permission):
        raise _refused(session, NotAllowed(), caller, permission, object_type, object_id)


def _refused(
    session: Session,
    refusal: Refusal,
    caller: Caller,
    permission: Permission | None,
    object_type: str,
    object_id: str,
) -> Refusal:
    session.info[_REFUSED] = (
        refusal,
        RefusedAttempt(caller, permission, object_type, object_id),
    )
    return refusal
