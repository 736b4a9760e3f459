"""The worklist finds what it is asked for, in any order, page by page, for one organization only."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from backend.core.caller import Caller
from backend.core.errors import Malformed, NotAllowed, NotFound
from backend.core.vocabulary import AuditAction
from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.models.audit import AuditEntry
from backend.models.studies import Patient, Study
from backend.schemas.reporting import ReportSections
from backend.services.worklist import Worklist
from tests.viewing_hospital import Hospital, ct_slice

NAMES = ("Müller^Jürgen", "Muller^Anna", "Doe^Jane", "Yamada^Tarou=山田^太郎", "O'Neil^50%_off")
DAYS = ("20260101", "20260102", "20260102", "20251231", "")
STATUSES = ("unread", "reading", "reported", "unread", "unread")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    """Five studies of as many patients, and a second study of the first."""
    made = Hospital(tmp_path_factory.mktemp("worklist") / "data")
    files = [
        _study(number, name, day, f"ACC-{number}")
        for number, (name, day) in enumerate(zip(NAMES, DAYS, strict=True))
    ]
    files.append(_study(9, NAMES[0], "20240505", "ACC-9", patient="ID-0"))
    made.take_in(*files)
    caller = made.sign_in().caller
    with made.services.database.write(caller.organization_id) as session:
        for number, status in enumerate(STATUSES):
            study = session.exec(
                select(Study).where(Study.study_instance_uid == f"2.25.{number + 1}0")
            ).one()
            study.reading_status = status
    yield made
    made.close()


def _study(number: int, name: str, day: str, accession: str, patient: str = "") -> bytes:
    return ct_slice(
        number,
        1,
        size_px=8,
        PatientName=name,
        PatientID=patient or f"ID-{number}",
        StudyDate=day,
        AccessionNumber=accession,
        StudyDescription=f"CT Thorax {number}" if number % 2 else "Schädel",
        study_instance_uid=f"2.25.{number + 1}0",
        series_instance_uid=f"2.25.{number + 1}1",
        SpecificCharacterSet="ISO_IR 192",
    )


@pytest.fixture
def radiologist(hospital: Hospital) -> Caller:
    return hospital.sign_in().caller


@pytest.fixture
def worklist(hospital: Hospital) -> Worklist:
    return hospital.services.worklist


def found(worklist: Worklist, caller: Caller, **query: object) -> list[str]:
    page = worklist.page(caller, WorklistQuery(**query))  # type: ignore[arg-type]
    return sorted(row.study_instance_uid for row in page.rows)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("muller", "0 1 9"),
        ("MÜLLER jürgen", "0 9"),
        ("jurgen muller", "0 9"),
        ("山田", "3"),
        ("acc-2", "2"),
        ("id-1", "1"),
        ("thorax", "1 3 9"),
        ("schadel doe", "2"),
        ("50%", "4"),
        ("%", "4"),
        ("_", "4"),
        ("nobody", ""),
        ("' OR 1=1 --", ""),
    ],
)
def test_words_are_found_in_name_id_accession_and_description(
    worklist: Worklist, radiologist: Caller, text: str, numbers: str
) -> None:
    wanted = sorted(f"2.25.{int(number) + 1}0" for number in numbers.split())
    assert found(worklist, radiologist, text=text) == wanted


def test_filters_narrow_together(worklist: Worklist, radiologist: Caller) -> None:
    assert len(found(worklist, radiologist)) == 6
    assert len(found(worklist, radiologist, status=("unread",))) == 4
    assert found(worklist, radiologist, status=("reading",)) == ["2.25.20"]
    assert found(worklist, radiologist, modality=("CT",), status=("reported",)) == ["2.25.30"]
    assert found(worklist, radiologist, modality=("MR",)) == []
    assert found(worklist, radiologist, modality=("C",)) == []
    dated = found(worklist, radiologist, date_from="20260101", date_to="20260102")
    assert dated == ["2.25.10", "2.25.20", "2.25.30"]
    assert "2.25.50" not in found(worklist, radiologist, date_to="20991231")


@pytest.mark.parametrize("column", list(WorklistColumn))
@pytest.mark.parametrize("descending", [True, False])
def test_each_order_shows_every_study_once_over_all_pages(
    worklist: Worklist, radiologist: Caller, column: WorklistColumn, descending: bool
) -> None:
    seen: list[str] = []
    for number in (1, 2, 3):
        query = WorklistQuery(order_by=column, descending=descending, page=number, page_size=2)
        page = worklist.page(radiologist, query)
        assert (page.total, page.page_count) == (6, 3)
        seen += [row.study_instance_uid for row in page.rows]
    assert len(set(seen)) == 6


def test_the_patient_column_is_in_the_order_of_names(
    worklist: Worklist, radiologist: Caller
) -> None:
    query = WorklistQuery(order_by=WorklistColumn.PATIENT_NAME, descending=False)
    names = [row.patient_name for row in worklist.page(radiologist, query).rows]
    folded = [
        "".join(c for c in unicodedata.normalize("NFKD", n) if not unicodedata.combining(c))
        for n in names
    ]
    assert folded == sorted(folded, key=str.casefold)


def test_a_page_beyond_the_last_is_the_last(worklist: Worklist, radiologist: Caller) -> None:
    page = worklist.page(radiologist, WorklistQuery(page=99, page_size=4))
    assert (page.page, len(page.rows)) == (2, 2)


def test_a_row_shows_names_dates_and_ages_as_people_read_them(
    worklist: Worklist, radiologist: Caller
) -> None:
    (row,) = worklist.page(radiologist, WorklistQuery(text="doe")).rows
    assert (row.patient_name, row.patient_birth_date) == ("Doe, Jane", "1960-01-01")
    assert (row.study_date, row.study_time, row.patient_age) == ("2026-01-02", "10:15", "66 y")
    assert row.modalities == ("CT",)
    assert row.thumbnail_series_instance_uid == "2.25.31"


def test_the_other_studies_of_a_patient_are_found_newest_first(
    worklist: Worklist, radiologist: Caller
) -> None:
    others = worklist.other_studies(radiologist, "2.25.10").studies
    assert [row.study_instance_uid for row in others] == ["2.25.100"]
    assert worklist.other_studies(radiologist, "2.25.30").studies == ()


def test_from_a_study_one_goes_to_the_ones_before_and_after_of_the_same_patient(
    worklist: Worklist, radiologist: Caller
) -> None:
    beside = worklist.study_beside
    assert beside(radiologist, "2.25.10", -1) == "2.25.100"
    assert beside(radiologist, "2.25.100", 1) == "2.25.10"
    assert beside(radiologist, "2.25.10", 1) == beside(radiologist, "2.25.100", -1) == ""
    assert beside(radiologist, "2.25.30", -1) == ""


def test_another_organization_has_an_empty_worklist(hospital: Hospital, worklist: Worklist) -> None:
    stranger = hospital.stranger()
    page = worklist.page(stranger, WorklistQuery())
    assert (page.total, page.rows, page.modalities) == (0, (), ())
    assert worklist.studies(stranger, ["2.25.10"]).studies == ()
    with pytest.raises(NotFound):
        worklist.other_studies(stranger, "2.25.10")


def test_without_the_permission_there_is_no_worklist(
    worklist: Worklist, radiologist: Caller
) -> None:
    with pytest.raises(NotAllowed):
        worklist.page(replace(radiologist, permissions=frozenset()), WorklistQuery())


@pytest.mark.parametrize(
    "query",
    [
        WorklistQuery(status=("lost",)),
        WorklistQuery(page=0),
        WorklistQuery(page_size=101),
        WorklistQuery(date_from="2026-01-01"),
        WorklistQuery(date_to="tomorrow"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_words(
    worklist: Worklist, radiologist: Caller, query: WorklistQuery
) -> None:
    with pytest.raises(Malformed, match=r"\.$"):
        worklist.page(radiologist, query)


def test_a_search_is_audited_once_without_its_words(hospital: Hospital) -> None:
    caller = hospital.sign_in().caller
    for _ in range(3):
        hospital.services.worklist.page(caller, WorklistQuery(text="jürgen"))
    with hospital.services.database.read(caller.organization_id) as session:
        entries = session.exec(
            select(AuditEntry).where(
                AuditEntry.action == AuditAction.WORKLIST_SEARCHED,
                AuditEntry.session_id == caller.session_id,
            )
        ).all()
    (entry,) = entries
    assert '"results":2' in entry.details
    assert "rgen" not in entry.details


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=80))
def test_a_sealed_search_comes_back_and_shows_nothing(
    worklist: Worklist, radiologist: Caller, text: str
) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return
    sealed = worklist.sealed_text(radiologist, text)
    assert sealed.isascii()
    assert worklist.opened_text(radiologist, sealed) == text
    assert sealed == worklist.sealed_text(radiologist, text)
    with pytest.raises(Malformed):
        worklist.opened_text(replace(radiologist, organization_id="another"), sealed)


@pytest.mark.parametrize("sealed", ["x", "AAAA", "é", "A" * 200, "=", "%00"])
def test_a_search_that_was_not_sealed_here_is_refused(
    worklist: Worklist, radiologist: Caller, sealed: str
) -> None:
    with pytest.raises(Malformed):
        worklist.opened_text(radiologist, sealed)


def test_patients_without_search_words_cannot_happen(
    hospital: Hospital, radiologist: Caller
) -> None:
    with hospital.services.database.read(radiologist.organization_id) as session:
        for patient in session.exec(select(Patient)).all():
            assert patient.search_name == patient.search_name.casefold()


def test_a_draft_in_which_nothing_is_written_is_no_report_yet(hospital: Hospital) -> None:
    caller, worklist = hospital.sign_in().caller, hospital.services.worklist
    clinician = hospital.sign_in("clinician@demo.example").caller
    view = hospital.services.reporting.open_for_study(caller, "2.25.50")
    assert view is not None

    def listed(person: Caller) -> str:
        (row,) = worklist.studies(person, ["2.25.50"]).studies
        return row.report_id

    assert listed(caller) == ""
    hospital.services.reporting.save_draft(
        caller, view.report_id, view.draft_version, ReportSections(findings="A finding.")
    )
    assert listed(caller) == view.report_id
    assert listed(clinician) == ""
