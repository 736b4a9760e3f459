"""Emergencies: who opens what is closed to them, how long it lasts, who hears of it, who reviews it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from backend.access import policy
from backend.core import clock
from backend.core.errors import (
    Malformed,
    NotAllowed,
    NotFound,
    StepUpNeeded,
    TooManyAttempts,
)
from backend.core.permissions import Permission
from backend.models import OutboxMessage, Patient, Study
from backend.models.audit import entries_after
from backend.schemas.emergencies import EmergencyAsk
from backend.services.banners import Banners
from backend.services.emergencies import LASTS, Emergencies
from tests.installation import install
from tests.standing_attempts import standing_attempts

REASON = "Stroke call, the ward cannot reach anybody"
BY_NUMBER = EmergencyAsk(accession_number="A-77", reason=REASON)
BY_PATIENT = EmergencyAsk(patient_id="P-1", birth_date="1960-01-02", reason=REASON)


class House:
    """An installation with two studies of one patient in the east and a twin of them in the west."""

    def __init__(self, database, folder):
        self.installed = install(database, folder)
        self.database = self.installed.database
        self.emergencies = Emergencies(self.database, standing_attempts())
        self.banners = Banners(self.database, lambda _caller: ())
        for organization_id, stem in ((self.installed.east, "1.2"), (self.installed.west, "1.3")):
            with self.database.write(organization_id) as session:
                patient = Patient(
                    patient_id="P-1", patient_birth_date="19600102", patient_name="Canary^Name"
                )
                session.add(patient)
                session.flush()
                for number, accession in enumerate(("A-77", "A-78"), 1):
                    session.add(
                        Study(
                            patient_key=patient.id,
                            study_instance_uid=f"{stem}.{number}",
                            accession_number=accession,
                            wrapped_data_key=b"-",
                            arrived_at=clock.now(),
                            updated_at=clock.now(),
                        )
                    )

    def nurse(self, where="east"):
        return self.installed.caller(f"care-team@{where}.example")

    def administrator(self, where="east"):
        return self.installed.caller(f"administrator@{where}.example")

    def sees(self, caller, uid, permission=Permission.STUDY_VIEW):
        with self.database.read(caller.organization_id) as session:
            try:
                policy.require_study(session, caller, permission, uid)
            except (NotFound, NotAllowed):
                return False
            return True

    def entries(self, action):
        with self.database.system_read() as session:
            return [e for e in entries_after(session, 0, 10_000) if e.action == action]


@pytest.fixture
def house(peopled_database, tmp_path):
    return House(peopled_database, tmp_path)


def test_a_study_is_open_for_an_hour_and_not_a_moment_longer_on_both_databases(database, tmp_path):
    house = House(database, tmp_path)
    nurse = house.nurse()
    assert not house.sees(nurse, "1.2.1")
    began = clock.now()
    with clock.frozen(began):
        (opened,) = house.emergencies.open(nurse, BY_NUMBER)
        assert [study.study_instance_uid for study in opened.studies] == ["1.2.1"]
        assert house.sees(nurse, "1.2.1")
        assert not house.sees(nurse, "1.2.2")
    with clock.frozen(began + LASTS - timedelta(seconds=1)):
        assert house.sees(nurse, "1.2.1")
    with clock.frozen(began + LASTS):
        assert not house.sees(nurse, "1.2.1")
        assert house.emergencies.mine(nurse) == ()


def test_by_patient_all_studies_of_the_patient_are_open(house):
    nurse = house.nurse()
    (opened,) = house.emergencies.open(nurse, BY_PATIENT)
    assert {study.study_instance_uid for study in opened.studies} == {"1.2.1", "1.2.2"}
    assert house.sees(nurse, "1.2.1")
    assert house.sees(nurse, "1.2.2")


def test_it_is_open_for_looking_and_for_nothing_else(house):
    nurse = replace(house.nurse(), permissions=frozenset(Permission) - {Permission.STUDY_ALL})
    house.emergencies.open(nurse, BY_NUMBER)
    looking = {Permission.STUDY_VIEW, Permission.REPORT_VIEW}
    about_studies = [p for p in Permission if p.value.startswith(("study:", "report:"))]
    allowed = {p for p in about_studies if house.sees(nurse, "1.2.1", p)}
    assert allowed - {Permission.STUDY_ALL} == looking


def test_nothing_of_another_organization_is_ever_opened(house):
    nurse = house.nurse()
    house.emergencies.open(nurse, BY_PATIENT)
    assert not house.sees(nurse, "1.3.1")
    assert not house.sees(house.nurse("west"), "1.2.1")
    assert not house.sees(house.nurse("west"), "1.3.1")


def test_nobody_else_sees_what_somebody_opened(house):
    house.emergencies.open(house.nurse(), BY_NUMBER)
    other = replace(house.nurse(), user_id=house.administrator().user_id)
    assert not house.sees(other, "1.2.1")


@pytest.mark.parametrize("reason", ["", "   ", "urgent", "x" * 401])
def test_without_a_reason_nothing_is_opened(house, reason):
    nurse = house.nurse()
    with pytest.raises(Malformed):
        house.emergencies.open(nurse, replace(BY_NUMBER, reason=reason))
    assert not house.sees(nurse, "1.2.1")
    assert house.entries("emergency:start") == []


@pytest.mark.parametrize(
    "names",
    [
        {},
        {"patient_id": "P-1"},
        {"birth_date": "19600102"},
        {"patient_id": "P-1", "birth_date": "yesterday"},
        {"accession_number": "A-77", "patient_id": "P-1", "birth_date": "19600102"},
    ],
)
def test_half_a_name_is_no_name(house, names):
    with pytest.raises(Malformed):
        house.emergencies.open(house.nurse(), EmergencyAsk(**names, reason=REASON))


@pytest.mark.parametrize(
    "names",
    [
        {"accession_number": "A-7"},
        {"accession_number": "a-77"},
        {"accession_number": "A-%"},
        {"accession_number": "A-79"},
        {"patient_id": "P-1", "birth_date": "19600103"},
        {"patient_id": "P-2", "birth_date": "19600102"},
        {"patient_id": "P", "birth_date": "19600102"},
    ],
)
def test_only_an_exact_name_opens_and_every_wrong_one_is_answered_alike(house, names):
    with pytest.raises(NotFound) as wrong:
        house.emergencies.open(house.nurse(), EmergencyAsk(**names, reason=REASON))
    assert wrong.value.sentence == "Nothing matches exactly, or you have no access to it."
    (entry,) = house.entries("emergency:start")
    assert (entry.outcome, entry.object_id, entry.reason) == ("refused", "", REASON)
    assert not any(value in entry.details for value in names.values())


def test_who_has_not_proved_lately_who_they_are_must_prove_it_first(house):
    nurse = replace(house.nurse(), proved_at=None)
    with pytest.raises(StepUpNeeded):
        house.emergencies.open(nurse, BY_NUMBER)
    assert not house.sees(nurse, "1.2.1")


def test_guessing_is_slowed_down_wherever_it_comes_from(house):
    nurse = house.nurse()
    for number in range(5):
        guess = replace(BY_NUMBER, accession_number=f"B-{number}")
        origin = replace(nurse.origin, ip_address=f"192.0.2.{number}")
        with pytest.raises(NotFound):
            house.emergencies.open(replace(nurse, origin=origin), guess)
    with pytest.raises(TooManyAttempts):
        house.emergencies.open(nurse, BY_NUMBER)
    assert house.emergencies.open(house.nurse("west"), BY_NUMBER)


def test_whoever_may_not_is_refused_and_that_is_recorded(house):
    technologist = house.installed.caller("technologist@east.example")
    without = replace(technologist, permissions=frozenset({Permission.STUDY_VIEW}))
    with pytest.raises(NotAllowed):
        house.emergencies.open(without, BY_NUMBER)
    assert "emergency:open" in house.entries("access:refuse")[0].details


def test_whoever_reaches_everything_needs_no_emergency(house):
    with pytest.raises(Malformed):
        house.emergencies.open(house.installed.caller("clinician@east.example"), BY_NUMBER)


def test_administrators_are_told_at_once_on_every_page_and_by_letter(house):
    administrator = house.administrator()
    assert [alert.kind for alert in house.banners.of(administrator)] == []
    house.emergencies.open(house.nurse(), BY_NUMBER)
    assert [alert.kind for alert in house.banners.of(administrator)] == ["emergencies-wait"]
    assert house.banners.of(house.administrator("west")) == ()
    with house.database.system_read() as session:
        letters = session.exec(select(OutboxMessage)).all()
    assert [letter.organization_id for letter in letters] == [house.installed.east]
    assert administrator.email in letters[0].payload
    assert "Canary" not in letters[0].payload


def test_a_banner_reminds_whoever_looks_until_it_ends(house):
    nurse = house.nurse()
    assert house.banners.of(nurse) == ()
    (opened,) = house.emergencies.open(nurse, BY_NUMBER)
    (banner,) = house.banners.of(nurse)
    assert (banner.kind, banner.until) == ("emergency", opened.until)
    house.emergencies.end(nurse, opened.emergency_id)
    assert house.banners.of(nurse) == ()


def test_it_can_be_ended_before_its_time_by_oneself_and_by_whoever_reviews(house):
    nurse = house.nurse()
    for ends in (nurse, house.administrator()):
        (opened,) = house.emergencies.open(nurse, BY_NUMBER)
        house.emergencies.end(ends, opened.emergency_id)
        assert not house.sees(nurse, "1.2.1")
    assert [entry.reason for entry in house.entries("emergency:end")] == ["ended by hand"] * 2


@pytest.mark.parametrize("who", ["radiologist@east.example", "administrator@west.example"])
def test_nobody_else_ends_or_reviews_it(house, who):
    (opened,) = house.emergencies.open(house.nurse(), BY_NUMBER)
    stranger = house.installed.caller(who)
    with pytest.raises(NotFound):
        house.emergencies.end(stranger, opened.emergency_id)
    with pytest.raises((NotFound, NotAllowed)):
        house.emergencies.review(stranger, opened.emergency_id, "It was a stroke")
    assert house.sees(house.nurse(), "1.2.1")


def test_it_is_reviewed_once_and_the_finding_is_kept(house):
    administrator = house.administrator()
    (opened,) = house.emergencies.open(house.nurse(), BY_NUMBER)
    (waiting,), done = house.emergencies.queue(administrator)
    assert (waiting.person_name, waiting.reason, waiting.is_live) == (
        "Care-Team East",
        REASON,
        True,
    )
    assert (waiting.study_instance_uids, done) == (("1.2.1",), ())
    house.emergencies.review(administrator, opened.emergency_id, "Confirmed with the ward.")
    waiting_now, (done_now,) = house.emergencies.queue(administrator)
    assert (waiting_now, done_now.review) == ((), "Confirmed with the ward.")
    assert done_now.reviewer_name == administrator.display_name
    with pytest.raises(Malformed):
        house.emergencies.review(administrator, opened.emergency_id, "And once again, please.")
    (entry,) = house.entries("emergency:review")
    assert entry.reason == "Confirmed with the ward."
    assert house.banners.of(administrator) == ()


def test_nobody_reviews_their_own(house):
    rights = house.nurse().permissions | {Permission.EMERGENCY_REVIEW}
    nurse = replace(house.nurse(), permissions=rights)
    (opened,) = house.emergencies.open(nurse, BY_NUMBER)
    (row,), _ = house.emergencies.queue(nurse)
    assert not row.may_review
    with pytest.raises(NotAllowed):
        house.emergencies.review(nurse, opened.emergency_id, "All was well with me.")


def test_begin_and_end_are_both_in_the_trail_even_if_nobody_ends_it(house):
    nurse = house.nurse()
    (opened,) = house.emergencies.open(nurse, BY_NUMBER)
    (began,) = house.entries("emergency:start")
    assert (began.outcome, began.object_id, began.reason) == (
        "success",
        opened.emergency_id,
        REASON,
    )
    assert "1.2.1" in began.details
    assert house.emergencies.end_what_is_over() == 0
    with clock.frozen(clock.now() + LASTS):
        with house.database.system_read() as session:
            assert house.emergencies.is_any_over(session)
        assert house.emergencies.end_what_is_over() == 1
        assert house.emergencies.end_what_is_over() == 0
    (ended,) = house.entries("emergency:end")
    assert (ended.object_id, ended.actor_user_id) == (opened.emergency_id, "system")
    assert ended.organization_id == house.installed.east


def test_the_review_outlives_the_study(house):
    (opened,) = house.emergencies.open(house.nurse(), BY_NUMBER)
    with house.database.write(house.installed.east) as session:
        study = session.exec(select(Study).where(Study.study_instance_uid == "1.2.1")).one()
        session.delete(study)
    (row,), _ = house.emergencies.queue(house.administrator())
    assert (row.emergency_id, row.study_instance_uids) == (opened.emergency_id, ())
