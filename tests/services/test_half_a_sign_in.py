"""Half a sign-in: what the password alone opens, who must enrol before anything else, and guessing at codes."""

from datetime import timedelta

import pyotp
import pytest

from backend.access.ceremonies import MOST_ATTEMPTS, STEP_COOKIE_NAME
from backend.access.sessions import COOKIE_NAME
from backend.core import clock
from backend.core.caller import Origin
from backend.core.errors import (
    NotAllowed,
    ProofRefused,
    TooManyAttempts,
)
from backend.services.second_step import StepOver
from tests.authenticator import Device
from tests.factor_people import SITE, code_of
from tests.installation import HERE


def test_the_half_opens_no_page(anna):
    anna.add_app()
    token = anna.half().partition("=")[2]
    assert anna.house.find(token) is None
    assert anna.house.sessions.caller_of_cookie(f"{STEP_COOKIE_NAME}={token}") is None


def test_the_half_is_used_up_with_the_step(anna):
    app = anna.add_app()
    step = anna.half()
    anna.by_code(code_of(app), step)
    with pytest.raises(StepOver):
        anna.by_code(code_of(app, 1), step)


def test_the_half_lasts_ten_minutes(anna):
    app = anna.add_app()
    step = anna.half()
    with clock.frozen(clock.now() + timedelta(minutes=10, seconds=1)), pytest.raises(StepOver):
        anna.by_code(code_of(app), step)


def test_the_half_ends_after_ten_wrong_answers(anna):
    app = anna.add_app()
    step = anna.half()
    for number in range(MOST_ATTEMPTS):
        far = Origin(f"198.51.100.{number}")
        with pytest.raises(ProofRefused):
            anna.house.second_steps.with_code(step, "000000", far)
    with pytest.raises(StepOver):
        anna.by_code(code_of(app), step)


def test_its_owner_is_told_that_somebody_who_knows_the_password_guesses(anna):
    anna.add_app()
    step = anna.half()
    for number in range(6):
        with pytest.raises(ProofRefused):
            anna.house.second_steps.with_code(step, "000000", Origin(f"198.51.100.{number}"))
    assert sum("was stopped" in letter for letter in anna.letters()) == 1


def test_the_half_ends_with_the_password_it_was_made_with(anna):
    app = anna.add_app()
    step = anna.half()
    anna.change_password("another one, long enough")
    with pytest.raises(StepOver):
        anna.by_code(code_of(app), step)


def test_the_half_ends_with_the_account(anna):
    app = anna.add_app()
    step = anna.half()
    anna.house.people.disable(anna.house.caller("administrator@east.example"), anna.user_id)
    with pytest.raises(StepOver):
        anna.by_code(code_of(app), step)


@pytest.mark.parametrize(
    "cookie",
    [
        "",
        "x=1",
        f"{STEP_COOKIE_NAME}=",
        f"{STEP_COOKIE_NAME}=short",
        f"{STEP_COOKIE_NAME}={'A' * 43}",
    ],
)
def test_without_the_half_there_is_no_second_step(people, cookie):
    steps = people.house.second_steps
    assert steps.view(cookie) is None
    for act in (
        lambda: steps.with_code(cookie, "000000", HERE),
        lambda: steps.passkey_options(cookie, SITE),
        lambda: steps.app_enrolment(cookie),
        lambda: steps.enrol_app(cookie, "000000", HERE),
    ):
        with pytest.raises(StepOver):
            act()


def test_a_session_is_no_half_and_a_half_no_session(anna):
    anna.add_app()
    assert anna.house.second_steps.view(f"{STEP_COOKIE_NAME}={anna.token}") is None
    half = anna.half().partition("=")[2]
    assert anna.house.find(half) is None


def test_the_session_of_before_ends_when_another_begins(anna):
    app = anna.add_app()
    cookies = f"{COOKIE_NAME}={anna.house.token(anna.email)}"
    old = cookies.partition("=")[2]
    step = anna.half(cookies)
    new = anna.house.second_steps.with_code(f"{step}; {cookies}", code_of(app), HERE).token
    assert anna.house.find(old) is None
    assert anna.house.find(new)


def test_guessing_codes_must_wait_longer_and_longer(anna):
    anna.add_app()
    for _ in range(5):
        with pytest.raises(ProofRefused):
            anna.by_code("000000")
    step = anna.half()
    with pytest.raises(TooManyAttempts):
        anna.by_code("000000", step)


def test_nobody_who_knows_the_password_locks_the_owner_out(anna):
    app = anna.add_app()
    step = anna.half()
    for number in range(40):
        with pytest.raises((ProofRefused, TooManyAttempts, StepOver)):
            anna.house.second_steps.with_code(step, "000000", Origin(f"203.0.113.{number}"))
    assert anna.by_code(code_of(app)).token  # from where she has signed in before


def test_wrong_codes_are_recorded_without_what_was_typed(anna):
    anna.add_app()
    with pytest.raises(ProofRefused):
        anna.by_code("424242")
    action, outcome, reason = anna.trail()[-1]
    assert (action, outcome) == ("factor:refuse", "refused")
    assert "424242" not in reason


def test_who_has_none_and_must_enrols_before_anything_else(strict):
    step = strict.half()
    assert strict.house.second_steps.view(step).must_enrol
    app = strict.house.second_steps.app_enrolment(step)
    with pytest.raises(ProofRefused):
        strict.house.second_steps.enrol_app(step, "000000", HERE)
    signed_in = strict.house.second_steps.enrol_app(step, code_of(pyotp.TOTP(app.key)), HERE)
    assert strict.house.find(signed_in.token)
    assert not strict.house.second_steps.view(strict.half()).must_enrol


def test_who_must_enrol_gets_in_by_no_code(strict):
    with pytest.raises(ProofRefused):
        strict.by_code("000000")


def test_two_who_know_the_password_never_share_a_secret(strict):
    first, second = strict.half(), strict.half()
    steps = strict.house.second_steps
    mine, theirs = steps.app_enrolment(first), steps.app_enrolment(second)
    assert mine.key != theirs.key
    assert steps.app_enrolment(first) == mine
    steps.enrol_app(first, code_of(pyotp.TOTP(mine.key)), HERE)
    with pytest.raises(StepOver):
        steps.enrol_app(second, code_of(pyotp.TOTP(theirs.key)), HERE)


def test_a_passkey_can_be_the_first_factor(strict):
    steps, device = strict.house.second_steps, Device()
    step = strict.half()
    answer = device.make(steps.enrol_passkey_options(step, SITE))
    signed_in = steps.enrol_passkey(step, answer, "Key", SITE, HERE)
    assert strict.house.find(signed_in.token)
    step = strict.half()
    options = steps.passkey_options(step, SITE)
    assert steps.with_passkey(step, device.use(options), SITE, HERE).token


def test_who_holds_a_factor_adds_none_with_the_password_alone(anna):
    anna.add_app()
    step = anna.half()
    for act in (
        lambda: anna.house.second_steps.app_enrolment(step),
        lambda: anna.house.second_steps.enrol_passkey_options(step, SITE),
    ):
        with pytest.raises(StepOver):
            act()


def test_the_last_factor_that_is_demanded_cannot_be_removed(strict):
    strict.add_app()
    with pytest.raises(NotAllowed):
        strict.house.factors.remove_app(strict.caller)
    strict.add_passkey()
    strict.house.factors.remove_app(strict.caller)
    (passkey,) = strict.house.factors.overview(strict.caller).passkeys
    with pytest.raises(NotAllowed):
        strict.house.factors.remove_passkey(strict.caller, passkey.passkey_id)
    assert strict.half()
