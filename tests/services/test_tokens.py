import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from backend.access import bearers
from backend.access.bearers import Bearers
from backend.core import clock
from backend.core.caller import Origin, system_caller
from backend.core.errors import (
    Malformed,
    NotAllowed,
    NotFound,
    NotSignedIn,
    SignInRefused,
    StepUpNeeded,
    TooManyAttempts,
)
from backend.core.permissions import Permission
from backend.models import people, tokens
from backend.models.audit import entries_after
from backend.models.people import User
from backend.services.tokens import MOST_TOKENS
from tests.installation import HERE, install, kept_password

SCOPES = ("study:view", "study:upload")


@pytest.fixture
def house(peopled_database, tmp_path):
    installed = install(peopled_database, tmp_path)
    yield installed
    installed.bearers.close()
    installed.sessions.close()


@pytest.fixture
def anna(house):
    return house.caller("radiologist@east.example")


@pytest.fixture
def administrator(house):
    return house.caller("administrator@east.example")


@pytest.fixture
def gateway(house, administrator):
    """A service account with the rights of a technologist."""
    with house.database.system_write() as session:
        user = User(
            organization_id=house.east,
            email="gateway@service.invalid",
            display_name="Gateway",
            password_hash=kept_password(),
            password_changed_at=clock.now(),
            is_service=True,
        )
        session.add(user)
        session.flush()
        role = people.roles_by_name(session, house.east, ["technologist"])[0]
        session.add(people.UserRole(organization_id=house.east, user_id=user.id, role_id=role.id))
        return user.id


def make(house, caller, **changed):
    fields = {"name": "Night export", "scopes": SCOPES, "days": 30}
    return house.tokens.create(caller, **{**fields, **changed})


def entries(house, action=""):
    with house.database.system_read() as session:
        found = entries_after(session, 0, 10_000)
        return [entry for entry in found if not action or entry.action == action]


def set_roles(house, user_id, *names):
    with house.database.write(house.east) as session:
        for row in session.exec(
            people.select(people.UserRole).where(people.col(people.UserRole.user_id) == user_id)
        ).all():
            session.delete(row)
        session.flush()
        for role in people.roles_by_name(session, house.east, names):
            session.add(people.UserRole(user_id=user_id, role_id=role.id))
    house.sessions.drop_verdicts()


def test_a_token_carries_its_scopes_and_the_name_of_its_owner_on_both_databases(database, tmp_path):
    house = install(database, tmp_path)
    anna = house.caller("radiologist@east.example")
    made = make(house, anna)
    assert made.token.startswith("pacscribe_")
    assert made.view.hint == made.token[:14]
    found = house.bearers.caller_of(made.token, HERE)
    assert found.permissions == {Permission.STUDY_VIEW, Permission.STUDY_UPLOAD}
    assert (found.user_id, found.organization_id, found.is_token) == (
        anna.user_id,
        house.east,
        True,
    )
    assert found.session_id == made.view.key
    assert found.origin == HERE
    house.bearers.close()


def test_neither_database_nor_answers_nor_trail_hold_the_token(house, anna):
    made = make(house, anna)
    secret = made.token.removeprefix("pacscribe_")[6:]
    with house.database.system_read() as session:
        row = tokens.token_by_id(session, made.view.key)
        assert secret not in repr(row.model_dump())
    assert secret not in repr(made) + repr(house.tokens.list_own(anna))
    house.bearers.caller_of(made.token, HERE)
    assert all(secret not in repr(entry.model_dump()) for entry in entries(house))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": " "}, "Fill in what the token is for"),
        ({"name": "x" * 201}, "Fill in what the token is for"),
        ({"scopes": ()}, "Choose at least one thing"),
        ({"scopes": ("study:fly",)}, "Not every scope is a permission"),
        ({"days": 0}, "from 1 to 365 days"),
        ({"days": 366}, "from 1 to 365 days"),
        ({"days": -1}, "from 1 to 365 days"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(house, anna, changed, sentence):
    with pytest.raises(Malformed, match=sentence):
        make(house, anna, **changed)
    assert house.tokens.list_own(anna) == ()


@pytest.mark.parametrize(
    "scope", ["report:sign", "emergency:open", "people:manage", "token:manage", "support:allow"]
)
def test_what_a_person_does_is_in_no_token(house, anna, administrator, scope):
    maker = anna if anna.may(Permission(scope)) else administrator
    assert maker.may(Permission(scope))
    assert scope not in house.tokens.scopes(maker)
    with pytest.raises(NotAllowed, match="signed in"):
        make(house, maker, scopes=(scope,))


def test_nobody_makes_a_token_for_more_than_they_hold_and_trying_is_recorded(house, anna):
    with pytest.raises(NotAllowed):
        make(house, anna, scopes=("study:view", "study:delete"))
    assert entries(house)[-1].action == "access:refuse"
    assert '"study:delete"' in entries(house)[-1].details


def test_a_token_loses_what_its_owner_loses_at_the_next_request(house, anna):
    made = make(house, anna)
    assert house.bearers.caller_of(made.token, HERE).may(Permission.STUDY_UPLOAD)
    set_roles(house, anna.user_id, "clinician")
    assert house.bearers.caller_of(made.token, HERE).permissions == {Permission.STUDY_VIEW}
    assert house.tokens.list_own(house.caller("radiologist@east.example"))[0].lapsed == (
        "study:upload",
    )


def test_a_token_never_gains_what_its_owner_gains(house, anna):
    made = make(house, anna, scopes=("study:view",))
    set_roles(house, anna.user_id, "administrator", "radiologist")
    assert house.bearers.caller_of(made.token, HERE).permissions == {Permission.STUDY_VIEW}


def test_a_revoked_token_is_over_at_once_and_its_sockets_are_told(house, anna):
    ended = []
    house.sessions.on_end(ended.append)
    made = make(house, anna)
    house.bearers.caller_of(made.token, HERE)
    view = house.tokens.revoke(anna, made.view.key)
    assert view.standing == "revoked"
    assert ended[0] == made.view.key
    with pytest.raises(NotSignedIn, match="access token is not valid"):
        house.bearers.caller_of(made.token, HERE)


def test_another_process_notices_a_revocation_within_a_second_and_tells_its_sockets(house, anna):
    now = [100.0]
    elsewhere = Bearers(house.database, house.sessions, lambda: now[0])
    made = make(house, anna)
    elsewhere.caller_of(made.token, HERE)
    with house.database.write(
        house.east
    ) as session:  # as another process does: nobody is told here
        row = tokens.token_by_id(session, made.view.key)
        row.revoked_at = clock.now()
        session.add(row)
    ended = []
    house.sessions.on_end(ended.append)
    now[0] += bearers.VERDICT_SECONDS
    with pytest.raises(NotSignedIn):
        elsewhere.caller_of(made.token, HERE)
    assert ended == [made.view.key]
    elsewhere.close()


def test_a_token_ends_on_its_day_while_it_is_in_use(house, anna, monkeypatch):
    made = make(house, anna, days=1)
    house.bearers.caller_of(made.token, HERE)
    later = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    for _ in range(2):
        with pytest.raises(NotSignedIn):
            house.bearers.caller_of(made.token, HERE)
    assert house.tokens.list_own(anna)[0].standing == "expired"


def test_a_disabled_persons_tokens_give_nothing_until_they_are_enabled(house, administrator, anna):
    ended = []
    house.sessions.on_end(ended.append)
    made = make(house, anna)
    house.bearers.caller_of(made.token, HERE)
    house.people.disable(administrator, anna.user_id)
    assert made.view.key in ended
    with pytest.raises(NotSignedIn):
        house.bearers.caller_of(made.token, HERE)


@pytest.mark.parametrize(
    "shown",
    ["", "pacscribe_", "pacscribe_" + "x" * 43, "pacscribe_" + "é" * 43, "x" * 10_000, "' OR 1=1"],
)
def test_what_is_no_token_opens_nothing(house, shown):
    with pytest.raises(NotSignedIn):
        house.bearers.caller_of(shown, HERE)


def test_a_token_is_used_once_an_hour_in_the_trail_and_its_last_use_is_known(
    house, anna, monkeypatch
):
    made = make(house, anna)
    start = clock.now()
    for minutes in (0, 1, 30, 59, 61, 90):
        monkeypatch.setattr(clock, "now", lambda m=minutes: start + timedelta(minutes=m))
        house.bearers.caller_of(made.token, Origin(f"198.51.100.{minutes}", "curl"))
    house.bearers.wait()
    used = entries(house, "token:use")
    assert [(entry.actor_user_id, entry.object_id, entry.ip_address) for entry in used] == [
        (anna.user_id, made.view.key, "198.51.100.0"),
        (anna.user_id, made.view.key, "198.51.100.61"),
    ]
    view = house.tokens.list_own(anna)[0]
    assert view.last_used_at == (start + timedelta(minutes=90)).isoformat(timespec="seconds")
    assert view.last_used_from == "198.51.100.90"


def test_many_at_once_are_one_use_in_the_trail(house, anna):
    made = make(house, anna)
    threads = [
        threading.Thread(target=house.bearers.caller_of, args=(made.token, HERE)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entries(house, "token:use")) == 1


def test_a_refused_token_is_recorded_once_an_hour_however_often_it_knocks(house, anna):
    made = make(house, anna)
    house.tokens.revoke(anna, made.view.key)
    for token in (made.token, "pacscribe_" + "x" * 43):
        for _ in range(5):
            with pytest.raises(NotSignedIn):
                house.bearers.caller_of(token, HERE)
    refused = entries(house, "token:use")
    assert [(entry.outcome, entry.reason) for entry in refused] == [
        ("refused", "revoked access token"),
        ("refused", "unknown access token"),
    ]
    assert refused[0].actor_user_id == anna.user_id


def test_a_token_that_asks_too_often_waits_and_no_other_does(house, anna, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(bearers, "TOKEN_PACE", bearers.Pace(burst=3, per_second=1))
    desk = Bearers(house.database, house.sessions, lambda: now[0])
    hasty, other = make(house, anna), make(house, anna)
    for _ in range(3):
        desk.caller_of(hasty.token, HERE)
    with pytest.raises(TooManyAttempts, match="Wait a second"):
        desk.caller_of(hasty.token, HERE)
    desk.caller_of(other.token, HERE)
    now[0] += 1
    desk.caller_of(hasty.token, HERE)
    desk.close()


def test_strangers_are_slowed_down_where_they_come_from_and_known_tokens_are_not(
    house, anna, monkeypatch
):
    monkeypatch.setattr(bearers, "STRANGERS_PACE", bearers.Pace(burst=3, per_second=1))
    desk = Bearers(house.database, house.sessions, lambda: 0.0)
    made = make(house, anna)
    desk.caller_of(made.token, HERE)
    for number in range(2):
        with pytest.raises(NotSignedIn):
            desk.caller_of(f"pacscribe_{number:043}", HERE)
    with pytest.raises(TooManyAttempts):
        desk.caller_of("pacscribe_" + "x" * 43, HERE)
    assert desk.caller_of(made.token, HERE)
    with pytest.raises(NotSignedIn):
        desk.caller_of("pacscribe_" + "x" * 43, Origin("198.51.100.9", ""))
    desk.close()


def test_nobody_ends_or_sees_the_tokens_of_others_but_who_manages_people(
    house, administrator, anna
):
    made = make(house, anna)
    colleague = house.caller("clinician@east.example")
    stranger = house.caller("administrator@west.example")
    for other in (colleague, stranger):
        with pytest.raises(NotFound, match="no such access token"):
            house.tokens.revoke(other, made.view.key)
        assert house.tokens.list_own(other) == ()
    with pytest.raises(NotAllowed):
        house.tokens.list_of(colleague, anna.user_id)
    with pytest.raises(NotAllowed):
        house.tokens.list_all(colleague)
    with pytest.raises(NotFound):
        house.tokens.list_of(stranger, anna.user_id)
    assert house.tokens.list_all(stranger) == ()
    assert house.tokens.list_of(administrator, anna.user_id) == (made.view,)
    assert house.tokens.list_all(administrator) == (made.view,)
    assert house.tokens.revoke(administrator, made.view.key).standing == "revoked"
    house.tokens.revoke(administrator, made.view.key)
    assert len(entries(house, "token:revoke")) == 1


def test_an_administrator_makes_tokens_for_service_accounts_and_not_for_people(
    house, administrator, anna, gateway
):
    made = house.tokens.create_for(
        administrator, gateway, name="Modality", scopes=("study:upload",), days=365
    )
    found = house.bearers.caller_of(made.token, HERE)
    assert (found.user_id, found.display_name) == (gateway, "Gateway")
    assert house.tokens.scopes_for(administrator, gateway) == (
        "study:view",
        "study:all",
        "study:upload",
        "study:edit",
    )
    with pytest.raises(NotAllowed):
        house.tokens.scopes_for(anna, gateway)
    with pytest.raises(NotAllowed, match="People make their own tokens"):
        house.tokens.create_for(
            administrator, anna.user_id, name="Spy", scopes=("study:view",), days=1
        )
    stranger = house.caller("administrator@west.example")
    with pytest.raises(NotFound):
        house.tokens.scopes_for(stranger, gateway)
    with pytest.raises(NotFound):
        house.tokens.create_for(stranger, gateway, name="x", scopes=("study:view",), days=1)
    with pytest.raises(NotAllowed):
        house.tokens.create_for(anna, gateway, name="x", scopes=("study:view",), days=1)


def test_nobody_comes_by_a_right_through_a_service_account(house, administrator, gateway):
    set_roles(house, gateway, "radiologist")
    assert not administrator.may(Permission.REPORT_WRITE)
    with pytest.raises(NotAllowed):
        house.tokens.create_for(administrator, gateway, name="x", scopes=("report:write",), days=1)


def test_a_service_account_is_made_with_roles_that_its_maker_holds_and_never_signs_in(
    house, administrator, anna
):
    def key(name):
        with house.database.read(house.east) as session:
            return people.roles_by_name(session, house.east, [name])[0].id

    made = house.tokens.make_service_account(administrator, "Modality 3", (key("care-team"),))
    token = house.tokens.create_for(
        administrator, made, name="x", scopes=("study:view",), days=1
    ).token
    assert house.bearers.caller_of(token, HERE).display_name == "Modality 3"
    with house.database.read(house.east) as session:
        email = people.user_by_id(session, made).email
    with pytest.raises(SignInRefused):
        house.accounts.sign_in(email, "", HERE)
    assert '"service":true' in next(
        entry.details for entry in entries(house, "user:create") if entry.object_id == made
    )
    with pytest.raises(NotAllowed, match=r"more than you hold yourself: report:write\. "):
        house.tokens.make_service_account(administrator, "Ghost", (key("radiologist"),))
    for keys in ((), ("nowhere",)):
        with pytest.raises(Malformed, match="at least one of the roles"):
            house.tokens.make_service_account(administrator, "Ghost", keys)
    with pytest.raises(Malformed, match="a name for the program"):
        house.tokens.make_service_account(administrator, " ", (key("care-team"),))
    with pytest.raises(NotAllowed):
        house.tokens.make_service_account(anna, "Ghost", (key("care-team"),))
    with pytest.raises(StepUpNeeded):
        house.tokens.make_service_account(
            replace(administrator, proved_at=None), "Ghost", (key("care-team"),)
        )


def test_a_service_account_has_no_more_than_its_roles(house, administrator, gateway):
    with pytest.raises(NotAllowed, match="Gateway does not hold study:delete"):
        house.tokens.create_for(administrator, gateway, name="x", scopes=("study:delete",), days=1)


def test_the_command_line_makes_tokens_for_anybody_but_for_no_more_than_they_hold(house, anna):
    operator = system_caller(house.east, frozenset({Permission.TOKEN_MANAGE}))
    made = house.tokens.create_for(
        operator, anna.user_id, name="x", scopes=("report:write",), days=1
    )
    assert house.bearers.caller_of(made.token, HERE).permissions == {Permission.REPORT_WRITE}
    with pytest.raises(NotAllowed, match="does not hold study:delete"):
        house.tokens.create_for(operator, anna.user_id, name="x", scopes=("study:delete",), days=1)


def test_a_token_is_made_only_after_a_fresh_proof_and_revoked_without(house, anna):
    made = make(house, anna)
    stale = replace(anna, proved_at=None)
    with pytest.raises(StepUpNeeded):
        make(house, stale)
    assert house.tokens.revoke(stale, made.view.key).standing == "revoked"


def test_a_token_makes_no_tokens(house, anna):
    by_token = house.bearers.caller_of(make(house, anna).token, HERE)
    with pytest.raises(NotAllowed, match="A token makes no tokens"):
        make(house, by_token, scopes=("study:view",))


def test_a_person_has_no_more_than_some_tokens_and_revoked_ones_do_not_count(house, anna):
    made = [make(house, anna) for _ in range(MOST_TOKENS)]
    with pytest.raises(Malformed, match="Revoke one"):
        make(house, anna)
    house.tokens.revoke(anna, made[0].view.key)
    assert make(house, anna)


def test_what_was_made_is_in_the_trail_with_scopes_and_end(house, anna):
    make(house, anna)
    (entry,) = entries(house, "token:create")
    assert entry.actor_user_id == anna.user_id
    for word in ("Night export", "study:upload", "expires_at"):
        assert word in entry.details
