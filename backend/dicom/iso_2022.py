"""Code extension as ISO 2022 has it: octets to characters by escape sequences, set by set (PS3.5 6.1.2.4 and 6.1.2.5)."""

from backend.dicom.declared_sets import KATAKANA, PAIRS, Declaration

UNREADABLE = "\N{REPLACEMENT CHARACTER}"

_JAPANESE_PAIRS = ("jisx0208", "jisx0212")
_ROMAJI = "romaji"
# Rows of JIS X 0208 that the standard leaves empty, and Japanese systems have filled alike: ①, Ⅲ, 髙, 﨑.
_FILLED = "jisx0208-filled"
_FILLED_ROWS = frozenset({0x2D, 0x79, 0x7A, 0x7B, 0x7C})

# Escape sequences after ESC: the half that they designate, and the set, PS3.3 tables C.12-3 and C.12-4.
_ESCAPES: tuple[tuple[bytes, int, str], ...] = (
    (b"(B", 0, "ascii"),
    (b"(J", 0, _ROMAJI),
    (b"(I", 0, KATAKANA),  # not of the standard, but written
    (b"$B", 0, "jisx0208"),
    (b"$@", 0, "jisx0208"),  # the edition of 1978
    (b"$(D", 0, "jisx0212"),
    (b"$)C", 1, "ksx1001"),
    (b"$)A", 1, "gb2312"),
    (b")I", 1, KATAKANA),
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


def unreadable(octets: bytes) -> str:
    """What stands for octets that cannot be read, each by itself: different octets never look the same."""
    return "".join(f"{UNREADABLE}{octet:02X}" for octet in octets)


def by_escapes(value: bytes, declared: Declaration, delimiters: frozenset[int]) -> tuple[str, bool]:
    """Decode by ISO 2022; also whether a set was used that is not declared."""
    start = _initial(declared.first)
    halves = list(start)
    known = {declared.first, *declared.further, "ascii", _ROMAJI if KATAKANA in start else ""}
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
        width = 2 if name in PAIRS and octet & 0x7F > 0x20 else 1
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
    if first == KATAKANA:
        return _ROMAJI, KATAKANA
    # The Japanese sets of two octets are there only after an escape sequence.
    return "ascii", "" if first in ("", "ascii", *_JAPANESE_PAIRS) else first


def upper_half(declared: Declaration) -> str:
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
        if name == KATAKANA:
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
