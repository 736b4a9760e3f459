"""Reads the next items while the last one is worked on."""

from collections.abc import Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import cycle
from typing import Generic, TypeVar

T = TypeVar("T")


def read_ahead(*sources: Generator[T]) -> Iterator[T]:
    """An item of each source in turn, each made in its source's own thread while those before it are used.

    Args:
        *sources: Begun, run and closed in a thread of its own each, so that it may hold what belongs to one thread,
            such as a session. None of them ever yields None; all is over when one of them is.
    """
    with ExitStack() as stack:
        lines = [stack.enter_context(closing(_Line(source))) for source in sources]
        for line in cycle(lines):
            item = line.next()
            if item is None:
                return
            yield item


class _Line(Generic[T]):
    """One source, an item ahead."""

    def __init__(self, source: Generator[T]) -> None:
        self._source = source
        self._reader = ThreadPoolExecutor(1, "pacscribe-read-ahead")
        self._coming = self._ask()

    def next(self) -> T | None:
        """The next item, None after the last."""
        item = self._coming.result()
        if item is not None:
            self._coming = self._ask()
        return item

    def close(self) -> None:
        """Close the source in its thread, and end that."""
        with self._reader:
            self._reader.submit(self._source.close).result()

    def _ask(self) -> Future[T | None]:
        return self._reader.submit(next, self._source, None)
