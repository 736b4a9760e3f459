"""What lists ask of studies is kept in memory, and never tells anything else than the database would."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from sqlmodel import Session, col, delete, select, update

from backend.adapters.database import Database
from backend.core import clock
from backend.core.search_text import fold
from backend.core.worklist_query import WorklistQuery
from backend.models import Patient, Study, StudyChange
from backend.models.worklist_roll import Roll, read_roll
from backend.services import worklist_rolls
from backend.services.worklist import Worklist
from backend.services.worklist_rolls import Rolls
from tests.postgres import NORTH, SOUTH
from tests.services.worklist_model import READER, Seal, add_reader, arrive, listed

pytestmark = pytest.mark.slow


@pytest.fixture
def rolls(database: Database) -> Iterator[Rolls]:
    add_reader(database)
    rolls = Rolls(database)
    yield rolls
    rolls.close()


@contextmanager
def opened(database: Database, rolls: Rolls, organization_id: str = NORTH) -> Iterator[Roll | None]:
    with database.read(organization_id) as session, rolls.of(session, organization_id) as roll:
        yield roll


def told(database: Database, rolls: Rolls) -> dict[str, tuple[object, ...]]:
    """Everything that is kept of each study that is there."""
    with opened(database, rolls) as roll:
        assert roll is not None
        return roll.told()


def told_anew(database: Database) -> dict[str, tuple[object, ...]]:
    with database.read(NORTH) as session:
        roll = read_roll(session, lambda: True)
        assert roll is not None
        return roll.told()


def add_study_of_south(database: Database) -> None:
    with database.write(SOUTH) as session:
        patient = Patient(patient_id="S", patient_name="South^Ann", search_name="south ann")
        session.add(patient)
        session.flush()
        session.add(
            Study(
                patient_key=patient.id,
                study_instance_uid="2.25.900",
                wrapped_data_key=b"k",
                arrived_at=clock.now(),
                updated_at=clock.now(),
            )
        )


def change_something(session: Session, chance: random.Random, way: str) -> None:
    """In one of the ways in which a program may change studies."""
    some = chance.sample(list(session.exec(select(Study)).all()), 3)
    if way == "studies":
        for study in some:
            study.tags = chance.choice(("", "\\teaching\\"))
            study.accession_number = f"NEW{chance.randrange(99999):05d}"
            study.assigned_to = chance.choice((None, "reader"))
    elif way == "patients":
        for patient in session.exec(select(Patient)).all():
            patient.search_name = fold(chance.choice(("Nagy^Eva", "Kovacs^Ada", "Abel^Tom")))
    elif way == "many at once":
        keys = [each.id for each in some]
        session.execute(update(Study).where(col(Study.id).in_(keys)).values(series_count=77))
    else:
        session.execute(delete(Study).where(col(Study.id) == some[0].id))


def test_what_is_kept_follows_every_change_whoever_made_it_and_none_that_was_undone(
    database: Database, rolls: Rolls
) -> None:
    chance = random.Random(20)
    arrive(database, chance, 20)
    number = 20
    for way in ("studies", "patients", "many at once", "gone"):
        for is_undone in (True, False, False):
            if chance.random() < 0.4:
                arrive(database, chance, 3, number)
                number += 3
            before = told(database, rolls)
            assert before == told_anew(database)
            with suppress(ZeroDivisionError), database.write(NORTH) as session:
                change_something(session, chance, way)
                session.flush()
                if is_undone:
                    raise ZeroDivisionError
            assert told(database, rolls) == told_anew(database)
            assert (told(database, rolls) == before) == is_undone
    with opened(database, rolls) as roll:
        assert roll is not None
        assert roll.size >= number  # it has been the same all the time, and was not read anew


def test_a_question_of_a_moment_before_is_not_answered_by_what_came_later(
    database: Database, rolls: Rolls
) -> None:
    arrive(database, random.Random(1), 3)
    with opened(database, rolls) as roll:
        assert roll is not None
    with database.read(NORTH) as earlier:
        assert len(earlier.exec(select(Study.id)).all()) == 3
        arrive(database, random.Random(2), 1, 3)
        with opened(database, rolls) as roll:
            assert roll is not None
        with rolls.of(earlier, NORTH) as roll:
            assert roll is None
    with opened(database, rolls) as roll:
        assert roll is not None


def test_every_answer_is_of_one_moment_while_others_ask_and_studies_come_and_go(
    database: Database, rolls: Rolls
) -> None:
    arrive(database, random.Random(1), 10)
    worklist = Worklist(database, Seal(), rolls)  # type: ignore[arg-type]  # all that it asks of a keyring
    is_over = threading.Event()
    totals: list[int] = []
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            while not is_over.is_set():
                page = worklist.page(READER, WorklistQuery(page_size=100))
                assert len(page.rows) == page.total
                totals.append(page.total)
        except BaseException as error:  # noqa: BLE001 - told to whoever started the threads
            failed.append(error)

    readers = [threading.Thread(target=ask) for _ in range(3)]
    for reader in readers:
        reader.start()
    chance = random.Random(2)
    for number in range(10, 30):
        arrive(database, chance, 1, number)
        if number % 3 == 0:
            with database.write(NORTH) as session:
                session.delete(session.exec(select(Study)).first())
    is_over.set()
    for reader in readers:
        reader.join()
    assert not failed
    assert len(set(totals)) > 3


def test_each_organization_has_its_own(database: Database, rolls: Rolls) -> None:
    arrive(database, random.Random(1), 3)
    with opened(database, rolls) as north, opened(database, rolls, SOUTH) as south:
        assert north is not None
        assert south is not None
        assert len(north.told()) == 3
        assert south.told() == {}


def test_many_studies_are_read_apart_and_meanwhile_the_database_answers(
    database: Database, rolls: Rolls, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(database, random.Random(1), 5)
    may_go_on = threading.Event()
    reading = worklist_rolls.read_roll

    def read(session: Session, go_on: object) -> Roll | None:
        assert may_go_on.wait(60)
        return reading(session, go_on)  # type: ignore[arg-type]  # as it was given

    monkeypatch.setattr(worklist_rolls, "AT_ONCE", 0)
    monkeypatch.setattr(worklist_rolls, "read_roll", read)
    worklist = Worklist(database, Seal(), rolls)  # type: ignore[arg-type]  # all that it asks of a keyring
    for _ in range(2):
        assert worklist.page(READER, WorklistQuery()).total == 5
    assert rolls.kept() == ()
    may_go_on.set()
    rolls.wait()
    assert rolls.kept() == (NORTH,)
    arrive(database, random.Random(2), 2, 5)
    page = worklist.page(READER, WorklistQuery())
    assert [row.study_instance_uid for row in page.rows] == listed(database, WorklistQuery())


def test_who_closes_does_not_wait_for_studies_that_are_being_read(
    database: Database, rolls: Rolls, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(database, random.Random(1), 2)
    monkeypatch.setattr(worklist_rolls, "AT_ONCE", 0)
    monkeypatch.setattr(worklist_rolls, "_PAUSE_SECONDS", 3600.0)
    with opened(database, rolls) as roll:
        assert roll is None
    rolls.close()
    assert rolls.kept() == ()


def test_reading_that_fails_is_told_and_tried_again_after_a_while(
    database: Database,
    rolls: Rolls,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    arrive(database, random.Random(1), 2)
    attempts = []

    def fail(_session: Session, _go_on: object) -> None:
        attempts.append(1)
        raise OSError("a patient's name")

    monkeypatch.setattr(worklist_rolls, "AT_ONCE", 0)
    with monkeypatch.context() as failing:
        failing.setattr(worklist_rolls, "read_roll", fail)
        for again_seconds, expected in ((0.0, 1), (60.0, 2), (60.0, 2)):
            failing.setattr(worklist_rolls, "AGAIN_SECONDS", again_seconds)
            with opened(database, rolls) as roll:
                assert roll is None
            rolls.wait()
            assert len(attempts) == expected
    assert "could not be read into memory: OSError" in caplog.text
    assert "patient's name" not in caplog.text


def test_more_studies_than_are_kept_are_left_to_the_database(
    database: Database, rolls: Rolls, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(database, random.Random(1), 3)
    monkeypatch.setattr(worklist_rolls, "MOST_STUDIES", 2)
    with opened(database, rolls) as roll:
        assert roll is None
    with opened(database, rolls, SOUTH) as roll:
        assert roll is not None


def test_what_was_asked_for_last_stays_where_not_all_can(
    database: Database, rolls: Rolls, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(database, random.Random(1), 3)
    monkeypatch.setattr(worklist_rolls, "MOST_STUDIES", 3)
    for organization_id in (NORTH, SOUTH, NORTH):
        with opened(database, rolls, organization_id) as roll:
            assert roll is not None
    assert rolls.kept() == (SOUTH, NORTH)
    add_study_of_south(database)
    with database.read(SOUTH) as session, rolls.of(session, SOUTH) as roll:
        assert roll is not None
        assert roll.size == 1
    assert rolls.kept() == (SOUTH,)


def test_after_many_changes_and_after_a_day_all_is_read_anew(
    database: Database, rolls: Rolls, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(database, random.Random(1), 3)
    with opened(database, rolls) as first:
        assert first is not None
    monkeypatch.setattr(worklist_rolls, "MOST_CHANGES", 4)
    arrive(database, random.Random(2), 9, 3)
    with opened(database, rolls) as roll:
        assert roll is None
    rolls.wait()
    with opened(database, rolls) as second:
        assert second is not None
        assert second is not first
        assert len(second.told()) == 12
    monkeypatch.setattr(worklist_rolls, "KEPT_SECONDS", -1.0)
    with opened(database, rolls) as roll:
        assert roll is None


def test_changes_are_forgotten_once_nobody_looks_for_them_but_the_last_which_tells_where_one_is(
    database: Database, rolls: Rolls, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive(database, random.Random(1), 3)
    with opened(database, rolls) as roll:
        assert roll is not None
    rolls.forget_old_changes()
    with database.read(NORTH) as session:
        assert len(session.exec(select(StudyChange.id)).all()) >= 3
    later = clock.now() + timedelta(days=3)
    monkeypatch.setattr(worklist_rolls.clock, "now", lambda: later)
    rolls.forget_old_changes()
    monkeypatch.undo()
    with database.read(NORTH) as session:
        (last,) = session.exec(select(StudyChange.id)).all()
    with opened(database, rolls) as again:
        assert again is roll
    with database.system_write() as session:
        session.execute(delete(StudyChange))
    arrive(database, random.Random(2), 1, 3)
    with database.read(NORTH) as session:
        # A number is never given twice.
        assert min(session.exec(select(StudyChange.id)).all()) > last
