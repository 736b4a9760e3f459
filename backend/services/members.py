"""What administrators do with the accounts of their organization: seen first, said before it is done, done as it was said.

Rules that hold for everybody are in `services.rosters`. Tokens are in `services.tokens`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from backend.access import audit, policies, policy, step_up
from backend.access.sessions import Sessions
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotAllowed, NotFound, Refusal
from backend.core.permissions import Permission
from backend.core.search_text import fold
from backend.core.vocabulary import AuditAction
from backend.models import factors, people, tokens
from backend.models import rosters as table
from backend.models.people import User, UserPermission, UserRole
from backend.models.session import Database, Session
from backend.schemas.people import (
    PeoplePage,
    PersonAct,
    PersonChange,
    PersonDetails,
    PersonFactors,
    PersonPreview,
    PersonRow,
    PersonStanding,
)
from backend.services import rosters
from backend.services.factors import reset_factors_of
from backend.services.forgotten import send_link_to
from backend.services.people import disable_user
from backend.services.roles import required_rights
from backend.services.rosters import Member, Roster
from backend.services.tokens import revoke_rows

MOST_SHOWN = 100
_CHANGED = (
    "Somebody has changed this account or a role meanwhile. Look again at what this would do."
)
_ENDING_SESSIONS = (PersonAct.DISABLE, PersonAct.END_SESSIONS, PersonAct.RESET_FACTORS)
_SELF = "This is your own account. Ask another administrator."


class Members:
    """Use cases of the page about people; every one needs `people:manage`.

    Args:
        database: Where accounts are kept.
        sessions: Where their sessions are kept; told that rights have changed.
    """

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def page(self, caller: Caller, search: str = "") -> PeoplePage:
        """Those whose name or e-mail address holds every word that is searched for, by name."""
        words = fold(search[:200]).split()
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            found = [
                user
                for user in table.all_users(session, caller.organization_id)
                if all(word in fold(f"{user.display_name} {_address(user)}") for word in words)
            ]
            roster = rosters.load(session, caller.organization_id)
            seen, held = table.last_uses(session), _factors(session)
            rows = tuple(_row(user, roster, seen, held, caller) for user in found[:MOST_SHOWN])
            return PeoplePage(rows, len(found))

    def details(self, caller: Caller, user_id: str) -> PersonDetails:
        """One account with what hangs on it.

        Raises:
            NotFound: If there is no such account in the organization.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            user = _required(people.user_by_id(session, user_id))
            roster = rosters.load(session, caller.organization_id)
            now = clock.now()
            return PersonDetails(
                row=_row(user, roster, table.last_uses(session), _factors(session), caller),
                role_keys=tuple(sorted(roster.members[user.id].role_keys)),
                rights=rosters.in_order(roster.rights_of(user.id)),
                sessions=table.open_session_count(session, user.id, now),
                programs=table.valid_token_count(session, user.id, now),
                untouchable=_why_untouchable(roster, caller, user),
            )

    def preview(self, caller: Caller, change: PersonChange) -> PersonPreview:
        """What a change will do, without doing it.

        Raises:
            NotFound: If there is no such account in the organization.
            NotAllowed: For one's own account, and for what nobody may do (`services.rosters`).
            Malformed: If a role or permission does not exist, or nothing would change.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            return _preview(session, caller, change)

    def carry_out(self, caller: Caller, change: PersonChange, fingerprint: str) -> PersonDetails:
        """Do what was previewed, and nothing else. It bites at the next event or byte.

        Raises:
            Refusal: As for `preview`, or if it would do something else than what was shown.
            StepUpNeeded: If the caller has not proved lately who they are.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            if _preview(session, caller, change).fingerprint != fingerprint:
                raise Refusal(_CHANGED)
            step_up.require_recent(caller)
            user = _required(people.user_by_id(session, change.user_id))
            self._act(session, caller, change, user)
            session.flush()
            self._database.after_commit(session, self._sessions.drop_verdicts)
        return self.details(caller, change.user_id)

    def _act(self, session: Session, caller: Caller, change: PersonChange, user: User) -> None:
        match change.act:
            case PersonAct.RIGHTS:
                _write_rights(session, caller, change, user)
            case PersonAct.DISABLE:
                disable_user(session, self._database, self._sessions, caller, user)
            case PersonAct.ENABLE:
                user.is_active = True
                session.add(user)
                audit.append(
                    session, caller, AuditAction.USER_ENABLED, object_type="user", object_id=user.id
                )
            case PersonAct.END_SESSIONS:
                self._sessions.end_all_of(session, caller, user.id, "ended by an administrator")
            case PersonAct.REVOKE_PROGRAMS:
                rows = tokens.unrevoked_tokens_of(session, user.id)
                revoke_rows(session, self._database, self._sessions, caller, rows)
            case PersonAct.PASSWORD_LINK:
                send_link_to(session, caller, user)
            case PersonAct.RESET_FACTORS:
                reset_factors_of(session, self._sessions, caller, user)


def _preview(session: Session, caller: Caller, change: PersonChange) -> PersonPreview:
    user = _required(people.user_by_id(session, change.user_id))
    before = rosters.load(session, caller.organization_id)
    rosters.require_in_charge(before, caller)
    why = _why_untouchable(before, caller, user)
    if why:
        raise NotAllowed(why)
    after = before.with_member(user.id, _member_after(before, change))
    rosters.require_sound(before, after, caller)
    now = clock.now()
    sessions = table.open_session_count(session, user.id, now)
    programs = table.valid_token_count(session, user.id, now)
    removes_factors = change.act is PersonAct.RESET_FACTORS
    held = _factors(session).get(user.id, PersonFactors())
    _require_something_to_do(before, after, change, sessions, programs, held, user)
    ends_sessions = change.act in _ENDING_SESSIONS
    stops_programs = change.act in (PersonAct.DISABLE, PersonAct.REVOKE_PROGRAMS)
    mine = next((each for each in rosters.changes(before, after) if each.user_id == user.id), None)
    return PersonPreview(
        act=change.act,
        display_name=user.display_name,
        gained=mine.gained if mine else (),
        lost=mine.lost if mine else (),
        sessions=sessions if ends_sessions else 0,
        programs=programs if stops_programs else 0,
        fingerprint=rosters.fingerprint(
            user.id,
            change.act.value,
            sorted(change.role_keys),
            sorted(change.own),
            user.is_active,
            _facts(before, user.id),
            _facts(after, user.id),
            (held.has_app, held.passkeys, held.recovery_codes) if removes_factors else (),
        ),
        factors=held if removes_factors else PersonFactors(),
        is_factor_required=policies.read(session, caller.organization_id).requires_second_factor,
    )


def _member_after(before: Roster, change: PersonChange) -> Member:
    member = before.members[change.user_id]
    match change.act:
        case PersonAct.RIGHTS:
            if not set(change.role_keys) <= set(before.roles):
                raise Malformed("Not every one of these roles exists any more. Open the page anew.")
            return replace(
                member,
                role_keys=frozenset(change.role_keys),
                own=frozenset(required_rights(change.own)),
            )
        case PersonAct.DISABLE:
            return replace(member, can_sign_in=False)
        case PersonAct.ENABLE:
            return replace(member, can_sign_in=True)
        case _:
            return member


def _require_something_to_do(
    before: Roster,
    after: Roster,
    change: PersonChange,
    sessions: int,
    programs: int,
    held: PersonFactors,
    user: User,
) -> None:
    is_nothing = {
        PersonAct.END_SESSIONS: sessions == 0,
        PersonAct.REVOKE_PROGRAMS: programs == 0,
        # A service account has no password, and a disabled one no use for it.
        PersonAct.PASSWORD_LINK: user.is_service or not user.is_active,
        PersonAct.RESET_FACTORS: not held.is_any,
    }.get(change.act, before == after)
    if is_nothing:
        raise Malformed("Nothing would change.")


def _write_rights(session: Session, caller: Caller, change: PersonChange, user: User) -> None:
    roster = rosters.load(session, caller.organization_id)
    member = roster.members[user.id]
    wanted = frozenset(change.role_keys)
    own = frozenset(required_rights(change.own))
    for role in table.roles_of_user(session, user.id):
        if role.role_id not in wanted:
            session.delete(role)
    for row in table.own_rows_of(session, user.id):
        if row.permission not in own:
            session.delete(row)
    for key in sorted(wanted - member.role_keys):
        session.add(UserRole(user_id=user.id, role_id=key))
    for permission in sorted(own - member.own):
        session.add(UserPermission(user_id=user.id, permission=permission.value))
    audit.append(
        session,
        caller,
        AuditAction.USER_ROLES_CHANGED,
        object_type="user",
        object_id=user.id,
        details={
            "roles_before": _names(roster, member.role_keys),
            "roles": _names(roster, wanted),
            "permissions_before": list(rosters.in_order(member.own)),
            "permissions": list(rosters.in_order(own)),
        },
    )


def _why_untouchable(roster: Roster, caller: Caller, user: User) -> str:
    """Why the caller may change nothing of this account; empty if they may."""
    if user.id == caller.user_id:
        return _SELF
    try:
        rosters.require_not_above(roster, caller, user.id)
    except NotAllowed as refusal:
        return refusal.sentence
    return ""


def _facts(roster: Roster, user_id: str) -> tuple[object, ...]:
    member = roster.members[user_id]
    return (
        sorted(member.role_keys),
        rosters.in_order(member.own),
        rosters.in_order(roster.rights_of(user_id)),
    )


def _factors(session: Session) -> Mapping[str, PersonFactors]:
    """The second factors of everybody who has any."""
    apps, passkeys = factors.holders_of_apps(session), factors.passkey_counts(session)
    codes = factors.recovery_code_counts(session)
    return {
        user_id: PersonFactors(user_id in apps, passkeys.get(user_id, 0), codes.get(user_id, 0))
        for user_id in apps | passkeys.keys() | codes.keys()
    }


def _row(
    user: User,
    roster: Roster,
    seen: Mapping[str, datetime],
    held: Mapping[str, PersonFactors],
    caller: Caller,
) -> PersonRow:
    member = roster.members[user.id]
    at = seen.get(user.id) or user.last_signed_in_at
    return PersonRow(
        user_id=user.id,
        email=_address(user),
        display_name=user.display_name,
        roles=tuple(_names(roster, member.role_keys)),
        own=rosters.in_order(member.own),
        standing=PersonStanding.ACTIVE if user.is_active else PersonStanding.DISABLED,
        last_seen_at=at.isoformat(timespec="seconds") if at else "",
        is_service=user.is_service,
        is_self=user.id == caller.user_id,
        factors=held.get(user.id, PersonFactors()),
    )


def _names(roster: Roster, role_keys: frozenset[str]) -> list[str]:
    return sorted(roster.roles[key].name for key in role_keys if key in roster.roles)


def _address(user: User) -> str:
    """The e-mail address; a service account has none."""
    return "" if user.is_service else user.email


def _required(user: User | None) -> User:
    if user is None:
        raise NotFound("There is no such account in this organization.")
    return user
