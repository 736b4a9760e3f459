"""Answers about checks of stored objects."""

from dataclasses import dataclass

from backend.core.vocabulary import CheckScope, DamageKind


@dataclass(frozen=True, slots=True)
class DamageRow:
    """A damaged object. `found_at` is ISO 8601 in UTC."""

    study_instance_uid: str
    sop_instance_uid: str
    kind: DamageKind
    found_at: str


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check of stored objects, of all organizations together.

    Attributes:
        scope: What was to be looked at.
        started_at: ISO 8601 in UTC.
        finished_at: Likewise; empty while it runs, or if it was broken off.
        objects: How many objects were read to their end.
        frames: How many frames were decoded.
        size_bytes: How much that was.
        damaged: Objects that were found damaged and were not known to be.
        recovered: Objects that were known to be damaged, and are whole.
        copies_renewed: Reading copies that were damaged, and are made anew.
        orphans: Objects that no row points to; the sweeper takes them when they are old enough.
    """

    scope: CheckScope
    started_at: str
    finished_at: str
    objects: int
    frames: int
    size_bytes: int
    damaged: int
    recovered: int
    copies_renewed: int
    orphans: int


@dataclass(frozen=True, slots=True)
class ChecksView:
    """What an administrator sees of checks.

    Attributes:
        damages: Damaged objects of the organization, those found last first; the first hundred.
        damage_count: How many there are.
        runs: The last checks.
        round_days: How long it takes until every object was looked at in the background; None if never.
    """

    damages: tuple[DamageRow, ...]
    damage_count: int
    runs: tuple[CheckRow, ...]
    round_days: int | None
