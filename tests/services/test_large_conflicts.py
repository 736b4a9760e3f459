"""Conflicts of many files: asked for in parts, looked at briefly, and previewed without their rows."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, inspect
from sqlmodel import select

from backend.core.vocabulary import HeldState, PatientChangeKind
from backend.models import conflicts, ingest, parts, patients, stored_files
from backend.models.studies import Study
from backend.schemas.conflicts import Decision, PatientValues
from backend.services import patient_changes
from tests.services.conflict_model import File, Ward
from tests.viewing_hospital import Hospital

K = PatientChangeKind
MANY = [
    File(name="Roe^Bea", study=f"2.25.{2 + n % 3}", instance=f"2.25.{2 + n % 3}.1.{n}")
    for n in range(7)
]


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    hospital = Hospital(tmp_path / "data")
    made = Ward(hospital)
    made.arrive(File(), *MANY)
    yield made
    hospital.close()


def test_more_keys_than_a_statement_takes_find_the_same(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = ward.waiting()
    ward.decide(Decision(K.KEEP_APART, key))

    def found() -> list[object]:
        with ward.hospital.services.database.read(ward.administrator.organization_id) as session:
            held = conflicts.held_in(session, key, HeldState.FILED)
            uids = [one.sop_instance_uid for one in held]
            studies = {one.study_instance_uid for one in held}
            series = {one.series_instance_uid for one in held}
            return [
                [one.id for one in patients.claims_for(session, {"1", "2", "3", ""}, studies)],
                [one.id for one in conflicts.held_by_key(session, [one.id for one in held])],
                sorted(stored_files.studies_by_uids(session, studies)),
                sorted(stored_files.homes_of_series(session, series)),
                sorted(ingest.checksums_by_uid(session, uids).items()),
                sorted(ingest.series_by_study_and_uid(session, series)),
            ]

    whole = found()
    assert [len(each) for each in whole] == [2, 7, 3, 3, 7, 3]
    monkeypatch.setattr(parts, "MOST_AT_ONCE", 2)
    assert found() == whole
    assert list(parts.in_parts("abcab")) == [["a", "b"], ["c"]]
    assert list(parts.in_parts("")) == []


def test_a_look_at_a_conflict_reads_little_of_each_file(ward: Ward) -> None:
    (key,) = ward.waiting()
    with ward.hospital.services.database.read(ward.administrator.organization_id) as session:
        held = conflicts.held_briefly(session, key, HeldState.WAITING)
        assert all("parsed" in inspect(one).unloaded for one in held)
        assert held[0].parsed
        assert conflicts.held_in(session, key, HeldState.WAITING) == held
        assert all("parsed" not in inspect(one).unloaded for one in held)


def test_a_preview_writes_no_rows_of_files_and_says_what_the_decision_does(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    (key,) = ward.waiting()
    decision = Decision(K.KEEP_APART, key)
    filed: list[int] = []
    real = patient_changes.file_instances

    def file_instances(*given):
        filed.append(len(given[2]))
        return real(*given)

    monkeypatch.setattr(patient_changes, "file_instances", file_instances)
    preview = ward.conflicts.preview(ward.administrator, decision)
    assert filed == []
    assert (preview.effects.filed, preview.effects.filed_studies) == (7, 3)
    ward.conflicts.resolve(ward.administrator, decision, preview.fingerprint)
    assert filed == [7]


@pytest.mark.parametrize("kind", [K.KEEP_APART, K.MERGE, K.CORRECT, K.DISCARD])
def test_a_preview_waits_for_nobody_who_writes(ward: Ward, kind: PatientChangeKind) -> None:
    (key,) = ward.waiting()
    (ann,) = ward.patients()
    values = PatientValues("1", "", "Roe^Bea", "19500101", "F")
    decision = Decision(kind, key, ann.id, values=values, reason="why")
    before = ward.seen()
    with ward.hospital.services.database.write(ward.administrator.organization_id):
        preview = ward.conflicts.preview(ward.administrator, decision)
    assert ward.seen() == before
    assert preview.effects.filed + preview.effects.discarded == 7
    ward.conflicts.resolve(ward.administrator, decision, preview.fingerprint)


def test_undoing_takes_no_more_statements_for_more_files(ward: Ward) -> None:
    (key,) = ward.waiting()

    def statements_of_undoing() -> int:
        change = ward.decide(Decision(K.KEEP_APART, key))
        asked: list[str] = []

        def ask(_connection, _cursor, statement, *_rest):
            asked.append(statement)

        event.listen(Engine, "before_cursor_execute", ask)
        try:
            ward.undo(change)
        finally:
            event.remove(Engine, "before_cursor_execute", ask)
        return len(asked)

    of_seven = statements_of_undoing()
    before = ward.seen()
    ward.arrive(
        *(
            File(name="Roe^Bea", study=f"2.25.{2 + n % 3}", instance=f"2.25.{2 + n % 3}.2.{n}")
            for n in range(40)
        )
    )
    assert ward.waiting() == [key]
    # Forty more files; the words of studies and the audit trail take some statements more or fewer.
    assert statements_of_undoing() < of_seven + 20
    shown, held, claims = ward.seen()
    assert (shown, claims) == (before[0], before[2])
    assert len(held) == 47


def test_a_correction_of_a_patient_shows_in_lists_that_are_open(ward: Ward) -> None:
    (key,) = ward.waiting()
    ward.decide(Decision(K.KEEP_APART, key))
    (bea,) = [one for one in ward.patients() if one.patient_name == "Roe^Bea"]

    def moments() -> dict[str, datetime]:
        with ward.hospital.services.database.read(ward.administrator.organization_id) as session:
            rows = session.exec(select(Study)).all()
            return {one.study_instance_uid: one.updated_at for one in rows}

    before = moments()
    values = PatientValues("1", "", "Roe^Beatrice", "19500101", "F")
    change = ward.decide(Decision(K.CORRECT_PATIENT, patient_key=bea.id, values=values))
    corrected = moments()
    assert {uid for uid in before if corrected[uid] > before[uid]} == {"2.25.2", "2.25.3", "2.25.4"}
    ward.undo(change)
    undone = moments()
    assert {uid for uid in before if undone[uid] > corrected[uid]} == {
        "2.25.2",
        "2.25.3",
        "2.25.4",
    }
