"""One's own sessions: which there are, and their end. How a session lives is in `access.sessions`."""

from backend.access.sessions import Sessions
from backend.core.caller import Caller
from backend.core.errors import NotFound
from backend.core.user_agents import browser_name
from backend.models import people
from backend.models.session import Database
from backend.schemas.factors import SessionView


class OwnSessions:
    """The caller's sessions."""

    def __init__(self, database: Database, sessions: Sessions) -> None:
        self._database = database
        self._sessions = sessions

    def list_all(self, caller: Caller) -> tuple[SessionView, ...]:
        """Those that are open, this one first, then by last use."""
        with self._database.read(caller.organization_id) as session:
            rows = [
                row
                for row in people.open_sessions_of(session, caller.user_id)
                if self._sessions.is_in_time(session, row)
            ]
        rows.sort(key=lambda row: (row.id == caller.session_id, row.last_used_at), reverse=True)
        return tuple(
            SessionView(
                session_id=row.id,
                browser=browser_name(row.user_agent),
                ip_address=row.ip_address,
                method=row.method,
                began_at=row.created_at.isoformat(timespec="seconds"),
                last_used_at=row.last_used_at.isoformat(timespec="seconds"),
                is_this=row.id == caller.session_id,
            )
            for row in rows
        )

    def end(self, caller: Caller, session_id: str) -> None:
        """End one; what it has open ends now.

        Raises:
            NotFound: If there is no such session of the caller.
        """
        with self._database.write(caller.organization_id) as session:
            if not self._sessions.end_one_of(session, caller, session_id, "ended by its owner"):
                raise NotFound("This session has ended already.")

    def end_others(self, caller: Caller) -> int:
        """End all but this one; how many there were."""
        with self._database.write(caller.organization_id) as session:
            return self._sessions.end_others_of(session, caller, "ended by its owner")
