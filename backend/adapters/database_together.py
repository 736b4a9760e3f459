"""Small writes that wait for the disk together: many of them in one transaction, each answered once it is durable.

For what is recorded of looking at something: it changes nothing that another of them could depend on, and there are
many at the same moment. A wait for the disk takes as long as a hundred such writes.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager

from backend.core.errors import Refusal
from backend.models.session import Session

_MOST_AT_ONCE = 200


class _Work:
    """What one thread wants written."""

    def __init__(self, work: Callable[[Session], None]) -> None:
        self.run = work
        self.is_done = False
        self.failure: Exception | None = None


class Together:
    """Whoever comes first writes for all who wait meanwhile. Safe to use from several threads.

    Args:
        write: Opens a writing session, committed at the end of the block.
    """

    def __init__(self, write: Callable[[], AbstractContextManager[Session]]) -> None:
        self._write = write
        self._turn = threading.Lock()
        self._waiting: deque[_Work] = deque()

    def write(self, work: Callable[[Session], None]) -> None:
        """Run `work`, perhaps in another thread, and return when it is committed; what it raises is raised here.

        Args:
            work: Short; it may be run again, after all that it did was undone.
        """
        own = _Work(work)
        self._waiting.append(own)
        with self._turn:
            while not own.is_done:
                self._run_those_who_wait()
        if own.failure is not None:
            raise own.failure

    def _run_those_who_wait(self) -> None:
        group = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST_AT_ONCE))]
        try:
            self._run(group)
        except Refusal as refusal:  # a busy database or a full disk refuses them all
            for work in group:
                work.failure, work.is_done = refusal, True
        except Exception:  # noqa: BLE001 - one of them fails, and nothing is kept of any: each is tried alone
            for work in group:
                try:
                    self._run([work])
                except Exception as failure:  # noqa: BLE001 - raised where the work came from
                    work.failure, work.is_done = failure, True
        finally:
            # Whoever is interrupted leaves the others to the next.
            self._waiting.extendleft(work for work in reversed(group) if not work.is_done)

    def _run(self, group: list[_Work]) -> None:
        with self._write() as session:
            for work in group:
                work.run(session)
        for work in group:
            work.is_done = True
