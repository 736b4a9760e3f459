"""The shape of a cache of decoded frames; where the pixels lie is in `backend.adapters.frame_cache_*`."""

from collections.abc import Callable
from typing import NamedTuple, Protocol

from backend.imaging.model import DecodedFrame


class FrameKey(NamedTuple):
    """One level of one frame. Stored objects never change, so neither does what a key stands for.

    What is known of an object may: it is read anew by a later version of the program.

    Attributes:
        object_id: Identifier of the stored object, unique across organizations.
        frame_index: From 0.
        level: 0 for full resolution.
        study_key: Of the study it belongs to, with which it is forgotten.
        header_version: Of the reading header that it is decoded with.
    """

    object_id: str
    frame_index: int
    level: int
    study_key: str
    header_version: int


class FrameCache(Protocol):
    """Keeps decoded frames within a number of bytes. Who may see a frame is decided before it is asked for."""

    @property
    def size_bytes(self) -> int:
        """Bytes of the pixels that are kept at this moment."""
        ...

    @property
    def limit_bytes(self) -> int:
        """Bytes that are never exceeded."""
        ...

    def get(self, key: FrameKey) -> DecodedFrame | None:
        """The frame, if it is kept."""
        ...

    def get_or_make(self, key: FrameKey, make: Callable[[], DecodedFrame]) -> DecodedFrame:
        """The frame, made by `make` if it is not kept.

        However many threads ask for one key at a time, one of them makes it and the others wait. What `make` raises,
        all of them raise, and nothing is kept.
        """
        ...

    def discard_study(self, study_key: str) -> None:
        """Forget all frames of a study, and keep none of it that is being made at this moment."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...
