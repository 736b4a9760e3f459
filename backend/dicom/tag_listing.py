"""All elements of a file as lines for people: the file meta information, the data set, and sequences with their items.

The octets are untrusted and walked by their own lengths, with nothing held but the beginnings of values: no length is believed
further than what holds it reaches, and lines, nesting and fragments are bounded. What cannot be followed ends the listing with
a sentence; what was listed before stands. Values as text are in `tag_values`. Runs in a process of its own.
"""

import struct
import zlib
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from pydicom.datadict import get_entry, private_dictionary_description, private_dictionary_VR

from backend.dicom.declared_sets import Declaration, declaration_of
from backend.dicom.elements import KNOWN_VRS
from backend.dicom.inflating import CutShort
from backend.dicom.part10 import (
    DEFLATED_LITTLE_ENDIAN,
    UNDEFINED_LENGTH,
    data_start,
    encoding,
    inflated,
)
from backend.dicom.tag_model import ListedTag, TagKind, TagListing
from backend.dicom.tag_values import MOST_OCTETS, Reading, is_readable, shown_value

MOST_LINES = 10_000
MOST_DEPTH = 16
MOST_FRAGMENTS = 20_000
_MOST_NOTES = 20

_TOO_MANY = (
    f"The object has more than {MOST_LINES:,} elements and items; the first ones are listed."
)
_TOO_DEEP = "What is nested too deeply is not listed."
_TOO_DEEP_TO_GO_ON = "What is nested too deeply, and what follows it, is not listed."
_TOO_MANY_FRAGMENTS = (
    "The compressed pixels are in very many pieces; what follows them is not listed."
)
_DAMAGED = "The object is damaged behind {tag}; what follows is not listed."
_DAMAGED_META = "The object is damaged in its file meta information; what follows is not listed."

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG_VRS = frozenset(
    {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
)
_PIXEL_ELEMENTS = frozenset({0x0008, 0x0009, 0x0010})
_CHARACTER_SET, _TRANSFER_SYNTAX, _PIXEL_REPRESENTATION = 0x00080005, 0x00020010, 0x00280103


class _Ends(Exception):  # noqa: N818 - a reason, not a fault
    """Nothing more is listed; the message is the sentence that says why."""


@dataclass(slots=True)
class _DataSet:
    """How one data set is written, and what its elements have said so far.

    Attributes:
        reading: Byte order and character sets of its values.
        is_implicit: Whether its VRs are not written.
        is_signed: What "US or SS" is; None while nothing has said so.
        creators: Of private blocks, by group and block.
    """

    reading: Reading
    is_implicit: bool
    is_signed: bool | None = None
    creators: dict[tuple[int, int], str] = field(default_factory=dict)

    def item(self, *, is_implicit: bool) -> "_DataSet":
        """For an item in it, which inherits the character set (PS3.3 C.12.1.1.2)."""
        return _DataSet(
            replace(self.reading), self.is_implicit or is_implicit, is_signed=self.is_signed
        )


@dataclass(frozen=True, slots=True)
class _Head:
    """The beginning of an element: `vr` as it is written, "" where it is not."""

    tag: int
    vr: str
    length: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What dictionaries know of an element."""

    keyword: str = ""
    name: str = ""
    vr: str = ""
    creator: str = ""


def list_tags(source: BinaryIO) -> TagListing:
    """List the elements of a file.

    Args:
        source: A seekable stream, PS3.10 with or without preamble.

    Raises:
        Unreadable: If this is not a DICOM file, or its deflated data cannot be read at all.
    """
    size_bytes = source.seek(0, 2)
    start = data_start(source)
    walk = _Walk(source, size_bytes, start)
    meta = _DataSet(Reading(is_little_endian=True), is_implicit=False)
    try:
        walk.walk(meta, size_bytes, 0, group=0x0002)
    except (_Ends, OSError, struct.error) as reason:
        walk.say(str(reason) if isinstance(reason, _Ends) else _DAMAGED_META)
        return walk.listing()
    syntax = walk.transfer_syntax_uid
    stream, position = source, walk.position
    if syntax == DEFLATED_LITTLE_ENDIAN:
        stream = inflated(source, (position, size_bytes - position))
        size_bytes, position = stream.seek(0, 2), 0
    is_implicit, is_little_endian, notes = encoding(syntax, stream, position)
    walk.go_on(stream, size_bytes, position)
    dataset = _DataSet(Reading(is_little_endian, notes=list(notes)), is_implicit)
    try:
        dataset.is_implicit = walk.seems_implicit(dataset, position)
        walk.walk(dataset, size_bytes, 0)
    except _Ends as reason:
        walk.say(str(reason))
    except (OSError, struct.error, zlib.error, CutShort):
        walk.say(_DAMAGED.format(tag=walk.last_tag))
    for note in dataset.reading.notes[:_MOST_NOTES]:
        walk.say(note)
    return walk.listing()


class _Walk:
    """Goes through a stream from element to element."""

    def __init__(self, stream: BinaryIO, size_bytes: int, position: int) -> None:
        self._lines: list[ListedTag] = []
        self._sentences: list[str] = []
        self.transfer_syntax_uid = ""
        self.last_tag = "its beginning"
        self.go_on(stream, size_bytes, position)

    def go_on(self, stream: BinaryIO, size_bytes: int, position: int) -> None:
        """From here on in this stream."""
        self._stream, self._size_bytes, self.position = stream, size_bytes, position

    def say(self, sentence: str) -> None:
        """Add a sentence once."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)

    def listing(self) -> TagListing:
        """What was listed."""
        return TagListing(tuple(self._lines), tuple(self._sentences))

    def seems_implicit(self, dataset: _DataSet, position: int) -> bool:
        """Whether VRs are implicit by what the first element looks like, since writers do err."""
        head = self._octets(position, 6)
        order = "<" if dataset.reading.is_little_endian else ">"
        if len(head) < 6:
            return dataset.is_implicit
        group, element = struct.unpack(order + "HH", head[:4])
        stated = head[4:6].decode("latin-1")
        if dataset.is_implicit:
            return stated not in KNOWN_VRS or stated not in _public(group << 16 | element).vr
        return dataset.is_implicit

    def walk(
        self,
        dataset: _DataSet,
        end: int,
        depth: int,
        *,
        group: int | None = None,
        is_ended: bool = False,
    ) -> None:
        """List a data set.

        Args:
            dataset: How it is written.
            end: Where it ends at the latest.
            depth: Of its lines.
            group: List this group only, up to the first element of another.
            is_ended: Whether it is an item that ends with a delimiter.

        Raises:
            _Ends: If nothing more can be listed.
        """
        while self.position < end:
            here = self.position
            head = self._head(dataset, end)
            if group is not None and head.tag >> 16 != group:
                self.position = here
                return
            if head.tag == _ITEM_END and is_ended:
                return
            if head.tag >> 16 == 0xFFFE:
                raise self._damaged()
            self._element(head, dataset, end, depth)

    def _head(self, dataset: _DataSet, end: int) -> _Head:
        order = "<" if dataset.reading.is_little_endian else ">"
        if self.position + 8 > end:
            raise self._damaged()
        octets = self._octets(self.position, 8)
        self.position += 8
        group, element, length = struct.unpack(order + "HHI", octets)
        tag = group << 16 | element
        vr = octets[4:6].decode("latin-1")
        is_stated = vr.isascii() and vr.isalpha() and vr.isupper()
        if dataset.is_implicit or group == 0xFFFE or not is_stated:
            return _Head(tag, "", length)
        if vr not in _LONG_VRS:
            return _Head(tag, vr, struct.unpack(order + "H", octets[6:8])[0])
        if self.position + 4 > end:
            raise self._damaged()
        (length,) = struct.unpack(order + "I", self._octets(self.position, 4))
        self.position += 4
        return _Head(tag, vr, length)

    def _element(self, head: _Head, dataset: _DataSet, end: int, depth: int) -> None:
        known = _known(head.tag, dataset)
        vr = _resolved(head.vr, known.vr, dataset.is_signed)
        line = ListedTag(
            kind=TagKind.VALUE,
            depth=depth,
            tag=_shown_tag(head.tag),
            keyword=known.keyword,
            name=known.name,
            creator=known.creator,
            vr=head.vr or known.vr.replace("US or SS", vr) or "UN",
            length_bytes=-1 if head.length == UNDEFINED_LENGTH else head.length,
            value="",
            number=0,
        )
        begin = self.position
        if head.length != UNDEFINED_LENGTH and begin + head.length > end:
            self._add(line)
            raise self._damaged()
        if head.length == UNDEFINED_LENGTH:
            if vr in ("OB", "OW") or _is_pixels(head.tag):
                self._fragments(line, dataset, end)
            else:
                self._sequence(line, head, dataset, end)
        elif vr == "SQ":
            self._sequence(line, head, dataset, begin + head.length)
            self.position = begin + head.length
        else:
            self._value(line, head, vr, dataset)
            self.position = begin + head.length

    def _value(self, line: ListedTag, head: _Head, vr: str, dataset: _DataSet) -> None:
        if _is_pixels(head.tag):
            self._add(replace(line, kind=TagKind.PIXELS))
            return
        octets = self._octets(self.position, min(head.length, MOST_OCTETS))
        if len(octets) < min(head.length, MOST_OCTETS):
            raise self._damaged()
        subject = line.keyword or line.tag
        value = shown_value(vr, octets, head.length, subject, dataset.reading)
        kind = TagKind.VALUE if is_readable(vr) or not head.length else TagKind.BINARY
        self._add(replace(line, kind=kind, value=value))
        self._learn(head.tag, octets, value, dataset)

    def _learn(self, tag: int, octets: bytes, value: str, dataset: _DataSet) -> None:
        """What this element says of those that follow."""
        plain = octets.decode("ascii", "replace").strip(" \0")
        if tag == _CHARACTER_SET:
            declared = tuple(part.strip() for part in plain.split("\\")) if plain else ()
            notes = dataset.reading.notes
            dataset.reading.declared = (
                declaration_of(declared, notes) if declared else Declaration()
            )
        elif tag == _PIXEL_REPRESENTATION:
            dataset.is_signed = {"0": False, "1": True}.get(value)
        elif tag == _TRANSFER_SYNTAX:
            self.transfer_syntax_uid = plain
        elif tag >> 16 & 1 and 0x10 <= tag & 0xFFFF <= 0xFF:
            dataset.creators[tag >> 16, tag & 0xFF] = value

    def _sequence(self, line: ListedTag, head: _Head, dataset: _DataSet, end: int) -> None:
        place = self._add(replace(line, kind=TagKind.SEQUENCE))
        if line.depth + 2 > MOST_DEPTH:
            if head.length == UNDEFINED_LENGTH:
                raise _Ends(_TOO_DEEP_TO_GO_ON)
            self.say(_TOO_DEEP)
            return
        number = 0
        order = "<" if dataset.reading.is_little_endian else ">"
        while self.position < end:
            if self.position + 8 > end:
                raise self._damaged()
            group, element, length = struct.unpack(order + "HHI", self._octets(self.position, 8))
            self.position += 8
            tag = group << 16 | element
            if tag == _SEQUENCE_END:
                return
            if tag != _ITEM:
                raise self._damaged()
            number += 1
            self._lines[place] = replace(self._lines[place], number=number)
            self._item(line, number, length, dataset.item(is_implicit=head.vr == "UN"), end)

    def _item(
        self, sequence: ListedTag, number: int, length: int, dataset: _DataSet, end: int
    ) -> None:
        is_ended = length == UNDEFINED_LENGTH
        self._add(
            ListedTag(
                kind=TagKind.ITEM,
                depth=sequence.depth + 1,
                tag=sequence.tag,
                keyword=sequence.keyword,
                name=sequence.name,
                creator=sequence.creator,
                vr="",
                length_bytes=-1 if is_ended else length,
                value="",
                number=number,
            )
        )
        begin = self.position
        if not is_ended:
            if begin + length > end:
                raise self._damaged()
            end = begin + length
        self.walk(dataset, end, sequence.depth + 2, is_ended=is_ended)
        if not is_ended:
            self.position = end

    def _fragments(self, line: ListedTag, dataset: _DataSet, end: int) -> None:
        """Compressed pixels: items of octets, the first of them a table of offsets (PS3.5 A.4)."""
        place = self._add(replace(line, kind=TagKind.PIXELS))
        order = "<" if dataset.reading.is_little_endian else ">"
        for number in range(MOST_FRAGMENTS + 1):
            if self.position + 8 > end:
                raise self._damaged()
            group, element, length = struct.unpack(order + "HHI", self._octets(self.position, 8))
            self.position += 8
            tag = group << 16 | element
            if tag == _SEQUENCE_END:
                return
            if tag != _ITEM or self.position + length > end:
                raise self._damaged()
            self.position += length
            self._lines[place] = replace(self._lines[place], number=number)
        raise _Ends(_TOO_MANY_FRAGMENTS)

    def _add(self, line: ListedTag) -> int:
        if len(self._lines) >= MOST_LINES:
            raise _Ends(_TOO_MANY)
        self._lines.append(line)
        self.last_tag = line.tag
        return len(self._lines) - 1

    def _damaged(self) -> _Ends:
        return _Ends(_DAMAGED.format(tag=self.last_tag))

    def _octets(self, position: int, length: int) -> bytes:
        self._stream.seek(position)
        return self._stream.read(min(length, max(0, self._size_bytes - position)))


def _known(tag: int, dataset: _DataSet) -> _Known:
    group, element = tag >> 16, tag & 0xFFFF
    if element == 0:
        return _Known("", "Group Length", "UL")
    if not group & 1:
        return _public(tag)
    if element < 0x10:
        return _Known()
    if element <= 0xFF:
        return _Known("", "Private Creator", "LO")
    creator = dataset.creators.get((group, element >> 8), "")
    try:
        name = private_dictionary_description(tag, creator)
        # Names that vendors have not published are in brackets there.
        name = name[1:-1] if name.startswith("[") and name.endswith("]") else name
        return _Known("", name, private_dictionary_VR(tag, creator), creator)
    except KeyError:
        return _Known(creator=creator)


def _public(tag: int) -> _Known:
    try:
        vr, _, name, _, keyword = get_entry(tag)
    except KeyError:
        return _Known()
    return _Known(keyword, name, vr if vr != "NONE" else "")


def _resolved(stated: str, known: str, is_signed: bool | None) -> str:
    """The VR by which a value is read: the dictionary's where the file states none that is known."""
    vr = stated if stated in KNOWN_VRS else known
    if vr == "US or SS" and is_signed is not None:
        return "SS" if is_signed else "US"
    if " or " in vr and "OW" in vr:
        return "OW"
    return vr


def _is_pixels(tag: int) -> bool:
    """Pixel data of any kind, overlays and curves (PS3.6 groups 7FE0, 7Fxx, 60xx and 50xx)."""
    group, element = tag >> 16, tag & 0xFFFF
    if group == 0x7FE0:
        return element in _PIXEL_ELEMENTS
    if 0x7F00 <= group <= 0x7FFE and not group & 1:
        return element >= 0x10
    return group >> 8 in (0x50, 0x60) and element == 0x3000


def _shown_tag(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
