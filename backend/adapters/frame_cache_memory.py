"""A cache of decoded frames in the memory of this process, bounded in bytes. What is decoded, and for whom, is not known here."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from backend.imaging.model import DecodedFrame
from backend.ports.frame_cache import FrameKey


class MemoryFrameCache:
    """Least recently used first, and full resolution before the smaller levels.

    A level of a pyramid is a quarter of the one below it and costs the reading of all of it to make again, so full
    frames are given up first; the smaller levels may fill at most half of the cache.

    Args:
        limit_bytes: Upper bound of the pixels kept. A frame larger than this is served and not kept.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._full: OrderedDict[FrameKey, DecodedFrame] = OrderedDict()
        self._reduced: OrderedDict[FrameKey, DecodedFrame] = OrderedDict()
        self._full_bytes = 0
        self._reduced_bytes = 0
        self._being_made: dict[FrameKey, Future[DecodedFrame]] = {}

    @property
    def size_bytes(self) -> int:
        """Bytes of the pixels that are kept at this moment."""
        return self._full_bytes + self._reduced_bytes

    @property
    def limit_bytes(self) -> int:
        """Bytes that are never exceeded."""
        return self._limit_bytes

    def get(self, key: FrameKey) -> DecodedFrame | None:
        """The frame, if it is kept."""
        with self._lock:
            return self._kept(key)

    def get_or_make(self, key: FrameKey, make: Callable[[], DecodedFrame]) -> DecodedFrame:
        """The frame, made by `make` if it is not kept; one thread makes it and the others wait."""
        with self._lock:
            frame = self._kept(key)
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
            for key in [key for key in self._full if key.study_key == study_key]:
                self._full_bytes -= self._full.pop(key).stored_values.nbytes
            for key in [key for key in self._reduced if key.study_key == study_key]:
                self._reduced_bytes -= self._reduced.pop(key).stored_values.nbytes
            for key in [key for key in self._being_made if key.study_key == study_key]:
                del self._being_made[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._full.clear()
            self._reduced.clear()
            self._being_made.clear()
            self._full_bytes = self._reduced_bytes = 0

    def _kept(self, key: FrameKey) -> DecodedFrame | None:
        frames = self._reduced if key.level else self._full
        frame = frames.get(key)
        if frame is not None:
            frames.move_to_end(key)
        return frame

    def _finish(self, key: FrameKey, making: "Future[DecodedFrame]") -> bool:
        """Nobody waits for this making any more; False if it was discarded or replaced meanwhile."""
        if self._being_made.get(key) is not making:
            return False
        del self._being_made[key]
        return True

    def _keep(self, key: FrameKey, frame: DecodedFrame) -> None:
        size_bytes = frame.stored_values.nbytes
        if size_bytes > (self._limit_bytes // 2 if key.level else self._limit_bytes):
            return
        if key.level:
            self._reduced[key] = frame
            self._reduced_bytes += size_bytes
        else:
            self._full[key] = frame
            self._full_bytes += size_bytes
        while self._reduced_bytes > self._limit_bytes // 2:
            self._reduced_bytes -= self._reduced.popitem(last=False)[1].stored_values.nbytes
        while self.size_bytes > self._limit_bytes:
            if self._full:
                self._full_bytes -= self._full.popitem(last=False)[1].stored_values.nbytes
            else:
                self._reduced_bytes -= self._reduced.popitem(last=False)[1].stored_values.nbytes
