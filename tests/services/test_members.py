"""Accounts as administrators change them: said before it is done, and what nobody may do, whatever they hold."""

import threading
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from sqlmodel import select

from backend.access.step_up import RECENT
from backend.core import clock
from backend.core.caller import system_caller
from backend.core.errors import Malformed, NotAllowed, NotFound, NotSignedIn, Refusal, StepUpNeeded
from backend.core.permissions import BuiltInRole, Permission
from backend.models import rosters
from backend.models.audit import entries_after
from backend.models.factors import RecoveryCode
from backend.models.outbox import OutboxMessage
from backend.models.people import Role, RolePermission, User, UserRole
from backend.schemas.people import (
    HalfSignedIn,
    PersonAct,
    PersonChange,
    PersonFactors,
    PersonStanding,
    SignedIn,
)
from tests.installation import HERE, PASSWORD, install, kept_password


@pytest.fixture
def house(peopled_database, tmp_path):
    installed = install(peopled_database, tmp_path)
    yield installed
    installed.bearers.close()
    installed.sessions.close()


@pytest.fixture
def administrator(house):
    return house.caller("administrator@east.example")


@pytest.fixture
def radiologist(house):
    return house.caller("radiologist@east.example")


def add(house, name, *role_names, organization="", is_service=False):
    """An account with roles, signed in if it is a person's."""
    organization = organization or house.east
    with house.database.system_write() as session:
        user = User(
            organization_id=organization,
            email=f"{name}@east.example",
            display_name=name.title(),
            password_hash=kept_password(),
            password_changed_at=clock.now(),
            is_service=is_service,
        )
        session.add(user)
        session.flush()
        for role in rosters.all_roles(session, organization):
            if role.name in role_names:
                session.add(
                    UserRole(organization_id=organization, user_id=user.id, role_id=role.id)
                )
        session.flush()
        user_id = user.id
    return user_id if is_service else house.caller(f"{name}@east.example")


def add_role(house, name, *permissions):
    with house.database.write(house.east) as session:
        role = Role(name=name)
        session.add(role)
        session.flush()
        for permission in permissions:
            session.add(RolePermission(role_id=role.id, permission=permission))
        return role.id


def key(house, name, organization=""):
    with house.database.system_read() as session:
        found = rosters.all_roles(session, organization or house.east)
        return next(role.id for role in found if role.name == name)


def rights(house, user_id, *role_names, own=()):
    keys = tuple(key(house, name) for name in role_names)
    return PersonChange(user_id, PersonAct.RIGHTS, keys, tuple(own))


def do(house, caller, change):
    return house.members.carry_out(
        caller, change, house.members.preview(caller, change).fingerprint
    )


def entries(house):
    with house.database.system_read() as session:
        return entries_after(session, 0, 10_000)


def test_everybody_is_found_by_words_of_name_and_address_and_nobody_of_another_organization(
    house, administrator
):
    add(house, "jürgen", "clinician")
    page = house.members.page(administrator)
    assert [row.display_name for row in page.rows] == sorted(row.display_name for row in page.rows)
    assert page.total == len(BuiltInRole) + 1
    assert all(row.email.endswith("east.example") for row in page.rows)
    for search, total in (("jurgen", 1), ("EAST.example clini", 1), ("west", 0), ("", page.total)):
        assert house.members.page(administrator, search).total == total
    row = house.members.page(administrator, "radiologist").rows[0]
    assert (row.roles, row.standing, row.is_self) == (
        ("radiologist",),
        PersonStanding.ACTIVE,
        False,
    )


def test_who_was_seen_last_is_told_by_their_last_session(house, administrator, radiologist):
    (seen,) = house.members.page(administrator, "radiologist").rows
    assert seen.last_seen_at
    (never,) = house.members.page(administrator, "technologist").rows
    assert never.last_seen_at == ""


@pytest.mark.parametrize("role", [role for role in BuiltInRole if role.value != "administrator"])
def test_nobody_else_manages_people_and_trying_is_recorded(house, administrator, role):
    caller = house.caller(f"{role.value}@east.example")
    change = rights(house, administrator.user_id)
    for attempt in (
        lambda: house.members.page(caller),
        lambda: house.members.details(caller, administrator.user_id),
        lambda: house.members.preview(caller, change),
        lambda: house.members.carry_out(caller, change, "x"),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert entries(house)[-1].action == "access:refuse"


def test_accounts_and_roles_of_another_organization_do_not_exist(house, administrator, radiologist):
    stranger = house.caller("clinician@west.example")
    for act in PersonAct:
        with pytest.raises(NotFound, match="no such account"):
            house.members.preview(administrator, PersonChange(stranger.user_id, act))
    with pytest.raises(NotFound):
        house.members.details(administrator, stranger.user_id)
    foreign = PersonChange(
        radiologist.user_id, PersonAct.RIGHTS, (key(house, "radiologist", house.west),)
    )
    with pytest.raises(Malformed, match="exists any more"):
        house.members.preview(administrator, foreign)


def test_a_change_of_rights_says_what_is_gained_and_lost_and_bites_at_the_next_look(
    house, administrator, radiologist
):
    token = house.token("radiologist@east.example")
    change = rights(house, radiologist.user_id, "clinician", own=["study:export"])
    preview = house.members.preview(administrator, change)
    assert preview.gained == ()
    assert preview.lost == (
        "study:upload",
        "study:edit",
        "study:share",
        "report:write",
        "report:sign",
    )
    assert (preview.sessions, preview.programs) == (0, 0)
    assert house.caller_of(token).may(Permission.REPORT_SIGN)
    details = house.members.carry_out(administrator, change, preview.fingerprint)
    assert (details.row.roles, details.row.own) == (("clinician",), ("study:export",))
    assert house.caller_of(token, touches=False).permissions == {
        Permission(each) for each in details.rights
    }
    entry = entries(house)[-1]
    assert (entry.action, entry.object_id) == ("user:roles", radiologist.user_id)
    for word in ('"roles":["clinician"]', '"roles_before":["radiologist"]', "study:export"):
        assert word in entry.details


def test_rights_beside_the_roles_are_given_and_taken(house, administrator, radiologist):
    do(
        house,
        administrator,
        rights(house, radiologist.user_id, "radiologist", own=["study:delete"]),
    )
    assert house.caller("radiologist@east.example").may(Permission.STUDY_DELETE)
    do(house, administrator, rights(house, radiologist.user_id, "radiologist"))
    assert not house.caller("radiologist@east.example").may(Permission.STUDY_DELETE)


def test_what_was_not_shown_is_not_done(house, administrator, radiologist):
    change = rights(house, radiologist.user_id, "clinician")
    shown = house.members.preview(administrator, change).fingerprint
    with pytest.raises(Refusal, match="Look again"):
        house.members.carry_out(administrator, replace(change, own=("study:export",)), shown)
    do(house, administrator, rights(house, radiologist.user_id, "radiologist", "technologist"))
    with pytest.raises(Refusal, match="Look again"):
        house.members.carry_out(administrator, change, shown)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (PersonChange("", PersonAct.RIGHTS, ("x",)), "exists any more"),
        (PersonChange("", PersonAct.RIGHTS, (), ("study:fly",)), "is a permission"),
        (PersonChange("", PersonAct.RIGHTS, (), ("support:use",)), "support accounts only"),
        (PersonChange("", PersonAct.ENABLE), "Nothing would change"),
        (PersonChange("", PersonAct.END_SESSIONS), "Nothing would change"),
        (PersonChange("", PersonAct.REVOKE_PROGRAMS), "Nothing would change"),
        (PersonChange("", PersonAct.PASSWORD_LINK), "Nothing would change"),
        (PersonChange("", PersonAct.RESET_FACTORS), "Nothing would change"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(house, administrator, change, sentence):
    nobody_yet = add(house, "gate", "technologist", is_service=True)
    with pytest.raises(Refusal, match=sentence):
        house.members.preview(administrator, replace(change, user_id=nobody_yet))


@pytest.mark.parametrize("act", PersonAct)
def test_nobody_changes_their_own_account(house, administrator, act):
    add(house, "second", "administrator")
    with pytest.raises(NotAllowed, match="your own account"):
        house.members.preview(administrator, PersonChange(administrator.user_id, act))
    assert house.members.details(administrator, administrator.user_id).untouchable


def test_disabling_ends_sessions_and_tokens_and_enabling_gives_back_the_tokens_only(
    house, administrator, radiologist
):
    made = house.tokens.create(radiologist, name="x", scopes=("study:view",), days=1)
    token = house.token("radiologist@east.example")
    preview = house.members.preview(
        administrator, PersonChange(radiologist.user_id, PersonAct.DISABLE)
    )
    assert (preview.sessions, preview.programs) == (2, 1)
    assert "report:sign" in preview.lost
    do(house, administrator, PersonChange(radiologist.user_id, PersonAct.DISABLE))
    assert house.find(token) is None
    with pytest.raises(NotSignedIn):
        house.bearers.caller_of(made.token, HERE)
    preview = house.members.preview(
        administrator, PersonChange(radiologist.user_id, PersonAct.ENABLE)
    )
    assert "report:sign" in preview.gained
    do(house, administrator, PersonChange(radiologist.user_id, PersonAct.ENABLE))
    assert house.bearers.caller_of(made.token, HERE)
    assert house.find(token) is None
    assert entries(house)[-2].action == "user:enable"


def test_sessions_are_ended_and_programs_stopped_each_by_itself(house, administrator, radiologist):
    made = house.tokens.create(radiologist, name="x", scopes=("study:view",), days=1)
    token = house.token("radiologist@east.example")
    do(house, administrator, PersonChange(radiologist.user_id, PersonAct.END_SESSIONS))
    assert house.find(token) is None
    assert house.bearers.caller_of(made.token, HERE)
    do(house, administrator, PersonChange(radiologist.user_id, PersonAct.REVOKE_PROGRAMS))
    with pytest.raises(NotSignedIn):
        house.bearers.caller_of(made.token, HERE)


def test_a_link_for_a_new_password_is_mailed_to_its_owner_and_the_old_one_works_until_then(
    house, administrator, radiologist
):
    do(house, administrator, PersonChange(radiologist.user_id, PersonAct.PASSWORD_LINK))
    with house.database.system_read() as session:
        (message,) = session.exec(select(OutboxMessage)).all()
    assert message.organization_id == house.east
    assert "radiologist@east.example" in message.payload
    assert house.accounts.sign_in("radiologist@east.example", PASSWORD, HERE)
    asked = next(each for each in entries(house) if each.action == "password:forget")
    assert (asked.actor_user_id, asked.object_id) == (administrator.user_id, radiologist.user_id)


def give_app(house, caller):
    token, enrolment = house.factors.begin_app(caller)
    code = pyotp.TOTP(enrolment.key).at(clock.now(), counter_offset=-1)
    house.factors.confirm_app(caller, token, code)
    house.factors.new_recovery_codes(caller)


def test_who_has_which_second_factor_is_listed_and_never_the_factor_itself(
    house, administrator, radiologist
):
    give_app(house, radiologist)
    rows = {row.user_id: row.factors for row in house.members.page(administrator).rows}
    assert rows[radiologist.user_id] == PersonFactors(has_app=True, recovery_codes=10)
    others = [held for user_id, held in rows.items() if user_id != radiologist.user_id]
    assert not any(held.is_any or held.recovery_codes for held in others)


def test_factors_are_reset_as_it_was_said_and_their_owner_is_told(
    house, administrator, radiologist
):
    give_app(house, radiologist)
    email = "radiologist@east.example"
    assert isinstance(house.accounts.sign_in(email, PASSWORD, HERE), HalfSignedIn)
    change = PersonChange(radiologist.user_id, PersonAct.RESET_FACTORS)
    preview = house.members.preview(administrator, change)
    assert preview.factors == PersonFactors(has_app=True, recovery_codes=10)
    assert (preview.sessions, preview.is_factor_required) == (1, False)
    details = house.members.carry_out(administrator, change, preview.fingerprint)
    assert (details.row.factors, details.sessions) == (PersonFactors(), 0)
    assert isinstance(house.accounts.sign_in(email, PASSWORD, HERE), SignedIn)
    reset = next(each for each in entries(house) if each.action == "factor:reset")
    assert (reset.actor_user_id, reset.object_id) == (administrator.user_id, radiologist.user_id)
    with house.database.system_read() as session:
        written = [each.payload for each in session.exec(select(OutboxMessage)).all()]
    assert any(email in each and "removed by an administrator" in each for each in written)


def test_factors_that_were_added_since_the_preview_are_not_reset(house, administrator, radiologist):
    give_app(house, radiologist)
    change = PersonChange(radiologist.user_id, PersonAct.RESET_FACTORS)
    fingerprint = house.members.preview(administrator, change).fingerprint
    with house.database.write(house.east) as session:
        code = session.exec(select(RecoveryCode)).first()
        code.used_at = clock.now()
    with pytest.raises(Refusal, match="changed this account"):
        house.members.carry_out(administrator, change, fingerprint)
    assert house.factors.overview(radiologist).has_app


def test_the_last_who_manages_people_keeps_that_right_whoever_asks(house, administrator):
    operator = system_caller(house.east, frozenset({Permission.PEOPLE_MANAGE}))
    add(house, "robot", "administrator", is_service=True)
    for change in (
        PersonChange(administrator.user_id, PersonAct.DISABLE),
        rights(house, administrator.user_id, "radiologist"),
        rights(house, administrator.user_id, own=["audit:view"]),
    ):
        with pytest.raises(NotAllowed, match="nobody could manage people any more"):
            house.members.preview(operator, change)
    # With the right itself, by whichever way, somebody is in charge.
    do(house, operator, rights(house, administrator.user_id, own=["people:manage"]))
    disabled = add(house, "third", "administrator")
    do(house, operator, PersonChange(disabled.user_id, PersonAct.DISABLE))
    with pytest.raises(NotAllowed, match="nobody could manage people any more"):
        house.members.preview(operator, PersonChange(administrator.user_id, PersonAct.DISABLE))


def test_two_administrators_who_take_each_others_rights_at_once_leave_one_in_charge_on_both_databases(
    database, tmp_path
):
    house = install(database, tmp_path)
    first = house.caller("administrator@east.example")
    second = add(house, "second", "administrator")
    plans = [
        (caller, change, house.members.preview(caller, change).fingerprint)
        for caller, other in ((first, second), (second, first))
        for change in [rights(house, other.user_id, "clinician")]
    ]
    together, refused = threading.Barrier(2), []

    def act(caller, change, fingerprint):
        together.wait()
        try:
            house.members.carry_out(caller, change, fingerprint)
        except NotAllowed as refusal:
            refused.append(refusal.sentence)

    threads = [threading.Thread(target=act, args=plan) for plan in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever came second was no administrator any more, whatever their session had found before.
    assert len(refused) == 1
    assert "no longer manage people" in refused[0]
    left = [
        row for row in house.members.page(_in_charge(house)).rows if "administrator" in row.roles
    ]
    assert len(left) == 1
    house.sessions.close()


def _in_charge(house):
    return system_caller(house.east, frozenset({Permission.PEOPLE_MANAGE}))


def test_a_right_that_was_taken_away_a_moment_ago_gives_nothing_any_more(house, administrator):
    """Not to oneself and not to an accomplice: what the session found before does not count."""
    accomplice = add(house, "accomplice", "technologist")
    second = add(house, "second", "administrator")
    do(house, administrator, rights(house, second.user_id, "technologist"))
    for user_id in (accomplice.user_id, administrator.user_id):
        with pytest.raises(NotAllowed, match="no longer manage people"):
            house.members.preview(second, rights(house, user_id, "administrator"))


def test_clinical_rights_are_given_by_office_and_power_only_by_whoever_holds_it(
    house, administrator, radiologist
):
    add_role(house, "office", "people:manage")
    clerk = add(house, "clerk", "office")
    newcomer = add(house, "newcomer")
    assert not clerk.may(Permission.REPORT_SIGN)
    do(house, clerk, rights(house, newcomer.user_id, "radiologist"))
    for change in (
        rights(house, newcomer.user_id, "radiologist", "administrator"),
        rights(house, newcomer.user_id, "radiologist", own=["audit:view"]),
        rights(house, newcomer.user_id, "radiologist", own=["study:delete"]),
    ):
        with pytest.raises(NotAllowed, match="that you do not hold yourself: "):
            house.members.preview(clerk, change)
    do(house, clerk, rights(house, newcomer.user_id, "office"))


@pytest.mark.parametrize("act", PersonAct)
def test_nobody_touches_the_account_of_somebody_with_more_power(house, administrator, act):
    add_role(house, "office", "people:manage")
    clerk = add(house, "clerk", "office")
    with pytest.raises(NotAllowed, match="you do not hold yourself: study:delete"):
        house.members.preview(clerk, PersonChange(administrator.user_id, act))
    assert "study:delete" in house.members.details(clerk, administrator.user_id).untouchable
    assert house.members.details(administrator, clerk.user_id).untouchable == ""


def test_power_does_not_come_back_through_a_disabled_account(house, administrator):
    add_role(house, "office", "people:manage")
    clerk = add(house, "clerk", "office")
    second = add(house, "second", "administrator")
    do(house, administrator, PersonChange(second.user_id, PersonAct.DISABLE))
    with pytest.raises(NotAllowed, match="do not hold yourself"):
        house.members.preview(clerk, PersonChange(second.user_id, PersonAct.ENABLE))


def test_an_old_session_looks_and_previews_but_does_nothing_before_it_proves_who_it_is(
    house, administrator, radiologist
):
    change = rights(house, radiologist.user_id, "clinician")
    stale = replace(administrator, proved_at=clock.now() - RECENT - timedelta(seconds=1))
    assert house.members.page(stale).rows
    fingerprint = house.members.preview(stale, change).fingerprint
    with pytest.raises(StepUpNeeded):
        house.members.carry_out(stale, change, fingerprint)
    assert house.members.details(stale, radiologist.user_id).row.roles == ("radiologist",)
    # Whoever may not, is told so instead of being asked for a proof.
    with pytest.raises(NotAllowed):
        house.members.carry_out(replace(radiologist, proved_at=None), change, fingerprint)


def test_a_service_account_is_listed_without_an_address_and_counts_as_nobody_in_charge(
    house, administrator
):
    robot = add(house, "robot", "technologist", is_service=True)
    row = house.members.details(administrator, robot).row
    assert (row.is_service, row.email) == (True, "")
    assert house.members.page(administrator, "robot@east").total == 0
