"""What the address of a page says, as pages read it and write it."""

from collections.abc import Mapping
from urllib.parse import urlencode


def whole_number(text: str) -> int:
    """A number from 1 that an address names; 1 where it names none."""
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 10 else 1


def search_of(values: Mapping[str, str]) -> str:
    """The part of an address from the question mark on; what is empty is left out."""
    kept = {name: value for name, value in values.items() if value}
    return f"?{urlencode(kept)}" if kept else ""
