"""Reasons that people must give, in the one form in which they are kept."""

from backend.core.errors import Malformed

SHORTEST = 10
LONGEST = 400


def required_reason(text: str) -> str:
    """A reason as typed, in one line.

    Raises:
        Malformed: If it is too short to say anything, or too long to be kept.
    """
    text = " ".join(text.split())
    if not SHORTEST <= len(text) <= LONGEST:
        raise Malformed(f"Give a reason of {SHORTEST} to {LONGEST} characters.")
    return text
