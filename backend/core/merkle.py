"""The hash tree of RFC 6962 over entries that only ever come at the end: its root, and its edge, from which it grows.

The edge holds the root of every whole subtree, the largest first: at most one hash for each binary digit of the size.
A new entry and a new root need nothing else, so that ten million entries are never hashed again.
"""

import hashlib
from collections.abc import Sequence

HASH_BYTES = 32

_LEAF, _NODE = b"\x00", b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf (RFC 6962 2.1)."""
    return hashlib.sha256(_LEAF + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 6962 2.1)."""
    return hashlib.sha256(_NODE + left + right).digest()


class Tree:
    """A growing tree, of which only the edge is kept.

    Args:
        size: How many entries are in it.
        edge: The roots of its whole subtrees, the largest first.

    Raises:
        ValueError: If the edge is not one of a tree of this size.
    """

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if (
            size < 0
            or len(edge) != size.bit_count()
            or any(len(each) != HASH_BYTES for each in edge)
        ):
            raise ValueError("this is not the edge of a tree of that size")
        self._size = size
        self._edge = list(edge)

    @property
    def size(self) -> int:
        """How many entries are in the tree."""
        return self._size

    @property
    def edge(self) -> tuple[bytes, ...]:
        """The roots of the whole subtrees, the largest first."""
        return tuple(self._edge)

    def add(self, entry: bytes) -> None:
        """Put an entry at the end."""
        self.extend((entry,))

    def extend(self, entries: Sequence[bytes]) -> None:
        """Put entries at the end, level by level: for thousands of them it takes less than one after the other."""
        subtrees = [leaf_hash(entry) for entry in entries]
        grown: list[
            bytes
        ] = []  # the last subtree of each level that has no neighbour, the smallest first
        level = 0
        while subtrees:
            if self._size >> level & 1:
                subtrees.insert(0, self._edge.pop())
            if len(subtrees) & 1:
                grown.append(subtrees.pop())
            pairs = iter(subtrees)
            subtrees = [node_hash(left, right) for left, right in zip(pairs, pairs, strict=True)]
            level += 1
        self._edge += reversed(grown)
        self._size += len(entries)

    def root(self) -> bytes:
        """The root over all entries (RFC 6962 2.1); of no entry, the hash of nothing."""
        if not self._edge:
            return hashlib.sha256().digest()
        *larger, root = self._edge
        for left in reversed(larger):
            root = node_hash(left, root)
        return root
