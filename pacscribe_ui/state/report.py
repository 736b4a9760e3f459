"""What a page remembers of a report: whose it is, and what it says once it is signed. Drafts are saved by the editor itself."""

from typing import Any
from urllib.parse import unquote

import reflex as rx

from backend.core.errors import Refusal
from backend.core.permissions import Permission
from backend.schemas.reporting import ReportSections, ReportView
from backend.schemas.worklist import StudyRow
from pacscribe_ui.state.base import SIGNED_IN, ask, caller, notify, requires, services
from pacscribe_ui.state.visit import VisitState
from pacscribe_ui.text import Report as words

_NOTHING = ReportView(
    report_id="",
    study_instance_uid="",
    patient_name="",
    patient_id="",
    patient_birth_date="",
    patient_sex="",
    study_date="",
    study_description="",
    accession_number="",
    status="draft",
    sections=ReportSections(),
    draft_version=0,
    author_name="",
    updated_at="",
    updated_by_name="",
    may_write=False,
    may_sign=False,
    versions=(),
)


class ReportState(VisitState, rx.State):
    """The report of the page, or of the study whose images it shows."""

    report: ReportView = _NOTHING
    others: tuple[StudyRow, ...] = ()
    is_available: bool = False
    problem: str = ""

    @rx.event
    @requires(Permission.REPORT_VIEW)
    async def load(self) -> None:
        """Show the report that the address names."""
        report_id = self._last_of_address()
        self._forget()
        try:
            self.report = await ask(services().reporting.get, caller(), report_id)
            self.others = await self._other_studies(self.report.study_instance_uid)
        except Refusal as refusal:
            self.problem = refusal.sentence
        self._arrive()

    @rx.event
    @requires(SIGNED_IN)
    async def open_beside_images(self) -> None:
        """Show the report of the study that the viewer's address names; a writer's first look makes the draft."""
        self._forget()
        self.is_available = caller().may(Permission.REPORT_VIEW)
        if not self.is_available:
            return
        study_instance_uid = self._last_of_address()
        try:
            found = await ask(services().reporting.open_for_study, caller(), study_instance_uid)
            self.report = found or _NOTHING
            self.others = await self._other_studies(study_instance_uid)
        except Refusal as refusal:
            self.problem = refusal.sentence
        self._arrive()

    @rx.event
    @requires(Permission.REPORT_VIEW)
    async def refresh(self) -> None:
        """Load the same report anew."""
        self.report = await ask(services().reporting.get, caller(), self.report.report_id)

    @rx.event
    @requires(Permission.REPORT_VIEW)
    async def finish(self) -> Any:
        """It was signed here: show it as everybody sees it now."""
        self.report = await ask(services().reporting.get, caller(), self.report.report_id)
        return notify(words.SIGNED_NOTICE)

    @rx.event
    @requires(Permission.REPORT_WRITE)
    async def take_over(self) -> Any:
        """Make somebody else's draft one's own."""
        self.report = await ask(services().reporting.take_over, caller(), self.report.report_id)
        return notify(words.TAKEN_OVER)

    def _last_of_address(self) -> str:
        return unquote(str(self.router.url.path)).rstrip("/").rsplit("/", 1)[-1]

    def _forget(self) -> None:
        self.report = _NOTHING
        self.others = ()
        self.visit = ""
        self.is_available = True
        self.problem = ""

    async def _other_studies(self, study_instance_uid: str) -> tuple[StudyRow, ...]:
        answer = await ask(services().worklist.other_studies, caller(), study_instance_uid)
        return answer.studies
