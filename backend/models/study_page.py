"""Queries of a study's page: its series and objects, what happened to it, who may see it."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from backend.models.audit import AuditEntry
from backend.models.damages import Damage, is_withheld
from backend.models.people import Role, RolePermission, User, UserPermission, UserRole
from backend.models.reports import Report, ReportVersion
from backend.models.studies import Instance, Series


def series_of(session: Session, study_key: str) -> Sequence[Series]:
    """The series by number."""
    statement = (
        select(Series)
        .where(col(Series.study_key) == study_key)
        .order_by(col(Series.series_number), col(Series.id))
    )
    return session.exec(statement).all()


def instances_of(
    session: Session, study_key: str, series_instance_uid: str, *, offset: int, limit: int
) -> Sequence[Instance]:
    """Some of a series' objects, by number."""
    statement = (
        select(Instance)
        .join(Series, col(Instance.series_key) == col(Series.id))
        .where(
            col(Series.study_key) == study_key,
            col(Series.series_instance_uid) == series_instance_uid,
        )
        .order_by(col(Instance.instance_number), col(Instance.id))
        .offset(offset)
        .limit(limit)
    )
    return session.exec(statement).all()


def count_of_instances(session: Session, study_key: str, series_instance_uid: str) -> int:
    """How many objects a series has."""
    statement = (
        select(func.count(col(Instance.id)))
        .join(Series, col(Instance.series_key) == col(Series.id))
        .where(
            col(Series.study_key) == study_key,
            col(Series.series_instance_uid) == series_instance_uid,
        )
    )
    return session.exec(statement).one()


def is_object_withheld(session: Session, object_id: str) -> bool:
    """Whether an object is known to be damaged, and must not be read by anybody."""
    statement = (
        select(Damage.id)
        .join(Instance, is_withheld(col(Instance.object_id)))
        .where(col(Instance.object_id) == object_id)
    )
    return session.exec(statement).first() is not None


def entries_about(session: Session, object_ids: Sequence[str], limit: int) -> Sequence[AuditEntry]:
    """The newest entries of the audit trail about these objects, newest first."""
    statement = (
        select(AuditEntry)
        .where(col(AuditEntry.object_id).in_(object_ids))
        .order_by(col(AuditEntry.sequence).desc())
        .limit(limit)
    )
    return session.exec(statement).all()


def reports_with_versions(
    session: Session, study_key: str
) -> Sequence[tuple[Report, ReportVersion]]:
    """The signed versions of a study's reports, oldest first."""
    statement = (
        select(Report, ReportVersion)
        .join(ReportVersion, col(ReportVersion.report_id) == col(Report.id))
        .where(col(Report.study_key) == study_key)
        .order_by(col(ReportVersion.signed_at))
    )
    return session.exec(statement).all()


def people_with_rights(session: Session) -> list[tuple[User, str, str]]:
    """Every active person with each of their roles' names and each permission that it gives.

    Those that were given to a person alone come with an empty name.
    """
    alone = (
        select(User, UserPermission.permission)
        .join(UserPermission, col(UserPermission.user_id) == col(User.id))
        .where(col(User.is_active))
    )
    statement = (
        select(User, Role.name, RolePermission.permission)
        .join(UserRole, col(UserRole.user_id) == col(User.id))
        .join(Role, col(UserRole.role_id) == col(Role.id))
        .join(RolePermission, col(RolePermission.role_id) == col(Role.id))
        .where(col(User.is_active))
    )
    found = list(session.exec(statement).all())
    found += [(user, "", permission) for user, permission in session.exec(alone).all()]
    return sorted(found, key=lambda each: (each[0].display_name, each[0].id))
