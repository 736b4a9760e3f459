"""What the audit page remembers: one page of the trail, in words. The address says which."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import reflex as rx

from backend.core.errors import Malformed, NotFound
from backend.core.permissions import Permission
from backend.core.user_agents import browser_name
from backend.schemas.audit import (
    AccessRow,
    AuditPerson,
    AuditQuery,
    AuditRow,
    PatientChoice,
    query_in,
)
from pacscribe_ui.state.base import ask, caller, requires, services
from pacscribe_ui.state.identifiers import shortened
from pacscribe_ui.state.study_names import study_names
from pacscribe_ui.text import Audit as words

PATH = "/audit"
EXPORT = "/api/v1/audit/export."
PEOPLE = "people"
_FILTERS = (
    *("action", "outcome", "person", "session", "study", "patient", "patient_of"),
    *("from", "to", "view"),
)
MOST_ACCESSES = 500
_PLACES = ("older", "newer")
_END_OF_SESSION = 8
_FORMATS = ("csv", "jsonl", "xml")


@dataclass(frozen=True, slots=True)
class AuditLine:
    """An entry as the table shows it: everything in words."""

    sequence: int
    day: str
    time: str
    who: str
    what: str
    about: str  # the kind of thing, and its name if it has one
    identifier: str
    short: str  # the identifier in its place, if it stands there for want of a name
    target: str  # address of what it is about, empty if there is no page for it
    outcome: str
    reason: str
    details: str
    address: str
    browser: str  # in words
    user_agent: str  # as it named itself
    session: str  # the end of its identifier, which tells it from others; empty for none
    session_id: str
    session_target: str  # address of all that was done in it
    patient_target: str  # address of who saw the patient of the study it is about


@dataclass(frozen=True, slots=True)
class AccessLine:
    """What one person had of one study, in words."""

    who: str
    name: str  # of the study, where there is one that may be told
    study: str
    short: str  # its UID in its place
    target: str
    first: str
    last: str
    seen: str  # how often opened, how many images, ...
    refused: int
    sessions: int
    addresses: str


class AuditState(rx.State):
    """One page of entries and the question it answers."""

    lines: tuple[AuditLine, ...] = ()
    accesses: tuple[AccessLine, ...] = ()
    people: tuple[AuditPerson, ...] = ()
    query: AuditQuery = AuditQuery()
    view: str = ""
    total: int = 0
    is_exact: bool = True
    has_newer: bool = False
    has_older: bool = False
    patient: str = ""
    found_patients: tuple[PatientChoice, ...] = ()
    search_note: str = ""
    problem: str = ""
    is_loaded: bool = False
    may_export: bool = False

    @rx.var
    def has_lines(self) -> bool:
        """Whether there is anything to show."""
        return bool(self.accesses if self.view == PEOPLE else self.lines)

    @rx.var
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        query = self.query
        return any(
            (
                query.action,
                query.outcome,
                query.person,
                query.session,
                query.study,
                query.patient,
                query.patient_of,
                query.date_from,
                query.date_to,
            )
        )

    @rx.var
    def has_found_patients(self) -> bool:
        """Whether there are patients to choose from."""
        return bool(self.found_patients)

    @rx.var
    def can_be_summed(self) -> bool:
        """Whether a subject was chosen, so that who had what of it can be told."""
        query = self.query
        return bool(query.study or query.patient or query.patient_of or query.person)

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def load(self) -> None:
        """Show what the address asks for; what cannot be understood is said in a sentence."""
        self.is_loaded, self.problem = True, ""
        self.found_patients, self.search_note = (), ""
        self.may_export = caller().may(Permission.AUDIT_EXPORT)
        parameters = dict(self.router.url.query_parameters)
        try:
            await self._show(query_in(parameters), parameters.get("view", ""))
        except (Malformed, NotFound) as refusal:
            self.problem, self.query, self.view = refusal.sentence, AuditQuery(), ""
            self.lines, self.accesses, self.patient = (), (), ""

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def find_patients(self, form: dict[str, Any]) -> None:
        """Look for a patient to ask about; the words leave no trace in the address."""
        text = str(form.get("patient", "")).strip()[:200]
        self.found_patients = await ask(services().audit_trail.find_patients, caller(), text)
        self.search_note = "" if self.found_patients else words.NO_PATIENT

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def choose_patient(self, sealed: str) -> Any:
        """Show who saw this patient."""
        return self._go(patient=sealed, patient_of="", study="", view=PEOPLE)

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def find_study(self, form: dict[str, Any]) -> Any:
        """Show what is about a study, named by its accession number or UID."""
        text = str(form.get("study", "")).strip()[:64]
        uid = await ask(services().audit_trail.find_study, caller(), text) if text else ""
        return self._go(study=uid, patient="", patient_of="")

    @rx.event
    @requires(Permission.AUDIT_EXPORT)
    async def export(self, file_format: str) -> Any:
        """Take out what is shown, as a file; whoever has not lately proved who they are is asked to."""
        if file_format not in _FORMATS:
            raise Malformed("There is no such format.")
        await ask(services().audit_exports.require, caller())
        parameters = dict(self.router.url.query_parameters)
        kept = {name: value for name, value in parameters.items() if value and name in _FILTERS}
        return rx.download(f"{EXPORT}{file_format}?{urlencode(kept)}", f"audit.{file_format}")

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def filter_by(self, name: str, value: str) -> Any:
        """Narrow the list by one filter; an empty value takes the filter away."""
        if name not in _FILTERS:
            raise Malformed("There is no such filter.")
        return self._go(**{name: value})

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def turn(self, name: str) -> Any:
        """Turn the pages: `older` or `newer`."""
        if name not in _PLACES or not self.lines:
            raise Malformed("There is no such page.")
        edge = self.lines[-1] if name == "older" else self.lines[0]
        return self._go(**{name: str(edge.sequence)})

    @rx.event
    @requires(Permission.AUDIT_VIEW)
    async def clear(self) -> Any:
        """Take every filter away."""
        return rx.redirect(PATH)

    async def _show(self, query: AuditQuery, view: str) -> None:
        answer = await ask(services().audit_trail.page, caller(), query)
        names = {person.user_id: person.display_name for person in answer.people}
        self.query, self.view = query, ""
        self.lines = tuple(line_of(row, names) for row in answer.rows)
        self.people = answer.people
        self.total, self.is_exact = answer.total, answer.is_exact
        self.has_newer, self.has_older = answer.has_newer, answer.has_older
        self.patient = "" if answer.patient is None else patient_line(answer.patient)
        self.accesses = ()
        if view == PEOPLE and self.can_be_summed:
            report = await ask(services().audit_trail.accesses, caller(), query)
            rows = report.rows[:MOST_ACCESSES]
            studies = await study_names(row.study_instance_uid for row in rows)
            self.accesses = tuple(access_line(row, studies) for row in rows)
            self.view = PEOPLE

    def _go(self, **changes: str) -> Any:
        parameters = {**dict(self.router.url.query_parameters), "older": "", "newer": "", **changes}
        kept = {
            name: value
            for name, value in parameters.items()
            if value and name in (*_FILTERS, *_PLACES)
        }
        return rx.redirect(f"{PATH}?{urlencode(kept)}" if kept else PATH)


def patient_line(patient: PatientChoice) -> str:
    """A patient in one line."""
    return " · ".join(
        part
        for part in (patient.name or words.NO_NAME, patient.patient_id, patient.birth_date)
        if part
    )


def access_line(row: AccessRow, studies: Mapping[str, str]) -> AccessLine:
    """What one person had of one study, in words.

    Args:
        row: The sums.
        studies: What studies are called, by UID.
    """
    counts = (
        (row.opened, words.OPENED),
        (row.images, words.IMAGES),
        (row.reports, words.REPORTS),
        (row.taken_out, words.TAKEN_OUT),
        (row.other, words.OTHER),
    )
    return AccessLine(
        who=row.name or words.NOBODY,
        name=studies.get(row.study_instance_uid, ""),
        study=row.study_instance_uid,
        short=shortened(row.study_instance_uid) or row.study_instance_uid,
        target=f"{PATH}?{urlencode({'study': row.study_instance_uid, 'person': row.user_id})}",
        first=_shown(row.first),
        last=_shown(row.last),
        seen=" · ".join(word.format(number=number) for number, word in counts if number),
        refused=row.refused,
        sessions=row.sessions,
        addresses=", ".join(row.addresses),
    )


def _shown(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%M:%S}"


def line_of(row: AuditRow, names: dict[str, str]) -> AuditLine:
    """An entry in words.

    Args:
        row: The entry.
        names: Display names by identifier, for entries about accounts.
    """
    at = datetime.fromisoformat(row.at)
    kind = words.OBJECTS.get(row.object_type, row.object_type)
    name = names.get(row.object_id, "")
    short = shortened(row.object_id) if kind and not name else ""
    shown = name or ("" if short else row.object_id)
    return AuditLine(
        sequence=row.sequence,
        day=f"{at:%Y-%m-%d}",
        time=f"{at:%H:%M:%S}",
        who=row.actor_name or words.NOBODY,
        what=words.ACTIONS.get(row.action, row.action),
        about=" ".join(part for part in (kind, shown) if part) if kind else "",
        identifier=row.object_id,
        short=short,
        target=_target(row),
        outcome=row.outcome,
        reason=row.reason,
        details=_details(
            row.details, {**names, **(words.ACCESS_KINDS if row.object_type == "grant" else {})}
        ),
        address=row.ip_address or words.NO_ADDRESS,
        browser=browser_name(row.user_agent) if row.user_agent else "",
        user_agent=row.user_agent,
        session=row.session_id[-_END_OF_SESSION:],
        session_id=row.session_id,
        session_target=_session_target(row),
        patient_target=f"{PATH}?patient_of={row.object_id}&view={PEOPLE}"
        if row.object_type == "study" and row.object_id
        else "",
    )


def _target(row: AuditRow) -> str:
    if row.object_type == "study" and row.object_id:
        return f"/viewer/{row.object_id}"
    if row.object_type == "report" and row.object_id:
        return f"/report/{row.object_id}"
    return ""


def _session_target(row: AuditRow) -> str:
    """With the person, by whom entries are found more quickly."""
    if not row.session_id:
        return ""
    return f"{PATH}?{urlencode({'session': row.session_id, 'person': row.actor_user_id})}"


def _details(text: str, names: Mapping[str, str]) -> str:
    """`{"images": 3}` as `images: 3`; empty values are left out, and people and kinds called by their names."""
    shown = []
    for name, value in json.loads(text).items():
        if value not in ("", [], None):
            listed = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            shown.append(f"{name.replace('_', ' ')}: {names.get(listed, listed)}")
    return " · ".join(shown)
