"""Whoever takes care of a patient goes on doing so when the patient turns out to be another, and back again; in an emergency too."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlmodel import select

from backend.access import policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import NotFound
from backend.core.permissions import Permission
from backend.core.vocabulary import PatientChangeKind
from backend.models import CareRelation
from backend.models.access import EmergencyAccess
from backend.schemas.conflicts import Decision
from backend.schemas.emergencies import EmergencyAsk
from backend.services.emergencies import LASTS
from tests.services.conflict_model import File, Ward

ONE = File()
TWO = File(patient_id="2", study="2.25.2", instance="2.25.2.1")
LATER = File(patient_id="2", study="2.25.3", instance="2.25.3.1")
STUDIES = ("2.25.1", "2.25.2", "2.25.3")


@pytest.fixture
def clinician(ward: Ward) -> Caller:
    """Reaches only what is opened to them."""
    caller = ward.hospital.sign_in("clinician@demo.example").caller
    return replace(caller, permissions=caller.permissions - {Permission.STUDY_ALL})


def reached(ward: Ward, caller: Caller) -> set[str]:
    found = set()
    with ward.hospital.services.database.read(caller.organization_id) as session:
        for uid in STUDIES:
            with suppress(NotFound):
                policy.require_study(session, caller, Permission.STUDY_VIEW, uid)
                found.add(uid)
    return found


def give_care(ward: Ward, caller: Caller, patient_id: str) -> str:
    reaching = ward.hospital.services.reaching
    before = {opening.opening_id for opening in reaching.page(ward.administrator).openings}
    reaching.give_care(ward.administrator, caller.user_id, patient_id, 7, "Treats this patient")
    after = {opening.opening_id for opening in reaching.page(ward.administrator).openings}
    (new,) = after - before
    return new


def cared_for(ward: Ward) -> set[str]:
    with ward.hospital.services.database.read(ward.administrator.organization_id) as session:
        return {row.patient_key for row in session.exec(select(CareRelation)).all()}


def merge(ward: Ward) -> str:
    """The second patient turns out to be the first."""
    one, two = (next(p for p in ward.patients() if p.patient_id == known) for known in ("1", "2"))
    return ward.decide(
        Decision(PatientChangeKind.MERGE_PATIENTS, patient_key=one.id, other_patient_key=two.id)
    )


def test_care_follows_a_merge_and_is_undone_with_it(ward: Ward, clinician: Caller) -> None:
    ward.arrive(ONE, TWO)
    give_care(ward, clinician, "2")
    (before,) = cared_for(ward)
    assert reached(ward, clinician) == {"2.25.2"}
    change = merge(ward)
    assert reached(ward, clinician) == {"2.25.1", "2.25.2"}
    ward.arrive(LATER)
    assert reached(ward, clinician) == {*STUDIES}
    ward.undo(change)
    assert cared_for(ward) == {before}
    assert reached(ward, clinician) == {"2.25.2", "2.25.3"}


def test_care_of_the_patient_who_remains_stays_through_a_merge_and_its_undoing(
    ward: Ward, clinician: Caller
) -> None:
    ward.arrive(ONE, TWO)
    give_care(ward, clinician, "1")
    change = merge(ward)
    assert reached(ward, clinician) == {"2.25.1", "2.25.2"}
    ward.undo(change)
    assert reached(ward, clinician) == {"2.25.1"}


def test_care_that_was_ended_after_a_merge_stays_ended(ward: Ward, clinician: Caller) -> None:
    ward.arrive(ONE, TWO)
    opening = give_care(ward, clinician, "2")
    change = merge(ward)
    ward.hospital.services.reaching.close(ward.administrator, "care", opening)
    assert reached(ward, clinician) == set()
    ward.undo(change)
    assert reached(ward, clinician) == set()


def test_a_preview_of_a_merge_moves_nobodys_care(ward: Ward, clinician: Caller) -> None:
    ward.arrive(ONE, TWO)
    give_care(ward, clinician, "2")
    before = cared_for(ward)
    one, two = ward.patients()
    ward.conflicts.preview(
        ward.administrator,
        Decision(PatientChangeKind.MERGE_PATIENTS, patient_key=one.id, other_patient_key=two.id),
    )
    assert cared_for(ward) == before


def test_somebody_who_is_split_off_is_in_nobodys_care(ward: Ward, clinician: Caller) -> None:
    ward.arrive(ONE, File(study="2.25.2", instance="2.25.2.1"))
    give_care(ward, clinician, "1")
    (patient,) = ward.patients()
    change = ward.decide(
        Decision(PatientChangeKind.SPLIT, patient_key=patient.id, study_instance_uids=("2.25.2",))
    )
    assert reached(ward, clinician) == {"2.25.1"}
    ward.undo(change)
    assert reached(ward, clinician) == {"2.25.1", "2.25.2"}


# -- in an emergency ---------------------------------------------------------------------------------


@pytest.fixture
def no_emergencies(ward: Ward) -> Iterator[None]:
    """The ward is one for all tests."""
    yield
    with ward.hospital.services.database.write(ward.administrator.organization_id) as session:
        for row in session.exec(select(EmergencyAccess)).all():
            session.delete(row)


def open_patient(ward: Ward, caller: Caller, patient_id: str) -> str:
    (opened,) = ward.hospital.services.emergencies.open(
        caller,
        EmergencyAsk(patient_id=patient_id, birth_date="1950-01-01", reason="Stroke call at night"),
    )
    return opened.emergency_id


def reviewed(ward: Ward, emergency_id: str) -> set[str]:
    """What the administrators see that it opened."""
    waiting, _ = ward.hospital.services.emergencies.queue(ward.administrator)
    (row,) = (each for each in waiting if each.emergency_id == emergency_id)
    return set(row.study_instance_uids)


@pytest.mark.usefixtures("no_emergencies")
def test_an_emergency_follows_a_merge_and_is_undone_with_it(ward: Ward, clinician: Caller) -> None:
    ward.arrive(ONE, TWO)
    emergency = open_patient(ward, clinician, "2")
    assert reached(ward, clinician) == {"2.25.2"}
    change = merge(ward)
    assert reached(ward, clinician) == reviewed(ward, emergency) == {"2.25.1", "2.25.2"}
    (mine,) = ward.hospital.services.emergencies.mine(clinician)
    assert {study.study_instance_uid for study in mine.studies} == {"2.25.1", "2.25.2"}
    ward.undo(change)
    assert reached(ward, clinician) == reviewed(ward, emergency) == {"2.25.2"}


@pytest.mark.usefixtures("no_emergencies")
def test_a_merge_never_takes_from_an_emergency_and_lengthens_none(
    ward: Ward, clinician: Caller
) -> None:
    ward.arrive(ONE, TWO)
    open_patient(ward, clinician, "1")
    change = merge(ward)
    assert reached(ward, clinician) == {"2.25.1", "2.25.2"}
    with clock.frozen(clock.now() + LASTS):
        assert reached(ward, clinician) == set()
    ward.undo(change)
    assert reached(ward, clinician) == {"2.25.1"}


@pytest.mark.usefixtures("no_emergencies")
def test_an_emergency_that_was_over_is_reviewed_by_what_it_opened(
    ward: Ward, clinician: Caller
) -> None:
    ward.arrive(ONE, TWO)
    emergency = open_patient(ward, clinician, "2")
    ward.hospital.services.emergencies.end(clinician, emergency)
    merge(ward)
    ward.arrive(LATER)
    assert reached(ward, clinician) == set()
    assert reviewed(ward, emergency) == {"2.25.2"}


@pytest.mark.usefixtures("no_emergencies")
def test_an_emergency_that_ended_after_a_merge_stays_ended_when_that_is_undone(
    ward: Ward, clinician: Caller
) -> None:
    ward.arrive(ONE, TWO)
    emergency = open_patient(ward, clinician, "2")
    change = merge(ward)
    ward.hospital.services.emergencies.end(clinician, emergency)
    ward.undo(change)
    assert reached(ward, clinician) == set()
    assert reviewed(ward, emergency) == {"2.25.1", "2.25.2"}
