"""Objects that are known to be damaged. How that is found out is in `services.integrity`."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, delete
from sqlmodel import Field, Index, Session, col

from backend.core.vocabulary import DamageKind
from backend.models.base import Tenant, utc_column
from backend.models.parts import in_parts


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


def forget_damages(session: Session, object_ids: Collection[str]) -> None:
    """Of objects that are removed, nothing is told any more."""
    for some in in_parts(object_ids):
        session.execute(
            delete(Damage)
            .where(col(Damage.object_id).in_(some))
            .execution_options(synchronize_session=False)
        )


def is_withheld(object_id: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Joins to `Damage` the object that must not be read by anybody."""
    return (
        (col(Damage.object_id) == object_id)
        & col(Damage.resolved_at).is_(None)
        & (col(Damage.kind) != DamageKind.PIXELS)
    )
