"""For which visit to a page a state was read."""

from secrets import token_hex

import reflex as rx


class VisitState(rx.State, mixin=True):
    """A state of a page whose address names what it shows.

    Between the moment an address is opened and the answer, the browser holds the state of the page before.
    `components/arrived` shows nothing of it.
    """

    # The path that was read, a space, and something that no other visit has; empty before the first.
    visit: str = ""

    def _arrive(self) -> None:
        """Everything that the address names was read."""
        self.visit = f"{str(self.router.url.path).rstrip('/')} {token_hex(4)}"
