"""Deleting studies: never one with a signed report, never without a reason, and never half of one.

A study's rows go in one transaction, and with its row its data key: from then on its objects cannot be read. The
objects go after the commit; a crash in between leaves orphans, which the sweep at the next start removes.
"""

from collections.abc import Callable, Sequence

from backend.access import audit, policy
from backend.access.audit import DetailValue
from backend.access.step_up import require_recent
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotFound, StudyHasSignedReport
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.models import deletion as queries
from backend.models.session import Database
from backend.ports.object_store import ObjectStore
from backend.schemas.worklist import Deletion

_MOST_AT_ONCE = 100
_SHORTEST_REASON = 3


class Deletions:
    """Use cases of deleting.

    Args:
        database: Where rows are.
        object_store: Where octets are.
        forget_study: Told the UID and the key of each study that is gone.
    """

    def __init__(
        self,
        database: Database,
        object_store: ObjectStore,
        forget_study: Callable[[str, str], None],
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._forget_study = forget_study

    def preview(self, caller: Caller, study_instance_uids: Sequence[str]) -> Deletion:
        """What deleting these studies would take away.

        Raises:
            NotFound: If a study does not exist for this caller.
            NotAllowed: Without `study:delete`.
        """
        _require_number(study_instance_uids)
        signed = studies = images = size_bytes = drafts = 0
        with self._database.read(caller.organization_id) as session:
            for uid in dict.fromkeys(study_instance_uids):
                study = policy.require_study(session, caller, Permission.STUDY_DELETE, uid)
                if queries.has_signed_report(session, study.id):
                    signed += 1
                    continue
                studies += 1
                images += study.instance_count
                size_bytes += study.size_bytes
                drafts += queries.has_draft(session, study.id)
        return Deletion(studies, images, size_bytes, signed, drafts)

    def delete_all(self, caller: Caller, study_instance_uids: Sequence[str], reason: str) -> int:
        """Delete those of the studies that have no signed report, each for itself.

        Returns:
            How many are gone.

        Raises:
            NotFound: If a study does not exist for this caller; none is gone then.
            NotAllowed: Without `study:delete`.
            StepUpNeeded: If the caller has not proved lately who they are; none is gone then either.
            Malformed: Without a reason.
        """
        _require_number(study_instance_uids)
        reason = _required_reason(reason)
        uids = tuple(dict.fromkeys(study_instance_uids))
        self._require(caller, uids)
        gone = 0
        for uid in uids:
            try:
                self._delete(caller, uid, reason)
            except (StudyHasSignedReport, NotFound):
                continue  # signed, or deleted by somebody else, since it was asked for
            gone += 1
        return gone

    def delete(self, caller: Caller, study_instance_uid: str, reason: str) -> None:
        """Delete a study for ever.

        Raises:
            NotFound: If it does not exist for this caller.
            NotAllowed: Without `study:delete`.
            StepUpNeeded: If the caller has not proved lately who they are.
            StudyHasSignedReport: If a report of it is signed.
            Malformed: Without a reason.
        """
        reason = _required_reason(reason)
        self._require(caller, (study_instance_uid,))
        self._delete(caller, study_instance_uid, reason)

    def _require(self, caller: Caller, study_instance_uids: Sequence[str]) -> None:
        """Ask for the proof once, before anything is gone: it must not run out between two studies."""
        with self._database.read(caller.organization_id) as session:
            for uid in study_instance_uids:
                policy.require_study(session, caller, Permission.STUDY_DELETE, uid)
        require_recent(caller)

    def _delete(self, caller: Caller, study_instance_uid: str, reason: str) -> None:
        with self._database.write(caller.organization_id) as session:
            study = policy.require_study(
                session, caller, Permission.STUDY_DELETE, study_instance_uid
            )
            if queries.has_signed_report(session, study.id):
                raise StudyHasSignedReport
            study_key = study.id
            details: dict[str, DetailValue] = {
                "patient_key": study.patient_key,
                "series": study.series_count,
                "instances": study.instance_count,
                "size_bytes": study.size_bytes,
            }
            object_ids = queries.delete_study(session, study)
            audit.append(
                session,
                caller,
                AuditAction.STUDY_DELETED,
                object_type="study",
                object_id=study_instance_uid,
                reason=reason,
                details=details,
            )
        self._forget_study(study_instance_uid, study_key)
        for object_id in object_ids:
            self._object_store.delete(object_id)


def _required_reason(text: str) -> str:
    reason = " ".join(text.split())
    if not _SHORTEST_REASON <= len(reason) <= 400:
        raise Malformed("Say in a few words why this is deleted.")
    return reason


def _require_number(study_instance_uids: Sequence[str]) -> None:
    if not 1 <= len(set(study_instance_uids)) <= _MOST_AT_ONCE:
        raise Malformed(f"Choose 1 to {_MOST_AT_ONCE} studies.")
