"""What an organization demands of its people's sign-in, and who may ask to join: one row each.

How the row is read is in `access.policies` and `services.join_rules`.
"""

from sqlmodel import Field, Session, UniqueConstraint, col, select

from backend.core.vocabulary import JoinRule
from backend.models.base import Tenant


class OrganizationPolicy(Tenant, table=True):
    """Second factor, length of sessions, who may ask to join. An organization without a row has the defaults."""

    __tablename__ = "organization_policies"
    __table_args__ = (UniqueConstraint("organization_id"),)

    second_factor: str = Field(max_length=16)  # SecondFactorRule
    idle_minutes: int
    session_hours: int
    override_reason: str = Field(default="", max_length=400)
    joining: str = Field(default=JoinRule.ANYBODY.value, max_length=16)
    mail_domains: str = Field(default="", max_length=2000)  # with a space between two


def policy_of(session: Session, organization_id: str) -> OrganizationPolicy | None:
    """The organization's own row, if it ever changed anything."""
    return session.exec(
        select(OrganizationPolicy).where(col(OrganizationPolicy.organization_id) == organization_id)
    ).first()
