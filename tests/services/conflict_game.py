"""Arrivals, decisions and undos in any order, played against a ward; after each, every file is in exactly one place."""

import random

from backend.core.errors import Malformed, Refusal
from backend.core.vocabulary import IngestOutcomeKind, PatientChangeKind
from backend.schemas.conflicts import Decision, PatientValues
from tests.services.conflict_model import File, Ward

K = PatientChangeKind


def some_file(pick: random.Random) -> File:
    study = pick.choice(["1", "2", "3"])
    return File(
        patient_id=pick.choice(["1", "1", "2", ""]),
        name=pick.choice(["Doe^Ann", "DOE^ANN^M", "Roe^Bea", ""]),
        born=pick.choice(["19500101", "19500101", "19600101", ""]),
        study=f"2.25.{study}",
        series=pick.choice(["", "", "", "2.25.99"]),
        instance=f"2.25.{study}.1.{pick.randint(1, 4)}",
        variant=pick.choice(["", "", "", "b"]),
    )


def some_decision(ward: Ward, pick: random.Random) -> Decision:
    patients = ward.patients()
    values = PatientValues(
        pick.choice(["1", "2", "3"]), "", pick.choice(["Doe^Ann", "Poe^Cleo"]), "19500101"
    )
    waiting = ward.waiting()
    if waiting and pick.random() < 0.7:
        view = ward.conflicts.conflict(ward.administrator, pick.choice(waiting))
        stored = pick.choice(view.stored).patient_key if view.stored else ""
        kind = PatientChangeKind(pick.choice(view.choices))
        chosen = values if kind is K.CORRECT or pick.random() < 0.3 else None
        return Decision(kind, view.conflict_key, stored, values=chosen, reason="because")
    if not patients:
        raise Malformed
    one, two = pick.choice(patients), pick.choice(patients)
    kind = pick.choice([K.MERGE_PATIENTS, K.SPLIT, K.CORRECT_PATIENT])
    study = f"2.25.{pick.randint(1, 3)}"
    return Decision(
        kind,
        patient_key=one.id,
        other_patient_key=two.id,
        values=values,
        study_instance_uids=(study,),
    )


def play(ward: Ward, seed: int, steps: int) -> None:
    """Arrivals, decisions and undos in any order; after each, every file is in exactly one place."""
    pick = random.Random(seed)
    kept: dict[bytes, File] = {}
    changes: list[str] = []
    for _ in range(steps):
        what = pick.random()
        try:
            if what < 0.5:
                file = some_file(pick)
                (outcome,) = ward.arrive(file)
                assert outcome.kind is not IngestOutcomeKind.REFUSED or file.octets() in kept
                kept[file.octets()] = file
            elif what < 0.6:
                ward.read(
                    f"2.25.{pick.randint(1, 3)}",
                    priority=pick.choice(["routine", "urgent", "stat"]),
                    reading_status=pick.choice(["unread", "reading"]),
                    tags=pick.choice(["", "\\teaching\\"]),
                )
            elif what < 0.85 or not changes:
                before = ward.seen()
                changes.append(ward.decide(some_decision(ward, pick)))
                if pick.random() < 0.5:
                    ward.undo(changes.pop())
                    assert ward.seen() == before
            else:
                ward.undo(changes[-1])
                changes.pop()
        except Refusal:
            pass
        places = ward.places()
        assert all(len(where) == 1 for where in places.values()), places
        assert len(places) == len(kept)
    assert set(ward.readable().values()) == set(kept)
    for change in reversed(changes):
        ward.undo(change)
    assert len(ward.places()) == len(kept)
