"""A plain model of the worklist: every study is looked at in turn, its words are taken apart and its place is found by hand.

It asks nothing of the code that it judges: neither its words nor its order.
"""

import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlmodel import Session, select

from backend.adapters.database import Database
from backend.core import clock
from backend.core.caller import Caller
from backend.core.permissions import Permission
from backend.core.search_text import fold
from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.models import (
    CareRelation,
    NameInStudies,
    Patient,
    SharingGrant,
    Study,
    User,
)
from tests.postgres import NORTH

READER = Caller(
    user_id="reader",
    organization_id=NORTH,
    session_id="s",
    display_name="Dr. North",
    email="",
    roles=(),
    permissions=frozenset({Permission.STUDY_VIEW, Permission.STUDY_ALL}),
)
CLINICIAN = replace(READER, permissions=frozenset({Permission.STUDY_VIEW}))
"""The same person where their role does not reach every study."""
FAMILIES = ("Müller", "Muller", "Mueller", "Smith-Jones", "O'Neil", "Szabó", "Meier", "Maier")
_GIVEN = ("Anna", "Jürgen", "Zoë", "Tarou")
_MODALITIES = ("\\CT\\", "\\MR\\", "\\CT\\SR\\", "\\US\\")
_BODY_PARTS = ("CHEST", "HEAD", "")
_STATUSES = ("unread", "reading", "read", "reported")
_PRIORITIES = ("routine", "urgent", "stat")

Pairs = list[tuple[Study, Patient]]


class Seal:
    """A keyring that is asked for one key only."""

    def derive(self, _purpose: str) -> bytes:
        return bytes(64)


def add_reader(database: Database) -> None:
    with database.write(NORTH) as session:
        session.add(
            User(
                id="reader",
                email="r@north.example",
                display_name="Dr. North",
                password_hash="x",
                password_changed_at=clock.now(),
            )
        )


def arrive(database: Database, chance: random.Random, count: int, first: int = 0) -> None:
    """Studies with new patients and known ones."""
    with database.write(NORTH) as session:
        for number in range(first, first + count):
            patients = session.exec(select(Patient)).all()
            patient = chance.choice(patients) if patients and chance.random() < 0.3 else None
            if patient is None:
                name = f"{chance.choice(FAMILIES)}^{chance.choice(_GIVEN)}"
                patient = Patient(
                    patient_id=chance.choice((f"ID{number:04d}", f"id-{number:03d}")),
                    patient_name=name,
                    search_name=fold(name),
                    patient_birth_date=chance.choice(("19500101", "19991231", "")),
                    patient_sex=chance.choice("FMO"),
                )
                session.add(patient)
                session.flush()
            description = chance.choice(("CT Thorax", "Schädel nativ", "Knie links"))
            status = chance.choice(("unread", "reading", "reported"))
            session.add(
                Study(
                    patient_key=patient.id,
                    study_instance_uid=f"2.25.{number + 1}",
                    study_date=chance.choice(("20260101", "20260102", "20260103", "")),
                    study_time=chance.choice(("080000", "")),
                    accession_number=f"ACC{number:05d}",
                    study_description=description,
                    search_description=fold(description),
                    modalities=chance.choice(_MODALITIES),
                    body_part_examined=chance.choice(_BODY_PARTS),
                    referring_physician_name=chance.choice(("Hale^Nora", "", "Abel^Tom")),
                    institution_name=chance.choice(("", "Clinic")),
                    tags=chance.choice(("", "\\teaching\\", "\\follow-up\\teaching\\")),
                    reading_status=status,
                    priority=chance.choice(_PRIORITIES),
                    assigned_to=chance.choice((None, "reader")),
                    claimed_by=chance.choice((None, "reader")) if status == "reading" else None,
                    series_count=chance.randrange(4),
                    instance_count=chance.randrange(20),
                    wrapped_data_key=b"k",
                    arrived_at=clock.now(),
                    updated_at=clock.now(),
                )
            )
            session.flush()


def open_some(database: Database, chance: random.Random) -> set[str]:
    """Give the clinician patients, a name and grants; what was assigned to them is theirs as well.

    Returns:
        The UIDs of the studies that are open to them.
    """
    name, ends = "Hale^Nora", clock.now() + timedelta(hours=1)
    with database.write(NORTH) as session:
        pairs = pairs_in(session)
        cared_for = set(chance.sample(sorted({patient.id for _, patient in pairs}), 5))
        granted = {study.id for study, _ in chance.sample(pairs, 5)}
        session.add(NameInStudies(user_id="reader", name=name))
        for patient_key in sorted(cared_for):
            session.add(
                CareRelation(user_id="reader", patient_key=patient_key, granted_by_user_id="reader")
            )
        for study_key in sorted(granted):
            session.add(
                SharingGrant(
                    study_key=study_key,
                    grantee_user_id="reader",
                    granted_by_user_id="reader",
                    permission="study:view",
                    not_before=clock.now(),
                    expires_at=ends,
                )
            )
        return {
            study.study_instance_uid
            for study, patient in pairs
            if study.assigned_to == "reader"
            or study.referring_physician_name == name
            or patient.id in cared_for
            or study.id in granted
        }


def pairs_in(session: Session) -> Pairs:
    """Every study with its patient."""
    patients = {patient.id: patient for patient in session.exec(select(Patient)).all()}
    return [(study, patients[study.patient_key]) for study in session.exec(select(Study)).all()]


def listed(database: Database, query: WorklistQuery) -> list[str]:
    """What `query` lists, in its order, by looking at every study in turn."""
    with database.read(NORTH) as session:
        pairs = pairs_in(session)
    met = [pair for pair in pairs if _matches(query, *pair, pairs)]
    place = _PLACES[query.order_by]
    met.sort(key=lambda pair: (place(*pair), pair[0].id), reverse=query.descending)
    return [study.study_instance_uid for study, _ in met]


def folded(text: str) -> str:
    """Small letters without their accents; what parts a name is a space."""
    plain = (c for c in unicodedata.normalize("NFKD", text.lower()) if not _is_accent(c))
    return " ".join("".join(" " if c in "^=," else c for c in plain).split())


def _is_accent(letter: str) -> bool:
    return unicodedata.category(letter) == "Mn"


def _words(*texts: str) -> set[str]:
    """Each word as it is, the letters and digits between its signs, and all of those together."""
    found: set[str] = set()
    for text in texts:
        for whole in folded(text).split():
            runs = "".join(c if c.isalnum() else " " for c in whole).split()
            found |= {whole, "".join(runs), *runs}
    return found


def _matches(query: WorklistQuery, study: Study, patient: Patient, pairs: Pairs) -> bool:
    words = _words(
        patient.patient_name, patient.patient_id, study.accession_number, study.study_description
    )
    return (
        all(_is_found(word, words) for word in folded(query.text).split())
        and _holds(patient.patient_name, query.name)
        and _holds(patient.patient_id, query.patient_id)
        and _holds(study.accession_number, query.accession)
        and _holds(study.study_description, query.description)
        and _is_among(query.modality, *study.modalities.split("\\"))
        and _is_among(query.tag, *study.tags.split("\\"))
        and _is_among(query.status, study.reading_status)
        and _is_among(query.priority, study.priority)
        and _is_among(query.body_part, study.body_part_examined)
        and query.assigned in ("", "me" if study.assigned_to == "reader" else "nobody")
        and (not query.claimed or study.claimed_by == "reader")  # who reads is the only one
        and _is_between(study.instance_count, query.images_from, query.images_to)
        and _is_between(study.series_count, query.series_from, query.series_to)
        and _is_dated(study.study_date, query.date_from, query.date_to)
        and query.prior in ("", "yes" if _has_prior(study, pairs) else "no")
    )


def _is_found(word: str, words: set[str]) -> bool:
    return any(each.startswith(word) or (len(word) > 2 and each.endswith(word)) for each in words)


def _holds(text: str, asked: str) -> bool:
    return all(word in folded(text) for word in folded(asked).split())


def _is_among(asked: tuple[str, ...], *held: str) -> bool:
    return not asked or bool(set(asked) & set(held))


def _is_between(number: int, least: str, most: str) -> bool:
    return (not least or number >= int(least)) and (not most or number <= int(most))


def _is_dated(date: str, first: str, last: str) -> bool:
    if not (first or last):
        return True
    return bool(date) and (not first or date >= first) and (not last or date <= last)


def _has_prior(study: Study, pairs: Pairs) -> bool:
    made = study.study_date, study.study_time, study.id
    return any(
        other.patient_key == study.patient_key
        and (other.study_date, other.study_time, other.id) < made
        for other, _ in pairs
    )


_NOBODY = "\U0010ffff"  # after everybody
_PLACES: dict[WorklistColumn, Callable[[Study, Patient], Any]] = {
    WorklistColumn.STATUS: lambda study, _: _STATUSES.index(study.reading_status),
    WorklistColumn.PRIORITY: lambda study, _: _PRIORITIES.index(study.priority),
    WorklistColumn.PATIENT_NAME: lambda _, patient: folded(patient.patient_name),
    WorklistColumn.PATIENT_ID: lambda _, patient: patient.patient_id,
    WorklistColumn.BIRTH_DATE: lambda _, patient: patient.patient_birth_date,
    WorklistColumn.SEX: lambda _, patient: patient.patient_sex,
    WorklistColumn.STUDY_DATE: lambda study, _: (study.study_date, study.study_time),
    WorklistColumn.MODALITY: lambda study, _: study.modalities,
    WorklistColumn.BODY_PART: lambda study, _: study.body_part_examined,
    WorklistColumn.DESCRIPTION: lambda study, _: folded(study.study_description),
    WorklistColumn.ACCESSION: lambda study, _: study.accession_number,
    WorklistColumn.REFERRER: lambda study, _: study.referring_physician_name,
    WorklistColumn.INSTITUTION: lambda study, _: study.institution_name,
    WorklistColumn.ASSIGNED: lambda study, _: study.assigned_to or _NOBODY,
    WorklistColumn.TAGS: lambda study, _: study.tags,
    WorklistColumn.SERIES: lambda study, _: study.series_count,
    WorklistColumn.IMAGES: lambda study, _: study.instance_count,
    WorklistColumn.ARRIVED: lambda study, _: study.id,
}
"""What a study is ordered by in each column; ties are left to its key."""
