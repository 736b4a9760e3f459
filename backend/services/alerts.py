"""What administrators must be told on every page: damaged objects, a disk that fills up."""

from backend.access import policy
from backend.core.caller import Caller
from backend.core.permissions import Permission
from backend.models.integrity import count_standing_damages
from backend.models.session import Database
from backend.schemas.alerts import Alert, AlertKind
from backend.schemas.storage import RoomLevel
from backend.services.storage import Storage

_LEVELS = {RoomLevel.LOW: AlertKind.STORAGE_LOW, RoomLevel.FULL: AlertKind.STORAGE_FULL}


class Alerts:
    """Use cases of alerts.

    Args:
        database: Where damages are marked.
        storage: Knows the disk.
    """

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    def standing(self, caller: Caller) -> tuple[Alert, ...]:
        """What is wrong at this moment, the worst first; empty when all is well.

        Raises:
            NotAllowed: Without `archive:manage`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.ARCHIVE_MANAGE)
            damaged = count_standing_damages(session)
        alerts = [Alert(AlertKind.DAMAGED, damaged)] if damaged else []
        level = self._storage.room().level
        if level in _LEVELS:
            alerts.append(Alert(_LEVELS[level], 0))
        return tuple(alerts)
