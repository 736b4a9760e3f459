"""What the page about patients and conflicts shows, and what is being decided on it."""

import asyncio
from dataclasses import replace
from typing import Any

import reflex as rx

from backend.core.errors import ConflictResolved, NotFound, Refusal, StepUpNeeded
from backend.core.permissions import Permission
from backend.core.vocabulary import ConflictKind, ConflictStatus
from backend.schemas.conflicts import ConflictsPage, ConflictView, Decision, PatientFacts
from pacscribe_ui.state.address import whole_number
from pacscribe_ui.state.base import ask, caller, notify, recheck, requires, services, warn
from pacscribe_ui.state.conflict_lines import (
    ChangeLine,
    ChoiceLine,
    ConflictLine,
    ContentLine,
    Entered,
    ErasureLine,
    FieldLine,
    PatientLine,
    StudyLine,
    change_line,
    changed,
    choices_of,
    conflict_line,
    content_line,
    correction,
    effect_lines,
    entered_for,
    erasure_line,
    field_lines,
    images,
    mode_lines,
    patient_line,
    resolution,
    source_line,
    study_lines,
    toggled,
    with_values,
)
from pacscribe_ui.text import Conflicts as words

PATH = "/settings/conflicts"
_LOOK_SECONDS = 5.0


class ConflictsState(rx.State):
    """The list, one conflict or one patient with the decision about it, and the history."""

    waiting: tuple[ConflictLine, ...] = ()
    waiting_total: int = 0
    page: int = 1
    page_count: int = 1
    history: tuple[ChangeLine, ...] = ()
    may_erase: bool = False
    erasure: ErasureLine = ErasureLine()
    is_loaded: bool = False
    has_news: bool = False  # others have decided, or something has come, since the lists were read
    _look: int = 0

    conflict_key: str = ""
    what: str = ""
    meaning: str = ""
    files: str = ""
    compared: tuple[FieldLine, ...] = ()
    contents: tuple[ContentLine, ...] = ()
    is_comparing: bool = False
    stored: tuple[PatientLine, ...] = ()
    came_studies: tuple[StudyLine, ...] = ()
    stored_studies: tuple[StudyLine, ...] = ()
    choices: tuple[ChoiceLine, ...] = ()
    entered: Entered = Entered()
    effects: tuple[str, ...] = ()
    problem: str = ""
    fingerprint: str = ""

    found: tuple[PatientLine, ...] = ()
    has_searched: bool = False
    chosen: PatientLine = PatientLine("", "", "", "", False)
    studies: tuple[StudyLine, ...] = ()

    _view: ConflictView | None = None
    _patient: PatientFacts | None = None
    _facts: tuple[PatientFacts, ...] = ()

    @rx.var
    def differing(self) -> tuple[FieldLine, ...]:
        """The values that are not the same."""
        return tuple(line for line in self.compared if line.differs)

    @rx.var
    def others(self) -> tuple[PatientLine, ...]:
        """Whom the chosen patient can be merged with."""
        return tuple(line for line in self.found if line.patient_key != self.chosen.patient_key)

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def load(self) -> Any:
        """Show the list, or the conflict that the address names while it waits; and look whether the list changes."""
        asked = dict(self.router.url.query_parameters)
        return await self._show(asked.get("conflict", ""), whole_number(asked.get("page", "")))

    async def _show(self, conflict_key: str, number: int) -> Any:
        problem = ""
        try:
            page = await ask(services().conflicts.page, caller(), conflict_key, number)
        except NotFound as refusal:
            page, problem = (
                await ask(services().conflicts.page, caller(), "", number),
                refusal.sentence,
            )
        self.may_erase, self.erasure = caller().may(Permission.STUDY_DELETE), ErasureLine()
        self._list(page)
        self._leave()
        if page.conflict is not None:
            if page.conflict.status == ConflictStatus.WAITING:
                self._open(page.conflict)
            else:
                problem = ConflictResolved.default_sentence
        self.is_loaded = True
        self._look += 1
        follow: list[Any] = [ConflictsState.watch(self._look)]
        if problem:
            follow += [rx.redirect(PATH, replace=True), warn(problem)]
        if self.is_comparing:
            follow.append(ConflictsState.look_closer)
        return follow

    @rx.event(background=True)
    @requires(Permission.PATIENT_CORRECT)
    async def watch(self, look: int) -> None:
        """Look for news until the page is left or the session ends; no row moves, and nobody is kept signed in by it."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                person = await recheck(Permission.PATIENT_CORRECT, touches=False)
            except Refusal:
                return
            page = await ask(services().conflicts.page, person, "", self.page)
            async with self:
                if self._look != look or self.router.url.path != PATH:
                    return
                self._hear(page)

    def _hear(self, page: ConflictsPage) -> None:
        """Tell that the lists are no longer as they are shown."""
        has_news = page.page == self.page and self._lines(page) != (self.waiting, self.history)
        if has_news != self.has_news:
            self.has_news = has_news

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def show_news(self) -> None:
        """Show the lists as they are now; what is being entered stays."""
        await self._read_lists()

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def look_closer(self) -> None:
        """Read what the files differ in that claim to be the same object; it takes longer than the rest."""
        if self._view is None:
            return
        key = self._view.conflict_key
        try:
            found = await ask(services().conflict_contents.differences, caller(), key)
            self.contents = tuple(content_line(difference) for difference in found)
        finally:
            self.is_comparing = False

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def find(self, form: dict[str, Any]) -> None:
        """Find stored patients."""
        self._facts = await ask(services().conflicts.patients, caller(), str(form.get("text", "")))
        self.found = tuple(patient_line(facts) for facts in self._facts)
        self.has_searched = True

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def choose_patient(self, patient_key: str) -> None:
        """Begin to set a stored patient right; an empty key goes back."""
        self._leave()
        self._patient = next((f for f in self._facts if f.patient_key == patient_key), None)
        if self._patient is not None:
            self.chosen = patient_line(self._patient)
            self.entered = with_values(Entered(), self._patient.values)
            self.choices = mode_lines()
            self.studies = study_lines(self._patient.studies, ())

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def enter(self, name: str, value: str) -> Any:
        """Take one thing that was entered, and look at what it would change."""
        self.entered = changed(self.entered, str(name), str(value))
        return await self._preview()

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def hold(self, name: str, side: str) -> Any:
        """Choose which value of a field holds."""
        if (side == "came") != (name in self.entered.came_fields):
            came = toggled(self.entered.came_fields, str(name))
            self.entered = replace(self.entered, came_fields=came)
        return await self._preview()

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def toggle_study(self, uid: str) -> Any:
        """Choose a study of the other person, or leave it."""
        studies = toggled(self.entered.studies, str(uid))
        self.entered = replace(self.entered, studies=studies)
        return await self._preview()

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def confirm(self, fingerprint: str) -> Any:
        """Do what was previewed when the button was pressed, and nothing else."""
        decision = self._decision()
        if decision is None:
            return None
        try:
            await ask(services().conflicts.resolve, caller(), decision, str(fingerprint))
        except StepUpNeeded:
            raise
        except Refusal as refusal:
            return await self._preview() or warn(refusal.sentence)
        self.found, self.has_searched = (), False
        return await self._go_back(notify(words.DONE))

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def undo(self, change_key: str) -> Any:
        """Take a decision back."""
        try:
            await ask(services().conflicts.undo, caller(), change_key)
        finally:
            await self._read_lists()
        return notify(words.UNDONE_NOTICE)

    @rx.event
    @requires(Permission.PATIENT_CORRECT)
    async def go_to_page(self, page: int) -> Any:
        """Show another page of what waits."""
        return rx.redirect(f"{PATH}?page={int(page)}")

    @rx.event
    @requires(Permission.PATIENT_CORRECT, Permission.STUDY_DELETE)
    async def ask_to_erase(self, change_key: str) -> None:
        """Show what deleting for good would take away; an empty key deletes nothing after all."""
        if not change_key:
            self.erasure = ErasureLine()
            return
        self.erasure = erasure_line(
            await ask(services().erasures.preview, caller(), str(change_key))
        )

    @rx.event
    @requires(Permission.PATIENT_CORRECT, Permission.STUDY_DELETE)
    async def erase(self, form: dict[str, Any]) -> Any:
        """Delete for good what a decision has put away."""
        reason = str(form.get("reason", ""))
        erase = services().erasures.erase
        gone = await ask(erase, caller(), self.erasure.change_key, reason)
        return [ConflictsState.load, notify(words.ERASE_DONE.format(files=images(gone.files)))]

    async def _read_lists(self) -> None:
        self._list(await ask(services().conflicts.page, caller(), "", self.page))

    async def _go_back(self, said: Any) -> Any:
        """To the lists as they are now, with what is said there."""
        self._leave()
        await self._read_lists()
        return [rx.redirect(PATH, replace=True), said]

    def _list(self, page: ConflictsPage) -> None:
        self.waiting, self.history = self._lines(page)
        self.waiting_total = page.waiting_total
        self.page, self.page_count = page.page, page.page_count
        self.has_news = False

    @staticmethod
    def _lines(page: ConflictsPage) -> tuple[tuple[ConflictLine, ...], tuple[ChangeLine, ...]]:
        waiting = tuple(conflict_line(row) for row in page.waiting)
        return waiting, tuple(change_line(row) for row in page.changes)

    def _open(self, view: ConflictView) -> None:
        self._view, self.is_comparing = view, view.kind == ConflictKind.INSTANCE
        self.conflict_key = view.conflict_key
        self.what, self.meaning = words.KINDS[view.kind], words.MEANINGS[view.kind]
        self.stored = tuple(patient_line(facts) for facts in view.stored)
        self.came_studies = study_lines(view.came_studies, ())
        self.choices, self.files = choices_of(view), source_line(view)
        self.entered = entered_for(view)
        self._compare()

    def _leave(self) -> None:
        self._view = self._patient = None
        self.conflict_key, self.fingerprint, self.problem = "", "", ""
        self.entered, self.effects, self.choices = Entered(), (), ()
        self.contents, self.is_comparing = (), False
        self.chosen = PatientLine("", "", "", "", False)

    def _compare(self) -> None:
        if self._view is not None:
            self.compared = field_lines(self._view, self.entered)
            beside = [f for f in self._view.stored if f.patient_key == self.entered.patient_key]
            self.stored_studies = study_lines(beside[0].studies if beside else (), ())

    def _decision(self) -> Decision | None:
        if self._view is not None:
            return resolution(self._view, self.entered)
        return correction(self._patient, self.entered) if self._patient is not None else None

    async def _preview(self) -> Any:
        """What the decision would change; back to the lists if there is nothing to decide any more."""
        self._compare()
        if self._patient is not None:
            self.studies = study_lines(self._patient.studies, self.entered.studies)
        self.effects, self.problem, self.fingerprint = (), "", ""
        decision = self._decision()
        if decision is None:
            return None
        try:
            preview = await ask(services().conflicts.preview, caller(), decision)
        except ConflictResolved as resolved:
            return await self._go_back(warn(resolved.sentence))
        except Refusal as refusal:
            self.problem = refusal.sentence
            return None
        self.effects, self.fingerprint = effect_lines(preview.effects), preview.fingerprint
        return None
