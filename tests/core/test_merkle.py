import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.merkle import Tree, leaf_hash, node_hash

# The entries and roots that certificate transparency publishes for its tests.
PUBLISHED_ENTRIES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
PUBLISHED_ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


def by_the_book(entries):
    """RFC 6962 2.1, word for word."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return leaf_hash(entries[0])
    half = 1
    while half * 2 < len(entries):
        half *= 2
    return node_hash(by_the_book(entries[:half]), by_the_book(entries[half:]))


def grown(entries, tree=None):
    tree = tree or Tree()
    for entry in entries:
        tree.add(entry)
    return tree


@pytest.mark.parametrize("size", PUBLISHED_ROOTS)
def test_the_roots_are_the_published_ones(size):
    assert grown(PUBLISHED_ENTRIES[:size]).root().hex() == PUBLISHED_ROOTS[size]


@given(st.lists(st.binary(max_size=8), max_size=40), st.integers(0, 40))
def test_a_tree_that_goes_on_from_its_edge_has_the_root_of_the_whole(entries, cut):
    first = grown(entries[:cut])
    again = grown(entries[cut:], Tree(first.size, first.edge))
    assert again.root() == grown(entries).root() == by_the_book(entries)
    assert len(again.edge) == again.size.bit_count()


@given(st.lists(st.binary(max_size=8), max_size=40), st.integers(0, 40))
def test_entries_that_come_together_grow_the_tree_as_one_by_one(entries, cut):
    tree = grown(entries[:cut])
    tree.extend(entries[cut:])
    assert (tree.size, tree.edge) == (len(entries), grown(entries).edge)
    assert tree.root() == by_the_book(entries)


@pytest.mark.parametrize(("size", "edge"), [(-1, []), (1, []), (2, [b"x"]), (3, [bytes(32)])])
def test_an_edge_that_fits_no_tree_is_refused(size, edge):
    with pytest.raises(ValueError, match="edge"):
        Tree(size, edge)
