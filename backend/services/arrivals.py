"""What the audit trail says of files that arrive: one entry when the first of a study comes, one with how many at the end.

The first is written in the transaction that records the files, so that no arrival is ever lost. Batches that follow are only
counted, and summed up when the arrival is over: when an import ends, or nothing has come from a browser for a while. If
the process is killed in between, how many there were in all is not told; they themselves are there.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from backend.access import audit
from backend.core import clock
from backend.core.caller import Caller
from backend.core.redaction import described_exception
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models.session import Database, Session

# A browser sends a study in many requests; after so long without one it is done, or has broken off.
_QUIET_SECONDS = 20.0
# So long is what a killed process leaves without a sum at most.
_LONGEST_SECONDS = 15 * 60.0
_LOOK_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Arrived(NamedTuple):
    """What files came to be."""

    action: AuditAction
    object_type: str
    object_id: str
    outcome: AuditOutcome = AuditOutcome.SUCCESS


def taken_in(study_instance_uid: str) -> Arrived:
    """Instances of a study."""
    return Arrived(AuditAction.STUDY_IMPORTED, "study", study_instance_uid)


def kept_apart(conflict_key: str) -> Arrived:
    """Files of a conflict."""
    return Arrived(AuditAction.CONFLICT_HELD, "conflict", conflict_key)


TURNED_AWAY = Arrived(AuditAction.STUDY_IMPORTED, "study", "", AuditOutcome.REFUSED)
"""Files that were refused."""


class _Key(NamedTuple):
    organization_id: str
    session_id: str
    user_id: str
    arrived: Arrived


@dataclass(slots=True)
class _Arrival:
    """What has come so far, and how much of it is in the trail."""

    caller: Caller
    began_at: datetime
    began: float
    last_at: datetime
    last: float
    count: int = 0
    told: int = 0


class Arrivals:
    """Tells the audit trail of arrivals.

    Args:
        database: Where the audit trail is.
        seconds: A clock that never goes back.
    """

    def __init__(self, database: Database, seconds: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._seconds = seconds
        self._lock = threading.Lock()
        self._open: dict[_Key, _Arrival] = {}
        self._is_stopping = threading.Event()
        self._something_is_open = threading.Event()
        self._thread = threading.Thread(target=self._work, name="arrivals", daemon=True)

    def begin(
        self, session: Session, caller: Caller, counts: Mapping[Arrived, int]
    ) -> Collection[Arrived]:
        """Write an entry for each of which nothing has come yet, in the transaction that records it.

        Returns:
            Those of which there is an entry now, for `count`.
        """
        with self._lock:
            fresh = [arrived for arrived in counts if _key(caller, arrived) not in self._open]
        for arrived in fresh:
            _append(session, caller, arrived, {"instances": counts[arrived]})
        return fresh

    def count(
        self, caller: Caller, counts: Mapping[Arrived, int], told: Collection[Arrived]
    ) -> None:
        """That transaction is committed.

        Args:
            caller: Whose files they are.
            counts: What came.
            told: What `begin` has written of it; an arrival that was summed up meanwhile begins anew, and is told later.
        """
        at, now = clock.now(), self._seconds()
        with self._lock:
            for arrived, count in counts.items():
                key = _key(caller, arrived)
                arrival = self._open.get(key)
                if arrival is None:
                    arrival = self._open[key] = _Arrival(caller, at, now, at, now)
                arrival.count += count
                arrival.told += count if arrived in told else 0
                arrival.last_at, arrival.last = at, now
        if counts:
            self._something_is_open.set()

    def end(self, caller: Caller) -> None:
        """Nothing more comes from the program itself: sum up what came. Somebody's browser may send more."""
        if not caller.session_id:
            whose = (caller.organization_id, caller.session_id, caller.user_id)
            self._write_down(lambda key, _arrival: key[:3] == whose)

    def start(self) -> None:
        """Begin to look, every few seconds, which arrivals are over."""
        self._thread.start()

    def stop(self) -> None:
        """The program stops: every arrival is over."""
        self._is_stopping.set()
        self._something_is_open.set()
        if self._thread.is_alive():
            self._thread.join()
        self._write_down(lambda _key, _arrival: True)

    def write_down(self) -> None:
        """Sum up the arrivals that are over."""
        now = self._seconds()
        self._write_down(
            lambda _key, arrival: (
                now - arrival.last >= _QUIET_SECONDS or now - arrival.began >= _LONGEST_SECONDS
            )
        )

    def _work(self) -> None:
        while not self._is_stopping.is_set():
            self._something_is_open.wait()
            self._is_stopping.wait(_LOOK_SECONDS)
            self.write_down()
            with self._lock:
                if not self._open:
                    self._something_is_open.clear()

    def _write_down(self, is_over: Callable[[_Key, _Arrival], bool]) -> None:
        with self._lock:
            over = {key: one for key, one in self._open.items() if is_over(key, one)}
            for key in over:
                del self._open[key]
        for organization_id in {key.organization_id for key in over}:
            sums = {
                key: arrival
                for key, arrival in over.items()
                if key.organization_id == organization_id and arrival.count > arrival.told
            }
            if not sums:
                continue
            try:
                with self._database.write(organization_id) as session:
                    for key, arrival in sums.items():
                        _append(session, arrival.caller, key.arrived, _sum_of(arrival))
            except Exception as error:  # noqa: BLE001 - that they arrived is in the trail; only the sums are missing
                _log.error("Arrivals could not be summed up: %s", described_exception(error))


def _key(caller: Caller, arrived: Arrived) -> _Key:
    return _Key(caller.organization_id, caller.session_id, caller.user_id, arrived)


def _sum_of(arrival: _Arrival) -> dict[str, audit.DetailValue]:
    return {
        "instances_in_all": arrival.count,
        "from": _moment(arrival.began_at),
        "to": _moment(arrival.last_at),
    }


def _append(
    session: Session, caller: Caller, arrived: Arrived, details: Mapping[str, audit.DetailValue]
) -> None:
    audit.append(
        session,
        caller,
        arrived.action,
        object_type=arrived.object_type,
        object_id=arrived.object_id,
        outcome=arrived.outcome,
        details=details,
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
