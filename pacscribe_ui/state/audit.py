"""What the audit page remembers: one page of the trail, in words. The address says which."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from backend.core.errors import Malformed
from backend.core.permissions import Permission
from backend.schemas.audit import AuditPerson, AuditQuery, AuditRow
from pacscribe_ui.state.base import ask, caller, requires, services
from pacscribe_ui.text import Audit as words

PATH = "/audit"
_FILTERS = ("action", "outcome", "person", "from", "to")


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry as the table shows it: everything in words."""

    sequence: int
    day: str
    time: str
    who: str
    what: str
    about: str
    identifier: str
    target: str  # address of what it is about, empty if there is no page for it
    outcome: str
    reason: str
    details: str
    address: str
    browser: str


class AuditState(rx.State):
    """One page of entries and the question it answers."""

    lines: tuple[AuditLine, ...] = ()
    people: tuple[AuditPerson, ...] = ()
    query: AuditQuery = AuditQuery()
    total: int = 0
    page_count: int = 1
    problem: str = ""
    is_loaded: bool = False

    @rx.var
    def has_lines(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.lines)

    @rx.var
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        query = self.query
        return any((query.action, query.outcome, query.person, query.date_from, query.date_to))

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def load(self) -> None:
        """Show what the address asks for; what cannot be understood is said in a sentence."""
        self.is_loaded, self.problem = True, ""
        try:
            await self._show(query_of(dict(self.router.url.query_parameters)))
        except Malformed as refusal:
            self.problem, self.lines, self.query = refusal.sentence, (), AuditQuery()

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def filter_by(self, name: str, value: str) -> Any:
        """Narrow the list by one filter; an empty value takes the filter away."""
        if name not in _FILTERS:
            raise Malformed("There is no such filter.")
        return self._go(**{name: value})

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def go_to_page(self, number: int) -> Any:
        """Turn the pages."""
        return self._go(page=str(int(number)))

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def clear(self) -> Any:
        """Take every filter away."""
        return rx.redirect(PATH)

    async def _show(self, query: AuditQuery) -> None:
        answer = await ask(services().audit_trail.page, caller(), query)
        self.query = query
        names = {person.user_id: person.display_name for person in answer.people}
        self.lines = tuple(line_of(row, names) for row in answer.rows)
        self.people = answer.people
        self.total = answer.total
        self.page_count = answer.page_count

    def _go(self, **changes: str) -> Any:
        parameters = {**dict(self.router.url.query_parameters), "page": "", **changes}
        kept = {
            name: value
            for name, value in parameters.items()
            if value and name in (*_FILTERS, "page")
        }
        return rx.redirect(f"{PATH}?{urlencode(kept)}" if kept else PATH)


def query_of(parameters: dict[str, str]) -> AuditQuery:
    """The question that an address asks; what it does not name has its default.

    Raises:
        Malformed: If a value cannot be understood.
    """
    page = parameters.get("page") or "1"
    if not (page.isascii() and page.isdigit() and len(page) <= 7):
        raise Malformed("This address cannot be understood. Open the audit trail anew.")
    return AuditQuery(
        action=parameters.get("action", ""),
        outcome=parameters.get("outcome", ""),
        person=parameters.get("person", ""),
        date_from=parameters.get("from", ""),
        date_to=parameters.get("to", ""),
        page=int(page),
    )


def line_of(row: AuditRow, names: dict[str, str]) -> AuditLine:
    """An entry in words.

    Args:
        row: The entry.
        names: Display names by identifier, for entries about accounts.
    """
    at = datetime.fromisoformat(row.at)
    kind = words.OBJECTS.get(row.object_type, row.object_type)
    shown = names.get(row.object_id, row.object_id)
    return AuditLine(
        sequence=row.sequence,
        day=f"{at:%Y-%m-%d}",
        time=f"{at:%H:%M:%S}",
        who=row.actor_name or words.NOBODY,
        what=words.ACTIONS.get(row.action, row.action),
        about=" ".join(part for part in (kind, shown) if part) if kind else "",
        identifier=row.object_id,
        target=_target(row),
        outcome=row.outcome,
        reason=row.reason,
        details=_details(row.details),
        address=row.ip_address or words.NO_ADDRESS,
        browser=row.user_agent,
    )


def _target(row: AuditRow) -> str:
    if row.object_type == "study" and row.object_id:
        return f"/viewer/{row.object_id}"
    if row.object_type == "report" and row.object_id:
        return f"/report/{row.object_id}"
    return ""


def _details(text: str) -> str:
    """`{"images": 3}` as `images: 3`; empty values are left out."""
    shown = []
    for name, value in json.loads(text).items():
        if value not in ("", [], None):
            listed = ", ".join(map(str, value)) if isinstance(value, list) else value
            shown.append(f"{name.replace('_', ' ')}: {listed}")
    return " · ".join(shown)
