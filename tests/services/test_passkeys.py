"""Passkeys: what proves somebody alone or after the password, and what proves less and opens nothing."""

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from backend.access.passkeys import PasskeyCloned, Site, site_of
from backend.core import clock
from backend.core.caller import Origin
from backend.core.errors import (
    Malformed,
    NotFound,
    ProofRefused,
    SignInRefused,
)
from tests.authenticator import ORIGIN, Device
from tests.factor_people import SITE, sign_in
from tests.installation import HERE


def test_a_passkey_alone_signs_in(anna):
    device = anna.add_passkey()
    caller = anna.house.caller_of(sign_in(anna, device).token)
    assert caller.user_id == anna.user_id
    assert anna.trail()[-1][:2] == ("session:start", "success")


def test_the_challenge_of_a_sign_in_tells_nothing_about_anybody(anna):
    anna.add_passkey()
    _, options = anna.house.passkey_sign_in.begin(SITE)
    assert json.loads(options)["allowCredentials"] == []
    assert json.loads(options)["userVerification"] == "required"


@pytest.mark.parametrize(
    "lies",
    [
        {"verified": False},
        {"present": False},
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9000"},
        {"origin": "https://localhost:8000"},
        {"rp_id": "evil.example"},
        {"rp_id": "127.0.0.1"},
        {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {"kind": "webauthn.create"},
        {"key": ec.generate_private_key(ec.SECP256R1())},
    ],
    ids=lambda lies: "-".join(f"{name}" for name in lies),
)
def test_a_passkey_that_proves_less_opens_nothing(anna, lies):
    device = anna.add_passkey()
    with pytest.raises(SignInRefused):
        sign_in(anna, device, **lies)
    assert sign_in(anna, device).token  # and is not suspended for it


@pytest.mark.parametrize(
    "lies",
    [
        {"verified": False},
        {"present": False},
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"challenge": "AAAA"},
        {"kind": "webauthn.get"},
    ],
    ids=lambda lies: "-".join(lies),
)
def test_a_registration_that_proves_less_is_not_kept(anna, lies):
    token, options = anna.house.factors.begin_passkey(anna.caller, ORIGIN)
    with pytest.raises(ProofRefused):
        anna.house.factors.add_passkey(
            anna.caller, token, Device().make(options, **lies), "Key", ORIGIN
        )
    assert anna.house.factors.overview(anna.caller).passkeys == ()


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"id": 5}',
        '{"id": "x"}',
        '{"id": "x", "rawId": "y", "response": {}}',
        "x" * 70_000,
        "[" * 5000,
    ],
)
def test_what_is_no_answer_is_refused(anna, answer):
    token, _ = anna.house.passkey_sign_in.begin(SITE)
    far = Origin(f"198.51.100.{len(answer) % 200}")
    with pytest.raises((SignInRefused, ProofRefused)):
        anna.house.passkey_sign_in.finish(token, answer, SITE, far)


def test_an_answer_opens_once(anna):
    device = anna.add_passkey()
    token, options = anna.house.passkey_sign_in.begin(SITE)
    answer = device.use(options)
    assert anna.house.passkey_sign_in.finish(token, answer, SITE, HERE).token
    with pytest.raises(SignInRefused):
        anna.house.passkey_sign_in.finish(token, answer, SITE, HERE)


def test_an_answer_to_another_challenge_opens_nothing(anna):
    device = anna.add_passkey()
    _, options = anna.house.passkey_sign_in.begin(SITE)
    token, _ = anna.house.passkey_sign_in.begin(SITE)
    with pytest.raises(SignInRefused):
        anna.house.passkey_sign_in.finish(token, device.use(options), SITE, HERE)


def test_a_challenge_is_used_up_by_a_wrong_answer(anna):
    device = anna.add_passkey()
    token, options = anna.house.passkey_sign_in.begin(SITE)
    with pytest.raises(SignInRefused):
        anna.house.passkey_sign_in.finish(token, device.use(options, verified=False), SITE, HERE)
    with pytest.raises(SignInRefused):
        anna.house.passkey_sign_in.finish(token, device.use(options), SITE, HERE)


def test_a_challenge_lasts_ten_minutes(anna):
    device = anna.add_passkey()
    token, options = anna.house.passkey_sign_in.begin(SITE)
    with clock.frozen(clock.now() + timedelta(minutes=11)), pytest.raises(SignInRefused):
        anna.house.passkey_sign_in.finish(token, device.use(options), SITE, HERE)


def test_a_passkey_that_counts_backwards_is_suspended_and_its_owner_told(anna):
    device = anna.add_passkey()
    anna.add_app()
    sign_in(anna, device)
    with pytest.raises(PasskeyCloned):
        sign_in(anna, device, count=1)
    assert anna.trail()[-1] == ("factor:refuse", "refused", "copied passkey")
    assert any("was copied" in letter for letter in anna.letters())
    with pytest.raises(SignInRefused):
        sign_in(anna, device)
    (passkey,) = anna.house.factors.overview(anna.caller).passkeys
    assert passkey.is_suspended


def test_the_same_count_again_is_a_copy_too(anna):
    device = anna.add_passkey()
    sign_in(anna, device)
    with pytest.raises(PasskeyCloned):
        sign_in(anna, device, count=device.sign_count)


def test_passkeys_that_do_not_count_are_no_copies(anna):
    device = Device(sign_count=0)
    token, options = anna.house.factors.begin_passkey(anna.caller, ORIGIN)
    anna.house.factors.add_passkey(anna.caller, token, device.make(options), "Phone", ORIGIN)
    for _ in range(3):
        assert sign_in(anna, device, count=0).token


def test_a_stranger_who_knows_its_identifier_cannot_have_a_passkey_suspended(anna):
    device = anna.add_passkey()
    sign_in(anna, device)
    stranger = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(SignInRefused):
        sign_in(anna, device, count=1, key=stranger)
    assert sign_in(anna, device).token


def test_a_suspended_passkey_still_demands_a_second_factor(anna):
    device = anna.add_passkey()
    sign_in(anna, device)
    with pytest.raises(PasskeyCloned):
        sign_in(anna, device, count=1)
    assert anna.half()


def test_a_known_authenticator_is_left_out_and_a_known_passkey_not_kept_twice(people, anna):
    device = anna.add_passkey()
    token, options = anna.house.factors.begin_passkey(anna.caller, ORIGIN)
    assert len(json.loads(options)["excludeCredentials"]) == 1
    with pytest.raises(ProofRefused):
        anna.house.factors.add_passkey(anna.caller, token, device.make(options), "Key", ORIGIN)
    bo = people.new()
    with pytest.raises(ProofRefused):
        bo.add_passkey(device)


def test_a_passkey_as_second_step_must_be_the_persons_own(people, anna):
    anna.add_app()
    bo = people.new()
    theirs = bo.add_passkey()
    step = anna.half()
    options = anna.house.second_steps.passkey_options(step, SITE)
    with pytest.raises(ProofRefused):
        anna.house.second_steps.with_passkey(step, theirs.use(options), SITE, HERE)


def test_a_passkey_made_under_another_name_is_not_taken(anna):
    device = anna.add_passkey()
    elsewhere = Site("pacs.example", "https://pacs.example")
    token, options = anna.house.passkey_sign_in.begin(elsewhere)
    lies = {"origin": elsewhere.origin, "rp_id": elsewhere.rp_id}
    with pytest.raises(SignInRefused):
        anna.house.passkey_sign_in.finish(token, device.use(options, **lies), elsewhere, HERE)


@pytest.mark.parametrize(
    ("public_url", "origin", "expected"),
    [
        ("", "http://localhost:8000", Site("localhost", "http://localhost:8000")),
        ("", "https://pacs.example", Site("pacs.example", "https://pacs.example")),
        (
            "https://pacs.example:8443",
            "https://pacs.example:8443",
            Site("pacs.example", "https://pacs.example:8443"),
        ),
    ],
)
def test_passkeys_work_at_the_sites_own_name(public_url, origin, expected):
    assert site_of(public_url, origin) == expected


@pytest.mark.parametrize(
    ("public_url", "origin", "word"),
    [
        ("", "http://127.0.0.1:8000", "http://localhost:8000"),
        ("", "http://[::1]:8000", "http://localhost:8000"),
        ("", "https://192.0.2.1", "by its name"),
        ("", "http://pacs.example", "https"),
        ("", "", "https"),
        ("", "null", "https"),
        ("", "http://[", "here"),
        ("https://pacs.example", "http://localhost:8000", "https://pacs.example only"),
    ],
)
def test_where_passkeys_do_not_work_it_is_said_where_they_do(public_url, origin, word):
    with pytest.raises(Malformed) as refused:
        site_of(public_url, origin)
    assert word in refused.value.sentence


def test_passkeys_have_names_and_are_their_owners_only(people, anna):
    anna.add_passkey(name="  Laptop\u202e\0  ")
    (passkey,) = anna.house.factors.overview(anna.caller).passkeys
    assert passkey.name == "Laptop"
    anna.house.factors.rename_passkey(anna.caller, passkey.passkey_id, "")
    assert anna.house.factors.overview(anna.caller).passkeys[0].name == "Passkey"
    bo = people.new()
    for act in (
        lambda: bo.house.factors.rename_passkey(bo.caller, passkey.passkey_id, "Mine"),
        lambda: bo.house.factors.remove_passkey(bo.caller, passkey.passkey_id),
    ):
        with pytest.raises(NotFound):
            act()
