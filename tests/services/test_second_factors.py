"""Codes, recovery codes, passkeys, half a sign-in, remembered browsers: what proves somebody, once, and what does not.

One installation for all of them: each test takes a person of its own, for making an installation takes longer than most tests.
"""

import base64
import json
import threading
from datetime import timedelta

import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text as sql

from backend.access import ceremonies, devices, passwords, policies
from backend.access.ceremonies import MOST_ATTEMPTS, STEP_COOKIE_NAME
from backend.access.codes import RECOVERY_CODES, Codes
from backend.access.passkeys import PasskeyCloned, Site, site_of
from backend.access.policies import SignInPolicy
from backend.access.sessions import COOKIE_NAME
from backend.core import clock
from backend.core.caller import Origin, system_caller
from backend.core.errors import (
    Malformed,
    NotAllowed,
    NotFound,
    ObjectDamaged,
    ProofRefused,
    SignInRefused,
    StepUpNeeded,
    TooManyAttempts,
)
from backend.core.permissions import BuiltInRole
from backend.core.vocabulary import SecondFactorRule
from backend.models import factors as table
from backend.models import people as people_table
from backend.models.audit import entries_after
from backend.schemas.people import HalfSignedIn, SignedIn
from backend.services.people import add_user, change_password
from backend.services.proving import Proof
from backend.services.second_step import StepOver
from tests.authenticator import ORIGIN, Device
from tests.installation import HERE, PASSWORD, Installation, install, kept_password

SITE = Site("localhost", ORIGIN)


class People:
    """An installation, and as many people in it as tests want."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        self._count = 0

    def new(
        self, organization_id: str = "", role: BuiltInRole = BuiltInRole.RADIOLOGIST
    ) -> "Person":
        self._count += 1
        email = f"person{self._count}@east.example"
        organization_id = organization_id or self.house.east
        with self.house.database.system_write() as session:
            add_user(
                session,
                system_caller(organization_id, frozenset()),
                display_name=f"Person {self._count}",
                email=email,
                password_hash=kept_password(),
                roles=(role,),
            )
        return Person(self.house, email)


class Person:
    def __init__(self, house: Installation, email: str) -> None:
        self.house, self.email = house, email
        self.token = house.token(email)
        self.origin = Origin(f"192.0.2.{len(email)}", "Test browser")

    @property
    def caller(self):
        return self.house.caller_of(self.token)

    @property
    def user_id(self) -> str:
        return self.caller.user_id

    def add_app(self) -> pyotp.TOTP:
        token, app = self.house.factors.begin_app(self.caller)
        made = pyotp.TOTP(app.key)
        self.house.factors.confirm_app(self.caller, token, code_of(made, -1))
        return made

    def add_passkey(self, device: Device | None = None, name: str = "Laptop") -> Device:
        device = device or Device()
        token, options = self.house.factors.begin_passkey(self.caller, ORIGIN)
        self.house.factors.add_passkey(self.caller, token, device.make(options), name, ORIGIN)
        return device

    def half(self, cookies: str = "", origin: Origin = HERE) -> str:
        """The cookie of the step after the password."""
        answer = self.house.accounts.sign_in(self.email, PASSWORD, origin, cookies)
        assert isinstance(answer, HalfSignedIn)
        return f"{STEP_COOKIE_NAME}={answer.token}"

    def by_code(self, code: str, step: str = "", **options) -> SignedIn:
        return self.house.second_steps.with_code(step or self.half(), code, HERE, **options)

    def change_password(self, password: str) -> None:
        caller = self.caller
        with self.house.database.write(caller.organization_id) as session:
            user = people_table.user_by_id(session, caller.user_id)
            hashed = passwords.hash_password(password)
            change_password(session, self.house.sessions, caller, user, hashed)

    def trail(self) -> list[tuple[str, str, str]]:
        with self.house.database.system_read() as session:
            return [
                (entry.action, entry.outcome, entry.reason)
                for entry in entries_after(session, 0, 100_000)
                if self.user_id in (entry.actor_user_id, entry.object_id)
            ]

    def letters(self) -> list[str]:
        with self.house.plain_database.system_read() as session:
            rows = session.connection().execute(sql("SELECT payload FROM outbox"))
            return [row[0] for row in rows if self.email in row[0]]


def code_of(app: pyotp.TOTP, steps: int = 0) -> str:
    """The code of now, or of some steps of thirty seconds later."""
    return app.at(clock.now(), counter_offset=steps)


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    from backend.adapters.database import Database, embedded_url

    folder = tmp_path_factory.mktemp("factors")
    database = Database(embedded_url(folder), b"k" * 32)
    database.migrate()
    house = install(database, folder)
    yield People(house)
    assert house.audit_trail.verify().first_bad_sequence is None
    house.sessions.close()
    database.close()


@pytest.fixture
def anna(people) -> Person:
    return people.new()


# -- authenticator app --------------------------------------------------------------------------


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


# -- recovery codes -----------------------------------------------------------------------------


def test_ten_recovery_codes_each_open_once(anna):
    anna.add_app()
    codes = anna.house.factors.new_recovery_codes(anna.caller)
    assert len(set(codes)) == RECOVERY_CODES
    assert anna.by_code(codes[0]).token
    with pytest.raises(ProofRefused):
        anna.by_code(codes[0])
    assert anna.house.factors.overview(anna.caller).recovery_codes == 9


@pytest.mark.parametrize(
    "change", [str.upper, lambda code: code.replace("-", ""), lambda code: code.replace("-", " ")]
)
def test_recovery_codes_are_taken_however_they_are_typed(anna, change):
    anna.add_app()
    codes = anna.house.factors.new_recovery_codes(anna.caller)
    assert anna.by_code(change(codes[3])).token


def test_new_recovery_codes_end_the_old_ones(anna):
    anna.add_app()
    old = anna.house.factors.new_recovery_codes(anna.caller)
    anna.house.factors.new_recovery_codes(anna.caller)
    with pytest.raises(ProofRefused):
        anna.by_code(old[0])


def test_recovery_codes_are_not_in_the_database(anna):
    anna.add_app()
    codes = anna.house.factors.new_recovery_codes(anna.caller)
    with anna.house.plain_database.system_read() as session:
        rows = str(session.connection().execute(sql("SELECT * FROM recovery_codes")).all())
    assert not any(code in rows or code.replace("-", "") in rows for code in codes)


def test_a_recovery_code_sent_twice_in_the_same_moment_opens_once(anna):
    anna.add_app()
    code = anna.house.factors.new_recovery_codes(anna.caller)[0]
    with anna.house.plain_database.system_write() as session:
        session.organization_id = None
        key = Codes(b"s" * 32)
        results = [key.use_recovery_code(session, anna.user_id, code) for _ in range(2)]
    assert results == [True, False]


def test_recovery_codes_of_somebody_else_open_nothing(people, anna):
    anna.add_app()
    bo = people.new()
    bo.add_app()
    theirs = bo.house.factors.new_recovery_codes(bo.caller)
    with pytest.raises(ProofRefused):
        anna.by_code(theirs[0])


def test_without_a_factor_there_is_nothing_to_recover(anna):
    with pytest.raises(Malformed):
        anna.house.factors.new_recovery_codes(anna.caller)


# -- half a sign-in -----------------------------------------------------------------------------


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


# -- who must enrol -----------------------------------------------------------------------------


@pytest.fixture
def strict(people):
    """The organization at west, where everybody needs a second factor."""
    with people.house.database.write(people.house.west) as session:
        policies.write(session, people.house.west, SignInPolicy())
    return people.new(people.house.west)


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


# -- passkeys -----------------------------------------------------------------------------------


def sign_in(person: Person, device: Device, **lies) -> SignedIn:
    token, options = person.house.passkey_sign_in.begin(SITE)
    return person.house.passkey_sign_in.finish(token, device.use(options, **lies), SITE, HERE)


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


# -- remembered browsers ------------------------------------------------------------------------


def remembered(person: Person, app: pyotp.TOTP) -> str:
    signed_in = person.by_code(code_of(app), remembers=True)
    assert signed_in.device_token
    return f"{devices.COOKIE_NAME}={signed_in.device_token}"


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


# -- changes, and what they end -----------------------------------------------------------------


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


# -- proving again ------------------------------------------------------------------------------


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


# -- sessions of one's own ----------------------------------------------------------------------


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
