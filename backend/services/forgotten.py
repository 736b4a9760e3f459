"""Forgotten passwords: a link is mailed to the address of the account, and a new password is chosen behind it.

Whoever asks is answered the same, after the same work, whether or not the address has an account; a job looks. The link gives a new
password and nothing else: nobody is signed in by it, and a second factor is asked for afterwards as ever.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from backend.access import audit, passwords
from backend.access.attempts import Attempts
from backend.access.password_rules import least_characters
from backend.access.sessions import Sessions
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, Origin
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models import organizations, people
from backend.models.people import User
from backend.models.session import Database, Session
from backend.services import links
from backend.services.letters import (
    Letter,
    Letters,
    LinkWanted,
    send_later,
    tell_later,
    written_lately,
)
from backend.services.links import LinkPurpose, LinkRefused
from backend.services.own_password import set_own_password
from backend.services.people import normal_email

FORGOTTEN = "password.forgotten"

_PAGE = "/reset"
_LINK_LASTS = timedelta(hours=1)
# Whoever asks for more has a letter whose link still works: nobody is kept out by somebody else's asking.
_MOST_LETTERS_WHILE_A_LINK_LASTS = 3


class Forgotten:
    """What somebody does who cannot sign in.

    Args:
        database: Where people are kept.
        sessions: Their sessions, which end with the old password.
        attempts: Limits what one place may ask for.
    """

    def __init__(self, database: Database, sessions: Sessions, attempts: Attempts) -> None:
        self._database = database
        self._sessions = sessions
        self._attempts = attempts

    def ask(self, email: str, origin: Origin) -> None:
        """Ask for a link. The answer is always the same.

        Raises:
            TooManyAttempts: After many requests from one place.
        """
        self._attempts.ask("forgotten", origin.ip_address)
        told = {
            "email": normal_email(email),
            "ip_address": origin.ip_address[:64],
            "user_agent": origin.user_agent[:400],
        }
        with self._database.system_write() as session:
            tell_later(session, SYSTEM_ORGANIZATION_ID, FORGOTTEN, told)

    def reset(self, token: str, password: str, origin: Origin) -> None:
        """Choose a new password with the mailed link. All sessions of the person end, and they are told by mail.

        Raises:
            LinkRefused: If the link is wrong, used or too old, or the account is disabled.
            PasswordRefused: Saying what to change.
            TooManyAttempts: After many requests from one place.
        """
        self._attempts.ask("link", origin.ip_address)
        with self._database.system_read() as session:
            user = _user(session, token)
            self._attempts.forgive("link", origin.ip_address)
            organization = organizations.organization_by_id(session, user.organization_id)
            context = (user.email, user.display_name, organization.name if organization else "")
            least = least_characters(session, user.organization_id, user.id)
        passwords.require_acceptable(password, context, least)
        password_hash = passwords.hash_password(password)
        with self._database.system_write() as session:
            user = _user(session, token)
            links.redeem(session, LinkPurpose.RESET_PASSWORD, token)
            caller = _owner(user, origin)
            set_own_password(session, caller, user, password_hash, by="mailed link")
            self._sessions.end_all_of(session, caller, user.id, "password changed")


def send_link_to(session: Session, caller: Caller, user: User) -> None:
    """Mail somebody a link to choose a new password, in the transaction of whoever may have it sent."""
    audit.append(
        session, caller, AuditAction.PASSWORD_FORGOTTEN, object_type="user", object_id=user.id
    )
    send_later(session, caller.organization_id, _link_letter(user))


def register(letters: Letters) -> None:
    """Make known what becomes of requests."""
    letters.write_for(FORGOTTEN, _forgotten)


def _forgotten(session: Session, _organization_id: str, told: Mapping[str, str]) -> None:
    origin = Origin(told["ip_address"], told["user_agent"])
    user = people.user_by_email(session, told["email"])
    if user is None or not user.is_active or user.is_service:
        _record(session, origin, AuditOutcome.REFUSED, "unknown or disabled account")
        return
    is_enough = (
        written_lately(session, user.email, _PAGE, _LINK_LASTS) >= _MOST_LETTERS_WHILE_A_LINK_LASTS
    )
    record = partial(_record, session, origin, user=user)
    if is_enough:
        record(AuditOutcome.REFUSED, "many letters within an hour")
        return
    record(AuditOutcome.SUCCESS, "")
    send_later(session, user.organization_id, _link_letter(user))


def _record(
    session: Session,
    origin: Origin,
    outcome: AuditOutcome,
    reason: str,
    *,
    user: User | None = None,
) -> None:
    """Nobody has proved who they are: the entry names the account that is asked for, and no actor."""
    stranger = Caller(
        user_id="",
        organization_id=user.organization_id if user else SYSTEM_ORGANIZATION_ID,
        session_id="",
        display_name="",
        email="",
        roles=(),
        permissions=frozenset(),
        origin=origin,
    )
    audit.append(
        session,
        stranger,
        AuditAction.PASSWORD_FORGOTTEN,
        object_type="user" if user else "",
        object_id=user.id if user else "",
        outcome=outcome,
        reason=reason,
    )


def _user(session: Session, token: str) -> User:
    link = links.usable(session, LinkPurpose.RESET_PASSWORD, token)
    user = people.user_by_id(session, link.user_id or "") if link else None
    if user is None or not user.is_active:
        raise LinkRefused
    return user


def _owner(user: User, origin: Origin) -> Caller:
    """Whoever holds the link: the mailbox is all that they have proved, so they have no rights."""
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


def _link_letter(user: User) -> Letter:
    return Letter(
        to=user.email,
        subject="Choose a new password",
        text="A new password was asked for, for your account in PACScribe.\n\nThis link lets you choose one. It works once, for "
        "an hour:",
        page=_PAGE,
        link=LinkWanted(LinkPurpose.RESET_PASSWORD, _LINK_LASTS, user_id=user.id),
        closing="If it was not you, do nothing: your password stays as it is.",
        useful_for=_LINK_LASTS,
    )
