"""Whose files are that come after a decision: claims stay with whom they are, unless a decision says otherwise."""

from backend.core.vocabulary import IngestOutcomeKind, PatientChangeKind
from backend.models.studies import Patient
from backend.schemas.conflicts import ClaimChange, Decision, PatientValues
from tests.services.conflict_model import File, Ward, only_conflict

K = PatientChangeKind
O = IngestOutcomeKind  # noqa: E741 - outcome

ANN = File()
BEA = File(name="Roe^Bea", study="2.25.2", instance="2.25.2.1.1")
BEA_LATE = File(name="Roe^Bea", study="2.25.8", instance="2.25.8.1.1")


def ann_and_bea_share_an_id(ward: Ward) -> None:
    ward.arrive(ANN, BEA)
    ward.decide(Decision(K.KEEP_APART, only_conflict(ward)))


def new_study(number: int, **said: str) -> File:
    return File(study=f"2.25.{number}", instance=f"2.25.{number}.1.1", **said)


def named(ward: Ward, name: str) -> Patient:
    return next(one for one in ward.patients() if one.patient_name == name)


def owner(ward: Ward, study: str) -> str:
    return ward.owners()[study]


def test_one_misfiled_image_leaves_the_patient_whom_it_names_alone(ward: Ward) -> None:
    ann_and_bea_share_an_id(ward)
    ward.arrive(new_study(3))
    (misfiled,) = ward.arrive(File(study=BEA.study, instance="2.25.2.1.2"))
    assert misfiled.kind is O.CONFLICT
    view = ward.conflicts.conflict(ward.administrator, only_conflict(ward))
    bea = next(one.patient_key for one in view.stored if one.shown_name == "Roe, Bea")
    decision = Decision(K.MERGE, view.conflict_key, bea)
    effects = ward.conflicts.preview(ward.administrator, decision).effects
    assert effects.claims == (ClaimChange("1", "Doe^Ann", "19500101", is_everywhere=False),)
    ward.decide(decision)
    assert ward.arrive(File(study=BEA.study, instance="2.25.2.1.3"))[0].kind is O.STORED
    outcomes = ward.arrive(new_study(4), File(study="2.25.3", instance="2.25.3.1.2"))
    assert [one.kind for one in outcomes] == [O.STORED, O.STORED]
    assert (owner(ward, "2.25.4"), owner(ward, "2.25.3")) == ("Doe^Ann", "Doe^Ann")


def test_what_agrees_with_claims_of_two_patients_is_neither_ones_without_asking(
    ward: Ward,
) -> None:
    ward.arrive(ANN, new_study(2, name="Doe^Ann^M"))
    ward.arrive(new_study(3, name="Roe^Bea"))
    ward.decide(Decision(K.KEEP_APART, only_conflict(ward)))
    bea = named(ward, "Roe^Bea")
    # As it may stand where single claims were once moved.
    ward.give_claim("Doe^Ann^M", bea.id)
    (asked,) = ward.arrive(new_study(4, name="Doe^Ann^Maria"))
    assert asked.kind is O.CONFLICT
    assert ward.arrive(new_study(5))[0].kind is O.STORED
    assert owner(ward, "2.25.5") == "Doe^Ann"


def test_what_waits_and_was_claimed_meanwhile_is_merged_in_its_own_studies_only(
    ward: Ward,
) -> None:
    ward.arrive(ANN, BEA, new_study(9, patient_id="2", name="Poe^Cleo"))
    ward.decide(
        Decision(
            K.CORRECT,
            _conflict_from(ward, new_study(8, patient_id="2", name="Roe^Be")),
            values=PatientValues("1", "", "Roe^Bea", "19500101"),
        )
    )
    ann = named(ward, "Doe^Ann")
    ward.decide(Decision(K.MERGE, only_conflict(ward), ann.id))
    assert owner(ward, BEA.study) == "Doe^Ann"
    assert ward.arrive(new_study(4, name="Roe^Bea"))[0].kind is O.STORED
    assert owner(ward, "2.25.4") == "Roe^Bea"


def test_a_study_given_to_whom_its_file_names_finds_the_patient_known_in_other_ways(
    ward: Ward,
) -> None:
    ward.arrive(ANN, new_study(2, patient_id="2", name="Roe^Bea"))
    ward.arrive(File(name="Doe^Ann^M", study="2.25.2", instance="2.25.2.1.2"))
    ward.decide(Decision(K.KEEP_APART, only_conflict(ward)))
    assert owner(ward, "2.25.2") == "Doe^Ann"
    assert len(ward.patients()) == 1


def test_a_correction_to_a_patient_who_is_written_just_so_finds_that_one(ward: Ward) -> None:
    ward.arrive(new_study(1, name="Doe^Ann^Maria"))
    for number, name in ((2, "Doe^Ann^Kim"), (3, "Doe^Ann")):
        key = _conflict_from(ward, new_study(number, name=name))
        ward.decide(Decision(K.KEEP_APART, key))
    # `Doe^Ann` alone agrees with each of the three.
    key = _conflict_from(ward, new_study(4, name="Doe^Bo"))
    values = PatientValues("1", "", "Doe^Ann", "19500101")
    ward.decide(Decision(K.CORRECT, key, values=values))
    assert len(ward.patients()) == 3
    assert owner(ward, "2.25.4") == "Doe^Ann"


def _conflict_from(ward: Ward, file: File) -> str:
    before = set(ward.waiting())
    (outcome,) = ward.arrive(file)
    assert outcome.kind is O.CONFLICT
    (key,) = set(ward.waiting()) - before
    return key


def test_an_undo_leaves_an_earlier_decision_about_the_same_names_alone(ward: Ward) -> None:
    ward.arrive(ANN, new_study(2, name="Doe^Ann^M"), new_study(3, patient_id="2", name="Poe^Cleo"))
    ann, cleo = named(ward, "Doe^Ann"), named(ward, "Poe^Cleo")
    ward.arrive(BEA_LATE)
    ward.decide(Decision(K.KEEP_APART, only_conflict(ward)))
    bea = named(ward, "Roe^Bea")
    # As it may stand where single claims were once moved.
    ward.give_claim("Doe^Ann^M", bea.id)
    before = ward.seen()
    merging = Decision(K.MERGE_PATIENTS, patient_key=cleo.id, other_patient_key=ann.id)
    ward.undo(ward.decide(merging))
    assert ward.seen() == before


def test_what_was_learned_meanwhile_is_learned_again_for_whom_it_agrees_with(ward: Ward) -> None:
    ward.arrive(ANN, new_study(3, patient_id="2", name="Poe^Cleo"))
    ann, cleo = named(ward, "Doe^Ann"), named(ward, "Poe^Cleo")
    merging = Decision(K.MERGE_PATIENTS, patient_key=cleo.id, other_patient_key=ann.id)
    change = ward.decide(merging)
    ward.arrive(new_study(4, name="Doe^Ann^Maria"), File(name="Doe^Ann^Maria", instance="2.25.1.9"))
    assert owner(ward, "2.25.4") == "Poe^Cleo"
    ward.undo(change)
    assert (owner(ward, "2.25.4"), owner(ward, "2.25.1")) == ("Doe^Ann", "Doe^Ann")
    assert ward.waiting() == []
    # It is known again, so that another middle name is asked about.
    assert ward.arrive(new_study(5, name="Doe^Ann^Kim"))[0].kind is O.CONFLICT
