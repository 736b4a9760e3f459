"""Small writes of the same moment share a transaction, and each is answered for itself."""

import threading
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from backend.adapters.database_together import Together
from backend.core.errors import Refusal, StorageFull
from backend.models.organizations import Organization


def adding(name):
    return lambda session: session.add(Organization(id=name, slug=name, name=name))


def names(database):
    with database.system_read() as session:
        found = session.connection().execute(text("SELECT id FROM organizations ORDER BY id"))
        return {name for (name,) in found if name.startswith("t-")}


class Crowd:
    """Threads that come while the first transaction is held open, so that they wait for the next one."""

    def __init__(self, database):
        self.database = database
        self.outcomes = {}
        self.transactions = 0
        self._may_go_on = threading.Event()
        self._is_held = threading.Event()
        self._together = Together(self._write)

    @contextmanager
    def _write(self):
        self.transactions += 1
        with self.database.system_write() as session:
            yield session

    def _hold(self, session):
        self._is_held.set()
        assert self._may_go_on.wait(30)

    def _come(self, name, work):
        try:
            self._together.write(work)
            self.outcomes[name] = ""
        except Exception as failure:  # noqa: BLE001 - it is what the tests look at
            self.outcomes[name] = type(failure).__name__

    def run(self, works):
        first = threading.Thread(target=self._come, args=("first", self._hold))
        first.start()
        assert self._is_held.wait(30)
        others = [threading.Thread(target=self._come, args=each) for each in works.items()]
        for thread in others:
            thread.start()
        while len(self._together._waiting) < len(works):
            assert all(thread.is_alive() for thread in others)
        self._may_go_on.set()
        for thread in (first, *others):
            thread.join(30)
        return self.outcomes


def test_all_who_wait_share_one_transaction(database):
    crowd = Crowd(database)
    outcomes = crowd.run({f"t-{number}": adding(f"t-{number}") for number in range(9)})
    assert set(outcomes.values()) == {""}
    assert crowd.transactions == 2
    assert names(database) == {f"t-{number}" for number in range(9)}


def test_one_that_fails_takes_no_other_with_it(database):
    def fail(session):
        adding("t-bad")(session)
        session.flush()
        raise ZeroDivisionError

    crowd = Crowd(database)
    outcomes = crowd.run({"t-1": adding("t-1"), "bad": fail, "t-2": adding("t-2")})
    assert outcomes == {"first": "", "t-1": "", "bad": "ZeroDivisionError", "t-2": ""}
    assert names(database) == {"t-1", "t-2"}


def test_a_full_disk_is_told_to_everybody_at_once(sqlcipher_database):
    def find_no_room(_session):
        raise StorageFull

    crowd = Crowd(sqlcipher_database)
    outcomes = crowd.run({"t-1": adding("t-1"), "full": find_no_room})
    assert outcomes == {"first": "", "t-1": "StorageFull", "full": "StorageFull"}
    assert names(sqlcipher_database) == set()
    assert crowd.transactions == 2


def test_whoever_writes_already_does_not_wait_for_themselves(sqlcipher_database):
    with (
        sqlcipher_database.system_write(),
        pytest.raises(RuntimeError, match="already has a writing session"),
    ):
        sqlcipher_database.write_together(adding("t-1"))
    assert names(sqlcipher_database) == set()


def test_a_refusal_of_the_only_one_is_theirs(sqlcipher_database):
    def refuse(_session):
        raise Refusal("no")

    with pytest.raises(Refusal, match="no"):
        sqlcipher_database.write_together(refuse)
    sqlcipher_database.write_together(adding("t-1"))
    assert names(sqlcipher_database) == {"t-1"}


def test_who_is_interrupted_leaves_the_others_to_the_next(sqlcipher_database):
    together = Together(sqlcipher_database.system_write)

    def interrupt(_session):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        together.write(interrupt)
    together._waiting.clear()  # the one who was interrupted does not come back
    together.write(adding("t-1"))
    assert names(sqlcipher_database) == {"t-1"}
