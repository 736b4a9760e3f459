"""Queries about the documents of a study and the place of the next series in it. Holds no table."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from backend.models.studies import Instance, Patient, Series, Study


def patient_of_study(session: Session, study: Study) -> Patient:
    """The patient of a study."""
    return session.exec(select(Patient).where(col(Patient.id) == study.patient_key)).one()


def highest_series_number(session: Session, study_key: str) -> int:
    """The highest series number of a study; 0 if none has one."""
    found = session.exec(
        select(func.max(col(Series.series_number))).where(col(Series.study_key) == study_key)
    ).one()
    return int(found or 0)


def series_uid_of(session: Session, study_key: str, sop_instance_uid: str) -> str | None:
    """The series of an instance of a study; None if the study does not hold it."""
    return session.exec(
        select(Series.series_instance_uid)
        .join(Instance, col(Instance.series_key) == col(Series.id))
        .where(
            col(Instance.study_key) == study_key, col(Instance.sop_instance_uid) == sop_instance_uid
        )
    ).first()


def instances_of_class(
    session: Session, study_key: str, sop_class_uid: str
) -> Sequence[tuple[Instance, Series]]:
    """Instances of one SOP class in a study with their series, in the order of series and instance."""
    return session.exec(
        select(Instance, Series)
        .join(Series, col(Series.id) == col(Instance.series_key))
        .where(col(Instance.study_key) == study_key, col(Instance.sop_class_uid) == sop_class_uid)
        .order_by(
            col(Series.series_number),
            col(Series.id),
            col(Instance.instance_number),
            col(Instance.id),
        )
    ).all()
