"""Users, their roles, their sessions and one-time links, with their queries. Rights are named in `core.permissions`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import case, delete, func
from sqlmodel import Field, Session, UniqueConstraint, col, select

from backend.models.base import Tenant, utc_column


class User(Tenant, table=True):
    """A person. One account is one human; the identifier never changes and is in every audit entry."""

    __tablename__ = "users"

    email: str = Field(unique=True, max_length=254)  # lower case; unique over all organizations
    display_name: str = Field(max_length=200)
    password_hash: str = Field(max_length=255)
    is_active: bool = True
    is_service: bool = False  # a program's: it has tokens, and never signs in
    phone: str = Field(default="", max_length=40)
    specialty: str = Field(default="", max_length=100)
    email_confirmed_at: datetime | None = utc_column()  # None: an administrator vouched for it
    password_changed_at: datetime = utc_column(required=True)
    last_signed_in_at: datetime | None = utc_column()


class Role(Tenant, table=True):
    """A named set of permissions inside an organization."""

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("organization_id", "name"),)

    name: str = Field(max_length=64)
    is_built_in: bool = False


class RolePermission(Tenant, table=True):
    """One permission of a role."""

    __tablename__ = "role_permissions"
    __table_args__ = (UniqueConstraint("role_id", "permission"),)

    role_id: str = Field(foreign_key="roles.id", index=True)
    permission: str = Field(max_length=64)


class UserRole(Tenant, table=True):
    """One role of a user."""

    __tablename__ = "user_roles"
    __table_args__ = (UniqueConstraint("user_id", "role_id"),)

    user_id: str = Field(foreign_key="users.id", index=True)
    role_id: str = Field(foreign_key="roles.id", index=True)


class UserPermission(Tenant, table=True):
    """One permission that a user holds beside those of their roles."""

    __tablename__ = "user_permissions"
    __table_args__ = (UniqueConstraint("user_id", "permission"),)

    user_id: str = Field(foreign_key="users.id", index=True)
    permission: str = Field(max_length=64)


class SignInSession(Tenant, table=True):
    """A signed-in browser. Only the SHA-256 of the cookie's token is kept."""

    __tablename__ = "sessions"

    user_id: str = Field(foreign_key="users.id", index=True)
    token_hash: str = Field(unique=True, max_length=64)
    last_used_at: datetime = utc_column(required=True)
    expires_at: datetime = utc_column(required=True)
    ended_at: datetime | None = utc_column()
    ip_address: str = Field(default="", max_length=64)
    user_agent: str = Field(default="", max_length=400)
    # Of a support account that looks into a customer's organization: by whose leave (`models.access.SupportAccess`).
    support_access_id: str = Field(default="", max_length=36)
    method: str = Field(default="", max_length=32)  # SignInMethod
    proved_at: datetime | None = utc_column()
    # The token before this one, and since when it is not the session's any more.
    previous_token_hash: str = Field(default="", index=True, max_length=64)
    renewed_at: datetime | None = utc_column()


class OneTimeLink(Tenant, table=True):
    """A link that works once, issued and redeemed in `services.links`. Only its SHA-256 is kept."""

    __tablename__ = "one_time_links"

    purpose: str = Field(max_length=32)
    token_hash: str = Field(unique=True, max_length=64)
    user_id: str | None = Field(default=None, foreign_key="users.id")
    about: str = Field(default="", max_length=64)  # what else it is about
    expires_at: datetime = utc_column(required=True)
    used_at: datetime | None = utc_column()


def user_by_email(session: Session, email: str) -> User | None:
    """The person with this sign-in name (lower case), active or not."""
    return session.exec(select(User).where(col(User.email) == email)).first()


def user_by_id(session: Session, user_id: str) -> User | None:
    """The person with this identifier, active or not."""
    return session.exec(select(User).where(col(User.id) == user_id)).first()


def all_users(session: Session) -> Sequence[User]:
    """Everybody, by name."""
    return session.exec(select(User).order_by(col(User.display_name), col(User.id))).all()


def is_any_user(session: Session) -> bool:
    """Whether anybody has an account."""
    return session.exec(select(User.id).limit(1)).first() is not None


def roles_by_name(session: Session, organization_id: str, names: Sequence[str]) -> Sequence[Role]:
    """Those of the organization's roles that have one of the names."""
    return session.exec(
        select(Role).where(
            col(Role.organization_id) == organization_id, col(Role.name).in_(list(names))
        )
    ).all()


def role_names_of(session: Session, user_id: str) -> tuple[str, ...]:
    """Names of a person's roles, in alphabetical order."""
    return tuple(
        session.exec(
            select(Role.name)
            .join(UserRole, col(UserRole.role_id) == col(Role.id))
            .where(col(UserRole.user_id) == user_id)
            .order_by(col(Role.name))
        ).all()
    )


def permissions_of(session: Session, user_id: str) -> frozenset[str]:
    """All rights that a person's roles give, and those given to them alone."""
    by_role = session.exec(
        select(RolePermission.permission)
        .join(UserRole, col(UserRole.role_id) == col(RolePermission.role_id))
        .where(col(UserRole.user_id) == user_id)
    ).all()
    return frozenset(by_role) | own_permissions_of(session, user_id)


def own_permissions_of(session: Session, user_id: str) -> frozenset[str]:
    """The rights that were given to a person alone, beside their roles."""
    statement = select(UserPermission.permission).where(col(UserPermission.user_id) == user_id)
    return frozenset(session.exec(statement).all())


def emails_of_holders(session: Session, permission: str, organization_id: str = "") -> list[str]:
    """Addresses of the active people who hold a permission, by a role or alone, in one organization or in all."""
    by_role = (
        select(UserRole.user_id)
        .join(RolePermission, col(RolePermission.role_id) == col(UserRole.role_id))
        .where(col(RolePermission.permission) == permission)
    )
    alone = select(UserPermission.user_id).where(col(UserPermission.permission) == permission)
    statement = (
        select(User.email)
        .where(
            col(User.is_active),
            col(User.is_service).is_(False),
            col(User.id).in_(by_role) | col(User.id).in_(alone),
        )
        .order_by(col(User.email))
    )
    if organization_id:
        statement = statement.where(col(User.organization_id) == organization_id)
    return list(session.exec(statement).all())


def session_by_token_hash(session: Session, token_hash: str) -> tuple[SignInSession, User] | None:
    """A sign-in session that has not ended, with its person; whether it is still in time is not looked at."""
    return session.exec(
        select(SignInSession, User)
        .join(User, col(User.id) == col(SignInSession.user_id))
        .where(col(SignInSession.token_hash) == token_hash, col(SignInSession.ended_at).is_(None))
    ).first()


def session_by_previous_token_hash(
    session: Session, token_hash: str, renewed_after: datetime
) -> tuple[SignInSession, User] | None:
    """Like `session_by_token_hash`, by the token that was exchanged for another after `renewed_after`."""
    return session.exec(
        select(SignInSession, User)
        .join(User, col(User.id) == col(SignInSession.user_id))
        .where(
            col(SignInSession.previous_token_hash) == token_hash,
            col(SignInSession.renewed_at) > renewed_after,
            col(SignInSession.ended_at).is_(None),
        )
    ).first()


def open_session(session: Session, session_id: str) -> SignInSession | None:
    """The sign-in session with this identifier, unless it has ended."""
    return session.exec(
        select(SignInSession).where(
            col(SignInSession.id) == session_id, col(SignInSession.ended_at).is_(None)
        )
    ).first()


def open_sessions(session: Session) -> Sequence[tuple[SignInSession, User]]:
    """The sign-in sessions that have not ended, with their people."""
    return session.exec(
        select(SignInSession, User)
        .where(col(SignInSession.user_id) == col(User.id), col(SignInSession.ended_at).is_(None))
        .order_by(col(SignInSession.id))
    ).all()


def open_sessions_of(session: Session, user_id: str) -> Sequence[SignInSession]:
    """A person's sign-in sessions that have not ended."""
    return session.exec(
        select(SignInSession).where(
            col(SignInSession.user_id) == user_id, col(SignInSession.ended_at).is_(None)
        )
    ).all()


def has_signed_in_from(session: Session, user_id: str, ip_address: str) -> bool:
    """Whether the person has ever signed in from this address."""
    return (
        session.exec(
            select(SignInSession.id)
            .where(
                col(SignInSession.user_id) == user_id, col(SignInSession.ip_address) == ip_address
            )
            .limit(1)
        ).first()
        is not None
    )


def has_anybody_signed_in_from(session: Session, ip_address: str) -> bool:
    """Whether somebody, whoever it was, has ever signed in from this address."""
    here = select(SignInSession.id).where(col(SignInSession.ip_address) == ip_address)
    return session.exec(here.limit(1)).first() is not None


def browsers_of(session: Session, user_id: str, ip_address: str) -> Mapping[str, bool]:
    """What the browsers called themselves from which the person has signed in, and whether each ever did from this address."""
    is_here = func.max(case((col(SignInSession.ip_address) == ip_address, 1), else_=0))
    found = session.exec(
        select(SignInSession.user_agent, is_here)
        .where(col(SignInSession.user_id) == user_id)
        .group_by(col(SignInSession.user_agent))
    )
    return {user_agent: bool(here) for user_agent, here in found.all()}


def usable_link(
    session: Session, purpose: str, token_hash: str, now: datetime
) -> OneTimeLink | None:
    """The one-time link with this hash, if it is neither used nor out of time."""
    return session.exec(
        select(OneTimeLink).where(
            col(OneTimeLink.purpose) == purpose,
            col(OneTimeLink.token_hash) == token_hash,
            col(OneTimeLink.used_at).is_(None),
            col(OneTimeLink.expires_at) > now,
        )
    ).first()


def unused_links(
    session: Session, purpose: str, *, user_id: str | None, about: str
) -> Sequence[OneTimeLink]:
    """Links of one purpose, for one person and matter, that were never used."""
    return session.exec(
        select(OneTimeLink).where(
            col(OneTimeLink.purpose) == purpose,
            col(OneTimeLink.user_id) == user_id,
            col(OneTimeLink.about) == about,
            col(OneTimeLink.used_at).is_(None),
        )
    ).all()


def delete_old_links(session: Session, before: datetime) -> None:
    """Remove links that stopped working before then."""
    session.execute(
        delete(OneTimeLink)
        .where(col(OneTimeLink.expires_at) < before)
        .execution_options(synchronize_session=False)
    )
