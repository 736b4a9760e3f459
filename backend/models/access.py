"""What opens a study to a person who does not reach all of them, and who was let in besides; with the queries.

Which of these ways counts for what is decided in `access.policy`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func
from sqlmodel import Field, Session, UniqueConstraint, col, select

from backend.models.base import Tenant, utc_column
from backend.models.people import RolePermission, User, UserPermission, UserRole
from backend.models.sharing import SharingGrant
from backend.models.studies import Patient, Study


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


def studies_of_accession(session: Session, accession_number: str) -> Sequence[Study]:
    """The studies with exactly this accession number."""
    return session.exec(
        select(Study).where(col(Study.accession_number) == accession_number).order_by(col(Study.id))
    ).all()


def patients_exactly(session: Session, patient_id: str, birth_date: str) -> Sequence[Patient]:
    """The patients with exactly this Patient ID and birth date (YYYYMMDD) who have a study."""
    return session.exec(
        select(Patient)
        .where(
            col(Patient.patient_id) == patient_id,
            col(Patient.patient_birth_date) == birth_date,
            col(Patient.id).in_(select(Study.patient_key)),
        )
        .order_by(col(Patient.id))
    ).all()


def patients_of_id(session: Session, patient_id: str) -> Sequence[Patient]:
    """The patients with exactly this Patient ID, if it is one."""
    return session.exec(
        select(Patient).where(col(Patient.patient_id) == patient_id, col(Patient.patient_id) != "")
    ).all()


def studies_of_patient(session: Session, patient_key: str) -> Sequence[Study]:
    """The patient's studies, newest first."""
    return session.exec(
        select(Study)
        .where(col(Study.patient_key) == patient_key)
        .order_by(col(Study.study_date).desc(), col(Study.id).desc())
    ).all()


def emergency_by_id(session: Session, emergency_id: str) -> EmergencyAccess | None:
    """The emergency access with this identifier."""
    return session.exec(
        select(EmergencyAccess).where(col(EmergencyAccess.id) == emergency_id)
    ).first()


def live_emergencies(session: Session, user_id: str, now: datetime) -> Sequence[EmergencyAccess]:
    """What a person has opened in an emergency and may still look at, oldest first."""
    return session.exec(
        select(EmergencyAccess)
        .where(
            col(EmergencyAccess.user_id) == user_id,
            col(EmergencyAccess.ended_at).is_(None),
            col(EmergencyAccess.expires_at) > now,
        )
        .order_by(col(EmergencyAccess.id))
    ).all()


def live_emergencies_of_patient(
    session: Session, patient_key: str, now: datetime
) -> Sequence[EmergencyAccess]:
    """By whom all of a patient's studies are open in an emergency at this moment."""
    return session.exec(
        select(EmergencyAccess).where(
            col(EmergencyAccess.patient_key) == patient_key,
            col(EmergencyAccess.ended_at).is_(None),
            col(EmergencyAccess.expires_at) > now,
        )
    ).all()


def emergencies_past_their_time(session: Session, now: datetime) -> Sequence[EmergencyAccess]:
    """Those whose time is over and whose end was not written down yet."""
    return session.exec(
        select(EmergencyAccess).where(
            col(EmergencyAccess.ended_at).is_(None), col(EmergencyAccess.expires_at) <= now
        )
    ).all()


def emergencies_with_people(
    session: Session, *, reviewed: bool, limit: int
) -> Sequence[tuple[EmergencyAccess, User]]:
    """Those that were reviewed, or those that wait for it, newest first, with who opened."""
    at = col(EmergencyAccess.reviewed_at)
    return session.exec(
        select(EmergencyAccess, User)
        .join(User, col(User.id) == col(EmergencyAccess.user_id))
        .where(at.is_not(None) if reviewed else at.is_(None))
        .order_by(col(EmergencyAccess.id).desc())
        .limit(limit)
    ).all()


def count_unreviewed_emergencies(session: Session) -> int:
    """How many wait for a review."""
    statement = select(func.count()).where(col(EmergencyAccess.reviewed_at).is_(None))
    return session.exec(statement).one()


def support_access_by_id(session: Session, support_access_id: str) -> SupportAccess | None:
    """The leave with this identifier, whether it still holds or not."""
    return session.exec(
        select(SupportAccess).where(col(SupportAccess.id) == support_access_id)
    ).first()


def live_support_accesses(session: Session, now: datetime) -> Sequence[SupportAccess]:
    """By whose leave support may look now, the newest first; of all organizations in a system session."""
    return session.exec(
        select(SupportAccess)
        .where(col(SupportAccess.ended_at).is_(None), col(SupportAccess.expires_at) > now)
        .order_by(col(SupportAccess.id).desc())
    ).all()


def support_accesses(session: Session, limit: int) -> Sequence[SupportAccess]:
    """The newest leaves that were given to support, whether they still hold or not."""
    return session.exec(
        select(SupportAccess).order_by(col(SupportAccess.id).desc()).limit(limit)
    ).all()


def support_accesses_past_their_time(session: Session, now: datetime) -> Sequence[SupportAccess]:
    """Those whose time is over and whose end was not written down yet."""
    return session.exec(
        select(SupportAccess).where(
            col(SupportAccess.ended_at).is_(None), col(SupportAccess.expires_at) <= now
        )
    ).all()


def holders_of(session: Session, permission: str) -> Sequence[User]:
    """The active people who hold a permission, by a role or alone; a program's account is none of them."""
    by_role = (
        select(UserRole.user_id)
        .join(RolePermission, col(RolePermission.role_id) == col(UserRole.role_id))
        .where(col(RolePermission.permission) == permission)
    )
    alone = select(UserPermission.user_id).where(col(UserPermission.permission) == permission)
    return session.exec(
        select(User)
        .where(
            col(User.is_active),
            col(User.is_service).is_(False),
            col(User.id).in_(by_role) | col(User.id).in_(alone),
        )
        .order_by(col(User.display_name), col(User.id))
    ).all()


def live_care(session: Session, now: datetime) -> Sequence[tuple[CareRelation, User, Patient]]:
    """Who takes care of whom at this moment."""
    return session.exec(
        select(CareRelation, User, Patient)
        .join(User, col(User.id) == col(CareRelation.user_id))
        .join(Patient, col(Patient.id) == col(CareRelation.patient_key))
        .where(
            col(CareRelation.ended_at).is_(None),
            col(CareRelation.expires_at).is_(None) | (col(CareRelation.expires_at) > now),
        )
        .order_by(col(User.display_name), col(CareRelation.id))
    ).all()


def names_in_studies(session: Session) -> Sequence[tuple[NameInStudies, User]]:
    """Which names in studies are whose."""
    return session.exec(
        select(NameInStudies, User)
        .join(User, col(User.id) == col(NameInStudies.user_id))
        .order_by(col(User.display_name), col(NameInStudies.name))
    ).all()


def live_grants(session: Session, now: datetime) -> Sequence[tuple[SharingGrant, User, Study]]:
    """Which study is open to whom at this moment, or will be."""
    return session.exec(
        select(SharingGrant, User, Study)
        .join(User, col(User.id) == col(SharingGrant.grantee_user_id))
        .join(Study, col(Study.id) == col(SharingGrant.study_key))
        .where(col(SharingGrant.revoked_at).is_(None), col(SharingGrant.expires_at) > now)
        .order_by(col(User.display_name), col(SharingGrant.id))
    ).all()


def care_of_patient(session: Session, patient_key: str) -> Sequence[CareRelation]:
    """Who takes or took care of a patient."""
    return session.exec(
        select(CareRelation).where(col(CareRelation.patient_key) == patient_key)
    ).all()


def care_by_id(session: Session, care_id: str) -> CareRelation | None:
    """The care relation with this identifier."""
    return session.exec(select(CareRelation).where(col(CareRelation.id) == care_id)).first()


def name_by_id(session: Session, name_id: str) -> NameInStudies | None:
    """The name with this identifier."""
    return session.exec(select(NameInStudies).where(col(NameInStudies.id) == name_id)).first()


def grant_by_id(session: Session, grant_id: str) -> SharingGrant | None:
    """The grant with this identifier."""
    return session.exec(select(SharingGrant).where(col(SharingGrant.id) == grant_id)).first()


def is_name_of(session: Session, user_id: str, name: str) -> bool:
    """Whether a name in studies is said to be this person's."""
    statement = select(NameInStudies.id).where(
        col(NameInStudies.user_id) == user_id, col(NameInStudies.name) == name
    )
    return session.exec(statement).first() is not None


def is_referrer(session: Session, name: str) -> bool:
    """Whether any study has this referring physician, letter by letter."""
    statement = select(Study.id).where(col(Study.referring_physician_name) == name).limit(1)
    return session.exec(statement).first() is not None
