"""What is done with one study of the worklist or with many: assign, prioritise, tag, mark, claim, release."""

import re
from collections.abc import Callable, Sequence

from backend.access import audit, policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotFound, StudyClaimed
from backend.core.permissions import Permission
from backend.core.shown import shown_date, shown_name
from backend.core.vocabulary import AuditAction, Priority, ReadingStatus
from backend.models import worklist as queries
from backend.models.search_words import report_state_of
from backend.models.session import Database, Session
from backend.models.studies import Patient, Study

MOST_AT_ONCE = 100
_MOST_TAGS = 12
_TAG = re.compile(r"[^\W_][\w .+-]{0,29}")


class WorklistActs:
    """Use cases that change where studies stand in the reading. All of them or none, in one transaction, audited.

    Args:
        database: Where studies are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def assign(self, caller: Caller, study_instance_uids: Sequence[str], user_id: str) -> int:
        """Give studies to somebody to read, or (empty) to nobody.

        Returns:
            How many studies changed.

        Raises:
            NotFound: If a study or the person does not exist for this caller.
            NotAllowed: Without `study:edit`.
        """

        def act(session: Session, study: Study) -> bool:
            if user_id and all(user.id != user_id for user in queries.readers(session)):
                raise NotFound("There is no such person in your organization.")
            changed = study.assigned_to != (user_id or None)
            study.assigned_to = user_id or None
            return changed

        details = {"assigned_to": user_id or "nobody"}
        return self._each(caller, study_instance_uids, act, AuditAction.STUDY_ASSIGNED, details)

    def prioritise(self, caller: Caller, study_instance_uids: Sequence[str], priority: str) -> int:
        """Say how soon studies should be read; takes and raises what `assign` does."""
        if priority not in set(Priority):
            raise Malformed("There is no such priority.")

        def act(_session: Session, study: Study) -> bool:
            changed = study.priority != priority
            study.priority = priority
            return changed

        details = {"priority": priority}
        return self._each(caller, study_instance_uids, act, AuditAction.STUDY_PRIORITISED, details)

    def tag(
        self, caller: Caller, study_instance_uids: Sequence[str], tag: str, *, remove: bool = False
    ) -> int:
        """Put a tag on studies, or take it off.

        Raises:
            Malformed: If it is no tag, or a study would have too many.
        """
        tag = " ".join(tag.split())
        if not _TAG.fullmatch(tag):
            raise Malformed(
                "A tag has 1 to 30 letters, digits, spaces, points, plus and minus signs."
            )

        def act(_session: Session, study: Study) -> bool:
            before = [part for part in study.tags.split("\\") if part]
            # The same word in other capitals is the same tag.
            rest = [part for part in before if part.casefold() != tag.casefold()]
            after = sorted(rest if remove else [*rest, tag], key=str.casefold)
            if len(after) > _MOST_TAGS:
                raise Malformed(f"A study has at most {_MOST_TAGS} tags.")
            study.tags = "\\" + "\\".join(after) + "\\" if after else ""
            return after != before

        details = {"removed" if remove else "added": tag}
        return self._each(caller, study_instance_uids, act, AuditAction.STUDY_TAGGED, details)

    def mark(self, caller: Caller, study_instance_uids: Sequence[str], *, read: bool) -> int:
        """Mark studies as read without a report, or as unread. Those with a report keep the state it gives them.

        Raises:
            StudyClaimed: If somebody else is reading one of them.
            NotAllowed: Without `study:edit`.
        """

        def act(session: Session, study: Study) -> bool:
            if _report_state(session, study) != "none":
                return False
            _require_unclaimed(session, caller, study, among_others=True)
            wanted = ReadingStatus.READ if read else ReadingStatus.UNREAD
            changed = study.reading_status != wanted
            study.reading_status, study.claimed_by = wanted, None
            return changed

        details = {"status": "read" if read else "unread"}
        return self._each(caller, study_instance_uids, act, AuditAction.STUDY_MARKED, details)

    def claim(self, caller: Caller, study_instance_uid: str) -> None:
        """Say that the caller reads this study now; colleagues see it at once.

        Raises:
            StudyClaimed: If somebody else is reading it.
            NotAllowed: Without `report:write`.
        """

        def act(session: Session, study: Study) -> bool:
            _require_unclaimed(session, caller, study)
            changed = study.claimed_by != caller.user_id
            study.claimed_by = caller.user_id
            if study.reading_status in {ReadingStatus.UNREAD, ReadingStatus.READ}:
                study.reading_status = ReadingStatus.READING
            return changed

        self._each(
            caller,
            [study_instance_uid],
            act,
            AuditAction.STUDY_CLAIMED,
            {},
            Permission.REPORT_WRITE,
        )

    def release(self, caller: Caller, study_instance_uid: str) -> None:
        """Say that the caller no longer reads this study; whoever manages people may release it for others.

        Raises:
            StudyClaimed: If somebody else is reading it.
            NotAllowed: Without `report:write`, the right to claim; who manages people needs `study:edit`.
        """
        for_others = caller.may(Permission.PEOPLE_MANAGE) and caller.may(Permission.STUDY_EDIT)

        def act(session: Session, study: Study) -> bool:
            if not for_others:
                _require_unclaimed(session, caller, study)
            changed = study.claimed_by is not None
            study.claimed_by = None
            if study.reading_status == ReadingStatus.READING:
                is_begun = _report_state(session, study) != "none"
                study.reading_status = ReadingStatus.READING if is_begun else ReadingStatus.UNREAD
            return changed

        needed = Permission.STUDY_EDIT if for_others else Permission.REPORT_WRITE
        self._each(caller, [study_instance_uid], act, AuditAction.STUDY_RELEASED, {}, needed)

    def _each(
        self,
        caller: Caller,
        study_instance_uids: Sequence[str],
        act: Callable[[Session, Study], bool],
        action: AuditAction,
        details: dict[str, str],
        permission: Permission = Permission.STUDY_EDIT,
    ) -> int:
        uids = list(dict.fromkeys(study_instance_uids))
        if not 1 <= len(uids) <= MOST_AT_ONCE:
            raise Malformed(f"Choose 1 to {MOST_AT_ONCE} studies.")
        changed = 0
        with self._database.write(caller.organization_id) as session:
            for uid in uids:
                study = policy.require_study(session, caller, permission, uid)
                if act(session, study):
                    changed += 1
                    study.updated_at = clock.now()
                    session.add(study)
                    audit.append(
                        session,
                        caller,
                        action,
                        object_type="study",
                        object_id=uid,
                        details=details,
                    )
        return changed


def _require_unclaimed(
    session: Session, caller: Caller, study: Study, *, among_others: bool = False
) -> None:
    """Refuse what somebody else is reading; among others it is said which."""
    if study.claimed_by in {None, caller.user_id}:
        return
    names = queries.names_of_users(session, [study.claimed_by or ""])
    reader = names.get(study.claimed_by or "", "Somebody")
    if not among_others:
        raise StudyClaimed(f"{reader} is reading this study now.")
    patient = session.get_one(Patient, study.patient_key)
    about = ", ".join(
        filter(None, (shown_name(patient.patient_name), shown_date(study.study_date)))
    )
    raise StudyClaimed(
        f"{reader} is reading one of these studies now ({about or study.study_instance_uid}), so none was marked; "
        "leave it out, or have it released first."
    )


def _report_state(session: Session, study: Study) -> str:
    return report_state_of(queries.reports_of_study(session, study.id))
