"""What the page of a study remembers. The address says which study."""

from dataclasses import dataclass, replace
from typing import Any

import reflex as rx

from backend.core.errors import NotFound
from backend.core.permissions import Permission
from backend.schemas.attaching import StudyDocument
from backend.schemas.study_page import (
    MOST_INSTANCES,
    InstanceLine,
    NoteLine,
    PersonWithAccess,
    SeriesLine,
)
from backend.schemas.worklist import StudyRow
from pacscribe_ui.state.base import ask, caller, requires, services
from pacscribe_ui.state.visit import VisitState
from pacscribe_ui.text import Audit
from pacscribe_ui.text import Study as words


@dataclass(frozen=True, slots=True)
class EventLine:
    """Something that happened, in words."""

    at: str
    what: str
    who: str


class StudyState(VisitState, rx.State):
    """A study with its series, notes, history and people."""

    study: list[StudyRow] = []
    series: tuple[SeriesLine, ...] = ()
    documents: tuple[StudyDocument, ...] = ()
    notes: tuple[NoteLine, ...] = ()
    events: tuple[EventLine, ...] = ()
    people: tuple[PersonWithAccess, ...] = ()
    is_trail: bool = False
    problem: str = ""
    open_series: str = ""
    instances: tuple[InstanceLine, ...] = ()
    instances_page: int = 1
    note_in_hand: str = ""
    note_to_delete: str = ""

    @rx.var
    def instances_page_count(self) -> int:
        """How many pages the objects of the open series fill."""
        shown = (each for each in self.series if each.series_instance_uid == self.open_series)
        return max(1, -(-sum(each.instance_count for each in shown) // MOST_INSTANCES))

    @rx.var
    def document_count(self) -> int:
        """How many documents there are."""
        return len(self.documents)

    @rx.var
    def note_count(self) -> int:
        """How many notes there are."""
        return len(self.notes)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def load(self) -> None:
        """Show the study that the address names."""
        self.problem, self.study, self.open_series, self.instances = "", [], "", ()
        self.note_in_hand = self.note_to_delete = ""
        try:
            await self._read()
        except NotFound:
            self.problem = words.MISSING
        self._arrive()

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def show_objects(self, series_instance_uid: str) -> None:
        """Show the objects of a series, or hide them."""
        is_closing = self.open_series == series_instance_uid
        self.open_series, self.instances = "", ()
        if not is_closing:
            await self._list_objects(series_instance_uid, 1)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def turn_objects(self, page: int) -> None:
        """Show another page of the objects of the open series."""
        known = max(1, min(int(page), self.instances_page_count))
        await self._list_objects(self.open_series, known)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def write_note(self, form: dict[str, Any]) -> None:
        """Leave a note."""
        text = str(form.get("text", ""))
        await ask(services().study_pages.write_note, caller(), self._uid, text)
        await self._read()

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def take_note(self, note_id: str) -> None:
        """Begin to change one's own note; empty for none."""
        self.note_in_hand = note_id

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def change_note(self, form: dict[str, Any]) -> None:
        """Save the note in hand."""
        text, note_id = str(form.get("text", "")), self.note_in_hand
        await ask(services().study_pages.change_note, caller(), self._uid, note_id, text)
        self.note_in_hand = ""
        await self._read()

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def ask_to_delete_note(self, note_id: str) -> None:
        """Ask again before one's own note is deleted; empty asks nothing any more."""
        self.note_to_delete = note_id

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def delete_note(self, note_id: str) -> None:
        """Delete one's own note."""
        await ask(services().study_pages.delete_note, caller(), self._uid, note_id)
        self.note_to_delete = ""
        await self._read()

    @property
    def _uid(self) -> str:
        return str(self.router.url.path).rstrip("/").rpartition("/")[2]

    async def _list_objects(self, series_instance_uid: str, page: int) -> None:
        pages = services().study_pages
        self.instances = await ask(pages.instances, caller(), self._uid, series_instance_uid, page)
        self.open_series, self.instances_page = series_instance_uid, page

    async def _read(self) -> None:
        page = await ask(services().study_pages.page, caller(), self._uid)
        self.study, self.series, self.notes = [page.study], page.series, page.notes
        self.documents = await ask(services().attaching.documents, caller(), self._uid)
        self.is_trail = page.is_trail
        self.events = tuple(
            EventLine(event.at, Audit.ACTIONS.get(event.action, event.action), event.who)
            for event in page.events
        )
        self.people = tuple(
            replace(person, rights=tuple(words.RIGHTS[right] for right in person.rights))
            for person in page.people
        )
