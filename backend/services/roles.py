"""Roles: the built-in ones, which never change, and the organization's own, which are made, changed and deleted.

Who gains and loses what by it, and what nobody may do, is in `services.rosters`.
"""

from collections.abc import Iterable

from backend.access import audit, policy, step_up
from backend.access.sessions import Sessions
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotAllowed, NotFound, Refusal
from backend.core.permissions import Permission
from backend.core.search_text import fold
from backend.core.vocabulary import AuditAction
from backend.models import rosters as table
from backend.models.people import Role, RolePermission
from backend.models.session import Database, Session
from backend.schemas.people import RightsChange, RoleChange, RolePreview, RoleView
from backend.services import rosters
from backend.services.people import required_text
from backend.services.rosters import RoleNow, Roster

MOST_ROLES = 50
MOST_SHOWN = 100
MOST_NAME_CHARACTERS = 60
_BUILT_IN = "This role comes with PACScribe and stays as it is. Copy it, and change the copy."
_CHANGED = "Somebody has changed people or roles meanwhile. Look again at what this would do."


class Roles:
    """Use cases of roles; every one needs `people:manage`.

    Args:
        database: Where roles are kept.
        sessions: Told that rights have changed.
    """

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def list_all(self, caller: Caller) -> tuple[RoleView, ...]:
        """Every role, the built-in ones first."""
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            return _views(rosters.load(session, caller.organization_id))

    def preview(self, caller: Caller, change: RoleChange) -> RolePreview:
        """What a change will do, without doing it.

        Raises:
            NotFound: If there is no such role in the organization.
            NotAllowed: For a built-in role, and for what nobody may do (`services.rosters`).
            Malformed: If the name is taken or not usable, or a permission is none.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            before = rosters.load(session, caller.organization_id)
            return _preview(before, _after(before, caller, change), change)

    def carry_out(
        self, caller: Caller, change: RoleChange, fingerprint: str
    ) -> tuple[RoleView, ...]:
        """Do what was previewed, and nothing else. It bites at the next event or byte of everybody concerned.

        Returns:
            Every role as it is then.

        Raises:
            Refusal: As for `preview`, or if it would do something else than what was shown.
            StepUpNeeded: If the caller has not proved lately who they are.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            before = rosters.load(session, caller.organization_id)
            after = _after(before, caller, change)
            preview = _preview(before, after, change)
            if preview.fingerprint != fingerprint:
                raise Refusal(_CHANGED)
            step_up.require_recent(caller)
            _write(session, caller, change, before)
            session.flush()
            self._database.after_commit(session, self._sessions.drop_verdicts)
            return _views(rosters.load(session, caller.organization_id))


def _after(before: Roster, caller: Caller, change: RoleChange) -> Roster:
    """The roster as it would be.

    Raises:
        NotFound, NotAllowed, Malformed: As for `Roles.preview`.
    """
    old = before.roles.get(change.role_key)
    if change.role_key and old is None:
        raise NotFound("There is no such role in this organization.")
    if old is not None and old.is_built_in:
        raise NotAllowed(_BUILT_IN)
    if change.is_deleted:
        if old is None:
            raise NotFound("There is no such role in this organization.")
        after = before.with_role(change.role_key, None)
    else:
        if old is None and len(before.roles) >= MOST_ROLES:
            raise Malformed(f"There are {MOST_ROLES} roles already. Delete one that is not needed.")
        role = RoleNow(
            _required_name(before, change), False, frozenset(required_rights(change.permissions))
        )
        after = before.with_role(change.role_key, role)
    rosters.require_sound(before, after, caller)
    return after


def _required_name(before: Roster, change: RoleChange) -> str:
    name = " ".join(required_text(change.name, "a name for the role").split())
    if len(name) > MOST_NAME_CHARACTERS:
        raise Malformed(f"Use at most {MOST_NAME_CHARACTERS} characters for the name of a role.")
    taken = {fold(role.name) for key, role in before.roles.items() if key != change.role_key}
    if fold(name) in taken:
        raise Malformed("There is a role of this name already. Choose another.")
    return name


def required_rights(names: Iterable[str]) -> tuple[Permission, ...]:
    """The permissions of these names, each once, in the order of their list.

    Raises:
        Malformed: If a name is none.
        NotAllowed: For a permission that nobody of a customer's organization holds.
    """
    chosen = frozenset(names)
    if not chosen <= {each.value for each in Permission}:
        raise Malformed("Not every one of these is a permission.")
    if chosen & rosters.GIVEN_TO_NOBODY:
        raise NotAllowed("This permission is for the operator's support accounts only.")
    return tuple(each for each in Permission if each.value in chosen)


def _preview(before: Roster, after: Roster, change: RoleChange) -> RolePreview:
    touched = rosters.changes(before, after)
    none: frozenset[Permission] = frozenset()
    was = before.roles[change.role_key].permissions if change.role_key else none
    becomes = none if change.is_deleted else frozenset(required_rights(change.permissions))
    return RolePreview(
        touched=touched[:MOST_SHOWN],
        total=len(touched),
        holders=_holders(before, change.role_key),
        gained=rosters.in_order(becomes - was),
        lost=rosters.in_order(was - becomes),
        fingerprint=rosters.fingerprint(
            change.role_key,
            change.name,
            sorted(change.permissions),
            change.is_deleted,
            rosters.in_order(was),
            [_facts(each) for each in touched],
        ),
    )


def _facts(change: RightsChange) -> tuple[object, ...]:
    return change.user_id, change.gained, change.lost


def _write(session: Session, caller: Caller, change: RoleChange, before: Roster) -> None:
    if change.is_deleted:
        _delete(session, caller, change.role_key, before)
        return
    wanted = required_rights(change.permissions)
    name = _required_name(before, change)
    role = table.role_by_id(session, change.role_key) if change.role_key else None
    if role is None:
        role = Role(name=name)
        session.add(role)
        session.flush()
        _permit(session, role.id, wanted)
        audit.append(
            session,
            caller,
            AuditAction.ROLE_CREATED,
            object_type="role",
            object_id=role.id,
            details={"name": name, "permissions": [each.value for each in wanted]},
        )
        return
    was = before.roles[role.id]
    for row in table.permissions_of_role(session, role.id):
        if row.permission not in wanted:
            session.delete(row)
    _permit(session, role.id, [each for each in wanted if each not in was.permissions])
    role.name = name
    session.add(role)
    audit.append(
        session,
        caller,
        AuditAction.ROLE_CHANGED,
        object_type="role",
        object_id=role.id,
        details={
            "name": name,
            "name_before": was.name,
            "added": list(rosters.in_order(frozenset(wanted) - was.permissions)),
            "taken": list(rosters.in_order(was.permissions - frozenset(wanted))),
        },
    )


def _delete(session: Session, caller: Caller, role_key: str, before: Roster) -> None:
    held = table.holders_of_role(session, role_key)
    for row in [*held, *table.permissions_of_role(session, role_key)]:
        session.delete(row)
    session.flush()  # what points at the role goes before it
    role = table.role_by_id(session, role_key)
    if role is not None:
        session.delete(role)
    audit.append(
        session,
        caller,
        AuditAction.ROLE_DELETED,
        object_type="role",
        object_id=role_key,
        details={
            "name": before.roles[role_key].name,
            "permissions": list(rosters.in_order(before.roles[role_key].permissions)),
            "holders": sorted(row.user_id for row in held),
        },
    )


def _permit(session: Session, role_key: str, permissions: Iterable[Permission]) -> None:
    for permission in permissions:
        session.add(RolePermission(role_id=role_key, permission=permission.value))


def _holders(roster: Roster, role_key: str) -> int:
    return sum(role_key in member.role_keys for member in roster.members.values())


def _views(roster: Roster) -> tuple[RoleView, ...]:
    return tuple(
        RoleView(
            key,
            role.name,
            role.is_built_in,
            rosters.in_order(role.permissions),
            _holders(roster, key),
        )
        for key, role in roster.roles.items()
    )
