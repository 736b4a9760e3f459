"""The page about conflicts in words: every choice and every effect has a sentence, and what is entered becomes a decision."""

import asyncio
from dataclasses import replace

import pytest

from backend.core.errors import ConflictResolved, Refusal
from backend.core.vocabulary import ConflictKind, PatientChangeKind
from backend.schemas.conflicts import (
    ChangeRow,
    ClaimChange,
    ConflictView,
    Decision,
    Effects,
    Erasure,
    PatientFacts,
    PatientValues,
    StudyFacts,
    ValueChange,
)
from backend.services.patient_decisions import CHOICES
from pacscribe_ui.state import base
from pacscribe_ui.state import conflict_lines as lines
from pacscribe_ui.state.base import warn
from pacscribe_ui.state.conflicts import ConflictsState
from pacscribe_ui.text import Conflicts
from tests.viewing_hospital import Hospital, ct_slice

STORED = PatientValues("1", "", "Doe^Ann^M=山田", "19500101", "F")
CAME = PatientValues("1", "", "Doe^Anna", "19500102", "F")
STUDY = StudyFacts("2.25.1", "2026-01-02", "Head", ("CT",), 3)
FACTS = PatientFacts("p", STORED, "2", "Doe, Ann M", "1950-01-01", False, (STUDY,), 3, ())
VIEW = ConflictView(
    conflict_key="c",
    kind="patient",
    status="waiting",
    arrived_at="2026-01-02T03:04:05+00:00",
    came=CAME,
    came_shown_name="Doe, Anna",
    came_shown_birth_date="1950-01-02",
    came_studies=(STUDY,),
    instance_count=3,
    stored=(FACTS,),
    choices=("merge", "keep-apart", "correct", "discard"),
    source_names=(),
)


@pytest.mark.parametrize("kind", ConflictKind)
def test_every_conflict_and_every_choice_has_words(kind):
    assert Conflicts.KINDS[kind]
    assert Conflicts.MEANINGS[kind]
    assert set(Conflicts.CHOICES[kind]) == set(CHOICES[kind])


@pytest.mark.parametrize("kind", PatientChangeKind)
def test_every_decision_has_words(kind):
    assert Conflicts.DECISIONS[kind]
    assert Conflicts.DO[kind]


def test_values_that_differ_are_marked_and_no_others():
    entered = lines.entered_for(VIEW)
    marked = [line.name for line in lines.field_lines(VIEW, entered) if line.differs]
    assert marked == ["patient_name", "patient_birth_date"]


def test_merging_takes_the_stored_values_but_those_that_were_chosen():
    entered = replace(lines.entered_for(VIEW), choice="merge", came_fields=("patient_birth_date",))
    decision = lines.resolution(VIEW, entered)
    assert decision is not None
    assert decision.values == replace(STORED, patient_birth_date="19500102")


def test_a_name_that_is_not_touched_keeps_every_group():
    entered = replace(lines.with_values(lines.Entered(), STORED), choice="correct-patient")
    decision = lines.correction(FACTS, entered)
    assert decision is not None
    assert decision.values == STORED


def test_separators_of_names_cannot_be_typed_in():
    entered = replace(lines.entered_for(VIEW), choice="correct", family="A^B=C")
    decision = lines.resolution(VIEW, entered)
    assert decision is not None
    assert decision.values is not None
    assert decision.values.patient_name == "A B C^Anna"


def test_nothing_is_decided_while_nothing_is_chosen():
    assert lines.resolution(VIEW, lines.entered_for(VIEW)) is None
    assert lines.correction(FACTS, lines.Entered()) is None
    assert lines.correction(FACTS, lines.Entered(choice="split")) is None
    assert lines.correction(FACTS, lines.Entered(choice="merge-patients")) is None


def test_what_is_no_field_of_the_form_changes_nothing():
    entered = lines.Entered()
    assert lines.changed(entered, "rest", "x") == entered
    assert lines.changed(entered, "__class__", "x") == entered
    assert lines.changed(entered, "born", "1950-01-01").born == "1950-01-01"


def test_every_effect_is_a_sentence():
    effects = Effects(
        patient="Doe^Ann",
        is_new_patient=True,
        qualifier="2",
        filed=3,
        filed_studies=1,
        known=1,
        moved_studies=2,
        moved_images=5,
        discarded=1,
        replaced=1,
        still_waiting=1,
        value_changes=(ValueChange("patient_birth_date", "", "19500101"),),
        claims=(
            ClaimChange("1", "Roe^Bea", "19500101", is_everywhere=True),
            ClaimChange("1", "Roe^Bea", "", is_everywhere=False),
            ClaimChange("", "Roe^Bea", "", is_everywhere=False, before="Poe^Cleo"),
        ),
    )
    said = lines.effect_lines(effects)
    assert len(said) == 11
    assert said[-3:] == (
        "Images that come later and say Roe, Bea, ID 1, born 1950-01-01 belong to Doe, Ann.",
        "Images that come later in the same studies and say Roe, Bea, ID 1, no birth date belong to Doe, Ann.",
        "Images that come later in the same studies and say Roe, Bea, no ID, no birth date belong to Doe, Ann,"
        " no longer to Poe, Cleo.",
    )
    assert "3 images in 1 study: filed under Doe, Ann." in said
    assert any("shown as 1950-01-01 instead of none" in line for line in said)
    (numbered,) = lines.effect_lines(Effects(patient="Doe^Ann", qualifier="2"))
    assert numbered.startswith("Doe, Ann gets the number 2 after the ID")
    assert lines.effect_lines(Effects()) == (Conflicts.UNCHANGED,)


def test_files_are_named_as_their_sender_called_them():
    assert lines.source_line(VIEW) == ""
    assert lines.source_line(replace(VIEW, source_names=("a", "b"))) == "Files: a, b and more"
    assert lines.source_line(replace(VIEW, source_names=("a", "b", "c"))) == "Files: a, b, c"


def test_other_ways_of_writing_a_name_are_said():
    line = lines.patient_line(replace(FACTS, other_names=("Doe, Anna", "Doe, A")))
    assert line.facts.endswith("also written Doe, Anna; Doe, A")


ROW = ChangeRow(
    change_key="k",
    kind="discard",
    made_at="2026-01-02T03:04:05+00:00",
    made_by="Ada",
    reason="",
    effects=Effects(discarded=3),
    undone_at="",
    undone_by="",
    kept_files=3,
    kept_bytes=6_000_000,
    can_be_undone=True,
)


def test_what_is_kept_of_a_decision_is_told_with_its_size_and_can_be_deleted():
    line = lines.change_line(ROW)
    assert line.kept == "Kept sealed: 3 images, 6.0 MB."
    assert line.undo_label
    assert line.erase_label == "Delete for good: Discarded what came"
    said = lines.erasure_line(Erasure("k", 3, 6_000_000)).meaning
    assert said.startswith("3 images, 6.0 MB, are gone for ever.")


def test_a_decision_whose_files_are_gone_says_so_and_cannot_be_undone():
    line = lines.change_line(replace(ROW, kept_files=0, kept_bytes=0, can_be_undone=False))
    assert (line.kept, line.undo_label, line.erase_label) == (Conflicts.ERASED, "", "")


def test_a_decision_that_put_nothing_away_says_nothing_of_that():
    plain = replace(ROW, kind="merge", effects=Effects(filed=3), kept_files=0, kept_bytes=0)
    assert lines.change_line(plain).kept == ""
    undone = replace(plain, undone_at="2026-01-02T03:04:05+00:00", can_be_undone=False)
    assert lines.change_line(undone).kept == ""


def test_who_acts_on_what_somebody_else_has_resolved_is_told_so_and_sees_the_list_as_it_is(
    hospital: Hospital,
):
    person = hospital.sign_in("admin@demo.example")
    base.remember_caller(person.caller, person.cookie)
    hospital.take_in(ct_slice(90.0, 90, PatientName="Another^Name"))
    conflicts = hospital.services.conflicts
    (waiting,) = conflicts.page(person.caller).waiting
    page = ConflictsState(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex makes one
    resolved = warn(ConflictResolved.default_sentence)

    def is_back(events: object) -> bool:
        assert isinstance(events, list)
        told = any(same_event(each, resolved) for each in events)
        return told and (page.conflict_key, page.waiting, page.waiting_total) == ("", (), 0)

    async def act() -> None:
        await page._show(waiting.conflict_key, 1)
        assert page.conflict_key == waiting.conflict_key
        decision = Decision(PatientChangeKind.DISCARD, waiting.conflict_key, reason="No.")
        fingerprint = conflicts.preview(person.caller, decision).fingerprint
        change = conflicts.resolve(person.caller, decision, fingerprint)

        page._hear(conflicts.page(person.caller))
        assert page.has_news
        assert len(page.waiting) == 1  # no row moves by itself
        assert is_back(await ConflictsState.enter.fn(page, "choice", "discard"))
        assert not page.has_news
        assert is_back(await page._show(waiting.conflict_key, 1))

        assert not page.history[0].undone
        conflicts.undo(person.caller, change)
        with pytest.raises(Refusal, match="undone already"):
            await ConflictsState.undo.fn(page, change)
        assert page.history[0].undone
        assert len(page.waiting) == 1

    asyncio.run(act())


def same_event(found: object, wanted: object) -> bool:
    return repr(getattr(found, "args", None)) == repr(getattr(wanted, "args", ""))
