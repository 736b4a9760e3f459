"""Remembered browsers spare the code, by choice, for thirty days, and never the password."""

from datetime import timedelta

import pytest

from backend.core import clock
from backend.core.errors import (
    NotFound,
    SignInRefused,
)
from backend.schemas.people import HalfSignedIn, SignedIn
from tests.factor_people import code_of, remembered
from tests.installation import HERE, PASSWORD


def test_a_remembered_browser_spares_the_code_and_never_the_password(anna):
    cookie = remembered(anna, anna.add_app())
    assert isinstance(anna.house.accounts.sign_in(anna.email, PASSWORD, HERE, cookie), SignedIn)
    with pytest.raises(SignInRefused):
        anna.house.accounts.sign_in(anna.email, "wrong", HERE, cookie)
    assert anna.house.sessions.caller_of_cookie(cookie) is None


def test_a_browser_is_remembered_only_by_choice(anna):
    assert anna.by_code(code_of(anna.add_app())).device_token == ""


def test_a_browser_is_remembered_for_its_person_only(people, anna):
    cookie = remembered(anna, anna.add_app())
    bo = people.new()
    bo.add_app()
    assert isinstance(bo.house.accounts.sign_in(bo.email, PASSWORD, HERE, cookie), HalfSignedIn)


def test_a_browser_is_remembered_for_thirty_days(anna):
    cookie = remembered(anna, anna.add_app())
    with clock.frozen(clock.now() + timedelta(days=29, hours=23)):
        assert isinstance(anna.house.accounts.sign_in(anna.email, PASSWORD, HERE, cookie), SignedIn)
    with clock.frozen(clock.now() + timedelta(days=30, minutes=1)):
        assert anna.half(cookie)


def test_a_browser_can_be_forgotten_by_its_owner_only(people, anna):
    cookie = remembered(anna, anna.add_app())
    (device,) = anna.house.factors.devices(anna.caller)
    with pytest.raises(NotFound):
        anna.house.factors.forget_device(people.new().caller, device.device_id)
    anna.house.factors.forget_device(anna.caller, device.device_id)
    assert anna.half(cookie)


def test_a_new_password_forgets_remembered_browsers(anna):
    cookie = remembered(anna, anna.add_app())
    another = "wide and quiet is the lake"
    anna.change_password(another)
    answer = anna.house.accounts.sign_in(anna.email, another, HERE, cookie)
    assert isinstance(answer, HalfSignedIn)
