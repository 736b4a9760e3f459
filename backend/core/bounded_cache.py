"""A small store of things that can be made again, bounded in size. Decoded pixels are kept in a `ports.frame_cache`."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BoundedCache(Generic[Key, Value]):
    """Least recently used first; safe to use from any thread.

    Args:
        limit: Upper bound of the sum of all weights.
        weigh: Weight of a value; 1 for each if not given.
    """

    def __init__(self, limit: int, weigh: Callable[[Value], int] | None = None) -> None:
        self._limit = limit
        self._weigh = weigh
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._weight = 0
        self._epoch = 0

    @property
    def epoch(self) -> int:
        """Grows with every `forget`; read it before making what `put` is to keep."""
        return self._epoch

    def get(self, key: Key) -> Value | None:
        """What is kept under `key`, or None."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Key, value: Value, epoch: int | None = None) -> None:
        """Keep a value, unless it was made before something was forgotten.

        Args:
            key: What it is kept under.
            value: What to keep. One that alone exceeds the limit is not kept.
            epoch: The cache's `epoch` when the making began; None if it cannot have become wrong since.
        """
        weight = 1 if self._weigh is None else self._weigh(value)
        with self._lock:
            if weight > self._limit or (epoch is not None and epoch != self._epoch):
                return
            self._drop(key)
            self._kept[key] = (value, weight)
            self._weight += weight
            while self._weight > self._limit:
                self._drop(next(iter(self._kept)))

    def forget(self, matches: Callable[[Key], bool]) -> list[Value]:
        """Drop every key that matches, and keep nothing that is being made at this moment.

        Returns:
            What was dropped.
        """
        with self._lock:
            self._epoch += 1
            matching = [key for key in self._kept if matches(key)]
            dropped = [self._kept[key][0] for key in matching]
            for key in matching:
                self._drop(key)
        return dropped

    def discard(self, key: Key) -> None:
        """Drop one key. Unlike `forget`, what is being made at this moment is still kept."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: Key) -> None:
        found = self._kept.pop(key, None)
        if found is not None:
            self._weight -= found[1]
