"""Reading single elements: raw octets to text, dates, numbers. Which elements mean what is known in `attributes`.

Values are converted here rather than by pydicom, because a file's mistakes (numbers that are no numbers, undeclared
character sets, unknown VRs) must end as a note, never as an exception and never as an invented value.
"""

import math
import re
import struct
import warnings
from collections.abc import Callable
from copy import copy
from datetime import date
from functools import cache, lru_cache
from typing import TypeVar

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from backend.dicom.alike import PLACES, PRIVATE_CREATORS, Alike, Raw, Reading, whole_group
from backend.dicom.character_sets import decode
from backend.dicom.declared_sets import declaration_of

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(\.\d{1,6})?)?)?")
BINARY_FORMATS = {
    "US": "H",
    "SS": "h",
    "UL": "I",
    "SL": "i",
    "UV": "Q",
    "SV": "q",
    "FL": "f",
    "FD": "d",
}
_DELIMITERS = frozenset(b"\r\n\t\f")
_DELIMITERS_OF_VALUES = _DELIMITERS | frozenset(b"\\")
_DELIMITERS_OF_NAMES = _DELIMITERS_OF_VALUES | frozenset(b"^=")
_CODE_CHARACTERS = 16
_TEXT_CHARACTERS = 10_240
_TEXT_BYTES = 8 * _TEXT_CHARACTERS  # in any character set, with its escape sequences
_SHORT_BYTES = 64
Parsed = TypeVar("Parsed")
Value = TypeVar("Value")
CONTROL_CHARACTERS = {
    code: None for code in (*range(32), *range(127, 160)) if code not in (9, 10, 13)
}


# Elements of the repeating groups 60xx by the second half of their tags, PS3.6; `in_group` says which group is read.
_REPEATED = {
    "OverlayRows": (0x0010, "US"),
    "OverlayColumns": (0x0011, "US"),
    "NumberOfFramesInOverlay": (0x0015, "IS"),
    "OverlayDescription": (0x0022, "LO"),
    "OverlayType": (0x0040, "CS"),
    "OverlayOrigin": (0x0050, "SS"),
    "ImageFrameOrigin": (0x0051, "US"),
    "OverlayBitsAllocated": (0x0100, "US"),
    "OverlayBitPosition": (0x0102, "US"),
    "OverlayLabel": (0x1500, "LO"),
    "OverlayData": (0x3000, "OW"),
}


@cache
def _tag_and_vr(keyword: str, group: int) -> tuple[int, str]:
    if group:
        number, vr = _REPEATED[keyword]
        return group << 16 | number, vr
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return tag, dictionary_VR(tag)


def delimiters_of(vr: str) -> frozenset[int]:
    """Octets of text of this VR after which the first declared character set holds again (PS3.5 6.1.2.5.3)."""
    if vr in ("LT", "ST", "UT"):
        return _DELIMITERS  # they have one value, and a backslash means nothing
    return _DELIMITERS_OF_NAMES if vr == "PN" else _DELIMITERS_OF_VALUES


class Elements:
    """The elements of a data set or of a sequence item, read one at a time.

    Args:
        dataset: As pydicom opened it.
        is_little_endian: Byte order of binary values.
        notes: Where notes about tolerated mistakes are added.
        parent: The data set that holds this item; its character set is inherited (PS3.3 C.12.1.1.2).
        alike: What was read of the file before, for `once`.
    """

    def __init__(
        self,
        dataset: Dataset,
        is_little_endian: bool,
        notes: list[str],
        parent: "Elements | None" = None,
        alike: Alike | None = None,
    ) -> None:
        self._dataset = dataset
        # Undecoded; pydicom converts some in place when it opens a sequence.
        self._raw: Raw = {int(tag): element for tag, element in dataset.items()}
        self._groups = {tag >> 16 for tag in self._raw}
        self._byte_order = "<" if is_little_endian else ">"
        self._is_little_endian = is_little_endian
        self._group = 0
        self._blocks: dict[tuple[int, str], int] | None = None
        self._alike = alike
        self._looked_at: set[int] | None = None  # while it is told what is read
        if alike is not None:
            alike.begin(self._raw, is_little_endian)
        self.notes = notes
        declared = self.strings("SpecificCharacterSet")
        if declared or parent is None:
            self._declared = declaration_of(declared, notes)
        else:
            self._declared = parent._declared

    def __contains__(self, keyword: str) -> bool:
        tag = _tag_and_vr(keyword, self._group)[0]
        self._looks_at(tag)
        return tag in self._raw

    def once(self, read: Callable[..., Value], *arguments: object) -> Value:
        """`read(self, *arguments)`, or what that gave for the file before, if all it looked at there is the same here.

        Args:
            read: Must depend on nothing but elements of this data set and its arguments, and give what is frozen.
            arguments: Compared.
        """
        if self._alike is None or self._looked_at is not None:
            return read(self, *arguments)
        reading = self._alike.find(read, arguments)
        if reading is None:
            value, notes, looked_at = self._watched(read, arguments)
            reading = Reading(value, tuple(notes), arguments, frozenset(looked_at))
            self._alike.keep(read, reading)
        else:
            for sentence in reading.notes:
                self.note(sentence)
            value = reading.value
        return value

    def _watched(
        self, read: Callable[..., Value], arguments: tuple[object, ...]
    ) -> tuple[Value, list[str], set[int]]:
        """What `read` gives, notes and looks at."""
        noted, self.notes = self.notes, []
        looked_at: set[int] = set()
        self._looked_at = looked_at
        try:
            return read(self, *arguments), self.notes, looked_at
        finally:
            self._looked_at = None
            notes, self.notes = self.notes, noted
            for sentence in notes:
                self.note(sentence)

    def _looks_at(self, what: int) -> None:
        if self._looked_at is not None:
            self._looked_at.add(what)

    def has_group(self, group: int) -> bool:
        """Whether there is any element of a group."""
        self._looks_at(whole_group(group))
        return group in self._groups

    def in_group(self, group: int) -> "Elements":
        """The same data set, to read the elements of one repeating group (60xx), such as `OverlayRows`."""
        elements = copy(self)
        elements._group = group
        return elements

    def place(self, keyword: str) -> tuple[int, int]:
        """(offset, length) of the value of an element of the data set itself, in the stream that it was read from."""
        tag = _tag_and_vr(keyword, self._group)[0]
        self._looks_at(tag)
        element = self._raw.get(tag)
        if not isinstance(element, RawDataElement) or not isinstance(element.value, bytes):
            return 0, 0
        self._looks_at(PLACES)
        return element.value_tell, element.length  # also of a value that was passed over

    def note(self, sentence: str) -> None:
        """Add a note once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def octets(self, keyword: str) -> tuple[bytes, str]:
        """The raw value and its VR; empty where the element is absent, empty or a sequence."""
        tag, dictionary_vr = _tag_and_vr(keyword, self._group)
        if self._looked_at is not None:
            self._looked_at.add(tag)
        element = self._raw.get(tag)
        if element is None:
            return b"", dictionary_vr
        if isinstance(element, DataElement) and isinstance(element.value, int | str):
            return str(element.value).encode("ascii", "replace"), "IS"
        if not isinstance(element, RawDataElement) or not isinstance(element.value, bytes):
            return b"", dictionary_vr
        stated_vr = element.VR
        if stated_vr is None or stated_vr == "UN" or (stated_vr not in KNOWN_VRS):
            stated_vr = dictionary_vr
        return element.value, stated_vr

    def strings(self, keyword: str) -> tuple[str, ...]:
        """The values of a code string or another value that is ASCII by definition."""
        value, _ = self.octets(keyword)
        return _parsed_strings(value) if value else ()

    def string(self, keyword: str) -> str:
        """The first value of `strings`, or ""; a code longer than the 16 characters of PS3.5 6.2 is cut, with a note."""
        values = self.strings(keyword)
        return self._cut(values[0], keyword, _CODE_CHARACTERS) if values else ""

    def uid(self, keyword: str) -> str:
        """A UID, or "" where absent or not a UID by PS3.5 9.1 (leading zeros of a component are tolerated)."""
        value, _ = self.octets(keyword)
        # Nothing is taken out of its middle: what is left would be the UID of something else.
        text = value.decode("ascii", "replace").split("\\")[0].strip(" \0")
        if not text:
            return ""
        if len(text) <= 64 and _UID.fullmatch(text):
            return text
        self.note(f"{keyword} is not a valid UID.")
        return ""

    def text(self, keyword: str) -> str:
        """Decoded text, of a name all groups; line breaks are kept, other control characters not; endless text is cut, with a note."""
        return self._cut(self._decoded(keyword), keyword, _TEXT_CHARACTERS)

    def _cut(self, text: str, keyword: str, limit: int) -> str:
        if len(text) <= limit:
            return text
        self.note(f"{keyword} is longer than allowed and was cut.")
        return text[:limit]

    def date(self, keyword: str) -> str:
        """A date as `YYYYMMDD`, or "" with a note where it is none; `YYYY.MM.DD` of old files is understood."""
        text = self.string(keyword).replace(".", "")
        if not text:
            return ""
        try:
            if len(text) != 8 or not text.isascii() or not text.isdigit():
                raise ValueError
            date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            self.note(f"{keyword} is not a valid date.")
            return ""
        return text

    def time(self, keyword: str) -> str:
        """A time as `HH`, `HHMM`, `HHMMSS` or `HHMMSS.ffffff`, or "" with a note where it is none."""
        text = self.string(keyword)
        if not text:
            return ""
        match = _TIME.fullmatch(text)
        hour, minute, second = (
            (int(part or 0) for part in match.groups()[:3]) if match else (99, 0, 0)
        )
        if match is None or hour > 23 or minute > 59 or second > 60:
            self.note(f"{keyword} is not a valid time.")
            return ""
        return "".join(part or "" for part in match.groups())

    def numbers(self, keyword: str, is_signed: bool = False) -> tuple[float, ...]:
        """All values as numbers; () with a note where one of them is not a finite number.

        Args:
            keyword: The element.
            is_signed: How to read a value whose VR is "US or SS" by the dictionary.
        """
        value, vr = self.octets(keyword)
        if not value:
            return ()
        if " or " in vr:
            vr = "SS" if is_signed else "US"
        if vr in BINARY_FORMATS:
            values = self._binary(value, BINARY_FORMATS[vr])
        else:
            values = _parsed_numbers(value)
        if not values or not all(math.isfinite(number) for number in values):
            if value.strip(b" \0"):
                self.note(f"{keyword} is not a readable number.")
            return ()
        return values

    def number(self, keyword: str, is_signed: bool = False) -> float | None:
        """The first number, or None."""
        values = self.numbers(keyword, is_signed)
        return values[0] if values else None

    def positive(self, keyword: str) -> float | None:
        """The first number where it is above 0, else None."""
        value = self.number(keyword)
        return value if value is not None and value > 0 else None

    def integer(self, keyword: str, is_signed: bool = False) -> int | None:
        """The first value as a whole number, or None (with a note where it is not whole)."""
        value = self.number(keyword, is_signed)
        if value is None:
            return None
        if value != int(value) or abs(value) > 2**53:
            self.note(f"{keyword} is not a whole number.")
            return None
        return int(value)

    def private_numbers(self, creator: str, group: int, element: int, vr: str) -> tuple[float, ...]:
        """The numbers of a private element, or () where its maker has not written it.

        Args:
            creator: Private Creator that must have reserved the block, PS3.5 7.8.1.
            group: Group of the element, an odd number.
            element: Its last two hexadecimal digits.
            vr: What its maker writes, used where the file does not say (implicit or UN).
        """
        value, stated = self._private(creator, group, element)
        if not value:
            return ()
        vr = stated if stated in BINARY_FORMATS or stated in ("DS", "IS") else vr
        values = (
            self._binary(value, BINARY_FORMATS[vr])
            if vr in BINARY_FORMATS
            else _parsed_numbers(value)
        )
        return values if all(math.isfinite(number) for number in values) else ()

    def private_string(self, creator: str, group: int, element: int) -> str:
        """The ASCII text of a private element, or "" where its maker has not written it; arguments as above."""
        return _plain_text(self._private(creator, group, element)[0])

    def _private(self, creator: str, group: int, element: int) -> tuple[bytes, str]:
        """The raw value of a private element and its VR, "" where the file does not state it."""
        self._looks_at(PRIVATE_CREATORS)
        block = self._private_blocks().get((group, creator))
        if block is None:
            return b"", ""
        tag = group << 16 | block << 8 | element
        self._looks_at(tag)
        found = self._raw.get(tag)
        if not isinstance(found, RawDataElement) or not isinstance(found.value, bytes):
            return b"", ""
        return found.value, found.VR or ""

    def _private_blocks(self) -> dict[tuple[int, str], int]:
        """Which blocks of private elements are reserved, by group and creator (PS3.5 7.8.1)."""
        if self._blocks is None:
            self._blocks = {}
            for tag, element in self._raw.items():
                group, block = tag >> 16, tag & 0xFFFF
                if group % 2 and 0x10 <= block <= 0xFF:
                    self._blocks.setdefault((group, _plain_text(element.value)), block)
        return self._blocks

    def tags(self, keyword: str) -> tuple[str, ...]:
        """The elements that an attribute tag (AT) points to, by keyword; those of no known element are left out."""
        value, _ = self.octets(keyword)
        count = len(value) // 4
        pairs = struct.unpack(f"{self._byte_order}{2 * count}H", value[: 4 * count])
        keywords = (
            keyword_for_tag(group << 16 | element)
            for group, element in zip(pairs[::2], pairs[1::2], strict=True)
        )
        return tuple(keyword for keyword in keywords if keyword)

    def items(self, keyword: str) -> list["Elements"]:
        """The items of a sequence; empty where absent or unreadable (with a note)."""
        tag, _ = _tag_and_vr(keyword, self._group)
        self._looks_at(tag)
        if tag not in self._raw:
            return []
        value: object = None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                element = self._dataset[tag]
            value = element.value if isinstance(element, DataElement) else None
        except (RecursionError, MemoryError):
            raise
        except Exception:  # noqa: BLE001 - pydicom raises whatever a malformed item makes it stumble over
            self.note(f"{keyword} is not readable.")
            return []
        if not isinstance(value, Sequence):
            if value:
                self.note(f"{keyword} is not readable.")
            return []
        return [Elements(item, self._is_little_endian, self.notes, self) for item in value]

    def item(self, keyword: str) -> "Elements | None":
        """The first item of a sequence, or None."""
        items = self.items(keyword)
        return items[0] if items else None

    def words(self, keyword: str) -> tuple[int, ...]:
        """16-bit words of look-up table data, whatever its VR (US, SS, OW or UN)."""
        value, _ = self.octets(keyword)
        count = len(value) // 2
        return struct.unpack(f"{self._byte_order}{count}H", value[: 2 * count])

    def _binary(self, value: bytes, code: str) -> tuple[float, ...]:
        size = struct.calcsize(code)
        count = len(value) // size
        values = struct.unpack(f"{self._byte_order}{count}{code}", value[: count * size])
        return tuple(float(number) for number in values)

    def _decoded(self, keyword: str) -> str:
        value = self.octets(keyword)[0].rstrip(b" \0")
        if not value:
            return ""
        if len(value) > _TEXT_BYTES:
            self.note(f"{keyword} is longer than allowed and was cut.")
            # At a blank, which is part of no other character.
            blank = value.rfind(b" ", _TEXT_BYTES // 2, _TEXT_BYTES)
            value = value[: blank if blank > 0 else _TEXT_BYTES]
        _, vr = _tag_and_vr(keyword, self._group)
        text = decode(value, self._declared, delimiters_of(vr), keyword, self.notes)
        return text.translate(CONTROL_CHARACTERS).strip()


def _plain_text(value: object) -> str:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
    return text.strip(" \0")


def _remembered(parse: Callable[[bytes], Parsed]) -> Callable[[bytes], Parsed]:
    """Answers for short values from memory: the slices of a series mostly say the same."""
    remembered = lru_cache(maxsize=1024)(parse)
    return lambda value: remembered(value) if len(value) <= _SHORT_BYTES else parse(value)


@_remembered
def _parsed_strings(value: bytes) -> tuple[str, ...]:
    text = value.decode("ascii", "replace").translate(CONTROL_CHARACTERS).strip()
    return tuple(part.strip() for part in text.split("\\")) if text else ()


@_remembered
def _parsed_numbers(value: bytes) -> tuple[float, ...]:
    text = value.decode("ascii", "replace").strip(" \0")
    parts = [part.strip(" \0") for part in text.split("\\")]
    if not all(len(part) <= 64 and _NUMBER.fullmatch(part) for part in parts):
        return ()
    return tuple(float(part) for part in parts)


KNOWN_VRS = {
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "OB", "OD", "OF", "OL", "OV", "OW",
    "PN", "SH", "SL", "SQ", "SS", "ST", "SV", "TM", "UC", "UI", "UL", "US", "UT", "UR", "UV",
}  # fmt: skip
