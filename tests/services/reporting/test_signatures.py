"""A signature says what was signed by whom and when, is made once or not at all, and holds for good."""

import hashlib
import json
import threading
from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from backend.core import clock
from backend.core.errors import (
    ObjectDamaged,
    ReportAlreadySigned,
    ReportChangedMeanwhile,
    ReportIncomplete,
    SignatureRefused,
    TooManyAttempts,
)
from backend.models import OutboxMessage, Patient, Report, ReportVersion, User
from backend.models.session import Database
from backend.schemas.reporting import ReportSections
from backend.services import report_signature
from backend.services.proving import Proof
from backend.services.reporting import Reporting
from tests.postgres import NORTH
from tests.reports import (
    PASSWORD,
    STUDY_UID,
    TEXT,
    Hospital,
    opened_report,
    reading_status,
    signed_report,
    trail_of,
)

# -- signing --------------------------------------------------------------------------------------


def test_a_signature_makes_a_version_that_says_what_was_signed_by_whom_and_when(
    reporting: Reporting, hospital: Hospital, database: Database
):
    view = signed_report(reporting, hospital.ada)
    assert view.status == "final"
    assert not view.may_write
    newest = view.versions[0]
    assert newest.sections == TEXT
    assert (newest.version_number, newest.signer_name) == (1, "Dr. Ada")
    with database.read(NORTH) as session:
        row = session.exec(select(ReportVersion)).one()
        content = json.loads(row.content)
        assert hashlib.sha256(row.content.encode()).hexdigest() == newest.content_sha256
        assert content["signed_at"] == row.signed_at.isoformat()
    assert content["sections"] == asdict(TEXT)
    assert content["patient"]["patient_name"] == "Canary^Clara"
    assert content["study"]["study_instance_uid"] == STUDY_UID
    assert content["organization"] == {"organization_id": NORTH, "name": "North Hospital"}
    assert content["signer"] == {"user_id": hospital.ada.user_id, "display_name": "Dr. Ada"}
    assert content["signing_method"] == "password"


def test_a_signature_makes_the_study_reported_and_leaves_a_message_to_send(
    reporting: Reporting, hospital: Hospital, database: Database
):
    view = signed_report(reporting, hospital.ada)
    assert reading_status(database) == "reported"
    with database.read(NORTH) as session:
        message = session.exec(select(OutboxMessage)).one()
        assert message.kind == "report.signed"
        assert json.loads(message.payload) == {
            "report_id": view.report_id,
            "version_number": 1,
        }
        assert message.delivered_at is None


def test_a_wrong_password_signs_nothing_and_is_recorded(
    reporting: Reporting, hospital: Hospital, database: Database
):
    report = opened_report(reporting, hospital.ada)
    saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
    with pytest.raises(SignatureRefused):
        reporting.sign(hospital.ada, report.report_id, saved.draft_version, Proof(password="wrong"))
    assert reporting.get(hospital.ada, report.report_id).status == "draft"
    assert ("report:sign", hospital.ada.user_id, "refused") in trail_of(database)


def test_passwords_cannot_be_tried_out_by_signing(reporting: Reporting, hospital: Hospital):
    report = opened_report(reporting, hospital.ada)
    saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
    for _ in range(5):
        with pytest.raises(SignatureRefused):
            reporting.sign(
                hospital.ada, report.report_id, saved.draft_version, Proof(password="wrong")
            )
    with pytest.raises(TooManyAttempts):
        reporting.sign(
            hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
        )
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        signed = reporting.sign(
            hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
        )
    assert signed.status == "final"


def test_a_disabled_person_cannot_sign(
    reporting: Reporting, hospital: Hospital, database: Database
):
    report = opened_report(reporting, hospital.ada)
    saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
    with database.write(NORTH) as session:
        ada = session.exec(select(User).where(User.id == hospital.ada.user_id)).one()
        ada.is_active = False
        session.add(ada)
    with pytest.raises(SignatureRefused):
        reporting.sign(
            hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
        )


def test_text_newer_than_what_the_signer_saw_is_not_signed(
    reporting: Reporting, hospital: Hospital
):
    report = opened_report(reporting, hospital.ada)
    seen = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
    reporting.save_draft(
        hospital.ada,
        report.report_id,
        seen.draft_version,
        replace(TEXT, impression="Changed in the other tab."),
    )
    with pytest.raises(ReportChangedMeanwhile):
        reporting.sign(hospital.ada, report.report_id, seen.draft_version, Proof(password=PASSWORD))


@pytest.mark.parametrize(
    "sections",
    [ReportSections(), ReportSections(findings=" \n", indication="Pain", comments="x")],
)
def test_a_report_without_findings_and_impression_is_not_signed(
    reporting: Reporting, hospital: Hospital, sections: ReportSections
):
    report = opened_report(reporting, hospital.ada)
    saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, sections)
    with pytest.raises(ReportIncomplete):
        reporting.sign(
            hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
        )


def test_a_signed_report_is_not_written_signed_again_or_taken_over(
    reporting: Reporting, hospital: Hospital
):
    view = signed_report(reporting, hospital.ada)
    with pytest.raises(ReportAlreadySigned):
        reporting.save_draft(hospital.ada, view.report_id, view.draft_version, ReportSections())
    with pytest.raises(ReportAlreadySigned):
        reporting.sign(hospital.ada, view.report_id, view.draft_version, Proof(password=PASSWORD))
    with pytest.raises(ReportAlreadySigned):
        reporting.take_over(hospital.ben, view.report_id)
    assert opened_report(reporting, hospital.ada).report_id == view.report_id


def test_of_signatures_at_the_same_time_exactly_one_is_made(
    reporting: Reporting, hospital: Hospital, database: Database
):
    report = opened_report(reporting, hospital.ada)
    saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
    outcomes: list[str] = []

    def sign():
        try:
            reporting.sign(
                hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
            )
            outcomes.append("signed")
        except ReportAlreadySigned:
            outcomes.append("already signed")

    threads = [threading.Thread(target=sign) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already signed"] * 3 + ["signed"]
    with database.read(NORTH) as session:
        assert len(session.exec(select(ReportVersion)).all()) == 1


@pytest.mark.parametrize("step", ["sha256_of", "audit", "OutboxMessage"])
def test_a_signature_that_fails_half_way_leaves_nothing(
    reporting: Reporting,
    hospital: Hospital,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
):
    report = opened_report(reporting, hospital.ada)
    saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)

    def fails(*_: object, **__: object):
        raise OSError("power")

    with monkeypatch.context() as patch:
        target = report_signature.audit if step == "audit" else report_signature
        patch.setattr(target, "append" if step == "audit" else step, fails)
        with pytest.raises(OSError, match="power"):
            reporting.sign(
                hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
            )
    with database.read(NORTH) as session:
        assert session.exec(select(ReportVersion)).all() == []
        assert session.exec(select(OutboxMessage)).all() == []
        assert session.exec(select(Report)).one().status == "draft"
    assert reading_status(database) == "reading"
    signed = reporting.sign(
        hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
    )
    assert signed.status == "final"


# -- what is signed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE report_versions SET content = '{}'",
        "UPDATE report_versions SET signer_name = 'Somebody'",
        "DELETE FROM report_versions",
        "UPDATE reports SET findings = 'other'",
        "UPDATE reports SET status = 'draft'",
        "DELETE FROM reports",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_signed(
    reporting: Reporting,
    hospital: Hospital,
    database: Database,
    statement: str,
):
    view = signed_report(reporting, hospital.ada)
    with pytest.raises(DBAPIError), database.system_write() as session:
        session.connection().execute(text(statement))
    assert reporting.get(hospital.ada, view.report_id).versions == view.versions


def test_content_that_does_not_match_its_seal_is_never_shown(
    reporting: Reporting, hospital: Hospital, database: Database
):
    view = signed_report(reporting, hospital.ada)
    with database.system_write() as session:
        connection = session.connection()
        on = " ON report_versions" if connection.dialect.name == "postgresql" else ""
        connection.execute(text(f"DROP TRIGGER report_versions_no_update{on}"))
        connection.execute(
            text("UPDATE report_versions SET content = replace(content, 'Normal', 'Tumour')")
        )
    with pytest.raises(ObjectDamaged):
        reporting.get(hospital.ada, view.report_id)


def test_a_later_correction_of_the_patient_does_not_reach_what_was_signed(
    reporting: Reporting, hospital: Hospital, database: Database
):
    signed_report(reporting, hospital.ada)
    with database.write(NORTH) as session:
        patient = session.exec(select(Patient)).one()
        patient.patient_name = "Other^Name"
        session.add(patient)
    with database.read(NORTH) as session:
        content = json.loads(session.exec(select(ReportVersion)).one().content)
    assert content["patient"]["patient_name"] == "Canary^Clara"
