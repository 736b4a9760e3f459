"""What is done with studies of the worklist: who may, what others see of it, and that nothing is done by halves."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlmodel import select

from backend.core.caller import Caller
from backend.core.errors import (
    Malformed,
    NotAllowed,
    NotFound,
    StepUpNeeded,
    StudyClaimed,
    StudyHasSignedReport,
)
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.models import AuditEntry, Instance, Patient, SearchWord, Study, StudyNote
from backend.schemas.reporting import ReportSections
from backend.schemas.worklist import StudyRow
from backend.services.proving import Proof
from backend.services.worklist_export import harmless
from tests.viewing_hospital import PASSWORD, Hospital, ct_slice

STUDIES = [f"2.25.{number}00" for number in range(1, 6)]
SECOND = "radiologist2@demo.example"
ADMINISTRATOR = "admin@demo.example"
CLINICIAN = "clinician@demo.example"


@pytest.fixture
def hospital(tmp_path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    made.take_in(
        *(
            ct_slice(
                position,
                position,
                size_px=8,
                PatientName=name,
                PatientID=f"ID-{number}",
                study_instance_uid=STUDIES[number],
                series_instance_uid=f"{STUDIES[number]}.1",
                SpecificCharacterSet="ISO_IR 192",
            )
            for number, name in enumerate(("Doe^Jane", "=1+1", "+Smith", "@cmd", "Last^One"))
            for position in (1, 2)
        )
    )
    yield made
    made.close()


def row(hospital: Hospital, caller: Caller, uid: str) -> StudyRow:
    (found,) = hospital.services.worklist.studies(caller, [uid]).studies
    return found


def audited(hospital: Hospital, caller: Caller, action: AuditAction) -> list[AuditEntry]:
    with hospital.services.database.read(caller.organization_id) as session:
        return list(session.exec(select(AuditEntry).where(AuditEntry.action == action)).all())


def sign(hospital: Hospital, caller: Caller, uid: str) -> None:
    reporting = hospital.services.reporting
    view = reporting.open_for_study(caller, uid)
    assert view is not None
    saved = reporting.save_draft(
        caller, view.report_id, view.draft_version, ReportSections(findings="Normal.")
    )
    reporting.sign(caller, view.report_id, saved.draft_version, Proof(password=PASSWORD))


def test_several_studies_are_changed_at_once_and_each_is_audited(hospital: Hospital) -> None:
    caller, acts = hospital.sign_in().caller, hospital.services.worklist_acts
    some = STUDIES[:3]
    assert acts.assign(caller, some, caller.user_id) == 3
    assert acts.assign(caller, some, caller.user_id) == 0
    assert acts.prioritise(caller, some, "stat") == 3
    assert acts.tag(caller, some, " teaching ") == 3
    assert (
        acts.tag(caller, some, "Teaching") == 3
    )  # in other capitals, it takes the place of the first
    assert acts.mark(caller, some, read=True) == 3
    for uid in some:
        shown = row(hospital, caller, uid)
        assert (shown.assigned_to_name, shown.priority) == (caller.display_name, "stat")
        assert (shown.tags, shown.reading_status) == (("Teaching",), "read")
    assert len(audited(hospital, caller, AuditAction.STUDY_ASSIGNED)) == 3
    page = hospital.services.worklist.page(caller, WorklistQuery(tag=("Teaching",), assigned="me"))
    assert sorted(each.study_instance_uid for each in page.rows) == some
    assert acts.tag(caller, some, "teaching", remove=True) == 3
    assert acts.mark(caller, some, read=False) == 3


def test_all_are_changed_or_none(hospital: Hospital) -> None:
    caller, acts = hospital.sign_in().caller, hospital.services.worklist_acts
    with pytest.raises(NotFound):
        acts.prioritise(caller, [STUDIES[0], "2.25.999"], "stat")
    assert row(hospital, caller, STUDIES[0]).priority == "routine"
    clinician = hospital.sign_in(CLINICIAN).caller
    with pytest.raises(NotAllowed):
        acts.assign(clinician, [STUDIES[0]], clinician.user_id)
    with pytest.raises(NotFound):
        acts.assign(caller, [STUDIES[0]], "a stranger")
    with pytest.raises(NotFound):
        acts.assign(hospital.stranger(), [STUDIES[0]], "")
    for tag in ("", "a\\b", "=x", "x" * 31):
        with pytest.raises(Malformed):
            acts.tag(caller, [STUDIES[0]], tag)


def test_whoever_reads_a_study_is_shown_to_others_until_they_release_or_sign(
    hospital: Hospital,
) -> None:
    first, second = hospital.sign_in().caller, hospital.sign_in(SECOND).caller
    worklist, acts = hospital.services.worklist, hospital.services.worklist_acts
    before = worklist.state(second)
    acts.claim(first, STUDIES[0])
    assert worklist.state(second) != before
    shown = row(hospital, second, STUDIES[0])
    assert (shown.claimed_by_name, shown.reading_status) == (first.display_name, "reading")
    assert row(hospital, first, STUDIES[0]).is_claimed_by_me
    for deed in (acts.claim, acts.release):
        with pytest.raises(StudyClaimed, match=first.display_name):
            deed(second, STUDIES[0])
    acts.release(first, STUDIES[0])
    shown = row(hospital, second, STUDIES[0])
    assert (shown.claimed_by_name, shown.reading_status) == ("", "unread")
    acts.claim(first, STUDIES[0])
    sign(hospital, first, STUDIES[0])
    shown = row(hospital, second, STUDIES[0])
    assert (shown.claimed_by_name, shown.reading_status) == ("", "reported")
    assert acts.mark(second, [STUDIES[0]], read=False) == 0
    acts.claim(first, STUDIES[1])
    acts.release(hospital.sign_in(ADMINISTRATOR).caller, STUDIES[1])
    assert row(hospital, second, STUDIES[1]).claimed_by_name == ""


def test_a_claim_is_ended_by_whoever_claimed_or_manages_people_and_not_by_marking(
    hospital: Hospital,
) -> None:
    first, second = hospital.sign_in().caller, hospital.sign_in(SECOND).caller
    acts = hospital.services.worklist_acts
    acts.claim(first, STUDIES[1])
    for is_read in (True, False):
        # Which of them it is, is said.
        with pytest.raises(StudyClaimed, match=rf"{first.display_name}.*\(.+, \d{{4}}-\d\d-\d\d\)"):
            acts.mark(second, STUDIES[:2], read=is_read)
    assert row(hospital, second, STUDIES[0]).reading_status == "unread"
    assert row(hospital, first, STUDIES[1]).is_claimed_by_me
    acts.mark(first, [STUDIES[1]], read=True)
    assert row(hospital, first, STUDIES[1]).reading_status == "read"


def test_who_may_claim_may_release_what_they_claimed_and_nobody_else_may(
    hospital: Hospital,
) -> None:
    reader, acts = hospital.sign_in().caller, hospital.services.worklist_acts
    only_writes = replace(reader, permissions=reader.permissions - {Permission.STUDY_EDIT})
    only_edits = replace(reader, permissions=reader.permissions - {Permission.REPORT_WRITE})
    acts.claim(only_writes, STUDIES[0])
    with pytest.raises(NotAllowed):
        acts.release(only_edits, STUDIES[0])
    assert row(hospital, reader, STUDIES[0]).is_claimed_by_me
    acts.release(only_writes, STUDIES[0])
    assert row(hospital, reader, STUDIES[0]).claimed_by_name == ""


def test_a_deleted_study_leaves_nothing_behind(hospital: Hospital) -> None:
    administrator = hospital.sign_in(ADMINISTRATOR).caller
    deletions, database = hospital.services.deletions, hospital.services.database
    hospital.services.study_pages.write_note(administrator, STUDIES[0], "Wrong patient.")
    asked = deletions.preview(administrator, STUDIES[:2])
    assert (asked.studies, asked.images, asked.signed) == (2, 4, 0)
    with database.read(administrator.organization_id) as session:
        study = session.exec(select(Study).where(Study.study_instance_uid == STUDIES[0])).one()
        objects = session.exec(
            select(Instance.object_id).where(Instance.study_key == study.id)
        ).all()
    before = hospital.services.worklist.state(administrator)
    deletions.delete(administrator, STUDIES[0], "Wrong patient")
    with database.read(administrator.organization_id) as session:
        for kind in (Instance, SearchWord, StudyNote):
            assert session.exec(select(kind).where(kind.study_key == study.id)).all() == []
        assert session.get(Study, study.id) is None
        assert session.get(Patient, study.patient_key) is None
    assert not any(hospital.services.object_store.delete(each) for each in objects)
    assert hospital.services.worklist.state(administrator) != before
    assert hospital.services.worklist.page(administrator, WorklistQuery(text="doe")).total == 0
    (entry,) = audited(hospital, administrator, AuditAction.STUDY_DELETED)
    assert (entry.reason, entry.object_id) == ("Wrong patient", STUDIES[0])
    assert '"instances":2' in entry.details


def test_what_is_signed_is_not_deleted_and_nothing_without_a_reason(hospital: Hospital) -> None:
    administrator, radiologist = hospital.sign_in(ADMINISTRATOR).caller, hospital.sign_in().caller
    deletions = hospital.services.deletions
    sign(hospital, radiologist, STUDIES[0])
    hospital.services.reporting.open_for_study(radiologist, STUDIES[1])
    asked = deletions.preview(administrator, STUDIES[:3])
    assert (asked.signed, asked.drafts, asked.studies) == (1, 1, 2)
    with pytest.raises(StudyHasSignedReport):
        deletions.delete(administrator, STUDIES[0], "because")
    with pytest.raises(Malformed):
        deletions.delete(administrator, STUDIES[1], "  ")
    with pytest.raises(NotAllowed):
        deletions.delete(radiologist, STUDIES[1], "because")
    assert deletions.delete_all(administrator, STUDIES[:2], "a test") == 1
    assert row(hospital, radiologist, STUDIES[0]).reading_status == "reported"


def test_deleting_and_taking_a_list_out_ask_first_who_is_there(hospital: Hospital) -> None:
    administrator, reader = hospital.sign_in(ADMINISTRATOR).caller, hospital.sign_in().caller
    deletions, exports = hospital.services.deletions, hospital.services.worklist_exports
    long_ago = replace(administrator, proved_at=None)
    with pytest.raises(StepUpNeeded):
        deletions.delete_all(long_ago, STUDIES[:2], "a test")
    with pytest.raises(StepUpNeeded):
        deletions.delete(long_ago, STUDIES[0], "a test")
    with pytest.raises(Malformed):
        deletions.delete_all(long_ago, STUDIES[:2], "")
    with pytest.raises(NotAllowed):
        deletions.delete(replace(reader, proved_at=None), STUDIES[0], "a test")
    assert deletions.preview(administrator, STUDIES[:2]).studies == 2
    unproved = replace(reader, proved_at=None)
    for refused in (exports.require, lambda who: exports.export(who, WorklistQuery(), "csv")):
        with pytest.raises(StepUpNeeded):
            refused(unproved)
    assert audited(hospital, reader, AuditAction.WORKLIST_EXPORTED) == []
    # A token was made for it after a proof.
    program = replace(unproved, is_token=True)
    assert exports.export(program, WorklistQuery(), "csv").octets


def test_of_several_studies_none_is_deleted_where_one_is_out_of_reach(hospital: Hospital) -> None:
    administrator = hospital.sign_in(ADMINISTRATOR).caller
    with pytest.raises(NotFound):
        hospital.services.deletions.delete_all(administrator, [STUDIES[0], "2.25.404"], "a test")
    assert hospital.services.deletions.preview(administrator, [STUDIES[0]]).studies == 1


def test_a_list_is_taken_out_without_formulas(hospital: Hospital) -> None:
    caller, exports = hospital.sign_in().caller, hospital.services.worklist_exports
    as_text = exports.export(caller, WorklistQuery(), "csv").octets.decode("utf-8-sig")
    lines = as_text.split("\r\n")
    assert len(lines) == 7  # headings, five studies, an empty end
    assert not any(
        cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line.split(",")
    )
    assert "'+Smith" in as_text
    workbook = exports.export(caller, WorklistQuery(text="doe"), "xlsx").octets
    with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "Doe, Jane" in parts.read("xl/sharedStrings.xml").decode()
    assert len(audited(hospital, caller, AuditAction.WORKLIST_EXPORTED)) == 2
    with pytest.raises(NotAllowed):
        exports.export(hospital.sign_in(CLINICIAN).caller, WorklistQuery(), "csv")
    with pytest.raises(Malformed):
        exports.export(caller, WorklistQuery(), "exe")


def test_a_list_is_taken_out_with_the_columns_that_are_asked_for_in_their_order(
    hospital: Hospital,
) -> None:
    caller, exports = hospital.sign_in().caller, hospital.services.worklist_exports

    def headings(*columns: str) -> str:
        exported = exports.export(caller, WorklistQuery(), "csv", columns)
        return exported.octets.decode("utf-8-sig").splitlines()[0]

    every = headings().split(",")
    assert headings("date", "patient", "images") == (
        "Study date,Study time,Patient,Patient ID,Sex,Objects"
    )
    # What stands in a column of its own stands nowhere else.
    assert headings("patient", "description", "patient-id", "tags") == (
        "Patient,Sex,Description,Accession number,Patient ID,Tags"
    )
    for column in WorklistColumn:
        assert set(headings(column).split(",")) <= set(every)
    asked = WorklistQuery(text="doe")
    lines = exports.export(caller, asked, "csv", ["images", "patient"]).octets.decode("utf-8-sig")
    assert re.match(r"""\d+,"Doe, Jane",""", lines.splitlines()[1])
    with pytest.raises(Malformed):
        headings("patient", "password")


def test_days_leave_as_days_where_a_spreadsheet_knows_them(hospital: Hospital) -> None:
    hospital.take_in(
        *(
            ct_slice(
                1,
                1,
                size_px=8,
                PatientName="Old^One",
                PatientID=f"ID-{born}",
                PatientBirthDate=born,
                study_instance_uid=f"2.25.9{born}",
                series_instance_uid=f"2.25.8{born}",
            )
            for born in ("18960701", "19600101")
        )
    )
    caller, exports = hospital.sign_in().caller, hospital.services.worklist_exports
    asked = WorklistQuery(text="old", order_by=WorklistColumn.BIRTH_DATE, descending=False)
    lines = exports.export(caller, asked, "csv").octets.decode("utf-8-sig").splitlines()[1:]
    for line, born in zip(lines, ("1896-07-01", "1960-01-01"), strict=True):
        assert f",{born},F,2026-01-02," in line
        assert re.search(r",\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,2\.25\.9", line)
    with zipfile.ZipFile(io.BytesIO(exports.export(caller, asked, "xlsx").octets)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        assert "1896-07-01" in parts.read("xl/sharedStrings.xml").decode()
    # Days since the end of 1899, as workbooks count them; what is older is a text.
    assert re.search(r'<c r="C2" t="s">', sheet)
    assert re.search(r'<c r="C3" s="\d"><v>21916</v>', sheet)
    assert re.search(r'<c r="E3" s="\d"><v>46024</v>', sheet)
    assert re.search(r'<c r="S3" s="\d"><v>\d+\.\d+</v>', sheet)


@pytest.mark.parametrize("lead", ["", " ", "   "])
@pytest.mark.parametrize("beginning", [*"=+-@＝＋－＠", "\t", "\r", "\n"])
def test_no_cell_begins_like_a_formula(beginning: str, lead: str) -> None:
    text = f"{lead}{beginning}HYPERLINK(1)"
    assert harmless(text) == f"'{text}"
    assert harmless(f"A{text}") == f"A{text}"


def test_views_are_kept_counted_shared_and_deleted_by_whoever_may(hospital: Hospital) -> None:
    first, second = hospital.sign_in().caller, hospital.sign_in(SECOND).caller
    views = hospital.services.saved_views
    mine = views.keep(first, "Jane only", WorklistQuery(text="doe", page=1), shared=False)
    ours = views.keep(first, "Everything", WorklistQuery(modality=("CT",)), shared=True)
    assert {(v.name, v.total) for v in views.listed(first, "")} == {
        ("Jane only", 1),
        ("Everything", 5),
    }
    assert [(v.name, v.may_delete) for v in views.listed(second, "")] == [("Everything", False)]
    assert views.question(second, ours) == WorklistQuery(modality=("CT",))
    with pytest.raises(NotFound):
        views.question(second, mine)
    with pytest.raises(NotAllowed):
        views.delete(second, ours)
    with pytest.raises(NotAllowed):
        views.keep(hospital.sign_in(CLINICIAN).caller, "Mine", WorklistQuery(), shared=True)
    assert views.keep(first, "Jane only", WorklistQuery(text="jane"), shared=False) == mine
    views.delete(hospital.sign_in(ADMINISTRATOR).caller, ours)
    assert [v.name for v in views.listed(first, "")] == ["Jane only"]
    assert views.listed(hospital.stranger(), "") == ()


def test_a_note_is_changed_and_deleted_by_its_author_only(hospital: Hospital) -> None:
    first, second = hospital.sign_in().caller, hospital.sign_in(SECOND).caller
    pages = hospital.services.study_pages
    pages.write_note(first, STUDIES[0], "  Compare with last year. ")
    (note,) = pages.page(second, STUDIES[0]).notes
    assert (note.text, note.author_name, note.is_own) == (
        "Compare with last year.",
        first.display_name,
        False,
    )
    with pytest.raises(NotAllowed):
        pages.change_note(second, STUDIES[0], note.note_id, "Mine now.")
    with pytest.raises(NotFound):
        pages.change_note(first, STUDIES[1], note.note_id, "Elsewhere.")
    pages.change_note(first, STUDIES[0], note.note_id, "Compare with 2024.")
    (changed,) = pages.page(first, STUDIES[0]).notes
    assert changed.text == "Compare with 2024."
    assert changed.edited_at != ""
    pages.delete_note(first, STUDIES[0], note.note_id)
    assert pages.page(first, STUDIES[0]).notes == ()
    with pytest.raises(Malformed):
        pages.write_note(first, STUDIES[0], " ")
    with pytest.raises(NotFound):
        pages.write_note(hospital.stranger(), STUDIES[0], "Hello.")


def test_the_page_of_a_study_tells_its_series_objects_history_and_people(
    hospital: Hospital,
) -> None:
    radiologist, administrator = hospital.sign_in().caller, hospital.sign_in(ADMINISTRATOR).caller
    pages = hospital.services.study_pages
    hospital.services.worklist_acts.prioritise(radiologist, [STUDIES[0]], "urgent")
    sign(hospital, radiologist, STUDIES[0])
    page = pages.page(radiologist, STUDIES[0])
    (series,) = page.series
    assert (series.instance_count, series.frame_count) == (2, 2)
    lines = pages.instances(radiologist, STUDIES[0], series.series_instance_uid)
    assert [line.number for line in lines] == ["1", "2"]
    assert {(line.kind, line.transfer_syntax) for line in lines} == {
        ("CT Image Storage", "Explicit VR Little Endian")
    }
    assert [event.action for event in page.events] == ["report:sign", "study:import"]
    trail = pages.page(administrator, STUDIES[0])
    assert trail.is_trail
    acts = [event.action for event in trail.events]
    assert acts.index("report:sign") < acts.index("study:prioritise") < acts.index("study:import")
    rights = {person.display_name: person.rights for person in page.people}
    assert "report:sign" in rights[radiologist.display_name]
    assert "report:sign" not in rights[administrator.display_name]
    with pytest.raises(NotFound):
        pages.page(hospital.stranger(), STUDIES[0])
