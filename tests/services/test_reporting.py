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
from backend.core.caller import Caller
from backend.core.errors import (
    Malformed,
    NotAllowed,
    NotFound,
    ObjectDamaged,
    ReportAlreadySigned,
    ReportChangedMeanwhile,
    ReportIncomplete,
    SignatureRefused,
    TooManyAttempts,
)
from backend.core.permissions import Permission
from backend.models import AuditEntry, OutboxMessage, Patient, Report, ReportVersion, Study, User
from backend.models.session import Database
from backend.schemas.reporting import ReportSections, ReportView
from backend.services import report_signature
from backend.services.proving import Proof
from backend.services.report_content import MAX_SECTION_CHARACTERS
from backend.services.reporting import Reporting
from tests.postgres import NORTH
from tests.proofs import checker
from tests.reports import PASSWORD, STUDY_UID, Hospital, found_hospital

TEXT = ReportSections(indication="Headache.", findings="No bleeding.", impression="Normal.")


@pytest.fixture
def hospital(database: Database) -> Hospital:
    return found_hospital(database)


@pytest.fixture
def reporting(database: Database) -> Reporting:
    return Reporting(database, checker(database))


def _opened(reporting: Reporting, caller: Caller) -> ReportView:
    report = reporting.open_for_study(caller, STUDY_UID)
    assert report is not None
    return report


def _signed(reporting: Reporting, caller: Caller) -> ReportView:
    report = _opened(reporting, caller)
    saved = reporting.save_draft(caller, report.report_id, report.draft_version, TEXT)
    return reporting.sign(caller, report.report_id, saved.draft_version, Proof(password=PASSWORD))


def _trail(database: Database) -> list[tuple[str, str, str]]:
    with database.read(NORTH) as session:
        entries = session.exec(select(AuditEntry).order_by(AuditEntry.sequence)).all()  # type: ignore[arg-type]
        return [(e.action, e.actor_user_id, e.outcome) for e in entries]


def _reading_status(database: Database) -> str:
    with database.read(NORTH) as session:
        return session.exec(select(Study)).one().reading_status


class TestDrafts:
    def test_a_writer_who_opens_a_study_gets_one_draft_and_everyone_after_gets_the_same(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        first, second = _opened(reporting, hospital.ada), _opened(reporting, hospital.ben)
        assert first.report_id == second.report_id
        assert first.status == "draft"
        assert first.author_name == ""
        assert first.may_write
        assert second.may_write

    def test_the_view_names_patient_and_study(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        view = _opened(reporting, hospital.ada)
        assert (view.patient_name, view.patient_id) == ("Canary, Clara", "PID-7")
        assert (view.patient_birth_date, view.patient_age, view.patient_sex) == (
            "1979-04-12",
            "47 y",
            "F",
        )
        assert (view.study_date, view.study_time) == ("2026-11-22", "13:45")
        assert (view.study_description, view.accession_number) == ("CT head", "ACC-9")
        assert view.modalities == ("CT",)

    def test_opening_does_not_touch_the_reading_status_and_the_first_save_does(
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        report = _opened(reporting, hospital.ada)
        assert _reading_status(database) == "unread"
        reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
        assert _reading_status(database) == "reading"

    def test_saved_text_is_there_again(self, reporting: Reporting, hospital: Hospital) -> None:
        report = _opened(reporting, hospital.ada)
        written = ReportSections(
            findings="Ελένη Иван محمد 山田 ½ ≥ \u00a0 end ", comments="a\tb\n\n  c"
        )
        saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, written)
        again = reporting.draft(hospital.ada, report.report_id)
        assert again.sections == written
        assert again.draft_version == saved.draft_version
        assert reporting.get(hospital.ada, report.report_id).sections == written

    def test_line_ends_become_alike_and_control_characters_go(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        report = _opened(reporting, hospital.ada)
        typed = ReportSections(findings="a\r\nb\rc\x0bd\x00\x07e\x9f")
        reporting.save_draft(hospital.ada, report.report_id, report.draft_version, typed)
        assert reporting.draft(hospital.ada, report.report_id).sections.findings == "a\nb\nc\nde"

    @pytest.mark.parametrize("text", ["x" * (MAX_SECTION_CHARACTERS + 1), "half \ud800", 5])
    def test_text_that_cannot_be_kept_is_refused(
        self, reporting: Reporting, hospital: Hospital, text: str
    ) -> None:
        report = _opened(reporting, hospital.ada)
        with pytest.raises(Malformed):
            reporting.save_draft(
                hospital.ada,
                report.report_id,
                report.draft_version,
                ReportSections(findings=text),
            )

    def test_a_save_based_on_an_older_version_overwrites_nothing(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        report = _opened(reporting, hospital.ada)
        reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
        other_tab = replace(TEXT, findings="From the other tab.")
        with pytest.raises(ReportChangedMeanwhile):
            reporting.save_draft(hospital.ada, report.report_id, report.draft_version, other_tab)
        assert reporting.draft(hospital.ada, report.report_id).sections == TEXT

    def test_a_save_whose_answer_was_lost_can_be_sent_again(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        report = _opened(reporting, hospital.ada)
        first = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
        again = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
        assert again == first

    def test_of_saves_at_the_same_time_exactly_one_wins_and_each_loser_is_told(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        report = _opened(reporting, hospital.ada)
        won: list[int] = []
        lost: list[int] = []

        def save(number: int) -> None:
            sections = ReportSections(findings=f"Text {number}")
            try:
                reporting.save_draft(hospital.ada, report.report_id, report.draft_version, sections)
                won.append(number)
            except ReportChangedMeanwhile:
                lost.append(number)

        threads = [threading.Thread(target=save, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(won), len(lost)) == (1, 5)
        kept = reporting.draft(hospital.ada, report.report_id)
        assert kept.sections.findings == f"Text {won[0]}"
        assert kept.draft_version == report.draft_version + 1

    def test_people_who_open_a_study_at_the_same_time_share_one_draft(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        found: list[str] = []

        def opens(caller: Caller) -> None:
            found.append(_opened(reporting, caller).report_id)

        threads = [
            threading.Thread(target=opens, args=(caller,))
            for caller in (hospital.ada, hospital.ben) * 3
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 6
        assert len(set(found)) == 1


class TestWhoseDraft:
    @pytest.fixture
    def database(self, sqlcipher_database: Database) -> Database:
        """Nothing here depends on the kind of database."""
        return sqlcipher_database

    def test_the_first_to_save_has_the_draft(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        report = _opened(reporting, hospital.ada)
        reporting.save_draft(hospital.ben, report.report_id, report.draft_version, TEXT)
        view = reporting.get(hospital.ada, report.report_id)
        assert view.author_name == "Dr. Ben"
        assert not view.may_write
        assert not view.may_sign
        assert view.may_take_over

    def test_somebody_elses_draft_is_not_written_over_and_the_sentence_says_who_has_it(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        report = _opened(reporting, hospital.ada)
        saved = reporting.save_draft(hospital.ben, report.report_id, report.draft_version, TEXT)
        with pytest.raises(ReportChangedMeanwhile, match=r"Dr\. Ben"):
            reporting.save_draft(
                hospital.ada, report.report_id, saved.draft_version, ReportSections()
            )
        with pytest.raises(ReportChangedMeanwhile, match=r"Dr\. Ben"):
            reporting.sign(
                hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
            )

    def test_taking_over_is_recorded_and_shuts_the_other_out(
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        report = _opened(reporting, hospital.ada)
        saved = reporting.save_draft(hospital.ben, report.report_id, report.draft_version, TEXT)
        view = reporting.take_over(hospital.ada, report.report_id)
        assert view.may_write
        assert view.sections == TEXT
        assert view.author_name == "Dr. Ada"
        with pytest.raises(ReportChangedMeanwhile, match=r"Dr\. Ada"):
            reporting.save_draft(
                hospital.ben, report.report_id, saved.draft_version, ReportSections()
            )
        with database.read(NORTH) as session:
            newest = session.exec(
                select(AuditEntry).where(AuditEntry.action == "report:edit")
            ).all()
        assert json.loads(newest[-1].details) == {"taken_over_from_user_id": hospital.ben.user_id}


class TestWhoMayKnow:
    @pytest.fixture
    def database(self, sqlcipher_database: Database) -> Database:
        """Nothing here depends on the kind of database."""
        return sqlcipher_database

    def test_a_clinician_sees_no_draft(self, reporting: Reporting, hospital: Hospital) -> None:
        assert reporting.open_for_study(hospital.clinician, STUDY_UID) is None
        report = _opened(reporting, hospital.ada)
        assert reporting.open_for_study(hospital.clinician, STUDY_UID) is None
        with pytest.raises(NotFound):
            reporting.get(hospital.clinician, report.report_id)

    def test_a_clinician_sees_the_signed_report_and_may_do_nothing_to_it(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        _signed(reporting, hospital.ada)
        view = _opened(reporting, hospital.clinician)
        assert view.sections == TEXT
        assert not (view.may_write)
        assert not (view.may_sign)
        assert not (view.may_take_over)

    def test_a_clinician_cannot_write_sign_or_take_over(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        report = _opened(reporting, hospital.ada)
        with pytest.raises(NotAllowed):
            reporting.save_draft(hospital.clinician, report.report_id, 1, TEXT)
        with pytest.raises(NotAllowed):
            reporting.sign(hospital.clinician, report.report_id, 1, Proof(password=PASSWORD))
        with pytest.raises(NotAllowed):
            reporting.take_over(hospital.clinician, report.report_id)
        with pytest.raises(NotAllowed):
            reporting.draft(hospital.clinician, report.report_id)

    def test_a_technologist_sees_no_report_at_all(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        _signed(reporting, hospital.ada)
        with pytest.raises(NotAllowed):
            reporting.open_for_study(hospital.technologist, STUDY_UID)

    def test_for_another_organization_neither_study_nor_report_exists(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        report = _signed(reporting, hospital.ada)
        with pytest.raises(NotFound):
            reporting.open_for_study(hospital.stranger, STUDY_UID)
        for use_case in (reporting.get, reporting.draft, reporting.take_over):
            with pytest.raises(NotFound):
                use_case(hospital.stranger, report.report_id)
        with pytest.raises(NotFound):
            reporting.save_draft(hospital.stranger, report.report_id, 1, TEXT)
        with pytest.raises(NotFound):
            reporting.sign(hospital.stranger, report.report_id, 1, Proof(password=PASSWORD))

    def test_a_writer_without_the_right_to_sign_cannot_sign(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        resident = replace(
            hospital.ada, permissions=hospital.ada.permissions - {Permission.REPORT_SIGN}
        )
        report = _opened(reporting, resident)
        saved = reporting.save_draft(resident, report.report_id, report.draft_version, TEXT)
        assert not reporting.get(resident, report.report_id).may_sign
        with pytest.raises(NotAllowed):
            reporting.sign(
                resident, report.report_id, saved.draft_version, Proof(password=PASSWORD)
            )


class TestSigning:
    def test_a_signature_makes_a_version_that_says_what_was_signed_by_whom_and_when(
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        view = _signed(reporting, hospital.ada)
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
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        view = _signed(reporting, hospital.ada)
        assert _reading_status(database) == "reported"
        with database.read(NORTH) as session:
            message = session.exec(select(OutboxMessage)).one()
            assert message.kind == "report.signed"
            assert json.loads(message.payload) == {
                "report_id": view.report_id,
                "version_number": 1,
            }
            assert message.delivered_at is None

    def test_a_wrong_password_signs_nothing_and_is_recorded(
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        report = _opened(reporting, hospital.ada)
        saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
        with pytest.raises(SignatureRefused):
            reporting.sign(
                hospital.ada, report.report_id, saved.draft_version, Proof(password="wrong")
            )
        assert reporting.get(hospital.ada, report.report_id).status == "draft"
        assert ("report:sign", hospital.ada.user_id, "refused") in _trail(database)

    def test_passwords_cannot_be_tried_out_by_signing(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        report = _opened(reporting, hospital.ada)
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
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        report = _opened(reporting, hospital.ada)
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
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        report = _opened(reporting, hospital.ada)
        seen = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
        reporting.save_draft(
            hospital.ada,
            report.report_id,
            seen.draft_version,
            replace(TEXT, impression="Changed in the other tab."),
        )
        with pytest.raises(ReportChangedMeanwhile):
            reporting.sign(
                hospital.ada, report.report_id, seen.draft_version, Proof(password=PASSWORD)
            )

    @pytest.mark.parametrize(
        "sections",
        [ReportSections(), ReportSections(findings=" \n", indication="Pain", comments="x")],
    )
    def test_a_report_without_findings_and_impression_is_not_signed(
        self, reporting: Reporting, hospital: Hospital, sections: ReportSections
    ) -> None:
        report = _opened(reporting, hospital.ada)
        saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, sections)
        with pytest.raises(ReportIncomplete):
            reporting.sign(
                hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
            )

    def test_a_signed_report_is_not_written_signed_again_or_taken_over(
        self, reporting: Reporting, hospital: Hospital
    ) -> None:
        view = _signed(reporting, hospital.ada)
        with pytest.raises(ReportAlreadySigned):
            reporting.save_draft(hospital.ada, view.report_id, view.draft_version, ReportSections())
        with pytest.raises(ReportAlreadySigned):
            reporting.sign(
                hospital.ada, view.report_id, view.draft_version, Proof(password=PASSWORD)
            )
        with pytest.raises(ReportAlreadySigned):
            reporting.take_over(hospital.ben, view.report_id)
        assert _opened(reporting, hospital.ada).report_id == view.report_id

    def test_of_signatures_at_the_same_time_exactly_one_is_made(
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        report = _opened(reporting, hospital.ada)
        saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
        outcomes: list[str] = []

        def sign() -> None:
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
        self,
        reporting: Reporting,
        hospital: Hospital,
        database: Database,
        monkeypatch: pytest.MonkeyPatch,
        step: str,
    ) -> None:
        report = _opened(reporting, hospital.ada)
        saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)

        def fails(*_: object, **__: object) -> None:
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
        assert _reading_status(database) == "reading"
        signed = reporting.sign(
            hospital.ada, report.report_id, saved.draft_version, Proof(password=PASSWORD)
        )
        assert signed.status == "final"


class TestSignedForGood:
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
        self,
        reporting: Reporting,
        hospital: Hospital,
        database: Database,
        statement: str,
    ) -> None:
        view = _signed(reporting, hospital.ada)
        with pytest.raises(DBAPIError), database.system_write() as session:
            session.connection().execute(text(statement))
        assert reporting.get(hospital.ada, view.report_id).versions == view.versions

    def test_content_that_does_not_match_its_seal_is_never_shown(
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        view = _signed(reporting, hospital.ada)
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
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        _signed(reporting, hospital.ada)
        with database.write(NORTH) as session:
            patient = session.exec(select(Patient)).one()
            patient.patient_name = "Other^Name"
            session.add(patient)
        with database.read(NORTH) as session:
            content = json.loads(session.exec(select(ReportVersion)).one().content)
        assert content["patient"]["patient_name"] == "Canary^Clara"


class TestTraces:
    @pytest.fixture
    def database(self, sqlcipher_database: Database) -> Database:
        """Nothing here depends on the kind of database."""
        return sqlcipher_database

    @pytest.fixture
    def trail(
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> list[tuple[str, str, str]]:
        report = _opened(reporting, hospital.ada)
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
        return _trail(database)

    def test_each_deed_is_recorded_once_however_often_the_text_was_saved(
        self, trail: list[tuple[str, str, str]], hospital: Hospital
    ) -> None:
        ada, clinician = hospital.ada.user_id, hospital.clinician.user_id
        assert trail == [
            ("report:create", ada, "success"),
            ("report:open", ada, "success"),
            ("report:edit", ada, "success"),
            ("report:sign", ada, "success"),
            ("report:open", clinician, "success"),
        ]

    def test_a_new_sign_in_that_changes_the_text_is_recorded_again(
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        report = _opened(reporting, hospital.ada)
        saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
        next_day = replace(hospital.ada, session_id="session-of-the-next-day")
        reporting.save_draft(
            next_day, report.report_id, saved.draft_version, replace(TEXT, comments="More.")
        )
        assert [action for action, _, _ in _trail(database)].count("report:edit") == 2

    def test_opening_again_after_a_while_is_recorded_again(
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        report = _opened(reporting, hospital.ada)
        with clock.frozen(clock.now() + timedelta(minutes=11)):
            reporting.get(hospital.ada, report.report_id)
        assert [action for action, _, _ in _trail(database)].count("report:open") == 2

    def test_the_audit_trail_holds_no_patient_name_and_no_text(
        self, trail: list[tuple[str, str, str]], database: Database
    ) -> None:
        with database.read(NORTH) as session:
            kept = " ".join(e.details + e.reason for e in session.exec(select(AuditEntry)).all())
        assert trail
        assert "Canary" not in kept
        assert "Text" not in kept

    def test_reading_the_draft_alone_is_recorded_too(
        self, reporting: Reporting, hospital: Hospital, database: Database
    ) -> None:
        report = _opened(reporting, hospital.ada)
        for _ in range(2):
            reporting.draft(hospital.ben, report.report_id)
        opened = [actor for action, actor, _ in _trail(database) if action == "report:open"]
        assert opened == [hospital.ada.user_id, hospital.ben.user_id]

    def test_creating_opening_and_signing_name_the_study(
        self, trail: list[tuple[str, str, str]], database: Database
    ) -> None:
        with database.read(NORTH) as session:
            entries = session.exec(select(AuditEntry)).all()
        named = {e.action for e in entries if STUDY_UID in e.details}
        assert trail
        assert named == {"report:create", "report:open", "report:sign"}
