"""What use cases hold in their hands: a session, and the database that opens sessions.

Only the shapes live here; engines, locks and the tenancy hooks are in
``backend.adapters.database``.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from sqlmodel import Session

__all__ = ["Database", "Session"]


class Database(Protocol):
    """Opens sessions, each in one explicit transaction.

    A session opened for an organization adds the organization to every query and every new
    row by itself. A system session sees all organizations: it is for signing in, for
    background work and for migrations, never for a request of a signed-in person.
    """

    def read(self, organization_id: str) -> AbstractContextManager[Session]:
        """A session that sees one organization's rows in one consistent snapshot; nothing is kept."""
        ...

    def write(self, organization_id: str) -> AbstractContextManager[Session]:
        """A session that may change one organization's rows; committed at the end of the block.

        An error inside the block undoes everything.
        """
        ...

    def look(self, organization_id: str) -> AbstractContextManager[Session]:
        """Like ``read``, for a block that may try to write: ``NotAllowed`` is what it then meets."""
        ...

    def rehearse(self, organization_id: str) -> AbstractContextManager[Session]:
        """Like ``read``, for a block that changes rows in memory to see what would come of it: nothing is written, nobody waits.

        Nothing is flushed: a query finds rows as they are stored; see ``backend.models.pending`` for those that are changed.
        """
        ...

    def system_read(self) -> AbstractContextManager[Session]:
        """Like ``read``, across all organizations."""
        ...

    def system_write(self) -> AbstractContextManager[Session]:
        """Like ``write``, across all organizations; new rows must name their organization."""
        ...

    def write_together(self, work: Callable[[Session], None]) -> None:
        """Run something short in a system session's transaction that it shares with others of the same moment; returns when it is committed.

        Args:
            work: May be run again, after all that it did was undone; what it raises is raised here.
        """
        ...

    def after_commit(self, session: Session, action: Callable[[], None]) -> None:
        """Run ``action`` once the transaction of ``session`` is committed, never if it is undone."""
        ...

    @property
    def access_changes(self) -> int:
        """Grows with every transaction of this process that changes who may do what; read it before looking rights up."""
        ...

    def size_bytes(self) -> int:
        """How much room the whole database takes."""
        ...

    def close(self) -> None:
        """Release every connection."""
        ...
