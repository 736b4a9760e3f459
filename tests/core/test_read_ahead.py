import threading

import pytest

from backend.core.read_ahead import read_ahead


def test_every_item_comes_in_its_order():
    assert list(read_ahead(number for number in range(1, 50))) == list(range(1, 50))
    assert list(read_ahead(number for number in ())) == []


def test_items_are_begun_made_and_closed_in_one_other_thread():
    seen = []

    def items():
        try:
            for number in (1, 2, 3):
                seen.append(threading.get_ident())
                yield number
        finally:
            seen.append(threading.get_ident())

    for _ in read_ahead(items()):
        break
    assert len(set(seen)) == 1
    assert seen[0] != threading.get_ident()
    assert len(seen) >= 2


def test_what_fails_while_it_is_made_fails_here():
    def items():
        yield 1
        raise ValueError("the second")

    coming = read_ahead(items())
    assert next(coming) == 1
    with pytest.raises(ValueError, match="the second"):
        next(coming)
