"""The most memory that a process and all it started have held while something went on."""

import threading

from benchmarks.processes import megabytes

_EVERY_SECONDS = 0.05


class MemoryWatch:
    """Looks again and again, in a thread of its own; used as a context.

    Attributes:
        most_megabytes: So far; what the processes share is counted once.
    """

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.most_megabytes = 0.0

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopping.wait(_EVERY_SECONDS):
            try:
                now = megabytes(self._process_id)
            except OSError:
                continue  # one of them has just ended
            self.most_megabytes = max(self.most_megabytes, now)
