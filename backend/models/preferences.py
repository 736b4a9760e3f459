"""How people like to work: one row per person, written by nobody else."""

from sqlmodel import Field, Session, col, select

from backend.models.base import Tenant


class Preferences(Tenant, table=True):
    """What a person has chosen, as JSON: for the viewer and the worklist, each as `schemas.preferences` says."""

    __tablename__ = "preferences"

    user_id: str = Field(foreign_key="users.id", unique=True)
    viewer: str = Field(default="{}")
    worklist: str = Field(default="{}")


def preferences_of(session: Session, user_id: str) -> Preferences | None:
    """The row of a person, if they have ever chosen anything."""
    return session.exec(select(Preferences).where(col(Preferences.user_id) == user_id)).first()
