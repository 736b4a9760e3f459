import io
import re

import pytest
from pypdf import PdfReader
from sqlmodel import select

from backend.adapters.typesetter_typst import TypstTypesetter
from backend.core.caller import Caller
from backend.core.errors import DocumentNotPossible, NotAllowed, NotFound
from backend.models import AuditEntry
from backend.models.session import Database
from backend.schemas.reporting import ReportSections
from backend.services.documents import Documents
from backend.services.reporting import Reporting
from tests.postgres import NORTH
from tests.proofs import checker
from tests.reports import STUDY_UID, TEXT, Hospital, found_hospital, signed_report


@pytest.fixture
def documents(sqlcipher_database: Database) -> Documents:
    # Without the machine's own fonts, so that the tests say what every machine can do.
    return Documents(sqlcipher_database, TypstTypesetter(with_system_fonts=False))


def _signed(
    database: Database, sections: ReportSections, patient_name: str = "Canary^Clara"
) -> tuple[Hospital, str]:
    hospital = found_hospital(database, patient_name)
    report = signed_report(Reporting(database, checker(database)), hospital.ada, sections)
    return hospital, report.report_id


def _pages(octets: bytes) -> list[str]:
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(octets)).pages]
    # Places to break long words are invisible, and are no part of the text.
    return [page.replace("\u200b", "").replace("\u00a0", " ") for page in pages]


def _words(octets: bytes) -> str:
    return " ".join(" ".join(_pages(octets)).split())


def test_the_pdf_says_whose_study_what_was_found_who_signed_and_when(
    documents: Documents, sqlcipher_database: Database
) -> None:
    hospital, report_id = _signed(sqlcipher_database, TEXT)
    words = _words(documents.report_pdf(hospital.clinician, report_id).octets)
    version = (
        Reporting(sqlcipher_database, checker(sqlcipher_database))
        .get(hospital.clinician, report_id)
        .versions[0]
    )
    for expected in (
        "North Hospital",
        "Canary, Clara",
        "PID-7",
        "1979-04-12 (47 y at the study)",
        "female",
        "CT head",
        "2026-11-22 13:45",
        "ACC-9",
        "Rossi, Giulia",
        "North Campus",
        "No bleeding.",
        "Normal.",
        "Dr. Ada",
        "UTC",
        version.signed_at[:10],
        version.content_sha256,
        "Page 1 / 1",
    ):
        assert expected in words, expected
    assert "RECOMMENDATION" not in words.upper()  # an empty section is not printed


def test_it_is_a_tagged_pdf_a_without_the_patient_in_its_metadata_or_file_name(
    documents: Documents, sqlcipher_database: Database
) -> None:
    hospital, report_id = _signed(sqlcipher_database, TEXT)
    document = documents.report_pdf(hospital.ada, report_id)
    reader = PdfReader(io.BytesIO(document.octets))
    assert b"pdfaid:part" in document.octets
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "Canary" not in str(reader.metadata)
    assert document.file_name == f"report-{report_id}-v1.pdf"
    assert document.media_type == "application/pdf"


def test_the_same_version_gives_the_same_octets(
    documents: Documents, sqlcipher_database: Database
) -> None:
    hospital, report_id = _signed(sqlcipher_database, TEXT)
    first, second = (documents.report_pdf(hospital.ada, report_id).octets for _ in range(2))
    assert first == second


def test_patient_and_page_number_stand_on_every_page(
    documents: Documents, sqlcipher_database: Database
) -> None:
    long = ReportSections(findings="\n".join(f"Line {number}." for number in range(150)))
    hospital, report_id = _signed(sqlcipher_database, long)
    pages = _pages(documents.report_pdf(hospital.ada, report_id).octets)
    assert len(pages) >= 3
    for number, page in enumerate(pages, 1):
        assert "Canary, Clara · ID PID-7" in page
        assert f"Page {number} / {len(pages)}" in page
    text = "\n".join(pages)
    assert all(f"Line {number}." in text for number in range(150))


@pytest.mark.parametrize(
    ("patient_name", "shown"),
    [
        ("Müller-Łąćż^Zoë^^Dr.", "Müller-Łąćż, Dr. Zoë"),
        ("Παπαδοπούλου^Ελένη", "Παπαδοπούλου, Ελένη"),
        ("Петрова^Анна", "Петрова, Анна"),
        ("Nguyễn^Thị Hương", "Nguyễn, Thị Hương"),
        ("O'Brien^#panic() *x* $y$ \\z @a <b> [c]", "O'Brien, #panic() *x* $y$ \\z @a <b> [c]"),
    ],
)
def test_names_are_printed_as_they_are(
    documents: Documents, sqlcipher_database: Database, patient_name: str, shown: str
) -> None:
    hospital, report_id = _signed(sqlcipher_database, TEXT, patient_name)
    assert shown in _words(documents.report_pdf(hospital.ada, report_id).octets)


def test_arabic_is_shaped_and_all_its_letters_are_there(
    documents: Documents, sqlcipher_database: Database
) -> None:
    arabic = "لا يوجد نزيف داخل الجمجمة"
    hospital, report_id = _signed(sqlcipher_database, ReportSections(findings=arabic), "علي^محمد")
    octets = documents.report_pdf(hospital.ada, report_id).octets
    printed = {c for c in _words(octets) if "\u0600" <= c <= "\u06ff"}
    assert set(arabic + "محمد").difference(" ") <= printed
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(io.BytesIO(octets)).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert any("NotoSansArabic" in font for font in fonts), fonts


@pytest.mark.parametrize(
    ("patient_name", "named"),
    [
        ("Yamada^Tarou=山田^太郎", "U+5C71"),
        ("김^민수", "U+AE40"),
        ("Smile^\U0001f600", "U+1F600"),
    ],
)
def test_a_name_that_no_font_can_show_is_refused_in_words_and_never_left_blank(
    documents: Documents, sqlcipher_database: Database, patient_name: str, named: str
) -> None:
    hospital, report_id = _signed(sqlcipher_database, TEXT, patient_name)
    with pytest.raises(DocumentNotPossible, match=re.escape(named)) as refused:
        documents.report_pdf(hospital.ada, report_id)
    assert "PACSCRIBE_FONT_DIR" in refused.value.sentence
    assert _exports(sqlcipher_database) == []


def test_text_is_set_as_typed_and_never_read_as_markup(
    documents: Documents, sqlcipher_database: Database
) -> None:
    tricky = '#read("/etc/passwd") = Heading\n*bold* _it_ `raw` $x^2$ \\ // c /* d */ <a> @b -- "q"'
    hospital, report_id = _signed(sqlcipher_database, ReportSections(findings=tricky))
    words = _words(documents.report_pdf(hospital.ada, report_id).octets)
    assert " ".join(tricky.split()) in words


def test_a_word_longer_than_the_page_is_broken_and_not_cut_off(
    documents: Documents, sqlcipher_database: Database
) -> None:
    word = "".join(f"{number:04d}" for number in range(120))
    hospital, report_id = _signed(sqlcipher_database, ReportSections(impression=word))
    octets = documents.report_pdf(hospital.ada, report_id).octets
    lines = [line for page in _pages(octets) for line in page.split("\n") if "0001" in line]
    assert max(len(line) for line in lines) < 100
    assert word in "".join(_pages(octets)).replace("\n", "")


def test_a_draft_has_no_pdf(documents: Documents, sqlcipher_database: Database) -> None:
    hospital = found_hospital(sqlcipher_database)
    report = Reporting(sqlcipher_database, checker(sqlcipher_database)).open_for_study(
        hospital.ada, STUDY_UID
    )
    assert report is not None
    with pytest.raises(NotFound):
        documents.report_pdf(hospital.ada, report.report_id)


def test_a_version_that_does_not_exist_is_not_found(
    documents: Documents, sqlcipher_database: Database
) -> None:
    hospital, report_id = _signed(sqlcipher_database, TEXT)
    assert documents.report_pdf(hospital.ada, report_id, 1).file_name.endswith("-v1.pdf")
    with pytest.raises(NotFound):
        documents.report_pdf(hospital.ada, report_id, 2)


def test_only_readers_of_reports_in_the_organization_get_a_pdf(
    documents: Documents, sqlcipher_database: Database
) -> None:
    hospital, report_id = _signed(sqlcipher_database, TEXT)

    def refused(caller: Caller, kind: type[Exception]) -> None:
        with pytest.raises(kind):
            documents.report_pdf(caller, report_id)

    refused(hospital.stranger, NotFound)
    refused(hospital.technologist, NotAllowed)
    assert _exports(sqlcipher_database) == []


def test_each_export_is_recorded(documents: Documents, sqlcipher_database: Database) -> None:
    hospital, report_id = _signed(sqlcipher_database, TEXT)
    documents.report_pdf(hospital.clinician, report_id)
    assert _exports(sqlcipher_database) == [(hospital.clinician.user_id, report_id)]


def _exports(database: Database) -> list[tuple[str, str]]:
    with database.read(NORTH) as session:
        found = session.exec(select(AuditEntry).where(AuditEntry.action == "report:export")).all()
        return [(entry.actor_user_id, entry.object_id) for entry in found]
