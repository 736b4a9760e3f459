"""Names of every character set, from the octets of a file to whoever looks for them: shown as they were written, found by each group."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import pytest
from sqlmodel import select

from backend.core.search_words import asked_spellings
from backend.core.worklist_query import WorklistQuery
from backend.models.studies import Instance
from backend.schemas.studies import IngestOutcome
from backend.schemas.worklist import WorklistPage
from tests.viewing_hospital import Hospital, ct_slice


@dataclass(frozen=True)
class Name:
    """How a file writes its patient's name.

    Attributes:
        declared: Specific Character Set, octet for octet.
        octets: Patient's Name.
        shown: What people see.
        typed: What each finds the study, and no other.
        told: What the sender is told about it; "" where nothing had to be guessed.
    """

    declared: bytes
    octets: bytes
    shown: str
    typed: tuple[str, ...]
    told: str = ""


UTF8, GUESSED, LOST = "is UTF-8, a character set that", "it was guessed", "cannot be read in full"
SPELT, DOUBTFUL = "not written as the standard has it", "may be written in another one"


def seven_bits(text: str, codec: str) -> bytes:
    """The pairs of octets of a set as G0."""
    return bytes(octet & 0x7F for octet in text.encode(codec))


NAMES = {
    "H.3.1": Name(
        b"\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada, Tarou (山田 太郎, やまだ たろう)",
        ("yamada TAROU", "山田", "山田太郎", "太郎", "やまだ", "ヤマダ", "ﾔﾏﾀﾞ ﾀﾛｳ", "ｙａｍａｄａ"),
    ),
    "with katakana of single octets": Name(
        b"ISO 2022 IR 13\\ISO 2022 IR 87",
        "ｻﾄｳ^ﾊﾅｺ".encode("shift_jis") + b"=\x1b$B" + seven_bits("佐藤", "euc_jp")
        + b"\x1b(J^\x1b$B" + seven_bits("花子", "euc_jp") + b"\x1b(J",
        "ｻﾄｳ ﾊﾅｺ (佐藤 花子)",
        ("ｻﾄｳ", "サトウ", "さとう はなこ", "佐藤花子"),
    ),
    "with katakana alone": Name(
        b"ISO_IR 13", "ｽｽﾞｷ^ｲﾁﾛｳ".encode("shift_jis"), "ｽｽﾞｷ ｲﾁﾛｳ", ("すずき", "スズキイチロウ")
    ),
    "with letters of makers": Name(
        b"\\ISO 2022 IR 87", b"=\x1b$B|b66\x1b(B^\x1b$B@5\x1b(B", "髙橋 正", ("髙橋",),
        "a character set that the file does not declare",
    ),
    "of the supplementary set": Name(
        b"\\ISO 2022 IR 87\\ISO 2022 IR 159",
        b"=\x1b$(D" + seven_bits("侂", "euc_jp")[1:] + b"\x1b(B^\x1b$B" + seven_bits("誠", "euc_jp")
        + b"\x1b(B",
        "侂 誠",
        ("侂誠", "侂"),
    ),
    "I.2": Name(
        b"\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong, Gildong (洪 吉洞, 홍 길동)",
        ("홍길동", "길동", "洪", "hong gil dong"),
    ),
    "J.1": Name(
        b"ISO_IR 192", "Chen^Wei=陳^偉".encode(), "Chen, Wei (陳 偉)", ("陳偉", "chen wei")
    ),
    "J.3": Name(
        b"GB18030", "Wang^XiaoDong=王^小东".encode("gb18030"), "Wang, XiaoDong (王 小东)",
        ("王小东", "xiaodong", "wang xiao dong"),
    ),
    "of GBK": Name(b"GBK", "Zhu^Rongji=朱^镕基".encode("gbk"), "Zhu, Rongji (朱 镕基)", ("朱镕基",)),
    "K.2": Name(
        b"\\ISO 2022 IR 58", b"Zhang^XiaoMing=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xc3\xf7",
        "Zhang, XiaoMing (张 小明)", ("张小明", "xiaoming"),
    ),
    "Latin 1": Name(
        b"ISO_IR 100", "Bjørn^Müller".encode("latin-1"), "Bjørn, Müller",
        ("bjorn muller", "BJØRN", "bjoern mueller"),
    ),
    "Latin 2": Name(
        b"ISO_IR 101", "Łukaszewicz^Żaneta".encode("iso8859-2"), "Łukaszewicz, Żaneta",
        ("lukaszewicz zaneta", "ŻANETA"),
    ),
    "Latin 3": Name(
        b"ISO_IR 109", "Ĉapek^Ĝoja".encode("iso8859-3"), "Ĉapek, Ĝoja", ("capek goja",)
    ),
    "Latin 4": Name(
        b"ISO_IR 110", "Ģirts^Ķēniņš".encode("iso8859-4"), "Ģirts, Ķēniņš", ("girts kenins",)
    ),
    "Latin 5": Name(
        b"ISO_IR 148", "Çavuşoğlu^Işıl".encode("iso8859-9"), "Çavuşoğlu, Işıl",
        ("cavusoglu", "ÇAVUŞOĞLU IŞIL"),
    ),
    "Latin 9": Name(
        b"ISO_IR 203", "Œuvré^Šimon".encode("iso8859-15"), "Œuvré, Šimon", ("oeuvre simon",)
    ),
    "Greek": Name(
        b"ISO_IR 126", "Παπαδόπουλος^Άρης".encode("iso8859-7"), "Παπαδόπουλος, Άρης",
        ("ΠΑΠΑΔΟΠΟΥΛΟΣ", "παπαδοπουλος αρης"),
    ),
    "Arabic": Name(
        b"ISO_IR 127", "قباني^علي".encode("iso8859-6"), "قباني, علي",
        ("قباني", "قَبّاني", "علی", "على"),
    ),
    "Hebrew": Name(
        b"ISO_IR 138", "שרון^דבורה".encode("iso8859-8"), "שרון, דבורה", ("שרון", "דְּבוֹרָה")
    ),
    "Cyrillic": Name(
        b"ISO_IR 144", "Ёлкина^Майя".encode("iso8859-5"), "Ёлкина, Майя", ("ЕЛКИНА", "ёлкина майя")
    ),
    "Thai": Name(b"ISO_IR 166", "สมชาย^ใจดี".encode("tis-620"), "สมชาย, ใจดี", ("สมชาย", "ใจดี")),
    "of two single sets": Name(
        b"ISO 2022 IR 100\\ISO 2022 IR 144",
        b"Gr\xfcn^Olga=\x1b-L" + "Грюн".encode("iso8859-5") + b"^\x1b-L" + "Ольга".encode("iso8859-5"),
        "Grün, Olga (Грюн, Ольга)", ("gruen", "ГРЮН ольга"),
    ),
    "UTF-8 declared as Latin": Name(
        b"ISO_IR 100", "Jäger^Zoë".encode(), "Jäger, Zoë", ("jaeger", "JÄGER zoe"), UTF8
    ),
    "UTF-8 declared as Chinese": Name(
        b"GB18030", "赵^敏慧".encode(), "赵 敏慧", ("赵敏慧",), UTF8
    ),
    "UTF-8 undeclared": Name(b"", "Żółć^Ewa".encode(), "Żółć, Ewa", ("zolc ewa",), UTF8),
    "Latin declared as UTF-8": Name(
        b"ISO_IR 192", "Großmann^Käthe".encode("latin-1"), "Großmann, Käthe",
        ("grossmann", "GROSSMANN kaethe"), GUESSED,
    ),
    "Windows' Cyrillic declared as Latin": Name(
        b"ISO_IR 100", "Петров".encode("cp1251"), "Ïåòðîâ", ("ïåòðîâ",), DOUBTFUL
    ),
    "Windows' Cyrillic undeclared": Name(
        b"", "Цой".encode("cp1251") + b"^Ivan", "�D6�EE�E9, Ivan", ("ivan",), LOST
    ),
    "misspelt": Name(
        b"ISO-IR 101", "Dvořák^Šárka".encode("iso8859-2"), "Dvořák, Šárka", ("dvorak sarka",), SPELT
    ),
    "misspelt UTF-8": Name(
        b"ISO IR 192 ", "Nguyễn^Hương".encode(), "Nguyễn, Hương", ("nguyen huong",), SPELT
    ),
    "with blanks behind the declaration": Name(
        b"ISO_IR 100  ", "Nuñez^Iñigo".encode("latin-1"), "Nuñez, Iñigo", ("nunez inigo",)
    ),
}  # fmt: skip


def uid_of(which: str) -> str:
    return f"2.25.{4200 + list(NAMES).index(which)}"


def file_of(which: str) -> bytes:
    """A file whose name and declaration are octet for octet as they are above."""
    name, uid = NAMES[which], uid_of(which)
    octets = ct_slice(
        1, 1, study_instance_uid=uid, series_instance_uid=f"{uid}.1", PatientID=f"NAME-{uid[-2:]}"
    )
    octets = octets.replace(element(0x0010, 0x0010, b"PN", b"Demo^Adele"), b"\0name\0")
    octets = octets.replace(b"\0name\0", element(0x0010, 0x0010, b"PN", name.octets))
    place = octets.index(b"\x08\x00\x16\x00UI")
    declared = element(0x0008, 0x0005, b"CS", name.declared) if name.declared else b""
    return octets[:place] + declared + octets[place:]


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    value += b" " * (len(value) % 2)
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path_factory.mktemp("names") / "data")
    yield hospital
    hospital.close()


@pytest.fixture(scope="module")
def outcomes(hospital: Hospital) -> dict[str, IngestOutcome]:
    return dict(zip(NAMES, hospital.take_in(*map(file_of, NAMES)), strict=True))


def found(hospital: Hospital, text: str) -> WorklistPage:
    query = WorklistQuery(text=text, page_size=100)
    return hospital.services.worklist.page(hospital.sign_in().caller, query)


@pytest.mark.parametrize("which", NAMES)
def test_what_had_to_be_guessed_is_said_and_nothing_else(
    outcomes: dict[str, IngestOutcome], which: str
) -> None:
    outcome = outcomes[which]
    assert outcome.kind == "stored", outcome
    assert NAMES[which].told in outcome.reason
    assert bool(outcome.reason) == bool(NAMES[which].told), outcome.reason


def test_every_name_is_shown_as_it_is_written_wherever_it_is_shown(
    hospital: Hospital, outcomes: dict[str, IngestOutcome]
) -> None:
    wanted = {uid_of(which): name.shown for which, name in NAMES.items()}
    rows = found(hospital, "").rows
    assert {row.study_instance_uid: row.patient_name for row in rows} == wanted
    reader, services = hospital.sign_in().caller, hospital.services
    administrator = hospital.sign_in("admin@demo.example").caller
    exported = services.worklist_exports.export(administrator, WorklistQuery(), "csv").octets
    for uid, shown in wanted.items():
        assert services.study_pages.page(reader, uid).study.patient_name == shown
        assert services.viewing.open_study(reader, uid).patient_name == shown
        assert shown in exported.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("text", "which"), [(text, which) for which, name in NAMES.items() for text in name.typed]
)
def test_every_name_is_found_by_any_of_its_groups(
    hospital: Hospital, outcomes: dict[str, IngestOutcome], text: str, which: str
) -> None:
    page = found(hospital, text)
    assert [row.study_instance_uid for row in page.rows] == [uid_of(which)]
    assert page.similar_words == ()  # no mistake had to be forgiven


def test_the_octets_of_each_file_are_kept_whatever_was_made_of_them(
    hospital: Hospital, outcomes: dict[str, IngestOutcome]
) -> None:
    with hospital.services.database.system_read() as session:
        kept = set(session.exec(select(Instance.sha256)).all())
    assert kept == {sha256(file_of(which)).hexdigest() for which in NAMES}
    checked = hospital.services.integrity.check_all()  # by its octets
    assert (checked.objects, checked.damaged) == (len(NAMES), 0)


@pytest.mark.parametrize(
    ("typed", "spellings"),
    [
        ("Müller", {"muller", "mueller"}),
        ("MUELLER", {"muller", "mueller"}),
        ("Mu\u0308ller", {"muller", "mueller"}),
        ("Ågård", {"agard", "aagaard"}),
        ("علی", {"علی", "علي", "على"}),
        ("Smith", {"smith"}),
    ],
)
def test_a_name_is_looked_for_in_each_way_that_it_is_written(
    typed: str, spellings: set[str]
) -> None:
    ((first, *others),) = asked_spellings(typed)
    assert {first, *others} == spellings
