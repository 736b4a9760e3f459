"""Organizations: the wall around everything. Each other row belongs to one."""

from collections.abc import Sequence

from sqlmodel import Field, Session, col, select

from backend.core.caller import SYSTEM_ORGANIZATION_ID
from backend.models.base import TenantRoot


class Organization(TenantRoot, table=True):
    """A hospital, a practice or a lab. The organization `system` holds what happens before anybody is known."""

    __tablename__ = "organizations"

    slug: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=200)


def organizations_by_slug(session: Session, slug: str) -> Sequence[Organization]:
    """The organization of that slug; with an empty slug all of them, `system` excepted."""
    statement = select(Organization).where(col(Organization.id) != SYSTEM_ORGANIZATION_ID)
    if slug:
        statement = statement.where(col(Organization.slug) == slug)
    return session.exec(statement.order_by(col(Organization.slug))).all()


def organization_by_id(session: Session, organization_id: str) -> Organization | None:
    """The organization with this identifier."""
    return session.exec(select(Organization).where(col(Organization.id) == organization_id)).first()


def organization_by_slug(session: Session, slug: str) -> Organization | None:
    """The organization with this short name."""
    return session.exec(select(Organization).where(col(Organization.slug) == slug)).first()


def all_organizations(session: Session) -> Sequence[Organization]:
    """All organizations, by short name, `system` among them; for a system session."""
    return session.exec(select(Organization).order_by(col(Organization.slug))).all()
