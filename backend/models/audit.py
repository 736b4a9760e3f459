"""The audit trail: one chain over all organizations, each entry sealed with the hash of the one before."""

from datetime import datetime

from sqlmodel import Field

from backend.models.base import Tenant, utc_column


class AuditEntry(Tenant, table=True):
    """Who did what, when, from where, and how it ended. Rows are added and never changed: triggers see to it.

    `hash` is the SHA-256 over `previous_hash` and the canonical JSON of all other columns (`access.audit`).
    What happens before anybody is known belongs to the organization `system`.
    """

    __tablename__ = "audit_entries"

    sequence: int = Field(unique=True)  # from 1, without gaps
    at: datetime = utc_column(required=True, index=True)
    actor_user_id: str = Field(default="", max_length=64, index=True)
    actor_name: str = Field(default="", max_length=200)
    session_id: str = Field(default="", max_length=64)
    ip_address: str = Field(default="", max_length=64)
    user_agent: str = Field(default="", max_length=400)
    action: str = Field(max_length=64, index=True)  # vocabulary.AuditAction
    object_type: str = Field(default="", max_length=32)
    object_id: str = Field(default="", max_length=64, index=True)
    outcome: str = Field(max_length=16)  # vocabulary.AuditOutcome
    reason: str = Field(default="", max_length=400)
    details: str = Field(default="{}")  # canonical JSON, no patient names
    previous_hash: str = Field(max_length=64)
    hash: str = Field(unique=True, max_length=64)
