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
    def own_sheet(self) -> list[SheetSection]:
        """The sheet of keys and gestures, with keys of one's own; empty where all are the usual ones, which pages know."""
        return sheet(self._keys) if self._keys else []

    @rx.var
    def own_changeable(self) -> list[SheetSection]:
        """Likewise, the keys that can be changed."""
        return changeable(self._keys) if self._keys else []

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

    def _command_keys(self, detail: str) -> None:
        """Open the sheet; `change` goes on to the keys that can be changed, and back."""
        self.dialog = "changing-keys" if detail == "change" and self.dialog == "keys" else "keys"
        self.keys_trouble = ""

    def _command_close(self, _detail: str) -> None:
        """Close the dialog and leave everything as it was."""
        self.dialog = ""
        self.keys_trouble = ""
