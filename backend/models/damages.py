"""Objects that are known to be damaged. How that is found out is in `services.integrity`."""

from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression
from sqlmodel import Field, Index, col

from backend.core.vocabulary import DamageKind
from backend.models.base import Tenant, utc_column


class Damage(Tenant, table=True):
    """A stored object that is not what was taken in. While that stands, nothing of it is shown or given out.

    One exception: octets that are right but decode otherwise than at ingest are told, and still shown.
    """

    __tablename__ = "damages"
    __table_args__ = (Index("ix_damages_open", "organization_id", "resolved_at"),)

    object_id: str = Field(unique=True, max_length=64)
    kind: str = Field(max_length=16)  # vocabulary.DamageKind
    study_instance_uid: str = Field(max_length=64)
    sop_instance_uid: str = Field(max_length=64)
    found_at: datetime = utc_column(required=True)
    resolved_at: datetime | None = utc_column()  # found whole again


def is_withheld(object_id: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Joins to `Damage` the object that must not be read by anybody."""
    return (
        (col(Damage.object_id) == object_id)
        & col(Damage.resolved_at).is_(None)
        & (col(Damage.kind) != DamageKind.PIXELS)
    )
