"""What is asked of the audit trail, understood: filters as conditions, patients as the studies that entries are about.

A patient stands in an address sealed, as the words of a search do in the worklist's.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from backend.core.caller import Caller
from backend.core.errors import Malformed, NotFound
from backend.core.shown import shown_date, shown_name, shown_patient_id
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models import audit_search as queries
from backend.models.audit_search import AuditFilter
from backend.models.session import Session
from backend.models.studies import Patient
from backend.schemas.audit import AuditQuery, PatientChoice

_IDENTIFIER = re.compile(r"[A-Za-z0-9-]{0,64}")
_UID = re.compile(r"[0-9.]{0,64}")
_LAST_SEQUENCE = 2**62


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as the tables answer it.

    Attributes:
        wanted: The conditions.
        patient: Who was asked for.
        told: What the entry about the look says of the question: nothing that names a patient.
    """

    wanted: AuditFilter
    patient: Patient | None
    told: dict[str, str]


class AuditQuestions:
    """Understands questions.

    Args:
        sealing_key: 32 bytes; seals patients in addresses.
    """

    def __init__(self, sealing_key: bytes) -> None:
        self._cipher = AESSIV(sealing_key)

    def understood(self, session: Session, caller: Caller, query: AuditQuery) -> Understood:
        """The question of a caller who may ask it.

        Raises:
            Malformed: If it cannot be understood.
            NotFound: If there is no such patient or study.
        """
        _require_sensible(query)
        until = _day(query.date_to)
        patient, objects = self._subject(session, caller, query)
        wanted = AuditFilter(
            actions=(query.action,) if query.action else (),
            outcome=query.outcome,
            person=query.person,
            session=query.session,
            objects=objects,
            since=_day(query.date_from),
            before=until + timedelta(days=1) if until is not None else None,
        )
        told = {
            "action": query.action,
            "outcome": query.outcome,
            "person": query.person,
            "session_id": query.session,
            "study_instance_uid": query.study,
            "patient_key": patient.id if patient is not None else "",
            "from": query.date_from,
            "to": query.date_to,
        }
        return Understood(wanted, patient, {name: value for name, value in told.items() if value})

    def choice(self, caller: Caller, patient: Patient) -> PatientChoice:
        """A patient as they are offered and shown."""
        sealed = self._cipher.encrypt(patient.id.encode(), [caller.organization_id.encode()])
        return PatientChoice(
            base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("="),
            shown_name(patient.patient_name),
            shown_patient_id(patient.patient_id, patient.qualifier),
            shown_date(patient.patient_birth_date),
        )

    def _subject(
        self, session: Session, caller: Caller, query: AuditQuery
    ) -> tuple[Patient | None, tuple[str, ...] | None]:
        key = self._opened(caller, query.patient)
        if query.patient_of:
            key = queries.patient_of_study(session, query.patient_of) or ""
            if not key:
                raise NotFound
        patient = queries.patient_by_key(session, key) if key else None
        if key and patient is None:
            raise NotFound
        if patient is not None:
            studies = queries.studies_of_patient(session, patient.id)
            if query.study:
                studies = [uid for uid in studies if uid == query.study]
        elif query.study:
            studies = [query.study]
        else:
            return None, None
        return patient, tuple(queries.objects_of_studies(session, studies))

    def _opened(self, caller: Caller, sealed: str) -> str:
        if not sealed:
            return ""
        try:
            octets = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
            return self._cipher.decrypt(octets, [caller.organization_id.encode()]).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise Malformed("The patient in this address cannot be read. Choose again.") from None


def _require_sensible(query: AuditQuery) -> None:
    if query.action and query.action not in {action.value for action in AuditAction}:
        raise Malformed("There is no such event.")
    if query.outcome and query.outcome not in {outcome.value for outcome in AuditOutcome}:
        raise Malformed("There is no such outcome.")
    if not _IDENTIFIER.fullmatch(query.person):
        raise Malformed("There is no such person.")
    if not _IDENTIFIER.fullmatch(query.session):
        raise Malformed("There is no such session.")
    if not all(_UID.fullmatch(uid) for uid in (query.study, query.patient_of)):
        raise Malformed("There is no such study.")
    if not all(0 <= each <= _LAST_SEQUENCE for each in (query.older_than, query.newer_than)):
        raise Malformed("There is no such entry.")


def _day(text: str) -> datetime | None:
    """The beginning of a day in UTC, YYYY-MM-DD."""
    if not text:
        return None
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise Malformed("Write a day as year-month-day, for example 2026-01-31.") from None
    if day.year > 9000:
        raise Malformed("Write a day as year-month-day, for example 2026-01-31.")
    return day
