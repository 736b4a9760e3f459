"""Who guesses names behind an address that many share hears of each the same, after the same work, also while others wait."""

import pytest

from backend.access.attempts import PER_ACCOUNT, PER_ACCOUNT_AND_ADDRESS, PER_ADDRESS, Attempts
from backend.core.caller import Origin
from backend.core.errors import Refusal, SignInRefused, TooManyAttempts
from backend.models.audit import entries_after
from tests.cheap_passwords import watched_checks
from tests.installation import HERE, PASSWORD, install

FROM_HERE, FROM_ELSEWHERE = "radiologist@east.example", "clinician@east.example"
DISABLED, UNKNOWN = "technologist@east.example", "nobody@east.example"
NAMES = (FROM_HERE, FROM_ELSEWHERE, DISABLED, UNKNOWN)


@pytest.fixture
def house(peopled_database, tmp_path):
    installed = install(peopled_database, tmp_path)
    installed.token(FROM_HERE)
    installed.token(DISABLED)
    administrator = installed.caller("administrator@east.example")
    installed.people.disable(administrator, installed.caller(DISABLED).user_id)
    yield installed
    installed.sessions.close()


def told(house, name, origin=HERE, password="wrong password"):
    try:
        house.accounts.sign_in(name, password, origin)
    except Refusal as refusal:
        return type(refusal), refusal.sentence
    return None


def guesses(house, number, origin=HERE):
    """Of many names one guess each, as they are counted."""
    for each in range(number):
        house.accounts._attempts.count(f"somebody {each}", origin.ip_address)


def nothing_before(house, name):
    pass


def guesses_at_everybody(house, name):
    guesses(house, PER_ADDRESS.free)


def almost_too_many_guesses(house, name):
    guesses(house, PER_ADDRESS.free - 2)


def guesses_from_everywhere(house, name):
    for number in range(PER_ACCOUNT.free):
        told(house, name, Origin(f"198.51.100.{number}"))


@pytest.mark.parametrize(
    "before",
    [
        nothing_before,
        guesses_at_everybody,
        almost_too_many_guesses,
        guesses_from_everywhere,
    ],
)
def test_nobodys_name_is_told_by_answers_or_work(house, monkeypatch, before):
    heard = {}
    told(house, UNKNOWN)  # what unknown people's passwords are compared with is made once
    compared = watched_checks(monkeypatch)
    for name in NAMES:
        house.accounts._attempts = Attempts(clock := Clock())
        before(house, name)
        begun, of_it = len(compared), []
        # The name in question, and one that nobody has: what is counted for the one must not show at the other.
        for _ in range(PER_ACCOUNT_AND_ADDRESS.free + 3):
            of_it += [told(house, name), told(house, "stranger@west.example")]
            clock.seconds += 1
        heard[name] = (of_it, compared[begun:])
    assert all(of_one == heard[UNKNOWN] for of_one in heard.values()), heard
    assert {kind for kind, _ in filter(None, heard[UNKNOWN][0])} <= {SignInRefused, TooManyAttempts}


class Clock:
    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


def test_who_has_been_here_gets_in_while_all_others_wait(house):
    guesses_at_everybody(house, "")
    kind, _ = told(house, FROM_ELSEWHERE, password=PASSWORD)
    assert kind is TooManyAttempts
    assert told(house, FROM_HERE, password=PASSWORD) is None


def test_where_nobody_has_ever_been_waiting_costs_no_work(house, monkeypatch):
    strangers_place = Origin("198.51.100.77")
    guesses(house, PER_ADDRESS.free, strangers_place)
    compared = watched_checks(monkeypatch)
    assert {told(house, name, strangers_place)[0] for name in NAMES} == {TooManyAttempts}
    assert compared == []


def test_a_right_password_that_had_to_wait_is_recorded_as_that(house):
    guesses_at_everybody(house, "")
    told(house, FROM_ELSEWHERE, password=PASSWORD)
    with house.database.system_read() as session:
        entry = list(entries_after(session, 0, 10_000))[-1]
    assert (entry.action, entry.outcome, entry.reason) == ("session:refuse", "refused", "too many attempts")  # fmt: skip
