"""Passwords: which are good enough, how they are kept, how one is checked. Who signs in is in `services.accounts`.

Argon2id with 19 MiB, two passes, one lane (OWASP's first choice), through libpass. A check of an unknown
person takes as long as one of a known person.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

from passlib.hash import argon2

from backend.access.common_passwords import is_common
from backend.core.errors import Refusal

MIN_CHARACTERS = 12
MAX_BYTES = 1024

_MIN_DIFFERENT_CHARACTERS = 5
_MIN_WORD_CHARACTERS = 4
_MOST_STEPS_OF_A_RUN = 2
_PRODUCT_WORDS = ("pacscribe",)
_ORDINARY_WORDS = frozenset(
    {"example", "hospital", "clinic", "general"}
)  # tell nothing about a person
# What our own field adds to the words that everybody tries.
_TRADE_STEMS = frozenset(
    {
        "", "changeme", "changemenow", "correcthorsebatterystaple", "doctor", "hospital", "imaging", "letmeinnow",
        "passphrase", "radiologist", "radiology", "technologist", "ultrasound", "workstation", "xray",
    }
)  # fmt: skip

argon2.set_backend("argon2_cffi")  # `using` needs it chosen
_scheme = argon2.using(type="ID", memory_cost=19_456, time_cost=2, parallelism=1)
# Each check takes 19 MiB: many at once must not exhaust the memory.
_few_at_a_time = threading.BoundedSemaphore(4)
_dummy: str = ""


class PasswordRefused(Refusal):
    """The new password is not good enough; the sentence says why."""

    default_sentence = "Choose another password."


def hash_password(password: str) -> str:
    """What is kept of a password.

    Args:
        password: As typed; it is normalized (NFKC), so that every keyboard spells it alike.

    Raises:
        PasswordRefused: If it is longer than 1024 bytes.
    """
    normalized = _normalized(password)
    if normalized is None:
        raise PasswordRefused("This password is too long. Use at most 1024 bytes.")
    with _few_at_a_time:
        return str(_scheme.hash(normalized))


def verify_password(password: str, kept: str | None) -> bool:
    """Whether `password` is the one that `kept` was made of.

    Takes equally long for every wrong answer, also where there is nothing to compare with.

    Args:
        password: As typed.
        kept: What `hash_password` gave; None for somebody unknown, empty for somebody without a password.
    """
    normalized = _normalized(password)
    comparable = bool(kept) and normalized is not None
    with _few_at_a_time:
        matches = bool(
            _scheme.verify(normalized if normalized is not None else "-", kept or _dummy_hash())
        )
    return comparable and matches


def needs_new_hash(kept: str) -> bool:
    """Whether `kept` was made with weaker settings than today's."""
    return bool(_scheme.needs_update(kept))


def require_acceptable(
    password: str, context: Iterable[str], least_characters: int = MIN_CHARACTERS
) -> None:
    """Refuse a new password that others would guess.

    Long is good, composition does not matter (NIST SP 800-63B): no rules about capitals and digits.

    Args:
        password: As typed.
        context: Texts about the person and the place: e-mail, name, organization. None of their words may be
            part of the password.
        least_characters: How many it must have at least (`access.password_rules`).

    Raises:
        PasswordRefused: Saying what to change.
    """
    normalized = _normalized(password)
    if normalized is None:
        raise PasswordRefused("This password is too long. Use at most 1024 bytes.")
    if len(normalized) < least_characters:
        raise PasswordRefused(
            f"This password is too short. Use at least {least_characters} characters; several words are fine."
        )
    folded = normalized.casefold()
    letters = "".join(character for character in folded if character.isalpha())
    is_of_the_trade = folded.isascii() and letters in _TRADE_STEMS
    is_monotonous = len(set(folded)) < _MIN_DIFFERENT_CHARACTERS or _is_run(folded)
    if is_of_the_trade or is_monotonous or is_common(normalized):
        raise PasswordRefused("Many people use this password. Choose one that nobody would guess.")
    if any(word in folded for word in _words([*context, *_PRODUCT_WORDS])):
        raise PasswordRefused(
            "This password contains your name, e-mail, organization or the name of this program. Leave them out."
        )


def _is_run(text: str) -> bool:
    """Whether a text only counts on, like `abcdefghijklmnop` or `9876543210987654`."""
    steps = {ord(second) - ord(first) for first, second in pairwise(text)}
    return len(steps) <= _MOST_STEPS_OF_A_RUN and bool(steps & {1, -1})


def warm() -> None:
    """Make now what an unknown person's password is compared with, so that the first one does not stand out by time."""
    _dummy_hash()


def _normalized(password: str) -> str | None:
    """The password in its one spelling, None if it is too long to be looked at."""
    # Measured before normalizing too: NFKC can make a text many times longer.
    if len(password.encode("utf-8", "replace")) > MAX_BYTES:
        return None
    normalized = unicodedata.normalize("NFKC", password).replace("\0", "\ufffd")
    encoded = normalized.encode("utf-8", "replace")
    return encoded.decode() if len(encoded) <= MAX_BYTES else None


def _words(texts: Iterable[str]) -> set[str]:
    words: set[str] = set()
    for text in texts:
        for word in re.split(r"[\W_]+", unicodedata.normalize("NFKC", text).casefold()):
            if len(word) >= _MIN_WORD_CHARACTERS and word not in _ORDINARY_WORDS:
                words.add(word)
    return words


def _dummy_hash() -> str:
    global _dummy  # noqa: PLW0603 - made once, at the first need
    if not _dummy:
        _dummy = str(_scheme.hash("nobody"))
    return _dummy
