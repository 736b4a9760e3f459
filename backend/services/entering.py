"""The end of every way in: a session for somebody who has proved who they are. The ways there are in its neighbours."""

from dataclasses import replace

from backend.access import audit, ceremonies, devices, policies
from backend.access.ceremonies import Purpose
from backend.access.held_factors import holds_any
from backend.access.sessions import Sessions
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.user_agents import browser_name
from backend.core.vocabulary import AuditAction, AuditOutcome, SignInMethod
from backend.models import people
from backend.models.people import User
from backend.models.session import Database, Session
from backend.schemas.people import HalfSignedIn, SignedIn
from backend.services.sign_in_letters import tell_of_copied_passkey, tell_of_new_device


def enter(
    session: Session,
    sessions: Sessions,
    user: User,
    origin: Origin,
    method: SignInMethod,
    *,
    remembers: bool = False,
) -> SignedIn:
    """Begin a session, and have the browser remembered if its owner wants that, in the caller's transaction."""
    is_first = user.last_signed_in_at is None
    if not is_first and _is_new_device(session, user, origin):
        tell_of_new_device(session, user, origin)
    user.last_signed_in_at = clock.now()
    session.add(user)
    signed_in = sessions.start(session, user, origin, method)
    if not remembers:
        return signed_in
    token = devices.remember(session, user.id, origin)
    audit.append(
        session,
        half_caller(user, origin),
        AuditAction.DEVICE_REMEMBERED,
        object_type="user",
        object_id=user.id,
    )
    return replace(signed_in, device_token=token)


def enter_or_ask(
    session: Session, sessions: Sessions, user: User, origin: Origin
) -> SignedIn | HalfSignedIn:
    """A session where the password is enough; else the first half of one, which `services.second_step` finishes.

    Nobody gets in on a password alone where a second factor is held or demanded, the first administrator included.
    """
    demands = policies.read(session, user.organization_id)
    if not demands.requires_second_factor and not holds_any(session, user.id):
        return enter(session, sessions, user, origin, SignInMethod.PASSWORD)
    begun = ceremonies.begin(
        session,
        Purpose.SECOND_STEP,
        organization_id=user.organization_id,
        user_id=user.id,
    )
    return HalfSignedIn(begun.token, int(ceremonies.LASTS.total_seconds()))


def _is_new_device(session: Session, user: User, origin: Origin) -> bool:
    """Whether nobody ever signed in to this account from this kind of browser, or from this address."""
    known = people.browsers_of(session, user.id, origin.ip_address)
    names = {browser_name(each) for each in known}
    return browser_name(origin.user_agent) not in names or not any(known.values())


def end_previous(sessions: Sessions, cookie_header: str, origin: Origin) -> None:
    """End the session that the browser still has: another one begins."""
    previous = sessions.caller_of_cookie(cookie_header, origin, touches=False)
    if previous is not None:
        sessions.end(previous)


def half_caller(user: User, origin: Origin) -> Caller:
    """Somebody on their way in, for the audit trail: without session and without rights."""
    return Caller(
        user_id=user.id,
        organization_id=user.organization_id,
        session_id="",
        display_name=user.display_name,
        email=user.email,
        roles=(),
        permissions=frozenset(),
        origin=origin,
    )


def record_refused_factor(database: Database, caller: Caller, reason: str) -> None:
    """Keep that a second factor was wrong, never what was typed."""
    with database.write(caller.organization_id) as session:
        _append_refused(session, caller, reason)


def record_copied_passkey(database: Database, caller: Caller) -> None:
    """Keep that a passkey was suspended, for there is a copy of it, and tell its owner."""
    with database.write(caller.organization_id) as session:
        _append_refused(session, caller, "copied passkey")
        user = people.user_by_id(session, caller.user_id)
        if user is not None:
            tell_of_copied_passkey(session, user, caller.origin)


def _append_refused(session: Session, caller: Caller, reason: str) -> None:
    audit.append(
        session,
        caller,
        AuditAction.FACTOR_REFUSED,
        object_type="user",
        object_id=caller.user_id,
        outcome=AuditOutcome.REFUSED,
        reason=reason,
    )
