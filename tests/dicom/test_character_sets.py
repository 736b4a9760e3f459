"""Character sets: what is declared rightly is read exactly, what is not is read as well as can be and said to be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.dicom.character_sets import UNREADABLE, Declaration, declaration_of, decode

NAME = frozenset(b"\r\n\t\f^=")


def read(value: bytes, *declared: str, note: str = "") -> str:
    notes: list[str] = []
    declaration = declaration_of(declared, notes)
    text = decode(value, declaration, NAME, "PatientName", notes)
    if note:
        assert any(note in sentence for sentence in notes), notes
    else:
        assert notes == []
    return text


# The values of PS3.5 annexes H, I, J and K, as octets and as characters.
STANDARD = [
    (
        "H.3.1",
        ("", "ISO 2022 IR 87"),
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    (
        "H.3.2",
        ("ISO 2022 IR 13", "ISO 2022 IR 87"),
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J"
        b"=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    (
        "I.2",
        ("", "ISO 2022 IR 149"),
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    (
        "J.1",
        ("ISO_IR 192",),
        b"Wang^XiaoDong=\xe7\x8e\x8b^\xe5\xb0\x8f\xe6\x9d\xb1=",
        "Wang^XiaoDong=王^小東=",
    ),
    ("J.3", ("GB18030",), b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab=", "Wang^XiaoDong=王^小东="),
    (
        "K.2",
        ("", "ISO 2022 IR 58"),
        b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=",
        "Zhang^XiaoDong=张^小东=",
    ),
]


@pytest.mark.parametrize(
    ("declared", "octets", "text"), [case[1:] for case in STANDARD], ids=[c[0] for c in STANDARD]
)
def test_the_examples_of_the_standard_are_read_exactly(declared, octets, text):
    assert read(octets, *declared) == text


SINGLE = [
    ("100", "iso8859-1", "Müller^Jörg"),
    ("101", "iso8859-2", "Łukaszewicz^Żaneta"),
    ("109", "iso8859-3", "Ĉapek^Ĝoja"),
    ("110", "iso8859-4", "Ģirts^Ķēniņš"),
    ("126", "iso8859-7", "Διονυσιος"),
    ("127", "iso8859-6", "قباني^لنزار"),
    ("138", "iso8859-8", "שרון^דבורה"),
    ("144", "iso8859-5", "Люкceмбypг"),
    ("148", "iso8859-9", "Çavuşoğlu^Şükrü"),
    ("166", "tis-620", "สมชาย^ใจดี"),
    ("203", "iso8859-15", "Œuvré^Šimon"),
]


@pytest.mark.parametrize(("number", "codec", "text"), SINGLE)
def test_a_set_of_single_octets_is_read_alone(number, codec, text):
    assert read(text.encode(codec), f"ISO_IR {number}") == text


ESCAPES = {
    "100": b"-A", "101": b"-B", "109": b"-C", "110": b"-D", "126": b"-F", "127": b"-G",
    "138": b"-H", "144": b"-L", "148": b"-M", "166": b"-T", "203": b"-b",
}  # fmt: skip


@pytest.mark.parametrize(("number", "codec", "text"), SINGLE)
def test_and_by_code_extension(number, codec, text):
    octets = b"^".join(b"\x1b" + ESCAPES[number] + part.encode(codec) for part in text.split("^"))
    assert read(b"Plain=" + octets, "", f"ISO 2022 IR {number}") == f"Plain={text}"


def test_two_sets_are_read_side_by_side_and_the_first_returns_after_a_separator():
    octets = b"M\xfcller=\x1b-L\xbb\xee\xda=J\xf6rg"
    assert read(octets, "ISO 2022 IR 100", "ISO 2022 IR 144") == "Müller=Люк=Jörg"


def test_the_supplementary_japanese_set_is_read():
    octets = b"\x1b$(D" + "丂".encode("euc_jp")[1:].translate(bytes(i & 0x7F for i in range(256)))
    assert read(octets + b"\x1b(B", "", "ISO 2022 IR 159") == "丂"


def test_katakana_stands_alone():
    assert read(b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ISO_IR 13") == "ﾔﾏﾀﾞ^ﾀﾛｳ"


def test_a_korean_writer_who_designates_once_is_understood():
    octets = b"Hong^Gildong=\x1b$)C\xfb\xf3^\xd1\xce\xd4\xd7"
    assert read(octets, "", "ISO 2022 IR 149") == "Hong^Gildong=洪^吉洞"
    assert read(b"\xc8\xab^\xb1\xe6\xb5\xbf", "", "ISO 2022 IR 149") == "홍^길동"


@pytest.mark.parametrize(
    ("written", "octets", "text"),
    [
        ("ISO-IR 100", b"M\xfcller", "Müller"),
        ("ISO_IR100", b"M\xfcller", "Müller"),
        ("iso_ir 100", b"M\xfcller", "Müller"),
        ("ISO IR 100", b"M\xfcller", "Müller"),
        ("ISO_IR-100", b"M\xfcller", "Müller"),
        ("ISO 8859-1", b"M\xfcller", "Müller"),
        ("LATIN1", b"M\xfcller", "Müller"),
        ("IR 100", b"M\xfcller", "Müller"),
        ("ISO8859-5", "Люк".encode("iso8859-5"), "Люк"),
        ("UTF-8", "Łódź".encode(), "Łódź"),
        ("utf8", "Łódź".encode(), "Łódź"),
        ("ISO IR 192", "Łódź".encode(), "Łódź"),
        ("gb18030", b"\xcd\xf5", "王"),
        ("ISO 2022 GB18030", b"\xcd\xf5", "王"),
    ],
)
def test_a_misspelt_declaration_is_understood_and_noted(written, octets, text):
    if written == "IR 100":
        assert read(octets, written, note="not understood") == text
    else:
        assert read(octets, written, note="not written as the standard has it") == text


def test_a_misspelt_japanese_declaration_is_understood():
    octets = b"Yamada=\x1b$B;3ED\x1b(B"
    note = "not written as the standard has it"
    assert read(octets, "", "ISO2022-IR-87", note=note) == "Yamada=山田"
    assert read(octets, "ISO-2022-JP", note=note).startswith("Yamada=山田")


def test_utf8_under_a_latin_declaration_is_no_mojibake():
    assert read("Müller^Jörg".encode(), "ISO_IR 100", note="is UTF-8") == "Müller^Jörg"
    assert read("Łódź".encode(), "ISO_IR 101", note="is UTF-8") == "Łódź"


def test_utf8_under_a_cyrillic_declaration_is_told_by_its_script():
    assert read("Люк".encode(), "ISO_IR 144", note="is UTF-8") == "Люк"
    # Capitals that happen to be valid UTF-8 stay what the file says.
    assert read("ТАТА".encode("iso8859-5"), "ISO_IR 144") == "ТАТА"


def test_latin_octets_under_a_utf8_declaration_are_guessed_and_said_to_be():
    assert read(b"M\xfcller^J\xf6rg", "ISO_IR 192", note="guessed") == "Müller^Jörg"


def test_characters_of_windows_under_latin_1_are_guessed():
    assert read(b"O\x92Neil^\x8aimon", "ISO_IR 100", note="guessed") == "O\u2019Neil^Šimon"


@pytest.mark.parametrize(
    "octets", ["王小东".encode("gbk"), "山田太郎".encode("shift_jis"), "홍길동".encode("euc_kr")]
)
def test_what_cannot_be_told_is_shown_as_unreadable_and_not_as_letters(octets):
    text = read(b"Plain^" + octets, note="cannot be read")
    assert text.startswith("Plain^")
    assert set(text.removeprefix("Plain^")) - {UNREADABLE} <= set(map(chr, range(0x20, 0x7F)))
    assert UNREADABLE in text


def test_escape_sequences_are_followed_though_nothing_is_declared():
    octets = b"Yamada=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"
    assert read(octets, note="escape sequences") == "Yamada=山田^太郎"
    assert read(octets, "ISO_IR 100", note="escape sequences") == "Yamada=山田^太郎"


def test_an_escape_sequence_that_nobody_knows_loses_only_itself():
    assert read(b"A\x1b%GB", "", "ISO 2022 IR 87", note="cannot be read") == f"A{UNREADABLE}%GB"


def test_sets_that_cannot_be_combined_are_noted():
    assert read("Łódź".encode(), "ISO_IR 192", "ISO 2022 IR 87", note="combined") == "Łódź"


def test_what_is_no_declaration_is_noted():
    assert read(b"M\xfcller", "unicode_escape", note="not understood") == "Müller"


@settings(max_examples=50)
@given(
    st.binary(max_size=40),
    st.lists(
        st.sampled_from(
            ["", "ISO_IR 100", "ISO_IR 192", "GB18030", "GBK", "ISO 2022 IR 87", "ISO 2022 IR 149",
             "ISO 2022 IR 13", "ISO 2022 IR 159", "ISO_IR 166", "ISO 2022 IR 58", "nonsense"]
        ),
        max_size=3,
    ),
)  # fmt: skip
def test_no_octets_and_no_declaration_end_in_an_exception(octets, declared):
    notes: list[str] = []
    declaration = declaration_of(tuple(declared), notes)
    text = decode(octets, declaration, NAME, "PatientName", notes)
    assert isinstance(text, str)
    if UNREADABLE in text and UNREADABLE.encode() not in octets:
        assert notes
    text.encode("utf-8")


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1b"), max_size=12))
def test_whatever_is_written_in_a_set_that_stands_alone_is_read_again(text):
    assert read(text.encode("gb18030"), "GB18030") == text
    assert read(text.encode("utf-8"), "ISO_IR 192") == text


@settings(max_examples=50)
@given(st.lists(st.sampled_from("山田太郎洪吉洞王小東"), min_size=1, max_size=8))
def test_whatever_is_written_with_code_extensions_is_read_again(letters):
    text = "".join(letters)
    japanese = b"\x1b$B" + bytes(o & 0x7F for o in text.encode("euc_jp")) + b"\x1b(B"
    korean = b"\x1b$)C" + text.encode("euc_kr", "ignore")
    declared = Declaration(first="ascii", further=("jisx0208", "ksx1001"))
    notes: list[str] = []
    assert decode(b"A=" + japanese, declared, NAME, "PatientName", notes) == f"A={text}"
    expected = korean[4:].decode("euc_kr")
    assert decode(b"A=" + korean, declared, NAME, "PatientName", notes) == f"A={expected}"
    assert notes == []
