"""Support: accounts of the operator look into an organization, by its administrator's leave, for a time, with a reason.

They only ever look: `access.policy` gives them nothing else, and the database's session cannot write. Whatever they open is
in the trail that the organization reads. How such a caller is made of a session is in `access.support`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from backend.access import audit, passwords, policy
from backend.access.step_up import require_recent
from backend.core import clock
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Caller, system_caller
from backend.core.errors import Malformed, NotAllowed, NotFound, NotSignedIn
from backend.core.permissions import SUPPORT_PERMISSIONS, SUPPORT_ROLE, Permission
from backend.core.vocabulary import AuditAction
from backend.models import access as queries
from backend.models import organizations, people
from backend.models.access import SupportAccess
from backend.models.people import Role, RolePermission, UserRole
from backend.models.session import Database, Session
from backend.schemas.people import PersonView
from backend.schemas.support import Leave, OpenDoor, SupportPage
from backend.services.people import add_user, required_email, required_text
from backend.services.reasons import required_reason

HOURS = (1, 4, 24, 72)
_MOST_ROWS = 100


class SupportVisits:
    """Use cases of support access.

    Args:
        database: Where leaves and sessions are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, caller: Caller) -> SupportPage:
        """What the caller sees of support access; nothing of what is not for them."""
        return SupportPage(
            leaves=self.leaves(caller) if policy.may(caller, Permission.SUPPORT_ALLOW) else (),
            doors=self.open_doors(caller) if policy.may(caller, Permission.SUPPORT_USE) else (),
        )

    # -- the organization ------------------------------------------------------------------------

    def allow(self, caller: Caller, reason: str, hours: int) -> None:
        """Let support look for some hours; a leave that holds already is replaced.

        Raises:
            NotAllowed: Without `support:allow`.
            StepUpNeeded: If the caller has not proved lately who they are.
            Malformed: Without a reason, or for another time than `HOURS`.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.SUPPORT_ALLOW)
            require_recent(caller)
            if hours not in HOURS:
                raise Malformed("Support is let in for 1, 4, 24 or 72 hours.")
            reason = required_reason(reason)
            self._end_live(session, caller, "replaced by another one")
            leave = SupportAccess(
                allowed_by_user_id=caller.user_id,
                reason=reason,
                expires_at=clock.now() + timedelta(hours=hours),
            )
            session.add(leave)
            session.flush()
            _record(session, caller, AuditAction.SUPPORT_ALLOWED, leave, reason)

    def end(self, caller: Caller) -> None:
        """Let support look no longer; what it has open ends with its next step.

        Raises:
            NotAllowed: Without `support:allow`.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.SUPPORT_ALLOW)
            self._end_live(session, caller, "ended by hand")

    def leaves(self, caller: Caller) -> tuple[Leave, ...]:
        """The newest leaves, whether they still hold or not.

        Raises:
            NotAllowed: Without `support:allow`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.SUPPORT_ALLOW)
            found = queries.support_accesses(session, _MOST_ROWS)
            return tuple(_leave(session, row) for row in found)

    def end_what_is_over(self) -> int:
        """Write down the end of every leave whose time is over; how many there were. It has not held since."""
        with self._database.system_write() as session:
            rows = queries.support_accesses_past_their_time(session, clock.now())
            for row in rows:
                row.ended_at = row.expires_at
                session.add(row)
                program = system_caller(row.organization_id, frozenset())
                _record(session, program, AuditAction.SUPPORT_ENDED, row, "its time is over")
            return len(rows)

    def is_any_over(self, session: Session) -> bool:
        """Whether `end_what_is_over` would find something to do."""
        return bool(queries.support_accesses_past_their_time(session, clock.now()))

    def _end_live(self, session: Session, caller: Caller, why: str) -> None:
        now = clock.now()
        for row in queries.live_support_accesses(session, now):
            row.ended_at, row.ended_by_user_id = now, caller.user_id
            session.add(row)
            _record(session, caller, AuditAction.SUPPORT_ENDED, row, why)

    # -- support ---------------------------------------------------------------------------------

    def open_doors(self, caller: Caller) -> tuple[OpenDoor, ...]:
        """The organizations that let support in at this moment.

        Raises:
            NotAllowed: If the caller is no support account.
        """
        with self._database.system_read() as session:
            _require_support(session, caller)
            found = queries.live_support_accesses(session, clock.now())
            return tuple(_door(session, row) for row in found)

    def enter(self, caller: Caller, support_access_id: str, reason: str) -> None:
        """From now on the caller's session looks at the organization that gave this leave.

        Raises:
            NotAllowed: If the caller is no support account.
            NotFound: If there is no such leave, or it has ended.
            StepUpNeeded: If the caller has not proved lately who they are.
            Malformed: Without a reason.
        """
        with self._database.system_write() as session:
            _require_support(session, caller)
            require_recent(caller)
            reason = required_reason(reason)
            leave = queries.support_access_by_id(session, support_access_id)
            if leave is None or leave.ended_at is not None or leave.expires_at <= clock.now():
                raise NotFound
            self._look_at(session, caller, leave.id)
            visitor = _visitor(caller, leave.organization_id)
            _record(session, visitor, AuditAction.SUPPORT_USED, leave, reason)

    def leave(self, caller: Caller) -> None:
        """Look at no organization any longer."""
        with self._database.system_write() as session:
            _require_support(session, caller)
            self._look_at(session, caller, "")

    def _look_at(self, session: Session, caller: Caller, support_access_id: str) -> None:
        row = people.open_session(session, caller.session_id)
        if row is None:
            raise NotSignedIn
        row.support_access_id = support_access_id
        session.add(row)

    # -- the operator, from the command line -----------------------------------------------------

    def add_account(self, *, display_name: str, email: str, password: str) -> PersonView:
        """Make an account of the operator's support; it belongs to no customer's organization.

        Raises:
            Malformed: If a field is not usable, or the e-mail address is taken.
            PasswordRefused: Saying what to change.
            NotFound: While there is no organization yet that could let it in.
        """
        display_name = required_text(display_name, "a name")
        email = required_email(email)
        passwords.require_acceptable(password, (display_name, email))
        password_hash = passwords.hash_password(password)
        with self._database.system_write() as session:
            if not organizations.organizations_by_slug(session, ""):
                # Its account would stand in the way of the set-up link, which makes the first of all.
                raise NotFound("There is no organization yet that could let support in.")
            user = add_user(
                session,
                system_caller(SYSTEM_ORGANIZATION_ID, frozenset()),
                display_name=display_name,
                email=email,
                password_hash=password_hash,
                roles=(),
            )
            role = _support_role(session)
            session.add(
                UserRole(organization_id=SYSTEM_ORGANIZATION_ID, user_id=user.id, role_id=role.id)
            )
            return PersonView(
                user_id=user.id,
                email=user.email,
                display_name=user.display_name,
                roles=(SUPPORT_ROLE,),
                is_active=True,
                is_email_confirmed=False,
                last_signed_in_at="",
            )


def _require_support(session: Session, caller: Caller) -> None:
    policy.require(session, caller, Permission.SUPPORT_USE)
    if caller.at_home().organization_id != SYSTEM_ORGANIZATION_ID:
        raise NotAllowed


def _support_role(session: Session) -> Role:
    found: Sequence[Role] = people.roles_by_name(session, SYSTEM_ORGANIZATION_ID, [SUPPORT_ROLE])
    if found:
        return found[0]
    role = Role(organization_id=SYSTEM_ORGANIZATION_ID, name=SUPPORT_ROLE, is_built_in=True)
    session.add(role)
    session.flush()
    session.add_all(
        RolePermission(
            organization_id=SYSTEM_ORGANIZATION_ID, role_id=role.id, permission=permission.value
        )
        for permission in sorted(SUPPORT_PERMISSIONS)
    )
    return role


def _visitor(caller: Caller, organization_id: str) -> Caller:
    """Support, as the trail of the organization names it."""
    return replace(caller.at_home(), organization_id=organization_id)


def _leave(session: Session, row: SupportAccess) -> Leave:
    allowed_by = people.user_by_id(session, row.allowed_by_user_id)
    return Leave(
        support_access_id=row.id,
        allowed_by_name=allowed_by.display_name if allowed_by else "",
        reason=row.reason,
        began_at=_moment(row.created_at),
        ends_at=_moment(row.ended_at or row.expires_at),
        is_live=row.ended_at is None and clock.now() < row.expires_at,
    )


def _door(session: Session, row: SupportAccess) -> OpenDoor:
    organization = organizations.organization_by_id(session, row.organization_id)
    return OpenDoor(
        support_access_id=row.id,
        organization_name=organization.name if organization else "",
        reason=row.reason,
        ends_at=_moment(row.expires_at),
    )


def _record(
    session: Session, caller: Caller, action: AuditAction, row: SupportAccess, reason: str
) -> None:
    audit.append(
        session,
        caller,
        action,
        object_type="support",
        object_id=row.id,
        reason=reason,
        details={"until": _moment(row.expires_at)},
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
