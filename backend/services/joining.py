"""Letting people into an organization: those who were invited, and those who ask. Signing up itself is in `services.sign_up`.

Whoever waits is no `User` yet and can do nothing; letting in is what makes the account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backend.access import audit, policy
from backend.access.step_up import require_recent
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotFound
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.models import joining as queries
from backend.models import organizations, people
from backend.models.joining import Invitation, JoinRequest
from backend.models.people import Role, User, UserRole
from backend.models.session import Database, Session
from backend.schemas.joining import InvitationRow, JoinRequestRow
from backend.services import links, rosters
from backend.services.letters import Letter, LinkWanted, send_later
from backend.services.links import LinkPurpose
from backend.services.people import required_email

INVITATION_LASTS = timedelta(days=7)
_MOST_OPEN_INVITATIONS = 500


@dataclass(frozen=True, slots=True)
class NewMember:
    """What is known of somebody who becomes a member."""

    email: str
    display_name: str
    password_hash: str
    phone: str
    specialty: str
    email_confirmed_at: datetime


class EmailTaken(Malformed):
    """Somebody has an account with this address."""

    default_sentence = "This e-mail address has an account already."


class Joining:
    """What administrators do about people who are not in the organization yet; every method needs `people:manage`.

    Args:
        database: Where people are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- those who ask ---------------------------------------------------------------------------

    def requests(self, caller: Caller) -> tuple[JoinRequestRow, ...]:
        """Everybody who waits to be let in, the one who has waited longest first."""
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            return tuple(_request_row(each) for each in queries.requests(session))

    def newcomers(
        self, caller: Caller
    ) -> tuple[tuple[JoinRequestRow, ...], tuple[InvitationRow, ...]]:
        """All who are on their way in, at once: those who wait to be let in, and those who are invited."""
        return self.requests(caller), self.invitations(caller)

    def approve(self, caller: Caller, request_id: str, role_ids: Sequence[str]) -> str:
        """Let somebody in, with these roles. They hear of it by mail.

        Returns:
            The identifier of the new account.

        Raises:
            NotAllowed: Without `people:manage`, or for a role that gives more than the caller may give.
            NotFound: If the request is gone: withdrawn, or decided by somebody else.
            Malformed: If no role is chosen, or one does not exist.
            EmailTaken: If the address has an account by now.
            StepUpNeeded: If the caller did not prove lately who they are.
        """
        self._require_recent_manager(caller)
        # E-mail addresses are unique over all organizations, so this session sees all of them.
        with self._database.system_write() as session:
            request = queries.request_by_id(session, request_id)
            if request is None or request.organization_id != caller.organization_id:
                raise NotFound("Nobody waits under this name any more.")
            roles = _givable_roles(session, caller, role_ids)
            member = NewMember(
                request.email,
                request.display_name,
                request.password_hash,
                request.phone,
                request.specialty,
                request.confirmed_at,
            )
            user = enrol(session, caller, member, roles)
            audit.append(
                session,
                caller,
                AuditAction.USER_APPROVED,
                object_type="user",
                object_id=user.id,
                details={"roles": [role.name for role in roles]},
            )
            session.delete(request)
            name = _organization_name(session, caller.organization_id)
            letter = Letter(
                to=request.email,
                subject=f"You can sign in to {name}",
                text=f"You asked to join {name} in PACScribe, and were let in. Sign in with your e-mail address and the "
                "password that you have chosen.",
                page="/sign-in",
            )
            send_later(session, caller.organization_id, letter)
            return user.id

    def decline(self, caller: Caller, request_id: str) -> None:
        """Do not let somebody in. They hear of it by mail; what they wrote about themselves is removed.

        Raises:
            NotAllowed: Without `people:manage`.
            NotFound: If the request is gone.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            request = queries.request_by_id(session, request_id)
            if request is None:
                raise NotFound("Nobody waits under this name any more.")
            audit.append(
                session,
                caller,
                AuditAction.USER_DECLINED,
                object_type="join-request",
                object_id=request.id,
            )
            letter = Letter(
                to=request.email,
                subject="You were not let in",
                text="You asked to join an organization in PACScribe. Its administrators have not let you in. If you think "
                "that this is a mistake, talk to them.",
            )
            send_later(session, caller.organization_id, letter)
            session.delete(request)

    # -- those who are invited -------------------------------------------------------------------

    def invitations(self, caller: Caller) -> tuple[InvitationRow, ...]:
        """Invitations that can still be accepted, the latest first."""
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            return tuple(
                _invitation_row(session, each)
                for each in queries.open_invitations(session, clock.now())
            )

    def invite(self, caller: Caller, email: str, role_ids: Sequence[str]) -> InvitationRow:
        """Invite somebody by mail; whoever is invited already is invited anew, and the earlier link ends.

        Whether the address has an account in another organization is not told: that is found out by whoever reads
        its mail.

        Raises:
            NotAllowed: Without `people:manage`, or for a role that gives more than the caller may give.
            Malformed: If the address is none, no role is chosen, or the person is in the organization already.
            StepUpNeeded: If the caller did not prove lately who they are.
        """
        email = required_email(email)
        self._require_recent_manager(caller)
        with self._database.write(caller.organization_id) as session:
            roles = _givable_roles(session, caller, role_ids)
            if people.user_by_email(session, email) is not None:
                raise Malformed("This person is in your organization already.")
            if queries.request_of(session, caller.organization_id, email) is not None:
                raise Malformed("This person asks to join already; let them in instead.")
            before = queries.open_invitations(session, clock.now())
            if len(before) >= _MOST_OPEN_INVITATIONS:
                raise Malformed("There are very many open invitations. Withdraw some first.")
            for each in before:
                if each.email == email:
                    _end(session, each)
            invitation = Invitation(
                organization_id=caller.organization_id,
                email=email,
                role_ids=" ".join(role.id for role in roles),
                invited_by_user_id=caller.user_id,
                expires_at=clock.now() + INVITATION_LASTS,
            )
            session.add(invitation)
            session.flush()
            audit.append(
                session,
                caller,
                AuditAction.USER_INVITED,
                object_type="invitation",
                object_id=invitation.id,
                details={"roles": [role.name for role in roles]},
            )
            name = _organization_name(session, caller.organization_id)
            send_later(
                session, caller.organization_id, _invitation_letter(invitation, caller, name)
            )
            return _invitation_row(session, invitation)

    def withdraw(self, caller: Caller, invitation_id: str) -> None:
        """Take an invitation back; its link stops working now.

        Raises:
            NotAllowed: Without `people:manage`.
            NotFound: If there is no such open invitation.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            invitation = queries.invitation_by_id(session, invitation_id)
            if invitation is None or invitation.accepted_at or invitation.withdrawn_at:
                raise NotFound("There is no such open invitation.")
            _end(session, invitation)
            audit.append(
                session,
                caller,
                AuditAction.INVITATION_WITHDRAWN,
                object_type="invitation",
                object_id=invitation.id,
            )

    def prune(self) -> str:
        """Remove those who were on their way in long ago and never came; for the program itself."""
        with self._database.system_write() as session:
            queries.delete_stale(session, clock.now() - timedelta(days=30))
        return "Those who never came in are forgotten."

    def _require_recent_manager(self, caller: Caller) -> None:
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
        require_recent(caller)


def enrol(session: Session, caller: Caller, member: NewMember, roles: Sequence[Role]) -> User:
    """Make an account in the caller's organization, in a system session.

    Raises:
        EmailTaken: If the address has one already, in whichever organization.
    """
    if people.user_by_email(session, member.email) is not None:
        raise EmailTaken
    user = User(
        organization_id=caller.organization_id,
        email=member.email,
        display_name=member.display_name,
        password_hash=member.password_hash,
        password_changed_at=clock.now(),
        phone=member.phone,
        specialty=member.specialty,
        email_confirmed_at=member.email_confirmed_at,
    )
    session.add(user)
    session.flush()
    for role in roles:
        session.add(
            UserRole(organization_id=caller.organization_id, user_id=user.id, role_id=role.id)
        )
    audit.append(
        session,
        caller,
        AuditAction.USER_CREATED,
        object_type="user",
        object_id=user.id,
        details={"roles": [role.name for role in roles]},
    )
    return user


def _givable_roles(session: Session, caller: Caller, role_ids: Sequence[str]) -> Sequence[Role]:
    """The roles, if the caller may give all that they hold."""
    wanted = set(role_ids)
    roles = [
        role
        for role in queries.roles_with_ids(session, sorted(wanted))
        if role.organization_id == caller.organization_id
    ]
    if not wanted or {role.id for role in roles} != wanted:
        raise Malformed("Choose at least one of the roles of your organization.")
    rosters.require_may_give(session, caller, [role.name for role in roles])
    return roles


def _end(session: Session, invitation: Invitation) -> None:
    invitation.withdrawn_at = clock.now()
    session.add(invitation)
    links.withdraw(session, LinkPurpose.INVITATION, about=invitation.id)


def _invitation_letter(invitation: Invitation, caller: Caller, organization_name: str) -> Letter:
    return Letter(
        to=invitation.email,
        subject=f"{organization_name} invites you to PACScribe",
        text=f"{caller.display_name} invites you to {organization_name} in PACScribe, where images are read and reports "
        "written.\n\nThis link makes your account. It works once, for seven days:",
        page="/invitation",
        link=LinkWanted(LinkPurpose.INVITATION, INVITATION_LASTS, about=invitation.id),
        closing="If you do not know who this is, do nothing.",
        useful_for=INVITATION_LASTS,
    )


def _organization_name(session: Session, organization_id: str) -> str:
    organization = organizations.organization_by_id(session, organization_id)
    return organization.name if organization else ""


def _request_row(request: JoinRequest) -> JoinRequestRow:
    return JoinRequestRow(
        request_id=request.id,
        email=request.email,
        display_name=request.display_name,
        wished_role=request.wished_role,
        phone=request.phone,
        specialty=request.specialty,
        asked_at=request.confirmed_at.isoformat(timespec="seconds"),
    )


def _invitation_row(session: Session, invitation: Invitation) -> InvitationRow:
    inviter = people.user_by_id(session, invitation.invited_by_user_id)
    roles = queries.roles_with_ids(session, invitation.role_ids.split())
    return InvitationRow(
        invitation_id=invitation.id,
        email=invitation.email,
        roles=tuple(role.name for role in roles),
        invited_by=inviter.display_name if inviter else "",
        invited_at=invitation.created_at.isoformat(timespec="seconds"),
        expires_at=invitation.expires_at.isoformat(timespec="seconds"),
    )
