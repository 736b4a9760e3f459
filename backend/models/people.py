"""Users, their roles, their sessions and one-time links. Rights themselves are in `core.permissions`."""

from datetime import datetime

from sqlmodel import Field, UniqueConstraint

from backend.models.base import Tenant, utc_column


class User(Tenant, table=True):
    """A person. One account is one human; the identifier never changes and is in every audit entry."""

    __tablename__ = "users"

    email: str = Field(unique=True, max_length=254)  # lower case; unique over all organizations
    display_name: str = Field(max_length=200)
    password_hash: str = Field(max_length=255)
    is_active: bool = True
    password_changed_at: datetime = utc_column(required=True)
    last_signed_in_at: datetime | None = utc_column()
    failed_sign_ins: int = 0
    refused_until: datetime | None = utc_column()


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


class OneTimeLink(Tenant, table=True):
    """A link that works once: the set-up of the first administrator. Only its SHA-256 is kept."""

    __tablename__ = "one_time_links"

    purpose: str = Field(max_length=32)
    token_hash: str = Field(unique=True, max_length=64)
    user_id: str | None = Field(default=None, foreign_key="users.id")
    expires_at: datetime = utc_column(required=True)
    used_at: datetime | None = utc_column()
