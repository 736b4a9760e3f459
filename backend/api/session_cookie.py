"""Who asks, on HTTP and WebSocket: by the session's cookie, or by a program's token. The cookie is set and cleared here.

Whose session it is, and whether it still lives, is known by `access.sessions`; of tokens, by `access.bearers`. A request
that shows a token is judged by it alone. Nothing else about it is eased: where it comes from is checked as ever
(`api.hardening`). Events of pages and form posts take no token.
"""

from starlette.requests import HTTPConnection
from starlette.responses import Response

from backend import bootstrap_people
from backend.access import devices
from backend.access.ceremonies import STEP_COOKIE_NAME
from backend.access.sessions import COOKIE_NAME
from backend.api.support_door import require_open
from backend.core.caller import Caller, Origin
from backend.core.errors import NotSignedIn
from backend.schemas.people import HalfSignedIn, SignedIn


def require_caller(
    connection: HTTPConnection, *, touches: bool = True, follows: bool = False
) -> Caller:
    """Who is asking.

    Reads the database, so call it in a thread; with `touches=False` and a session that was looked up within the
    last second it answers from memory, in microseconds.

    Args:
        connection: A request or a WebSocket.
        touches: Whether this is a person doing something, which keeps the session alive. Tiles and whatever a
            page asks for by itself pass False.
        follows: Whether the connection is a socket that is open already; it outlives an exchange of its token.

    Raises:
        NotSignedIn: If there is no valid session, and no valid token.
        TooManyAttempts: If a token asks too often.
        NotAllowed: If support asks for more than to look.
    """
    token = token_of(connection)
    if token is not None:
        return bootstrap_people.people().bearers.caller_of(token, origin_of(connection))
    caller = caller_or_none(connection, touches=touches, follows=follows)
    if caller is None:
        raise NotSignedIn
    require_open(connection, caller)
    return caller


def caller_or_none(
    connection: HTTPConnection, *, touches: bool = True, follows: bool = False
) -> Caller | None:
    """Whose browser is asking, None if nobody is signed in there; tokens are not looked at."""
    return bootstrap_people.people().sessions.caller_of_cookie(
        cookie_header_of(connection), origin_of(connection), touches=touches, follows=follows
    )


def token_of(connection: HTTPConnection) -> str | None:
    """What stands behind `Authorization: Bearer`, valid or not; None if there is no such header."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def cookie_header_of(connection: HTTPConnection) -> str:
    """The request's cookies as they came; HTTP/2 may send them in several headers."""
    return "; ".join(connection.headers.getlist("cookie"))


def origin_of(connection: HTTPConnection) -> Origin:
    """Where a request comes from; trusted proxies are looked through by `api.hardening`."""
    client = connection.client
    return Origin(
        ip_address=client.host if client else "",
        user_agent=connection.headers.get("user-agent", "")[:400],
    )


def set_cookie(response: Response, signed_in: SignedIn) -> None:
    """Give the browser its session: for this host only, never over plain HTTP, out of reach of scripts."""
    _set(response, COOKIE_NAME, signed_in.token, signed_in.max_age_seconds)
    if signed_in.device_token:
        age = int(devices.LASTS.total_seconds())
        _set(response, devices.COOKIE_NAME, signed_in.device_token, age)


def set_step_cookie(response: Response, half: HalfSignedIn) -> None:
    """Give the browser what finishes its sign-in, and opens nothing else."""
    _set(response, STEP_COOKIE_NAME, half.token, half.max_age_seconds)


def clear_step_cookie(response: Response) -> None:
    """Take that from the browser: it is used up."""
    _clear(response, STEP_COOKIE_NAME)


def clear_cookie(response: Response) -> None:
    """Take the session from the browser, and what it may have kept of the pages."""
    _clear(response, COOKIE_NAME)
    response.headers["clear-site-data"] = '"cache"'


def _set(response: Response, name: str, value: str, max_age: int) -> None:
    response.set_cookie(
        name, value, max_age=max_age, path="/", secure=True, httponly=True, samesite="strict"
    )


def _clear(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="strict")
