"""Answers about the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.core.errors import Malformed


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries are asked for. Every field stands in the page's URL; empty fields do not narrow.

    Attributes:
        action: An `AuditAction`.
        outcome: An `AuditOutcome`.
        person: Identifier of whoever acted.
        study: A Study Instance UID: entries about it and its reports.
        session: Identifier of the session that it was done in.
        patient: A sealed patient (`PatientChoice.sealed`): entries about all their studies.
        patient_of: A Study Instance UID: entries about all studies of its patient.
        date_from: First day, YYYY-MM-DD in UTC.
        date_to: Last day, likewise.
        older_than: Only entries before the one of this number; 0 does not narrow.
        newer_than: Only entries after it; 0 does not narrow.
    """

    action: str = ""
    outcome: str = ""
    person: str = ""
    session: str = ""
    study: str = ""
    patient: str = ""
    patient_of: str = ""
    date_from: str = ""
    date_to: str = ""
    older_than: int = 0
    newer_than: int = 0


def query_in(address: Mapping[str, str]) -> AuditQuery:
    """The question that the parameters of an address ask; what they do not name has its default.

    Raises:
        Malformed: If a value cannot be understood.
    """
    places = [address.get(name) or "0" for name in ("older", "newer")]
    if not all(each.isascii() and each.isdigit() and len(each) <= 18 for each in places):
        raise Malformed("This address cannot be understood. Open the audit trail anew.")
    return AuditQuery(
        action=address.get("action", ""),
        outcome=address.get("outcome", ""),
        person=address.get("person", ""),
        session=address.get("session", ""),
        study=address.get("study", ""),
        patient=address.get("patient", ""),
        patient_of=address.get("patient_of", ""),
        date_from=address.get("from", ""),
        date_to=address.get("to", ""),
        older_than=int(places[0]),
        newer_than=int(places[1]),
    )


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry as a page shows it."""

    sequence: int
    at: str
    actor_user_id: str
    actor_name: str
    action: str
    object_type: str
    object_id: str
    outcome: str
    reason: str
    ip_address: str
    user_agent: str
    session_id: str
    details: str


@dataclass(frozen=True, slots=True)
class AuditPerson:
    """Somebody whose entries can be asked for."""

    user_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class PatientChoice:
    """A patient whose entries can be asked for.

    Attributes:
        sealed: For an address: it says nothing of who they are.
    """

    sealed: str
    name: str
    patient_id: str
    birth_date: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of entries, newest first, and everybody who can be asked for.

    Attributes:
        total: How many there are, as far as they were counted.
        is_exact: Whether they were counted to the end.
        patient: Whose entries these are, if a patient was asked for.
        is_of_study: Whether a study was asked for.
    """

    rows: tuple[AuditRow, ...]
    total: int
    is_exact: bool
    has_newer: bool
    has_older: bool
    people: tuple[AuditPerson, ...]
    patient: PatientChoice | None = None
    is_of_study: bool = False


@dataclass(frozen=True, slots=True)
class AccessRow:
    """What one person had of one study.

    Attributes:
        first: The first time, as ISO text in UTC.
        last: The last time.
        opened: How often the study was opened; once for each session and kind of look.
        images: How many images were sent; one that was looked at in several viewings counts in each.
        reports: How often a report of it was opened.
        taken_out: How often something of it left as a file.
        refused: How often they tried and were refused.
        other: Everything else that they did with it.
        sessions: In how many sessions.
        addresses: From which addresses, ten at most.
    """

    user_id: str
    name: str
    study_instance_uid: str
    first: str
    last: str
    opened: int
    images: int
    reports: int
    taken_out: int
    refused: int
    other: int
    sessions: int
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessReport:
    """Who had what of the studies that were asked for: the report after a breach.

    Attributes:
        rows: By person and study, the last access first.
        entries: From how many entries of the trail.
    """

    rows: tuple[AccessRow, ...]
    entries: int
    patient: PatientChoice | None = None


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Whether the chain holds.

    Attributes:
        entries: How many entries were checked.
        first_bad_sequence: None when all is well.
        problem: One sentence when it is not.
        checkpoints: How many signed checkpoints were compared.
    """

    entries: int
    first_bad_sequence: int | None
    problem: str
    checkpoints: int = 0
