"""Who holds which rights in an organization, as data; what a change would give and take; which changes nobody may make.

A change is made on the roster first. What came out is what a preview shows, and what the rules below are asked about, in
the very transaction that makes it: nothing that a session looked up before counts. How rights are kept is in `models`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from backend.core.caller import SYSTEM_USER_ID, Caller
from backend.core.errors import NotAllowed
from backend.core.permissions import Permission
from backend.models import rosters
from backend.models.session import Session
from backend.schemas.people import RightsChange

OFFICE = frozenset(
    {
        Permission.STUDY_VIEW,
        Permission.STUDY_ALL,
        Permission.STUDY_UPLOAD,
        Permission.STUDY_EDIT,
        Permission.STUDY_EXPORT,
        Permission.STUDY_SHARE,
        Permission.REPORT_VIEW,
        Permission.REPORT_WRITE,
        Permission.REPORT_SIGN,
        Permission.EMERGENCY_OPEN,
    }
)
"""What people need for their work with patients: whoever manages people gives and takes it, also without holding it.

Everything else administers, and is given and taken only by whoever holds it: power comes from nowhere else.
"""
ADMINISTRATION = frozenset(Permission) - OFFICE
GIVEN_TO_NOBODY = frozenset({Permission.SUPPORT_USE})
"""For the operator's support accounts, which belong to no customer."""

_OWN = "Nobody gives rights to themselves. Ask another administrator."
_LAST = "Then nobody could manage people any more. Make somebody else an administrator first."
_NO_LONGER = "You may no longer manage people: somebody has just changed your rights."


@dataclass(frozen=True, slots=True)
class RoleNow:
    """A role with its permissions."""

    name: str
    is_built_in: bool
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the organization with their roles, and what they hold beside them."""

    display_name: str
    can_sign_in: bool
    is_service: bool
    role_keys: frozenset[str]
    own: frozenset[Permission] = frozenset()


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody and every role of an organization at one moment, by identifier."""

    members: Mapping[str, Member]
    roles: Mapping[str, RoleNow] = field(default_factory=dict)

    def rights_of(self, user_id: str) -> frozenset[Permission]:
        """What somebody holds, whether their account is in use or not."""
        member = self.members.get(user_id)
        if member is None:
            return frozenset()
        by_role = (self.roles[key].permissions for key in member.role_keys if key in self.roles)
        return member.own.union(*by_role)

    def rights_in_use(self, user_id: str) -> frozenset[Permission]:
        """What somebody can do now: nothing while their account is not in use."""
        member = self.members.get(user_id)
        return self.rights_of(user_id) if member and member.can_sign_in else frozenset()

    def managers(self) -> frozenset[str]:
        """The people who can manage people now."""
        return frozenset(
            user_id
            for user_id, member in self.members.items()
            if not member.is_service and Permission.PEOPLE_MANAGE in self.rights_in_use(user_id)
        )

    def with_member(self, user_id: str, member: Member) -> "Roster":
        """The roster in which somebody is as given."""
        return replace(self, members={**self.members, user_id: member})

    def with_role(self, role_key: str, role: RoleNow | None) -> "Roster":
        """The roster in which a role is as given; None takes it away."""
        roles = {key: each for key, each in self.roles.items() if key != role_key}
        return replace(self, roles=roles if role is None else {**roles, role_key: role})


def load(session: Session, organization_id: str) -> Roster:
    """The roster of an organization, whether the session sees only that or all."""
    permissions: dict[str, set[str]] = {}
    for row in rosters.all_role_permissions(session, organization_id):
        permissions.setdefault(row.role_id, set()).add(row.permission)
    role_keys: dict[str, set[str]] = {}
    for held in rosters.all_user_roles(session, organization_id):
        role_keys.setdefault(held.user_id, set()).add(held.role_id)
    own: dict[str, set[str]] = {}
    for given in rosters.all_own_permissions(session, organization_id):
        own.setdefault(given.user_id, set()).add(given.permission)
    return Roster(
        members={
            user.id: Member(
                user.display_name,
                user.is_active,
                user.is_service,
                frozenset(role_keys.get(user.id, ())),
                _known(own.get(user.id, set())),
            )
            for user in rosters.all_users(session, organization_id)
        },
        roles={
            role.id: RoleNow(role.name, role.is_built_in, _known(permissions.get(role.id, set())))
            for role in rosters.all_roles(session, organization_id)
        },
    )


def _known(names: set[str]) -> frozenset[Permission]:
    return frozenset(each for each in Permission if each.value in names)


def changes(before: Roster, after: Roster) -> tuple[RightsChange, ...]:
    """Who gains and loses what, by name; whoever gains and loses nothing is not in it."""
    found = []
    for user_id, member in after.members.items():
        gained, lost = _difference(before, after, user_id)
        if gained or lost:
            found.append(
                RightsChange(user_id, member.display_name, in_order(gained), in_order(lost))
            )
    return tuple(sorted(found, key=lambda each: (each.display_name.casefold(), each.user_id)))


def require_sound(before: Roster, after: Roster, caller: Caller) -> None:
    """Refuse what nobody may do, whatever they hold.

    Args:
        before: As it is in the database at this moment.
        after: As it would be.
        caller: Who would change it. The program itself is trusted, but it too leaves somebody in charge.

    Raises:
        NotAllowed: If the caller no longer manages people, would gain anything, would give or take a right of
            administration that they do not hold, or would leave nobody in charge.
    """
    if caller.user_id != SYSTEM_USER_ID:
        require_in_charge(before, caller)
        if _difference(before, after, caller.user_id)[0]:
            raise NotAllowed(_OWN)
        require_own_power(before, caller, _power_moved(before, after))
    if not after.managers() and before.managers():
        raise NotAllowed(_LAST)


def require_may_give(session: Session, caller: Caller, role_names: Iterable[str]) -> None:
    """Refuse unless the caller may give roles of these names to somebody new.

    Args:
        session: An open session that sees the caller's organization.
        caller: Who would give them.
        role_names: Names of roles of the organization; those that do not exist give nothing.

    Raises:
        NotAllowed: As for `require_sound`.
    """
    before = load(session, caller.organization_id)
    names = frozenset(role_names)
    keys = frozenset(key for key, role in before.roles.items() if role.name in names)
    newcomer = Member("", can_sign_in=True, is_service=False, role_keys=keys)
    require_sound(before, before.with_member("", newcomer), caller)


def require_in_charge(roster: Roster, caller: Caller) -> None:
    """Refuse whoever does not manage people at this moment, whatever their session found before.

    Raises:
        NotAllowed: Saying so.
    """
    if caller.user_id != SYSTEM_USER_ID and caller.user_id not in roster.managers():
        raise NotAllowed(_NO_LONGER)


def require_not_above(roster: Roster, caller: Caller, user_id: str) -> None:
    """Refuse to touch the account of somebody who holds rights of administration that the caller does not.

    Raises:
        NotAllowed: Naming them.
    """
    if caller.user_id != SYSTEM_USER_ID:
        require_own_power(roster, caller, roster.rights_of(user_id) & ADMINISTRATION)


def require_own_power(roster: Roster, caller: Caller, power: frozenset[Permission]) -> None:
    """Refuse unless the caller holds all of these rights of administration.

    Raises:
        NotAllowed: Naming those that are missing.
    """
    missing = in_order(power - roster.rights_in_use(caller.user_id))
    if missing:
        raise NotAllowed(
            f"This concerns rights of administration that you do not hold yourself: {', '.join(missing)}."
            " Ask somebody who holds them."
        )


def in_order(rights: Iterable[Permission]) -> tuple[str, ...]:
    """Permissions by name, in the order of their list."""
    chosen = frozenset(rights)
    return tuple(each.value for each in Permission if each in chosen)


def fingerprint(*facts: object) -> str:
    """What a preview was made of: the act that follows must be made of the same."""
    return hashlib.sha256(json.dumps(facts, default=list).encode()).hexdigest()[:32]


def _difference(
    before: Roster, after: Roster, user_id: str
) -> tuple[frozenset[Permission], frozenset[Permission]]:
    """What somebody gains and loses: by what they hold, or by their account coming into use or out of it."""
    was, becomes = before.rights_of(user_id), after.rights_of(user_id)
    used, uses = before.rights_in_use(user_id), after.rights_in_use(user_id)
    return (becomes - was) | (uses - used), (was - becomes) | (used - uses)


def _power_moved(before: Roster, after: Roster) -> frozenset[Permission]:
    """Rights of administration that anybody gains or loses, or that come into a role or leave one."""
    moved: set[Permission] = set()
    for user_id in after.members:
        moved.update(*_difference(before, after, user_id))
    empty: frozenset[Permission] = frozenset()
    for key in {*before.roles, *after.roles}:
        was = before.roles[key].permissions if key in before.roles else empty
        becomes = after.roles[key].permissions if key in after.roles else empty
        moved.update(was ^ becomes)
    return frozenset(moved) & ADMINISTRATION
