"""Queries over a whole organization: who holds which roles and rights, who was seen when, what people have open.

Where an organization is named, the session may see all of them: e-mail addresses are unique over all.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import Session, col, func, or_, select

from backend.models.people import (
    Role,
    RolePermission,
    SignInSession,
    User,
    UserPermission,
    UserRole,
)
from backend.models.tokens import AccessToken


def all_users(session: Session, organization_id: str) -> Sequence[User]:
    """Everybody and every service account, by name."""
    return session.exec(
        select(User)
        .where(col(User.organization_id) == organization_id)
        .order_by(col(User.display_name), col(User.id))
    ).all()


def all_roles(session: Session, organization_id: str) -> Sequence[Role]:
    """Every role; the built-in ones first, each group by name."""
    return session.exec(
        select(Role)
        .where(col(Role.organization_id) == organization_id)
        .order_by(col(Role.is_built_in).desc(), col(Role.name), col(Role.id))
    ).all()


def role_by_id(session: Session, role_id: str) -> Role | None:
    """The role with this identifier."""
    return session.exec(select(Role).where(col(Role.id) == role_id)).first()


def all_role_permissions(session: Session, organization_id: str) -> Sequence[RolePermission]:
    """Every permission of every role."""
    return session.exec(
        select(RolePermission).where(col(RolePermission.organization_id) == organization_id)
    ).all()


def permissions_of_role(session: Session, role_id: str) -> Sequence[RolePermission]:
    """Every permission of one role."""
    return session.exec(select(RolePermission).where(col(RolePermission.role_id) == role_id)).all()


def all_user_roles(session: Session, organization_id: str) -> Sequence[UserRole]:
    """Who has which roles."""
    return session.exec(
        select(UserRole).where(col(UserRole.organization_id) == organization_id)
    ).all()


def holders_of_role(session: Session, role_id: str) -> Sequence[UserRole]:
    """Who has this role."""
    return session.exec(select(UserRole).where(col(UserRole.role_id) == role_id)).all()


def roles_of_user(session: Session, user_id: str) -> Sequence[UserRole]:
    """Which roles somebody has."""
    return session.exec(select(UserRole).where(col(UserRole.user_id) == user_id)).all()


def all_own_permissions(session: Session, organization_id: str) -> Sequence[UserPermission]:
    """What people were given beside their roles."""
    return session.exec(
        select(UserPermission).where(col(UserPermission.organization_id) == organization_id)
    ).all()


def own_rows_of(session: Session, user_id: str) -> Sequence[UserPermission]:
    """What somebody was given beside their roles."""
    return session.exec(select(UserPermission).where(col(UserPermission.user_id) == user_id)).all()


def last_uses(session: Session) -> Mapping[str, datetime]:
    """When each person was last seen, in whichever session."""
    found = session.exec(
        select(SignInSession.user_id, func.max(col(SignInSession.last_used_at))).group_by(
            col(SignInSession.user_id)
        )
    ).all()
    return {user_id: at for user_id, at in found if at is not None}


def open_session_count(session: Session, user_id: str, now: datetime) -> int:
    """How many sessions of somebody have neither ended nor reached their end."""
    return session.exec(
        select(func.count(col(SignInSession.id))).where(
            col(SignInSession.user_id) == user_id,
            col(SignInSession.ended_at).is_(None),
            col(SignInSession.expires_at) > now,
        )
    ).one()


def valid_token_count(session: Session, user_id: str, now: datetime) -> int:
    """How many access tokens of somebody are neither revoked nor out of time."""
    return session.exec(
        select(func.count(col(AccessToken.id))).where(
            col(AccessToken.user_id) == user_id,
            col(AccessToken.revoked_at).is_(None),
            col(AccessToken.expires_at) > now,
        )
    ).one()


def sessions_older_than(
    session: Session, now: datetime, *, unused_since: datetime, begun_before: datetime
) -> int:
    """How many open sessions were not used since a moment, or begun before another."""
    return session.exec(
        select(func.count(col(SignInSession.id))).where(
            col(SignInSession.ended_at).is_(None),
            col(SignInSession.expires_at) > now,
            or_(
                col(SignInSession.last_used_at) <= unused_since,
                col(SignInSession.created_at) <= begun_before,
            ),
        )
    ).one()
