"""Managing the people of an organization: creating, listing, disabling, new passwords. Signing in is in `services.accounts`.

What administrators do on their page, with a preview of each change, is in `services.members`.
"""

import re
import unicodedata
from dataclasses import replace
from functools import partial

from backend.access import audit, passwords, policy
from backend.access.password_rules import least_characters
from backend.access.sessions import Sessions
from backend.core import clock
from backend.core.caller import SYSTEM_USER_ID, Caller
from backend.core.errors import Malformed, NotAllowed, NotFound
from backend.core.permissions import BuiltInRole, Permission
from backend.core.vocabulary import AuditAction
from backend.models import factors, organizations, people, tokens
from backend.models.people import User, UserRole
from backend.models.session import Database, Session
from backend.schemas.people import PersonView
from backend.services import rosters

_EMAIL = re.compile(r"[^\s@\x00-\x20\x7f]{1,64}@[^\s@\x00-\x20\x7f]{1,189}")


class People:
    """The people and service accounts of the caller's organization; every method needs `people:manage`.

    Args:
        database: Where people are kept.
        sessions: Where their sessions are kept; told that rights have changed.
    """

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def create(
        self,
        caller: Caller,
        *,
        display_name: str,
        email: str,
        password: str,
        roles: tuple[str, ...],
    ) -> PersonView:
        """Create a person.

        Args:
            caller: Who creates.
            display_name: Name for colleagues and signatures.
            email: Sign-in name.
            password: Their first password.
            roles: Names of built-in roles, at least one.

        Raises:
            NotAllowed: Without `people:manage`.
            Malformed: If a field is not usable, or the e-mail address is taken.
            PasswordRefused: Saying what to change.
        """
        display_name = required_text(display_name, "a name")
        email = required_email(email)
        chosen = _built_in(roles)
        organization_name, least = self._require_manager(caller)
        passwords.require_acceptable(password, (organization_name, display_name, email), least)
        password_hash = passwords.hash_password(password)
        # E-mail addresses are unique over all organizations, so this session sees all of them.
        with self._database.system_write() as session:
            rosters.require_may_give(session, caller, chosen)
            user = add_user(
                session,
                caller,
                display_name=display_name,
                email=email,
                password_hash=password_hash,
                roles=chosen,
            )
            session.flush()
            return _view(session, user)

    def list_all(self, caller: Caller) -> tuple[PersonView, ...]:
        """Everybody in the caller's organization, by name."""
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            return tuple(_view(session, user) for user in people.all_users(session))

    def disable(self, caller: Caller, user_id: str) -> PersonView:
        """Disable an account: it cannot sign in, and what it has open ends now.

        Raises:
            NotFound: If there is no such person in the organization.
            NotAllowed: Without `people:manage`, for oneself, for whoever holds more (`services.rosters`), or for the
                last one who manages people.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            user = _required(people.user_by_id(session, user_id))
            if user.id == caller.user_id:
                raise NotAllowed("You cannot disable your own account. Ask another administrator.")
            before = rosters.load(session, caller.organization_id)
            member = replace(before.members[user.id], can_sign_in=False)
            rosters.require_sound(before, before.with_member(user.id, member), caller)
            disable_user(session, self._database, self._sessions, caller, user)
            return _view(session, user)

    def reset_password(self, caller: Caller, user_id: str, password: str) -> PersonView:
        """Give a person another password; all their sessions end. For whoever runs the machine.

        Raises:
            NotFound: If there is no such person in the organization.
            NotAllowed: Without `people:manage`, and from a session: whoever sets a person's password can be them.
            PasswordRefused: Saying what to change.
        """
        organization_name, least = self._require_manager(caller)
        if caller.user_id != SYSTEM_USER_ID:
            raise NotAllowed("People choose their own passwords. Send them a link for it.")
        with self._database.read(caller.organization_id) as session:
            user = _required(people.user_by_id(session, user_id))
            if user.is_service:
                raise NotAllowed("A service account has no password. Make a token for it.")
            about = (organization_name, user.display_name, user.email)
        passwords.require_acceptable(password, about, least)
        password_hash = passwords.hash_password(password)
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            user = _required(people.user_by_id(session, user_id))
            change_password(session, self._sessions, caller, user, password_hash)
            return _view(session, user)

    def _require_manager(self, caller: Caller) -> tuple[str, int]:
        """Refuse who may not manage people; else the organization's name, and how long its passwords must be."""
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            organization = organizations.organization_by_id(session, caller.organization_id)
            if organization is None:
                raise NotFound
            return organization.name, least_characters(session, organization.id)


def add_user(
    session: Session,
    caller: Caller,
    *,
    display_name: str,
    email: str,
    password_hash: str,
    roles: tuple[BuiltInRole, ...],
) -> User:
    """Create a person in the caller's organization, in a system session.

    Raises:
        Malformed: If the e-mail address is taken.
    """
    if people.user_by_email(session, email) is not None:
        raise Malformed("This e-mail address cannot be used for a new account.")
    user = User(
        organization_id=caller.organization_id,
        email=email,
        display_name=display_name,
        password_hash=password_hash,
        password_changed_at=clock.now(),
    )
    session.add(user)
    session.flush()
    for role in people.roles_by_name(
        session, caller.organization_id, [role.value for role in roles]
    ):
        session.add(
            UserRole(organization_id=caller.organization_id, user_id=user.id, role_id=role.id)
        )
    audit.append(
        session,
        caller,
        AuditAction.USER_CREATED,
        object_type="user",
        object_id=user.id,
        details={"roles": [role.value for role in roles]},
    )
    return user


def disable_user(
    session: Session, database: Database, sessions: Sessions, caller: Caller, user: User
) -> None:
    """Take an account out of use, in the caller's transaction: sessions end, and tokens give nothing until it is back."""
    if user.is_active:
        user.is_active = False
        session.add(user)
        audit.append(
            session, caller, AuditAction.USER_DISABLED, object_type="user", object_id=user.id
        )
    sessions.end_all_of(session, caller, user.id, "account disabled")
    for token in tokens.unrevoked_tokens_of(session, user.id):
        database.after_commit(session, partial(sessions.announce_end, token.id))


def change_password(
    session: Session, sessions: Sessions, caller: Caller, user: User, password_hash: str
) -> None:
    """Give a person another password, in the caller's transaction; all their sessions end."""
    user.password_hash = password_hash
    user.password_changed_at = clock.now()
    session.add(user)
    # Where the password alone was enough, it is asked for a code again.
    factors.drop_devices(session, user.id)
    audit.append(
        session, caller, AuditAction.USER_PASSWORD_RESET, object_type="user", object_id=user.id
    )
    sessions.end_all_of(session, caller, user.id, "password changed")


def required_text(text: str, what: str) -> str:
    """A name as typed, without surrounding space.

    Raises:
        Malformed: If it is empty, too long, or holds control characters.
    """
    text = unicodedata.normalize("NFC", text).strip()
    if not text or len(text) > 200 or any(unicodedata.category(each) == "Cc" for each in text):
        raise Malformed(f"Fill in {what}, with at most 200 characters.")
    return text


def required_email(text: str) -> str:
    """An e-mail address in the one spelling that is kept.

    Raises:
        Malformed: If it is none.
    """
    email = normal_email(text)
    if not _EMAIL.fullmatch(email):
        raise Malformed("This is not an e-mail address.")
    return email


def normal_email(text: str) -> str:
    """The one spelling of a sign-in name, whatever was typed; at most 300 characters."""
    storable = text[:1000].encode("utf-8", "replace").decode().replace("\0", "")
    return unicodedata.normalize("NFKC", storable).strip().casefold()[:300]


def _required(user: User | None) -> User:
    if user is None:
        raise NotFound("There is no such person in this organization.")
    return user


def _built_in(names: tuple[str, ...]) -> tuple[BuiltInRole, ...]:
    known = {role.value for role in BuiltInRole}
    if not names or not set(names) <= known:
        raise Malformed(f"Choose at least one of the roles {', '.join(sorted(known))}.")
    return tuple(BuiltInRole(name) for name in sorted(set(names)))


def _view(session: Session, user: User) -> PersonView:
    signed_in = user.last_signed_in_at
    return PersonView(
        user_id=user.id,
        email=user.email,
        display_name=user.display_name,
        roles=people.role_names_of(session, user.id),
        is_active=user.is_active,
        is_email_confirmed=user.email_confirmed_at is not None,
        last_signed_in_at=signed_in.isoformat(timespec="seconds") if signed_in else "",
    )
