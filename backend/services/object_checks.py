"""Whether one stored object is what was taken in: its seal, its checksum, its frames. What is done about it is in `integrity`."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backend.core.errors import ObjectDamaged, ObjectMissing
from backend.core.vocabulary import DamageKind
from backend.dicom.model import ParsedInstance, Refused
from backend.models.integrity import KeptCopy, KeptObject
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectReader, ObjectStore

_STEP_BYTES = 1024 * 1024
# A process may be killed for reasons that are not the file's, so once is forgiven.
_DECODING_ATTEMPTS = 2

Parse = Callable[[ObjectReader], ParsedInstance | Refused]


@dataclass(frozen=True, slots=True)
class ObjectVerdict:
    """What was found.

    Attributes:
        damage: What is wrong; None if nothing is.
        frames: How many frames were decoded.
    """

    damage: DamageKind | None
    frames: int = 0


class ObjectChecks:
    """Reads objects to their end.

    Args:
        object_store: Where they are.
        keyring: Opens their keys.
        parse: Decodes every frame of a file, in a process of its own.
    """

    def __init__(self, object_store: ObjectStore, keyring: Keyring, parse: Parse) -> None:
        self._object_store = object_store
        self._keyring = keyring
        self._parse = parse

    def original(self, kept: KeptObject, frame_checksums: Sequence[str]) -> ObjectVerdict:
        """Check an object against what was written down when it was taken in.

        Args:
            kept: The object.
            frame_checksums: Of its frames, in order; empty where it has none.
        """
        try:
            key = self._keyring.unwrap_object_key(kept.wrapped_object_key, kept.wrapped_data_key)
            with self._object_store.open(kept.object_id, key) as reader:
                if (reader.size_bytes, _sha256(reader)) != (kept.size_bytes, kept.sha256):
                    return ObjectVerdict(DamageKind.CHECKSUM)
                if not frame_checksums or self._decodes_to(reader, frame_checksums):
                    return ObjectVerdict(None, len(frame_checksums))
        except ObjectMissing:
            return ObjectVerdict(DamageKind.MISSING)
        except ObjectDamaged:
            return ObjectVerdict(DamageKind.SEAL)
        return ObjectVerdict(DamageKind.PIXELS)

    def _decodes_to(self, reader: ObjectReader, frame_checksums: Sequence[str]) -> bool:
        for _ in range(_DECODING_ATTEMPTS):
            parsed = self._parse(reader)
            if not isinstance(parsed, Refused):
                return parsed.frame_checksums == tuple(frame_checksums)
        return False

    def is_copy_sound(self, copy: KeptCopy) -> bool:
        """Whether a reading copy can be read to its end."""
        try:
            key = self._keyring.unwrap_object_key(copy.wrapped_object_key, copy.wrapped_data_key)
            with self._object_store.open(copy.object_id, key) as reader:
                _sha256(reader)
        except ObjectDamaged:
            return False
        return True


def _sha256(reader: ObjectReader) -> str:
    digest = hashlib.sha256()
    for offset in range(0, reader.size_bytes, _STEP_BYTES):
        digest.update(reader.read_range(offset, min(_STEP_BYTES, reader.size_bytes - offset)))
    return digest.hexdigest()
