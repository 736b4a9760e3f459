"""What lists ask about and are ordered by, in memory: each value of a column once, and of each study which of them it has.

A study stands at a place, the same in every column, and keeps it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
"""Places of studies."""
Codes = NDArray[np.int64]
"""Numbers of values."""
# So few new values find their place in the order one by one; for more, all are put in order.
_PUT_ONE_BY_ONE = 50
# So few new texts are looked into by themselves; for more, all are joined anew.
_LOOKED_INTO_BY_THEMSELVES = 500
_SEPARATOR = "\0"


class Column:
    """One column of the studies. Any two of its values can be compared."""

    def __init__(self) -> None:
        self._values: list[Any] = []
        self._code_of: dict[Any, int] = {}
        self._codes = np.zeros(0, np.int32)
        # Codes in the order of their values, and where in it each code is; made when it is asked for.
        self._in_order: list[int] = []
        self._ranks = np.zeros(0, np.int32)

    def put(self, place: int, values: Sequence[Any]) -> None:
        """Let the studies from a place on have these values; no place before it may be free."""
        end = place + len(values)
        if end > len(self._codes):
            grown = np.zeros(2 * end, np.int32)
            grown[: len(self._codes)] = self._codes
            self._codes = grown
        self._codes[place:end] = np.fromiter(map(self._code, values), np.int32, len(values))

    def prepare(self) -> None:
        """Make now what is otherwise made for the first question that needs it."""
        self._put_in_order()

    def code(self, value: Any) -> int | None:
        """The number of a value, None where no study has had it: values are numbered as they come."""
        return self._code_of.get(value)

    def codes(self, values: Iterable[Any]) -> Codes:
        """The numbers of those of these values that some study has had."""
        known = [code for value in values if (code := self._code_of.get(value)) is not None]
        return np.array(known, np.int64)

    def value(self, place: int) -> Any:
        """The value of the study at a place."""
        return self._values[self._codes[place]]

    def values(self, places: Places) -> list[Any]:
        """Every value that one of these studies has, once."""
        had = np.bincount(self._codes[places], minlength=len(self._values))
        return [self._values[code] for code in np.flatnonzero(had)]

    def ranks(self, places: Places) -> NDArray[np.int32]:
        """A number for each of these studies: they are in the order of the values, and alike where these are."""
        self._put_in_order()
        ranks: NDArray[np.int32] = self._ranks[self._codes[places]]
        return ranks

    def between(self, places: Places, *, first: Any, last: Any, end: Any) -> Places:
        """Those of these studies whose value is at least the `first`, at most the `last` and below the `end`; None for any."""
        self._put_in_order()
        least, beyond = 0, len(self._in_order)
        value = self._values.__getitem__
        if first is not None:
            least = bisect_left(self._in_order, first, key=value)
        if last is not None:
            beyond = bisect_right(self._in_order, last, key=value)
        if end is not None:
            beyond = min(beyond, bisect_left(self._in_order, end, key=value))
        ranks = self.ranks(places)
        return places[(ranks >= least) & (ranks < beyond)]

    def meeting(self, places: Places, is_met: Callable[[Any], bool]) -> Places:
        """Those of these studies whose value meets something."""
        codes = self._codes[places]
        if len(places) < len(self._values):
            had = [self._values[code] for code in codes.tolist()]
            return places[np.fromiter(map(is_met, had), np.bool_, len(had))]
        return places[np.fromiter(map(is_met, self._values), np.bool_, len(self._values))[codes]]

    def having(self, places: Places, codes: Codes) -> NDArray[np.bool_]:
        """Of each of these studies, whether it has one of the values with these numbers."""
        are_had = np.zeros(len(self._values), np.bool_)
        are_had[codes] = True
        flags: NDArray[np.bool_] = are_had[self._codes[places]]
        return flags

    def _code(self, value: Any) -> int:
        code = self._code_of.get(value)
        if code is None:
            code = self._code_of[value] = len(self._values)
            self._values.append(value)
        return code

    def _put_in_order(self) -> None:
        known, count = len(self._in_order), len(self._values)
        if count - known > _PUT_ONE_BY_ONE:
            self._in_order.extend(range(known, count))
            self._in_order.sort(key=self._values.__getitem__)
            self._ranks = np.empty(count, np.int32)
            self._ranks[np.array(self._in_order)] = np.arange(count, dtype=np.int32)
            return
        for code in range(known, count):
            rank = bisect_left(self._in_order, self._values[code], key=self._values.__getitem__)
            self._in_order.insert(rank, code)
            self._ranks[self._ranks >= rank] += 1
            self._ranks = np.append(self._ranks, np.int32(rank))


class _Joined:
    """Many texts as one: to look into each by itself takes fifteen times as long, for they lie all over the memory.

    Args:
        form: In which a text is looked into.
    """

    def __init__(self, form: Callable[[str], str]) -> None:
        self._form = form
        self._text = ""
        # Where the one after each begins.
        self._ends = np.zeros(0, np.int64)

    def holding(self, texts: Sequence[str], text: str) -> Codes:
        """The numbers of those that hold a text; `texts` are those of the last time, and maybe more."""
        if len(texts) - len(self._ends) > _LOOKED_INTO_BY_THEMSELVES:
            formed = [self._form(each) + _SEPARATOR for each in texts]
            self._text = "".join(formed)
            self._ends = np.cumsum(np.fromiter(map(len, formed), np.int64, len(formed)))
        found, at = [], self._text.find(text)
        while at >= 0:
            found.append(at)
            at = self._text.find(text, at + 1)
        held = np.searchsorted(self._ends, np.array(found, np.int64), side="right")
        further = range(len(self._ends), len(texts))
        others = [number for number in further if text in self._form(texts[number])]
        return np.concatenate([held, np.array(others, np.int64)])


class TextColumn(Column):
    """A column of texts that are looked into, and found by their words.

    Args:
        words: The words of a text.
    """

    def __init__(self, words: Callable[[str], Iterable[str]]) -> None:
        super().__init__()
        self._words = words
        # The first value that has a word, and the others of words that several have.
        self._first_code: dict[str, int] = {}
        self._other_codes: dict[str, list[int]] = {}
        self._words_in_order: list[str] = []
        self._their_first_codes = np.zeros(0, np.int64)
        self._joined = _Joined(str)
        self._joined_small = _Joined(str.lower)

    def prepare(self) -> None:
        """See `Column`."""
        super().prepare()
        self._put_words_in_order()

    def holding(self, places: Places, text: str, *, whatever_capitals: bool = False) -> Places:
        """Those of these studies whose text holds one."""
        if _SEPARATOR in text:
            return places[:0]
        joined = self._joined_small if whatever_capitals else self._joined
        asked = text.lower() if whatever_capitals else text
        return places[self.having(places, joined.holding(self._values, asked))]

    def with_words(self, words: Iterable[str]) -> Codes:
        """The numbers of the values that have one of these words."""
        had = [word for word in words if word in self._first_code]
        codes = [self._first_code[word] for word in had]
        return self._with_others(np.array(codes, np.int64), self._other_codes.keys() & had)

    def with_words_between(self, first: str, end: str) -> Codes:
        """The numbers of the values that have a word which is at least the one and below the other."""
        self._put_words_in_order()
        words = self._words_in_order
        codes = self._their_first_codes[bisect_left(words, first) : bisect_left(words, end)]
        return self._with_others(codes, (word for word in self._other_codes if first <= word < end))

    def _with_others(self, codes: Codes, words: Iterable[str]) -> Codes:
        others = chain.from_iterable(map(self._other_codes.__getitem__, words))
        return np.concatenate([codes, np.fromiter(others, np.int64)])

    def _put_words_in_order(self) -> None:
        known, count = len(self._words_in_order), len(self._first_code)
        if known < count:
            self._words_in_order.extend(islice(self._first_code, known, None))
            self._words_in_order.sort()
            codes = map(self._first_code.__getitem__, self._words_in_order)
            self._their_first_codes = np.fromiter(codes, np.int64, count)

    def _code(self, value: Any) -> int:
        known = len(self._values)
        code = super()._code(value)
        if code == known:
            for word in self._words(value):
                if word in self._first_code:
                    self._other_codes.setdefault(word, []).append(code)
                else:
                    self._first_code[word] = code
        return code
