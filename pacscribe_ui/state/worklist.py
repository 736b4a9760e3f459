"""What the worklist page remembers: the page of studies it shows and the row that is chosen. The address says which."""

from typing import Any
from urllib.parse import urlencode

import reflex as rx

from backend.core.errors import Malformed
from backend.core.permissions import Permission
from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.schemas.worklist import StudyRow, WorklistPage
from pacscribe_ui.state.base import ask, caller, requires, services

PATH = "/worklist"
_NOTHING = WorklistPage(rows=(), total=0, page=1, page_count=1, modalities=())
_DESCENDING_FIRST = frozenset({WorklistColumn.ARRIVED, WorklistColumn.STUDY_DATE})


class WorklistState(rx.State):
    """One page of studies, the question it answers, and the chosen study with the patient's others."""

    page: WorklistPage = _NOTHING
    query: WorklistQuery = WorklistQuery()
    is_loaded: bool = False
    chosen_uid: str = ""
    others: tuple[StudyRow, ...] = ()

    @rx.var
    def chosen(self) -> list[StudyRow]:
        """The chosen study, if it is on this page: one row or none."""
        return [row for row in self.page.rows if row.study_instance_uid == self.chosen_uid]

    @rx.var
    def date_from(self) -> str:
        """First day, as a date field shows it."""
        return _dashed(self.query.date_from)

    @rx.var
    def date_to(self) -> str:
        """Last day, as a date field shows it."""
        return _dashed(self.query.date_to)

    @rx.var
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        query = self.query
        return any((query.text, query.modality, query.status, query.date_from, query.date_to))

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def load(self) -> None:
        """Show what the address asks for."""
        worklist = services().worklist
        parameters = dict(self.router.url.query_parameters)
        text = await ask(worklist.opened_text, caller(), parameters.get("q", ""))
        self.query = query_of(parameters, text)
        self.page = await ask(worklist.page, caller(), self.query)
        self.is_loaded = True
        await self._choose(parameters.get("study", ""))

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def choose(self, study_instance_uid: str) -> None:
        """Show a study beside the list."""
        await self._choose(study_instance_uid)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def search(self, form: dict[str, Any]) -> Any:
        """Look for words; the address keeps them sealed."""
        text = str(form.get("text", "")).strip()[:200]
        sealed = await ask(services().worklist.sealed_text, caller(), text)
        return self._go(q=sealed)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def filter_by(self, name: str, value: str) -> Any:
        """Narrow the list by one filter; an empty value takes the filter away."""
        if name not in {"modality", "status", "from", "to"}:
            raise Malformed("There is no such filter.")
        return self._go(**{name: value.replace("-", "") if name in {"from", "to"} else value})

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def sort_by(self, column: str) -> Any:
        """Order by a column; again, and it turns round."""
        asked = WorklistColumn(column)
        turned = asked is self.query.order_by
        descending = not self.query.descending if turned else asked in _DESCENDING_FIRST
        return self._go(sort=asked.value, order="desc" if descending else "asc")

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def go_to_page(self, number: int) -> Any:
        """Turn the pages."""
        return self._go(page=str(int(number)))

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def clear(self) -> Any:
        """Take every filter away."""
        return rx.redirect(PATH)

    async def _choose(self, study_instance_uid: str) -> None:
        self.chosen_uid = study_instance_uid
        self.others = ()
        if self.chosen:
            answer = await ask(services().worklist.other_studies, caller(), study_instance_uid)
            self.others = answer.studies

    def _go(self, **changes: str) -> Any:
        parameters = {**dict(self.router.url.query_parameters), "page": "", "study": "", **changes}
        kept = {name: value for name, value in parameters.items() if value and name in _PARAMETERS}
        return rx.redirect(f"{PATH}?{urlencode(kept)}" if kept else PATH)


_PARAMETERS = ("q", "modality", "status", "from", "to", "sort", "order", "page", "study")


def query_of(parameters: dict[str, str], text: str) -> WorklistQuery:
    """The question that an address asks; what it does not name has its default.

    Raises:
        Malformed: If a value cannot be understood.
    """
    try:
        column = WorklistColumn(parameters.get("sort") or WorklistColumn.ARRIVED)
        page = int(parameters.get("page") or 1)
    except ValueError:
        raise Malformed("This address cannot be understood. Open the worklist anew.") from None
    return WorklistQuery(
        text=text,
        modality=parameters.get("modality", ""),
        status=parameters.get("status", ""),
        date_from=parameters.get("from", ""),
        date_to=parameters.get("to", ""),
        order_by=column,
        descending=parameters.get("order", "desc") != "asc",
        page=page,
    )


def _dashed(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else ""
