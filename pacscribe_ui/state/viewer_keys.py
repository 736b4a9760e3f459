"""The sheet of keys and gestures, and the keys that somebody has chosen for themselves."""

from dataclasses import replace

import reflex as rx

from backend.core.errors import Malformed
from backend.core.permissions import Permission
from pacscribe_ui.commands import (
    COMMANDS,
    SheetSection,
    changeable,
    changed_keys,
    sheet,
    shown_key,
    why_not,
    with_key,
)
from pacscribe_ui.state.base import ask, caller, requires, services
from pacscribe_ui.state.viewer_look import LookState

_CHANGEABLE = frozenset(each.name for each in COMMANDS if not each.is_fixed)


class KeysState(LookState, mixin=True):
    """Keys of the viewer."""

    is_keys_open: bool = False
    is_changing_keys: bool = False
    # Why the last key could not be given.
    keys_trouble: str = ""

    @rx.var
    def own_keys(self) -> dict[str, list[str]]:
        """Keys of the commands whose keys are not the usual ones."""
        return changed_keys(self._keys)

    @rx.var
    def own_keys_shown(self) -> dict[str, str]:
        """The first of them as buttons write it; empty where a command has no key any more."""
        return {
            name: shown_key(keys[0]) if keys else ""
            for name, keys in changed_keys(self._keys).items()
        }

    @rx.var
    def keys_sheet(self) -> list[SheetSection]:
        """What the sheet shows while it is open: keys and gestures, or the keys that can be changed."""
        if not self.is_keys_open:
            return []
        own = self._keys
        return changeable(own) if self.is_changing_keys else sheet(own)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def close_keys(self) -> None:
        """Close the list of keys."""
        self._show_keys(is_open=False)

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def change_keys(self, is_changing: bool) -> None:
        """Begin to change keys, or go back to the sheet."""
        self.is_changing_keys = is_changing
        self.keys_trouble = ""

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def choose_key(self, name: str, key: str) -> None:
        """Give a command a key of one's own, if it is free."""
        if name not in _CHANGEABLE:
            raise Malformed("There is no such command.")
        own = self._keys
        self.keys_trouble = why_not(name, key, own)
        if not self.keys_trouble:
            await self._keep_keys(with_key(name, key, own))

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def reset_keys(self) -> None:
        """Give every command its usual key again."""
        self.keys_trouble = ""
        await self._keep_keys({})

    @property
    def _keys(self) -> dict[str, str]:
        """Keys of one's own, by the names of commands."""
        return dict(self.preferences.keys)

    async def _keep_keys(self, keys: dict[str, str]) -> None:
        chosen = replace(self.preferences, keys=tuple(keys.items()))
        self.preferences = await ask(services().preferences.save_viewer, caller(), chosen)

    def _show_keys(self, *, is_open: bool) -> None:
        self.is_keys_open = is_open
        self.is_changing_keys = False
        self.keys_trouble = ""

    def _command_keys(self, _detail: str) -> None:
        self._show_keys(is_open=not self.is_keys_open)
