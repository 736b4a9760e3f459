"""Deleting for good what decisions have put away: files that were discarded, or that others took the place of.

Until then they lie sealed, so that the decision can be undone; afterwards it cannot. The rows go in one transaction, and with
them the keys of the files: from then on their objects cannot be read. The objects go after the commit; a crash in between
leaves orphans, which the sweep removes.
"""

import json
from collections.abc import Sequence

from backend.access import audit, policy
from backend.access.step_up import require_recent
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotFound, Refusal
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, HeldState, PatientChangeKind
from backend.models import conflicts, patients
from backend.models.conflicts import PutAway
from backend.models.patients import PatientChange
from backend.models.session import Database, Session
from backend.ports.object_store import ObjectStore
from backend.schemas.conflicts import Erasure

_SHORTEST_REASON, _LONGEST_REASON = 3, 400
_PUT_AWAY: dict[str, tuple[str, HeldState]] = {
    PatientChangeKind.DISCARD: ("put_away", HeldState.DISCARDED),
    PatientChangeKind.EXCHANGE: ("replaced", HeldState.REPLACED),
}
"""By the kind of a decision: where its journal names the files that it has put away, and what they are since."""


class Erasures:
    """Use cases of deleting what is kept of a decision. They need `patient:correct` and `study:delete`.

    Args:
        database: Where rows are.
        object_store: Where octets are.
    """

    def __init__(self, database: Database, object_store: ObjectStore) -> None:
        self._database = database
        self._object_store = object_store

    def preview(self, caller: Caller, change_key: str) -> Erasure:
        """What deleting would take away.

        Raises:
            NotFound: If there is no such decision for this caller.
            Refusal: If nothing is kept of it.
        """
        with self._database.read(caller.organization_id) as session:
            return _erasable(session, caller, change_key)[0]

    def erase(self, caller: Caller, change_key: str, reason: str) -> Erasure:
        """Delete for good what a decision has put away.

        Returns:
            What is gone.

        Raises:
            NotFound: If there is no such decision for this caller.
            Malformed: Without a reason.
            Refusal: If nothing is kept of it.
            StepUpNeeded: If the caller has not proved lately who they are.
        """
        reason = " ".join(reason.split())
        if not _SHORTEST_REASON <= len(reason) <= _LONGEST_REASON:
            raise Malformed("Say in a few words why this is deleted.")
        with self._database.write(caller.organization_id) as session:
            erasure, kept = _erasable(session, caller, change_key)
            require_recent(caller)
            conflicts.delete_held(session, [one.key for one in kept])
            audit.append(
                session,
                caller,
                AuditAction.CONFLICT_ERASED,
                object_type="patient-change",
                object_id=change_key,
                reason=reason,
                details={"instances": erasure.files, "size_bytes": erasure.size_bytes},
            )
        for one in kept:
            self._object_store.delete(one.object_id)
        return erasure


def kept_of(session: Session, changes: Sequence[PatientChange]) -> dict[str, list[PutAway]]:
    """What is still kept of the files that decisions have put away, by the keys of those that have put any away and stand."""
    named: dict[str, tuple[list[str], HeldState]] = {}
    for change in changes:
        if change.undone_at is None and change.kind in _PUT_AWAY:
            name, state = _PUT_AWAY[change.kind]
            keys = [
                one if isinstance(one, str) else one[0] for one in json.loads(change.journal)[name]
            ]
            named[change.id] = keys, state
    found = {
        one.key: one
        for one in conflicts.put_away(session, [k for keys, _ in named.values() for k in keys])
    }
    return {
        change_key: [found[key] for key in keys if key in found and found[key].state == state]
        for change_key, (keys, state) in named.items()
    }


def require_all_kept(session: Session, change: PatientChange) -> None:
    """Refuse to undo a decision without the files that it has put away.

    Raises:
        Refusal: If one of them is gone.
    """
    name, _ = _PUT_AWAY.get(change.kind, ("", None))
    if name and len(kept_of(session, [change])[change.id]) < len(json.loads(change.journal)[name]):
        raise Refusal("What this decision put away was deleted for good; it cannot be undone.")


def _erasable(session: Session, caller: Caller, change_key: str) -> tuple[Erasure, list[PutAway]]:
    policy.require(session, caller, Permission.PATIENT_CORRECT)
    policy.require(session, caller, Permission.STUDY_DELETE)
    change = patients.change_by_key(session, change_key)
    if change is None:
        raise NotFound
    kept = kept_of(session, [change]).get(change.id, [])
    if not kept:
        raise Refusal("Nothing is kept of this decision any more.")
    return Erasure(change.id, len(kept), sum(one.size_bytes for one in kept)), kept
