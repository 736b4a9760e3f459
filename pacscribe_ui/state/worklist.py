"""What the worklist page remembers: the page of studies it shows and the row that is chosen. The address says which."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from backend.core.errors import Malformed
from backend.core.permissions import Permission
from backend.core.worklist_query import (
    FILTERS,
    SEALED,
    WorklistColumn,
    WorklistQuery,
    query_from,
    starts_descending,
    values_of,
    without,
)
from backend.schemas.preferences import USUAL_COLUMNS, WorklistPreferences
from backend.schemas.worklist import StudyRow, WorklistChoices, WorklistPage
from pacscribe_ui.state.base import ask, caller, requires, services
from pacscribe_ui.state.search_field import SearchFieldState
from pacscribe_ui.state.worklist_chips import Chip, chips_of

PATH = "/worklist"
_NOTHING = WorklistPage(rows=(), total=0, page=1, page_count=1, modalities=())


class WorklistState(SearchFieldState, rx.State):
    """One page of studies, the question it answers, and the chosen study with the patient's others."""

    page: WorklistPage = _NOTHING
    query: WorklistQuery = WorklistQuery()
    chips: tuple[Chip, ...] = ()
    choices: WorklistChoices = WorklistChoices()
    columns: tuple[str, ...] = USUAL_COLUMNS
    similar: str = ""
    address: str = PATH
    arrivals: int = 0
    problem: str = ""
    is_loaded: bool = False
    is_filter_open: bool = False
    is_columns_open: bool = False
    may_edit: bool = False
    may_delete: bool = False
    selected: list[str] = []
    chosen_uid: str = ""
    others: tuple[StudyRow, ...] = ()
    # What the page showed when it was turned to; it may have changed since.
    _shown: tuple[StudyRow, ...] = ()
    _preferences: WorklistPreferences = WorklistPreferences()

    @rx.var
    def chosen(self) -> list[StudyRow]:
        """The chosen study, if it is on this page: one row or none."""
        return [row for row in self.page.rows if row.study_instance_uid == self.chosen_uid]

    @rx.var
    def has_usual_columns(self) -> bool:
        """Whether the columns are those that everybody has who has not chosen their own."""
        return self.columns == USUAL_COLUMNS

    @rx.var
    def first_modality(self) -> str:
        """The modality in the bar's own filter; empty for all, or for several."""
        return self.query.modality[0] if len(self.query.modality) == 1 else ""

    @rx.var
    def dates(self) -> dict[str, str]:
        """Days of the filters, as date fields show them."""
        names = ("date_from", "date_to", "arrived_from", "arrived_to", "born_from", "born_to")
        return {name: _dashed(getattr(self.query, name)) for name in names}

    @rx.var
    def filter_count(self) -> int:
        """How many values narrow the list."""
        return len(self.chips)

    @rx.var
    def selection_count(self) -> int:
        """How many studies are selected."""
        return len(self.selected)

    @rx.var
    def may_select(self) -> bool:
        """Whether there is anything to be done with several studies at once."""
        return self.may_edit or self.may_delete

    @rx.var
    def hidden_columns(self) -> list[str]:
        """The columns that are not shown, in their usual order."""
        return [column.value for column in WorklistColumn if column.value not in self.columns]

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def load(self) -> None:
        """Show what the address asks for; what cannot be understood is said in a sentence."""
        parameters = dict(self.router.url.query_parameters)
        await self._remember()
        await self._answer(parameters)
        self._searched(self.query.text)
        self.selected, self.arrivals = [], 0
        self.similar = ", ".join(self.page.similar_words[:5])
        self.chips = chips_of(self.query, self.choices)
        self.address = await self._address(self.query)
        self.is_loaded = True
        await self._choose(parameters.get("study", ""))

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def choose(self, study_instance_uid: str) -> None:
        """Show a study beside the list."""
        await self._choose(study_instance_uid)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def select(self, study_instance_uids: list[str]) -> None:
        """Select studies of this page, for what is done with several at once."""
        here = {row.study_instance_uid for row in self.page.rows}
        self.selected = [uid for uid in study_instance_uids if uid in here]

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def search(self, form: dict[str, Any]) -> Any:
        """Look for words; the address keeps them sealed."""
        text = str(form.get("text", "")).strip()[:200]
        self._searched_in_field(text)
        return await self._go(text=text, spelling="")

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def filter_by(self, name: str, value: str) -> Any:
        """Narrow the list by one value alone; an empty value takes the filter away."""
        if name not in FILTERS:
            raise Malformed("There is no such filter.")
        several = isinstance(getattr(self.query, name), tuple)
        plain = value.replace("-", "") if name in self.dates else value
        changes: dict[str, Any] = {name: ((value,) if value else ()) if several else plain}
        if name in {"date_from", "date_to"}:
            changes["span"] = ""
        elif name == "span":
            changes |= {"date_from": "", "date_to": ""}
        return await self._narrow(**changes)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def toggle(self, name: str, value: str) -> Any:
        """Add a value to a filter, or take it away if it is there."""
        if name not in FILTERS:
            raise Malformed("There is no such filter.")
        held = getattr(self.query, name)
        if not isinstance(held, tuple):
            return await self._go(**{name: "" if held == value else value})
        rest = tuple(each for each in held if each != value)
        return await self._go(
            **{name: rest if value in held else (*held, value) if value else held}
        )

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def take_away(self, name: str, value: str) -> Any:
        """Take one value of a filter away."""
        left = without(self.query, name, value)
        return await self._go(**{name: getattr(left, name)})

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def sort_by(self, column: str) -> Any:
        """Order by a column; again, and it turns round."""
        if column not in {each.value for each in WorklistColumn}:
            raise Malformed
        asked = WorklistColumn(column)
        turned = asked is self.query.order_by
        descending = not self.query.descending if turned else starts_descending(asked)
        return await self._go(order_by=asked, descending=descending)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def go_to_page(self, number: int) -> Any:
        """Turn the pages of the list as it was when it was opened: what arrives, changes or is deleted hides no row."""
        asked = replace(self.query, page=self.page.page, as_of=self.page.as_of)
        shift = asked.shift if number > 1 else 0
        if number == asked.page + 1:
            shift = await ask(services().worklist.shift_after, caller(), asked, self._shown)
        return await self._go(page=int(number), as_of=asked.as_of, shift=shift)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def show_news(self) -> Any:
        """Put what has come into the list."""
        return WorklistState.load if self.query.page == 1 else await self._go()

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def clear(self) -> Any:
        """Take every filter away."""
        return rx.redirect(PATH)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def show_filters(self, is_open: bool) -> None:
        """Show or hide the filters of every field."""
        self.is_filter_open = is_open

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def show_columns(self, is_open: bool) -> None:
        """Show or hide the choice of columns."""
        self.is_columns_open = is_open

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def toggle_column(self, column: str) -> None:
        """Show a column at the end, or no longer."""
        shown = tuple(each for each in self.columns if each != column)
        await self._keep_columns(shown if column in self.columns else (*self.columns, column))

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def move_column(self, column: str, step: int) -> None:
        """Move a column to the left (-1) or to the right (1)."""
        order = list(self.columns)
        if column in order:
            place = order.index(column)
            other = max(0, min(len(order) - 1, place + int(step)))
            order[place], order[other] = order[other], order[place]
        await self._keep_columns(tuple(order))

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def usual_columns(self) -> None:
        """Show the columns that everybody starts with."""
        await self._keep_columns(USUAL_COLUMNS)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def live_in(self, time_zone: str) -> Any:
        """The browser says in which time zone its reader is; days are counted by it."""
        if time_zone == self._preferences.time_zone:
            return None
        chosen = replace(self._preferences, time_zone=time_zone)
        self._preferences = await ask(services().preferences.save_worklist, caller(), chosen)
        query = self.query
        is_by_day = query.span or query.arrived_from or query.arrived_to
        return WorklistState.load if is_by_day else None

    async def _remember(self) -> None:
        """What the reader may do, has chosen before, and can choose from."""
        self.may_edit = caller().may(Permission.STUDY_EDIT)
        self.may_delete = caller().may(Permission.STUDY_DELETE)
        self._preferences = await ask(services().preferences.worklist, caller())
        self.columns = self._preferences.columns
        self.choices = await ask(services().worklist.choices, caller())

    async def _answer(self, parameters: dict[str, str]) -> None:
        self.problem = ""
        try:
            self.query = await self._asked(parameters)
            self.page = await ask(services().worklist.page, caller(), self.query)
            self._shown = self.page.rows
        except Malformed as refusal:
            self.problem, self.query, self.page = refusal.sentence, WorklistQuery(), _NOTHING

    async def _asked(self, parameters: dict[str, str]) -> WorklistQuery:
        """The question in the address, in the reader's own days."""
        values = {**parameters, **await self._opened(parameters)}
        return replace(query_from(values), time_zone=self._preferences.time_zone)

    async def _keep_columns(self, columns: tuple[str, ...]) -> None:
        chosen = replace(self._preferences, columns=columns)
        self._preferences = await ask(services().preferences.save_worklist, caller(), chosen)
        self.columns = self._preferences.columns

    async def _choose(self, study_instance_uid: str) -> None:
        self.chosen_uid = study_instance_uid
        self.others = ()
        if self.chosen:
            answer = await ask(services().worklist.other_studies, caller(), study_instance_uid)
            self.others = answer.studies

    async def _narrow(self, **changes: Any) -> Any:
        """Go where another answer is asked for: a field tells twice what is typed, by Enter and when it is left."""
        is_another = any(getattr(self.query, name) != value for name, value in changes.items())
        return await self._go(**changes) if is_another else None

    async def _go(self, **changes: Any) -> Any:
        """Go to the address of the question with `changes`; without a page it begins at the newest."""
        # Kept at once: the next change may come before this one is answered, and must not lose it.
        self.query = replace(self.query, **{"page": 1, "as_of": "", "shift": 0, **changes})
        return rx.redirect(await self._address(self.query))

    async def _address(self, query: WorklistQuery) -> str:
        values = values_of(query)
        for name in SEALED:
            if name in values:
                values[name] = await ask(services().worklist.sealed_text, caller(), values[name])
        if query.page > 1:
            values |= {"page": str(query.page), "as-of": query.as_of}
            values |= {"shift": str(query.shift)} if query.shift else {}
        kept = {name: value for name, value in values.items() if value}
        return f"{PATH}?{urlencode(kept)}" if kept else PATH

    async def _opened(self, parameters: dict[str, str]) -> dict[str, str]:
        worklist = services().worklist
        return {
            name: await ask(worklist.opened_text, caller(), parameters.get(name, ""))
            for name in SEALED
        }


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else ""
