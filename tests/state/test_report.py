"""What pages remember of a report, asked of the real services."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from reflex.istate.data import RouterData

from backend import bootstrap
from backend.core.errors import NotAllowed, NotFound
from backend.schemas.reporting import ReportSections
from backend.services.proving import Proof
from pacscribe_ui.components.report_editor import words
from pacscribe_ui.state import base
from pacscribe_ui.state.report import ReportState
from tests.viewing_hospital import PASSWORD, Hospital, SignedInPerson, ct_slice

STUDY = ""
TEXT = ReportSections(findings="No bleeding.", impression="Normal.")


@pytest.fixture(scope="module")
def one_hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    bootstrap.use(hospital.services)
    yield hospital
    bootstrap.use(None)
    hospital.close()


@pytest.fixture
def hospital(one_hospital: Hospital, request: pytest.FixtureRequest) -> Iterator[Hospital]:
    """The hospital with one more study, that of this test."""
    global STUDY
    number = abs(hash(request.node.nodeid))
    STUDY = f"2.25.{number}"
    outcomes = one_hospital.take_in(
        ct_slice(0, 1, StudyInstanceUID=STUDY, SeriesInstanceUID=f"2.25.{number}1")
    )
    assert [outcome.kind for outcome in outcomes] == ["stored"]
    yield one_hospital
    base.remember_caller(None, "")


def _as(person: SignedInPerson) -> None:
    base.remember_caller(person.caller, person.cookie)


def _call(state: ReportState, name: str, *arguments: Any) -> Any:
    return asyncio.run(getattr(ReportState, name).fn(state, *arguments))


def _at(person: SignedInPerson, event: str, route: str, address: str) -> ReportState:
    _as(person)
    state = ReportState(_reflex_internal_init=True)
    _go(state, route, address)
    _call(state, event)
    return state


def _go(state: ReportState, route: str, address: str) -> None:
    state.router = RouterData.from_router_data(
        {"pathname": route, "asPath": address, "headers": {}}
    )


def _beside_images(person: SignedInPerson) -> ReportState:
    route = "/viewer/[study_instance_uid]"
    return _at(person, "open_beside_images", route, f"/viewer/{STUDY}?layout=1x2")


def _on_its_page(person: SignedInPerson, report_id: str) -> ReportState:
    return _at(person, "load", "/report/[report_id]", f"/report/{report_id}")


def _signed(hospital: Hospital) -> str:
    caller = hospital.sign_in().caller
    reporting = hospital.services.reporting
    report = reporting.open_for_study(caller, STUDY)
    assert report is not None
    saved = reporting.save_draft(caller, report.report_id, report.draft_version, TEXT)
    reporting.sign(caller, report.report_id, saved.draft_version, Proof(password=PASSWORD))
    return report.report_id


def test_a_radiologist_gets_a_draft_beside_the_images(hospital: Hospital) -> None:
    state = _beside_images(hospital.sign_in())
    assert state.visit
    assert state.report.may_write
    assert state.report.study_instance_uid == STUDY


def test_the_page_finds_its_report_by_the_address(hospital: Hospital) -> None:
    report_id = _signed(hospital)
    state = _on_its_page(hospital.sign_in("clinician@demo.example"), report_id)
    assert state.report.report_id == report_id
    assert state.report.sections == TEXT
    assert state.problem == ""


def test_a_report_that_is_not_there_is_said_in_words_and_leaves_nothing_on_the_glass(
    hospital: Hospital,
) -> None:
    _signed(hospital)
    state = _on_its_page(hospital.sign_in(), "nothing")
    assert state.problem == NotFound.default_sentence
    assert state.report.report_id == ""
    assert state.visit


def test_a_clinician_sees_that_there_is_no_report_yet(hospital: Hospital) -> None:
    _beside_images(hospital.sign_in())
    state = _beside_images(hospital.sign_in("clinician@demo.example"))
    assert state.is_available
    assert state.visit
    assert state.report.report_id == ""
    assert state.problem == ""


def test_for_a_technologist_there_is_no_panel_and_nothing_is_asked(hospital: Hospital) -> None:
    state = _beside_images(hospital.sign_in("technologist@demo.example"))
    assert not state.is_available
    assert state.report.report_id == ""


def test_opening_another_study_forgets_the_last_report_first(hospital: Hospital) -> None:
    state = _beside_images(hospital.sign_in())
    _go(state, "/viewer/[study_instance_uid]", "/viewer/2.25.404")
    _call(state, "open_beside_images")
    assert state.report.report_id == ""
    assert state.problem == NotFound.default_sentence


def test_after_signing_the_page_shows_what_everybody_sees(hospital: Hospital) -> None:
    state = _beside_images(hospital.sign_in())
    _signed(hospital)
    _call(state, "finish")
    assert state.report.status == "final"
    assert state.report.versions[0].sections == TEXT
    assert not state.report.may_write


def test_a_draft_is_taken_over(hospital: Hospital) -> None:
    first = hospital.sign_in()
    state = _beside_images(first)
    hospital.services.reporting.save_draft(
        first.caller, state.report.report_id, state.report.draft_version, TEXT
    )
    second = _beside_images(hospital.sign_in("radiologist2@demo.example"))
    assert second.report.may_take_over
    _call(second, "take_over")
    assert second.report.may_write
    assert second.report.sections == TEXT


def test_taking_over_is_refused_below_the_page_too(hospital: Hospital) -> None:
    report_id = _signed(hospital)
    state = _on_its_page(hospital.sign_in("clinician@demo.example"), report_id)
    with pytest.raises(NotAllowed):
        _call(state, "take_over")


def test_no_password_and_no_unsaved_text_is_held_in_state() -> None:
    held = set(ReportState.get_fields()) | set(ReportState.vars)
    assert not any("password" in name for name in held)


def test_every_section_has_a_label_and_a_hint_in_the_order_of_the_report() -> None:
    assert list(words.SECTIONS) == list(asdict(ReportSections()))
    assert set(words.HINTS) == set(words.SECTIONS)
