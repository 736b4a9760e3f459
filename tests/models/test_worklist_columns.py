"""Columns in memory against plain lists of what each study has."""

import random
from itertools import pairwise

import numpy as np
import pytest

from backend.core.search_words import words_of
from backend.models import worklist_columns
from backend.models.worklist_columns import Column, TextColumn

_WORDS = ("smith-jones", "anna", "o'neil", "meier", "zoë", "maier", "smith", "jones")


def texts(chance: random.Random, count: int) -> list[str]:
    return [" ".join(chance.choices(_WORDS, k=chance.randrange(4))) for _ in range(count)]


@pytest.mark.parametrize("coming", [3, 200])
def test_studies_are_in_the_order_of_their_values_however_many_come(coming: int) -> None:
    chance = random.Random(coming)
    held = [chance.randrange(1000) for _ in range(40)]
    column = Column()
    column.put(0, held)
    for _ in range(4):
        places = np.arange(len(held))
        ranks = column.ranks(places).tolist()
        for one, other in pairwise(sorted(places.tolist(), key=ranks.__getitem__)):
            assert held[one] <= held[other]
            assert (held[one] == held[other]) == (ranks[one] == ranks[other])
        least, greatest, end = sorted(chance.sample(range(1000), 3))
        for first, last, beyond in (
            (least, greatest, None), (None, greatest, None), (least, None, end), (None, None, least)
        ):  # fmt: skip
            found = column.between(places, first=first, last=last, end=beyond)
            assert found.tolist() == [
                place
                for place, value in enumerate(held)
                if (first is None or value >= first)
                and (last is None or value <= last)
                and (beyond is None or value < beyond)
            ]
        for _ in range(coming):
            place = chance.randrange(len(held) + 1)
            held[place : place + 1] = [chance.randrange(1000)]
            column.put(place, [held[place]])


@pytest.mark.parametrize("apart", [0, 5, 500])
@pytest.mark.parametrize("share", [0.05, 1.0])
def test_texts_and_words_are_found_in_the_values_that_studies_have_now(
    monkeypatch: pytest.MonkeyPatch, share: float, apart: int
) -> None:
    monkeypatch.setattr(worklist_columns, "_LOOKED_INTO_BY_THEMSELVES", apart)
    chance = random.Random(8)
    held = texts(chance, 60)
    column = TextColumn(words_of)
    column.put(0, held)
    for _ in range(3):
        places = np.array([p for p in range(len(held)) if chance.random() < share], np.int64)
        some = places.tolist()
        for text in ("mith", "nna o", "'", "Smith", "h\0", "nn", "i"):
            assert column.holding(places, text).tolist() == [p for p in some if text in held[p]]
            assert column.holding(places, text, whatever_capitals=True).tolist() == [
                p for p in some if text.lower() in held[p]
            ]
        assert column.meeting(places, bool).tolist() == [p for p in some if held[p]]
        for words in ({"smithjones"}, {"neil", "maier"}, {"unknown"}, set()):
            flags = column.having(places, column.with_words(words))
            assert flags.tolist() == [bool(words & words_of(held[p])) for p in some]
        flags = column.having(places, column.with_words_between("m", "n"))
        assert flags.tolist() == [any(w.startswith("m") for w in words_of(held[p])) for p in some]
        assert sorted(column.values(places)) == sorted({held[p] for p in some})
        for text in texts(chance, 30):
            place = chance.randrange(len(held) + 1)
            held[place : place + 1] = [text]
            column.put(place, [text])
        column.put(0, ["entirely new"])
        held[0] = "entirely new"
