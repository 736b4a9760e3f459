import logging
import threading

import pytest

from backend.access import ended_elsewhere
from backend.access.ended_elsewhere import EndedElsewhere
from tests.installation import install

RADIOLOGIST = "radiologist@east.example"


@pytest.fixture
def house(sqlcipher_database, tmp_path):
    installed = install(sqlcipher_database, tmp_path)
    yield installed
    installed.sessions.close()


@pytest.fixture
def heard():
    return []


@pytest.fixture
def watch(house, heard):
    """What another process looks with; it has looked before."""
    made = EndedElsewhere(house.plain_database, heard.append)
    made.look()
    return made


def a_token(house, owner):
    return house.tokens.create(owner, name="Program", scopes=("study:view",), days=7).view.key


def test_a_session_that_was_ended_is_told_once(house, watch, heard):
    ending, staying = house.caller(RADIOLOGIST), house.caller(RADIOLOGIST)
    watch.look()
    assert heard == []
    house.sessions.end(ending)
    watch.look()
    watch.look()
    assert heard == [ending.session_id]
    assert staying.session_id not in heard


def test_a_token_that_was_revoked_is_told(house, watch, heard):
    owner = house.caller(RADIOLOGIST)
    key = a_token(house, owner)
    house.tokens.revoke(owner, key)
    watch.look()
    assert heard == [key]


def test_an_account_that_was_disabled_is_told_with_its_sessions_and_tokens(house, watch, heard):
    owners = [house.caller(RADIOLOGIST) for _ in range(2)]
    key = a_token(house, owners[0])
    house.people.disable(house.caller("administrator@east.example"), owners[0].user_id)
    watch.look()
    assert sorted(heard) == sorted([key, *(owner.session_id for owner in owners)])


def test_what_had_ended_before_the_first_look_is_not_told(house, heard):
    house.sessions.end(house.caller(RADIOLOGIST))
    watch = EndedElsewhere(house.plain_database, heard.append)
    watch.look()
    watch.look()
    assert heard == []


def test_a_look_that_fails_is_said_and_followed_by_another(house, monkeypatch, caplog):
    looked = threading.Event()
    looks = iter((OSError("away"), None))
    watch = EndedElsewhere(house.plain_database, lambda _ended: None)

    def look():
        failure = next(looks, None)
        if failure is not None:
            raise failure
        looked.set()

    monkeypatch.setattr(watch, "look", look)
    monkeypatch.setattr(ended_elsewhere, "_TROUBLE_SECONDS", 0.0)
    with caplog.at_level(logging.ERROR):
        watch.start()
        assert looked.wait(30)
        watch.stop()
    assert "The audit trail cannot be read" in caplog.text
