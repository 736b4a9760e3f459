import statistics
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.access import passwords
from backend.access.passwords import PasswordRefused


def test_right_password_is_accepted_and_others_are_not():
    kept = passwords.hash_password("quiet rivers run deep")
    assert passwords.verify_password("quiet rivers run deep", kept)
    assert not passwords.verify_password("quiet rivers run dee", kept)
    assert not passwords.verify_password("Quiet rivers run deep", kept)
    assert not passwords.verify_password("", kept)


def test_argon2id_with_19_mebibytes_two_passes_and_one_lane():
    kept = passwords.hash_password("quiet rivers run deep")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not passwords.needs_new_hash(kept)


def test_weaker_settings_are_noticed():
    weaker = passwords.argon2.using(type="ID", memory_cost=8192, time_cost=1, parallelism=1)
    assert passwords.needs_new_hash(weaker.hash("quiet rivers run deep"))


def test_same_password_is_kept_differently_each_time():
    assert passwords.hash_password("quiet rivers") != passwords.hash_password("quiet rivers")


def test_nobody_is_never_accepted_even_with_the_password_of_the_comparison():
    assert not passwords.verify_password("nobody", None)
    assert not passwords.verify_password("", None)


def test_every_keyboard_spells_a_password_alike():
    composed, decomposed = "gefährliche brücke", "gefa\u0308hrliche bru\u0308cke"
    assert composed != decomposed
    assert passwords.verify_password(decomposed, passwords.hash_password(composed))


def test_the_whole_password_counts_beyond_72_bytes():
    kept = passwords.hash_password("x" * 100 + "a")
    assert not passwords.verify_password("x" * 100 + "b", kept)


def test_a_password_of_1024_bytes_is_taken_and_a_longer_one_refused():
    kept = passwords.hash_password("ü" * 512)
    assert passwords.verify_password("ü" * 512, kept)
    with pytest.raises(PasswordRefused):
        passwords.hash_password("ü" * 512 + "x")
    assert not passwords.verify_password("ü" * 5000, kept)


def test_a_text_that_grows_when_normalized_is_not_looked_at():
    # One character of this kind becomes eighteen: a small request must not become much work.
    assert not passwords.verify_password("\ufdfa" * 340, passwords.hash_password("quiet rivers"))
    with pytest.raises(PasswordRefused):
        passwords.require_acceptable("\ufdfa" * 340, ())


@pytest.mark.parametrize(
    "password", ["nul\0inside it", "lonely \ud800 surrogate", "\u202eright to left"]
)
def test_odd_characters_neither_break_nor_shorten_a_password(password):
    kept = passwords.hash_password(password)
    assert passwords.verify_password(password, kept)
    assert not passwords.verify_password(password[:3], kept)


@pytest.mark.parametrize(
    "password",
    [
        "twelve chars",
        "correct horse battery",
        "lower case only words",
        "        spaces   around",
        "🐘🦒🐋🦔🐝🦉🐢🦜🐙🦋🐿🦢",
        "пароль из нескольких слов",
        "x9$-7" * 20,
    ],
)
def test_long_passwords_are_acceptable_whatever_they_are_made_of(password):
    passwords.require_acceptable(password, ("Anna Miller", "anna.miller@east.example", "East"))


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "too short"),
        ("eleven char", "too short"),
        ("x" * 1025, "too long"),
        ("aaaaaaaaaaaaaaaa", "Many people"),
        ("abababababababab", "Many people"),
        ("123456789012", "Many people"),
        ("Password1234", "Many people"),
        ("qwertyuiop12", "Many people"),
        ("2026!!!!LetMeIn", "Many people"),
        ("Pacscribe2026", "contains"),
        ("my pacscribe password", "contains"),
        ("Miller loves skiing", "contains"),
        ("anna and the others", "contains"),
        ("Bayview Radiology 7", "contains"),
    ],
)
def test_passwords_that_others_would_guess_are_refused_with_the_reason(password, why):
    context = ("Anna Miller", "anna.miller@bayview.example", "Bayview")
    with pytest.raises(PasswordRefused, match=why):
        passwords.require_acceptable(password, context)


def test_a_refusal_does_not_repeat_the_password():
    with pytest.raises(PasswordRefused) as refused:
        passwords.require_acceptable("Miller4711!!", ("Anna Miller",))
    assert "4711" not in refused.value.sentence


@settings(max_examples=8, deadline=None)
@given(st.text(min_size=0, max_size=40))
def test_every_text_verifies_against_its_own_hash(password):
    assert passwords.verify_password(password, passwords.hash_password(password))


def test_an_unknown_person_takes_as_long_as_a_known_one():
    passwords.warm()
    kept = passwords.hash_password("quiet rivers run deep")
    known, unknown = [], []
    for _ in range(9):
        known.append(_seconds(lambda: passwords.verify_password("wrong", kept)))
        unknown.append(_seconds(lambda: passwords.verify_password("wrong", None)))
    # Medians on a busy machine: what is looked for is a missing hash, a factor of a hundred.
    assert 0.4 < statistics.median(unknown) / statistics.median(known) < 2.5


def _seconds(action):
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
