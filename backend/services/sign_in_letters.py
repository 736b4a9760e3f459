"""Letters to people about their own account: somebody new is signed in, a factor has changed, something looks like a theft."""

from backend.core import clock
from backend.core.caller import Origin
from backend.core.user_agents import browser_name
from backend.models.people import User
from backend.models.session import Session
from backend.services.letters import Letter, send_later

_SECURITY = "/settings/security"
_NOT_YOU = (
    "If that was you, there is nothing to do. If not: end all other sessions on this page, change your password,"
    " and tell an administrator."
)


def tell_of_new_device(session: Session, user: User, origin: Origin) -> None:
    """A sign-in from a browser or a place that this person never came from."""
    _send(
        session,
        user,
        "Your account was opened on a new device",
        f"{_when_and_where(origin)} somebody signed in to PACScribe with your account, from a browser or a place"
        f" that is new for it.\n\n{_NOT_YOU}",
    )


def tell_of_changed_factor(session: Session, user: User, what: str, origin: Origin) -> None:
    """A second factor was added, removed or reset; `what` ends the sentence "In your account ..."."""
    _send(
        session,
        user,
        "The second factors of your account have changed",
        f"{_when_and_where(origin)} in your account {what}.\n\n{_NOT_YOU}",
    )


def tell_of_copied_passkey(session: Session, user: User, origin: Origin) -> None:
    """A passkey counted backwards."""
    _send(
        session,
        user,
        "A passkey of your account was copied",
        f"{_when_and_where(origin)} one of your passkeys was used in a way that shows that a copy of it exists. It is"
        " suspended, and opens nothing any more. Sign in otherwise, remove it on this page, and tell an administrator.",
    )


def tell_of_wrong_codes(session: Session, user: User, origin: Origin) -> None:
    """Somebody knows the password and has guessed at codes."""
    _send(
        session,
        user,
        "Somebody who knows your password was stopped",
        f"{_when_and_where(origin)} somebody gave your password and then wrong codes, several times, and was not let"
        " in. If that was not you, somebody else knows your password: change it on this page.",
    )


def _send(session: Session, user: User, subject: str, text: str) -> None:
    letter = Letter(to=user.email, subject=subject, text=text, page=_SECURITY)
    send_later(session, user.organization_id, letter)


def _when_and_where(origin: Origin) -> str:
    at = clock.now().strftime("%Y-%m-%d %H:%M")
    place = f" at {origin.ip_address}" if origin.ip_address else ""
    return f"At {at} UTC, on {browser_name(origin.user_agent)}{place},"
