"""Views of the worklist that somebody has kept: a question with a name, for themselves or for the organization."""

from collections.abc import Sequence

from sqlmodel import Field, Session, UniqueConstraint, col, or_, select

from backend.models.base import Tenant


class SavedView(Tenant, table=True):
    """A kept question; `question` is the JSON of `core.worklist_query.values_of`."""

    __tablename__ = "worklist_views"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    user_id: str = Field(foreign_key="users.id")
    name: str = Field(max_length=60)
    question: str = Field(default="{}")
    is_shared: bool = False


def views_for(session: Session, user_id: str) -> Sequence[SavedView]:
    """The views of a person and those that others share, by name."""
    statement = (
        select(SavedView)
        .where(or_(col(SavedView.user_id) == user_id, col(SavedView.is_shared)))
        .order_by(col(SavedView.name), col(SavedView.id))
    )
    return session.exec(statement).all()


def view_by_id(session: Session, view_id: str) -> SavedView | None:
    """The view, or None."""
    return session.exec(select(SavedView).where(col(SavedView.id) == view_id)).first()


def view_by_name(session: Session, user_id: str, name: str) -> SavedView | None:
    """The person's own view of that name, or None."""
    statement = select(SavedView).where(
        col(SavedView.user_id) == user_id, col(SavedView.name) == name
    )
    return session.exec(statement).first()
