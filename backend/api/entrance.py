"""What is open first of the API: whether PACScribe is well, and the forms by which people sign in. The rest is in `app`.

It needs keys, database and the services about people, and none of those that show images.
"""

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from backend import bootstrap_people
from backend.api import health, sign_in
from backend.api.refusals import answer_refusal
from backend.core.errors import Refusal

PREFIX = "/api/v1"

_FORMS = frozenset(PREFIX + form.path for form in sign_in.FORMS)


class Entrance:
    """Answers the same as the API does at these addresses, and need not wait for it."""

    def __init__(self) -> None:
        forms = Mount(PREFIX, routes=sign_in.routes)
        self._routes = Starlette(
            routes=[*well_being(), forms], exception_handlers={Refusal: answer_refusal}
        )

    def has(self, scope: Scope) -> bool:
        """Whether a request is for one of its addresses; one of a form that posts nothing is an unknown one of the API."""
        path: str = scope["path"]
        return path in health.PATHS or (path in _FORMS and scope.get("method") == "POST")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._routes(scope, receive, send)


def well_being() -> list[BaseRoute]:
    """`/healthz` and `/readyz`."""
    return [*health.routes(_require_database)]


def _require_database() -> None:
    with bootstrap_people.people().database.system_read() as session:
        session.connection()
