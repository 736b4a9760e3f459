"""Signed checkpoints of the audit trail: how many entries there were, and the root over all of them (RFC 6962).

Text and signature have the forms of C2SP tlog-checkpoint and signed-note, so that others can check them without
PACScribe. When one is made is decided in `services.audit_checkpoints`; what it proves, in `access.audit_proof`.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from backend.core.errors import Malformed
from backend.core.merkle import HASH_BYTES, Tree

_ED25519 = b"\x01"
_ID_BYTES = 4
_DASH = "\u2014"
_CHAIN, _EDGE = "chain ", "edge "


class CheckpointForged(Exception):  # noqa: N818 - says what it is
    """A checkpoint is damaged, exchanged, or was not signed with the key that it should be.

    Args:
        name: Of the checkpoint.
        size: Of how many entries it says to be.
    """

    def __init__(self, name: str = "", size: int = 1) -> None:
        super().__init__(
            f"The checkpoint {name} is damaged, exchanged, or signed with another key."
        )
        self.size = size


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What is signed.

    Attributes:
        origin: Which trail it is of.
        size: How many entries the trail had.
        root: The root over them.
        extensions: Further lines; only the one that pruned entries leave behind has some.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The lines that are signed."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))


@dataclass(frozen=True, slots=True)
class Base:
    """Where a trail begins of which entries were pruned: what the first that is left continues.

    Attributes:
        tree: The tree over the pruned entries.
        hash: Of the last of them.
    """

    tree: Tree
    hash: str


def base_extensions(base: Base) -> tuple[str, ...]:
    """A base as further lines of the checkpoint that is left behind."""
    edge = (f"{_EDGE}{base64.b64encode(each).decode()}" for each in base.tree.edge)
    return (f"{_CHAIN}{base.hash}", *edge)


def base_of(checkpoint: Checkpoint) -> Base:
    """The base in a checkpoint that was left behind.

    Raises:
        CheckpointForged: If it holds none, or one that does not fit its root.
    """
    lines = checkpoint.extensions
    try:
        edge = [
            base64.b64decode(line.removeprefix(_EDGE), validate=True)
            for line in lines
            if line.startswith(_EDGE)
        ]
        (chain,) = [line.removeprefix(_CHAIN) for line in lines if line.startswith(_CHAIN)]
        tree = Tree(checkpoint.size, edge)
    except ValueError:
        raise CheckpointForged from None
    if tree.root() != checkpoint.root:
        raise CheckpointForged
    return Base(tree, chain)


class Signer:
    """Signs checkpoints with the key of one installation.

    Args:
        seed: The 32 bytes of the Ed25519 key.
        origin: Names the trail; without spaces and plus signs.
    """

    def __init__(self, seed: bytes, origin: str) -> None:
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> str:
        """The public key as signed-note writes it: `origin+identifier+key`."""
        raw = self._key.public_key().public_bytes_raw()
        key = base64.b64encode(_ED25519 + raw).decode()
        return f"{self.origin}+{_key_id(self.origin, raw).hex()}+{key}"

    def sign(self, size: int, root: bytes, extensions: tuple[str, ...] = ()) -> str:
        """A signed checkpoint."""
        text = Checkpoint(self.origin, size, root, extensions).text()
        raw = self._key.public_key().public_bytes_raw()
        signature = _key_id(self.origin, raw) + self._key.sign(text.encode())
        return f"{text}\n{_DASH} {self.origin} {base64.b64encode(signature).decode()}\n"


class Verifier:
    """Opens checkpoints that were signed with one key.

    Args:
        public_key: As `Signer.public_key` gives it.

    Raises:
        Malformed: If it is no such key.
    """

    def __init__(self, public_key: str) -> None:
        try:
            self._origin, key_id, key = public_key.strip().split("+", 2)
            octets = base64.b64decode(key, validate=True)
            self._key = Ed25519PublicKey.from_public_bytes(octets[1:])
            is_sound = octets[:1] == _ED25519 and bytes.fromhex(key_id) == _key_id(
                self._origin, octets[1:]
            )
        except ValueError:
            is_sound = False
        if not is_sound:
            raise Malformed("This is not a public key as `pacscribe audit key` prints it.")
        self._key_id = bytes.fromhex(key_id)

    def open(self, note: str) -> Checkpoint:
        """What was signed.

        Raises:
            CheckpointForged: If the note is damaged, of another trail, or signed with another key.
        """
        text, gap, signatures = note.rpartition("\n\n")
        if not gap:
            raise CheckpointForged
        text += "\n"
        if not any(self._is_ours(line, text) for line in signatures.splitlines()):
            raise CheckpointForged
        return self._parsed(text)

    def _is_ours(self, line: str, text: str) -> bool:
        words = line.split(" ")
        if len(words) != 3 or words[:2] != [_DASH, self._origin]:
            return False
        try:
            octets = base64.b64decode(words[2], validate=True)
            self._key.verify(octets[_ID_BYTES:], text.encode("utf-8", "surrogatepass"))
        except (InvalidSignature, binascii.Error):
            return False
        return octets[:_ID_BYTES] == self._key_id

    def _parsed(self, text: str) -> Checkpoint:
        origin, size, root, *extensions = text.removesuffix("\n").split("\n")
        checkpoint = Checkpoint(origin, int(size), base64.b64decode(root), tuple(extensions))
        if origin != self._origin or len(checkpoint.root) != HASH_BYTES:
            raise CheckpointForged
        return checkpoint


def _key_id(name: str, raw_key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + raw_key).digest()[:_ID_BYTES]
