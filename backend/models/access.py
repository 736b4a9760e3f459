"""What opens a study to a person who does not reach all of them, and who was let in besides; with the queries.

Which of these ways counts for what is decided in `access.policy`.
"""

from datetime import datetime

from sqlmodel import Field, UniqueConstraint

from backend.models.base import Tenant, utc_column


class NameInStudies(Tenant, table=True):
    """A referring physician's name, exactly as studies have it (0008,0090), that is this person's."""

    __tablename__ = "names_in_studies"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    user_id: str = Field(foreign_key="users.id", index=True)
    name: str


class CareRelation(Tenant, table=True):
    """A person takes care of a patient, until it ends by its time or is ended."""

    __tablename__ = "care_relations"

    user_id: str = Field(foreign_key="users.id", index=True)
    patient_key: str = Field(foreign_key="patients.id", index=True, ondelete="CASCADE")
    granted_by_user_id: str = Field(foreign_key="users.id")
    reason: str = Field(default="", max_length=400)
    expires_at: datetime | None = utc_column()
    ended_at: datetime | None = utc_column()


class EmergencyAccess(Tenant, table=True):
    """Somebody opened, in an emergency, what they may not reach: one study, or all of a patient's.

    It outlives the study: whoever reviews it must see it even then, so nothing here refers to a row of a study.
    """

    __tablename__ = "emergency_accesses"

    user_id: str = Field(foreign_key="users.id", index=True)
    study_key: str = Field(default="", max_length=36)
    patient_key: str = Field(default="", max_length=36)
    reason: str = Field(max_length=400)
    expires_at: datetime = utc_column(required=True)
    ended_at: datetime | None = utc_column()
    reviewed_at: datetime | None = utc_column(index=True)
    reviewed_by_user_id: str | None = Field(default=None, foreign_key="users.id")
    review: str = Field(default="", max_length=400)


class SupportAccess(Tenant, table=True):
    """The organization lets support look, until then."""

    __tablename__ = "support_accesses"

    allowed_by_user_id: str = Field(foreign_key="users.id")
    reason: str = Field(max_length=400)
    expires_at: datetime = utc_column(required=True)
    ended_at: datetime | None = utc_column()
    ended_by_user_id: str | None = Field(default=None, foreign_key="users.id")
