from datetime import timedelta

import pytest

from backend.access.sessions import COOKIE_NAME
from backend.access.step_up import RECENT, require_recent
from backend.core import clock
from backend.core.caller import Origin, system_caller
from backend.core.errors import NotSignedIn, ProofRefused, StepUpNeeded, TooManyAttempts
from backend.models.audit import entries_after
from backend.services.proving import Proof
from tests.installation import PASSWORD, install

ANNA = "radiologist@east.example"
RIGHT = Proof(password=PASSWORD)


@pytest.fixture
def house(peopled_database, tmp_path):
    installed = install(peopled_database, tmp_path)
    yield installed
    installed.sessions.close()


def cookie(token):
    return f"{COOKIE_NAME}={token}"


def step_up(house, token, proof=RIGHT):
    return house.proving.step_up(house.caller_of(token), proof, cookie(token)).token


def trail(house):
    with house.database.system_read() as session:
        return list(entries_after(session, 0, 10_000))


def test_signing_in_is_a_proof_for_ten_minutes(house):
    began = clock.now()
    with clock.frozen(began):
        token = house.token(ANNA)
        require_recent(house.caller_of(token))
    with clock.frozen(began + RECENT):
        require_recent(house.caller_of(token))
    with clock.frozen(began + RECENT + timedelta(seconds=1)), pytest.raises(StepUpNeeded):
        require_recent(house.caller_of(token))


def test_the_password_is_a_proof_and_the_token_another_one(house):
    began = clock.now()
    token = house.token(ANNA)
    with clock.frozen(began + timedelta(minutes=11)):
        before = house.caller_of(token)
        with pytest.raises(StepUpNeeded):
            require_recent(before)
        new = step_up(house, token)
        after = house.caller_of(new)
        require_recent(after)
    assert new != token
    assert after.session_id == before.session_id


def test_the_old_token_proves_nothing_and_is_nobodys_in_a_moment(house):
    began = clock.now()
    with clock.frozen(began):
        token = house.token(ANNA)
        new = step_up(house, token)
        late = house.caller_of(token)  # a request that was on its way
        with pytest.raises(StepUpNeeded):
            require_recent(late)
        with pytest.raises(NotSignedIn):
            house.proving.step_up(late, RIGHT, cookie(token))
    with clock.frozen(began + timedelta(seconds=10)):
        assert house.find(token) is None
        assert house.find(token, touches=False) is None
        assert house.find(new)


def test_a_page_that_asked_with_the_old_token_is_not_told_that_the_session_is_over(house):
    began = clock.now()
    with clock.frozen(began):
        token = house.token(ANNA)
        house.caller_of(token)
    with clock.frozen(began + timedelta(minutes=14)):
        new = step_up(house, token)
        old_left = house.sessions.time_left(cookie(token))
        assert old_left is not None
        assert old_left == house.sessions.time_left(cookie(new))
        assert old_left.idle_seconds == 15 * 60
    with clock.frozen(began + timedelta(minutes=14, seconds=10)):
        assert house.sessions.time_left(cookie(token)) is None
        assert house.sessions.time_left(cookie(new)) is not None


def test_the_end_of_an_old_token_is_not_the_end_of_the_session(house):
    began = clock.now()
    heard = []
    house.sessions.on_end(heard.append)
    with clock.frozen(began):
        token = house.token(ANNA)
        house.caller_of(token)
        step_up(house, token)
        house.find(token)
    with clock.frozen(began + timedelta(minutes=1)):
        assert house.find(token) is None
    assert heard == []


def test_a_socket_that_was_open_goes_on_and_one_that_begins_does_not(house):
    began = clock.now()
    with clock.frozen(began):
        token = house.token(ANNA)
        step_up(house, step_up(house, token))
    with clock.frozen(began + timedelta(minutes=1)):
        followed = house.sessions.caller_of_cookie(cookie(token), touches=False, follows=True)
        assert followed is not None
        assert house.sessions.caller_of_cookie(cookie(token), touches=False) is None


def test_whoever_listens_is_told_both_tokens_once(house):
    told = []
    house.sessions.on_renewal(lambda _: 1 / 0)  # one that fails keeps nobody from hearing
    house.sessions.on_renewal(told.append)
    token = house.token(ANNA)
    new = step_up(house, token)
    (renewal,) = told
    assert (renewal.old_token, renewal.new_token) == (token, new)
    assert token not in repr(renewal)
    assert new not in repr(renewal)


@pytest.mark.parametrize(
    "wrong", ["", "a wild guess", PASSWORD + " ", PASSWORD.upper(), "x" * 5000]
)
def test_a_wrong_proof_is_refused_and_recorded_without_what_was_typed(house, wrong):
    token = house.token(ANNA)
    with pytest.raises(ProofRefused):
        step_up(house, token, Proof(password=wrong))
    last = trail(house)[-1]
    assert (last.action, last.outcome) == ("session:step-up", "refused")
    assert last.actor_user_id == house.caller_of(token).user_id
    assert not wrong or wrong not in last.reason
    assert house.find(token)


def test_guessing_at_an_unlocked_screen_must_wait_and_locks_nobody_out_elsewhere(house):
    token = house.token(ANNA)
    for _ in range(5):
        with pytest.raises(ProofRefused):
            step_up(house, token, Proof(password="wrong"))
    with pytest.raises(TooManyAttempts):
        step_up(house, token)
    elsewhere = Origin("203.0.113.9", "Other browser")
    other = house.token(ANNA, elsewhere)
    caller = house.sessions.caller_of_cookie(cookie(other), elsewhere)
    assert house.proving.step_up(caller, RIGHT, cookie(other))


def test_somebody_elses_password_is_no_proof_for_a_disabled_account(house):
    token = house.token(ANNA)
    caller = house.caller_of(token)
    house.people.disable(house.caller("administrator@east.example"), caller.user_id)
    with pytest.raises(NotSignedIn):
        house.proving.step_up(caller, RIGHT, cookie(token))


def test_a_proof_is_recorded(house):
    token = house.token(ANNA)
    step_up(house, token)
    last = trail(house)[-1]
    assert (last.action, last.outcome) == ("session:step-up", "success")
    assert '"method":"password"' in last.details
    assert token not in last.model_dump_json()
    assert house.audit_trail.verify().first_bad_sequence is None


def test_the_program_itself_needs_no_proof(house):
    require_recent(system_caller(house.east, frozenset()))


def test_a_proof_of_the_future_is_none(house):
    token = house.token(ANNA)
    with (
        clock.frozen(clock.now() - RECENT - timedelta(minutes=1)),
        pytest.raises(StepUpNeeded),
    ):
        require_recent(house.caller_of(token))


def test_a_proof_extends_no_session_beyond_its_day(house):
    began = clock.now()
    with clock.frozen(began):
        token = house.token(ANNA)
    for minutes in range(10, 12 * 60, 10):
        with clock.frozen(began + timedelta(minutes=minutes)):
            house.find(token)
    with clock.frozen(began + timedelta(hours=11, minutes=55)):
        new = house.proving.step_up(house.caller_of(token), RIGHT, cookie(token))
    assert new.max_age_seconds == 5 * 60
    with clock.frozen(began + timedelta(hours=12, seconds=1)):
        assert house.find(new.token) is None
