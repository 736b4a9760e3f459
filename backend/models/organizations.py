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
