import hashlib
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from backend.access import session_verdicts as verdicts
from backend.access.sessions import COOKIE_NAME, Sessions, token_in
from backend.core import clock
from backend.core.caller import Origin
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole, Permission
from backend.models import people as table
from backend.models.audit import entries_after
from tests.installation import HERE, install

RADIOLOGIST = "radiologist@east.example"


@pytest.fixture
def house(peopled_database, tmp_path):
    installed = install(peopled_database, tmp_path)
    yield installed
    installed.sessions.close()


def actions(house):
    with house.database.system_read() as session:
        return [(entry.action, entry.reason) for entry in entries_after(session, 0, 10_000)]


def row_of(house, token):
    with house.database.system_read() as session:
        found = table.session_by_token_hash(session, hashlib.sha256(token.encode()).hexdigest())
        return found and found[0]


def test_a_token_gives_the_caller_with_the_rights_of_their_roles(house):
    caller = house.caller(RADIOLOGIST)
    assert (caller.email, caller.organization_id) == (RADIOLOGIST, house.east)
    assert caller.roles == ("radiologist",)
    assert caller.permissions == ROLE_PERMISSIONS[BuiltInRole.RADIOLOGIST]
    assert caller.origin == HERE


@pytest.mark.parametrize("role", BuiltInRole)
def test_the_built_in_roles_give_what_is_written_down(house, role):
    assert house.caller(f"{role.value}@east.example").permissions == ROLE_PERMISSIONS[role]


def test_a_right_taken_from_a_role_is_gone_at_the_next_event(house):
    token = house.token(RADIOLOGIST)
    assert house.caller_of(token).may(Permission.REPORT_SIGN)
    with house.plain_database.system_write() as session:
        session.connection().execute(
            text("DELETE FROM role_permissions WHERE permission = 'report:sign'")
        )
    assert not house.caller_of(token).may(Permission.REPORT_SIGN)


def test_a_right_that_this_release_does_not_know_is_ignored(house):
    token = house.token(RADIOLOGIST)
    with house.plain_database.system_write() as session:
        session.connection().execute(
            text(
                "UPDATE role_permissions SET permission = 'moon:land' WHERE permission = 'study:view'"
            )
        )
    assert not house.caller_of(token).may(Permission.STUDY_VIEW)


def test_two_sign_ins_have_two_tokens_of_256_bits(house):
    first, second = house.token(RADIOLOGIST), house.token(RADIOLOGIST)
    assert first != second
    assert len(first) == 43


def test_the_token_itself_is_nowhere_in_the_database(house):
    token = house.token(RADIOLOGIST)
    row = row_of(house, token)
    assert token not in row.model_dump_json()
    assert row.token_hash == hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "other=1",
        f"{COOKIE_NAME}=",
        f"{COOKIE_NAME}=short",
        f"{COOKIE_NAME}=" + "x" * 44,
        f"{COOKIE_NAME}=" + "x" * 100_000,
        f"{COOKIE_NAME}=" + "ü" * 43,
        f"{COOKIE_NAME}=" + "' OR 1=1 --" + "x" * 32,
        f"x{COOKIE_NAME}=" + "x" * 43,
        "pacscribe=" + "x" * 43,
        ";;;=;",
    ],
)
def test_no_other_cookie_is_a_session(house, header):
    house.token(RADIOLOGIST)
    assert house.sessions.caller_of_cookie(header, HERE) is None


def test_the_token_is_found_among_other_cookies():
    token = "A" * 43
    assert token_in(f"theme=dark; {COOKIE_NAME}={token}; x=1") == token
    assert token_in(f"theme=dark;{COOKIE_NAME}={token}") == token


def test_a_guessed_token_is_nobody(house):
    house.token(RADIOLOGIST)
    assert house.find("A" * 43) is None


def test_signing_out_ends_tiles_and_events_at_once(house):
    token = house.token(RADIOLOGIST)
    assert house.find(token, touches=False)  # now in memory
    house.sessions.end(house.caller_of(token))
    assert house.find(token, touches=False) is None
    assert house.find(token) is None


def test_signing_out_leaves_other_sessions_alone(house):
    here, there = house.token(RADIOLOGIST), house.token(RADIOLOGIST)
    house.sessions.end(house.caller_of(here))
    assert house.find(there)


def test_whoever_listens_hears_of_the_end_of_a_session(house):
    token = house.token(RADIOLOGIST)
    heard = []
    house.sessions.on_end(lambda _session_id: 1 / 0)  # one that fails keeps nobody from hearing
    house.sessions.on_end(heard.append)
    caller = house.caller_of(token)
    house.sessions.end(caller)
    house.sessions.end(caller)
    assert heard == [caller.session_id]


def test_a_session_ended_by_another_process_is_gone_at_the_next_event(house):
    token = house.token(RADIOLOGIST)
    caller = house.caller_of(token)
    heard = []
    house.sessions.on_end(heard.append)
    other = Sessions(house.database, idle=timedelta(minutes=15), longest=timedelta(hours=12))
    other.end(caller)
    assert house.find(token) is None
    assert heard == [caller.session_id]


def test_a_session_ended_by_another_process_gets_tiles_for_a_second_at_most(house, monkeypatch):
    token = house.token(RADIOLOGIST)
    seconds = [100.0]
    monkeypatch.setattr(verdicts.time, "monotonic", lambda: seconds[0])
    caller = house.caller_of(token)
    other = Sessions(house.database, idle=timedelta(minutes=15), longest=timedelta(hours=12))
    other.end(caller)
    seconds[0] += 1.01
    assert house.find(token, touches=False) is None


def test_a_warm_tile_asks_no_database(house, monkeypatch):
    monkeypatch.setattr(verdicts, "_VERDICT_SECONDS", 60.0)
    token = house.token(RADIOLOGIST)
    house.caller_of(token)

    def no_database():
        raise AssertionError("a warm look-up asked the database")

    monkeypatch.setattr(house.database, "system_read", no_database)
    assert house.find(token, touches=False)


def test_a_session_that_nobody_uses_ends(house):
    began = clock.now()
    with clock.frozen(began):
        token = house.token(RADIOLOGIST)
    with clock.frozen(began + timedelta(minutes=14, seconds=59)):
        assert house.find(token, touches=False)
    with clock.frozen(began + timedelta(minutes=15)):
        assert house.find(token, touches=False) is None
        assert house.find(token) is None
        house.sessions.wait()
    assert ("session:end", "not used for too long") in actions(house)
    assert row_of(house, token) is None


def test_a_session_that_nobody_comes_back_to_is_written_down_as_over(house):
    began = clock.now()
    with clock.frozen(began):
        house.token(RADIOLOGIST)
    with clock.frozen(began + timedelta(minutes=10)):
        house.token(RADIOLOGIST)  # a second one, still in time at the end
    heard = []
    house.sessions.on_end(heard.append)
    with clock.frozen(began + timedelta(minutes=15)), house.database.system_read() as session:
        assert not house.sessions.is_any_over(session)  # a use may still be on its way to the disk
    with clock.frozen(began + timedelta(minutes=17)):
        with house.database.system_read() as session:
            assert house.sessions.is_any_over(session)
        assert house.sessions.end_what_is_over() == 1
        assert house.sessions.end_what_is_over() == 0
    assert actions(house).count(("session:end", "not used for too long")) == 1
    assert len(heard) == 1


def test_asking_for_the_time_left_is_answered_and_is_no_use(house):
    began = clock.now()
    with clock.frozen(began):
        token = house.token(RADIOLOGIST)
    cookie = f"{COOKIE_NAME}={token}"
    with clock.frozen(began + timedelta(minutes=14)):
        left = house.sessions.time_left(cookie)
        assert (left.idle_seconds, left.longest_seconds) == (60, 12 * 3600 - 14 * 60)
    with clock.frozen(began + timedelta(minutes=15)):
        assert house.sessions.time_left(cookie) is None
        house.sessions.wait()
    assert house.sessions.time_left("") is None
    assert house.sessions.time_left(f"{COOKIE_NAME}={'x' * 43}") is None


def test_doing_something_keeps_a_session_alive(house):
    began = clock.now()
    token = house.token(RADIOLOGIST)
    for minutes in range(10, 200, 10):
        with clock.frozen(began + timedelta(minutes=minutes)):
            assert house.find(token)


def test_tiles_and_what_pages_do_by_themselves_do_not_keep_a_session_alive(house):
    began = clock.now()
    token = house.token(RADIOLOGIST)
    for minutes in (5, 10, 14):
        with clock.frozen(began + timedelta(minutes=minutes)):
            assert house.find(token, touches=False)
    with clock.frozen(began + timedelta(minutes=15, seconds=1)):
        assert house.find(token, touches=False) is None


def test_a_session_ends_after_twelve_hours_whatever_happens(house):
    began = clock.now()
    token = house.token(RADIOLOGIST)
    for minutes in range(10, 12 * 60, 10):
        with clock.frozen(began + timedelta(minutes=minutes)):
            assert house.find(token)
    with clock.frozen(began + timedelta(hours=12, seconds=1)):
        assert house.find(token) is None


def test_use_is_written_down_at_most_once_a_minute(house):
    began = clock.now()
    token = house.token(RADIOLOGIST)
    written = set()
    for seconds in range(0, 180, 5):
        with clock.frozen(began + timedelta(seconds=seconds)):
            house.find(token)
            house.sessions.wait()
        written.add(row_of(house, token).last_used_at)
    assert len(written) == 3


def test_use_survives_a_restart(house):
    began = clock.now()
    token = house.token(RADIOLOGIST)
    with clock.frozen(began + timedelta(minutes=14)):
        assert house.find(token)
        house.sessions.wait()
    restarted = Sessions(house.database, idle=timedelta(minutes=15), longest=timedelta(hours=12))
    with clock.frozen(began + timedelta(minutes=28)):
        assert restarted.caller_of_cookie(f"{COOKIE_NAME}={token}", HERE)


def test_a_clock_that_goes_back_does_not_lengthen_a_session(house):
    began = clock.now()
    token = house.token(RADIOLOGIST)
    with clock.frozen(began - timedelta(hours=1)):
        assert house.find(token)
    with clock.frozen(began + timedelta(minutes=15, seconds=5)):
        assert house.find(token) is None


def test_a_disabled_person_is_out_at_the_next_event_and_tile(house):
    token = house.token(RADIOLOGIST)
    victim = house.caller_of(token)
    heard = []
    house.sessions.on_end(heard.append)
    house.people.disable(house.caller("administrator@east.example"), victim.user_id)
    assert house.find(token, touches=False) is None
    assert house.find(token) is None
    assert heard == [victim.session_id]


def test_someone_disabled_in_the_database_alone_is_out_too(house):
    token = house.token(RADIOLOGIST)
    house.caller_of(token)
    with house.plain_database.system_write() as session:
        session.connection().execute(
            text("UPDATE users SET is_active = :no WHERE email = :email"),
            {"no": False, "email": RADIOLOGIST},
        )
    assert house.find(token) is None


def test_the_origin_of_each_request_is_the_callers(house):
    token = house.token(RADIOLOGIST)
    elsewhere = Origin("203.0.113.5", "Other")
    found = house.sessions.caller_of_cookie(f"{COOKIE_NAME}={token}", elsewhere, touches=False)
    assert found.origin == elsewhere


def test_dropped_verdicts_are_looked_up_again(house, monkeypatch):
    monkeypatch.setattr(verdicts, "_VERDICT_SECONDS", 60.0)
    token = house.token(RADIOLOGIST)
    house.caller_of(token)
    with house.plain_database.system_write() as session:
        session.connection().execute(text("DELETE FROM user_roles"))
    assert house.find(token, touches=False).roles == ("radiologist",)
    house.sessions.drop_verdicts()
    assert house.find(token, touches=False).roles == ()


def test_memory_of_verdicts_is_bounded(house, monkeypatch):
    monkeypatch.setattr(verdicts, "_MOST_VERDICTS", 5)
    tokens = [house.token(RADIOLOGIST) for _ in range(12)]
    assert all(house.find(token) for token in tokens)
    assert len(house.sessions._verdicts) <= 5


def test_a_session_that_ends_while_it_is_looked_up_is_not_remembered(house, monkeypatch):
    token = house.token(RADIOLOGIST)
    caller = house.caller_of(token)
    house.sessions._verdicts.forget(caller.session_id)
    looked = house.sessions._caller

    def ends_meanwhile(*arguments):
        found = looked(*arguments)
        thread = threading.Thread(target=house.sessions.end, args=(caller,))
        thread.start()
        thread.join()
        return found

    monkeypatch.setattr(house.sessions, "_caller", ends_meanwhile)
    house.find(token, touches=False)
    monkeypatch.undo()
    assert house.find(token, touches=False) is None


def test_start_and_end_are_in_the_audit_trail(house):
    token = house.token(RADIOLOGIST)
    house.sessions.end(house.caller_of(token))
    assert actions(house)[-2:] == [("session:start", ""), ("session:end", "signed out")]
    assert house.audit_trail.verify().first_bad_sequence is None
