"""Character sets: what is declared rightly is read exactly, what is not is read as well as can be and said to be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.dicom.character_sets import decode
from backend.dicom.declared_sets import Declaration, declaration_of
from backend.dicom.elements import delimiters_of
from backend.dicom.iso_2022 import UNREADABLE

NAME = delimiters_of("PN")


def read(value: bytes, *declared: str, note: str = "", vr: str = "PN") -> str:
    notes: list[str] = []
    declaration = declaration_of(declared, notes)
    text = decode(value, declaration, delimiters_of(vr), "PatientName", notes)
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


@pytest.mark.parametrize(
    ("declared", "octets", "text"),
    [
        pytest.param(
            "ISO 2022 IR 149",
            b"\x1b$)CThe 1st line includes \xb1\xe6\xb5\xbf.\r\n"
            b"\x1b$)CThe 2nd line includes \xb1\xe6\xb5\xbf, too.\r\nThe 3rd line.",
            "The 1st line includes 길동.\r\nThe 2nd line includes 길동, too.\r\nThe 3rd line.",
            id="I.3",
        ),
        pytest.param(
            "ISO 2022 IR 58",
            b"1.\x1b$)A\xb5\xda\xd2\xbb\xd0\xd0\xce\xc4\xd7\xd6\xa1\xa3\r\n"
            b"2.\x1b$)A\xb5\xda\xb6\xfe\xd0\xd0\xce\xc4\xd7\xd6\xa1\xa3\r\n",
            "1.第一行文字。\r\n2.第二行文字。\r\n",
            id="K.3",
        ),
    ],
)
def test_long_texts_as_in_the_standard_are_read_line_by_line(declared, octets, text):
    assert read(octets, "", declared, vr="LT") == text


@pytest.mark.parametrize(
    ("vr", "separators"),
    [("PN", "^=\\\r\n\t\f"), ("LO", "\\\r\n\t\f"), ("SH", "\\\r\n\t\f"), ("UC", "\\\r\n\t\f"), ("ST", "\r\n\t\f"), ("LT", "\r\n\t\f"), ("UT", "\r\n\t\f")],
)  # fmt: skip
def test_the_first_set_returns_after_what_separates_values_lines_and_parts_of_names(vr, separators):
    for each in "^=\\\r\n\t\f":
        octets = b"\x1b-L\xce" + each.encode() + b"\xe4"
        after = "ä" if each in separators else "ф"
        assert read(octets, "ISO 2022 IR 100", "ISO 2022 IR 144", vr=vr) == f"Ю{each}{after}"


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


@pytest.mark.parametrize(("number", "codec", "_text"), SINGLE)
def test_every_character_of_a_set_of_single_octets_is_read(number, codec, _text):
    for octet in range(0xA1, 0x100):
        wanted = bytes([octet]).decode(codec, "ignore")
        text = decode(bytes([octet]), declaration_of((f"ISO_IR {number}",), []), NAME, "X", [])
        # One octet beyond a set may still be a letter of Windows, which is said where names are read.
        assert text == wanted or (not wanted and (UNREADABLE in text or text.isalpha()))


@pytest.mark.parametrize(
    ("term", "escape", "codec", "oracle"),
    [
        ("87", b"$B", "iso2022_jp", b"\x1b$B"),
        ("159", b"$(D", "iso2022_jp_2", b"\x1b$(D"),
        ("149", b"$)C", "iso2022_jp_2", b"\x1b$(C"),
        ("58", b"$)A", "iso2022_jp_2", b"\x1b$A"),
    ],
)
def test_every_character_of_a_set_of_pairs_is_read_as_another_codec_reads_it(
    term, escape, codec, oracle
):
    """The oracle knows each of them as G0, whichever half the standard puts it in."""
    upper = 0x80 if escape.startswith(b"$)") else 0
    characters = 0
    for row in range(0x21, 0x7F):
        for cell in range(0x21, 0x7F):
            try:
                wanted = (oracle + bytes((row, cell)) + b"\x1b(B").decode(codec)
            except UnicodeDecodeError:
                continue
            octets = b"\x1b" + escape + bytes((row | upper, cell | upper))
            assert read(octets, "", f"ISO 2022 IR {term}") == wanted
            characters += 1
    assert characters > 6000


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
        ("TIS-620", "ใจดี".encode("tis-620"), "ใจดี"),
        ("KS_C_5601-1987", "홍길동".encode("euc_kr"), "홍길동"),
        ("ISO_IR 149", "홍길동".encode("euc_kr"), "홍길동"),
        ("ISO 2022 IR 192", "Łódź".encode(), "Łódź"),
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
    note = "not written as the standard has it; it was read as ISO 2022 IR 6 and ISO 2022 IR 87."
    assert read(octets, "", "ISO2022-IR-87", note=note) == "Yamada=山田"
    note = "not written as the standard has it; it was read as ISO 2022 IR 87."
    assert read(octets, "ISO-2022-JP", note=note) == "Yamada=山田"


@pytest.mark.parametrize("declared", [("ISO_IR 192", ""), ("ISO_IR 192", "", "")])
def test_empty_values_behind_a_declaration_say_nothing(declared):
    assert read("Łódź".encode(), *declared) == "Łódź"


def test_a_mark_at_the_beginning_of_utf8_is_no_letter_of_a_name():
    assert read(b"\xef\xbb\xbf" + "Łódź".encode(), "ISO_IR 192") == "Łódź"


def test_utf8_under_a_latin_declaration_is_no_mojibake():
    assert read("Müller^Jörg".encode(), "ISO_IR 100", note="is UTF-8") == "Müller^Jörg"
    assert read("Łódź".encode(), "ISO_IR 101", note="is UTF-8") == "Łódź"


@pytest.mark.parametrize("declared", ["GB18030", "GBK", "ISO 2022 IR 58", "ISO 2022 IR 149"])
@pytest.mark.parametrize("name", ["王^小东", "李四", "山田^太郎", "가^홍길동"])
def test_utf8_under_an_east_asian_declaration_is_no_mojibake(declared, name):
    terms = (declared,) if declared.startswith("GB") else ("", declared)
    assert read(name.encode(), *terms, note="is UTF-8") == name


@pytest.mark.parametrize("octets", ["Müller".encode(), "Müller".encode("latin-1")])
def test_chinese_amid_latin_letters_is_said_to_be_doubtful(octets):
    read(octets, "GB18030", note="may be written in another one")
    assert read("CT头颅".encode("gb18030"), "GB18030") == "CT头颅"


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r", "iso8859-5"])
def test_cyrillic_under_a_latin_declaration_is_said_to_be_doubtful(codec):
    read("Сидоров^Пётр".encode(codec), "ISO_IR 100", note="may be written in another one")
    assert read("Þórð^Öz".encode("latin-1"), "ISO_IR 100") == "Þórð^Öz"


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
    assert text == "Plain^" + "".join(
        f"{UNREADABLE}{octet:02X}" if octet > 0x7F else chr(octet) for octet in octets
    )


def test_two_names_that_cannot_be_read_stay_two():
    one, other = (read(name.encode("cp1251"), note="cannot") for name in ("Иванов", "Петров"))
    assert one != other


@pytest.mark.parametrize(
    ("declared", "whole", "cut"),
    [("ISO_IR 192", "山田太郎".encode(), 1), ("ISO_IR 192", "山田太郎".encode(), 2),
     ("GB18030", "王小东".encode("gb18030"), 1)],
)  # fmt: skip
def test_of_a_value_that_was_cut_in_a_character_only_that_is_lost(declared, whole, cut):
    codec = "utf-8" if declared == "ISO_IR 192" else "gb18030"
    last = whole.decode(codec)[-1].encode(codec)[:-cut]
    lost = "".join(f"{UNREADABLE}{octet:02X}" for octet in last)
    wanted = whole.decode(codec)[:-1] + lost
    assert read(whole[:-cut], declared, note="cannot be read in full") == wanted


@pytest.mark.parametrize(
    ("declared", "octets", "text"),
    [
        ("ISO 2022 IR 149", b"\x1b$)C\xc8\xab\xb0^Gildong", f"홍{UNREADABLE}B0^Gildong"),
        ("ISO 2022 IR 149", b"\x1b$)C\xb0Anna", f"{UNREADABLE}B0Anna"),
        ("ISO 2022 IR 58", b"\x1b$)A\xd5\x1b(B^Ming", f"{UNREADABLE}D5^Ming"),
        ("ISO 2022 IR 87", b"\x1b$B;3E\x1b(B^Tarou", f"山{UNREADABLE}45^Tarou"),
    ],
)
def test_half_a_character_takes_nothing_of_what_follows(declared, octets, text):
    assert read(octets, "", declared, note="cannot be read in full") == text


def test_letters_that_japanese_makers_add_are_read_and_said_to_be_undeclared():
    octets = b"=\x1b$B|b66\x1b(B^\x1b$By!-!-7\x1b(B"
    assert read(octets, "", "ISO 2022 IR 87", note="does not declare") == "=髙橋^纊①Ⅲ"


def test_escape_sequences_are_followed_though_nothing_is_declared():
    octets = b"Yamada=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B"
    assert read(octets, note="escape sequences") == "Yamada=山田^太郎"
    assert read(octets, "ISO_IR 100", note="escape sequences") == "Yamada=山田^太郎"


def test_an_escape_sequence_that_nobody_knows_loses_only_itself():
    assert read(b"A\x1b%GB", "", "ISO 2022 IR 87", note="cannot be read") == f"A{UNREADABLE}1B%GB"


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
