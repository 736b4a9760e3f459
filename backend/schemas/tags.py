"""The elements of an object as a page of lines. Nothing here is markup, and no octet of pixels is in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TagLine:
    """An element, or an item of a sequence.

    Attributes:
        kind: `value`, `binary`, `pixels`, `sequence` or `item`.
        depth: 0 for the data set itself, one more for an item, and for what is in it.
        tag: `(0010,0020)`; of an item, that of its sequence.
        keyword: By the dictionary; empty where it has none.
        name: Likewise, or what is known of a private element.
        is_private: Whether its maker has defined it.
        creator: Who that is; empty where the file does not say.
        vr: Value representation; empty for items.
        length_bytes: Of the whole value; -1 where the file does not state it.
        value: Its beginning; empty for sequences, items and most binary values.
        number: Of an item; of a sequence, how many it has; of compressed pixels, their fragments.
    """

    kind: str
    depth: int
    tag: str
    keyword: str
    name: str
    is_private: bool
    creator: str
    vr: str
    length_bytes: int
    value: str
    number: int


@dataclass(frozen=True, slots=True)
class TagPage:
    """Some lines of one object.

    Attributes:
        sop_instance_uid: Of the object.
        instance_number: As it states it; empty if it does not.
        position: Of the object in its series, from 1.
        instance_count: How many objects the series has.
        lines: Those of this page; with those that were looked for, the sequences and items that hold them.
        page: From 1.
        page_count: At least 1.
        found: How many lines were looked for and found; without a search, all.
        listed: How many lines there are in all.
        sentences: What was left out or read by guessing.
    """

    sop_instance_uid: str
    instance_number: str
    position: int
    instance_count: int
    lines: tuple[TagLine, ...]
    page: int
    page_count: int
    found: int
    listed: int
    sentences: tuple[str, ...]
