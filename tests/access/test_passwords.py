from collections.abc import Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backend.access import common_passwords, passwords
from backend.access.passwords import PasswordRefused
from tests.cheap_passwords import usual_cost, watched_checks


@pytest.fixture(scope="module", autouse=True)
def _what_they_cost_outside_of_tests() -> Iterator[None]:
    with usual_cost():
        yield


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
    for nothing in (None, ""):
        assert not passwords.verify_password("nobody", nothing)
        assert not passwords.verify_password("", nothing)


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


CONTEXT = ("Nora Winter", "nora.winter@bayview.example", "Bayview")
# Password, least characters, and a word of the refusal; empty where there is none.
TABLE = [
    # Length: code points of the normalized text, nothing else.
    ("", 12, "too short"),
    ("kite wind se", 12, ""),
    ("kite wind s", 12, "too short"),
    ("kite wind sea r", 15, ""),
    ("kite wind sea ", 15, "too short"),
    ("kite wind se", 15, "too short"),
    ("🐘🦒🐋🦔🐝🦉🐢🦜🐙🦋🐿🦢", 12, ""),
    ("🐘🦒🐋🦔🐝🦉🐢🦜🐙🦋🐿", 12, "too short"),
    ("gefa\u0308hrliche", 12, "too short"),  # eleven once the dots are joined to their letter
    ("gefa\u0308hrlicher", 12, ""),
    ("\ufb01\ufb02 kite s", 12, "too short"),  # two ligatures are four letters, eleven in all
    ("\ufb01\ufb02 kite se", 12, ""),
    ("five green kites " * 3 + "and the sea 1", 15, ""),  # 64
    ("five green kites " * 7 + "and a sea", 15, ""),  # 128
    ("five green kites " * 60, 15, ""),  # 1020
    ("five green kites " * 61, 15, "too long"),
    # Composition: no rule at all.
    ("all lower case words", 15, ""),
    ("ALL UPPER CASE WORDS", 15, ""),
    ("831 0479 265 1173 58", 15, "Many people"),  # digits only are dates and phone numbers
    ("  spaces   at   both   ends  ", 15, ""),
    ("tab\tand\nline end inside", 15, ""),
    ("пароль из нескольких слов", 15, ""),
    ("静かな川は深く流れるものですよね", 15, ""),
    ("x9$-7kQ!zp2&Lm", 12, ""),
    ("qK7vTz2mWp9x", 12, ""),
    # What everybody tries, whole or with something added.
    ("password1234", 12, "Many people"),
    ("P@ssword2026!", 12, "Many people"),
    ("passwordpassword", 15, "Many people"),
    ("Password-2026!!", 15, "Many people"),
    ("sunshine2026", 12, "Many people"),
    ("iloveyou!!!!2", 12, "Many people"),
    ("qwertyuiop[]", 12, "Many people"),
    ("1q2w3e4r5t6y", 12, "Many people"),
    ("ABCDEFGHIJKLMNOP", 15, "Many people"),
    ("zyxwvutsrqponmlk", 15, "Many people"),
    ("98765432109876543", 15, "Many people"),
    ("aaaaaaaaaaaaaaaab", 15, "Many people"),
    ("correcthorsebatterystaple", 15, "Many people"),
    ("Radiology 2026!", 15, "Many people"),
    ("sunshine 48 1093 7756 2", 15, ""),  # a known word, and a secret of its own
    # The person, the place and the program.
    ("Pacscribe2026", 12, "contains"),
    ("winter is long here", 15, "contains"),
    ("at Bayview every day", 15, "contains"),
    ("nora and the kites", 15, "contains"),
    ("summer is long here", 15, ""),
]  # fmt: skip


@pytest.mark.parametrize(("password", "least", "why"), TABLE)
def test_the_table_of_passwords(password, least, why):
    if not why:
        passwords.require_acceptable(password, CONTEXT, least)
        return
    with pytest.raises(PasswordRefused, match=why):
        passwords.require_acceptable(password, CONTEXT, least)


def test_the_table_holds_lengths_of_64_128_and_1020():
    lengths = {len(password) for password, _, _ in TABLE}
    assert len(TABLE) >= 40
    assert {64, 128, 1020} <= lengths


def test_the_file_of_common_passwords_is_sorted_and_holds_each_hash_once():
    table = common_passwords._table()
    hashes = [table[at : at + 5] for at in range(0, len(table), 5)]
    assert len(hashes) > 60_000
    assert hashes == sorted(set(hashes))


def test_the_file_is_written_from_a_list(tmp_path, monkeypatch):
    source, target = tmp_path / "list.txt", tmp_path / "list.bin"
    source.write_text("dragon\nTwelve Letters\nshort\n\n", "utf-8")
    assert common_passwords.write(source, target) == 4
    monkeypatch.setattr(common_passwords, "_table", target.read_bytes)
    assert common_passwords.is_common("twelve letters")
    assert common_passwords.is_common("Dragon-2026!")
    assert common_passwords.is_common("dragondragon")
    assert not common_passwords.is_common("dragon fire")


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=16, max_size=40))
def test_hardly_any_other_password_is_taken_for_a_common_one(password):
    assume(len(common_passwords._repeated(common_passwords._letters(password.casefold()))) > 12)
    assert not common_passwords.is_common(password)


def test_a_refusal_does_not_repeat_the_password():
    with pytest.raises(PasswordRefused) as refused:
        passwords.require_acceptable("Miller4711!!", ("Anna Miller",))
    assert "4711" not in refused.value.sentence


@settings(max_examples=8, deadline=None)
@given(st.text(min_size=0, max_size=40))
def test_every_text_verifies_against_its_own_hash(password):
    assert passwords.verify_password(password, passwords.hash_password(password))


def test_an_unknown_person_costs_as_much_as_a_known_one(monkeypatch):
    passwords.warm()
    kept = passwords.hash_password("quiet rivers run deep")
    checks = watched_checks(monkeypatch)
    assert not passwords.verify_password("wrong", kept)
    assert not passwords.verify_password("wrong", None)
    assert checks == ["$argon2id$v=19$m=19456,t=2,p=1"] * 2
