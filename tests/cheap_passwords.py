"""Passwords that cost little, for tests: hashing as PACScribe does it takes longer than most of them.

What it costs outside of tests is held by `access/test_passwords`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from backend.access import passwords

_USUAL = passwords._scheme
_CHEAP = passwords.argon2.using(type="ID", memory_cost=8, time_cost=1, parallelism=1)


def make_cheap() -> None:
    """From now on, in this process. Other processes are asked for what it costs them."""
    _use(_CHEAP)


@contextmanager
def usual_cost() -> Iterator[None]:
    """What it costs outside of tests."""
    _use(_USUAL)
    yield
    _use(_CHEAP)


def watched_checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The settings of each hash that a password is compared with from now on, for they decide how long it takes."""
    compared: list[str] = []
    scheme = passwords._scheme

    class Watched:
        @staticmethod
        def verify(password: str, kept: str) -> bool:
            compared.append(kept.rsplit("$", 2)[0])
            return scheme.verify(password, kept)

    monkeypatch.setattr(passwords, "_scheme", Watched)
    return compared


def _use(scheme: type) -> None:
    passwords._scheme = scheme
    passwords._dummy = ""  # made anew, with the settings of the others
