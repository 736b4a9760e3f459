"""The one place that says yes. What is not allowed here is not allowed; who is asking is in `access.sessions`."""

from dataclasses import dataclass

from backend.core.caller import Caller
from backend.core.errors import NotAllowed, NotFound, Refusal
from backend.core.permissions import Permission
from backend.models import verdicts
from backend.models.session import Session
from backend.models.studies import Study

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
    study = verdicts.study_by_key(session, caller.organization_id, study_key)
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
    study = verdicts.study_by_uid(session, caller.organization_id, study_instance_uid)
    return _require_on_study(session, caller, permission, study, study_instance_uid)


def attempt_of(session: Session, refusal: Refusal) -> RefusedAttempt | None:
    """The attempt that `refusal` answers, if it was refused here, in this session."""
    kept: tuple[Refusal, RefusedAttempt] | None = session.info.get(_REFUSED)
    return kept[1] if kept is not None and kept[0] is refusal else None


def _require_on_study(
    session: Session, caller: Caller, permission: Permission, study: Study | None, asked_for: str
) -> Study:
    if study is None or not caller.may(Permission.STUDY_VIEW):
        raise _refused(session, NotFound(), caller, permission, "study", asked_for)
    _require_permission(session, caller, permission, "study", study.study_instance_uid)
    return study


def _require_permission(
    session: Session, caller: Caller, permission: Permission, object_type: str, object_id: str
) -> None:
    if not caller.may(permission):
        raise _refused(session, NotAllowed(), caller, permission, object_type, object_id)


def _refused(
    session: Session,
    refusal: Refusal,
    caller: Caller,
    permission: Permission,
    object_type: str,
    object_id: str,
) -> Refusal:
    session.info[_REFUSED] = (
        refusal,
        RefusedAttempt(caller, permission, object_type, object_id),
    )
    return refusal
