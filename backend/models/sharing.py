"""Sharing grants: who outside the usual roles may see a study, until when."""

from datetime import datetime

from sqlmodel import Field

from backend.models.base import Tenant, utc_column


class SharingGrant(Tenant, table=True):
    """A right on one study, for a person or for whoever holds a link, that ends and can be taken back."""

    __tablename__ = "sharing_grants"

    study_key: str = Field(foreign_key="studies.id", index=True)
    granted_by_user_id: str = Field(foreign_key="users.id")
    grantee_user_id: str | None = Field(default=None, foreign_key="users.id", index=True)
    token_hash: str | None = Field(default=None, unique=True, max_length=64)
    permission: str = Field(max_length=64)  # core.permissions.Permission
    reason: str = Field(default="", max_length=400)
    not_before: datetime = utc_column(required=True)
    expires_at: datetime = utc_column(required=True)
    revoked_at: datetime | None = utc_column()
    revoked_by_user_id: str | None = Field(default=None, foreign_key="users.id")
