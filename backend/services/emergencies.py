"""Emergencies: somebody opens what is out of their reach, with a reason, for an hour; administrators hear of it and review it.

Only within their own organization, only for looking. Whoever cannot see a study must name it exactly, and a wrong name
is answered as a right one for which they have no access ever would be. What is open then is decided in `access.policy`.
"""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from backend.access import audit, policy
from backend.access.attempts import Attempts
from backend.access.step_up import require_recent
from backend.core import clock
from backend.core.caller import Caller, system_caller
from backend.core.errors import Malformed, NotAllowed, NotFound
from backend.core.permissions import Permission
from backend.core.shown import shown_date, shown_name
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models import access as queries
from backend.models import audit as audit_table
from backend.models import people
from backend.models.access import EmergencyAccess
from backend.models.patients import patients_by_key
from backend.models.session import Database, Session
from backend.models.stored_files import studies_by_uids
from backend.models.studies import Study
from backend.models.verdicts import study_by_key
from backend.schemas.emergencies import EmergencyAsk, EmergencyRow, OpenedStudy, OpenEmergency
from backend.services.letters import Letter, send_later
from backend.services.reasons import required_reason

LASTS = timedelta(minutes=60)
_STARTED, _ENDED = AuditAction.EMERGENCY_STARTED, AuditAction.EMERGENCY_ENDED
_MOST_ROWS = 100
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")
_NOTHING = "Nothing matches exactly, or you have no access to it."


class Emergencies:
    """Use cases of access in an emergency.

    Args:
        database: Where studies and emergencies are.
        attempts: Limits guessing at numbers.
    """

    def __init__(self, database: Database, attempts: Attempts) -> None:
        self._database = database
        self._attempts = attempts

    def open(self, caller: Caller, ask: EmergencyAsk) -> tuple[OpenEmergency, ...]:
        """Open what is named, for an hour, for looking; administrators are told at once.

        Raises:
            NotAllowed: Without `emergency:open`.
            Malformed: Without a reason, or without a name.
            StepUpNeeded: If the caller has not proved lately who they are.
            TooManyAttempts: After some wrong names.
            NotFound: If nothing has exactly this name.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.EMERGENCY_OPEN)
            policy.require(session, caller, Permission.STUDY_VIEW)
        if policy.reach(caller) is None:
            raise Malformed("You can open every study of your organization as it is.")
        reason = required_reason(ask.reason)
        by, names = _names(ask)
        require_recent(caller)
        guessing = f"emergency:{caller.user_id}", ""  # wherever they are: it is they who guess
        self._attempts.begin(*guessing, is_known_place=True)
        with self._database.write(caller.organization_id) as session:
            rows = [
                EmergencyAccess(
                    organization_id=caller.organization_id,
                    user_id=caller.user_id,
                    study_key=study_key,
                    patient_key=patient_key,
                    reason=reason,
                    expires_at=clock.now() + LASTS,
                )
                for study_key, patient_key in _found(session, names)
            ]
            session.add_all(rows)
            session.flush()
            for row in rows:
                _record(session, caller, _STARTED, row, reason)
            if rows:
                _tell_reviewers(session, caller)
            else:
                _record_wrong(session, caller, by, reason)
            opened = tuple(_open(session, row) for row in rows)
        if not rows:
            raise NotFound(_NOTHING)
        self._attempts.succeeded(*guessing, is_known_place=True)
        return opened

    def mine(self, caller: Caller) -> tuple[OpenEmergency, ...]:
        """What the caller opened and may still look at."""
        with self._database.read(caller.organization_id) as session:
            rows = queries.live_emergencies(session, caller.user_id, clock.now())
            return tuple(_open(session, row) for row in rows)

    def end(self, caller: Caller, emergency_id: str) -> None:
        """End an access before its time: one's own, or anybody's by whoever reviews them.

        Raises:
            NotFound: If there is none for this caller.
        """
        with self._database.write(caller.organization_id) as session:
            row = queries.emergency_by_id(session, emergency_id)
            if row is None or not (
                row.user_id == caller.user_id or policy.may(caller, Permission.EMERGENCY_REVIEW)
            ):
                raise NotFound
            if _is_live(row, clock.now()):
                row.ended_at = clock.now()
                session.add(row)
                _record(session, caller, _ENDED, row, "ended by hand")

    def queue(self, caller: Caller) -> tuple[tuple[EmergencyRow, ...], tuple[EmergencyRow, ...]]:
        """What waits for a review, and what was reviewed lately.

        Raises:
            NotAllowed: Without `emergency:review`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.EMERGENCY_REVIEW)
            waiting, done = (
                tuple(
                    _row(session, caller, access, person.display_name)
                    for access, person in queries.emergencies_with_people(
                        session, reviewed=reviewed, limit=_MOST_ROWS
                    )
                )
                for reviewed in (False, True)
            )
            return waiting, done

    def review(self, caller: Caller, emergency_id: str, found: str) -> None:
        """Say what came of looking at an emergency access.

        Raises:
            NotAllowed: Without `emergency:review`, or for one's own.
            NotFound: If there is none.
            Malformed: Without words, or if it was reviewed already.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.EMERGENCY_REVIEW)
            row = queries.emergency_by_id(session, emergency_id)
            if row is None:
                raise NotFound
            if row.user_id == caller.user_id:
                raise NotAllowed("Somebody else must review what you opened yourself.")
            if row.reviewed_at is not None:
                raise Malformed("Somebody has reviewed this already.")
            row.review = required_reason(found)
            row.reviewed_at, row.reviewed_by_user_id = clock.now(), caller.user_id
            session.add(row)
            _record(session, caller, AuditAction.EMERGENCY_REVIEWED, row, row.review)

    def end_what_is_over(self) -> int:
        """Write down the end of every access whose time is over; how many there were. It has not held since."""
        with self._database.system_write() as session:
            rows = queries.emergencies_past_their_time(session, clock.now())
            for row in rows:
                row.ended_at = row.expires_at
                session.add(row)
                program = system_caller(row.organization_id, frozenset())
                _record(session, program, _ENDED, row, "its time is over")
            return len(rows)

    def is_any_over(self, session: Session) -> bool:
        """Whether `end_what_is_over` would find something to do."""
        return bool(queries.emergencies_past_their_time(session, clock.now()))


def _names(ask: EmergencyAsk) -> tuple[str, tuple[str, str, str]]:
    """By what it is asked for, and accession number, Patient ID and birth date (YYYYMMDD)."""
    accession_number, patient_id = ask.accession_number.strip(), ask.patient_id.strip()
    day = _DAY.fullmatch(ask.birth_date.strip())
    if accession_number and not patient_id:
        return "accession number", (accession_number[:64], "", "")
    if patient_id and day and not accession_number:
        return "patient", ("", patient_id[:64], "".join(day.groups()))
    raise Malformed("Give either the accession number, or the Patient ID and the birth date.")


def _found(session: Session, names: tuple[str, str, str]) -> list[tuple[str, str]]:
    """Study key and patient key, one of them empty, of each thing that has exactly this name."""
    accession_number, patient_id, birth_date = names
    if accession_number:
        return [(study.id, "") for study in queries.studies_of_accession(session, accession_number)]
    found = queries.patients_exactly(session, patient_id, birth_date)
    return [("", patient.id) for patient in found]


def _studies(session: Session, row: EmergencyAccess) -> Sequence[Study]:
    if row.patient_key:
        return queries.studies_of_patient(session, row.patient_key)
    study = study_by_key(session, row.organization_id, row.study_key)
    return () if study is None else (study,)


def _open(session: Session, row: EmergencyAccess) -> OpenEmergency:
    studies = _studies(session, row)
    patients = patients_by_key(session, {study.patient_key for study in studies})
    return OpenEmergency(
        emergency_id=row.id,
        until=_moment(row.expires_at),
        reason=row.reason,
        studies=tuple(
            OpenedStudy(
                study_instance_uid=study.study_instance_uid,
                patient_name=shown_name(patients[study.patient_key].patient_name),
                study_date=shown_date(study.study_date),
                study_description=study.study_description,
            )
            for study in studies
        ),
    )


def _row(
    session: Session, caller: Caller, access: EmergencyAccess, person_name: str
) -> EmergencyRow:
    reviewer = people.user_by_id(session, access.reviewed_by_user_id or "")
    return EmergencyRow(
        emergency_id=access.id,
        person_name=person_name,
        began_at=_moment(access.created_at),
        ended_at=_moment(access.ended_at or access.expires_at),
        is_live=_is_live(access, clock.now()),
        reason=access.reason,
        study_instance_uids=_opened(session, access),
        may_review=access.reviewed_at is None and access.user_id != caller.user_id,
        reviewed_at=_moment(access.reviewed_at) if access.reviewed_at else "",
        reviewer_name=reviewer.display_name if reviewer else "",
        review=access.review,
    )


def _opened(session: Session, row: EmergencyAccess) -> tuple[str, ...]:
    """The studies that it opened, as far as they are still there: what came to the patient later was not open.

    Its begin and its end are in the trail with what was open then; of one that still holds it is seen.
    """
    told = audit_table.details_about(session, row.id, (_STARTED, _ENDED))
    uids = [uid for details in told for uid in json.loads(details)["studies"]]
    if _is_live(row, clock.now()):
        uids += [study.study_instance_uid for study in _studies(session, row)]
    there = studies_by_uids(session, uids)
    return tuple(uid for uid in dict.fromkeys(uids) if uid in there)


def _is_live(row: EmergencyAccess, now: datetime) -> bool:
    return row.ended_at is None and now < row.expires_at


def _record(
    session: Session, caller: Caller, action: AuditAction, row: EmergencyAccess, reason: str
) -> None:
    uids = [study.study_instance_uid for study in _studies(session, row)]
    audit.append(
        session,
        caller,
        action,
        object_type="emergency",
        object_id=row.id,
        reason=reason,
        details={"person": row.user_id, "studies": uids},
    )


def _record_wrong(session: Session, caller: Caller, by: str, reason: str) -> None:
    audit.append(
        session,
        caller,
        _STARTED,
        object_type="emergency",
        outcome=AuditOutcome.REFUSED,
        reason=reason,
        details={"asked_by": by},
    )


def _tell_reviewers(session: Session, caller: Caller) -> None:
    for person in queries.holders_of(session, Permission.EMERGENCY_REVIEW):
        letter = Letter(
            to=person.email,
            subject="Emergency access in PACScribe",
            text=f"{caller.display_name} has opened studies in an emergency that are otherwise closed to them. "
            "They have given a reason. Please review it:",
            page="/settings/emergencies",
        )
        send_later(session, caller.organization_id, letter)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
