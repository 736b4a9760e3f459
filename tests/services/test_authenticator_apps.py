"""Authenticator apps: the secret stays sealed, and each code opens once."""

import base64
import threading
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import text as sql

from backend.access.codes import Codes
from backend.core import clock
from backend.core.caller import Origin
from backend.core.errors import (
    Malformed,
    ObjectDamaged,
    ProofRefused,
    TooManyAttempts,
)
from backend.schemas.people import SignedIn
from tests.factor_people import code_of
from tests.installation import HERE, PASSWORD


def test_the_secret_of_an_app_is_never_in_clear_in_the_database(anna):
    token, app = anna.house.factors.begin_app(anna.caller)
    made = pyotp.TOTP(app.key)
    anna.house.factors.confirm_app(anna.caller, token, code_of(made))
    with anna.house.plain_database.system_read() as session:
        for name in ("authenticator_apps", "ceremonies"):
            for row in session.connection().execute(sql(f"SELECT * FROM {name}")):
                assert app.key not in str(row)
                assert base64.b32decode(app.key).hex() not in str(row)


def test_an_app_is_in_use_only_after_its_first_code(anna):
    token, app = anna.house.factors.begin_app(anna.caller)
    with pytest.raises(ProofRefused):
        anna.house.factors.confirm_app(anna.caller, token, "000000")
    assert isinstance(anna.house.accounts.sign_in(anna.email, PASSWORD, HERE), SignedIn)
    anna.house.factors.confirm_app(anna.caller, token, code_of(pyotp.TOTP(app.key)))
    assert anna.half()


def test_the_picture_of_the_key_asks_nobody_and_runs_nothing(anna):
    _, app = anna.house.factors.begin_app(anna.caller)
    assert app.picture.startswith("data:image/svg+xml")
    assert "script" not in app.picture


def test_a_code_opens_once(anna):
    app = anna.add_app()
    code = code_of(app)
    assert anna.by_code(code).token
    with pytest.raises(ProofRefused):
        anna.by_code(code)


def test_the_code_that_confirmed_the_app_opens_nothing(anna):
    token, key = anna.house.factors.begin_app(anna.caller)
    app = pyotp.TOTP(key.key)
    code = code_of(app)
    anna.house.factors.confirm_app(anna.caller, token, code)
    with pytest.raises(ProofRefused):
        anna.by_code(code)


def test_a_code_before_the_one_that_was_used_opens_nothing(anna):
    app = anna.add_app()
    earlier, now = code_of(app), code_of(app, 1)
    anna.by_code(now)
    with pytest.raises(ProofRefused):
        anna.by_code(earlier)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_slow_hand_and_a_clock_that_is_half_a_minute_wrong_are_let_in(anna, steps):
    moment = clock.now() + timedelta(minutes=5)
    app = anna.add_app()
    with clock.frozen(moment):
        assert anna.by_code(app.at(moment, counter_offset=steps)).token


@pytest.mark.parametrize("steps", [-3, -2, 2, 3, 120])
def test_codes_of_other_times_open_nothing(anna, steps):
    moment = clock.now() + timedelta(minutes=5)
    app = anna.add_app()
    with clock.frozen(moment), pytest.raises(ProofRefused):
        anna.by_code(app.at(moment, counter_offset=steps))


def test_a_code_sent_twice_in_the_same_moment_opens_once(anna):
    app = anna.add_app()
    code = code_of(app)
    steps = [anna.half() for _ in range(4)]
    opened, refused = [], []

    def send(step):
        try:
            opened.append(anna.by_code(code, step))
        except (ProofRefused, TooManyAttempts) as refusal:
            refused.append(refusal)

    threads = [threading.Thread(target=send, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(opened), len(refused)) == (1, 3)


def test_what_is_no_code_opens_nothing(anna):
    anna.add_app()
    typed = [
        "",
        "1",
        "12345",
        "1234567",
        "abcdef",
        "١٢٣٤٥٦",
        "-12345",
        "1e1000",
        "0x1234",
        "\0" * 6,
    ]
    for number, code in enumerate([*typed, "x" * 10_000]):
        far = Origin(f"198.51.100.{number}")
        with pytest.raises(ProofRefused):
            anna.house.second_steps.with_code(anna.half(origin=far), code, far)


def test_spaces_in_a_code_do_not_matter(anna):
    app = anna.add_app()
    code = code_of(app)
    assert anna.by_code(f" {code[:3]} {code[3:]} ").token


def test_somebody_elses_code_opens_nothing(people, anna):
    anna.add_app()
    bo = people.new()
    code = code_of(bo.add_app())
    with pytest.raises(ProofRefused):
        anna.by_code(code)


def test_a_secret_sealed_for_somebody_else_is_not_opened(anna):
    codes = Codes(b"s" * 32)
    sealed = codes.new_secret("somebody")
    with pytest.raises(ObjectDamaged):
        codes.opened(sealed, "somebody else")
    with pytest.raises(ObjectDamaged):
        Codes(b"t" * 32).opened(sealed, "somebody")


def test_a_person_has_one_app_and_another_needs_the_first_removed(anna):
    anna.add_app()
    with pytest.raises(Malformed):
        anna.house.factors.begin_app(anna.caller)


def test_an_enrolment_begun_in_one_session_is_not_finished_in_another(anna):
    token, app = anna.house.factors.begin_app(anna.caller)
    other = anna.house.caller(anna.email)
    with pytest.raises(ProofRefused):
        anna.house.factors.confirm_app(other, token, code_of(pyotp.TOTP(app.key)))
