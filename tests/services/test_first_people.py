import shutil
from contextlib import closing
from datetime import timedelta

import pyotp
import pytest
from sqlmodel import select

from backend.access.attempts import PER_ACCOUNT_AND_ADDRESS
from backend.access.ceremonies import STEP_COOKIE_NAME
from backend.access.codes import Codes
from backend.access.passwords import PasswordRefused
from backend.access.sessions import COOKIE_NAME, Sessions
from backend.access.witness import WitnessedDatabase
from backend.adapters.audit_seal_file import FileSeal
from backend.adapters.database import Database, embedded_url
from backend.core import clock
from backend.core.caller import Origin
from backend.core.errors import CannotStart, Malformed, NotFound, SignInRefused, TooManyAttempts
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole
from backend.models import people as table
from backend.models.audit import entries_after
from backend.models.work import OutboxMessage
from backend.schemas.people import HalfSignedIn
from backend.services.accounts import Accounts
from backend.services.first_people import DEMO_ACCOUNTS, FirstPeople, SetUp, SetUpLinkRefused
from backend.services.second_step import SecondSteps
from tests.installation import HERE
from tests.postgres import TEST_KEY
from tests.standing_attempts import standing_attempts

FORM = SetUp("Bayview Hospital", "Anna Miller", "anna@bayview.example", "wide meadows full of hay")


class NewHouse:
    """A migrated database with nobody in it."""

    def __init__(self, database, folder):
        self.database = WitnessedDatabase(database, FileSeal(folder / "audit.seal", b"k" * 32))
        self.sessions = Sessions(
            self.database, idle=timedelta(minutes=15), longest=timedelta(hours=12)
        )
        self.accounts = Accounts(self.database, self.sessions, standing_attempts())
        self.first_people = FirstPeople(self.database, self.sessions, standing_attempts())
        self.first_people.prepare()
        self.second_steps = SecondSteps(
            self.database, self.sessions, standing_attempts(), Codes(b"c" * 32)
        )

    def enrols(self, half):
        step = f"{STEP_COOKIE_NAME}={half.token}"
        app = pyotp.TOTP(self.second_steps.app_enrolment(step).key)
        return self.second_steps.enrol_app(step, app.at(clock.now()), HERE)

    def letters(self):
        with self.database.system_read() as session:
            return session.exec(select(OutboxMessage)).all()

    def caller(self, token):
        return self.sessions.caller_of_cookie(f"{COOKIE_NAME}={token}", HERE)

    def people(self):
        with self.database.system_read() as session:
            return {user.email: user for user in table.all_users(session)}

    def actions(self):
        with self.database.system_read() as session:
            return [entry.action for entry in entries_after(session, 0, 10_000)]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """A database as migrations leave it, to be copied."""
    url = embedded_url(tmp_path_factory.mktemp("migrated"))
    with closing(Database(url, TEST_KEY)) as database:
        database.migrate()
    return url.database


@pytest.fixture
def house(migrated, tmp_path):
    url = embedded_url(tmp_path)
    shutil.copyfile(migrated, url.database)
    database = Database(url, TEST_KEY)
    made = NewHouse(database, tmp_path)
    yield made
    made.sessions.close()
    database.close()


def test_a_new_installation_has_no_account_at_all(house):
    house.first_people.new_set_up_link()
    assert house.people() == {}


def test_the_link_makes_organization_and_administrator_who_adds_a_factor_first_on_both_databases(
    empty_database, tmp_path
):
    empty_database.migrate()
    house = NewHouse(empty_database, tmp_path)
    token = house.first_people.new_set_up_link()
    half = house.first_people.set_up(token, FORM, HERE)
    assert isinstance(half, HalfSignedIn)
    assert house.caller(half.token) is None
    assert house.actions() == ["organization:create", "user:create"]
    caller = house.caller(house.enrols(half).token)
    assert caller.permissions == ROLE_PERMISSIONS[BuiltInRole.ADMINISTRATOR]
    assert (caller.email, caller.display_name) == ("anna@bayview.example", "Anna Miller")
    assert house.accounts.sign_in("anna@bayview.example", FORM.password, HERE)
    assert house.first_people.organization().slug == "bayview-hospital"
    assert house.actions()[2:] == ["factor:add", "session:start"]
    assert house.letters() == []  # a first sign-in is none from a new device


def test_the_link_works_once(house):
    token = house.first_people.new_set_up_link()
    house.first_people.set_up(token, FORM, HERE)
    with pytest.raises(SetUpLinkRefused):
        house.first_people.set_up(token, FORM, HERE)
    assert len(house.people()) == 1


def test_a_new_link_ends_the_one_before(house):
    first = house.first_people.new_set_up_link()
    second = house.first_people.new_set_up_link()
    assert first != second
    with pytest.raises(SetUpLinkRefused):
        house.first_people.set_up(first, FORM, HERE)
    assert house.first_people.set_up(second, FORM, HERE)


def test_the_link_lasts_a_day(house):
    now = clock.now()
    with clock.frozen(now):
        token = house.first_people.new_set_up_link()
    with clock.frozen(now + timedelta(hours=24)), pytest.raises(SetUpLinkRefused):
        house.first_people.set_up(token, FORM, HERE)
    with clock.frozen(now + timedelta(hours=23, minutes=59)):
        assert house.first_people.set_up(token, FORM, HERE)


def test_there_is_no_link_once_somebody_has_an_account(house):
    house.first_people.set_up(house.first_people.new_set_up_link(), FORM, HERE)
    assert house.first_people.new_set_up_link() == ""


@pytest.mark.parametrize("token", ["", "x" * 43, "\ud800", "' OR 1=1"])
def test_a_guessed_link_is_refused(house, token):
    house.first_people.new_set_up_link()
    with pytest.raises(SetUpLinkRefused):
        house.first_people.set_up(token, FORM, HERE)


def test_guessing_links_must_wait(house):
    token = house.first_people.new_set_up_link()
    for _ in range(PER_ACCOUNT_AND_ADDRESS.free):
        with pytest.raises(SetUpLinkRefused):
            house.first_people.set_up("guess", FORM, HERE)
    with pytest.raises(TooManyAttempts):
        house.first_people.set_up(token, FORM, HERE)
    assert house.first_people.set_up(token, FORM, Origin("198.51.100.1"))


@pytest.mark.parametrize(
    ("form", "refusal"),
    [
        (SetUp("", "Anna", "a@b.example", "wide meadows full of hay"), Malformed),
        (SetUp("Bayview", "", "a@b.example", "wide meadows full of hay"), Malformed),
        (SetUp("Bayview", "Anna", "no address", "wide meadows full of hay"), Malformed),
        (SetUp("Bayview", "Anna", "a@b.example", "short"), PasswordRefused),
        (SetUp("Bayview", "Anna", "a@b.example", "bayview 12345"), PasswordRefused),
    ],
)
def test_a_form_that_cannot_be_used_leaves_the_link_usable(house, form, refusal):
    token = house.first_people.new_set_up_link()
    with pytest.raises(refusal):
        house.first_people.set_up(token, form, HERE)
    assert house.people() == {}
    assert house.first_people.set_up(token, FORM, HERE)


@pytest.mark.parametrize("name", ["Demo", "System", "病院", "DEMO!"])
def test_no_name_of_an_organization_takes_a_reserved_short_name(house, name):
    token = house.first_people.new_set_up_link()
    house.first_people.set_up(token, SetUp(name, "Anna", "a@b.example", FORM.password), HERE)
    assert house.first_people.organization().slug in {"demo-2", "system-2", "organization"}
    assert house.first_people.new_set_up_link() == ""  # not taken for a demo


def test_the_demo_has_its_six_accounts_with_one_password(house):
    house.first_people.prepare_demo("demo-password-1")
    assert (
        set(house.people())
        == set(DEMO_ACCOUNTS)
        == {
            "admin@demo.example",
            "radiologist@demo.example",
            "radiologist2@demo.example",
            "technologist@demo.example",
            "clinician@demo.example",
            "careteam@demo.example",
        }
    )
    for email, (name, role) in DEMO_ACCOUNTS.items():
        caller = house.caller(house.accounts.sign_in(email, "demo-password-1", HERE).token)
        assert (caller.display_name, caller.permissions) == (name, ROLE_PERMISSIONS[role])
    assert house.first_people.organization().slug == "demo"


def test_the_same_password_at_the_next_start_keeps_people_signed_in(house):
    house.first_people.prepare_demo("demo-password-1")
    signed_in = house.accounts.sign_in("admin@demo.example", "demo-password-1", HERE)
    house.first_people.prepare_demo("demo-password-1")
    assert house.caller(signed_in.token)


def test_another_password_at_the_next_start_ends_sessions_and_the_old_password(house):
    house.first_people.prepare_demo("demo-password-1")
    signed_in = house.accounts.sign_in("admin@demo.example", "demo-password-1", HERE)
    house.first_people.prepare_demo("demo-password-2")
    assert house.caller(signed_in.token) is None
    with pytest.raises(SignInRefused):
        house.accounts.sign_in("admin@demo.example", "demo-password-1", HERE)
    assert house.accounts.sign_in("admin@demo.example", "demo-password-2", HERE)


def test_no_demo_accounts_in_a_data_directory_of_real_use(house):
    house.first_people.set_up(house.first_people.new_set_up_link(), FORM, HERE)
    with pytest.raises(CannotStart, match="in real use"):
        house.first_people.prepare_demo("demo-password-1")
    assert set(house.people()) == {"anna@bayview.example"}


def test_a_demos_data_directory_is_not_served_for_real(house):
    house.first_people.prepare_demo("demo-password-1")
    with pytest.raises(CannotStart, match="holds a demo"):
        house.first_people.new_set_up_link()


def test_a_command_works_for_the_only_organization_or_the_one_that_is_named(house):
    with pytest.raises(NotFound, match="no organization yet"):
        house.first_people.organization()
    house.first_people.prepare_demo("demo-password-1")
    assert house.first_people.organization().name == "PACScribe Demo"
    assert house.first_people.organization("demo") == house.first_people.organization()
    for other in ("elsewhere", "system"):
        with pytest.raises(NotFound, match="short name"):
            house.first_people.organization(other)
