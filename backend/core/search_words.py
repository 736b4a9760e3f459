"""The words under which a study is found: how text becomes words, how a filter's value becomes one, which words are alike.

Text is folded by `core.search_text`. Where the words are kept, and how they are looked up, is in `models.search_words`.
"""

import re
import unicodedata
from enum import StrEnum
from itertools import zip_longest
from string import digits

from backend.core.search_text import fold

MAX_WORD = 64
MAX_FACET = 160
_PARTS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d")
# How umlauts and the like are written where a keyboard has none (DIN 5007-2, and the same for the letters of the north).
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_DRAWN_TOGETHER = re.compile("[aou]e|aa")
# Arabic letters that keyboards of different countries give for the same one, and that people write for each other.
_EXCHANGED = ("يىی", "كک", "هة")
_AFTER_ALL = "\U0010ffff"


class Facet(StrEnum):
    """What else than free text a study is found by."""

    MODALITY = "modality"
    STATUS = "status"
    PRIORITY = "priority"
    ASSIGNED = "assigned"
    CLAIMED = "claimed"
    STUDY_DATE = "date"
    BIRTH_DATE = "born"
    SEX = "sex"
    BODY_PART = "body-part"
    REFERRER = "referrer"
    INSTITUTION = "institution"
    REPORT = "report"
    PRIOR = "prior"
    TAG = "tag"


def facet(kind: Facet, value: str) -> str:
    """The word of a filter's value. No folded text begins like it, for `fold` leaves no equal sign."""
    return f"={kind.value}:{value}"[:MAX_FACET]


def is_facet(word: str) -> bool:
    """Whether a word stands for a filter's value."""
    return word.startswith("=")


def facet_value(word: str) -> str:
    """The inverse of `facet`."""
    return word.partition(":")[2]


def words_of(*texts: str) -> set[str]:
    """The words of folded texts, each as it is, in its parts and joined: `smith-jones`, `smith`, `jones`, `smithjones`."""
    words: set[str] = set()
    for text in texts:
        for whole in text.split():
            if whole.isalnum():  # as most are
                words.add(whole)
                continue
            parts = [part for part in _PARTS.split(whole) if part]
            words.update((whole, "".join(parts), *parts))
    return {word[:MAX_WORD] for word in words if word}


def asked_words(text: str) -> list[str]:
    """The words of a search, each once, longest first: the longest finds the fewest."""
    return sorted(
        {word[:MAX_WORD] for word in fold(text).split()}, key=lambda word: (-len(word), word)
    )


def asked_spellings(text: str) -> list[tuple[str, ...]]:
    """The words of a search as in `asked_words`, each with the other ways in which the same name is written.

    `Müller` and `Mueller` are each other's, and so are `علي` and `علی`. The first is the word as it was typed.
    """
    spellings: dict[str, tuple[str, ...]] = {}
    for typed in unicodedata.normalize("NFC", text.casefold()).split():
        written_out = fold(typed.translate(_WRITTEN_OUT)).split()
        for word, full in zip_longest(fold(typed).split(), written_out, fillvalue=""):
            others = {full, _DRAWN_TOGETHER.sub(lambda found: found[0][0], word), *_exchanged(word)}
            cut = dict.fromkeys(each[:MAX_WORD] for each in (word, *sorted(others)) if each)
            spellings.setdefault(word[:MAX_WORD], tuple(cut))
    return [spellings[word] for word in asked_words(text)]


def _exchanged(word: str) -> set[str]:
    spellings = {word}
    for letters in _EXCHANGED:
        if any(letter in word for letter in letters):
            spellings = {
                re.sub(f"[{letters}]", letter, each) for each in spellings for letter in letters
            }
    return spellings


def is_identifier(word: str) -> bool:
    """Whether a word looks like a number somebody was given; of those there are as many as studies."""
    return len(_DIGITS.findall(word)) >= 3


def beginning_with(word: str) -> tuple[str, str]:
    """The least word that begins with `word`, and what all of them are below."""
    return word, word + _AFTER_ALL


def forgiven_mistakes(word: str) -> int:
    """How many typing errors are forgiven in a word of this length."""
    if len(word) < 4:
        return 0
    return 1 if len(word) < 8 else 2


def near_identifiers(word: str) -> set[str]:
    """Every word that one typing error in a digit makes of an identifier: missing, added, wrong or swapped.

    They can be looked up one by one; of identifiers that merely begin alike there are as many as studies.
    """
    near: set[str] = set()
    for place in range(len(word) + 1):
        before, after = word[:place], word[place:]
        near.update(before + digit + after for digit in digits)
        if after:
            near.add(before + after[1:])
            near.update(before + digit + after[1:] for digit in digits)
        if len(after) > 1:
            near.add(before + after[1] + after[0] + after[2:])
    return near - {word}


def sure_length(word: str) -> int:
    """With one typing error anywhere in `word`, this many letters are right at its beginning or at its end."""
    return max(2, (len(word) - 1) // 2)


def mistakes_between(one: str, other: str, limit: int) -> int:
    """Letters missing, added, wrong or swapped with their neighbour (optimal string alignment); `limit` + 1 if more."""
    # One mistake takes a letter from one of them at most, and one from the other.
    if abs(len(one) - len(other)) > limit or len(set(one) ^ set(other)) > 2 * limit:
        return limit + 1
    return min(_mistakes(one, other, limit), limit + 1)


def _mistakes(one: str, other: str, limit: int) -> int:
    """The same, or any greater number if there are more than `limit`: the first mistake is tried, and the rest is looked at again."""
    one, other = _where_they_differ(one, other)
    if not one or not other:
        return len(one) + len(other)
    if len(one) == len(other) == 1 or (len(one) == 2 and one == other[::-1]):
        return 1
    if limit < 2:
        return 2  # one mistake would have left nothing else
    rests = [(one[1:], other), (one, other[1:]), (one[1:], other[1:])]
    if one[:2] == other[1::-1]:
        rests.append((one[2:], other[2:]))
    return 1 + min(_mistakes(*rest, limit - 1) for rest in rests)


def _where_they_differ(one: str, other: str) -> tuple[str, str]:
    """Two words without the letters in which they begin and end alike."""
    start, length = 0, min(len(one), len(other))
    while start < length and one[start] == other[start]:
        start += 1
    end = 0
    while end < length - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[start : len(one) - end], other[start : len(other) - end]
