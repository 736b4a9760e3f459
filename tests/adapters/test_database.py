"""The database: explicit transactions, one writer, snapshots, and a key without which nothing opens."""

import threading
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.pool import QueuePool
from sqlmodel import Session, col

from backend.adapters.database import Database, embedded_url
from backend.adapters.database_sqlcipher import READER_MEGABYTES, READERS, create_engines
from backend.core.errors import CannotStart, DatabaseNotReadable, Refusal
from backend.models import Organization, Patient, Role
from tests.postgres import NORTH, SOUTH, TEST_KEY


def _count(database: Database) -> int:
    with database.read(NORTH) as session:
        return int(session.execute(select(func.count(col(Role.id)))).scalar_one())


def test_a_write_is_kept_when_the_block_ends(database: Database) -> None:
    with database.write(NORTH) as session:
        session.add(Role(name="reader"))
    assert _count(database) == 1


def test_an_error_in_the_block_undoes_everything(database: Database) -> None:
    def fail(session: Session) -> None:
        session.add(Role(name="reader"))
        session.flush()
        raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"), database.write(NORTH) as session:
        fail(session)
    assert _count(database) == 0
    with database.write(NORTH) as session:  # and the turn to write was given back
        session.add(Role(name="reader"))
    assert _count(database) == 1


def test_a_reading_session_cannot_write(database: Database) -> None:
    def write(session: Session) -> None:
        session.add(Role(name="reader"))
        session.flush()

    with database.read(NORTH) as session, pytest.raises(DBAPIError):
        write(session)
    assert _count(database) == 0


def test_a_reader_sees_one_snapshot_while_others_write(database: Database) -> None:
    with database.read(NORTH) as reader:
        count = select(func.count(col(Role.id)))
        assert reader.execute(count).scalar_one() == 0
        with database.write(NORTH) as writer:
            writer.add(Role(name="reader"))
        assert reader.execute(count).scalar_one() == 0
    assert _count(database) == 1


def test_concurrent_increments_are_never_lost(database: Database) -> None:
    with database.write(NORTH) as session:
        session.add(Patient(id="p", patient_id="0"))
    failures: list[BaseException] = []

    def increment() -> None:
        try:
            for _ in range(25):
                with database.write(NORTH) as session:
                    patient = session.get(Patient, "p")
                    assert patient is not None
                    patient.patient_id = str(int(patient.patient_id) + 1)
        except BaseException as failure:  # noqa: BLE001 - asserted below
            failures.append(failure)

    threads = [threading.Thread(target=increment) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read(NORTH) as session:
        patient = session.get(Patient, "p")
        assert patient is not None
        assert patient.patient_id == "200"


def test_two_programs_on_one_file_wait_for_each_other(
    sqlcipher_database: Database, tmp_path: Path
) -> None:
    inside, done = threading.Event(), threading.Event()

    def other_program() -> None:
        with closing(Database(embedded_url(tmp_path), TEST_KEY)) as other:
            assert inside.wait(60)
            with other.write(NORTH) as session:
                session.add(Role(name="second"))
            done.set()

    thread = threading.Thread(target=other_program)
    thread.start()
    with sqlcipher_database.write(NORTH) as session:
        inside.set()
        session.add(Role(name="first"))
        assert not done.wait(0.2)
    thread.join(60)
    assert done.is_set()
    assert _count(sqlcipher_database) == 2


def test_a_second_write_in_the_same_thread_is_refused_at_once(database: Database) -> None:
    with (
        database.write(NORTH),
        pytest.raises(RuntimeError, match="already"),
        database.write(NORTH),
    ):
        pytest.fail("it would wait for itself")
    with database.write(NORTH) as session:
        session.add(Role(name="reader"))
    assert _count(database) == 1


def test_a_writer_that_waits_too_long_is_told_in_words(
    sqlcipher_database: Database, tmp_path: Path
) -> None:
    answers: list[str] = []
    with closing(Database(embedded_url(tmp_path), TEST_KEY, wait_seconds=0.05)) as database:

        def try_to_write() -> None:
            try:
                with database.write(NORTH):
                    answers.append("written")
            except Refusal as refusal:
                answers.append(refusal.sentence)

        with database.write(NORTH):
            thread = threading.Thread(target=try_to_write)
            thread.start()
            thread.join()
    assert answers == ["The database is busy. Wait a moment and try again."]


def test_what_follows_a_commit_runs_after_it_and_not_before(database: Database) -> None:
    seen: list[int] = []
    with database.write(NORTH) as session:
        session.add(Role(name="reader"))
        database.after_commit(session, lambda: seen.append(_count(database)))
        session.flush()
        assert seen == []
    assert seen == [1]


def test_what_follows_a_commit_does_not_run_when_it_is_undone(database: Database) -> None:
    seen: list[int] = []

    def fail(session: Session) -> None:
        database.after_commit(session, lambda: seen.append(1))
        raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"), database.write(NORTH) as session:
        fail(session)
    assert seen == []


def test_one_failing_action_after_the_commit_does_not_stop_the_next(database: Database) -> None:
    seen: list[str] = []

    def fail() -> None:
        raise OSError("first")

    def ask_for_both(session: Session) -> None:
        session.add(Role(name="reader"))
        database.after_commit(session, fail)
        database.after_commit(session, lambda: seen.append("second"))

    with pytest.raises(ExceptionGroup) as caught, database.write(NORTH) as session:
        ask_for_both(session)
    assert [str(error) for error in caught.value.exceptions] == ["first"]
    assert seen == ["second"]
    assert _count(database) == 1


def test_references_are_enforced(database: Database) -> None:
    with pytest.raises(IntegrityError), database.system_write() as session:
        session.add(Role(organization_id="nobody", name="reader"))


def test_errors_do_not_quote_the_values_of_a_row(database: Database) -> None:
    with database.write(NORTH) as session:
        session.add(Patient(id="p", patient_name="CANARY^NAME"))

    def collide(session: Session) -> None:
        session.add(Patient(id="p", patient_name="CANARY^NAME"))
        session.flush()

    with pytest.raises(IntegrityError) as caught, database.write(NORTH) as session:
        collide(session)
    assert "CANARY" not in str(caught.value)


def test_moments_come_back_aware_and_in_utc(database: Database) -> None:
    with database.write(NORTH) as session:
        session.add(Role(id="r", name="reader"))
    with database.read(NORTH) as session:
        role = session.get(Role, "r")
        assert role is not None
        offset = role.created_at.utcoffset()
        assert offset is not None
        assert offset.total_seconds() == 0


def test_a_row_can_still_be_read_after_the_session_is_closed(database: Database) -> None:
    with database.system_read() as session:
        row = session.get(Organization, SOUTH)
    assert row is not None
    assert row.name == "South Practice"


def test_a_wrong_key_is_told_in_words(sqlcipher_database: Database, tmp_path: Path) -> None:
    sqlcipher_database.close()
    with pytest.raises(DatabaseNotReadable):
        Database(embedded_url(tmp_path), bytes(32))


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "pacscribe.db"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(DatabaseNotReadable):
        Database(embedded_url(tmp_path), TEST_KEY)
    assert path.read_bytes() == b"not a database" * 1000


@pytest.mark.parametrize("url", ["", "sqlite:///x.db", "sqlcipher://", "mysql://h/d", "nonsense"])
def test_an_address_of_neither_database_is_refused(url: str) -> None:
    with pytest.raises(CannotStart):
        Database(url, TEST_KEY)


def test_a_server_that_does_not_answer_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(DatabaseNotReadable) as caught:
        Database(f"postgresql+psycopg://u:canary-secret@/d?host={tmp_path}")
    assert "canary-secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_nothing_readable_is_in_the_files_while_open_or_closed(
    sqlcipher_database: Database, tmp_path: Path
) -> None:
    with sqlcipher_database.write(NORTH) as session:
        session.add_all(Patient(patient_name="CANARY^NAME") for number in range(50))

    def files() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    while_open = files()
    assert "pacscribe.db-wal" in while_open
    sqlcipher_database.close()
    after = files()
    for content in [*while_open.values(), *after.values()]:
        assert b"CANARY" not in content
        assert b"CREATE TABLE" not in content
        assert b"SQLite format" not in content
    assert len(after["pacscribe.db"]) > 100_000


def test_the_files_belong_to_their_owner_alone(tmp_path: Path) -> None:
    with closing(Database(embedded_url(tmp_path / "new"), TEST_KEY)) as database:
        database.migrate()
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()}
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert modes["pacscribe.db"] == modes["pacscribe.db-wal"] == 0o600


def test_every_connection_has_the_settings_that_protect_what_is_stored(
    sqlcipher_database: Database,
) -> None:
    wanted = {
        "foreign_keys": 1,
        "recursive_triggers": 1,
        "secure_delete": 1,
        "journal_mode": "wal",
        "synchronous": 2,
        "temp_store": 2,
        "trusted_schema": 0,
    }
    for opened in (sqlcipher_database.system_read, sqlcipher_database.system_write):
        with opened() as session:
            found = {
                name: session.connection().execute(text(f"PRAGMA {name}")).scalar_one()
                for name in wanted
            }
        assert found == wanted


def test_as_many_readers_are_opened_as_are_needed_at_once_and_each_keeps_so_much(
    tmp_path: Path,
) -> None:
    reading, writing = create_engines(tmp_path / "new.db", TEST_KEY, wait_seconds=0.01)
    pool = reading.pool
    assert isinstance(pool, QueuePool)
    with ExitStack() as opened:
        opened.callback(writing.dispose)
        opened.callback(reading.dispose)
        for _ in range(READERS):
            with reading.connect():
                assert pool.checkedout() == 1
        assert pool.checkedin() == 1
        at_once = [opened.enter_context(reading.connect()) for _ in range(READERS)]
        kept = {each.execute(text("PRAGMA cache_size")).scalar_one() for each in at_once}
        assert kept == {-1024 * READER_MEGABYTES}
        with pytest.raises(NoneFree):
            reading.connect()


def test_how_large_it_is_is_known(database: Database) -> None:
    assert database.size_bytes() > 50_000
