"""Reads the next item while the last one is worked on."""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def read_ahead(items: Generator[T]) -> Iterator[T]:
    """The same items, each made in a thread of its own while the one before it is used.

    Args:
        items: Begun, run and closed in that thread, so that it may hold what belongs to one thread, such as a
            session. It never yields None.
    """
    with ThreadPoolExecutor(1, "pacscribe-read-ahead") as reader:
        try:
            coming = reader.submit(next, items, None)
            while (item := coming.result()) is not None:
                coming = reader.submit(next, items, None)
                yield item
        finally:
            reader.submit(items.close).result()
