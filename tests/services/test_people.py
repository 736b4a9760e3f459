import pytest

from backend.access.passwords import PasswordRefused
from backend.core.errors import Malformed, NotAllowed, NotFound, SignInRefused
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole, Permission
from backend.models.audit import entries_after
from backend.models.people import UserPermission
from tests.installation import HERE, PASSWORD, install

NEW_PASSWORD = "wide meadows full of hay"


@pytest.fixture
def house(peopled_database, tmp_path):
    installed = install(peopled_database, tmp_path)
    yield installed
    installed.sessions.close()


@pytest.fixture
def administrator(house):
    return house.caller("administrator@east.example")


def create(house, caller, **changed):
    fields = {
        "display_name": "Dr. Bo Nilsson",
        "email": "bo@east.example",
        "password": NEW_PASSWORD,
        "roles": ("radiologist",),
    }
    return house.people.create(caller, **{**fields, **changed})


def actions(house):
    with house.database.system_read() as session:
        return [entry.action for entry in entries_after(session, 0, 10_000)]


def test_a_new_person_can_sign_in_with_the_rights_of_their_roles_on_both_databases(
    database, tmp_path
):
    house = install(database, tmp_path)
    administrator = house.caller("administrator@east.example")
    view = create(house, administrator, roles=("technologist", "clinician"))
    assert (view.email, view.roles, view.is_active) == (
        "bo@east.example",
        ("clinician", "technologist"),
        True,
    )
    caller = house.caller_of(house.accounts.sign_in("bo@east.example", NEW_PASSWORD, HERE).token)
    assert caller.organization_id == house.east
    assert caller.permissions == (
        ROLE_PERMISSIONS[BuiltInRole.TECHNOLOGIST] | ROLE_PERMISSIONS[BuiltInRole.CLINICIAN]
    )
    assert actions(house).count("user:create") == 2 * len(BuiltInRole) + 1


def test_everybody_is_listed_by_name_and_nobody_of_another_organization(house, administrator):
    listed = house.people.list_all(administrator)
    assert [person.email for person in listed] == [
        f"{role}@east.example"
        for role in ("administrator", "care-team", "clinician", "radiologist", "technologist")
    ]


@pytest.mark.parametrize(
    "role", [role for role in BuiltInRole if role is not BuiltInRole.ADMINISTRATOR]
)
def test_only_administrators_manage_people(house, role):
    caller = house.caller(f"{role.value}@east.example")
    for attempt in (
        lambda: create(house, caller),
        lambda: house.people.list_all(caller),
        lambda: house.people.disable(caller, "x"),
        lambda: house.people.reset_password(caller, "x", NEW_PASSWORD),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert "access:refuse" in actions(house)


def test_an_account_of_another_organization_does_not_exist(house, administrator):
    stranger = house.caller("radiologist@west.example")
    by_command = _from_the_command_line(administrator)
    for attempt in (
        lambda: house.people.disable(administrator, stranger.user_id),
        lambda: house.people.reset_password(by_command, stranger.user_id, NEW_PASSWORD),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert house.accounts.sign_in("radiologist@west.example", PASSWORD, HERE)


@pytest.mark.parametrize("taken", ["radiologist@east.example", "Radiologist@WEST.example"])
def test_an_address_in_use_is_refused_without_saying_where(house, administrator, taken):
    with pytest.raises(Malformed) as refused:
        create(house, administrator, email=taken)
    assert refused.value.sentence == "This e-mail address cannot be used for a new account."


@pytest.mark.parametrize(
    "changed",
    [
        {"email": "no address"},
        {"email": "two@at@east.example"},
        {"email": ""},
        {"email": "a@" + "x" * 300},
        {"display_name": "  "},
        {"display_name": "x" * 201},
        {"display_name": "Bo\nNilsson"},
        {"roles": ()},
        {"roles": ("emperor",)},
        {"roles": ("radiologist", "emperor")},
    ],
)
def test_what_cannot_be_used_is_refused_and_nobody_is_made(house, administrator, changed):
    with pytest.raises(Malformed):
        create(house, administrator, **changed)
    assert len(house.people.list_all(administrator)) == len(BuiltInRole)


@pytest.mark.parametrize("password", ["short", "East is the best", "nilsson nilsson 1"])
def test_a_password_that_others_would_guess_is_refused(house, administrator, password):
    with pytest.raises(PasswordRefused):
        create(house, administrator, password=password)


def test_a_disabled_person_is_out_and_stays_out(house, administrator):
    token = house.token("radiologist@east.example")
    victim = house.caller_of(token)
    view = house.people.disable(administrator, victim.user_id)
    assert not view.is_active
    assert house.find(token) is None
    with pytest.raises(SignInRefused):
        house.accounts.sign_in("radiologist@east.example", PASSWORD, HERE)
    assert actions(house)[-3:-1] == ["user:disable", "session:end"]


def test_disabling_twice_is_recorded_once(house, administrator):
    victim = house.caller("radiologist@east.example")
    house.people.disable(administrator, victim.user_id)
    house.people.disable(administrator, victim.user_id)
    assert actions(house).count("user:disable") == 1


def test_nobody_disables_their_own_account(house, administrator):
    with pytest.raises(NotAllowed, match="own account"):
        house.people.disable(administrator, administrator.user_id)


def test_the_last_administrator_cannot_be_disabled(house, administrator):
    by_command = _from_the_command_line(administrator)
    with pytest.raises(NotAllowed, match="nobody could manage people"):
        house.people.disable(by_command, administrator.user_id)
    second = create(house, administrator, roles=("administrator",))
    house.people.disable(by_command, administrator.user_id)
    with pytest.raises(NotAllowed, match="nobody could manage people"):
        house.people.disable(by_command, second.user_id)


def _from_the_command_line(administrator):
    from backend.core.caller import system_caller

    return system_caller(administrator.organization_id, frozenset({Permission.PEOPLE_MANAGE}))


def test_a_new_password_ends_all_sessions_and_the_old_password(house, administrator):
    here, there = (house.token("radiologist@east.example") for _ in range(2))
    victim = house.caller_of(here)
    by_command = _from_the_command_line(administrator)
    house.people.reset_password(by_command, victim.user_id, NEW_PASSWORD)
    assert house.find(here) is None
    assert house.find(there, touches=False) is None
    with pytest.raises(SignInRefused):
        house.accounts.sign_in("radiologist@east.example", PASSWORD, HERE)
    assert house.accounts.sign_in("radiologist@east.example", NEW_PASSWORD, HERE)
    assert "user:reset-password" in actions(house)


def test_nobody_with_a_session_sets_the_password_of_somebody_else(house, administrator):
    victim = house.caller("radiologist@east.example")
    with pytest.raises(NotAllowed, match="choose their own passwords"):
        house.people.reset_password(administrator, victim.user_id, NEW_PASSWORD)
    assert house.accounts.sign_in("radiologist@east.example", PASSWORD, HERE)


def test_a_new_person_gets_no_power_that_the_maker_does_not_hold(house, administrator):
    user_id = house.caller("clinician@east.example").user_id
    with house.database.write(house.east) as session:
        session.add(UserPermission(user_id=user_id, permission="people:manage"))
    clerk = house.caller("clinician@east.example")
    assert create(house, clerk, roles=("radiologist",))
    with pytest.raises(NotAllowed, match="do not hold yourself"):
        create(house, clerk, email="ada@east.example", roles=("administrator",))


def test_answers_hold_no_password_hash(house, administrator):
    assert "argon2" not in repr(create(house, administrator)) + repr(
        house.people.list_all(administrator)
    )
