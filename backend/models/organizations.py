"""Organizations: the wall around everything. Each other row belongs to one."""

from sqlmodel import Field

from backend.models.base import TenantRoot


class Organization(TenantRoot, table=True):
    """A hospital, a practice or a lab. The organization `system` holds what happens before anybody is known."""

    __tablename__ = "organizations"

    slug: str = Field(unique=True, max_length=64)
    name: str = Field(max_length=200)
