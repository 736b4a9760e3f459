"""Signing in by password, and out; the second step is in `services.second_step`. Managing people is in `services.people`, how an installation gets its first ones in `services.first_people`.

How passwords are kept is in `access.passwords`, how sessions live in `access.sessions`.
"""

import hashlib
from dataclasses import dataclass

from backend.access import audit, devices, passwords
from backend.access.attempts import Attempts
from backend.access.held_factors import holds_any
from backend.access.sessions import Sessions
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, Origin
from backend.core.errors import SignInRefused
from backend.core.vocabulary import AuditAction, AuditOutcome, SignInMethod
from backend.models import people
from backend.models.people import User
from backend.models.session import Database, Session
from backend.schemas.people import HalfSignedIn, SignedIn
from backend.services.entering import end_previous, enter, enter_or_ask
from backend.services.people import normal_email


@dataclass(frozen=True, slots=True)
class _Known:
    """What signing in must know of an account before the password is looked at."""

    user_id: str
    organization_id: str
    display_name: str
    password_hash: str
    is_active: bool


class Accounts:
    """Signing in and out.

    Args:
        database: Where people are kept.
        sessions: Where their sessions are kept.
        attempts: Limits guessing.
    """

    def __init__(self, database: Database, sessions: Sessions, attempts: Attempts) -> None:
        self._database = database
        self._sessions = sessions
        self._attempts = attempts

    def sign_in(
        self, email: str, password: str, origin: Origin, cookie_header: str = ""
    ) -> SignedIn | HalfSignedIn:
        """Begin a session, always with a new token; a session that the browser still has is ended.

        Who holds a second factor, or must, is half signed in by this: `services.second_step` goes on.

        Unknown people, wrong passwords and disabled accounts are answered alike, and take equally long.

        Raises:
            SignInRefused: It never says which of the two was wrong.
            TooManyAttempts: Saying how long to wait.
        """
        address = origin.ip_address
        email = normal_email(email)
        account = hashlib.sha256(email.encode("utf-8", "replace")).hexdigest()
        wait = self._attempts.count(account, address)
        if wait is not None and not self._is_anybodys_place(address):
            raise wait
        known = self._known(email)
        usable = known is not None and known.is_active
        is_right = passwords.verify_password(
            password, known.password_hash if known is not None and usable else None
        )
        # Whoever has signed in from here need not wait for others. That must not tell who has: behind an address that many
        # share, everybody's password is looked at, and all who fail are told the same.
        must_wait = wait is not None and not self._is_place_of(known, address)
        if known is None or not is_right or must_wait:
            self._record_refused(known, origin, "too many attempts" if must_wait else "")
            raise wait or SignInRefused
        end_previous(self._sessions, cookie_header, origin)
        with self._database.write(known.organization_id) as session:
            user = people.user_by_id(session, known.user_id)
            if user is None or not user.is_active or user.password_hash != known.password_hash:
                raise SignInRefused  # disabled, or another password, in this very moment
            if passwords.needs_new_hash(user.password_hash):
                user.password_hash = passwords.hash_password(password)
                session.add(user)
            signed_in = self._go_on(session, user, origin, cookie_header)
        # Where others wait, this was counted for nobody else.
        self._attempts.succeeded(account, address, is_known_place=wait is not None)
        return signed_in

    def sign_out(self, caller: Caller) -> None:
        """End the caller's session; its sockets and tiles end with it."""
        self._sessions.end(caller)

    def _go_on(
        self, session: Session, user: User, origin: Origin, cookie_header: str
    ) -> SignedIn | HalfSignedIn:
        """In a browser that was remembered the password is enough, for who holds a second factor."""
        is_remembered = devices.is_remembered(session, user.id, cookie_header)
        if is_remembered and holds_any(session, user.id):
            method = SignInMethod.PASSWORD_ON_DEVICE
            return enter(session, self._sessions, user, origin, method)
        return enter_or_ask(session, self._sessions, user, origin)

    def _known(self, email: str) -> _Known | None:
        with self._database.system_read() as session:
            user = people.user_by_email(session, email)
            if user is None:
                return None
            return _Known(
                user.id, user.organization_id, user.display_name, user.password_hash, user.is_active
            )

    def _is_anybodys_place(self, address: str) -> bool:
        with self._database.system_read() as session:
            return people.has_anybody_signed_in_from(session, address)

    def _is_place_of(self, known: _Known | None, address: str) -> bool:
        """Asked for unknown people too: an answer must not tell by its time who exists."""
        with self._database.system_read() as session:
            return people.has_signed_in_from(session, known.user_id if known else "", address)

    def _record_refused(self, known: _Known | None, origin: Origin, reason: str) -> None:
        """What was typed is not recorded: people type passwords into the field for the name."""
        caller = Caller(
            user_id=known.user_id if known else "",
            organization_id=known.organization_id if known else SYSTEM_ORGANIZATION_ID,
            session_id="",
            display_name=known.display_name if known else "",
            email="",
            roles=(),
            permissions=frozenset(),
            origin=origin,
        )
        with self._database.write(caller.organization_id) as session:
            audit.append(
                session,
                caller,
                AuditAction.SESSION_REFUSED,
                object_type="user" if known else "",
                object_id=caller.user_id,
                outcome=AuditOutcome.REFUSED,
                reason=reason or _why_refused(known),
            )


def _why_refused(known: _Known | None) -> str:
    if known is None:
        return "unknown account"
    return "wrong password" if known.is_active else "disabled account"
