"""Decisions about patients: each does what its preview said, can be undone, and loses nothing."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from backend.core.errors import Malformed, NotAllowed, NotFound, Refusal
from backend.core.vocabulary import HeldState, IngestOutcomeKind, PatientChangeKind
from backend.models.deletion import delete_study
from backend.models.studies import Study
from backend.schemas.conflicts import Decision, PatientValues, ValueChange
from tests.endurance.counts import count
from tests.services.conflict_game import play
from tests.services.conflict_model import File, Ward, only_conflict

K = PatientChangeKind
O = IngestOutcomeKind  # noqa: E741 - outcome

ANN = File()
OTHER_NAME = File(name="Roe^Bea", study="2.25.2", instance="2.25.2.1.1")
OTHER_STUDY_OF_ROE = File(name="Roe^Bea", study="2.25.3", instance="2.25.3.1.1")


def a_conflict_of_patients(ward: Ward) -> str:
    outcomes = ward.arrive(ANN, OTHER_NAME)
    assert [outcome.kind for outcome in outcomes] == [O.STORED, O.CONFLICT]
    return only_conflict(ward)


def names(ward: Ward) -> list[str]:
    return [patient.patient_name for patient in ward.patients()]


def test_a_conflict_shows_what_came_beside_what_is_stored(ward: Ward) -> None:
    view = ward.conflicts.conflict(ward.administrator, a_conflict_of_patients(ward))
    assert (view.came.patient_id, view.came_shown_name) == ("1", "Roe, Bea")
    assert (view.instance_count, view.came_studies[0].study_instance_uid) == (1, "2.25.2")
    (stored,) = view.stored
    assert (stored.shown_name, stored.instance_count) == ("Doe, Ann", 1)
    assert view.choices == (K.MERGE, K.KEEP_APART, K.CORRECT, K.DISCARD)


def test_merging_files_what_came_under_the_stored_patient_and_later_files_follow(
    ward: Ward,
) -> None:
    key = a_conflict_of_patients(ward)
    (ann,) = ward.patients()
    values = PatientValues("1", "", "Roe^Ann", "19500101", "F")
    ward.decide(Decision(K.MERGE, key, ann.id, values=values))
    (patient,) = ward.patients()
    assert (patient.patient_name, patient.search_name) == ("Roe^Ann", "roe ann")
    assert patient.is_corrected
    assert ward.waiting() == []
    (later,) = ward.arrive(OTHER_STUDY_OF_ROE)
    assert later.kind is O.STORED
    assert names(ward) == ["Roe^Ann"]


@pytest.mark.parametrize("kind", [K.MERGE, K.CORRECT])
def test_a_patient_is_shown_as_corrected_once_some_of_the_files_say_otherwise(
    ward: Ward, kind: K
) -> None:
    key = a_conflict_of_patients(ward)
    (ann,) = ward.patients()
    assert not ann.is_corrected
    shown = PatientValues("1", "", ann.patient_name, ann.patient_birth_date)
    change = ward.decide(Decision(kind, key, ann.id, values=shown))
    assert [(one.patient_name, one.is_corrected) for one in ward.patients()] == [("Doe^Ann", True)]
    ward.undo(change)
    assert [(one.patient_name, one.is_corrected) for one in ward.patients()] == [("Doe^Ann", False)]


def test_keeping_apart_makes_a_patient_with_a_number_and_later_files_follow(ward: Ward) -> None:
    ward.decide(Decision(K.KEEP_APART, a_conflict_of_patients(ward)))
    assert names(ward) == ["Doe^Ann", "Roe^Bea"]
    assert [patient.qualifier for patient in ward.patients()] == ["", "2"]
    assert ward.arrive(OTHER_STUDY_OF_ROE)[0].kind is O.STORED
    assert ward.arrive(File(study="2.25.4", instance="2.25.4.1"))[0].kind is O.STORED
    assert names(ward) == ["Doe^Ann", "Roe^Bea"]


def test_correcting_files_what_came_under_the_right_patient_and_only_that_study(
    ward: Ward,
) -> None:
    ward.arrive(File(patient_id="2", name="Roe^Bea", study="2.25.9", instance="2.25.9.1"))
    key = a_conflict_of_patients(ward)
    right = PatientValues("2", "", "Roe^Bea", "19500101")
    ward.decide(Decision(K.CORRECT, key, values=right))
    assert sorted(names(ward)) == ["Doe^Ann", "Roe^Bea"]
    assert ward.arrive(OTHER_STUDY_OF_ROE)[0].kind is O.CONFLICT  # the ID is wrong there as well


def test_correcting_to_somebody_new_makes_that_patient(ward: Ward) -> None:
    right = PatientValues("7", "", "Roe^Bea", "19500101", "F")
    ward.decide(Decision(K.CORRECT, a_conflict_of_patients(ward), values=right))
    made = ward.patients()[-1]
    assert (made.patient_id, made.is_corrected) == ("7", True)
    seven = File(patient_id="7", name="Roe^Bea", study="2.25.8", instance="2.25.8.1")
    assert ward.arrive(seven)[0].kind is O.STORED
    assert len(ward.patients()) == 2


def test_discarding_needs_a_reason_shows_nothing_and_keeps_the_octets(ward: Ward) -> None:
    key = a_conflict_of_patients(ward)
    with pytest.raises(Malformed, match="Say why"):
        ward.decide(Decision(K.DISCARD, key))
    ward.decide(Decision(K.DISCARD, key, reason="A test of the modality"))
    assert names(ward) == ["Doe^Ann"]
    assert OTHER_NAME.octets() in ward.readable().values()
    (again,) = ward.arrive(OTHER_NAME)
    assert again.kind is O.REFUSED
    assert "administrator" in again.reason


def test_a_study_under_another_patient_can_stay_with_the_stored_patient(ward: Ward) -> None:
    ward.arrive(ANN, File(patient_id="2", instance="2.25.1.1.2"))
    view = ward.conflicts.conflict(ward.administrator, only_conflict(ward))
    assert view.kind == "study"
    ward.decide(Decision(K.MERGE, view.conflict_key, view.stored[0].patient_key))
    (patient,) = ward.patients()
    assert patient.patient_id == "1"
    elsewhere = File(patient_id="2", study="2.25.7", instance="2.25.7.1")
    assert ward.arrive(elsewhere)[0].kind is O.STORED
    assert [one.patient_id for one in ward.patients()] == ["1", "2"]


def test_a_study_under_another_patient_can_go_to_the_patient_who_came(ward: Ward) -> None:
    ward.arrive(ANN, File(patient_id="2", instance="2.25.1.1.2"))
    ward.decide(Decision(K.KEEP_APART, only_conflict(ward)))
    (patient,) = ward.patients()
    assert patient.patient_id == "2"
    # What is sent again or late under the wrong ID joins its study, and no other.
    assert ward.arrive(File(instance="2.25.1.1.3"))[0].kind is O.STORED
    assert len(ward.patients()) == 1


def test_a_series_can_be_filed_in_its_own_study_too(ward: Ward) -> None:
    ward.arrive(ANN, File(study="2.25.5", series="2.25.1.1", instance="2.25.5.1"))
    ward.decide(Decision(K.KEEP_APART, only_conflict(ward)))
    shown, held, _ = ward.seen()
    assert len(shown) == 2
    assert held == []
    late = File(study="2.25.5", series="2.25.1.1", instance="2.25.5.2")
    assert ward.arrive(late)[0].kind is O.STORED


def test_an_exchange_shows_what_came_and_keeps_what_was_shown(ward: Ward) -> None:
    newer = File(variant="newer")
    ward.arrive(ANN, newer)
    before = ward.seen()
    change = ward.decide(Decision(K.EXCHANGE, only_conflict(ward)))
    assert sorted(where for (where,) in ward.places().values()) == [
        HeldState.REPLACED,
        "study 2.25.1",
    ]
    assert {ANN.octets(), newer.octets()} == set(ward.readable().values())
    ward.undo(change)
    assert ward.seen() == before
    assert len(ward.readable()) == 2


def test_an_exchange_and_its_undo_leave_what_people_did_with_the_study(ward: Ward) -> None:
    ward.arrive(ANN, File(name="Doe^Ann^M", series="2.25.1.2", variant="newer"))
    who = ward.administrator.user_id
    ward.read("2.25.1", priority="stat", reading_status="reading", assigned_to=who, tags="\\a\\")
    ward.report("2.25.1")
    before = ward.seen()
    change = ward.decide(Decision(K.EXCHANGE, only_conflict(ward)))
    ((*after, series, _),), _, _ = ward.seen()
    assert (after[:11], after[12:]) == (list(before[0][0][:11]), list(before[0][0][12:-2]))
    assert series == (("2.25.1.2", 1, 1),)
    ward.undo(change)
    assert ward.seen() == before


def test_what_is_of_a_series_of_another_study_takes_nobodys_place(ward: Ward) -> None:
    ward.arrive(ANN, File(study="2.25.2", instance="2.25.2.1"))
    ward.arrive(File(series="2.25.2.1", variant="other"))
    with pytest.raises(Malformed, match="series of another study"):
        ward.decide(Decision(K.EXCHANGE, only_conflict(ward)))


def test_what_names_another_patient_takes_nobodys_place(ward: Ward) -> None:
    ward.arrive(ANN, File(patient_id="2", variant="other"))
    with pytest.raises(Malformed, match="another patient"):
        ward.decide(Decision(K.EXCHANGE, only_conflict(ward)))
    assert len(ward.readable()) == 2


def test_a_file_that_contradicts_something_else_goes_on_waiting(ward: Ward) -> None:
    ward.arrive(ANN, OTHER_NAME)
    # The same SOP Instance UID arrives under the stored patient meanwhile.
    ward.arrive(File(study="2.25.6", instance=OTHER_NAME.instance))
    (ann,) = ward.patients()
    decision = Decision(K.MERGE, ward.waiting()[0], ann.id)
    effects = ward.conflicts.preview(ward.administrator, decision).effects
    assert (effects.filed, effects.still_waiting) == (0, 1)
    before = ward.seen()
    change = ward.decide(decision)
    view = ward.conflicts.conflict(ward.administrator, only_conflict(ward))
    assert view.kind == "instance"
    ward.undo(change)
    assert ward.seen() == before
    assert len(ward.waiting()) == 1


def test_two_stored_patients_are_merged_and_parted_again(ward: Ward) -> None:
    ward.arrive(ANN, File(patient_id="2", study="2.25.2", instance="2.25.2.1"))
    one, two = ward.patients()
    before = ward.seen()
    change = ward.decide(Decision(K.MERGE_PATIENTS, patient_key=one.id, other_patient_key=two.id))
    assert [patient.id for patient in ward.patients()] == [one.id]
    assert ward.arrive(File(patient_id="2", study="2.25.3", instance="2.25.3.1"))[0].kind is (
        O.STORED
    )
    assert len(ward.patients()) == 1
    ward.undo(change)
    shown, _, _ = ward.seen()
    assert [row[0] for row in shown] == ["1", "2", "2"]
    assert [row for row in shown if row[8] != "2.25.3"] == before[0]


def test_a_patient_is_split_and_made_one_again(ward: Ward) -> None:
    ward.arrive(ANN, File(study="2.25.2", instance="2.25.2.1"))
    (ann,) = ward.patients()
    before = ward.seen()
    values = PatientValues("1", "", "Doe^Anna", "19510101")
    change = ward.decide(
        Decision(K.SPLIT, patient_key=ann.id, values=values, study_instance_uids=("2.25.2",))
    )
    assert [(one.patient_name, one.qualifier) for one in ward.patients()] == [
        ("Doe^Ann", ""),
        ("Doe^Anna", "2"),
    ]
    assert ward.arrive(File(study="2.25.2", instance="2.25.2.2"))[0].kind is O.STORED
    with pytest.raises(Malformed, match="At least one"):
        ward.decide(Decision(K.SPLIT, patient_key=ann.id, study_instance_uids=("2.25.1",)))
    ward.undo(change)
    assert len(ward.patients()) == 1
    assert ward.seen()[0][0] == before[0][0]


def test_a_correction_of_a_patient_is_shown_found_named_and_undone(ward: Ward) -> None:
    ward.arrive(ANN)
    (ann,) = ward.patients()
    before = ward.seen()
    values = PatientValues("1", "", "Döe^Ann", "19500102", "F")
    decision = Decision(K.CORRECT_PATIENT, patient_key=ann.id, values=values)
    effects = ward.conflicts.preview(ward.administrator, decision).effects
    assert effects.value_changes == (
        ValueChange("patient_name", "Doe^Ann", "Döe^Ann"),
        ValueChange("patient_birth_date", "19500101", "19500102"),
        ValueChange("patient_sex", "", "F"),
    )
    change = ward.decide(decision)
    (corrected,) = ward.patients()
    assert (corrected.patient_birth_date, corrected.is_corrected) == ("19500102", True)
    assert ward.arrive(File(study="2.25.2", instance="2.25.2.1"))[0].kind is O.STORED
    ward.undo(change)
    assert ward.seen()[0][0] == before[0][0]


def test_a_file_that_says_what_is_shown_of_a_corrected_patient_is_theirs(ward: Ward) -> None:
    ward.arrive(ANN)
    (ann,) = ward.patients()
    values = PatientValues("1", "", "Doe^Anna", "19510101", "F")
    ward.decide(Decision(K.CORRECT_PATIENT, patient_key=ann.id, values=values))
    attached = File(name="Doe^Anna", born="19510101", instance="2.25.1.1.9")
    assert ward.arrive(attached)[0].kind is O.STORED
    assert len(ward.patients()) == 1


def test_a_file_whose_study_was_deleted_can_come_again(ward: Ward) -> None:
    ward.decide(Decision(K.KEEP_APART, a_conflict_of_patients(ward)))
    with ward.hospital.services.database.write(ward.administrator.organization_id) as session:
        study = session.exec(select(Study).where(Study.study_instance_uid == "2.25.2")).one()
        delete_study(session, study)
    (again,) = ward.arrive(OTHER_NAME)
    assert again.kind is O.CONFLICT
    assert "already" not in again.reason


def test_a_correction_to_an_id_that_is_taken_gets_a_number_and_loses_it_again(ward: Ward) -> None:
    ward.arrive(ANN, File(patient_id="2", study="2.25.2", instance="2.25.2.1"))
    two = next(one for one in ward.patients() if one.patient_id == "2")
    before = ward.seen()
    values = PatientValues("1", "", "Doe^Ann", "19500101")
    decision = Decision(K.CORRECT_PATIENT, patient_key=two.id, values=values)
    assert ward.conflicts.preview(ward.administrator, decision).effects.qualifier == "2"
    change = ward.decide(decision)
    assert sorted((one.patient_id, one.qualifier) for one in ward.patients()) == [
        ("1", ""),
        ("1", "2"),
    ]
    ward.undo(change)
    assert ward.seen() == before


def test_a_number_that_was_given_away_meanwhile_is_not_given_twice(ward: Ward) -> None:
    ward.decide(Decision(K.KEEP_APART, a_conflict_of_patients(ward)))
    bea = next(one for one in ward.patients() if one.patient_name == "Roe^Bea")
    values = PatientValues("7", "", "Roe^Bea", "19500101")
    change = ward.decide(Decision(K.CORRECT_PATIENT, patient_key=bea.id, values=values))
    ward.arrive(File(name="Poe^Cleo", study="2.25.4", instance="2.25.4.1"))
    ward.decide(Decision(K.KEEP_APART, only_conflict(ward)))
    ward.undo(change)
    shown = sorted((one.patient_name, one.qualifier) for one in ward.patients())
    assert shown == [("Doe^Ann", ""), ("Poe^Cleo", "2"), ("Roe^Bea", "3")]


def test_a_preview_changes_nothing(ward: Ward) -> None:
    key = a_conflict_of_patients(ward)
    before = ward.seen()
    for kind in (K.KEEP_APART, K.DISCARD):
        ward.conflicts.preview(ward.administrator, Decision(kind, key, reason="why"))
    assert ward.seen() == before
    assert ward.waiting() == [key]


def test_what_was_not_previewed_is_not_done(ward: Ward) -> None:
    key = a_conflict_of_patients(ward)
    decision = Decision(K.KEEP_APART, key)
    preview = ward.conflicts.preview(ward.administrator, decision)
    ward.arrive(OTHER_STUDY_OF_ROE)
    with pytest.raises(Refusal, match="preview"):
        ward.conflicts.resolve(ward.administrator, decision, preview.fingerprint)
    assert names(ward) == ["Doe^Ann"]


def test_undoing_puts_later_arrivals_where_they_would_have_gone(ward: Ward) -> None:
    key = a_conflict_of_patients(ward)
    change = ward.decide(Decision(K.KEEP_APART, key))
    ward.arrive(OTHER_STUDY_OF_ROE)
    ward.undo(change)
    assert names(ward) == ["Doe^Ann"]
    assert ward.waiting() == [key]
    view = ward.conflicts.conflict(ward.administrator, key)
    assert view.instance_count == 2
    assert len(ward.readable()) == 3


def test_a_decision_that_a_later_one_rests_on_is_undone_after_it(ward: Ward) -> None:
    first = ward.decide(Decision(K.KEEP_APART, a_conflict_of_patients(ward)))
    one, two = ward.patients()
    second = ward.decide(Decision(K.MERGE_PATIENTS, patient_key=one.id, other_patient_key=two.id))
    with pytest.raises(Refusal, match="Undo that first"):
        ward.undo(first)
    ward.undo(second)
    ward.undo(first)
    assert names(ward) == ["Doe^Ann"]
    with pytest.raises(Refusal, match="undone already"):
        ward.undo(first)


def test_a_study_with_a_report_is_not_taken_away_by_an_undo(ward: Ward) -> None:
    change = ward.decide(Decision(K.KEEP_APART, a_conflict_of_patients(ward)))
    ward.report("2.25.2")
    before = ward.seen()
    with pytest.raises(Refusal, match="Move the study to the right patient"):
        ward.undo(change)
    assert ward.seen() == before


def test_the_history_says_who_when_why_and_what(ward: Ward) -> None:
    change = ward.decide(Decision(K.DISCARD, a_conflict_of_patients(ward), reason="Test image"))
    ward.undo(change)
    (row,) = ward.conflicts.page(ward.administrator).changes
    assert (row.kind, row.made_by, row.reason) == ("discard", "Anna Demo", "Test image")
    assert row.effects.discarded == 1
    assert row.undone_by == "Anna Demo"
    assert row.undone_at


@pytest.mark.parametrize("who", ["radiologist", "technologist", "clinician"])
def test_nobody_but_an_administrator_sees_or_decides(ward: Ward, who: str) -> None:
    key = a_conflict_of_patients(ward)
    caller = ward.hospital.sign_in(f"{who}@demo.example").caller
    decision = Decision(K.KEEP_APART, key)
    for attempt in (
        lambda: ward.conflicts.page(caller),
        lambda: ward.conflicts.conflict(caller, key),
        lambda: ward.conflicts.patients(caller, "doe"),
        lambda: ward.conflicts.preview(caller, decision),
        lambda: ward.conflicts.resolve(caller, decision, ""),
        lambda: ward.conflicts.undo(caller, "any"),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_another_organization_does_not_know_of_it(ward: Ward) -> None:
    key = a_conflict_of_patients(ward)
    stranger = replace(ward.administrator, organization_id="another")
    assert ward.conflicts.page(stranger).waiting == ()
    with pytest.raises(NotFound):
        ward.conflicts.preview(stranger, Decision(K.KEEP_APART, key))


SENSELESS = (
    PatientValues("", "", ""),
    PatientValues("x" * 65, "", "Doe"),
    PatientValues("1", "", "Doe\\Ann"),
    PatientValues("1", "", "Doe", "19501301"),
    PatientValues("1", "", "Doe", "1950-01-01"),
    PatientValues("1", "", "Doe", "", "X"),
)


def test_senseless_values_are_refused(ward: Ward) -> None:
    key = a_conflict_of_patients(ward)
    for values in SENSELESS:
        with pytest.raises(Malformed):
            ward.conflicts.preview(ward.administrator, Decision(K.CORRECT, key, values=values))


@settings(max_examples=count(2, 300))
@given(seed=st.integers(0, 2**32))
@example(seed=21)  # plays a merge that once took from another patient what names them
def test_no_sequence_of_arrivals_decisions_and_undos_loses_a_file_or_shows_it_twice(
    shared_ward: Ward, seed: int
) -> None:
    shared_ward.clear()
    play(shared_ward, seed, steps=12)


def test_nothing_is_missed_of_a_deleted_study_that_came_through_a_conflict(
    ward: Ward,
) -> None:
    ward.decide(Decision(K.KEEP_APART, a_conflict_of_patients(ward)))
    services = ward.hospital.services
    services.deletions.delete(ward.administrator, OTHER_NAME.study, "Sent by mistake")
    # Only what is stored is looked for.
    assert services.integrity.check_all().objects == 1
    # The patient went with the study, so it is asked again whose it is.
    assert ward.arrive(OTHER_NAME)[0].kind is O.CONFLICT
    assert services.integrity.check_all().objects == 2
