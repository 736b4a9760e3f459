"""Runs the jobs that are due, in one thread of `pacscribe serve`. What a job does and how it is recorded is in `services.jobs`."""

import logging
import threading

from backend.core.redaction import described_exception
from backend.services.jobs import Jobs

# How often the queue is asked what another process has added, and what has become due.
_LOOK_SECONDS = 5.0
# How long a stop of the program waits for the job in hand; if that is not enough, its lease runs out.
_STOP_SECONDS = 8.0
# After the queue itself could not be asked.
_TROUBLE_SECONDS = 30.0

_log = logging.getLogger(__name__)


class Worker:
    """A thread that takes one job after another.

    Args:
        jobs: The queue.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._stopping = threading.Event()
        self._something_to_do = threading.Event()
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin; everything that comes again and again is due at the start."""
        self._jobs.when_added(self._something_to_do.set)
        self._thread.start()

    def stop(self) -> None:
        """Let the job in hand stop at its next step, and wait for that, for a while; it goes on after the next start."""
        self._stopping.set()
        self._something_to_do.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def _work(self) -> None:
        is_scheduled = False
        while not self._stopping.is_set():
            self._something_to_do.clear()
            try:
                if not is_scheduled:
                    self._jobs.schedule()
                    is_scheduled = True
                if not self._jobs.run_next(self._stopping.is_set):
                    self._something_to_do.wait(_LOOK_SECONDS)
            except Exception as error:  # noqa: BLE001 - a database that is away now may be back at the next look
                _log.error("The queue of jobs cannot be asked: %s", described_exception(error))
                self._stopping.wait(_TROUBLE_SECONDS)
