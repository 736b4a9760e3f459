"""What listing the elements of a file ends with. How they are read is in `tag_listing`."""

from dataclasses import dataclass
from enum import StrEnum


class TagKind(StrEnum):
    """What a line of the listing is."""

    VALUE = "value"
    BINARY = "binary"  # octets that say nothing to people; a few are shown in hexadecimal
    PIXELS = "pixels"  # none of their octets is shown
    SEQUENCE = "sequence"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class ListedTag:
    """One line.

    Attributes:
        kind: A `TagKind`.
        depth: 0 for the data set itself, one more for an item, and for what is in it.
        tag: `(0010,0020)`; of an item, that of its sequence.
        keyword: By the dictionary; empty where it has none.
        name: Likewise, or what is known of a private element.
        creator: Who has reserved a private element; empty for others.
        vr: As the file states it, else by the dictionary; empty for items.
        length_bytes: As the file states it; -1 where it does not.
        value: Its beginning, in one line; empty for sequences, items and most binary values.
        number: Of an item; of a sequence, how many it has; of compressed pixels, their fragments.
    """

    kind: str
    depth: int
    tag: str
    keyword: str
    name: str
    creator: str
    vr: str
    length_bytes: int
    value: str
    number: int


@dataclass(frozen=True, slots=True)
class TagListing:
    """All lines in the order of the file, and sentences about what was left out or read by guessing."""

    lines: tuple[ListedTag, ...]
    sentences: tuple[str, ...]
