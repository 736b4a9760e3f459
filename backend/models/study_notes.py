"""Notes that colleagues leave at a study. Who may write and change them is decided in `services.study_page`."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Field, Session, col, select

from backend.models.base import Tenant, utc_column
from backend.models.people import User


class StudyNote(Tenant, table=True):
    """A note; it is no part of the report and leaves the house with no study."""

    __tablename__ = "study_notes"

    study_key: str = Field(foreign_key="studies.id", index=True)
    author_user_id: str = Field(foreign_key="users.id")
    text: str
    edited_at: datetime | None = utc_column()


def notes_of_study(session: Session, study_key: str) -> Sequence[tuple[StudyNote, User]]:
    """The notes with their authors, oldest first."""
    statement = (
        select(StudyNote, User)
        .join(User, col(StudyNote.author_user_id) == col(User.id))
        .where(col(StudyNote.study_key) == study_key)
        .order_by(col(StudyNote.id))
    )
    return session.exec(statement).all()


def note_by_id(session: Session, note_id: str) -> StudyNote | None:
    """The note, or None."""
    return session.exec(select(StudyNote).where(col(StudyNote.id) == note_id)).first()
