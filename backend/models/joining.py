"""People on their way in: who signed up and has not been let in yet, who was invited, whose address is changing; with their queries.

Nobody here can do anything: they become a `User` only when they are let in, so that no look-up of people can forget the
difference. What an application asks for is found out by a job, so applications belong to the organization `system`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Field, Session, UniqueConstraint, col, select

from backend.models.base import Tenant, utc_column
from backend.models.organizations import Organization
from backend.models.people import Role


class Application(Tenant, table=True):
    """Somebody signed up. Kept until the address is confirmed, and passed on to the organization that was meant."""

    __tablename__ = "applications"

    email: str = Field(max_length=254)
    display_name: str = Field(max_length=200)
    organization_name: str = Field(max_length=200)  # as it was typed: a name or a short name
    is_founding: bool = False
    wished_role: str = Field(max_length=64)
    phone: str = Field(default="", max_length=40)
    specialty: str = Field(default="", max_length=100)
    password_hash: str = Field(default="", max_length=255)  # chosen when the address is confirmed
    confirmed_at: datetime | None = utc_column()


class JoinRequest(Tenant, table=True):
    """Somebody whose address is confirmed waits for an administrator of the organization."""

    __tablename__ = "join_requests"
    __table_args__ = (UniqueConstraint("organization_id", "email"),)

    email: str = Field(max_length=254)
    display_name: str = Field(max_length=200)
    wished_role: str = Field(max_length=64)
    phone: str = Field(default="", max_length=40)
    specialty: str = Field(default="", max_length=100)
    password_hash: str = Field(max_length=255)
    confirmed_at: datetime = utc_column(required=True)


class Invitation(Tenant, table=True):
    """Somebody is invited to an organization, with the roles they will have."""

    __tablename__ = "invitations"

    email: str = Field(max_length=254)
    role_ids: str = Field(max_length=2000)  # separated by spaces
    invited_by_user_id: str = Field(foreign_key="users.id")
    expires_at: datetime = utc_column(required=True)
    accepted_at: datetime | None = utc_column()
    withdrawn_at: datetime | None = utc_column()


class EmailChange(Tenant, table=True):
    """Somebody wants another address; it changes once both are confirmed."""

    __tablename__ = "email_changes"

    user_id: str = Field(foreign_key="users.id", index=True)
    email: str = Field(max_length=254)
    old_confirmed_at: datetime | None = utc_column()
    new_confirmed_at: datetime | None = utc_column()
    expires_at: datetime = utc_column(required=True)
    ended_at: datetime | None = utc_column()


def application_by_id(session: Session, application_id: str) -> Application | None:
    """The application with this identifier."""
    return session.exec(select(Application).where(col(Application.id) == application_id)).first()


def organizations_named(session: Session, text: str) -> Sequence[Organization]:
    """The organization of this very short name, else all of this very name; in a system session.

    Args:
        session: An open system session.
        text: Folded, as `services.sign_up` folds names.
    """
    found = session.exec(select(Organization).where(col(Organization.slug) == text)).all()
    return found or [
        each for each in session.exec(select(Organization)).all() if each.name.casefold() == text
    ]


def request_by_id(session: Session, request_id: str) -> JoinRequest | None:
    """The request with this identifier."""
    return session.exec(select(JoinRequest).where(col(JoinRequest.id) == request_id)).first()


def request_of(session: Session, organization_id: str, email: str) -> JoinRequest | None:
    """The request of this address to join an organization."""
    return session.exec(
        select(JoinRequest).where(
            col(JoinRequest.organization_id) == organization_id, col(JoinRequest.email) == email
        )
    ).first()


def requests(session: Session) -> Sequence[JoinRequest]:
    """All requests, the oldest first."""
    return session.exec(
        select(JoinRequest).order_by(col(JoinRequest.confirmed_at), col(JoinRequest.id))
    ).all()


def invitation_by_id(session: Session, invitation_id: str) -> Invitation | None:
    """The invitation with this identifier."""
    return session.exec(select(Invitation).where(col(Invitation.id) == invitation_id)).first()


def open_invitations(session: Session, now: datetime) -> Sequence[Invitation]:
    """Invitations that can still be accepted, the latest first."""
    return session.exec(
        select(Invitation)
        .where(
            col(Invitation.accepted_at).is_(None),
            col(Invitation.withdrawn_at).is_(None),
            col(Invitation.expires_at) > now,
        )
        .order_by(col(Invitation.created_at).desc(), col(Invitation.id))
    ).all()


def open_email_change(session: Session, user_id: str, now: datetime) -> EmailChange | None:
    """The change of address that somebody has begun."""
    return session.exec(
        select(EmailChange).where(
            col(EmailChange.user_id) == user_id,
            col(EmailChange.ended_at).is_(None),
            col(EmailChange.expires_at) > now,
        )
    ).first()


def email_change_by_id(session: Session, change_id: str) -> EmailChange | None:
    """The change of address with this identifier."""
    return session.exec(select(EmailChange).where(col(EmailChange.id) == change_id)).first()


def roles_with_ids(session: Session, role_ids: Sequence[str]) -> Sequence[Role]:
    """Those of the roles that still exist, by name."""
    return session.exec(
        select(Role).where(col(Role.id).in_(list(role_ids))).order_by(col(Role.name))
    ).all()


def delete_stale(session: Session, before: datetime) -> None:
    """Remove those who were on their way in before then and never came; in a system session."""
    for table, moment in (
        (Application, col(Application.created_at)),
        (JoinRequest, col(JoinRequest.created_at)),
        (Invitation, col(Invitation.expires_at)),
        (EmailChange, col(EmailChange.expires_at)),
    ):
        session.execute(
            delete(table).where(moment < before).execution_options(synchronize_session=False)
        )
