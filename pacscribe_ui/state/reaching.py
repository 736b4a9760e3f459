"""What the page about access to studies shows: what is open to whom, and what can be opened."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.core.permissions import Permission
from backend.core.shown import shown_name
from backend.schemas.reaching import Opening
from pacscribe_ui.state.base import ask, caller, notify, requires, services
from pacscribe_ui.text import Reaching as words


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """One thing that is open to a person, in words."""

    opening_id: str
    kind: str
    kind_word: str
    person: str
    what: str
    reason: str
    until: str
    label: str


class ReachingState(rx.State):
    """All that is open."""

    people: tuple[Choice, ...] = ()
    names: tuple[Choice, ...] = ()
    lines: tuple[OpeningLine, ...] = ()
    is_loaded: bool = False
    taken: int = 0  # how many forms were taken; each is followed by an empty one

    @rx.event
    @requires(Permission.ACCESS_GRANT)
    async def load(self) -> None:
        """Look at it."""
        page = await ask(services().reaching.page, caller())
        self.people = tuple(Choice(each.user_id, each.display_name) for each in page.people)
        self.names = tuple(Choice(name, shown_name(name)) for name in page.names)
        self.lines = tuple(map(opening_line, page.openings))
        self.is_loaded = True

    @rx.event
    @requires(Permission.ACCESS_GRANT)
    async def give_care(self, form: dict[str, Any]) -> Any:
        """Put a patient into somebody's care."""
        await ask(
            services().reaching.give_care,
            caller(),
            _text(form, "person"),
            _text(form, "patient_id"),
            _number(form, "days"),
            _text(form, "reason"),
        )
        self.taken += 1
        return [notify(words.GIVEN), ReachingState.load]

    @rx.event
    @requires(Permission.ACCESS_GRANT)
    async def give_name(self, form: dict[str, Any]) -> Any:
        """Say that a name in studies is somebody's."""
        await ask(
            services().reaching.give_name,
            caller(),
            _text(form, "person"),
            _text(form, "name"),
            _text(form, "reason"),
        )
        self.taken += 1
        return [notify(words.GIVEN), ReachingState.load]

    @rx.event
    @requires(Permission.ACCESS_GRANT, Permission.STUDY_SHARE)
    async def open_study(self, form: dict[str, Any]) -> Any:
        """Open one study to somebody."""
        await ask(
            services().reaching.open_study,
            caller(),
            _text(form, "person"),
            _text(form, "study"),
            _number(form, "days"),
            _text(form, "reason"),
        )
        self.taken += 1
        return [notify(words.GIVEN), ReachingState.load]

    @rx.event
    @requires(Permission.ACCESS_GRANT)
    async def close(self, kind: str, opening_id: str) -> Any:
        """Take something back."""
        await ask(services().reaching.close, caller(), kind, opening_id)
        return [notify(words.CLOSED), ReachingState.load]


def opening_line(opening: Opening) -> OpeningLine:
    """What is open, in words."""
    return OpeningLine(
        opening_id=opening.opening_id,
        kind=opening.kind,
        kind_word=words.KINDS[opening.kind],
        person=opening.person_name,
        what=opening.what,
        reason=opening.reason,
        until=opening.until,
        label=words.CLOSE_LABEL.format(person=opening.person_name, what=opening.what),
    )


def _text(form: dict[str, Any], name: str) -> str:
    return str(form.get(name, ""))


def _number(form: dict[str, Any], name: str) -> int:
    text = _text(form, name)
    return int(text) if text.isdecimal() and len(text) < 5 else -1
