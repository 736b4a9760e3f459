"""What stands over every page of somebody while it holds: an emergency, support that looks, what is wrong with the archive."""

from collections.abc import Callable
from datetime import UTC, datetime

from backend.access import policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.permissions import Permission
from backend.models import access as queries
from backend.models.session import Database
from backend.schemas.alerts import Alert, AlertKind


class Banners:
    """Use cases of the lines over every page.

    Args:
        database: Where accesses are.
        standing: What is wrong with the archive, for who may do something about it (`Alerts.standing`).
    """

    def __init__(self, database: Database, standing: Callable[[Caller], tuple[Alert, ...]]) -> None:
        self._database = database
        self._standing = standing

    def of(self, caller: Caller) -> tuple[Alert, ...]:
        """What the caller must have before their eyes at this moment."""
        now = clock.now()
        found: list[Alert] = []
        with self._database.read(caller.organization_id) as session:
            if caller.is_support:
                leave = queries.support_access_by_id(session, caller.support_access_id)
                if leave is not None:
                    found.append(Alert(AlertKind.SUPPORT_LOOKS, 1, _moment(leave.expires_at)))
            elif policy.reach(caller) is not None:
                mine = queries.live_emergencies(session, caller.user_id, now)
                if mine:
                    until = _moment(max(row.expires_at for row in mine))
                    found.append(Alert(AlertKind.EMERGENCY, len(mine), until))
            if policy.may(caller, Permission.EMERGENCY_REVIEW):
                waiting = queries.count_unreviewed_emergencies(session)
                if waiting:
                    found.append(Alert(AlertKind.EMERGENCIES_WAIT, waiting))
            if policy.may(caller, Permission.SUPPORT_ALLOW):
                leaves = queries.live_support_accesses(session, now)
                if leaves:
                    until = _moment(max(row.expires_at for row in leaves))
                    found.append(Alert(AlertKind.SUPPORT_IS_LET_IN, 1, until))
        if policy.may(caller, Permission.ARCHIVE_MANAGE):
            found += self._standing(caller)
        return tuple(found)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
