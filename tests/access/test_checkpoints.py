import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from backend.access.checkpoints import (
    Base,
    CheckpointForged,
    Signer,
    Verifier,
    base_extensions,
    base_of,
)
from backend.core.errors import Malformed
from backend.core.merkle import Tree

SIGNER = Signer(bytes(range(32)), "trail.example/north")
ROOT = bytes(range(32))
NOTE = SIGNER.sign(17, ROOT)


def test_a_checkpoint_has_the_form_that_others_read():
    """C2SP tlog-checkpoint in C2SP signed-note: three lines, a gap, and one line with the signature."""
    origin, size, root, gap, signature, end = NOTE.split("\n")
    assert (origin, size, gap, end) == ("trail.example/north", "17", "", "")
    assert base64.b64decode(root) == ROOT
    dash, name, octets = signature.split(" ")
    assert (dash, name) == ("\u2014", "trail.example/north")
    name, key_id, key = SIGNER.public_key.split("+", 2)
    raw = base64.b64decode(key)
    assert (name, raw[:1], len(raw)) == ("trail.example/north", b"\x01", 33)
    assert base64.b64decode(octets)[:4].hex() == key_id
    text = f"{origin}\n{size}\n{root}\n".encode()
    Ed25519PublicKey.from_public_bytes(raw[1:]).verify(base64.b64decode(octets)[4:], text)


def test_what_was_signed_is_opened():
    checkpoint = Verifier(SIGNER.public_key).open(NOTE)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (SIGNER.origin, 17, ROOT)


def test_a_witness_may_add_a_signature_of_its_own():
    note = f"{NOTE}\u2014 witness.example {base64.b64encode(bytes(68)).decode()}\n"
    assert Verifier(SIGNER.public_key).open(note).size == 17


def test_no_single_changed_character_is_accepted():
    verifier = Verifier(SIGNER.public_key)
    for place, character in enumerate(NOTE[:-1]):
        changed = NOTE[:place] + ("A" if character != "A" else "B") + NOTE[place + 1 :]
        with pytest.raises(CheckpointForged):
            verifier.open(changed)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        NOTE.replace("\n\n", "\n"),
        NOTE.partition("\n\n")[0],
        Signer(b"x" * 32, SIGNER.origin).sign(17, ROOT),
        Signer(bytes(range(32)), "trail.example/south").sign(17, ROOT),
        SIGNER.sign(17, ROOT[:16]),
    ],
)
def test_what_is_no_checkpoint_of_this_trail_is_refused(note):
    with pytest.raises(CheckpointForged):
        Verifier(SIGNER.public_key).open(note)


@pytest.mark.parametrize(
    "key", ["", "a", "a+b+c", SIGNER.public_key[:-4], SIGNER.public_key.replace("north", "south")]
)
def test_what_is_no_public_key_is_refused(key):
    with pytest.raises(Malformed):
        Verifier(key)


def test_what_pruned_entries_leave_behind_must_fit_the_root_that_was_signed():
    tree = Tree()
    for number in range(11):
        tree.add(bytes([number]))
    base = Base(tree, "a" * 64)
    verifier = Verifier(SIGNER.public_key)
    kept = base_of(verifier.open(SIGNER.sign(11, tree.root(), base_extensions(base))))
    assert (kept.tree.size, kept.tree.edge, kept.hash) == (11, tree.edge, base.hash)
    for size, root, lines in (
        (11, ROOT, base_extensions(base)),
        (12, tree.root(), base_extensions(base)),
        (11, tree.root(), base_extensions(base)[1:]),
        (11, tree.root(), base_extensions(base)[:-1]),
        (11, tree.root(), ()),
    ):
        with pytest.raises(CheckpointForged):
            base_of(verifier.open(SIGNER.sign(size, root, lines)))
