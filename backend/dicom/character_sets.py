"""Specific Character Set (0008,0005): octets to text, by what a file declares and by what its octets show (PS3.3 C.12.1.1.2, PS3.5 6.1).

Declarations are missing, misspelt or wrong so often that they are evidence, not truth. What is certain is decoded without
a word; what had to be guessed comes with a note. Of what cannot be read each octet becomes U+FFFD and its two hexadecimal
digits, never letters that nobody wrote, and never the same for two people whose names or numbers differ.
"""

import codecs
import re
import unicodedata
from dataclasses import dataclass

UNREADABLE = "\N{REPLACEMENT CHARACTER}"

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
_KATAKANA, _ROMAJI = "katakana", "romaji"
_MULTI = {"87": "jisx0208", "159": "jisx0212", "149": "ksx1001", "58": "gb2312"}
_ALONE = {"192": "utf-8", "GB18030": "gb18030", "GBK": "gbk"}
_PAIRS = frozenset(_MULTI.values())
_JAPANESE_PAIRS = ("jisx0208", "jisx0212")
# Rows of JIS X 0208 that the standard leaves empty, and Japanese systems have filled alike: ①, Ⅲ, 髙, 﨑.
_FILLED = "jisx0208-filled"
_FILLED_ROWS = frozenset({0x2D, 0x79, 0x7A, 0x7B, 0x7C})

# Escape sequences after ESC: the half that they designate, and the set, PS3.3 tables C.12-3 and C.12-4.
_ESCAPES: tuple[tuple[bytes, int, str], ...] = (
    (b"(B", 0, "ascii"),
    (b"(J", 0, _ROMAJI),
    (b"(I", 0, _KATAKANA),  # not of the standard, but written
    (b"$B", 0, "jisx0208"),
    (b"$@", 0, "jisx0208"),  # the edition of 1978
    (b"$(D", 0, "jisx0212"),
    (b"$)C", 1, "ksx1001"),
    (b"$)A", 1, "gb2312"),
    (b")I", 1, _KATAKANA),
    (b"-A", 1, "iso8859-1"),
    (b"-B", 1, "iso8859-2"),
    (b"-C", 1, "iso8859-3"),
    (b"-D", 1, "iso8859-4"),
    (b"-F", 1, "iso8859-7"),
    (b"-G", 1, "iso8859-6"),
    (b"-H", 1, "iso8859-8"),
    (b"-L", 1, "iso8859-5"),
    (b"-M", 1, "iso8859-9"),
    (b"-T", 1, "tis-620"),
    (b"-b", 1, "iso8859-15"),
)
_LATIN = {"iso8859-1", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-9", "iso8859-15"}
_SCRIPTS = {
    "iso8859-5": "CYRILLIC",
    "iso8859-6": "ARABIC",
    "iso8859-7": "GREEK",
    "iso8859-8": "HEBREW",
    "tis-620": "THAI",
}
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
# Müller, taken for Chinese.
_AMONG_LETTERS = re.compile(r"[A-Za-z][^\x00-\x7f][a-z]")
_LOOSE_TERM = re.compile(r"ISO(2022)?IR?(\d{1,3})")

_NOT_UNDERSTOOD = "SpecificCharacterSet is not understood; text was read by what it looks like."
_SPELT = "SpecificCharacterSet is not written as the standard has it; it was read as {terms}."
_MIXED = "SpecificCharacterSet names sets that cannot be combined; the first was used."
_UNDECLARED = "{keyword} uses a character set that the file does not declare; it was read by its escape sequences."
_UTF8 = "{keyword} is UTF-8, a character set that the file does not declare."
_GUESSED = (
    "{keyword} does not fit the declared character set; it was guessed, and may be read wrongly."
)
_DOUBTFUL = (
    "{keyword} looks like no word in the declared character set; it may be written in another one."
)
_LOST = "{keyword} cannot be read in full with any character set that the file declares."


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
            _note(notes, _NOT_UNDERSTOOD)
            return Declaration()
        is_exact &= exact
        numbers.append(number)
    if not is_exact:
        is_alone = len(numbers) == 1
        terms = [_standard_term(number, is_alone=is_alone) for number in numbers]
        _note(notes, _SPELT.format(terms=" and ".join(terms)))
    if numbers[0] in _ALONE:
        if len(numbers) > 1:
            _note(notes, _MIXED)
        return Declaration(alone=_ALONE[numbers[0]])
    sets = [_set_of(number) for number in numbers if number not in _ALONE]
    if len(sets) < len(numbers):
        _note(notes, _MIXED)
    return Declaration(first=sets[0], further=tuple(sets[1:]))


def decode(
    value: bytes, declared: Declaration, delimiters: frozenset[int], keyword: str, notes: list[str]
) -> str:
    """Decode a value.

    Args:
        value: Its octets.
        declared: What the file declares.
        delimiters: Octets after which the first set holds again (PS3.5 6.1.2.5.3).
        keyword: Of the element, for notes.
        notes: Where notes are added.

    Returns:
        The text; U+FFFD stands for what cannot be read.
    """
    if value.isascii() and b"\x1b" not in value and declared.first != _KATAKANA:
        return value.decode("ascii")
    if declared.alone or b"\x1b" not in value:
        upper = declared.alone or _upper_half(declared)
        if not upper:
            return _by_its_looks(value, declared, delimiters, keyword, notes)
        if _is_rather_utf8(value, upper):
            _note(notes, _UTF8.format(keyword=keyword))
            return _utf8(value)
    if declared.alone:
        return _alone(value, declared, delimiters, keyword, notes)
    text, foreign = _by_escapes(value, declared, delimiters)
    if UNREADABLE in text:
        return _by_its_looks(value, declared, delimiters, keyword, notes)
    if foreign:
        _note(notes, _UNDECLARED.format(keyword=keyword))
    if declared.first in _LATIN and any("\x80" <= c <= "\x9f" for c in text):
        return _by_its_looks(value, declared, delimiters, keyword, notes)
    if b"\x1b" not in value and declared.first in _LATIN and _is_no_word(text):
        _note(notes, _DOUBTFUL.format(keyword=keyword))
    return text


def _alone(
    value: bytes, declared: Declaration, delimiters: frozenset[int], keyword: str, notes: list[str]
) -> str:
    """The text of octets that are declared as a set without escape sequences."""
    try:
        text = _utf8(value) if declared.alone == "utf-8" else value.decode(declared.alone)
    except UnicodeDecodeError:
        text = _by_its_looks(value, declared, delimiters, keyword, notes)
    else:
        if declared.alone != "utf-8" and _AMONG_LETTERS.search(text):
            _note(notes, _DOUBTFUL.format(keyword=keyword))
        return text
    if UNREADABLE not in text:
        return text
    # Values are often cut at 64 octets, in the middle of a character.
    decoder = codecs.getincrementaldecoder(declared.alone)()
    try:
        whole = decoder.decode(value)
    except UnicodeDecodeError:
        return text
    return whole + unreadable(decoder.getstate()[0])


def _utf8(value: bytes) -> str:
    """UTF-8 without the mark at its beginning that some write.

    Raises:
        UnicodeDecodeError: If it is none.
    """
    return value.decode("utf-8-sig")


def unreadable(octets: bytes) -> str:
    """What stands for octets that cannot be read, each by itself: different octets never look the same."""
    return "".join(f"{UNREADABLE}{octet:02X}" for octet in octets)


def _by_its_looks(
    value: bytes, declared: Declaration, delimiters: frozenset[int], keyword: str, notes: list[str]
) -> str:
    """The text of octets that do not fit what is declared; certain of UTF-8 and of escapes, careful with all else."""
    try:
        text = _utf8(value)
    except UnicodeDecodeError:
        text = ""
    if text and b"\x1b" not in value:
        _note(notes, _UTF8.format(keyword=keyword))
        return text
    if b"\x1b" in value:
        text, _ = _by_escapes(value, declared, delimiters)
        _note(notes, (_LOST if UNREADABLE in text else _UNDECLARED).format(keyword=keyword))
        return text
    latin = value.decode("cp1252", "replace")
    if _is_plausible_latin(latin):
        _note(notes, _GUESSED.format(keyword=keyword))
        return latin
    _note(notes, _LOST.format(keyword=keyword))
    return "".join(chr(each) if each < 0x80 else unreadable(bytes([each])) for each in value)


def _is_rather_utf8(value: bytes, declared: str) -> bool:
    """Whether octets that are valid UTF-8 would make no sense in the declared set, or hardly any."""
    if declared == "utf-8":
        return False
    try:
        text = _utf8(value)
    except UnicodeDecodeError:
        return False
    foreign = [c for c in text if not c.isascii()]
    if declared in _LATIN:
        return bool(foreign)
    if declared in _SCRIPTS:
        return any(unicodedata.name(c, "").startswith(_SCRIPTS[declared]) for c in foreign)
    # Three octets of UTF-8 may be one and a half characters of a set of pairs, but hardly ever all of a text is.
    return any(unicodedata.east_asian_width(c) == "W" for c in foreign)


def _is_no_word(text: str) -> bool:
    """Whether text of a Latin set has letters with accents only, as Cyrillic has that was declared wrongly."""
    letters = [c for c in text if c.isalpha()]
    return len(letters) > 3 and not any(c.isascii() for c in letters)


def _is_plausible_latin(text: str) -> bool:
    """Whether text of one octet a character looks like a Western name: letters, and not many accents together."""
    foreign = [c for c in text if not c.isascii()]
    return (
        UNREADABLE not in text
        and all(c.isalpha() or c in "\u2019\u2018\u2013" for c in foreign)
        and not re.search(r"[^\x00-\x7f]{3}", text)
        and not re.search(r"(?<![A-Za-z])[^\x00-\x7f]{2}(?![A-Za-z])", text)
    )


def _by_escapes(
    value: bytes, declared: Declaration, delimiters: frozenset[int]
) -> tuple[str, bool]:
    """Decode by ISO 2022; also whether a set was used that is not declared."""
    start = _initial(declared.first)
    halves = list(start)
    known = {declared.first, *declared.further, "ascii", _ROMAJI if _KATAKANA in start else ""}
    last_upper = _only_upper_pairs(declared)
    parts: list[str] = []
    foreign = False
    position = 0
    while position < len(value):
        octet = value[position]
        if octet == 0x1B:
            for sequence, half, name in _ESCAPES:
                if value.startswith(sequence, position + 1):
                    halves[half] = name
                    if half:
                        last_upper = name
                    # Romaji comes with katakana, and the Japanese sets with each other.
                    foreign |= name not in known and not (name == _ROMAJI and "jisx0208" in known)
                    position += 1 + len(sequence)
                    break
            else:
                parts.append(unreadable(b"\x1b"))
                position += 1
            continue
        name = halves[octet >> 7] or (last_upper if octet >> 7 else "")
        # Inside the Japanese sets of two octets, ^ and = are halves of characters.
        if octet in delimiters and (octet < 0x20 or name not in _JAPANESE_PAIRS):
            halves = list(start)
            parts.append(chr(octet))
            position += 1
            continue
        width = 2 if name in _PAIRS and octet & 0x7F > 0x20 else 1
        octets = value[position : position + width]
        if width == 2 and not _is_pair(octets):
            # Half of a character; what follows is not taken for the other half.
            octets, name = octets[:1], ""
        elif name == "jisx0208" and octet in _FILLED_ROWS:
            name, foreign = _FILLED, True
        parts.append(_character(octets, name))
        position += len(octets)
    return "".join(parts), foreign


def _initial(first: str) -> tuple[str, str]:
    """What the lower and the upper half mean at the beginning, PS3.5 6.1.2.5.3."""
    if first == _KATAKANA:
        return _ROMAJI, _KATAKANA
    # The Japanese sets of two octets are there only after an escape sequence.
    return "ascii", "" if first in ("", "ascii", *_JAPANESE_PAIRS) else first


def _upper_half(declared: Declaration) -> str:
    """The set of the upper half where no escape sequence has named one; "" for none."""
    return _initial(declared.first)[1] or _only_upper_pairs(declared)


def _only_upper_pairs(declared: Declaration) -> str:
    """The Korean or Chinese set where just one of them is declared: some write it without an escape sequence."""
    names = [name for name in declared.further if name in ("ksx1001", "gb2312")]
    return names[0] if len(names) == 1 else ""


def _is_pair(octets: bytes) -> bool:
    """Whether these are two octets of one half, as the characters of sets of two octets are (PS3.5 6.1.2.5.4)."""
    return len(octets) == 2 and octets[0] >> 7 == octets[1] >> 7 and 0x20 < octets[1] & 0x7F < 0x7F


def _character(octets: bytes, name: str) -> str:
    """One character of one set; what is `unreadable` where there is none."""
    low = bytes(octet & 0x7F for octet in octets)
    high = bytes(octet | 0x80 for octet in octets)
    if octets[0] < 0x21 or octets == b"\x7f":
        return chr(octets[0])
    try:
        if name == "ascii":
            return low.decode("ascii") if octets[0] < 0x80 else unreadable(octets)
        if name == _ROMAJI:
            return {"\\": "¥", "~": "‾"}.get(chr(low[0]), chr(low[0]))
        if name == _KATAKANA:
            return high.decode("shift_jis")
        if name == "jisx0208":
            return high.decode("euc_jp")
        if name == _FILLED:
            return _shift_jis(low).decode("cp932")
        if name == "jisx0212":
            return (b"\x8f" + high).decode("euc_jp")
        if name == "ksx1001":
            return high.decode("cp949")  # Python's EUC-KR has no room for the filler of syllables
        if name == "gb2312":
            return high.decode("gb2312")
        return octets.decode(name) if name else unreadable(octets)
    except UnicodeDecodeError:
        return unreadable(octets)


def _shift_jis(pair: bytes) -> bytes:
    """A pair of JIS X 0208 as Shift JIS writes it."""
    row, cell = pair[0] - 0x20, pair[1] - 0x20
    lead = (row + 1) // 2 + (0x80 if row < 63 else 0xC0)
    trail = cell + (0x9E if row % 2 == 0 else 0x3F if cell < 64 else 0x40)
    return bytes((lead, trail))


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
        return _KATAKANA
    return _SINGLE.get(number) or _MULTI[number]


def _note(notes: list[str], sentence: str) -> None:
    if sentence not in notes:
        notes.append(sentence)
