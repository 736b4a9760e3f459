"""Listing the elements of untrusted files in a process that can be killed, one for each file. How, is in `dicom.tag_listing`."""

import threading

from backend.adapters.confined_errand import answer_of
from backend.adapters.memory_room import Octets
from backend.core.errors import FileRefused
from backend.dicom.plain import NotPlain, from_json
from backend.dicom.tag_model import TagListing

_MEMORY_BYTES = 1 << 30
_CPU_SECONDS = 20
_WALL_SECONDS = 40.0
_MOST_ANSWER_BYTES = 32 << 20
_AT_A_TIME = 2
_OVER_LIMIT = "Listing the elements of this object takes more memory or time than is allowed."


class TagListerProcess:
    """Implements `services.instance_tags.ListsTags`; a few processes at a time, others wait."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(_AT_A_TIME)

    def list_tags(self, octets: Octets) -> TagListing:
        """The elements of a file.

        Raises:
            FileRefused: With the reason.
        """
        with self._places:
            answer = answer_of(
                "backend.adapters.tag_lister_child",
                {"memory_bytes": _MEMORY_BYTES, "cpu_seconds": _CPU_SECONDS},
                octets,
                wall_seconds=_WALL_SECONDS,
                most_bytes=_MOST_ANSWER_BYTES,
                over_limit=_OVER_LIMIT,
            )
        try:
            return from_json(TagListing, answer)
        except NotPlain:
            raise FileRefused(_OVER_LIMIT) from None
