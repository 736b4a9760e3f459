"""Notices, at each flush, whether a transaction changes who may do what. What is remembered of rights is then looked up anew.

Nobody who writes a use case can forget it: it follows from the rows themselves.
"""

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.event import listens_for
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session

from backend.models.access import CareRelation, EmergencyAccess, NameInStudies, SupportAccess
from backend.models.people import (
    Role,
    RolePermission,
    SignInSession,
    User,
    UserPermission,
    UserRole,
)
from backend.models.sharing import SharingGrant
from backend.models.studies import Study

_NOTED = "pacscribe.access_changes.noted"
_ALL_OF: frozenset[Any] = frozenset(
    {
        CareRelation,
        EmergencyAccess,
        NameInStudies,
        Role,
        RolePermission,
        SharingGrant,
        SupportAccess,
        UserPermission,
        UserRole,
    }
)
_PARTS_OF: dict[Any, frozenset[str]] = {
    Study: frozenset({"patient_key", "assigned_to", "referring_physician_name"}),
    SignInSession: frozenset({"support_access_id"}),
    # Of a person nearly everything is about whether and as whom they may act.
    User: frozenset(User.model_fields) - {"last_signed_in_at"},
}
_TABLES = frozenset(str(each.__tablename__) for each in (*_ALL_OF, *_PARTS_OF))


def are_in(session: Session) -> bool:
    """Whether what the session has written so far changes rights."""
    return bool(session.info.get(_NOTED))


@listens_for(Session, "before_flush")
def _note_rows(session: Session, _context: Any, _instances: Any) -> None:
    # By type, not isinstance: this is asked for every row of every flush, and SQLModel's isinstance is slow.
    if (
        any(type(row) in _ALL_OF for row in session.new)
        or any(type(row) in _ALL_OF or _is_changed(row) for row in session.dirty)
        or any(type(row) in _ALL_OF or type(row) in _PARTS_OF for row in session.deleted)
    ):
        session.info[_NOTED] = True


def _is_changed(row: object) -> bool:
    parts = _PARTS_OF.get(type(row))
    if parts is None:
        return False
    state: Any = inspect(row)
    return any(state.attrs[name].history.has_changes() for name in parts)


@listens_for(Session, "do_orm_execute")
def _note_statements(state: ORMExecuteState) -> None:
    """An UPDATE or DELETE that passes by the rows of the session."""
    if state.is_update or state.is_delete:
        statement: Any = state.statement
        if statement.table.fullname in _TABLES:
            state.session.info[_NOTED] = True
