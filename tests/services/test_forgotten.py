"""A forgotten password: the mailbox proves enough for a new password, and for nothing else; strangers learn nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from backend.access.attempts import REQUESTS_PER_ADDRESS
from backend.access.passwords import PasswordRefused
from backend.core import clock
from backend.core.caller import Origin
from backend.core.errors import (
    Malformed,
    NotSignedIn,
    ProofRefused,
    SignInRefused,
    TooManyAttempts,
)
from backend.models import factors
from backend.models import people as table
from backend.models.audit import entries_after
from backend.models.factors import AuthenticatorApp, RememberedDevice
from backend.schemas.people import HalfSignedIn
from backend.schemas.profile import ProfileForm
from backend.services import forgotten
from backend.services.forgotten import Forgotten
from backend.services.letters import Letter, Letters, send_later
from backend.services.links import LinkRefused
from backend.services.profile import Profiles
from tests.database_work import statements
from tests.installation import HERE, PASSWORD, install, kept_password
from tests.mail_server import Post
from tests.postgres import new_database
from tests.standing_attempts import standing_attempts

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
RANA = "radiologist@east.example"
NEW = "five green kites in the wind"


@pytest.fixture(scope="module")
def shared_house(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("forgotten")
    with new_database(request, folder, on_postgresql=False) as database:
        installed = install(database, folder)
        yield installed
        installed.sessions.close()


class Desk:
    def __init__(self, house):
        self.house = house
        self.post = Post()
        self.letters = Letters(house.database, self.post, "https://pacs.example")
        forgotten.register(self.letters)
        self.forgotten = Forgotten(house.database, house.sessions, standing_attempts())
        self.profiles = Profiles(house.database, house.sessions, standing_attempts())

    def ask(self, email=RANA, origin=HERE):
        self.forgotten.ask(email, origin)
        self.letters.deliver()

    def token(self, email=RANA):
        return self.post.token(email, "/reset")

    def sign_in(self, email=RANA, password=PASSWORD):
        return self.house.accounts.sign_in(email, password, HERE)

    def person(self, email=RANA):
        with self.house.database.system_read() as session:
            return table.user_by_email(session, email)

    def trail(self):
        with self.house.database.system_read() as session:
            return list(entries_after(session, 0, 10_000))


@pytest.fixture
def desk(shared_house):
    with shared_house.plain_database.system_write() as session:
        run = session.connection().execute
        for name in ("outbox", "one_time_links", "email_changes", "sessions"):
            run(text(f"DELETE FROM {name}"))
        run(
            text("UPDATE users SET is_active = true, password_hash = :kept"),
            {"kept": kept_password()},
        )
    with clock.frozen(NOW):
        yield Desk(shared_house)


@pytest.fixture
def caller(desk):
    return desk.house.caller(RANA)


# -- forgotten ---------------------------------------------------------------------------------


def test_a_mailed_link_gives_a_new_password(desk):
    desk.ask()
    desk.forgotten.reset(desk.token(), NEW, HERE)
    with pytest.raises(SignInRefused):
        desk.sign_in()
    assert desk.sign_in(password=NEW)


def test_the_link_signs_nobody_in_and_ends_every_session(desk):
    old = desk.house.token(RANA)
    desk.ask()
    assert desk.forgotten.reset(desk.token(), NEW, HERE) is None
    assert desk.house.find(old) is None
    with desk.house.database.system_read() as session:
        assert table.open_sessions_of(session, desk.person().id) == []


def test_the_link_does_not_pass_by_a_second_factor(desk):
    person = desk.person()
    try:
        with desk.house.database.system_write() as session:
            app = AuthenticatorApp(
                organization_id=desk.house.east,
                user_id=person.id,
                sealed_secret="sealed",
                confirmed_at=NOW,
            )
            device = RememberedDevice(
                organization_id=desk.house.east,
                user_id=person.id,
                token_hash="0" * 64,
                last_used_at=NOW,
                expires_at=NOW + timedelta(days=30),
            )
            session.add_all([app, device])
        desk.ask()
        # Who holds a second factor may choose a shorter password.
        desk.forgotten.reset(desk.token(), "kite wind se", HERE)
        assert isinstance(desk.sign_in(password="kite wind se"), HalfSignedIn)
        with desk.house.database.system_read() as session:
            assert list(factors.devices_of(session, person.id, NOW)) == []
    finally:
        with desk.house.plain_database.system_write() as session:
            for name in ("authenticator_apps", "remembered_devices", "ceremonies"):
                session.connection().execute(text(f"DELETE FROM {name}"))


def test_the_person_is_told(desk):
    desk.ask()
    desk.forgotten.reset(desk.token(), NEW, HERE)
    desk.letters.deliver()
    assert [mail.subject for mail in desk.post.to(RANA)] == [
        "Choose a new password",
        "Your password was changed",
    ]
    assert NEW not in "".join(mail.text for mail in desk.post.mails)


def test_asking_does_the_same_work_for_everybody(desk):
    counts = []
    for email in (RANA, "nobody@east.example", "", "x" * 5000, "\0\ud800"):
        with statements() as done:
            assert desk.forgotten.ask(email, HERE) is None
        counts.append(done)
    assert all(each == counts[0] for each in counts)
    assert sum(counts[0].values()) > 0


@pytest.mark.parametrize("state", ["unknown", "disabled", "service"])
def test_no_letter_goes_to_who_has_no_account_in_use(desk, state):
    email = "nobody@east.example" if state == "unknown" else RANA
    column = {"disabled": "is_active = false", "service": "is_service = true"}.get(state)
    if column:
        with desk.house.plain_database.system_write() as session:
            session.connection().execute(text(f"UPDATE users SET {column} WHERE email = '{RANA}'"))
    desk.ask(email)
    assert desk.post.mails == []
    last = desk.trail()[-1]
    assert (last.action, last.outcome, last.organization_id) == ("password:forget", "refused", "system")  # fmt: skip
    assert email not in last.model_dump_json()
    with desk.house.plain_database.system_write() as session:
        session.connection().execute(text("UPDATE users SET is_service = false"))


def test_the_trail_of_the_organization_says_who_was_asked_for_and_from_where(desk):
    desk.ask(origin=Origin("198.51.100.9", "Some browser"))
    last = desk.trail()[-1]
    assert (last.action, last.organization_id) == ("password:forget", desk.house.east)
    assert (last.object_id, last.actor_user_id) == (desk.person().id, "")
    assert (last.ip_address, last.user_agent) == ("198.51.100.9", "Some browser")


def test_nobody_is_flooded_with_letters_nor_kept_out_by_them(desk):
    for number in range(9):
        desk.ask(origin=Origin(f"198.51.100.{number}"))
    assert len(desk.post.to(RANA)) == 3
    # The newest link still works.
    desk.forgotten.reset(desk.token(), NEW, HERE)
    with clock.frozen(NOW + timedelta(hours=2)):
        desk.ask()
    assert desk.post.to(RANA)[-1].subject == "Choose a new password"


def test_other_letters_do_not_count_against_asking(desk):
    with desk.house.database.system_write() as session:
        for _ in range(9):
            send_later(
                session, desk.house.east, Letter(RANA, "An alarm", "Text.", page="/settings/checks")
            )
    desk.ask()
    assert desk.token()


def test_one_place_must_wait_after_many_requests(desk):
    for number in range(REQUESTS_PER_ADDRESS.free):
        desk.forgotten.ask(f"n{number}@x.example", HERE)
    with pytest.raises(TooManyAttempts):
        desk.forgotten.ask(RANA, HERE)


def test_the_link_works_once_and_for_an_hour(desk):
    desk.ask()
    token = desk.token()
    with clock.frozen(NOW + timedelta(hours=1)), pytest.raises(LinkRefused):
        desk.forgotten.reset(token, NEW, HERE)
    desk.forgotten.reset(token, NEW, HERE)
    with pytest.raises(LinkRefused):
        desk.forgotten.reset(token, "another good long sentence", HERE)


def test_a_newer_link_ends_the_one_before(desk):
    desk.ask()
    first = desk.token()
    desk.ask()
    with pytest.raises(LinkRefused):
        desk.forgotten.reset(first, NEW, HERE)
    desk.forgotten.reset(desk.token(), NEW, HERE)


@pytest.mark.parametrize(
    "password", ["too short", "at east.example for ever", "Radiologist East 2026"]
)
def test_a_weak_password_leaves_the_link_usable(desk, password):
    desk.ask()
    with pytest.raises(PasswordRefused):
        desk.forgotten.reset(desk.token(), password, HERE)
    desk.forgotten.reset(desk.token(), NEW, HERE)


def test_somebody_disabled_meanwhile_gets_no_new_password(desk):
    desk.ask()
    with desk.house.plain_database.system_write() as session:
        session.connection().execute(text("UPDATE users SET is_active = false"))
    with pytest.raises(LinkRefused):
        desk.forgotten.reset(desk.token(), NEW, HERE)


# -- one's own password ------------------------------------------------------------------------


def test_changing_ones_password_ends_the_other_sessions_and_tells_by_mail(desk):
    here, elsewhere = desk.house.token(RANA), desk.house.token(RANA)
    desk.profiles.change_password(desk.house.caller_of(here), PASSWORD, NEW)
    assert desk.house.find(here)
    assert desk.house.find(elsewhere) is None
    assert desk.sign_in(password=NEW)
    desk.letters.deliver()
    assert [mail.subject for mail in desk.post.to(RANA)] == ["Your password was changed"]
    assert "password:change" in [entry.action for entry in desk.trail()[-4:]]


def test_changing_it_asks_for_the_old_one_and_limits_guessing(desk, caller):
    for _ in range(5):
        with pytest.raises(ProofRefused):
            desk.profiles.change_password(caller, "wrong", NEW)
    with pytest.raises(TooManyAttempts):
        desk.profiles.change_password(caller, PASSWORD, NEW)
    assert desk.sign_in()


def test_a_weak_new_password_changes_nothing(desk, caller):
    with pytest.raises(PasswordRefused):
        desk.profiles.change_password(caller, PASSWORD, "too short")
    assert desk.sign_in()


def test_a_changed_password_ends_a_mailed_link(desk, caller):
    desk.ask()
    desk.profiles.change_password(caller, PASSWORD, NEW)
    with pytest.raises(LinkRefused):
        desk.forgotten.reset(desk.token(), "another good long sentence", HERE)


# -- profile -----------------------------------------------------------------------------------


def test_people_say_who_they_are(desk, caller):
    view = desk.profiles.change(caller, ProfileForm("Dr. Rana East", "+1 555 010", "Neuro"))
    assert (view.display_name, view.phone, view.specialty) == ("Dr. Rana East", "+1 555 010", "Neuro")  # fmt: skip
    assert (view.organization, view.roles) == ("East", ("radiologist",))
    last = desk.trail()[-1]
    assert (last.action, last.object_id) == ("user:change", caller.user_id)
    assert "Rana East" not in last.details
    desk.profiles.change(caller, ProfileForm("Dr. Rana East", "+1 555 010", "Neuro"))
    assert desk.trail()[-1].sequence == last.sequence  # nothing changed, nothing written
    desk.profiles.change(caller, ProfileForm("Radiologist East", "", ""))


@pytest.mark.parametrize(
    "form",
    [ProfileForm("", "", ""), ProfileForm("Rana", "call me", ""), ProfileForm("R", "", "x" * 101)],
)
def test_what_is_no_profile_is_refused(desk, caller, form):
    with pytest.raises(Malformed):
        desk.profiles.change(caller, form)


def test_a_token_is_nobody_with_a_profile(desk, caller):
    with pytest.raises(NotSignedIn):
        desk.profiles.view(replace(caller, is_token=True))


# -- address -----------------------------------------------------------------------------------

OTHER = "rana@new.example"


@pytest.fixture
def changing(desk, caller):
    desk.profiles.change_email(caller, OTHER, PASSWORD)
    desk.letters.deliver()
    yield desk
    with desk.house.plain_database.system_write() as session:
        session.connection().execute(
            text("UPDATE users SET email = :old WHERE id = :id"),
            {"old": RANA, "id": caller.user_id},
        )


def link(desk, email):
    return desk.post.token(email, "/confirm-email")


@pytest.mark.parametrize("order", [(RANA, OTHER), (OTHER, RANA)])
def test_an_address_changes_once_both_have_agreed(changing, caller, order):
    first, second = order
    assert changing.profiles.confirm_email(link(changing, first), HERE) is False
    assert changing.person(OTHER) is None
    view = changing.profiles.view(caller)
    assert view.email_wanted == OTHER
    assert (view.is_old_confirmed, view.is_new_confirmed) == (first == RANA, first == OTHER)
    assert changing.profiles.confirm_email(link(changing, second), HERE) is True
    assert changing.person(OTHER).id == caller.user_id
    assert changing.sign_in(OTHER)
    changing.letters.deliver()
    for email in (RANA, OTHER):
        assert changing.post.to(email)[-1].subject == "Your e-mail address was changed"
    assert changing.profiles.view(caller).email_wanted == ""


def test_each_link_counts_once(changing):
    token = link(changing, RANA)
    changing.profiles.confirm_email(token, HERE)
    with pytest.raises(LinkRefused):
        changing.profiles.confirm_email(token, HERE)


def test_the_links_work_for_a_day(changing):
    with clock.frozen(NOW + timedelta(days=1)), pytest.raises(LinkRefused):
        changing.profiles.confirm_email(link(changing, RANA), HERE)


def test_one_may_keep_the_old_address_after_all(changing, caller):
    assert changing.profiles.give_up_email_change(caller).email_wanted == ""
    for email in (RANA, OTHER):
        with pytest.raises(LinkRefused):
            changing.profiles.confirm_email(link(changing, email), HERE)


def test_asking_again_ends_the_change_before(changing, caller):
    old_link = link(changing, OTHER)
    changing.profiles.change_email(caller, "rana@third.example", PASSWORD)
    with pytest.raises(LinkRefused):
        changing.profiles.confirm_email(old_link, HERE)


def test_an_address_that_is_taken_is_told_to_its_mailbox_only(desk, caller):
    taken = "radiologist@west.example"
    assert desk.profiles.change_email(caller, taken, PASSWORD) is None
    desk.letters.deliver()
    assert [mail.subject for mail in desk.post.to(taken)] == ["You have an account already"]
    assert desk.profiles.confirm_email(link(desk, RANA), HERE) is False


def test_an_address_that_was_taken_meanwhile_is_not_given_twice(changing):
    changing.profiles.confirm_email(link(changing, RANA), HERE)
    with changing.house.plain_database.system_write() as session:
        session.connection().execute(
            text("UPDATE users SET email = :other WHERE email = 'clinician@east.example'"),
            {"other": OTHER},
        )
    try:
        with pytest.raises(LinkRefused, match="has an account by now"):
            changing.profiles.confirm_email(link(changing, OTHER), HERE)
    finally:
        with changing.house.plain_database.system_write() as session:
            session.connection().execute(
                text("UPDATE users SET email = 'clinician@east.example' WHERE email = :other"),
                {"other": OTHER},
            )


@pytest.mark.parametrize(
    ("email", "password", "refusal"),
    [
        (OTHER, "wrong", ProofRefused),
        ("no address", PASSWORD, Malformed),
        (RANA, PASSWORD, Malformed),
    ],
)
def test_asking_for_another_address_needs_the_password(desk, caller, email, password, refusal):
    with pytest.raises(refusal):
        desk.profiles.change_email(caller, email, password)
    desk.letters.deliver()
    assert desk.post.mails == []


def test_a_link_for_a_password_ends_with_the_old_address(changing):
    changing.ask()
    token = changing.token()
    changing.profiles.confirm_email(link(changing, RANA), HERE)
    changing.profiles.confirm_email(link(changing, OTHER), HERE)
    with pytest.raises(LinkRefused):
        changing.forgotten.reset(token, NEW, HERE)
