"""What administrators are told on every page."""

from dataclasses import dataclass
from enum import StrEnum


class AlertKind(StrEnum):
    """What is wrong."""

    DAMAGED = "damaged"  # stored objects
    STORAGE_LOW = "storage-low"
    STORAGE_FULL = "storage-full"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that is wrong, and how often."""

    kind: AlertKind
    count: int
