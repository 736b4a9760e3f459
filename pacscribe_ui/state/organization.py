"""What the page about the organization shows, what is entered on it, and what that would do."""

from dataclasses import replace
from typing import Any

import reflex as rx

from backend.core.errors import Refusal
from backend.core.permissions import Permission
from backend.core.vocabulary import SecondFactorRule
from backend.schemas.organization import (
    OrganizationBounds,
    OrganizationPolicies,
    OrganizationPreview,
    OrganizationState,
)
from pacscribe_ui.state.base import ask, caller, notify, requires, services
from pacscribe_ui.text import Organization as words

PATH = "/settings/organization"
_NONE = OrganizationPolicies("", "", 0, 0)
_NUMBERS = ("idle_minutes", "session_hours")
_TEXTS = ("name", "second_factor", "override_reason", "joining", "mail_domains")


class OrganizationPageState(rx.State):
    """Name and policies, and a change that is being considered."""

    entered: OrganizationPolicies = _NONE
    bounds: OrganizationBounds = OrganizationBounds(0, 0, 0, 0, 0)
    is_loaded: bool = False
    is_changed: bool = False
    serial: int = 0  # another one whenever the fields show what is kept
    effects: tuple[str, ...] = ()
    problem: str = ""
    fingerprint: str = ""

    _kept: OrganizationPolicies = _NONE

    @rx.event
    @requires(Permission.ORGANIZATION_MANAGE)
    async def load(self) -> None:
        """Show the organization as it is."""
        self._show(await ask(services().organization.view, caller()))
        self.is_loaded = True

    @rx.event
    @requires(Permission.ORGANIZATION_MANAGE)
    async def enter(self, name: str, value: str) -> None:
        """Take one thing that was entered, and look at what it would do."""
        self.entered = changed(self.entered, name, value)
        self.is_changed = self.entered != self._kept
        self.effects, self.problem, self.fingerprint = (), "", ""
        if self.is_changed:
            await self._preview()

    @rx.event
    @requires(Permission.ORGANIZATION_MANAGE)
    async def leave(self) -> None:
        """Leave the organization as it is."""
        self._settle(self._kept)

    @rx.event
    @requires(Permission.ORGANIZATION_MANAGE)
    async def confirm(self, fingerprint: str) -> Any:
        """Do what was previewed when the button was pressed, and nothing else."""
        done = await ask(services().organization.carry_out, caller(), self.entered, fingerprint)
        self._show(done)
        return notify(words.DONE)

    def _show(self, shown: OrganizationState) -> None:
        self.bounds = shown.bounds
        self._settle(shown.policies)

    def _settle(self, kept: OrganizationPolicies) -> None:
        self._kept = self.entered = kept
        self.is_changed, self.effects, self.problem, self.fingerprint = False, (), "", ""
        self.serial += 1

    async def _preview(self) -> None:
        try:
            preview = await ask(services().organization.preview, caller(), self.entered)
        except Refusal as refusal:
            self.problem = refusal.sentence
            return
        self.effects, self.fingerprint = effect_lines(preview), preview.fingerprint


def changed(entered: OrganizationPolicies, name: str, value: str) -> OrganizationPolicies:
    """With one thing as it was typed; what is no number is 0, which the service refuses in a sentence."""
    if name in _NUMBERS:
        is_number = value.isascii() and value.isdigit() and len(value) <= 4
        return replace(entered, **{name: int(value) if is_number else 0})
    return replace(entered, **{name: value[:1000]}) if name in _TEXTS else entered


def effect_lines(preview: OrganizationPreview) -> tuple[str, ...]:
    """What a change of the organization will do, a sentence each."""
    choices = {**dict(words.FACTORS), **dict(words.JOINING)}
    said = []
    for each in preview.changes:
        before, after = (choices.get(value, value) for value in (each.before, each.after))
        sentence = words.BECOMES if before and after else words.IS_NEW if after else words.GOES
        said.append(sentence.format(what=words.WHAT[each.what], before=before, after=after))
        if each.after == SecondFactorRule.REQUIRED:
            said.append(words.REQUIRED)
        if each.what == "joining":
            said.append(words.WAITING_STAY)
    if preview.sessions:
        sentence = words.SESSIONS_ONE if preview.sessions == 1 else words.SESSIONS
        said.append(sentence.format(count=preview.sessions))
    return tuple(said)
