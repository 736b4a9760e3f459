"""Who has a draft, who may know of a report, and what of all that stands in the audit trail."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from backend.core import clock
from backend.core.errors import NotAllowed, NotFound, ReportChangedMeanwhile
from backend.core.permissions import Permission
from backend.models import AuditEntry
from backend.models.session import Database
from backend.schemas.reporting import ReportSections
from backend.services.proving import Proof
from backend.services.reporting import Reporting
from tests.postgres import NORTH
from tests.reports import (
    PASSWORD,
    STUDY_UID,
    TEXT,
    Hospital,
    opened_report,
    signed_report,
    trail_of,
)


@pytest.fixture
def database(sqlcipher_database: Database) -> Database:
    """Nothing here depends on the kind of database."""
    return sqlcipher_database


# -- whose draft ----------------------------------------------------------------------------------


def test_the_first_to_save_has_the_draft(reporting: Reporting, hospital: Hospital):
    report = opened_report(reporting, hospital.ada)
    reporting.save_draft(hospital.ben, report.report_id, report.draft_version, TEXT)
    view = reporting.get(hospital.ada, report.report_id)
    assert view.author_name == "Dr. Ben"
    assert not view.may_write
    assert not view.may_sign
    assert view.may_take_over


def test_somebody_elses_draft_is_not_written_over_and_the_sentence_says_who_has_it(
    reporting: Reporting, hospital: Hospital
):
    report = opened_report(reporting, hospital.ada)
    saved = reporting.save_draft(hospital.ben, report.report_id, report.draft_version, TEXT)
    with pytest.raises(ReportChangedMeanwhile, match=r"Dr\. Ben"):
        reporting.save_draft(hospital.ada, report.report_id, saved.draft_version, ReportSections())
    with pytest.raises(ReportChangedMeanwhile, match=r"Dr\. Ben"):
        reporting.sign(
            hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
        )


def test_taking_over_is_recorded_and_shuts_the_other_out(
    reporting: Reporting, hospital: Hospital, database: Database
):
    report = opened_report(reporting, hospital.ada)
    saved = reporting.save_draft(hospital.ben, report.report_id, report.draft_version, TEXT)
    view = reporting.take_over(hospital.ada, report.report_id)
    assert view.may_write
    assert view.sections == TEXT
    assert view.author_name == "Dr. Ada"
    with pytest.raises(ReportChangedMeanwhile, match=r"Dr\. Ada"):
        reporting.save_draft(hospital.ben, report.report_id, saved.draft_version, ReportSections())
    with database.read(NORTH) as session:
        newest = session.exec(select(AuditEntry).where(AuditEntry.action == "report:edit")).all()
    assert json.loads(newest[-1].details) == {"taken_over_from_user_id": hospital.ben.user_id}


# -- who may know ---------------------------------------------------------------------------------


def test_a_clinician_sees_no_draft(reporting: Reporting, hospital: Hospital):
    assert reporting.open_for_study(hospital.clinician, STUDY_UID) is None
    report = opened_report(reporting, hospital.ada)
    assert reporting.open_for_study(hospital.clinician, STUDY_UID) is None
    with pytest.raises(NotFound):
        reporting.get(hospital.clinician, report.report_id)


def test_a_clinician_sees_the_signed_report_and_may_do_nothing_to_it(
    reporting: Reporting, hospital: Hospital
):
    signed_report(reporting, hospital.ada)
    view = opened_report(reporting, hospital.clinician)
    assert view.sections == TEXT
    assert not view.may_write
    assert not view.may_sign
    assert not view.may_take_over


def test_a_clinician_cannot_write_sign_or_take_over(reporting: Reporting, hospital: Hospital):
    report = opened_report(reporting, hospital.ada)
    with pytest.raises(NotAllowed):
        reporting.save_draft(hospital.clinician, report.report_id, 1, TEXT)
    with pytest.raises(NotAllowed):
        reporting.sign(hospital.clinician, report.report_id, 1, Proof(password=PASSWORD))
    with pytest.raises(NotAllowed):
        reporting.take_over(hospital.clinician, report.report_id)
    with pytest.raises(NotAllowed):
        reporting.draft(hospital.clinician, report.report_id)


def test_a_technologist_sees_no_report_at_all(reporting: Reporting, hospital: Hospital):
    signed_report(reporting, hospital.ada)
    with pytest.raises(NotAllowed):
        reporting.open_for_study(hospital.technologist, STUDY_UID)


def test_for_another_organization_neither_study_nor_report_exists(
    reporting: Reporting, hospital: Hospital
):
    report = signed_report(reporting, hospital.ada)
    with pytest.raises(NotFound):
        reporting.open_for_study(hospital.stranger, STUDY_UID)
    for use_case in (reporting.get, reporting.draft, reporting.take_over):
        with pytest.raises(NotFound):
            use_case(hospital.stranger, report.report_id)
    with pytest.raises(NotFound):
        reporting.save_draft(hospital.stranger, report.report_id, 1, TEXT)
    with pytest.raises(NotFound):
        reporting.sign(hospital.stranger, report.report_id, 1, Proof(password=PASSWORD))


def test_a_writer_without_the_right_to_sign_cannot_sign(reporting: Reporting, hospital: Hospital):
    resident = replace(
        hospital.ada, permissions=hospital.ada.permissions - {Permission.REPORT_SIGN}
    )
    report = opened_report(reporting, resident)
    saved = reporting.save_draft(resident, report.report_id, report.draft_version, TEXT)
    assert not reporting.get(resident, report.report_id).may_sign
    with pytest.raises(NotAllowed):
        reporting.sign(resident, report.report_id, saved.draft_version, Proof(password=PASSWORD))


# -- traces ---------------------------------------------------------------------------------------


@pytest.fixture
def trail(
    reporting: Reporting, hospital: Hospital, database: Database
) -> list[tuple[str, str, str]]:
    report = opened_report(reporting, hospital.ada)
    version = report.draft_version
    for number in range(5):
        saved = reporting.save_draft(
            hospital.ada,
            report.report_id,
            version,
            replace(TEXT, findings=f"Text {number}"),
        )
        version = saved.draft_version
    reporting.sign(hospital.ada, report.report_id, version, Proof(password=PASSWORD))
    reporting.open_for_study(hospital.clinician, STUDY_UID)
    return trail_of(database)


def test_each_deed_is_recorded_once_however_often_the_text_was_saved(
    trail: list[tuple[str, str, str]], hospital: Hospital
):
    ada, clinician = hospital.ada.user_id, hospital.clinician.user_id
    assert trail == [
        ("report:create", ada, "success"),
        ("report:open", ada, "success"),
        ("report:edit", ada, "success"),
        ("report:sign", ada, "success"),
        ("report:open", clinician, "success"),
    ]


def test_a_new_sign_in_that_changes_the_text_is_recorded_again(
    reporting: Reporting, hospital: Hospital, database: Database
):
    report = opened_report(reporting, hospital.ada)
    saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
    next_day = replace(hospital.ada, session_id="session-of-the-next-day")
    reporting.save_draft(
        next_day, report.report_id, saved.draft_version, replace(TEXT, comments="More.")
    )
    assert [action for action, _, _ in trail_of(database)].count("report:edit") == 2


def test_opening_again_after_a_while_is_recorded_again(
    reporting: Reporting, hospital: Hospital, database: Database
):
    report = opened_report(reporting, hospital.ada)
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        reporting.get(hospital.ada, report.report_id)
    assert [action for action, _, _ in trail_of(database)].count("report:open") == 2


def test_the_audit_trail_holds_no_patient_name_and_no_text(
    trail: list[tuple[str, str, str]], database: Database
):
    with database.read(NORTH) as session:
        kept = " ".join(e.details + e.reason for e in session.exec(select(AuditEntry)).all())
    assert trail
    assert "Canary" not in kept
    assert "Text" not in kept


def test_reading_the_draft_alone_is_recorded_too(
    reporting: Reporting, hospital: Hospital, database: Database
):
    report = opened_report(reporting, hospital.ada)
    for _ in range(2):
        reporting.draft(hospital.ben, report.report_id)
    opened = [actor for action, actor, _ in trail_of(database) if action == "report:open"]
    assert opened == [hospital.ada.user_id, hospital.ben.user_id]


def test_creating_opening_and_signing_name_the_study(
    trail: list[tuple[str, str, str]], database: Database
):
    with database.read(NORTH) as session:
        entries = session.exec(select(AuditEntry)).all()
    named = {e.action for e in entries if STUDY_UID in e.details}
    assert trail
    assert named == {"report:create", "report:open", "report:sign"}
