"""What people are told on every page."""

from dataclasses import dataclass
from enum import StrEnum


class AlertKind(StrEnum):
    """What is wrong, or must not be forgotten."""

    DAMAGED = "damaged"  # stored objects
    STORAGE_LOW = "storage-low"
    STORAGE_FULL = "storage-full"
    EMERGENCY = "emergency"  # this person looks at what is otherwise closed to them
    EMERGENCIES_WAIT = "emergencies-wait"  # for this person to review them
    SUPPORT_LOOKS = "support-looks"  # this is support, in somebody else's organization
    SUPPORT_IS_LET_IN = "support-is-let-in"


@dataclass(frozen=True, slots=True)
class Alert:
    """One of these, how often, and (if it ends by itself) until when: ISO 8601, UTC."""

    kind: AlertKind
    count: int
    until: str = ""
