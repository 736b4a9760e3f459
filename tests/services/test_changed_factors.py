"""Changes of second factors, what they end, and what they ask of whoever makes them."""

from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from backend.access import ceremonies
from backend.access.sessions import COOKIE_NAME
from backend.core import clock
from backend.core.caller import Origin
from backend.core.errors import (
    NotAllowed,
    NotFound,
    ProofRefused,
    SignInRefused,
    StepUpNeeded,
)
from backend.core.permissions import BuiltInRole
from backend.core.vocabulary import SecondFactorRule
from backend.models import factors as table
from backend.models import people as people_table
from backend.models.people import UserPermission
from backend.schemas.people import HalfSignedIn, SignedIn
from backend.services.proving import Proof
from backend.services.second_step import StepOver
from tests.authenticator import ORIGIN
from tests.factor_people import SITE, Person, code_of, remembered
from tests.installation import HERE, PASSWORD


def test_each_change_of_a_factor_asks_for_a_recent_proof(anna):
    later = clock.now() + timedelta(minutes=11)
    mine = anna.house.factors
    with clock.frozen(later):
        caller = anna.caller
        for act in (
            lambda: mine.begin_app(caller),
            lambda: mine.confirm_app(caller, "x", "000000"),
            lambda: mine.remove_app(caller),
            lambda: mine.begin_passkey(caller, ORIGIN),
            lambda: mine.add_passkey(caller, "x", "{}", "", ORIGIN),
            lambda: mine.remove_passkey(caller, "x"),
            lambda: mine.new_recovery_codes(caller),
        ):
            with pytest.raises(StepUpNeeded):
                act()


def test_a_change_of_factors_ends_other_sessions_and_is_told(anna):
    other = anna.house.token(anna.email)
    anna.add_app()
    assert anna.house.find(other) is None
    assert anna.caller
    assert any("have changed" in letter for letter in anna.letters())
    assert ("factor:add", "success", "") in anna.trail()


def test_removing_the_last_factor_takes_codes_and_browsers_with_it(anna):
    cookie = remembered(anna, anna.add_app())
    anna.house.factors.new_recovery_codes(anna.caller)
    anna.house.factors.remove_app(anna.caller)
    assert anna.house.factors.overview(anna.caller).recovery_codes == 0
    assert anna.house.factors.devices(anna.caller) == ()
    assert isinstance(anna.house.accounts.sign_in(anna.email, PASSWORD, HERE, cookie), SignedIn)


def test_an_administrator_resets_the_factors_of_others_and_their_sessions_end(anna):
    anna.add_app()
    anna.add_passkey()
    step, user_id = anna.half(), anna.user_id
    manager = anna.house.caller("administrator@east.example")
    anna.house.factors.reset(manager, user_id)
    assert anna.house.find(anna.token) is None
    with pytest.raises(StepOver):
        anna.by_code("000000", step)
    assert isinstance(anna.house.accounts.sign_in(anna.email, PASSWORD, HERE), SignedIn)
    assert any("removed by an administrator" in letter for letter in anna.letters())


def test_nobody_resets_the_factors_of_somebody_who_may_do_more(people, anna):
    """Whoever manages people and holds nothing else that administers does not get at the administrator's account."""
    with anna.house.database.write(anna.house.east) as session:
        session.add(UserPermission(user_id=anna.user_id, permission="people:manage"))
    clerk = anna.house.caller(anna.email)
    above = people.new(role=BuiltInRole.ADMINISTRATOR)
    above.add_app()
    with pytest.raises(NotAllowed, match="that you do not hold yourself: study:delete"):
        anna.house.factors.reset(clerk, above.user_id)
    assert anna.house.factors.overview(above.caller).has_app
    below = people.new()
    below.add_app()
    user_id = below.user_id
    anna.house.factors.reset(clerk, user_id)
    assert isinstance(anna.house.accounts.sign_in(below.email, PASSWORD, HERE), SignedIn)


def test_nobody_else_resets_factors_and_nobody_their_own(people, anna):
    manager = anna.house.caller("administrator@east.example")
    with pytest.raises(NotAllowed):
        anna.house.factors.reset(people.new().caller, anna.user_id)
    with pytest.raises(NotAllowed):
        anna.house.factors.reset(manager, manager.user_id)
    with pytest.raises(NotFound):
        anna.house.factors.reset(anna.house.caller("administrator@west.example"), anna.user_id)
    with clock.frozen(clock.now() + timedelta(minutes=11)), pytest.raises(StepUpNeeded):
        anna.house.factors.reset(
            anna.house.sessions.caller_of_cookie(f"{COOKIE_NAME}={_fresh(anna)}"), anna.user_id
        )


def _fresh(anna: Person) -> str:
    """A session of the administrator that began eleven minutes before the clock's present."""
    with clock.frozen(clock.now() - timedelta(minutes=11)):
        return anna.house.token("administrator@east.example")


def test_a_new_password_never_spares_the_second_factor(anna):
    anna.add_app()
    another = "green hills behind the town"
    anna.change_password(another)
    assert isinstance(anna.house.accounts.sign_in(anna.email, another, HERE), HalfSignedIn)


def step_up(person: Person, proof: Proof) -> str:
    cookies = f"{COOKIE_NAME}={person.token}"
    return person.house.proving.step_up(person.caller, proof, cookies).token


def test_who_holds_a_factor_proves_with_it(anna):
    app = anna.add_app()
    with pytest.raises(ProofRefused):
        step_up(anna, Proof(password=PASSWORD))
    with pytest.raises(ProofRefused):
        step_up(anna, Proof(password="wrong", code=code_of(app)))
    code = code_of(app)
    assert step_up(anna, Proof(password=PASSWORD, code=code)) != anna.token
    assert anna.house.proving.choices(anna.house.caller(anna.email)).needs_code


def test_a_wrong_password_does_not_use_up_the_code(anna):
    app = anna.add_app()
    code = code_of(app)
    with pytest.raises(ProofRefused):
        step_up(anna, Proof(password="wrong", code=code))
    assert step_up(anna, Proof(password=PASSWORD, code=code))


def test_a_passkey_proves_alone_in_the_session_that_asked(people, anna):
    device = anna.add_passkey()
    token, options = anna.house.proving.begin_passkey(anna.caller, SITE)
    other = people.new()
    proof = Proof(ceremony=token, passkey=device.use(options), site=SITE)
    with pytest.raises(ProofRefused):
        step_up(other, proof)
    token, options = anna.house.proving.begin_passkey(anna.caller, SITE)
    proof = Proof(ceremony=token, passkey=device.use(options), site=SITE)
    before = anna.token
    anna.token = step_up(anna, proof)
    assert anna.token != before
    with pytest.raises(ProofRefused):
        step_up(anna, proof)


def test_a_challenge_for_one_purpose_serves_no_other(anna):
    device = anna.add_passkey()
    token, options = anna.house.proving.begin_passkey(anna.caller, SITE)
    with pytest.raises(SignInRefused):
        anna.house.passkey_sign_in.finish(token, device.use(options), SITE, HERE)
    token, options = anna.house.passkey_sign_in.begin(SITE)
    with pytest.raises(ProofRefused):
        step_up(anna, Proof(ceremony=token, passkey=device.use(options), site=SITE))


def test_sessions_are_listed_with_browser_and_address_this_one_first(anna):
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
    anna.house.token(anna.email, Origin("203.0.113.7", agent))
    first, second = anna.house.own_sessions.list_all(anna.caller)
    assert (first.is_this, second.is_this) == (True, False)
    assert (second.browser, second.ip_address) == ("Firefox on Windows", "203.0.113.7")


def test_sessions_end_one_by_one_or_all_others_at_once_and_only_ones_own(people, anna):
    tokens = [anna.house.token(anna.email) for _ in range(3)]
    listed = anna.house.own_sessions.list_all(anna.caller)
    other = next(each for each in listed if not each.is_this)
    with pytest.raises(NotFound):
        anna.house.own_sessions.end(people.new().caller, other.session_id)
    anna.house.own_sessions.end(anna.caller, other.session_id)
    assert sum(anna.house.find(token) is not None for token in tokens) == 2
    assert anna.house.own_sessions.end_others(anna.caller) == 2
    assert not any(anna.house.find(token) for token in tokens)
    assert anna.caller


def test_a_sign_in_from_a_new_place_or_browser_is_told_and_one_from_a_known_is_not(anna):
    anna.house.accounts.sign_in(anna.email, PASSWORD, HERE)
    before = len(anna.letters())
    anna.house.accounts.sign_in(anna.email, PASSWORD, HERE)
    assert len(anna.letters()) == before
    anna.house.accounts.sign_in(anna.email, PASSWORD, Origin("203.0.113.88", HERE.user_agent))
    assert len(anna.letters()) == before + 1


def test_what_is_over_is_swept_away_when_something_begins(people, anna):
    anna.house.passkey_sign_in.begin(SITE)
    with clock.frozen(clock.now() + timedelta(hours=1)):
        anna.house.passkey_sign_in.begin(SITE)
        with anna.house.database.system_read() as session:
            rows = session.connection().execute(
                sql("SELECT count(*) FROM ceremonies WHERE expires_at <= :now"),
                {"now": clock.now()},
            )
            assert rows.scalar() == 0


def test_a_ceremony_is_finished_once(anna):
    with anna.house.database.write(anna.house.east) as session:
        begun = ceremonies.begin(
            session, ceremonies.Purpose.APP_ENROL, organization_id=anna.house.east
        )
        take = lambda: ceremonies.take(session, ceremonies.Purpose.APP_ENROL, begun.token)  # noqa: E731
        assert ceremonies.take(session, ceremonies.Purpose.SECOND_STEP, begun.token) is None
        assert take() is not None
        assert take() is None


def test_nothing_of_a_persons_factors_is_seen_from_another_organization(people, anna):
    anna.add_passkey()
    anna.add_app()
    with people.house.database.read(people.house.west) as session:
        assert table.passkeys_of(session, anna.user_id) == []
        assert table.app_of(session, anna.user_id) is None
        assert people_table.user_by_id(session, anna.user_id) is None
    assert SecondFactorRule.REQUIRED.value == "required"
