"""What is open to people who do not reach every study, as an administrator sees and gives it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReachingPerson:
    """A person who reaches only what they have to do with."""

    user_id: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Opening:
    """One thing that is open to a person.

    Attributes:
        kind: `care`, `name` or `study`.
        what: The patient, the name as studies have it, or the study, in words.
        until: ISO 8601, UTC; empty if it does not end by itself.
    """

    opening_id: str
    kind: str
    person_name: str
    what: str = field(repr=False)
    reason: str
    until: str


@dataclass(frozen=True, slots=True)
class ReachingPage:
    """All of it, and what can be chosen.

    Attributes:
        names: Names of referring physicians that occur in studies.
    """

    people: tuple[ReachingPerson, ...]
    openings: tuple[Opening, ...]
    names: tuple[str, ...] = field(repr=False)
