"""What narrows the worklist, in words: a chip for each value of each filter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.core.shown import shown_date, shown_name
from backend.core.worklist_query import FILTERS, TEXTS, WorklistQuery
from backend.schemas.worklist import WorklistChoices
from pacscribe_ui.text import Worklist as words

_WORDS: dict[str, Mapping[str, str]] = {
    "span": words.SPANS,
    "status": words.STATUSES,
    "priority": words.PRIORITIES,
    "report": words.REPORTS,
    "prior": words.PRIORS,
    "spelling": words.SPELLINGS,
    "assigned": words.ASSIGNEES,
    "claimed": words.CLAIMANTS,
    "sex": words.SEXES,
}
_DATES = ("date_from", "date_to", "arrived_from", "arrived_to", "born_from", "born_to")


@dataclass(frozen=True, slots=True)
class Chip:
    """One value of one filter.

    Attributes:
        name: The filter's field in `WorklistQuery`.
        value: The value, to take it away.
        label: What the filter is called.
        shown: The value in words.
    """

    name: str
    value: str
    label: str
    shown: str


def chips_of(query: WorklistQuery, choices: WorklistChoices) -> tuple[Chip, ...]:
    """Every value that narrows the list.

    Args:
        query: What the list answers.
        choices: Knows the names of people.
    """
    people = {person.value: person.shown for person in choices.people}
    return tuple(
        Chip(name, value, words.FILTER_NAMES[name], _shown(name, value, people))
        for name in FILTERS
        for value in _values(getattr(query, name))
    )


def _values(held: str | tuple[str, ...]) -> Iterable[str]:
    if isinstance(held, tuple):
        return held
    return (held,) if held else ()


def _shown(name: str, value: str, people: Mapping[str, str]) -> str:
    if name in _DATES:
        return shown_date(value)
    if name == "referrer":
        return shown_name(value)
    if name in TEXTS:
        return f"“{value}”"
    return _WORDS.get(name, {}).get(value) or people.get(value, value)
