"""Answers about the audit trail."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which entries are asked for. Every field stands in the page's URL; empty fields do not narrow.

    Attributes:
        action: An `AuditAction`.
        outcome: An `AuditOutcome`.
        person: Identifier of whoever acted.
        date_from: First day, YYYY-MM-DD in UTC.
        date_to: Last day, likewise.
        page: From 1.
    """

    action: str = ""
    outcome: str = ""
    person: str = ""
    date_from: str = ""
    date_to: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One entry as a page shows it."""

    sequence: int
    at: str
    actor_name: str
    action: str
    object_type: str
    object_id: str
    outcome: str
    reason: str
    ip_address: str
    user_agent: str
    details: str


@dataclass(frozen=True, slots=True)
class AuditPerson:
    """Somebody whose entries can be asked for."""

    user_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """One page of entries, newest first, and everybody who can be asked for."""

    rows: tuple[AuditRow, ...]
    total: int
    page: int
    page_count: int
    people: tuple[AuditPerson, ...]


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
