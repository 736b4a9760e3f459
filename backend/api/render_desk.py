"""Who renders next: people take turns, then their connections; a viewport's newest request wins, prefetching comes last.

Knows no HTTP and no pixels: work is a callable that runs in a thread. Everything here runs in one event loop, which
is why there are no locks.
"""

import asyncio
import contextlib
import os
import sys
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

RENDER_THREADS = max(2, min(4, os.cpu_count() or 2))
AHEAD_THREADS = max(2, min(4, os.cpu_count() or 2))
AHEAD_NICENESS = 5
# Decoding JPEG 2000 takes longer, reading what is quick to read does not.
LONG_SECONDS = 0.01
# The most that one connection may have waiting: a page has at most a few viewports of a few dozen tiles.
MAX_WAITING = 512


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """One request of one viewport.

    Attributes:
        viewport: Name that the client gave the viewport.
        generation: Grows with each new wish of the viewport; tiles of one picture share it.
        work: Runs in a thread.
        answered: Called in the event loop with what `work` returned or raised; `OVERTAKEN` if it was not run.
    """

    viewport: str
    generation: int
    work: Callable[[], Any]
    answered: Callable[[Any], None]


class _Overtaken:
    """The type of `OVERTAKEN`."""


OVERTAKEN = _Overtaken()


class Line:
    """The requests of one connection that wait for their turn.

    Attributes:
        owner: Whose they are: who has many connections has no more turns than others.
    """

    def __init__(self, desk: "RenderDesk", owner: str) -> None:
        self.owner = owner
        self._desk = desk
        self._waiting: deque[Ask] = deque()
        self._ahead: OrderedDict[str, deque[Callable[[], bool]]] = OrderedDict()

    @property
    def is_full(self) -> bool:
        """Whether more requests are waiting than any page needs."""
        return len(self._waiting) >= MAX_WAITING

    def ask(self, ask: Ask) -> None:
        """Put a request into the line; older generations of its viewport leave it, answered as `OVERTAKEN`."""
        overtaken = [
            old
            for old in self._waiting
            if old.viewport == ask.viewport and old.generation < ask.generation
        ]
        if overtaken:
            self._waiting = deque(old for old in self._waiting if old not in overtaken)
        self._waiting.append(ask)
        for old in overtaken:
            old.answered(OVERTAKEN)
        self._desk.dispatch(self)

    def prefetch(self, viewport: str, works: Sequence[Callable[[], bool]]) -> None:
        """Replace what is to be made ready for a viewport; a work that returns False ends the list."""
        self._ahead.pop(viewport, None)
        if works:
            self._ahead[viewport] = deque(works)
        self._desk.dispatch(self)

    def close(self) -> None:
        """Forget everything that waits; nothing more is answered."""
        self._waiting.clear()
        self._ahead.clear()
        self._desk.leave(self)

    def take(self) -> Ask | None:
        """The next request, oldest first; the desk alone calls this."""
        return self._waiting.popleft() if self._waiting else None

    def take_ahead(self) -> tuple[Callable[[], bool], Callable[[], None]] | None:
        """The next work of prefetching, viewports in turn, and how to give up its list; the desk alone calls this."""
        while self._ahead:
            viewport, works = self._ahead.popitem(last=False)
            if works:
                work = works.popleft()
                self._ahead[viewport] = works
                # The list itself is emptied: by then another may have taken its place.
                return work, works.clear
        return None


class RenderDesk:
    """A few threads and a fair order.

    Args:
        threads: How many requests are drawn at a time. Prefetching has threads of its own, which the system runs after
            these: one, and while its works take long and nobody asks for anything, as many as there are processors.
    """

    def __init__(self, threads: int = RENDER_THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="render")
        self._ahead_pool = ThreadPoolExecutor(
            AHEAD_THREADS, thread_name_prefix="ahead", initializer=_step_back
        )
        self._threads = threads
        self._free = threads
        self._prefetching = 0
        self._takes_long = False  # what was prefetched last
        # Lines with something to do, in the order of their turns, by their owners, in the order of theirs.
        self._turns: OrderedDict[str, OrderedDict[Line, None]] = OrderedDict()

    def line(self, owner: str = "") -> Line:
        """A new connection's line.

        Args:
            owner: Whose it is.
        """
        return Line(self, owner)

    async def run(self, owner: str, work: Callable[[], Any]) -> Any:
        """Run one work in a thread when its owner's turn comes; what it raises is raised here."""
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def answered(outcome: Any) -> None:
            if done.done():  # nobody waits any more
                return
            if isinstance(outcome, BaseException):
                done.set_exception(outcome)
            else:
                done.set_result(outcome)

        line = self.line(owner)
        line.ask(Ask("", 0, work, answered))
        try:
            return await done
        finally:
            line.close()

    def leave(self, line: Line) -> None:
        """A line has nothing more to do."""
        lines = self._turns.get(line.owner)
        if lines is not None:
            lines.pop(line, None)
            if not lines:
                del self._turns[line.owner]

    def dispatch(self, line: Line | None = None) -> None:
        """Give free threads work.

        Args:
            line: A line that has got something to do.
        """
        if line is not None:
            self._turns.setdefault(line.owner, OrderedDict()).setdefault(line)
        while self._free and (ask := self._next_ask()) is not None:
            self._free -= 1
            self._start(self._pool, ask.work, partial(self._finished, ask))
        while self._prefetching < self._most_ahead():
            if not self._prefetch_next():
                return

    def shut_down(self) -> None:
        """Let the threads end once they have done what they are at."""
        self._turns.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._ahead_pool.shutdown(wait=False, cancel_futures=True)

    def _most_ahead(self) -> int:
        """How many works of prefetching may run now: none while all threads draw, several only while nobody asks."""
        if not self._free:
            return 0
        return AHEAD_THREADS if self._takes_long and self._free == self._threads else 1

    def _start(
        self,
        pool: ThreadPoolExecutor,
        work: Callable[[], Any],
        finished: Callable[[Any], None],
    ) -> None:
        """Run a work in a thread, and `finished` in the event loop with what it returned or raised.

        Handed over directly: the futures of `run_in_executor` would take the loop two more turns.
        """
        loop = asyncio.get_running_loop()

        def run() -> None:
            try:
                outcome = work()
            except BaseException as error:  # noqa: BLE001 - whoever asked is told, whatever it was
                outcome = error
            # A loop that is closed has nobody left to be told.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(finished, outcome)

        pool.submit(run)

    def _next_ask(self) -> Ask | None:
        for line in self._in_turn():
            ask = line.take()
            if ask is not None:
                self._had_turn(line)
                return ask
        return None

    def _in_turn(self) -> list[Line]:
        """The lines with something to do: of whoever's turn it is, the one whose turn it is, first."""
        return [line for lines in self._turns.values() for line in lines]

    def _had_turn(self, line: Line) -> None:
        self._turns.move_to_end(line.owner)
        self._turns[line.owner].move_to_end(line)

    def _finished(self, ask: Ask, outcome: Any) -> None:
        self._free += 1
        try:
            ask.answered(outcome)
        finally:
            self.dispatch()

    def _prefetch_next(self) -> bool:
        """Begin the next work of prefetching; False if there is none."""
        for line in self._in_turn():
            ahead = line.take_ahead()
            if ahead is None:
                # Neither a request nor a list: the line comes back when it has something to do.
                self.leave(line)
                continue
            work, give_up = ahead
            self._had_turn(line)
            self._prefetching += 1
            finished = partial(self._prefetched, give_up, time.monotonic())
            self._start(self._ahead_pool, work, finished)
            return True
        return False

    def _prefetched(self, give_up: Callable[[], None], began: float, outcome: Any) -> None:
        self._prefetching -= 1
        self._takes_long = time.monotonic() - began > LONG_SECONDS
        # Whatever stops prefetching will be said when the image itself is asked for.
        if outcome is not True:
            give_up()
        self.dispatch()


def _step_back() -> None:
    """Let the system run this thread after those that draw, where it knows threads by themselves."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), AHEAD_NICENESS)


_desks: WeakKeyDictionary[asyncio.AbstractEventLoop, RenderDesk] = WeakKeyDictionary()


def this_desk() -> RenderDesk:
    """The desk of the running event loop; a process that serves has one."""
    loop = asyncio.get_running_loop()
    desk = _desks.get(loop)
    if desk is None:
        desk = _desks[loop] = RenderDesk()
    return desk
