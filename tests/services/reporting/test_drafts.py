"""Drafts: one for a study, whatever is typed in it, however many type at the same time."""

import threading
from dataclasses import replace

import pytest

from backend.core.caller import Caller
from backend.core.errors import Malformed, ReportChangedMeanwhile
from backend.models.session import Database
from backend.schemas.reporting import ReportSections
from backend.services.report_content import MAX_SECTION_CHARACTERS
from backend.services.reporting import Reporting
from tests.reports import TEXT, Hospital, opened_report, reading_status


def test_a_writer_who_opens_a_study_gets_one_draft_and_everyone_after_gets_the_same(
    reporting: Reporting, hospital: Hospital
):
    first, second = opened_report(reporting, hospital.ada), opened_report(reporting, hospital.ben)
    assert first.report_id == second.report_id
    assert first.status == "draft"
    assert first.author_name == ""
    assert first.may_write
    assert second.may_write


def test_the_view_names_patient_and_study(reporting: Reporting, hospital: Hospital):
    view = opened_report(reporting, hospital.ada)
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
    reporting: Reporting, hospital: Hospital, database: Database
):
    report = opened_report(reporting, hospital.ada)
    assert reading_status(database) == "unread"
    reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
    assert reading_status(database) == "reading"


def test_saved_text_is_there_again(reporting: Reporting, hospital: Hospital):
    report = opened_report(reporting, hospital.ada)
    written = ReportSections(
        findings="Ελένη Иван محمد 山田 ½ ≥ \u00a0 end ", comments="a\tb\n\n  c"
    )
    saved = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, written)
    again = reporting.draft(hospital.ada, report.report_id)
    assert again.sections == written
    assert again.draft_version == saved.draft_version
    assert reporting.get(hospital.ada, report.report_id).sections == written


def test_line_ends_become_alike_and_control_characters_go(reporting: Reporting, hospital: Hospital):
    report = opened_report(reporting, hospital.ada)
    typed = ReportSections(findings="a\r\nb\rc\x0bd\x00\x07e\x9f")
    reporting.save_draft(hospital.ada, report.report_id, report.draft_version, typed)
    assert reporting.draft(hospital.ada, report.report_id).sections.findings == "a\nb\nc\nde"


@pytest.mark.parametrize("text", ["x" * (MAX_SECTION_CHARACTERS + 1), "half \ud800", 5])
def test_text_that_cannot_be_kept_is_refused(reporting: Reporting, hospital: Hospital, text: str):
    report = opened_report(reporting, hospital.ada)
    with pytest.raises(Malformed):
        reporting.save_draft(
            hospital.ada,
            report.report_id,
            report.draft_version,
            ReportSections(findings=text),
        )


def test_a_save_based_on_an_older_version_overwrites_nothing(
    reporting: Reporting, hospital: Hospital
):
    report = opened_report(reporting, hospital.ada)
    reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
    other_tab = replace(TEXT, findings="From the other tab.")
    with pytest.raises(ReportChangedMeanwhile):
        reporting.save_draft(hospital.ada, report.report_id, report.draft_version, other_tab)
    assert reporting.draft(hospital.ada, report.report_id).sections == TEXT


def test_a_save_whose_answer_was_lost_can_be_sent_again(reporting: Reporting, hospital: Hospital):
    report = opened_report(reporting, hospital.ada)
    first = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
    again = reporting.save_draft(hospital.ada, report.report_id, report.draft_version, TEXT)
    assert again == first


def test_of_saves_at_the_same_time_exactly_one_wins_and_each_loser_is_told(
    reporting: Reporting, hospital: Hospital
):
    report = opened_report(reporting, hospital.ada)
    won: list[int] = []
    lost: list[int] = []

    def save(number: int):
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
    reporting: Reporting, hospital: Hospital
):
    found: list[str] = []

    def opens(caller: Caller):
        found.append(opened_report(reporting, caller).report_id)

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
