"""What the sign-in page shows after a refusal. Signing in itself is a form post to the API."""

from typing import Any

import reflex as rx

from backend.core.addresses import HOME, local_path
from pacscribe_ui.state.base import PUBLIC, caller_or_none, requires
from pacscribe_ui.text import SignIn

_INFORMATION = frozenset({"out", "ended"})


class SignInState(rx.State):
    """The sentence above the form, and where to go afterwards."""

    sentence: str = ""
    is_information: bool = False
    next_path: str = HOME

    @rx.event
    @requires(PUBLIC)
    async def load(self) -> Any:
        """Read the address; who is signed in already goes on."""
        query = self.router.url.query_parameters
        code = str(query.get("refused", ""))
        self.next_path = local_path(str(query.get("next", "")))
        if caller_or_none() is not None and not code:
            return rx.redirect(self.next_path)
        self.is_information = code in _INFORMATION
        self.sentence = SignIn.REFUSED.get(code, SignIn.REFUSED_OTHERWISE) if code else ""
        return None
