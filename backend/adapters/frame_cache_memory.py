"""A cache of decoded frames in the memory of this process, bounded in bytes. What is decoded, and for whom, is not known here."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple

from backend.imaging.model import DecodedFrame
from backend.ports.frame_cache import FrameKey

# Of a full frame, of its first level, of all further ones.
_WEIGHTS = (1, 4, 16)


class _Kept(NamedTuple):
    """A frame, and the age of the cache at which it will have been unused for too long."""

    frame: DecodedFrame
    given_up_at: int


class MemoryFrameCache:
    """Gives up what was not used for longest, full frames sooner than levels, which cost more for their size.

    The cache has an age: that of what it gave up last. A frame that is used may stay until the cache is older by its
    weight: 1 for a full frame; a level is a quarter of the one below it and costs the reading of all of it to make
    again, so 4, and 16 for all further ones. So a level outlasts a few fillings of the cache with full frames, and no more
    than that: what nobody looks at makes room in the end, whatever it is (GreedyDual-Size).

    Args:
        limit_bytes: Upper bound of the pixels kept. A frame larger than this is served and not kept.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        # By weight; in each the order of use is that of the ages at which frames are given up.
        self._kept: dict[int, OrderedDict[FrameKey, _Kept]] = {
            weight: OrderedDict() for weight in _WEIGHTS
        }
        self._size_bytes = 0
        self._age = 0
        self._being_made: dict[FrameKey, Future[DecodedFrame]] = {}

    @property
    def size_bytes(self) -> int:
        """Bytes of the pixels that are kept at this moment."""
        return self._size_bytes

    @property
    def limit_bytes(self) -> int:
        """Bytes that are never exceeded."""
        return self._limit_bytes

    def get(self, key: FrameKey) -> DecodedFrame | None:
        """The frame, if it is kept."""
        with self._lock:
            return self._used(key)

    def get_or_make(self, key: FrameKey, make: Callable[[], DecodedFrame]) -> DecodedFrame:
        """The frame, made by `make` if it is not kept; one thread makes it and the others wait."""
        with self._lock:
            frame = self._used(key)
            if frame is not None:
                return frame
            making = self._being_made.get(key)
            is_maker = making is None
            if making is None:
                making = self._being_made[key] = Future()
        if not is_maker:
            return making.result()
        try:
            frame = make()
        except BaseException as error:
            with self._lock:
                self._finish(key, making)
            making.set_exception(error)
            raise
        with self._lock:
            if self._finish(key, making):
                self._keep(key, frame)
        making.set_result(frame)
        return frame

    def discard_study(self, study_key: str) -> None:
        """Forget all frames of a study, and keep none of it that is being made at this moment."""
        with self._lock:
            for frames in self._kept.values():
                for key in [key for key in frames if key.study_key == study_key]:
                    self._size_bytes -= frames.pop(key).frame.stored_values.nbytes
            for key in [key for key in self._being_made if key.study_key == study_key]:
                del self._being_made[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for frames in self._kept.values():
                frames.clear()
            self._being_made.clear()
            self._size_bytes = 0

    def _used(self, key: FrameKey) -> DecodedFrame | None:
        weight = _weight(key)
        kept = self._kept[weight].pop(key, None)
        if kept is None:
            return None
        self._kept[weight][key] = _Kept(kept.frame, self._age + weight)
        return kept.frame

    def _finish(self, key: FrameKey, making: "Future[DecodedFrame]") -> bool:
        """Nobody waits for this making any more; False if it was discarded or replaced meanwhile."""
        if self._being_made.get(key) is not making:
            return False
        del self._being_made[key]
        return True

    def _keep(self, key: FrameKey, frame: DecodedFrame) -> None:
        size_bytes = frame.stored_values.nbytes
        if size_bytes > self._limit_bytes:
            return
        weight = _weight(key)
        while self._size_bytes + size_bytes > self._limit_bytes:
            self._give_up_oldest()
        self._kept[weight][key] = _Kept(frame, self._age + weight)
        self._size_bytes += size_bytes

    def _give_up_oldest(self) -> None:
        oldest = {
            weight: next(iter(frames.values())).given_up_at
            for weight, frames in self._kept.items()
            if frames
        }
        weight = min(oldest, key=lambda each: (oldest[each], each))
        self._age = oldest[weight]
        self._size_bytes -= self._kept[weight].popitem(last=False)[1].frame.stored_values.nbytes


def _weight(key: FrameKey) -> int:
    return _WEIGHTS[min(key.level, len(_WEIGHTS) - 1)]
