"""The shape of a keyring: the one secret of an installation and what is derived from it."""

from enum import StrEnum
from typing import Protocol


class KeyPurpose(StrEnum):
    """What a derived key is for; each purpose has its own key, none tells anything of another."""

    DATABASE = "database"
    AUDIT_SIGNING = "audit-signing"
    AUDIT_CHECKPOINTS = "audit-checkpoints"
    COOKIES = "cookies"
    CSRF = "csrf"
    BACKUP = "backup"
    SECOND_FACTORS = "second-factors"
    DEMO_ACCOUNTS = "demo-accounts"


class Keyring(Protocol):
    """Wraps data keys and derives further secrets. Keys leave it only to be used, never to be kept."""

    @property
    def fingerprint(self) -> str:
        """Tells one master key from another and says nothing about it; may be logged."""
        ...

    def wrap_new_data_key(self) -> bytes:
        """A new random data key for a study, wrapped: this is what is stored with the study."""
        ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """The 32 bytes of a wrapped data key.

        Raises:
            ObjectDamaged: If it was changed, or wrapped under another master key.
        """
        ...

    def wrap_object_key(self, object_key: bytes, wrapped_data_key: bytes) -> bytes:
        """An object's key wrapped under its study's data key: 40 bytes to store beside the object's row.

        Raises:
            ObjectDamaged: If the data key cannot be unwrapped.
        """
        ...

    def unwrap_object_key(self, wrapped_object_key: bytes, wrapped_data_key: bytes) -> bytes:
        """The 32 bytes of an object's key.

        Raises:
            ObjectDamaged: If either key was changed or does not belong to the other.
        """
        ...

    def derive(self, purpose: str) -> bytes:
        """The 32-byte secret of this installation for ``purpose`` (a ``KeyPurpose``, or a text of one's own)."""
        ...
