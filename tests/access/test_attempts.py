import threading
from contextlib import suppress

import pytest

from backend.access.attempts import (
    PER_ACCOUNT_AND_ADDRESS,
    PER_ADDRESS,
    REQUESTS_PER_ADDRESS,
    Attempts,
)
from backend.core.errors import TooManyAttempts


class Clock:
    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def attempts(clock):
    return Attempts(clock)


def guess(attempts, account="anna", address="192.0.2.1", known=False):
    attempts.begin(account, address, is_known_place=known)


def test_the_first_few_mistakes_cost_nothing(attempts):
    for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
        guess(attempts)


def test_after_that_each_guess_waits_twice_as_long_up_to_a_minute(attempts, clock):
    waits = []
    for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
        guess(attempts)
    for _ in range(9):
        waited = 0
        while True:
            try:
                guess(attempts)
                break
            except TooManyAttempts:
                clock.seconds += 1
                waited += 1
        waits.append(waited)
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_the_refusal_says_how_long_to_wait(attempts):
    for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
        guess(attempts)
    with pytest.raises(TooManyAttempts, match="Wait 2 seconds"):
        guess(attempts)


def test_trying_while_waiting_does_not_lengthen_the_wait(attempts, clock):
    for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
        guess(attempts)
    for _ in range(50):
        with pytest.raises(TooManyAttempts):
            guess(attempts)
    clock.seconds += 2
    guess(attempts)


def test_a_right_answer_takes_the_count_back(attempts):
    for _ in range(20):
        guess(attempts)
        attempts.succeeded("anna", "192.0.2.1", is_known_place=False)
    for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
        guess(attempts)


def test_guesses_from_everywhere_do_not_lock_anna_out_where_she_has_been_before(attempts):
    for number in range(500):
        with suppress(TooManyAttempts):
            guess(attempts, address=f"198.51.100.{number % 250}")
    with pytest.raises(TooManyAttempts):
        guess(attempts, address="203.0.113.9")
    guess(attempts, address="192.0.2.1", known=True)


def test_one_address_guessing_at_many_accounts_is_slowed_down(attempts):
    for number in range(PER_ADDRESS.free):
        guess(attempts, account=f"person {number}")
    with pytest.raises(TooManyAttempts):
        guess(attempts, account="somebody else")
    guess(attempts, account="somebody at another address", address="192.0.2.2")


def test_a_day_later_all_is_forgotten(attempts, clock):
    for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
        guess(attempts)
    clock.seconds += 24 * 3600
    for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
        guess(attempts)


def test_a_hundred_guesses_at_once_do_not_slip_through(attempts):
    passed = []

    def attempt():
        try:
            guess(attempts)
            passed.append(1)
        except TooManyAttempts:
            pass

    threads = [threading.Thread(target=attempt) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == PER_ACCOUNT_AND_ADDRESS.free


def test_memory_is_bounded(attempts, monkeypatch):
    monkeypatch.setattr("backend.access.attempts._MOST_REMEMBERED", 100)
    for number in range(1000):
        guess(attempts, account=f"person {number}", address=f"address {number}", known=True)
    assert len(attempts._counts) <= 100


def test_requests_are_counted_each_kind_and_place_by_itself(attempts):
    for _ in range(REQUESTS_PER_ADDRESS.free):
        attempts.ask("sign-up", "192.0.2.1")
    with pytest.raises(TooManyAttempts):
        attempts.ask("sign-up", "192.0.2.1")
    attempts.ask("forgotten", "192.0.2.1")
    attempts.ask("sign-up", "192.0.2.2")
    attempts.forgive("sign-up", "192.0.2.1")
    attempts.ask("sign-up", "192.0.2.1")


def test_the_wait_between_requests_doubles_up_to_ten_minutes(attempts, clock):
    waits = []
    for _ in range(REQUESTS_PER_ADDRESS.free + 12):
        before = clock.seconds
        while True:
            try:
                attempts.ask("sign-up", "192.0.2.1")
                break
            except TooManyAttempts:
                clock.seconds += 1
        waits.append(clock.seconds - before)
    assert waits[: REQUESTS_PER_ADDRESS.free] == [0] * REQUESTS_PER_ADDRESS.free
    assert waits[REQUESTS_PER_ADDRESS.free :][:3] == [2, 4, 8]
    assert waits[-1] == 600


def test_a_network_of_ipv6_is_one_place(attempts):
    for number in range(REQUESTS_PER_ADDRESS.free):
        attempts.ask("sign-up", f"2001:db8:1:2::{number:x}")
    with pytest.raises(TooManyAttempts):
        attempts.ask("sign-up", "2001:db8:1:2:ffff::1")
    attempts.ask("sign-up", "2001:db8:1:3::1")
    attempts.ask("sign-up", "::ffff:192.0.2.1")
