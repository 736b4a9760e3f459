"""The worklist's words and filters against a plain model of them, while studies arrive and change."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from sqlmodel import Session, select

from backend.adapters.database import Database
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed
from backend.core.search_text import fold
from backend.core.search_words import mistakes_between
from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.models import (
    Patient,
    Report,
    SearchWord,
    Study,
    VocabularyWord,
    search_words,
    verdicts,
    worklist_finding,
    worklist_pages,
    worklist_within,
)
from backend.models import worklist as worklist_queries
from backend.models.studies import TEXTS_BY_KEY, TOLD_BY_KEY
from backend.services import worklist_rolls
from backend.services.worklist import Worklist
from backend.services.worklist_rolls import Rolls
from tests.postgres import NORTH, SOUTH
from tests.services.worklist_model import (
    CLINICIAN,
    FAMILIES,
    READER,
    Seal,
    add_reader,
    arrive,
    listed,
    open_some,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def worklist(database: Database) -> Worklist:
    add_reader(database)
    rolls = Rolls(database)
    return Worklist(database, Seal(), rolls)  # type: ignore[arg-type]  # all that it asks of a keyring


def questions(chance: random.Random, count: int) -> Iterator[WorklistQuery]:
    for _ in range(count):
        texts = (
            "",
            "",
            "mull",
            "jürgen",
            "smith",
            "jones thorax",
            "oneil",
            "0001",
            "acc0001",
            "knie",
        )
        yield WorklistQuery(
            text=chance.choice(texts),
            modality=chance.choice(((), (), ("CT",), ("CT", "MR"))),
            status=chance.choice(((), (), ("unread",), ("unread", "reading"))),
            priority=chance.choice(((), (), ("stat", "urgent"))),
            body_part=chance.choice(((), (), ("CHEST",))),
            assigned=chance.choice(("", "", "me", "nobody")),
            name=chance.choice(("", "", "", "üll", "mith-jo", "jones zoe")),
            patient_id=chance.choice(("", "", "", "Id", "d-00")),
            accession=chance.choice(("", "", "", "acc", "0001")),
            description=chance.choice(("", "", "", "SCHÄD", "nie link", "of no kind")),
            claimed=chance.choice(("", "", "", "me", "anybody")),
            series_from=chance.choice(("", "", "2")),
            series_to=chance.choice(("", "", "2")),
            images_from=chance.choice(("", "", "10")),
            date_from=chance.choice(("", "", "20260102")),
            date_to=chance.choice(("", "", "20260102")),
            prior=chance.choice(("", "", "yes", "no")),
            order_by=chance.choice(list(WorklistColumn)),
            descending=chance.choice((True, False)),
            page_size=chance.choice((3, 7)),
        )


def narrowed_where_ordered(chance: random.Random) -> Iterator[WorklistQuery]:
    """Questions about the very column that the list is ordered by."""
    asked: tuple[tuple[WorklistColumn, dict[str, Any]], ...] = (
        (WorklistColumn.MODALITY, {"modality": ("MR",)}),
        (WorklistColumn.MODALITY, {"modality": ("CT", "US")}),
        (WorklistColumn.STATUS, {"status": ("reading", "reported")}),
        (WorklistColumn.BODY_PART, {"body_part": ("CHEST", "HEAD"), "prior": "no"}),
        (WorklistColumn.IMAGES, {"images_from": "3"}),
    )
    for column, filters in asked:
        is_descending = chance.choice((True, False))
        yield WorklistQuery(order_by=column, descending=is_descending, page_size=7, **filters)


def go(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every list be found in memory, or by the database in one of the ways between which it chooses by what they cost."""
    if way == IN_MEMORY:
        return
    monkeypatch.setattr(worklist_rolls, "MOST_STUDIES", -1)
    chosen = WAYS[way]
    for module in (worklist_finding, worklist_within):
        monkeypatch.setattr(module, "FEW", chosen.few)
    monkeypatch.setitem(worklist_within.SCANNED, "postgresql", chosen.scanned)
    for kind in ("sqlite", "postgresql"):
        monkeypatch.setitem(worklist_finding.TOLD_STEP, kind, chosen.told_step)
        monkeypatch.setitem(worklist_finding.LISTING, kind, chosen.listing)
        monkeypatch.setitem(worklist_within.LISTING, kind, chosen.listing)
        monkeypatch.setitem(worklist_within.LOOK_APART, kind, chosen.look_apart)


IN_MEMORY = "in memory"


class Way(NamedTuple):
    told_step: float
    look_apart: int
    listing: float
    few: int
    scanned: float


WAYS = {
    "walked": Way(0.0, 1_000_000, 1.0, 0, 0.0),
    "looked up": Way(1_000_000.0, 0, 1_000_000.0, 1_000_000, 1_000_000.0),
    "listed": Way(1_000_000.0, 0, 0.0, 0, 0.5),
    "listed in part": Way(1_000_000.0, 1_000_000, 0.6, 0, 1_000_000.0),
}


def test_a_walk_in_the_order_of_arrival_is_through_the_index_that_tells_what_is_asked() -> None:
    assert worklist_pages.index_of(()) == "ix_studies_by_key"
    assert worklist_pages.index_of((), TOLD_BY_KEY) == "ix_studies_told_by_key"
    assert worklist_pages.index_of((), TEXTS_BY_KEY) == "ix_studies_texts_by_key"


def all_pages(
    worklist: Worklist,
    query: WorklistQuery,
    between: Iterator[None] | None = None,
    caller: Caller = READER,
) -> list[str]:
    """Every row over all pages of the list as it was when it was opened."""
    page = worklist.page(caller, query)
    seen = [row.study_instance_uid for row in page.rows]
    for number in range(2, page.page_count + 1):
        if between is not None:
            next(between, None)
        turned = worklist.page(caller, replace(query, page=number, as_of=page.as_of))
        seen += [row.study_instance_uid for row in turned.rows]
    assert page.total == len(seen)
    return seen


@pytest.mark.parametrize("way", [*WAYS, IN_MEMORY])
def test_every_question_finds_what_a_plain_model_finds_and_no_row_twice(
    database: Database, worklist: Worklist, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    go(way, monkeypatch)
    chance = random.Random(way)
    arrive(database, chance, 40)
    for query in questions(chance, 12):
        seen = all_pages(worklist, query)
        wanted = listed(database, query)
        assert seen == wanted, query
        assert worklist.count(READER, query) == (len(wanted), True)


@pytest.mark.parametrize(
    ("way", "most_named", "few"),
    [
        ("walked", 0, 0),
        ("listed", 0, 0),
        ("walked", 1000, 0),
        ("listed", 1000, 0),
        ("looked up", 1000, 200),
        (IN_MEMORY, 1000, 0),
    ],
)
def test_whoever_reaches_a_part_finds_of_it_what_a_plain_model_finds_and_no_row_twice(
    database: Database,
    worklist: Worklist,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    most_named: int,
    few: int,
) -> None:
    go(way, monkeypatch)
    monkeypatch.setattr(verdicts, "MOST_NAMED", most_named)
    monkeypatch.setattr(search_words, "FEW", few)
    chance = random.Random(way)
    arrive(database, chance, 30)
    reached = open_some(database, chance)
    # Beyond `COUNTED` pages are read by the index of their order, and not out of what was found.
    for counted, query in zip((1000, 4) * 3, questions(chance, 6), strict=True):
        monkeypatch.setattr(worklist_pages, "COUNTED", counted)
        asked = replace(query, prior="", page_size=100)
        wanted = [uid for uid in listed(database, asked) if uid in reached]
        page = worklist.page(CLINICIAN, asked)
        assert [row.study_instance_uid for row in page.rows] == wanted, asked
        assert worklist.count(CLINICIAN, asked)[0] == min(len(wanted), page.total), asked
        assert set(page.modalities) == worklist_modalities(database, reached)
    monkeypatch.setattr(worklist_pages, "COUNTED", 4)
    told = WorklistQuery(sex=("F", "M", "O"), order_by=WorklistColumn.IMAGES)
    page = worklist.page(CLINICIAN, told)
    # Of what is named one look tells all, however many there are.
    assert (page.total, page.is_exact) == ((len(reached), True) if most_named else (5, False))
    page = worklist.page(CLINICIAN, WorklistQuery())
    assert (page.total, page.is_exact) == (len(reached), True)
    # Whoever is told all studies that have a word knows how many of them are within reach.
    is_told = way == IN_MEMORY or (most_named and way == "listed")
    counted = (len(reached), True) if is_told else (5, False)
    assert worklist.count(CLINICIAN, WorklistQuery(sex=("F", "M", "O"))) == counted
    monkeypatch.setattr(worklist_pages, "COUNTED", 1000)
    for column in (WorklistColumn.IMAGES, WorklistColumn.ARRIVED):
        everything = WorklistQuery(page_size=7, order_by=column)
        seen = all_pages(worklist, everything, caller=CLINICIAN)
        assert seen == [uid for uid in listed(database, everything) if uid in reached]
    # What is asked again and again is put together once, but of whoever asks.
    page = worklist.page(replace(CLINICIAN, user_id="nobody"), WorklistQuery())
    assert (page.rows, page.modalities, page.as_of) == ((), (), "")


@pytest.mark.parametrize("last", [0, 200])
def test_whoever_reaches_a_part_hears_of_changes_within_it_and_of_no_others(
    database: Database, worklist: Worklist, monkeypatch: pytest.MonkeyPatch, last: int
) -> None:
    monkeypatch.setattr(worklist_queries, "_CHANGED_LAST", last)
    chance = random.Random(6)
    arrive(database, chance, 12)
    reached = open_some(database, chance)
    heard = set()
    for uid in (f"2.25.{number + 1}" for number in range(12)):
        before = worklist.state(CLINICIAN)
        with database.write(NORTH) as session:
            study = session.exec(select(Study).where(Study.study_instance_uid == uid)).one()
            study.updated_at = clock.now() + timedelta(days=1)
        if worklist.state(CLINICIAN) != before:
            heard.add(uid)
    assert heard == reached
    assert 0 < len(reached) < 12


def worklist_modalities(database: Database, uids: set[str]) -> set[str]:
    with database.read(NORTH) as session:
        held = [s.modalities for s in session.exec(select(Study)) if s.study_instance_uid in uids]
    return {each for modalities in held for each in modalities.split("\\") if each}


@pytest.mark.parametrize("way", ["walked", "listed in part"])
def test_a_list_that_is_not_counted_to_its_end_has_no_row_twice_and_says_so(
    database: Database, worklist: Worklist, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    go(way, monkeypatch)
    chance = random.Random(11)
    arrive(database, chance, 40)
    uncounted = 0
    for query in [*questions(chance, 8), *narrowed_where_ordered(chance)]:
        with monkeypatch.context() as counted:
            counted.setattr(worklist_pages, "COUNTED", 2000)
            whole = all_pages(worklist, query)
        monkeypatch.setattr(worklist_pages, "COUNTED", 8)
        page = worklist.page(READER, query)
        seen = [row.study_instance_uid for row in page.rows]
        for number in range(2, page.page_count + 1):
            turned = worklist.page(READER, replace(query, page=number, as_of=page.as_of))
            seen += [row.study_instance_uid for row in turned.rows]
        wanted = listed(database, query)
        assert seen == whole[: len(seen)], query
        assert whole == wanted, query
        assert page.total == (len(wanted) if page.is_exact else 9), query
        assert len(seen) >= page.total
        uncounted += not page.is_exact
    assert uncounted


@pytest.mark.parametrize("way", ["listed", IN_MEMORY])
def test_pages_hold_still_while_studies_arrive(
    database: Database, worklist: Worklist, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    go(way, monkeypatch)
    chance = random.Random(5)
    arrive(database, chance, 20)
    number = iter(range(20, 200))
    for query in questions(chance, 8):
        before = listed(database, query)

        def coming() -> Iterator[None]:
            for each in number:
                arrive(database, chance, 1, each)
                yield

        seen = all_pages(worklist, query, coming())
        # A study that has become a prior one leaves such a list; nothing else may.
        assert len(seen) == len(set(seen))
        assert query.prior or sorted(seen) == sorted(before), query


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("mulelr", "muller"), ("jurgn", "jurgen"), ("smiht", "smith"), ("schedel", "schadel")],
)
def test_typing_errors_are_forgiven_and_said(
    database: Database, worklist: Worklist, typed: str, meant: str
) -> None:
    arrive(database, random.Random(1), 30)
    page = worklist.page(READER, WorklistQuery(text=typed))
    assert page.total == worklist.page(READER, WorklistQuery(text=meant)).total > 0
    assert meant in page.similar_words


def test_what_is_found_exactly_is_not_mixed_with_what_is_similar(
    database: Database, worklist: Worklist
) -> None:
    arrive(database, random.Random(1), 60)
    page = worklist.page(READER, WorklistQuery(text="meier"))
    assert page.similar_words == ()
    assert {row.patient_name.split(",")[0] for row in page.rows} == {"Meier"}


def test_what_is_similar_is_shown_after_all_beside_what_is_found_exactly(
    database: Database, worklist: Worklist
) -> None:
    arrive(database, random.Random(1), 60)
    exact = worklist.page(READER, WorklistQuery(text="meier"))
    both = worklist.page(READER, WorklistQuery(text="meier", spelling="similar"))
    names = {row.patient_name.split(",")[0] for row in both.rows}
    assert names > {"Meier"}
    assert both.total > exact.total
    assert "meier" not in both.similar_words
    assert {fold(name) for name in names - {"Meier"}} <= set(both.similar_words)
    with pytest.raises(Malformed):
        worklist.page(READER, WorklistQuery(text="meier", spelling="otherwise"))


@pytest.mark.parametrize("way", ["listed", IN_MEMORY])
def test_words_follow_their_study_wherever_it_goes(
    database: Database, worklist: Worklist, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    go(way, monkeypatch)
    arrive(database, random.Random(3), 2)
    with database.write(NORTH) as session:
        study = session.exec(select(Study).where(Study.study_instance_uid == "2.25.1")).one()
        other = Patient(
            patient_id="ZZ", patient_name="Renamed^Person", search_name="renamed person"
        )
        session.add(other)
        session.flush()
        study.patient_key = other.id
        study.tags = "\\research\\"
        study.reading_status = "reported"
        session.add(
            Report(
                study_key=study.id,
                author_user_id="reader",
                updated_by_user_id="reader",
                updated_at=clock.now(),
                draft_version=2,
            )
        )

    def uids(**filters: object) -> list[str]:
        page = worklist.page(READER, WorklistQuery(**filters))  # type: ignore[arg-type]
        return [row.study_instance_uid for row in page.rows]

    assert uids(text="renamed") == ["2.25.1"]
    assert uids(tag=("research",)) == ["2.25.1"]
    assert uids(report=("draft",)) == ["2.25.1"]
    assert uids(report=("draft",), status=("reported",)) == ["2.25.1"]
    assert uids(report=("none", "final"), status=("reported",), tag=("research",)) == []
    with database.write(NORTH) as session:
        patient = session.exec(select(Patient).where(Patient.patient_id == "ZZ")).one()
        patient.patient_name, patient.search_name = "Again^Other", "again other"
    assert uids(text="again") == ["2.25.1"]
    assert uids(text="renamed") == []
    with database.read(NORTH) as session:
        words = session.exec(select(VocabularyWord.word)).all()
        assert "renamed" not in words
        assert set(words) == set(session.exec(select(SearchWord.word)).all())
    with database.read(SOUTH) as session:
        assert session.exec(select(SearchWord)).all() == []


@pytest.mark.parametrize("way", ["listed", IN_MEMORY])
def test_a_part_of_a_word_is_found_in_names_and_descriptions_whatever_it_looks_like(
    database: Database, worklist: Worklist, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    go(way, monkeypatch)
    cut = "x" * 70 + "beyond"
    texts = (
        ("ID-4711", "Other^Name", "knie"),
        ("ID-2", "Phantom4711^Dose", "knie 4711"),
        ("ID-3", f"{cut}^Long", "schaedel"),
    )
    with database.write(NORTH) as session:
        for number, (patient_id, name, description) in enumerate(texts):
            patient = Patient(patient_id=patient_id, patient_name=name, search_name=fold(name))
            session.add(patient)
            session.flush()
            session.add(
                Study(
                    patient_key=patient.id,
                    study_instance_uid=f"2.25.{number}",
                    search_description=description,
                    accession_number="4712" if number else "4711",
                    wrapped_data_key=b"k",
                    arrived_at=clock.now(),
                    updated_at=clock.now(),
                )
            )
            session.flush()

    def found(**filters: str) -> list[str]:
        page = worklist.page(READER, WorklistQuery(descending=False, **filters))  # type: ignore[arg-type]
        assert worklist.count(READER, WorklistQuery(**filters)) == (page.total, True)  # type: ignore[arg-type]
        return [row.study_instance_uid for row in page.rows]

    assert found(name="antom4711") == found(name="4711") == ["2.25.1"]
    assert found(text="antom47") == ["2.25.1"]
    assert found(description="4711") == ["2.25.1"]
    assert found(name="xbeyond") == found(name="xxxx") == ["2.25.2"]
    assert found(name="dose antom") == found(name="antom", description="knie") == ["2.25.1"]
    assert found(name="antom", description="schaed") == found(name="nobody") == []
    # What was only a number somebody was given becomes a word of a description.
    with database.write(NORTH) as session:
        study = session.exec(select(Study).where(Study.study_instance_uid == "2.25.2")).one()
        study.search_description = "schaedel 4712"
    assert found(description="4712") == ["2.25.2"]


def test_how_many_studies_have_a_word_follows_what_comes_changes_and_goes(
    database: Database, worklist: Worklist
) -> None:
    chance = random.Random(3)

    def check(studies: int) -> None:
        with database.read(NORTH) as session:
            kept = dict(session.exec(select(VocabularyWord.word, VocabularyWord.studies)).all())
            had = {word: studies for word, studies in kept.items() if studies}
            assert had == Counter(session.exec(select(SearchWord.word)).all())
        assert worklist.count(READER, WorklistQuery()) == (studies, True)

    def change(session: Session) -> None:
        for study in session.exec(select(Study)).all():
            study.reading_status = chance.choice(("unread", "reading", "reported"))
            study.tags = chance.choice(("", "\\teaching\\"))
        for patient in session.exec(select(Patient)).all():
            patient.search_name = fold(chance.choice(FAMILIES))

    check(0)
    arrive(database, chance, 12)
    check(12)
    with database.write(NORTH) as session:
        change(session)
    check(12)
    with suppress(ZeroDivisionError), database.write(NORTH) as session:
        change(session)
        session.delete(session.exec(select(Study)).first())
        session.flush()
        raise ZeroDivisionError
    check(12)
    with database.write(NORTH) as session:
        for study in session.exec(select(Study).limit(5)).all():
            session.delete(study)  # and the database takes its words away
    check(7)
    arrive(database, chance, 4, first=12)
    check(11)


@pytest.mark.parametrize(
    ("one", "other", "limit", "mistakes"),
    [
        ("muller", "muller", 1, 0),
        ("muller", "mulelr", 1, 1),
        ("muller", "muler", 1, 1),
        ("muller", "mullerx", 1, 1),
        ("muller", "nuller", 1, 1),
        ("muller", "nulelr", 2, 2),
        ("muller", "smith", 2, 3),
        ("ab", "abcdef", 2, 3),
    ],
)
def test_mistakes_are_counted_up_to_a_limit(
    one: str, other: str, limit: int, mistakes: int
) -> None:
    assert mistakes_between(one, other, limit) == mistakes
    assert mistakes_between(other, one, limit) == mistakes


def test_mistakes_are_as_many_as_a_whole_table_of_them_says() -> None:
    chance = random.Random(8)
    for _ in range(2000):
        one, other = ("".join(chance.choices("abc", k=chance.randrange(8))) for _ in range(2))
        limit = chance.randrange(4)
        assert mistakes_between(one, other, limit) == min(_in_table(one, other), limit + 1)


def _in_table(one: str, other: str) -> int:
    """Letters missing, added, wrong or swapped, between each beginning of one and each of the other."""
    table = {(row, 0): row for row in range(len(one) + 1)}
    table |= {(0, column): column for column in range(len(other) + 1)}
    for row, letter in enumerate(one, 1):
        for column, counterpart in enumerate(other, 1):
            ways = [
                table[row - 1, column] + 1,
                table[row, column - 1] + 1,
                table[row - 1, column - 1] + (letter != counterpart),
            ]
            if row > 1 and column > 1 and one[row - 2 : row] == other[column - 2 : column][::-1]:
                ways.append(table[row - 2, column - 2] + 1)
            table[row, column] = min(ways)
    return table[len(one), len(other)]


@pytest.mark.parametrize("typed", ["acc0017", "acc000017", "acc00107", "acc00o17", "cac00017"])
def test_one_typing_error_in_a_number_is_forgiven_and_said(
    database: Database, worklist: Worklist, typed: str
) -> None:
    arrive(database, random.Random(2), 30)
    page = worklist.page(READER, WorklistQuery(text=typed))
    assert "ACC00017" in {row.accession_number for row in page.rows}
    assert "acc00017" in page.similar_words
