"""A hundred thousand studies of made-up people, written straight into the tables: for measuring lists, not images."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from backend.core.search_text import fold
from backend.models import (
    Instance,
    Organization,
    Patient,
    Report,
    SearchWord,
    Series,
    Study,
    User,
)
from backend.models.access import CareRelation, NameInStudies
from backend.models.base import Record
from backend.models.search_words import (
    VocabularyWord,
    copy_states,
    spoken_words,
    study_words,
    told_of_word,
)

ORGANIZATION = "bench-organization"
READERS = tuple(f"bench-reader-{number}" for number in range(8))
NEWEST = datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
# Of each study, whatever it says of itself: starting and adding up go through rows, and a million would take hours to write.
INSTANCES_OF_A_STUDY = 2
CARED_FOR = 200
REFERRER = "Sender^17"

_INSTANCE_BYTES = 525_312
_SYLLABLES = [
    "ba",
    "be",
    "bi",
    "bo",
    "bu",
    "da",
    "de",
    "di",
    "do",
    "du",
    "ka",
    "ke",
    "ki",
    "ko",
    "ku",
    "la",
    "le",
    "li",
    "lo",
    "lu",
    "ma",
    "me",
    "mi",
    "mo",
    "mu",
    "na",
    "ne",
    "ni",
    "no",
    "nu",
    "ra",
    "re",
    "ri",
    "ro",
    "ru",
    "sa",
    "se",
    "si",
    "so",
    "su",
    "ta",
    "te",
    "ti",
    "to",
    "tu",
]
_ENDINGS = ("", "n", "r", "s", "mann", "son", "ski", "er", "ova", "berg")
_MODALITIES = [
    modalities
    for modalities, share in (
        ("\\CT\\", 32),
        ("\\CT\\SR\\", 8),
        ("\\MR\\", 22),
        ("\\CR\\", 12),
        ("\\DX\\", 14),
        ("\\US\\", 8),
        ("\\MG\\", 3),
        ("\\CT\\PT\\", 1),
    )
    for _ in range(share)
]
_BODY_PARTS = ("CHEST", "HEAD", "ABDOMEN", "SPINE", "KNEE", "HIP", "NECK", "BREAST", "")
_WORDS = [
    "Thorax",
    "Schädel",
    "Abdomen",
    "Becken",
    "Knie",
    "Hüfte",
    "LWS",
    "BWS",
    "HWS",
    "nativ",
    "Kontrast",
    "Angio",
    "Kontrolle",
    "Polytrauma",
    "Lunge",
    "Leber",
    "Niere",
    "Verlauf",
    "Notfall",
    "Screening",
]


def fill(
    write: Callable[[str, Sequence[str], Sequence[tuple[Any, ...]]], None], count: int
) -> None:
    """Write `count` studies.

    Args:
        write: Takes a table's name, names of columns, and rows.
        count: How many.
    """
    chance = random.Random(count)
    names = _names(chance, 20_000)
    given = _names(chance, 1_500)
    rows: dict[type[Record], list[Any]] = {
        kind: []
        for kind in (
            Organization,
            User,
            Patient,
            CareRelation,
            NameInStudies,
            Study,
            Series,
            Instance,
            Report,
            SearchWord,
        )
    }
    rows[Organization].append(Organization(id=ORGANIZATION, slug="bench", name="Bench"))
    for number, user_id in enumerate(READERS):
        rows[User].append(
            User(
                id=user_id,
                organization_id=ORGANIZATION,
                email=f"reader{number}@bench.example",
                display_name=f"Dr. Reader {number}",
                password_hash="x",
                password_changed_at=NEWEST,
            )
        )
    patients = [_patient(chance, number, names, given) for number in range(count * 6 // 10)]
    rows[Patient] += patients
    rows[CareRelation] += [
        _care_relation(number, each) for number, each in enumerate(patients[:CARED_FOR])
    ]
    rows[NameInStudies].append(
        _row(
            NameInStudies,
            id="name",
            organization_id=ORGANIZATION,
            created_at=NEWEST,
            user_id=READERS[0],
            name=REFERRER,
        )
    )
    vocabulary: set[str] = set()
    spoken: set[str] = set()
    seen: set[str] = set()
    for number in range(count):
        patient = patients[number] if number < len(patients) else chance.choice(patients)
        study = _study(chance, number, count, patient)
        state = _report_state(chance, study)
        states = {"report_state": state, "has_prior": patient.id in seen}
        copy_states(study, patient, **states)
        words = study_words(study, patient, **states)
        seen.add(patient.id)
        vocabulary |= words
        spoken |= spoken_words(study, patient)
        rows[Study].append(study)
        series = _series(number, study)
        rows[Series].append(series)
        rows[Instance] += [_instance(study, series, place) for place in range(INSTANCES_OF_A_STUDY)]
        if state != "none":
            rows[Report].append(_report(number, study, state))
        rows[SearchWord] += [
            SimpleNamespace(
                id=f"w{number:08d}-{place}", study_key=study.id, word=word, **_common(study)
            )
            for place, word in enumerate(sorted(words))
        ]
        if number % 5000 == 4999 or number == count - 1:
            for kind, some in rows.items():
                _write(write, kind, some)
                some.clear()
    listed = [
        _vocabulary_word(number, word, is_spoken=word in spoken)
        for number, word in enumerate(sorted(vocabulary))
    ]
    _write(write, VocabularyWord, listed)


def surnames(count: int) -> list[str]:
    """The family names that `fill` gives to its people, when it is asked for `count` studies."""
    return _names(random.Random(count), 20_000)


def _names(chance: random.Random, count: int) -> list[str]:
    return [
        "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))).capitalize()
        + chance.choice(_ENDINGS)
        for _ in range(count)
    ]


def _common(study: Any) -> dict[str, Any]:
    return {"organization_id": ORGANIZATION, "created_at": study.arrived_at}


def _patient(chance: random.Random, number: int, names: list[str], given: list[str]) -> Any:
    name = f"{chance.choice(names)}^{chance.choice(given)}"
    born = datetime(1930, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(32_000))
    return _row(
        Patient,
        id=f"p{number:08d}",
        created_at=NEWEST,
        organization_id=ORGANIZATION,
        patient_id=f"MRN{number:07d}",
        patient_name=name,
        search_name=fold(name),
        patient_birth_date=f"{born:%Y%m%d}",
        patient_sex=chance.choice("FM"),
    )


def _study(chance: random.Random, number: int, count: int, patient: Any) -> Any:
    arrived = NEWEST - timedelta(minutes=10 * (count - 1 - number))
    done = number < count * 8 // 10
    status = "reported" if done else chance.choices(("unread", "reading", "reported"), (7, 1, 2))[0]
    description = " ".join(chance.sample(_WORDS, 2))
    return _row(
        Study,
        id=f"s{number:08d}",
        created_at=arrived,
        organization_id=ORGANIZATION,
        patient_key=patient.id,
        study_instance_uid=f"2.25.{number + 1}",
        study_date=f"{arrived:%Y%m%d}",
        study_time=f"{arrived:%H%M%S}",
        accession_number=f"A{number:08d}",
        study_description=description,
        search_description=fold(description),
        referring_physician_name=f"Sender^{number % 150}",
        institution_name=f"Clinic {number % 12}",
        body_part_examined=chance.choice(_BODY_PARTS),
        modalities=chance.choice(_MODALITIES),
        series_count=1,
        instance_count=chance.randint(1, 900),
        size_bytes=INSTANCES_OF_A_STUDY * _INSTANCE_BYTES,
        reading_status=status,
        priority=chance.choices(("routine", "urgent", "stat"), (90, 8, 2))[0],
        claimed_by=READERS[number % len(READERS)] if status == "reading" else None,
        assigned_to=chance.choice(READERS) if chance.random() < 0.3 else None,
        tags="\\teaching\\" if chance.random() < 0.01 else "",
        wrapped_data_key=b"k" * 40,
        arrived_at=arrived,
        updated_at=arrived,
    )


def _report_state(chance: random.Random, study: Any) -> str:
    if study.reading_status == "reported":
        return "final"
    return "draft" if study.reading_status == "reading" and chance.random() < 0.8 else "none"


def _series(number: int, study: Any) -> Any:
    return _row(
        Series,
        id=f"e{number:08d}",
        study_key=study.id,
        series_instance_uid=f"{study.study_instance_uid}.1",
        modality=study.modalities.split("\\")[1],
        series_number=1,
        body_part_examined=study.body_part_examined,
        instance_count=study.instance_count,
        frame_count=study.instance_count,
        **_common(study),
    )


def _instance(study: Any, series: Any, place: int) -> Any:
    """A slice that is nowhere; its row is as large as those of a CT are at least."""
    uid = f"{series.series_instance_uid}.{place + 1}"
    return _row(
        Instance,
        id=f"i{study.id}-{place}",
        study_key=study.id,
        series_key=series.id,
        sop_instance_uid=uid,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        instance_number=place + 1,
        rows=512,
        columns=512,
        frame_count=1,
        is_displayable=True,
        object_id=f"o{study.id}-{place}",
        wrapped_object_key=b"k" * 40,
        size_bytes=_INSTANCE_BYTES,
        sha256=f"{place:064}",
        attributes="{}".ljust(600),
        reading_header=b"{}".ljust(400),
        **_common(study),
    )


def _vocabulary_word(number: int, word: str, *, is_spoken: bool) -> Any:
    # Not mapped: there are two for each study.
    return SimpleNamespace(
        id=f"v{number:08d}",
        created_at=NEWEST,
        organization_id=ORGANIZATION,
        word=word,
        studies=0,
        **told_of_word(word, is_spoken=is_spoken),
    )


def _care_relation(number: int, patient: Any) -> Any:
    return _row(
        CareRelation,
        id=f"c{number:08d}",
        created_at=NEWEST,
        organization_id=ORGANIZATION,
        user_id=READERS[0],
        patient_key=patient.id,
        granted_by_user_id=READERS[1],
    )


def _report(number: int, study: Any, state: str) -> Any:
    author = READERS[number % len(READERS)]
    text = "Nothing of note was found. " * 8
    return _row(
        Report,
        id=f"r{number:08d}",
        study_key=study.id,
        author_user_id=author,
        status=state,
        draft_version=2,
        updated_at=study.arrived_at,
        updated_by_user_id=author,
        findings=text,
        impression="Normal.",
        **_common(study),
    )


def _write(write: Callable[..., None], kind: type[Record], some: Sequence[Any]) -> None:
    if some:
        table: Any = kind
        names = [column.name for column in table.__table__.columns]
        write(table.__tablename__, names, list(map(attrgetter(*names), some)))


def _row(kind: type[Record], **values: Any) -> Any:
    """A row without the cost of a mapped one: the model's usual values, and these."""
    usual = {
        name: None if info.is_required() else info.get_default()
        for name, info in kind.model_fields.items()
        if name not in values
    }
    return SimpleNamespace(**usual, **values)
