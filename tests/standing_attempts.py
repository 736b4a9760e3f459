"""Guesses counted by a clock that stands still: a wait of two seconds lasts, however slow the machine is."""

from backend.access.attempts import Attempts


def standing_attempts() -> Attempts:
    return Attempts(lambda: 0.0)
