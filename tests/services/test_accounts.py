from datetime import timedelta

import pytest
from sqlalchemy import text

from backend.access import passwords
from backend.access.attempts import PER_ACCOUNT_AND_ADDRESS
from backend.access.sessions import COOKIE_NAME
from backend.core import clock
from backend.core.caller import Origin
from backend.core.errors import SignInRefused, TooManyAttempts
from backend.models import people as table
from backend.models.audit import entries_after
from tests.cheap_passwords import watched_checks
from tests.installation import HERE, PASSWORD, install

ANNA = "radiologist@east.example"


@pytest.fixture
def house(peopled_database, tmp_path):
    installed = install(peopled_database, tmp_path)
    yield installed
    installed.sessions.close()


def trail(house):
    with house.database.system_read() as session:
        return list(entries_after(session, 0, 10_000))


def person(house, email=ANNA):
    with house.database.system_read() as session:
        return table.user_by_email(session, email)


def test_signing_in_on_both_databases(database, tmp_path):
    house = install(database, tmp_path)
    signed_in = house.accounts.sign_in(ANNA, PASSWORD, HERE)
    caller = house.caller_of(signed_in.token)
    assert (caller.email, caller.organization_id) == (ANNA, house.east)
    assert signed_in.max_age_seconds == 12 * 3600
    house.accounts.sign_out(caller)
    assert house.find(signed_in.token) is None
    assert house.audit_trail.verify().first_bad_sequence is None


@pytest.mark.parametrize("typed", [f"  {ANNA.upper()} ", ANNA.title(), ANNA.replace("@", "＠")])
def test_a_name_is_found_however_it_is_typed(house, typed):
    assert house.accounts.sign_in(typed, PASSWORD, HERE).user_id == person(house).id


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ANNA, "wrong password here"),
        (ANNA, ""),
        (ANNA, PASSWORD + " "),
        (ANNA, PASSWORD.upper()),
        ("nobody@east.example", PASSWORD),
        ("", PASSWORD),
        ("", ""),
        ("x" * 100_000, PASSWORD),
        (ANNA, "x" * 100_000),
        ("\0\ud800", "\0\ud800"),
        ("' OR 1=1 --", "' OR 1=1 --"),
    ],
)
def test_everything_else_is_refused_with_the_same_words(house, email, password):
    with pytest.raises(SignInRefused) as refused:
        house.accounts.sign_in(email, password, HERE)
    assert refused.value.sentence == SignInRefused.default_sentence


def test_a_disabled_account_is_refused_with_the_same_words(house):
    house.people.disable(house.caller("administrator@east.example"), person(house).id)
    with pytest.raises(SignInRefused) as refused:
        house.accounts.sign_in(ANNA, PASSWORD, HERE)
    assert refused.value.sentence == SignInRefused.default_sentence


def test_unknown_people_cost_as_much_as_known_ones(house, monkeypatch):
    passwords.warm()
    checks = watched_checks(monkeypatch)
    for email in (ANNA, "nobody@east.example"):
        with pytest.raises(SignInRefused):
            house.accounts.sign_in(email, "wrong", HERE)
    assert len(checks) == 2
    assert len(set(checks)) == 1


def test_each_sign_in_has_a_new_token_and_ends_the_session_the_browser_had(house):
    first = house.accounts.sign_in(ANNA, PASSWORD, HERE)
    header = f"{COOKIE_NAME}={first.token}"
    second = house.accounts.sign_in(ANNA, PASSWORD, HERE, header)
    assert first.token != second.token
    assert house.find(first.token) is None
    assert house.find(second.token)


def test_a_token_chosen_by_somebody_else_never_becomes_a_session(house):
    planted = "A" * 43
    signed_in = house.accounts.sign_in(ANNA, PASSWORD, HERE, f"{COOKIE_NAME}={planted}")
    assert signed_in.token != planted
    assert house.find(planted) is None


def test_a_session_survives_a_wrong_password_in_the_same_browser(house):
    signed_in = house.accounts.sign_in(ANNA, PASSWORD, HERE)
    with pytest.raises(SignInRefused):
        house.accounts.sign_in(ANNA, "wrong", HERE, f"{COOKIE_NAME}={signed_in.token}")
    assert house.find(signed_in.token)


def test_guessing_must_wait_for_known_and_unknown_people_alike(house):
    for email in (ANNA, "nobody@east.example"):
        for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
            with pytest.raises(SignInRefused):
                house.accounts.sign_in(email, "wrong", HERE)
        with pytest.raises(TooManyAttempts) as refused:
            house.accounts.sign_in(email, PASSWORD, HERE)
        assert refused.value.sentence == "Too many attempts. Wait 2 seconds and try again."


def test_anna_is_not_locked_out_where_she_has_signed_in_before(house):
    house.accounts.sign_in(ANNA, PASSWORD, Origin("192.0.2.50"))
    for number in range(30):
        with pytest.raises((SignInRefused, TooManyAttempts)):
            house.accounts.sign_in(ANNA, "wrong", Origin(f"198.51.100.{number}"))
    with pytest.raises(TooManyAttempts):
        house.accounts.sign_in(ANNA, PASSWORD, Origin("203.0.113.77"))
    assert house.accounts.sign_in(ANNA, PASSWORD, Origin("192.0.2.50"))


def test_refused_sign_ins_are_recorded_without_what_was_typed(house):
    with pytest.raises(SignInRefused):
        house.accounts.sign_in(ANNA, "my secret typo", HERE)
    with pytest.raises(SignInRefused):
        house.accounts.sign_in("my secret typo", "x", HERE)
    known, unknown = trail(house)[-2:]
    assert (known.action, known.outcome) == ("session:refuse", "refused")
    assert (known.organization_id, known.object_id) == (house.east, person(house).id)
    assert known.reason == "wrong password"
    assert (unknown.organization_id, unknown.object_id) == ("system", "")
    assert unknown.reason == "unknown account"
    assert "typo" not in known.model_dump_json() + unknown.model_dump_json()
    assert (known.ip_address, known.user_agent) == (HERE.ip_address, HERE.user_agent)


def test_the_moment_of_the_last_sign_in_is_kept(house):
    moment = clock.now() + timedelta(days=1)
    with clock.frozen(moment):
        house.accounts.sign_in(ANNA, PASSWORD, HERE)
    assert person(house).last_signed_in_at == moment


def test_a_password_kept_with_weaker_settings_is_kept_anew(house):
    weaker = passwords.argon2.using(type="ID", memory_cost=8192, time_cost=1, parallelism=1)
    with house.plain_database.system_write() as session:
        session.connection().execute(
            text("UPDATE users SET password_hash = :kept WHERE email = :email"),
            {"kept": weaker.hash(PASSWORD), "email": ANNA},
        )
    house.accounts.sign_in(ANNA, PASSWORD, HERE)
    assert not passwords.needs_new_hash(person(house).password_hash)
    house.accounts.sign_in(ANNA, PASSWORD, HERE)


def test_a_password_changed_in_the_very_moment_of_signing_in_counts(house, monkeypatch):
    def changed_meanwhile(password, kept):
        found = passwords.verify_password(password, kept)
        with house.plain_database.system_write() as session:
            session.connection().execute(text("UPDATE users SET password_hash = 'another'"))
        return found

    monkeypatch.setattr(
        "backend.services.accounts.passwords.verify_password", _once(changed_meanwhile)
    )
    with pytest.raises(SignInRefused):
        house.accounts.sign_in(ANNA, PASSWORD, HERE)


def _once(action):
    original = passwords.verify_password
    called = []

    def first(*arguments):
        if called:
            return original(*arguments)
        called.append(1)
        return action(*arguments)

    return first


def test_signing_in_and_out_are_recorded(house):
    signed_in = house.accounts.sign_in(ANNA, PASSWORD, HERE)
    caller = house.caller_of(signed_in.token)
    house.accounts.sign_out(caller)
    began, ended = trail(house)[-2:]
    assert (began.action, ended.action) == ("session:start", "session:end")
    assert began.object_id == ended.object_id == caller.session_id
    assert began.actor_user_id == ended.actor_user_id == caller.user_id
    assert signed_in.token not in began.model_dump_json() + ended.model_dump_json()
