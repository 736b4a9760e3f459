"""Specific Character Set (0008,0005): which sets a file declares, also where it misspells them (PS3.3 C.12.1.1.2)."""

import re
from dataclasses import dataclass

# Sets of one octet a character by their registration number, PS3.3 table C.12-2; their upper half is G1.
_SINGLE = {
    "6": "ascii",
    "100": "iso8859-1",
    "101": "iso8859-2",
    "109": "iso8859-3",
    "110": "iso8859-4",
    "126": "iso8859-7",
    "127": "iso8859-6",
    "138": "iso8859-8",
    "144": "iso8859-5",
    "148": "iso8859-9",
    "166": "tis-620",
    "203": "iso8859-15",
}
KATAKANA = "katakana"
# Sets of two octets a character.
_MULTI = {"87": "jisx0208", "159": "jisx0212", "149": "ksx1001", "58": "gb2312"}
PAIRS = frozenset(_MULTI.values())
_ALONE = {"192": "utf-8", "GB18030": "gb18030", "GBK": "gbk"}
# What is written for a defined term, without everything but letters and digits.
_MISSPELT = {
    "UTF8": "192",
    "UNICODE": "192",
    "ASCII": "6",
    "USASCII": "6",
    "LATIN1": "100",
    "LATIN2": "101",
    "CP1252": "100",
    "WINDOWS1252": "100",
    "GB2312": "58",
    "EUCKR": "149",
    "KSC56011987": "149",
    "TIS620": "166",
    "ISO2022JP": "87",
    "ISO2022KR": "149",
    **{
        f"ISO8859{part}": number
        for part, number in {
            "1": "100",
            "2": "101",
            "3": "109",
            "4": "110",
            "5": "144",
            "6": "127",
            "7": "126",
            "8": "138",
            "9": "148",
            "15": "203",
        }.items()
    },
}
_TERM = re.compile(r"(ISO_IR|ISO 2022 IR) (\d+)")
_LOOSE_TERM = re.compile(r"ISO(2022)?IR?(\d{1,3})")

_NOT_UNDERSTOOD = "SpecificCharacterSet is not understood; text was read by what it looks like."
_SPELT = "SpecificCharacterSet is not written as the standard has it; it was read as {terms}."
_MIXED = "SpecificCharacterSet names sets that cannot be combined; the first was used."


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a file declares.

    Attributes:
        alone: Codec of a set that knows no escape sequences (UTF-8, GB18030, GBK); "" otherwise.
        first: The set that holds until an escape sequence; "" if the file declares none that is known.
        further: The others.
    """

    alone: str = ""
    first: str = ""
    further: tuple[str, ...] = ()


def declaration_of(values: tuple[str, ...], notes: list[str]) -> Declaration:
    """Read the values of Specific Character Set; a note is added where they are not as they should be."""
    if not any(values):
        return Declaration()
    while not values[-1]:
        values = values[:-1]
    numbers: list[str] = []
    is_exact = True
    for value in values:
        number, exact = _number_of(value)
        if number is None:
            add_note(notes, _NOT_UNDERSTOOD)
            return Declaration()
        is_exact &= exact
        numbers.append(number)
    if not is_exact:
        is_alone = len(numbers) == 1
        terms = [_standard_term(number, is_alone=is_alone) for number in numbers]
        add_note(notes, _SPELT.format(terms=" and ".join(terms)))
    if numbers[0] in _ALONE:
        if len(numbers) > 1:
            add_note(notes, _MIXED)
        return Declaration(alone=_ALONE[numbers[0]])
    sets = [_set_of(number) for number in numbers if number not in _ALONE]
    if len(sets) < len(numbers):
        add_note(notes, _MIXED)
    return Declaration(first=sets[0], further=tuple(sets[1:]))


def _number_of(value: str) -> tuple[str | None, bool]:
    """The registration number (or name) that a value means, and whether it is written as the standard has it."""
    if not value:
        return "6", True
    if value in ("GB18030", "GBK"):
        return value, True
    match = _TERM.fullmatch(value)
    if match is not None and _is_known(match[2]):
        # UTF-8 cannot be combined with others, and sets of pairs only be one of several.
        is_extension = match[1] != "ISO_IR"
        return match[2], match[2] not in (("192",) if is_extension else _MULTI)
    plain = re.sub(r"[^A-Z0-9]", "", value.upper())
    if plain in ("GB18030", "GBK", "ISO2022GB18030", "ISO2022GBK"):
        return plain.removeprefix("ISO2022"), False
    if plain in _MISSPELT:
        return _MISSPELT[plain], False
    loose = _LOOSE_TERM.fullmatch(plain)
    if loose is not None and _is_known(loose[2]):
        return loose[2], False
    return (plain, False) if _is_known(plain) else (None, False)


def _is_known(number: str) -> bool:
    return number in _SINGLE or number in _MULTI or number in ("13", "192")


def _standard_term(number: str, *, is_alone: bool) -> str:
    if number in _ALONE and number != "192":
        return number
    is_extension = number in _MULTI or (not is_alone and number != "192")
    return f"{'ISO 2022 IR' if is_extension else 'ISO_IR'} {number}"


def _set_of(number: str) -> str:
    if number == "13":
        return KATAKANA
    return _SINGLE.get(number) or _MULTI[number]


def add_note(notes: list[str], sentence: str) -> None:
    """Add a sentence that is not there yet."""
    if sentence not in notes:
        notes.append(sentence)
