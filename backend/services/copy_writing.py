"""A reading copy on its way into the store: its frames are taken as they come, and sealed from the first octet.

When copies are made is known in `reading_copies` and, for what is just being taken in, in `studies`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backend.core.errors import Refusal
from backend.dicom.model import InstanceAttributes, ParsedInstance
from backend.dicom.reading_copy import (
    PLAIN_SYNTAXES,
    READING_COPY_VERSION,
    CopiedFrame,
    IndexMaker,
)
from backend.imaging.packing import NotPacked
from backend.imaging.tiling import TILE_SIZE_PX
from backend.models.reading_copies import ReadingCopy
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectStore, StagedObject

# New studies must never find the disk filled with copies of old ones.
LEAVE_FREE_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class WrittenCopy:
    """A finished copy, still staged."""

    staged: StagedObject
    copy_index: bytes
    size_bytes: int


class CopyWriter:
    """Writes the frames of one instance.

    Args:
        object_store: Where the copy will be.
    """

    def __init__(self, object_store: ObjectStore) -> None:
        self._object_store = object_store
        self._staged: StagedObject | None = None
        self._index = IndexMaker()
        self._checksums: list[str] = []

    def take(self, frame: CopiedFrame) -> None:
        """The next frame.

        Raises:
            StorageFull: If there is not much room left.
            NotPacked: If it does not look like the frames before it.
        """
        if self._staged is None:
            self._staged = self._object_store.stage(leave_free_bytes=LEAVE_FREE_BYTES)
        self._index.add(frame)
        self._checksums.append(frame.pixel_sha256)
        for packed in frame.levels:
            self._staged.write(packed.octets)

    def finish(self, header_octets: bytes, checksums: Sequence[str]) -> WrittenCopy | None:
        """The copy; None if no frame was worth it.

        Args:
            header_octets: The reading header of the instance, as it is kept.
            checksums: Of all its frames, as they were taken at ingest.

        Raises:
            NotPacked: If the frames that were taken are not those.
        """
        if self._staged is None:
            return None
        if self._checksums != list(checksums):
            raise NotPacked("The frames of the copy are not those that were taken in.")
        size_bytes = self._staged.finish().size_bytes
        return WrittenCopy(self._staged, self._index.to_bytes(header_octets), size_bytes)

    def discard(self) -> None:
        """Remove what was written; does nothing once it is committed."""
        if self._staged is not None:
            self._staged.discard()


class CopyAlongTheWay:
    """A copy that is made while its instance is taken in. Whatever becomes of it, the instance is taken in all the same.

    Args:
        object_store: Where the copy will be.
    """

    def __init__(self, object_store: ObjectStore) -> None:
        self._writer = CopyWriter(object_store)
        self._has_failed = False

    def take(self, frame: CopiedFrame) -> None:
        """The next frame."""
        if self._has_failed:
            return
        try:
            self._writer.take(frame)
        except (Refusal, NotPacked, ValueError, OSError):
            self.discard()

    def finish(self, parsed: ParsedInstance) -> tuple[WrittenCopy | None, bool]:
        """The copy, if there is one, and whether that is the last word: if not, it is looked at again later."""
        if self._has_failed or not parsed.attributes.is_displayable:
            self.discard()
            return None, False
        try:
            copy = self._writer.finish(parsed.reading_header, parsed.frame_checksums)
        except (Refusal, NotPacked, ValueError, OSError):
            self.discard()
            return None, False
        return copy, copy is not None or _was_measured(parsed.attributes)

    def discard(self) -> None:
        """Remove what was written; does nothing once it is committed."""
        self._has_failed = True
        self._writer.discard()


def _was_measured(attributes: InstanceAttributes) -> bool:
    """Whether "no copy" was found out: of what nobody would copy it is not, and of deflated files later."""
    is_large = max(attributes.rows, attributes.columns) > TILE_SIZE_PX
    is_plain = attributes.transfer_syntax_uid in PLAIN_SYNTAXES
    return not attributes.is_deflated and (is_large or not is_plain)


def describe_copy(
    row: ReadingCopy, copy: WrittenCopy | None, keyring: Keyring, wrapped_data_key: bytes
) -> None:
    """Let a row say where the copy is, or that none is to be made."""
    row.version = READING_COPY_VERSION
    row.object_id, row.wrapped_object_key, row.copy_index, row.size_bytes = None, b"", b"", 0
    if copy is not None:
        row.object_id = copy.staged.object_id
        row.wrapped_object_key = keyring.wrap_object_key(copy.staged.object_key, wrapped_data_key)
        row.copy_index, row.size_bytes = copy.copy_index, copy.size_bytes
