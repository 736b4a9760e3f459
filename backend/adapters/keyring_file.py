"""The keyring of one installation, in a key file that only its owner may read.

Made once, when the data directory is new; a data directory that was ever initialised never gets
another key: without its own nothing in it can be read, and a new one would hide that.
Decision record: docs/decisions/0002-keys-and-objects.md.
"""

import base64
import binascii
import json
import os
import stat
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from backend.adapters import durable
from backend.core import clock
from backend.core.errors import KeyFileMissing, KeyFileWrong, ObjectDamaged

KEY_BYTES = 32
MARKER_NAME = "pacscribe.json"
DEFAULT_KEY_FILE = Path("keys") / "master.key"

_FORMAT = "pacscribe-key-1"
_WRAPPED_VERSION = b"\x01"
_KEY_ID_BYTES = 8
_WRAPPED_BYTES = len(_WRAPPED_VERSION) + _KEY_ID_BYTES + KEY_BYTES + 8


class FileKeyring:
    """Keys derived from one 32-byte master key. Implements ``backend.ports.keyring.Keyring``.

    A wrapped data key is a version byte, 8 bytes that name the master key, and 40 bytes of
    AES Key Wrap (RFC 3394), so that a later master key can stand beside this one.
    """

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_BYTES:
            raise ValueError("a master key has 32 bytes")
        self._master_key = master_key
        self._wrapping_key = self._hkdf(b"pacscribe/kek/v1")
        self._key_id = self._hkdf(b"pacscribe/key-id/v1")[:_KEY_ID_BYTES]

    def __repr__(self) -> str:
        return f"FileKeyring({self.fingerprint})"

    @property
    def fingerprint(self) -> str:
        """Tells one master key from another and says nothing about it; may be logged."""
        return self._key_id.hex()

    def wrap_new_data_key(self) -> bytes:
        """A new random data key, wrapped: 49 bytes."""
        wrapped = aes_key_wrap(self._wrapping_key, os.urandom(KEY_BYTES))
        return _WRAPPED_VERSION + self._key_id + wrapped

    def unwrap(self, wrapped: bytes) -> bytes:
        """The 32 bytes of a wrapped data key; ``ObjectDamaged`` if it was changed or is another's."""
        prefix = _WRAPPED_VERSION + self._key_id
        if len(wrapped) != _WRAPPED_BYTES or not wrapped.startswith(prefix):
            raise ObjectDamaged
        return _unwrapped(self._wrapping_key, wrapped[len(prefix) :])

    def wrap_object_key(self, object_key: bytes, wrapped_data_key: bytes) -> bytes:
        """An object's key under its study's data key: 40 bytes."""
        if len(object_key) != KEY_BYTES:
            raise ValueError("an object key has 32 bytes")
        return aes_key_wrap(self.unwrap(wrapped_data_key), object_key)

    def unwrap_object_key(self, wrapped_object_key: bytes, wrapped_data_key: bytes) -> bytes:
        """The 32 bytes of an object's key; ``ObjectDamaged`` if the two do not belong together."""
        return _unwrapped(self.unwrap(wrapped_data_key), wrapped_object_key)

    def derive(self, purpose: str) -> bytes:
        """The 32-byte secret of this installation for ``purpose``."""
        if not purpose:
            raise ValueError("a derived key needs a purpose")
        return self._hkdf(b"pacscribe/derived/v1|" + purpose.encode())

    def _hkdf(self, info: bytes) -> bytes:
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self._master_key)


def open_or_create(data_dir: Path, key_file: Path | None = None) -> FileKeyring:
    """The keyring of a data directory; made here if, and only if, the directory is new.

    Args:
        data_dir: The data directory; made with mode 700 if it is not there.
        key_file: Where the key is; ``keys/master.key`` in the data directory if None.

    Raises:
        KeyFileMissing: If the directory holds data and the key file is not there.
        KeyFileWrong: If the key file cannot be read, is damaged, belongs to another directory,
            or may be read by others than its owner.
        StorageFull: If there is no room for the key file.
    """
    path = key_file or data_dir / DEFAULT_KEY_FILE
    durable.make_folder(data_dir)
    marker = data_dir / MARKER_NAME
    expected = _expected_fingerprint(marker)
    if not _exists(path):
        if expected is not None or _holds_data(data_dir):
            raise KeyFileMissing
        _create(path)
    keyring = FileKeyring(_load(path))
    if expected is None:
        _write_marker(marker, keyring.fingerprint)
    elif keyring.fingerprint != expected:
        raise KeyFileWrong
    return keyring


def _unwrapped(wrapping_key: bytes, wrapped: bytes) -> bytes:
    try:
        key = aes_key_unwrap(wrapping_key, wrapped)
    except InvalidUnwrap:
        raise ObjectDamaged from None
    if len(key) != KEY_BYTES:
        raise ObjectDamaged
    return key


def _exists(path: Path) -> bool:
    """Whether the name is there at all: a key that may not be read is not a key that is missing."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise KeyFileWrong(_cannot_read(error)) from error
    return True


def _holds_data(data_dir: Path) -> bool:
    """Whether something was stored here: a lost marker must not turn an old directory into a new one."""
    objects = data_dir / "objects"
    return any(data_dir.glob("*.db*")) or (objects.is_dir() and any(objects.iterdir()))


def _expected_fingerprint(marker: Path) -> str | None:
    try:
        text = marker.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileWrong(f"{MARKER_NAME} in the data directory cannot be read.") from error
    try:
        fingerprint = json.loads(text)["key_fingerprint"]
    except (ValueError, KeyError, TypeError):
        fingerprint = None
    if not isinstance(fingerprint, str) or not fingerprint:
        raise KeyFileWrong(
            f"{MARKER_NAME} in the data directory is damaged. Restore it from a backup."
        )
    return fingerprint


def _write_marker(marker: Path, fingerprint: str) -> None:
    content = {
        "format": 1,
        "key_fingerprint": fingerprint,
        "created_at": clock.now().isoformat(timespec="seconds"),
    }
    durable.create_file(marker, json.dumps(content, indent=2).encode() + b"\n", replace=True)


def _create(path: Path) -> None:
    master_key = os.urandom(KEY_BYTES)
    content = {
        "format": _FORMAT,
        "fingerprint": FileKeyring(master_key).fingerprint,
        "key": base64.b64encode(master_key).decode("ascii"),
    }
    durable.make_folder(path.parent)
    try:
        durable.create_file(path, json.dumps(content, indent=2).encode() + b"\n", replace=False)
    except FileExistsError:
        return  # another process started at the same moment: its key is the one


def _load(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY)
        with os.fdopen(descriptor, "rb") as file:
            _require_private(os.fstat(descriptor))
            raw = file.read(64 * 1024)
    except OSError as error:
        raise KeyFileWrong(_cannot_read(error)) from error
    damaged = "The key file is damaged. Put a good copy of it back."
    try:
        content = json.loads(raw)
        master_key = base64.b64decode(content["key"], validate=True)
        sound = content["format"] == _FORMAT and len(master_key) == KEY_BYTES
        sound = sound and content["fingerprint"] == FileKeyring(master_key).fingerprint
    except (ValueError, KeyError, TypeError, binascii.Error):
        # The cause is not chained: it could quote the file.
        raise KeyFileWrong(damaged) from None
    if not sound:
        raise KeyFileWrong(damaged)
    return master_key


def _require_private(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise KeyFileWrong("The key file is not a file.")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise KeyFileWrong(
            "The key file may be read by others. Allow only its owner to read it (mode 600)."
        )
    if status.st_uid not in (os.geteuid(), 0):
        raise KeyFileWrong("The key file belongs to another user of this machine.")


def _cannot_read(error: OSError) -> str:
    return f"The key file cannot be read: {error.strerror}. Check its owner and permissions."
