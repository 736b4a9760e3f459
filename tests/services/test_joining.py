"""People come in by an invitation, or ask and wait. A stranger learns nothing, and can do nothing before being let in."""

import dataclasses
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.access import policies
from backend.access.attempts import REQUESTS_PER_ADDRESS
from backend.access.passwords import PasswordRefused
from backend.core import clock
from backend.core.caller import Origin
from backend.core.errors import (
    Malformed,
    NotAllowed,
    NotFound,
    SignInRefused,
    StepUpNeeded,
    TooManyAttempts,
)
from backend.models import people as table
from backend.models.audit import entries_after
from backend.models.joining import Application, Invitation, JoinRequest
from backend.models.organizations import Organization
from backend.models.people import Role, RolePermission
from backend.schemas.joining import InvitationForm, SignUpForm
from backend.schemas.people import HalfSignedIn
from backend.services import join_rules, sign_up
from backend.services.joining import EmailTaken, Joining
from backend.services.letters import Letters
from backend.services.links import LinkRefused
from backend.services.sign_up import SignUps
from tests.database_work import statements
from tests.installation import HERE, install
from tests.mail_server import Post
from tests.postgres import new_database
from tests.standing_attempts import standing_attempts

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
NORA = "nora@north.example"
ADMINISTRATOR = "administrator@east.example"
WORDS = "five green kites in the wind"
FORM = SignUpForm("Nora New", "East", False, "radiologist", NORA, "+1 (555) 010-2", "Neuro", True)
ACCEPTED = InvitationForm("Nora New", "", "Neuroradiology", True)
TABLES = ("outbox", "one_time_links", "applications", "join_requests", "invitations")


@pytest.fixture(scope="module")
def shared_house(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("joining")
    with new_database(request, folder, on_postgresql=False) as database:
        installed = install(database, folder)
        yield installed
        installed.sessions.close()


class Desk:
    """The services, with a post that keeps what leaves."""

    def __init__(self, house, *, may_found=False):
        self.house = house
        self.post = Post()
        self.letters = Letters(house.database, self.post, "https://pacs.example")
        sign_up.register(self.letters)
        self.joining = Joining(house.database)
        self.sign_ups = SignUps(house.database, standing_attempts(), may_found=may_found)

    def ask(self, **changes):
        self.sign_ups.ask(replace(FORM, **changes), HERE)
        self.letters.deliver()

    def confirm(self, email=NORA):
        is_founder = self.sign_ups.confirm(self.post.token(email, "/confirm"), WORDS, HERE)
        self.letters.deliver()
        return is_founder

    def invite(self, caller, *roles, email=NORA):
        row = self.joining.invite(caller, email, [self.role(each) for each in roles])
        self.letters.deliver()
        return row

    def accept(self, form=ACCEPTED, email=NORA, password=WORDS):
        self.sign_ups.accept(self.post.token(email, "/invitation"), form, password, HERE)

    def role(self, name, organization=""):
        with self.house.database.system_read() as session:
            return table.roles_by_name(session, organization or self.house.east, [name])[0].id

    def rows(self, kind):
        with self.house.database.system_read() as session:
            return list(session.exec(select(kind)))

    def actions(self, since=0):
        with self.house.database.system_read() as session:
            return [
                (each.action, each.organization_id)
                for each in entries_after(session, since, 10_000)
            ]


@pytest.fixture
def desk(shared_house):
    with shared_house.plain_database.system_write() as session:
        for name in TABLES:
            session.connection().execute(text(f"DELETE FROM {name}"))
        session.connection().execute(
            text(
                "DELETE FROM user_roles WHERE user_id IN (SELECT id FROM users WHERE email = :email)"
            ),
            {"email": NORA},
        )
        for name in ("sessions", "users"):
            which = "user_id IN (SELECT id FROM users WHERE email = :email)"
            where = which if name == "sessions" else "email = :email"
            session.connection().execute(text(f"DELETE FROM {name} WHERE {where}"), {"email": NORA})
    with clock.frozen(NOW):
        yield Desk(shared_house)


@pytest.fixture
def manager(desk):
    return replace(desk.house.caller(ADMINISTRATOR), proved_at=NOW)


@pytest.fixture
def rule(desk):
    """Says who may ask to join the organization at east; afterwards it is as before."""

    def say(who, domains=""):
        with desk.house.database.write(desk.house.east) as session:
            row = policies.write(session, desk.house.east, policies.read(session, desk.house.east))
            join_rules.write(row, join_rules.usable(who, domains))

    yield say
    say("anybody")


def sign_in(desk, email=NORA, password=WORDS):
    return desk.house.accounts.sign_in(email, password, HERE)


# -- asking and waiting ------------------------------------------------------------------------


def test_somebody_asks_confirms_waits_and_is_let_in(desk, manager):
    desk.ask()
    assert not desk.confirm()
    with pytest.raises(SignInRefused):
        sign_in(desk)
    (waiting,) = desk.joining.requests(manager)
    assert (waiting.email, waiting.display_name, waiting.wished_role) == (NORA, "Nora New", "radiologist")  # fmt: skip
    assert (waiting.phone, waiting.specialty) == ("+1 (555) 010-2", "Neuro")
    assert [mail.subject for mail in desk.post.to(ADMINISTRATOR)] == [
        "Somebody asks to join your organization"
    ]
    desk.joining.approve(manager, waiting.request_id, [desk.role("clinician")])
    caller = desk.house.caller_of(sign_in(desk).token)
    assert (caller.roles, caller.organization_id) == (("clinician",), desk.house.east)
    assert desk.joining.requests(manager) == ()
    desk.letters.deliver()
    assert desk.post.to(NORA)[-1].subject == "You can sign in to East"
    assert desk.house.audit_trail.verify().first_bad_sequence is None


def test_people_come_in_on_both_databases(database, tmp_path):
    house = install(database, tmp_path)
    with clock.frozen(NOW):
        desk = Desk(house)
        manager = replace(house.caller(ADMINISTRATOR), proved_at=NOW)
        desk.ask()
        desk.confirm()
        (waiting,) = desk.joining.requests(manager)
        desk.joining.approve(manager, waiting.request_id, [desk.role("clinician")])
        desk.invite(manager, "radiologist", email="bo@north.example")
        desk.accept(email="bo@north.example")
        for email in (NORA, "bo@north.example"):
            assert house.caller_of(sign_in(desk, email).token).organization_id == house.east
        desk.joining.prune()
    house.sessions.close()


def test_all_who_are_on_their_way_in_are_told_at_once(desk, manager):
    desk.ask()
    desk.confirm()
    desk.invite(manager, "radiologist", email="bo@north.example")
    waiting, invited = desk.joining.newcomers(manager)
    assert [each.email for each in waiting] == [NORA]
    assert [each.email for each in invited] == ["bo@north.example"]


def test_each_step_is_in_the_trail(desk, manager):
    before = len(desk.actions())
    desk.ask()
    desk.confirm()
    (waiting,) = desk.joining.requests(manager)
    desk.joining.approve(manager, waiting.request_id, [desk.role("clinician")])
    assert desk.actions(before) == [
        ("account:request", "system"),
        ("email:confirm", "system"),
        ("account:request", desk.house.east),
        ("user:create", desk.house.east),
        ("user:approve", desk.house.east),
    ]


def test_somebody_who_is_declined_is_told_and_forgotten(desk, manager):
    desk.ask()
    desk.confirm()
    (waiting,) = desk.joining.requests(manager)
    desk.joining.decline(manager, waiting.request_id)
    desk.letters.deliver()
    assert desk.post.to(NORA)[-1].subject == "You were not let in"
    assert desk.rows(JoinRequest) == []
    with pytest.raises(SignInRefused):
        sign_in(desk)
    with pytest.raises(NotFound):
        desk.joining.approve(manager, waiting.request_id, [desk.role("clinician")])


def test_nobody_is_an_account_before_being_let_in(desk):
    desk.ask()
    desk.confirm()
    with desk.house.database.system_read() as session:
        assert table.user_by_email(session, NORA) is None


@pytest.mark.parametrize("name", ["east", "East", "EAST", " east "])
def test_an_organization_is_found_by_its_very_name_or_short_name(desk, manager, name):
    desk.ask(organization=name)
    desk.confirm()
    assert len(desk.joining.requests(manager)) == 1


@pytest.mark.parametrize("name", ["eas", "East Hospital", "system", "PACScribe", "%", "e_st", "*"])
def test_no_other_name_finds_one(desk, name):
    desk.ask(organization=name)
    desk.confirm()
    assert desk.rows(JoinRequest) == []


def test_a_name_that_two_have_finds_neither_and_a_short_name_finds_its_own(desk):
    with desk.house.plain_database.system_write() as session:
        for slug in ("twin-1", "twin-2"):
            session.add(Organization(slug=slug, name="Twin Hospital"))
    desk.ask(organization="Twin Hospital")
    desk.confirm()
    assert desk.rows(JoinRequest) == []
    desk.ask(organization="twin-2")
    desk.confirm()
    assert len(desk.rows(JoinRequest)) == 1


def test_a_stranger_gets_the_same_answer_letter_and_page_whatever_is_true(desk):
    letters = {}
    for email, organization in (
        ("one@north.example", "East"),
        ("two@north.example", "Nowhere Hospital"),
    ):
        assert (
            desk.sign_ups.ask(replace(FORM, email=email, organization=organization), HERE) is None
        )
        desk.letters.deliver()
        (mail,) = desk.post.to(email)
        token = desk.post.token(email, "/confirm")
        letters[organization] = (mail.subject, mail.text.replace(token, ""))
        assert desk.sign_ups.confirm(token, WORDS, HERE) is False
    assert len(set(letters.values())) == 1


def test_asking_and_confirming_do_the_same_work_whatever_is_true(desk):
    counts = []
    for email, organization in (
        ("three@north.example", "East"),
        ("four@north.example", "Nowhere Hospital"),
        (ADMINISTRATOR, "East"),
    ):
        with statements() as done:
            desk.sign_ups.ask(replace(FORM, email=email, organization=organization), HERE)
        counts.append(done)
        desk.letters.deliver()
    assert counts[0] == counts[1] == counts[2]
    assert sum(counts[0].values()) > 0
    confirming = []
    for email in ("three@north.example", "four@north.example"):
        token = desk.post.token(email, "/confirm")
        with statements() as done:
            desk.sign_ups.confirm(token, WORDS, HERE)
        confirming.append(done)
    assert confirming[0] == confirming[1]


@pytest.mark.parametrize(
    ("who", "domains", "email", "may"),
    [
        ("anybody", "", NORA, True),
        ("nobody", "", NORA, False),
        ("domains", "north.example", NORA, True),
        ("domains", "south.example, north.example", NORA, True),
        ("domains", "south.example", NORA, False),
        ("domains", "north.example", "nora@sub.north.example", False),
        ("domains", "north.example", "nora@notnorth.example", False),
        ("domains", "example.com", "nora@example.com.evil.example", False),
        ("domains", "north.example", "NORA@North.Example", True),
    ],
)
def test_an_organization_says_who_may_ask_to_join(desk, manager, rule, who, domains, email, may):
    rule(who, domains)
    desk.ask(email=email)
    desk.confirm(email.lower())
    assert bool(desk.joining.requests(manager)) is may
    assert bool(desk.post.to(ADMINISTRATOR)) is may


def test_who_may_not_ask_is_answered_like_who_names_no_organization(desk, manager, rule):
    """The same answers, letters and statements, so that a stranger finds out neither the rule nor the organization."""
    seen = {}
    for email, name, who in (
        ("first@north.example", "East", "nobody"),
        ("second@north.example", "There is none", "nobody"),
        ("third@north.example", "East", "domains"),
        ("fourth@north.example", "East", "anybody"),
    ):
        rule(who, "south.example" if who == "domains" else "")
        with statements() as done:
            desk.sign_ups.ask(replace(FORM, email=email, organization=name), HERE)
        asked = sorted(done.items())
        desk.letters.deliver()
        token = desk.post.token(email, "/confirm")
        with statements() as done:
            answer = desk.sign_ups.confirm(token, WORDS, HERE)
        confirmed = sorted(done.items())
        desk.letters.deliver()
        seen[email] = (answer, asked, confirmed, [mail.subject for mail in desk.post.to(email)])
    assert len(set(map(str, seen.values()))) == 1
    assert [each.email for each in desk.joining.requests(manager)] == ["fourth@north.example"]


def test_who_waits_already_and_who_is_invited_do_not_fall_under_a_new_rule(desk, manager, rule):
    desk.ask()
    desk.confirm()
    rule("nobody")
    (waiting,) = desk.joining.requests(manager)
    desk.joining.decline(manager, waiting.request_id)
    desk.invite(manager, "clinician")
    desk.accept()
    assert desk.house.caller_of(sign_in(desk).token).roles == ("clinician",)


def test_whoever_has_an_account_is_told_so_by_mail_only(desk):
    desk.ask(email=ADMINISTRATOR)
    (mail,) = desk.post.to(ADMINISTRATOR)
    assert mail.subject == "You have an account already"
    assert "#token=" not in mail.text
    assert desk.rows(Application) == []


def test_nothing_that_a_stranger_typed_is_in_a_letter(desk, manager):
    desk.ask(display_name="BUY PILLS", specialty="BUY PILLS", organization="east")
    desk.confirm()
    assert desk.post.mails
    assert all("PILLS" not in mail.subject + mail.text for mail in desk.post.mails)


def test_one_address_gets_three_letters_an_hour_at_most(desk):
    for number in range(9):
        form = replace(FORM)
        desk.sign_ups.ask(form, Origin(f"198.51.100.{number}"))
        desk.letters.deliver()
    assert len(desk.post.to(NORA)) == 3
    with clock.frozen(NOW + timedelta(hours=2)):
        desk.sign_ups.ask(FORM, HERE)
        desk.letters.deliver()
    assert len(desk.post.to(NORA)) == 4


def test_one_place_must_wait_after_many_requests(desk):
    for number in range(REQUESTS_PER_ADDRESS.free):
        desk.sign_ups.ask(replace(FORM, email=f"n{number}@north.example"), HERE)
    with pytest.raises(TooManyAttempts):
        desk.sign_ups.ask(FORM, HERE)
    desk.sign_ups.ask(FORM, Origin("198.51.100.1"))


@pytest.mark.parametrize(
    "changes",
    [
        {"is_attested": False},
        {"display_name": ""},
        {"display_name": "a\nb"},
        {"organization": ""},
        {"wished_role": "emperor"},
        {"email": "no address"},
        {"email": "a@b\r\nBcc: c@d"},
        {"phone": "call me"},
        {"phone": "1" * 41},
        {"specialty": "x" * 101},
        {"is_founding": True},
    ],
)
def test_a_form_that_cannot_be_used_is_refused_in_a_sentence(desk, changes):
    with pytest.raises(Malformed) as refused:
        desk.sign_ups.ask(replace(FORM, **changes), HERE)
    assert refused.value.sentence.endswith(".")
    assert desk.rows(Application) == []


def test_nobody_under_13_is_given_an_account_by_asking_or_by_invitation(desk, manager):
    desk.invite(manager, "clinician")
    child = replace(ACCEPTED, is_attested=False)
    for come_in in (
        lambda: desk.sign_ups.ask(replace(FORM, is_attested=False), HERE),
        lambda: desk.accept(child),
    ):
        with pytest.raises(Malformed, match="at least 18 years old; nobody under 13"):
            come_in()
    assert desk.rows(Application) == []


def test_no_birth_date_or_other_thing_is_asked_for():
    asked = {field.name for field in dataclasses.fields(SignUpForm)}
    assert asked == {
        "display_name", "organization", "is_founding", "wished_role", "email", "phone", "specialty", "is_attested",
    }  # fmt: skip


def test_a_link_confirms_once_and_for_a_day(desk):
    desk.ask()
    token = desk.post.token(NORA, "/confirm")
    with clock.frozen(NOW + timedelta(days=1)), pytest.raises(LinkRefused):
        desk.sign_ups.confirm(token, WORDS, HERE)
    desk.sign_ups.confirm(token, WORDS, HERE)
    with pytest.raises(LinkRefused):
        desk.sign_ups.confirm(token, WORDS, HERE)


@pytest.mark.parametrize(
    "password", ["fourteen chars", "nora loves the sea", "at north.example for ever"]
)
def test_a_weak_password_leaves_the_link_usable(desk, password):
    desk.ask()
    token = desk.post.token(NORA, "/confirm")
    with pytest.raises(PasswordRefused):
        desk.sign_ups.confirm(token, password, HERE)
    desk.sign_ups.confirm(token, WORDS, HERE)


def test_asking_again_replaces_what_waits(desk, manager):
    for specialty in ("First", "Second"):
        desk.ask(specialty=specialty)
        desk.confirm()
    assert [each.specialty for each in desk.joining.requests(manager)] == ["Second"]


# -- founding ----------------------------------------------------------------------------------


def test_where_it_is_allowed_a_founder_becomes_the_administrator_at_once(shared_house, desk):
    founding = Desk(shared_house, may_found=True)
    founding.ask(is_founding=True, organization="East", wished_role="administrator")
    assert founding.confirm()
    half = sign_in(founding)
    assert isinstance(half, HalfSignedIn)  # a new organization demands a second factor
    caller = founding.house.caller(NORA)
    assert caller.roles == ("administrator",)
    # The name is another's too; nothing tells so.
    assert caller.organization_id != founding.house.east
    with founding.house.database.system_read() as session:
        slug = session.get(Organization, caller.organization_id).slug
    assert slug.startswith("east-")
    assert len(slug) == len("east-") + 6
    with founding.house.plain_database.system_write() as session:
        session.connection().execute(
            text("UPDATE organizations SET name = slug WHERE id = :id"),
            {"id": caller.organization_id},
        )
        session.connection().execute(
            text("UPDATE users SET email = :other WHERE email = :email"),
            {"other": f"{slug}@north.example", "email": NORA},
        )


# -- deciding ----------------------------------------------------------------------------------


@pytest.fixture
def waiting(desk, manager):
    desk.ask()
    desk.confirm()
    return desk.joining.requests(manager)[0]


def test_only_who_manages_people_sees_and_decides(desk, waiting):
    reader = replace(desk.house.caller("radiologist@east.example"), proved_at=NOW)
    for act in (
        lambda: desk.joining.requests(reader),
        lambda: desk.joining.invitations(reader),
        lambda: desk.joining.approve(reader, waiting.request_id, [desk.role("clinician")]),
        lambda: desk.joining.decline(reader, waiting.request_id),
        lambda: desk.joining.invite(reader, NORA, [desk.role("clinician")]),
        lambda: desk.joining.withdraw(reader, "any"),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_another_organization_neither_sees_nor_decides(desk, waiting):
    west = replace(desk.house.caller("administrator@west.example"), proved_at=NOW)
    assert desk.joining.requests(west) == ()
    role = desk.role("clinician", desk.house.west)
    for act in (
        lambda: desk.joining.approve(west, waiting.request_id, [role]),
        lambda: desk.joining.decline(west, waiting.request_id),
    ):
        with pytest.raises(NotFound):
            act()


def test_letting_in_and_inviting_ask_for_a_recent_proof(desk, waiting, manager):
    stale = replace(manager, proved_at=NOW - timedelta(hours=1))
    role = [desk.role("clinician")]
    with pytest.raises(StepUpNeeded):
        desk.joining.approve(stale, waiting.request_id, role)
    with pytest.raises(StepUpNeeded):
        desk.joining.invite(stale, "bo@north.example", role)


def test_nobody_gives_power_that_they_do_not_hold(desk, waiting, manager):
    with desk.house.plain_database.system_write() as session:
        clinician = desk.role("clinician")
        session.add(
            RolePermission(
                organization_id=desk.house.east, role_id=clinician, permission="people:manage"
            )
        )
    try:
        office = replace(desk.house.caller("clinician@east.example"), proved_at=NOW)
        with pytest.raises(NotAllowed):
            desk.joining.approve(office, waiting.request_id, [desk.role("administrator")])
        with pytest.raises(NotAllowed):
            desk.joining.invite(office, "bo@north.example", [desk.role("administrator")])
        assert desk.joining.approve(office, waiting.request_id, [desk.role("radiologist")])
    finally:
        with desk.house.plain_database.system_write() as session:
            session.connection().execute(
                text(
                    "DELETE FROM role_permissions WHERE role_id = :role AND permission = 'people:manage'"
                ),
                {"role": clinician},
            )


@pytest.mark.parametrize("roles", [[], ["unknown"], ["of another organization"]])
def test_a_role_must_be_one_of_the_organizations_own(desk, waiting, manager, roles):
    named = [
        desk.role("clinician", desk.house.west) if each == "of another organization" else each
        for each in roles
    ]
    with pytest.raises(Malformed):
        desk.joining.approve(manager, waiting.request_id, named)
    with pytest.raises(Malformed):
        desk.joining.invite(manager, "bo@north.example", named)


def test_an_address_that_found_an_account_meanwhile_is_not_let_in_twice(desk, waiting, manager):
    desk.house.people.create(
        manager, display_name="Nora New", email=NORA, password=WORDS, roles=("clinician",)
    )
    with pytest.raises(EmailTaken):
        desk.joining.approve(manager, waiting.request_id, [desk.role("clinician")])


# -- invitations -------------------------------------------------------------------------------


def test_an_invitation_makes_a_member_with_its_roles(desk, manager):
    row = desk.invite(manager, "radiologist", "clinician")
    assert (row.email, row.roles, row.invited_by) == (NORA, ("clinician", "radiologist"), "Administrator East")  # fmt: skip
    assert desk.joining.invitations(manager) == (row,)
    desk.accept()
    caller = desk.house.caller_of(sign_in(desk).token)
    assert (caller.roles, caller.display_name) == (("clinician", "radiologist"), "Nora New")
    assert desk.joining.invitations(manager) == ()
    with pytest.raises(LinkRefused):
        desk.accept()


def test_an_invitation_can_be_withdrawn(desk, manager):
    row = desk.invite(manager, "clinician")
    desk.joining.withdraw(manager, row.invitation_id)
    with pytest.raises(LinkRefused):
        desk.accept()
    with pytest.raises(NotFound):
        desk.joining.withdraw(manager, row.invitation_id)
    assert desk.actions()[-1] == ("user:uninvite", desk.house.east)


def test_a_withdrawn_invitation_is_void_even_before_its_letter_left(desk, manager):
    row = desk.joining.invite(manager, NORA, [desk.role("clinician")])
    desk.joining.withdraw(manager, row.invitation_id)
    desk.letters.deliver()
    with pytest.raises(LinkRefused):
        desk.accept()


def test_a_new_invitation_ends_the_one_before(desk, manager):
    desk.invite(manager, "administrator")
    first = desk.post.token(NORA, "/invitation")
    desk.invite(manager, "clinician")
    with pytest.raises(LinkRefused):
        desk.sign_ups.accept(first, ACCEPTED, WORDS, HERE)
    desk.accept()
    assert desk.house.caller_of(sign_in(desk).token).roles == ("clinician",)


def test_an_invitation_lasts_seven_days(desk, manager):
    desk.invite(manager, "clinician")
    with clock.frozen(NOW + timedelta(days=7)):
        assert desk.joining.invitations(manager) == ()
        with pytest.raises(LinkRefused):
            desk.accept()


def test_an_invitation_is_void_once_who_sent_it_may_not_invite_any_more(desk, manager):
    desk.invite(manager, "clinician")
    with desk.house.plain_database.system_write() as session:
        session.connection().execute(
            text("UPDATE users SET is_active = false WHERE id = :id"), {"id": manager.user_id}
        )
    try:
        with pytest.raises(LinkRefused):
            desk.accept()
    finally:
        with desk.house.plain_database.system_write() as session:
            session.connection().execute(
                text("UPDATE users SET is_active = true WHERE id = :id"), {"id": manager.user_id}
            )


def test_who_is_in_the_organization_already_is_not_invited(desk, manager):
    with pytest.raises(Malformed):
        desk.invite(manager, "clinician", email="radiologist@east.example")


def test_inviting_does_not_tell_who_is_in_another_organization(desk, manager):
    row = desk.invite(manager, "clinician", email="radiologist@west.example")
    assert row.email == "radiologist@west.example"
    with pytest.raises(EmailTaken):
        desk.accept(email="radiologist@west.example")


def test_who_asks_already_is_let_in_rather_than_invited(desk, waiting, manager):
    with pytest.raises(Malformed, match="let them in instead"):
        desk.invite(manager, "clinician")


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"is_attested": False}, Malformed),
        ({"display_name": ""}, Malformed),
        ({"password": "too short"}, PasswordRefused),
        ({"password": "we all work at East"}, PasswordRefused),
    ],
)
def test_a_form_that_cannot_be_used_leaves_the_invitation_usable(desk, manager, changes, refusal):
    desk.invite(manager, "clinician")
    changes = dict(changes)
    password = changes.pop("password", WORDS)
    with pytest.raises(refusal):
        desk.accept(replace(ACCEPTED, **changes), password=password)
    desk.accept()


def test_a_role_that_is_gone_gives_nothing(desk, manager):
    with desk.house.plain_database.system_write() as session:
        role = Role(organization_id=desk.house.east, name="guest")
        session.add(role)
        session.flush()
        role_id = role.id
    desk.joining.invite(manager, NORA, [role_id, desk.role("clinician")])
    desk.letters.deliver()
    with desk.house.plain_database.system_write() as session:
        session.delete(session.get(Role, role_id))
    desk.accept()
    assert desk.house.caller_of(sign_in(desk).token).roles == ("clinician",)


def test_those_who_never_came_are_forgotten(desk, manager):
    desk.ask()
    desk.invite(manager, "clinician", email="bo@north.example")
    with clock.frozen(NOW + timedelta(days=40)):
        desk.joining.prune()
    assert (desk.rows(Application), desk.rows(Invitation)) == ([], [])
