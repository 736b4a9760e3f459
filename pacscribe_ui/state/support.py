"""What the page about support access shows, to the organization and to support."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.core.permissions import Permission
from pacscribe_ui.state.base import SIGNED_IN, ask, caller, notify, requires, services
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Support as words


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """An organization's leave in words."""

    by: str
    reason: str
    began_at: str
    ends_at: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class DoorLine:
    """An organization that lets support in."""

    support_access_id: str
    name: str
    reason: str
    ends_at: str
    label: str


_NOWHERE = DoorLine("", "", "", "", "")


class SupportState(rx.State):
    """Leaves that were given, or doors that are open."""

    may_allow: bool = False
    may_use: bool = False
    is_looking: bool = False
    is_let_in: bool = False
    leaves: tuple[LeaveLine, ...] = ()
    doors: tuple[DoorLine, ...] = ()
    here: DoorLine = _NOWHERE
    is_loaded: bool = False
    taken: int = 0  # how many forms were taken; each is followed by an empty one

    @rx.event
    @requires(SIGNED_IN)
    async def load(self) -> None:
        """Look at what this person may see of it."""
        person = caller()
        self.may_allow = person.may(Permission.SUPPORT_ALLOW)
        self.may_use, self.is_looking = person.may(Permission.SUPPORT_USE), person.is_support
        page = await ask(services().support.page, person)
        self.leaves = tuple(
            LeaveLine(
                words.BY + each.allowed_by_name,
                each.reason,
                each.began_at,
                each.ends_at,
                each.is_live,
            )
            for each in page.leaves
        )
        self.is_let_in = any(line.is_live for line in self.leaves)
        self.doors = tuple(
            DoorLine(
                each.support_access_id,
                each.organization_name,
                each.reason,
                each.ends_at,
                words.ENTER_LABEL.format(name=each.organization_name),
            )
            for each in page.doors
        )
        looked_at = {line.support_access_id: line for line in self.doors}
        self.here = looked_at.get(person.support_access_id, _NOWHERE)
        self.is_loaded = True

    @rx.event
    @requires(Permission.SUPPORT_ALLOW)
    async def allow(self, form: dict[str, Any]) -> Any:
        """Let support look."""
        hours = str(form.get("hours", ""))
        await ask(
            services().support.allow,
            caller(),
            str(form.get("reason", "")),
            int(hours) if hours.isdecimal() else 0,
        )
        self.taken += 1
        return [notify(words.ALLOWED), SessionState.enter, SupportState.load]

    @rx.event
    @requires(Permission.SUPPORT_ALLOW)
    async def end(self) -> Any:
        """Let support look no longer."""
        await ask(services().support.end, caller())
        return [notify(words.ENDED), SessionState.enter, SupportState.load]

    @rx.event
    @requires(Permission.SUPPORT_USE)
    async def enter(self, form: dict[str, Any]) -> Any:
        """Look at an organization."""
        await ask(
            services().support.enter,
            caller(),
            str(form.get("support_access_id", "")),
            str(form.get("reason", "")),
        )
        # The page begins anew: whose it is has changed.
        return rx.redirect("/worklist")

    @rx.event
    @requires(Permission.SUPPORT_USE)
    async def leave(self) -> Any:
        """Look at no organization any longer."""
        await ask(services().support.leave, caller())
        return [notify(words.LEFT), SessionState.enter, SupportState.load]
