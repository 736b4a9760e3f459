"""The act that waits until its caller has proved who they are. The guard puts it here, and meets it again when it goes on."""

import json
from typing import Any

import reflex as rx
from reflex.event import Event

from pacscribe_ui.state.base import SIGNED_IN, requires


class StepUpState(rx.State):
    """Whether the dialog is open, and what goes on afterwards."""

    is_open: bool = False

    # The event that was refused. It stays here: the browser has sent it once already.
    _name: str = ""
    _payload: str = "{}"

    @rx.event
    @requires(SIGNED_IN)
    async def begin(self, name: str, payload: str) -> None:
        """Ask for a proof; `name` and `payload` are of the event that was refused."""
        self._name, self._payload = name, payload
        self.is_open = True

    @rx.event
    @requires(SIGNED_IN)
    async def go_on(self) -> Any:
        """Repeat what was refused, now that it is proved who asks; it meets the guard like any other event."""
        name, payload = self._name, self._payload
        self.is_open, self._name, self._payload = False, "", "{}"
        return Event(name=name, payload=json.loads(payload)) if name else None

    @rx.event
    @requires(SIGNED_IN)
    async def give_up(self) -> None:
        """Forget what was refused."""
        self.is_open, self._name, self._payload = False, "", "{}"
