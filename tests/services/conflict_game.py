"""Arrivals, decisions and undos in any order, played against a ward; after each, every file is in exactly one place."""

import random

from backend.core.errors import Malformed, Refusal
from backend.core.vocabulary import IngestOutcomeKind, PatientChangeKind
from backend.schemas.conflicts import Decision, PatientValues
from tests.services.conflict_model import File, Ward

K = PatientChangeKind


SHARING = ["Doe^Ann", "Roe^Bea", "Poe^Cleo"]
NAMES = [*SHARING, "DOE^ANN^M", "Doe^Ann^Maria", ""]


def some_file(pick: random.Random) -> File:
    study = pick.choice(["1", "2", "3"])
    return File(
        patient_id=pick.choice(["1"] * 6 + ["2", ""]),
        name=pick.choice([*NAMES, *SHARING, *SHARING]),
        born=pick.choice(["19500101"] * 4 + ["19600101", ""]),
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
        view = ward.conflicts.conflict(ward.administrator, pick.choice([waiting[-1], *waiting]))
        stored = pick.choice([view.stored[0], *view.stored]).patient_key if view.stored else ""
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


def require_still_owned(decision: Decision, before: dict[str, str], after: dict[str, str]) -> None:
    """Nobody loses a way of being named to another, but whole to the one that a patient is merged with."""
    merged = decision.kind is K.MERGE_PATIENTS
    for identity, owner in before.items():
        is_moved = merged and owner == decision.other_patient_key
        assert after[identity] == (decision.patient_key if is_moved else owner)


def arrive_where_claimed(ward: Ward, pick: random.Random, kept: dict[bytes, File]) -> None:
    """A new study goes to the one patient whom the claims name, and waits where they name two."""
    number = 1000 + len(kept)
    file = File(
        name=pick.choice(NAMES),
        born=pick.choice(["19500101", "19600101"]),
        study=f"2.25.{number}",
        instance=f"2.25.{number}.1.1",
    )
    expected = ward.rightful(file)
    (outcome,) = ward.arrive(file)
    kept[file.octets()] = file
    if expected is not None and len(expected) == 1:
        assert ward.patient_of(file.study) in expected
    else:
        kind = IngestOutcomeKind.STORED if expected is None else IngestOutcomeKind.CONFLICT
        assert outcome.kind is kind


def share_an_id(ward: Ward, kept: dict[bytes, File]) -> list[str]:
    """Three people who have been given the same Patient ID, each with a study; the decisions that it took."""
    changes: list[str] = []
    for number, name in enumerate(SHARING, start=1):
        file = File(name=name, study=f"2.25.{number}", instance=f"2.25.{number}.1.9")
        kept[file.octets()] = file
        ward.arrive(file)
        changes += [ward.decide(Decision(K.KEEP_APART, key)) for key in ward.waiting()]
    return changes


def play(ward: Ward, seed: int, steps: int) -> None:
    """Arrivals, decisions and undos in any order; after each, every file is in exactly one place, and the right one."""
    pick = random.Random(seed)
    kept: dict[bytes, File] = {}
    changes = share_an_id(ward, kept)
    for _ in range(steps):
        what, is_decided = pick.random(), False
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
                before, owners = ward.seen(), ward.claimed()
                decision = some_decision(ward, pick)
                changes.append(ward.decide(decision))
                is_decided = True
                require_still_owned(decision, owners, ward.claimed())
                if pick.random() < 0.5:
                    ward.undo(changes.pop())
                    assert ward.seen() == before
            else:
                ward.undo(changes[-1])
                changes.pop()
                is_decided = True
        except Refusal:
            pass
        if is_decided:
            arrive_where_claimed(ward, pick, kept)
        places = ward.places()
        assert all(len(where) == 1 for where in places.values()), places
        assert len(places) == len(kept)
    assert set(ward.readable().values()) == set(kept)
    for change in reversed(changes):
        ward.undo(change)
    assert len(ward.places()) == len(kept)
