"""What the page about roles shows, and what is being changed on it. The address says which role."""

from typing import Any

import reflex as rx

from backend.core.errors import Refusal
from backend.core.permissions import Permission
from backend.schemas.people import RoleChange, RoleView
from pacscribe_ui.state.base import ask, caller, notify, requires, services
from pacscribe_ui.state.rights_lines import (
    RightLine,
    RoleLine,
    grid,
    role_effects,
    role_line,
    role_name,
    toggled,
)
from pacscribe_ui.text import Roles as words

PATH = "/settings/roles"
NEW = "new"


class RolesState(rx.State):
    """The list, or one role of the organization's own while it is made or changed."""

    lines: tuple[RoleLine, ...] = ()
    is_loaded: bool = False

    editing: str = ""  # `new`, or the key of a role; empty for the list
    name: str = ""
    deleting: str = ""  # key of the role that is about to be deleted
    deleting_name: str = ""
    chosen: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    problem: str = ""
    fingerprint: str = ""

    _roles: tuple[RoleView, ...] = ()

    @rx.var
    def rights(self) -> tuple[RightLine, ...]:
        """The grid of the role that is being changed."""
        return grid(self.chosen)

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def load(self) -> None:
        """Show the list, or the role that the address names, or a new one that begins as a copy."""
        parameters = dict(self.router.url.query_parameters)
        self._show(await ask(services().roles.list_all, caller()))
        self._open(parameters.get("role", ""), parameters.get("from", ""))
        self.is_loaded = True

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def toggle(self, permission: str) -> None:
        """Tick a right or not, and look at what that would do."""
        self.chosen = toggled(self.chosen, permission)
        await self._preview(self._change())

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def rename(self, name: str) -> None:
        """Take a name, and look at what that would do."""
        self.name = name[:200]
        await self._preview(self._change())

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def confirm(self, fingerprint: str) -> Any:
        """Do what was previewed when the button was pressed, and nothing else."""
        is_new = self.editing == NEW
        self._show(await ask(services().roles.carry_out, caller(), self._change(), fingerprint))
        done = words.DONE_NEW if is_new else words.DONE
        return [rx.redirect(PATH, replace=True), RolesState.load, notify(done)]

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def begin_deleting(self, role_key: str) -> None:
        """Say what deleting a role would do."""
        named = [each.name for each in self._roles if each.role_key == role_key]
        self.deleting, self.deleting_name = role_key, "".join(named)
        await self._preview(RoleChange(role_key, is_deleted=True))

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def keep(self) -> None:
        """Leave the role that was about to be deleted."""
        self.deleting, self.effects, self.problem, self.fingerprint = "", (), "", ""

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def delete(self, fingerprint: str) -> Any:
        """Delete the role, as it was said."""
        change = RoleChange(self.deleting, is_deleted=True)
        self._show(await ask(services().roles.carry_out, caller(), change, fingerprint))
        self.deleting = ""
        return notify(words.DONE_DELETED)

    def _show(self, roles: tuple[RoleView, ...]) -> None:
        self._roles = roles
        self.lines = tuple(role_line(role) for role in roles)

    def _open(self, role_key: str, template_key: str) -> None:
        own = {each.role_key: each for each in self._roles if not each.is_built_in}
        self.editing = role_key if role_key == NEW or role_key in own else ""
        self.deleting, self.effects, self.problem, self.fingerprint = "", (), "", ""
        begins_as = {each.role_key: each for each in self._roles}.get(template_key)
        role = own.get(role_key, begins_as)
        self.chosen = role.permissions if role is not None else ()
        self.name = role.name if role_key in own and role is not None else ""
        if role_key == NEW and begins_as is not None:
            self.name = words.COPY_NAME.format(name=role_name(begins_as.name))

    def _change(self) -> RoleChange:
        return RoleChange("" if self.editing == NEW else self.editing, self.name, self.chosen)

    async def _preview(self, change: RoleChange) -> None:
        self.effects, self.problem, self.fingerprint = (), "", ""
        try:
            preview = await ask(services().roles.preview, caller(), change)
        except Refusal as refusal:
            self.problem = refusal.sentence
            return
        self.effects, self.fingerprint = role_effects(preview), preview.fingerprint
