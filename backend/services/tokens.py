"""Access tokens for programs: made, listed, revoked. Who shows one, and what it may do then, is found in `access.bearers`."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from backend.access import audit, passwords, policy, step_up
from backend.access.absentees import absent_caller
from backend.access.bearers import PREFIX, hash_of
from backend.access.sessions import Sessions
from backend.core import clock
from backend.core.caller import SYSTEM_USER_ID, Caller
from backend.core.errors import Malformed, NotAllowed, NotFound
from backend.core.identifiers import new_id
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.models import people
from backend.models import tokens as table
from backend.models.people import User, UserRole
from backend.models.session import Database, Session
from backend.models.tokens import AccessToken
from backend.schemas.tokens import NewToken, TokenStanding, TokenView
from backend.services import rosters
from backend.services.people import required_text
from backend.services.rosters import Roster

MOST_DAYS = 365
MOST_TOKENS = 20
HINT_CHARACTERS = len(PREFIX) + 4
# Reserved by RFC 2606: no letter ever arrives there.
_NO_MAIL = "service.invalid"
# What a person does, with their own eyes and their own proof; no program does it for them.
PERSONAL = frozenset(
    {
        Permission.REPORT_SIGN,
        Permission.PEOPLE_MANAGE,
        Permission.ORGANIZATION_MANAGE,
        Permission.TOKEN_MANAGE,
        Permission.ACCESS_GRANT,
        Permission.EMERGENCY_OPEN,
        Permission.EMERGENCY_REVIEW,
        Permission.SUPPORT_ALLOW,
        Permission.SUPPORT_USE,
    }
)


class Tokens:
    """Use cases of access tokens.

    Args:
        database: Where tokens are kept; their SHA-256 only.
        sessions: Told when a token is revoked, so that open sockets end.
    """

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def scopes(self, caller: Caller) -> tuple[str, ...]:
        """What a token that the caller makes may be for, in the order of the permissions' list."""
        return rosters.in_order(caller.permissions - PERSONAL)

    def scopes_for(self, caller: Caller, user_id: str) -> tuple[str, ...]:
        """What a token that the caller makes for a service account may be for: what both hold.

        Raises:
            NotFound: If there is no such account in the organization.
            NotAllowed: Without `token:manage`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.TOKEN_MANAGE)
            user = _required(people.user_by_id(session, user_id))
            return rosters.in_order((caller.permissions & _held(session, user.id)) - PERSONAL)

    def create(self, caller: Caller, *, name: str, scopes: tuple[str, ...], days: int) -> NewToken:
        """Make a token for the caller's own programs.

        Args:
            caller: Whose token it becomes.
            name: What it is for, so that it is found again.
            scopes: Permissions, at least one; none that the caller does not hold.
            days: How long it lasts, at most a year.

        Raises:
            Malformed: If a field is not usable.
            NotAllowed: For a scope that the caller does not hold, or that no token carries.
            StepUpNeeded: If the caller has not proved lately who they are.
        """
        return self._create(caller, caller.user_id, name, scopes, days)

    def create_for(
        self, caller: Caller, user_id: str, *, name: str, scopes: tuple[str, ...], days: int
    ) -> NewToken:
        """Make a token for a service account; from the command line, for a person too.

        It carries no more than its owner holds, and no more than whoever makes it: nobody comes by a right through
        a token that they make for somebody else.

        Raises:
            Malformed: If a field is not usable.
            NotFound: If there is no such account in the organization.
            NotAllowed: Without `token:manage`, for another person, or for a scope as with `create`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.TOKEN_MANAGE)
        return self._create(caller, user_id, name, scopes, days)

    def make_service_account(self, caller: Caller, name: str, role_keys: tuple[str, ...]) -> str:
        """Make an account for a program, which has tokens and never signs in.

        Args:
            caller: Who makes it.
            name: What the program is called.
            role_keys: Identifiers of its roles.

        Returns:
            Its identifier.

        Raises:
            NotAllowed: Without `token:manage`, or for roles that give more than the caller holds.
            Malformed: If the name is not usable, or a role does not exist.
            StepUpNeeded: If the caller has not proved lately who they are.
        """
        name = required_text(name, "a name for the program")
        # Nobody knows what it was made of, so no password ever fits.
        unusable = passwords.hash_password(secrets.token_urlsafe(64))
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.TOKEN_MANAGE)
            roster = rosters.load(session, caller.organization_id)
            if not role_keys or not set(role_keys) <= set(roster.roles):
                raise Malformed("Choose at least one of the roles of your organization.")
            rights = frozenset().union(*(roster.roles[key].permissions for key in role_keys))
            _require_own(roster, caller, rights)
            step_up.require_recent(caller)
            identifier = new_id()
            user = User(
                id=identifier,
                email=f"{identifier}@{_NO_MAIL}",
                display_name=name,
                password_hash=unusable,
                password_changed_at=clock.now(),
                is_service=True,
            )
            session.add(user)
            session.flush()
            for key in sorted(set(role_keys)):
                session.add(UserRole(user_id=user.id, role_id=key))
            audit.append(
                session,
                caller,
                AuditAction.USER_CREATED,
                object_type="user",
                object_id=user.id,
                details={
                    "service": True,
                    "roles": sorted(roster.roles[key].name for key in set(role_keys)),
                },
            )
            return identifier

    def list_own(self, caller: Caller) -> tuple[TokenView, ...]:
        """The caller's own tokens, newest first."""
        with self._database.read(caller.organization_id) as session:
            return _views(session, caller.user_id)

    def list_of(self, caller: Caller, user_id: str) -> tuple[TokenView, ...]:
        """Somebody's tokens, newest first.

        Raises:
            NotFound: If there is no such account in the organization.
            NotAllowed: Without `token:manage`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.TOKEN_MANAGE)
            return _views(session, user_id)

    def list_all(self, caller: Caller) -> tuple[TokenView, ...]:
        """All tokens of the organization, newest first.

        Raises:
            NotAllowed: Without `token:manage`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.TOKEN_MANAGE)
            views = [
                view for user in people.all_users(session) for view in _views(session, user.id)
            ]
            return tuple(sorted(views, key=lambda view: view.created_at, reverse=True))

    def revoke(self, caller: Caller, token_id: str) -> TokenView:
        """End one of the caller's own tokens, or, with `token:manage`, anybody's: requests, sockets and streams with it.

        Raises:
            NotFound: If there is no such token that the caller may end.
        """
        with self._database.write(caller.organization_id) as session:
            row = table.token_by_id(session, token_id)
            is_own = row is not None and row.user_id == caller.user_id
            if row is None or not (is_own or caller.may(Permission.TOKEN_MANAGE)):
                raise NotFound("There is no such access token.")
            if row.revoked_at is None:
                revoke_rows(session, self._database, self._sessions, caller, [row])
            user = _required(people.user_by_id(session, row.user_id))
            return _view(row, user, _held(session, user.id))

    def _create(
        self, caller: Caller, user_id: str, name: str, scopes: tuple[str, ...], days: int
    ) -> NewToken:
        name = required_text(name, "what the token is for")
        chosen = _required_scopes(scopes)
        if not 1 <= days <= MOST_DAYS:
            raise Malformed(f"An access token lasts from 1 to {MOST_DAYS} days.")
        if caller.is_token:
            raise NotAllowed("A token makes no tokens. Sign in with a browser.")
        token = PREFIX + secrets.token_urlsafe(32)
        with self._database.write(caller.organization_id) as session:
            user = _required(people.user_by_id(session, user_id))
            _require_may_make_for(caller, user)
            _require_held(session, caller, user, chosen)
            _require_few(session, user)
            step_up.require_recent(caller)
            row = AccessToken(
                user_id=user.id,
                created_by_user_id=caller.user_id,
                name=name,
                token_hash=hash_of(token),
                hint=token[:HINT_CHARACTERS],
                scopes=" ".join(each.value for each in chosen),
                expires_at=clock.now() + timedelta(days=days),
            )
            session.add(row)
            session.flush()
            audit.append(
                session,
                caller,
                AuditAction.TOKEN_CREATED,
                object_type="token",
                object_id=row.id,
                details={
                    "name": name,
                    "owner": user.id,
                    "scopes": [each.value for each in chosen],
                    "expires_at": row.expires_at.isoformat(timespec="seconds"),
                },
            )
            return NewToken(token, _view(row, user, _held(session, user.id)))


def revoke_rows(
    session: Session,
    database: Database,
    sessions: Sessions,
    caller: Caller,
    rows: Sequence[AccessToken],
    reason: str = "",
) -> None:
    """Revoke tokens in the caller's transaction; whoever holds their sockets is told after it."""
    for row in rows:
        row.revoked_at = clock.now()
        session.add(row)
        audit.append(
            session,
            caller,
            AuditAction.TOKEN_REVOKED,
            object_type="token",
            object_id=row.id,
            reason=reason,
            details={"name": row.name, "owner": row.user_id},
        )
        database.after_commit(session, partial(sessions.announce_end, row.id))


def _require_own(roster: Roster, caller: Caller, rights: frozenset[Permission]) -> None:
    """Refuse rights that the maker does not hold, of those that a program can use: it is no way around that."""
    missing = rosters.in_order(rights - PERSONAL - roster.rights_in_use(caller.user_id))
    if missing and caller.user_id != SYSTEM_USER_ID:
        raise NotAllowed(
            f"These roles give more than you hold yourself: {', '.join(missing)}. Choose others."
        )


def _required_scopes(scopes: tuple[str, ...]) -> tuple[Permission, ...]:
    """The permissions of these names, each once, in the order of the permissions' list."""
    unknown = sorted(set(scopes) - {each.value for each in Permission})
    if unknown:
        known = ", ".join(each.value for each in Permission if each not in PERSONAL)
        raise Malformed(f"Not every scope is a permission. Permissions are {known}.")
    if not scopes:
        raise Malformed("Choose at least one thing that the token may do.")
    personal = sorted(set(scopes) & PERSONAL)
    if personal:
        raise NotAllowed(
            f"No token carries {', '.join(personal)}: that is done by a person who is signed in."
        )
    return tuple(each for each in Permission if each.value in scopes)


def _require_may_make_for(caller: Caller, user: User) -> None:
    if user.id == caller.user_id or user.is_service or caller.user_id == SYSTEM_USER_ID:
        return
    raise NotAllowed(
        "People make their own tokens. Make a service account for a program that works for nobody in particular."
    )


def _require_held(
    session: Session, caller: Caller, user: User, chosen: tuple[Permission, ...]
) -> None:
    is_command = caller.user_id == SYSTEM_USER_ID
    for permission in chosen:
        if not is_command:
            policy.require(session, caller, permission)
        if permission not in _held(session, user.id):
            raise NotAllowed(
                f"{user.display_name} does not hold {permission.value}, so no token of theirs can."
            )


def _require_few(session: Session, user: User) -> None:
    now = clock.now()
    valid = [row for row in table.unrevoked_tokens_of(session, user.id) if row.expires_at > now]
    if len(valid) >= MOST_TOKENS:
        raise Malformed(f"There are {MOST_TOKENS} tokens already. Revoke one that is not needed.")


def _held(session: Session, user_id: str) -> frozenset[Permission]:
    owner = absent_caller(session, user_id)
    return owner.permissions if owner is not None else frozenset()


def _views(session: Session, user_id: str) -> tuple[TokenView, ...]:
    user = _required(people.user_by_id(session, user_id))
    held = _held(session, user.id)
    return tuple(_view(row, user, held) for row in table.tokens_of(session, user.id))


def _view(row: AccessToken, user: User, held: frozenset[Permission]) -> TokenView:
    return TokenView(
        key=row.id,
        owner_id=user.id,
        owner_name=user.display_name,
        owner_is_service=user.is_service,
        name=row.name,
        hint=row.hint,
        scopes=tuple(sorted(row.scope_names)),
        lapsed=tuple(sorted(row.scope_names - held)),
        standing=_standing(row),
        created_at=row.created_at.isoformat(timespec="seconds"),
        expires_at=row.expires_at.isoformat(timespec="seconds"),
        last_used_at=row.last_used_at.isoformat(timespec="seconds") if row.last_used_at else "",
        last_used_from=row.last_used_from,
    )


def _standing(row: AccessToken) -> TokenStanding:
    if row.revoked_at is not None:
        return TokenStanding.REVOKED
    return TokenStanding.EXPIRED if row.expires_at <= clock.now() else TokenStanding.VALID


def _required(user: User | None) -> User:
    if user is None:
        raise NotFound("There is no such account in this organization.")
    return user
