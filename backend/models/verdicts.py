"""What the access function asks the tables. Verdicts themselves are given in `backend.access.policy`."""

from sqlmodel import Session, col, select

from backend.models.studies import Study


def study_by_uid(session: Session, organization_id: str, study_instance_uid: str) -> Study | None:
    """The organization's study with this UID.

    The organization is named although the session knows it: here, of all places, two walls are better than one.
    """
    return session.exec(
        select(Study).where(
            col(Study.organization_id) == organization_id,
            col(Study.study_instance_uid) == study_instance_uid,
        )
    ).first()


def study_by_key(session: Session, organization_id: str, study_key: str) -> Study | None:
    """The organization's study with this key (`Study.id`)."""
    return session.exec(
        select(Study).where(
            col(Study.organization_id) == organization_id, col(Study.id) == study_key
        )
    ).first()
