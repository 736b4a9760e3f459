"""Roles: the built-in ones stay, the organization's own change, and whom that touches is said before."""

import threading
from dataclasses import replace

import pytest

from backend.core.errors import Malformed, NotAllowed, NotFound, Refusal, StepUpNeeded
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole, Permission
from backend.models import rosters
from backend.models.audit import entries_after
from backend.models.people import Role, UserRole
from backend.schemas.people import RoleChange
from backend.services.roles import MOST_ROLES
from tests.installation import install

NIGHT = RoleChange("", "Night shift", ("study:view", "study:all", "report:view"))


@pytest.fixture
def house(peopled_database, tmp_path):
    installed = install(peopled_database, tmp_path)
    yield installed
    installed.bearers.close()
    installed.sessions.close()


@pytest.fixture
def administrator(house):
    return house.caller("administrator@east.example")


def do(house, caller, change):
    preview = house.roles.preview(caller, change)
    return house.roles.carry_out(caller, change, preview.fingerprint)


def named(roles, name):
    return next(role for role in roles if role.name == name)


def make(house, caller, change=NIGHT):
    return named(do(house, caller, change), change.name)


def give(house, role_key, *emails):
    """Give a role, and sign its holders in."""
    callers = [house.caller(email) for email in emails]
    with house.database.write(house.east) as session:
        for caller in callers:
            session.add(UserRole(user_id=caller.user_id, role_id=role_key))
    house.sessions.drop_verdicts()
    return [house.caller(email) for email in emails]


def entry(house):
    with house.database.system_read() as session:
        return entries_after(session, 0, 10_000)[-1]


def test_the_built_in_roles_come_first_with_what_they_hold(house, administrator):
    make(house, administrator)
    roles = house.roles.list_all(administrator)
    assert [role.is_built_in for role in roles] == [True] * len(BuiltInRole) + [False]
    for role in roles[:-1]:
        assert set(role.permissions) == set(ROLE_PERMISSIONS[BuiltInRole(role.name)])
    assert [role.holders for role in roles] == [1] * len(BuiltInRole) + [0]


def test_a_role_is_made_renamed_changed_and_deleted_and_each_is_in_the_trail(house, administrator):
    made = make(house, administrator)
    assert made.permissions == NIGHT.permissions
    assert (entry(house).action, entry(house).object_id) == ("role:create", made.role_key)
    changed = replace(
        NIGHT, role_key=made.role_key, name="Late shift", permissions=("study:view", "study:upload")
    )
    preview = house.roles.preview(administrator, changed)
    assert (preview.gained, preview.lost) == (("study:upload",), ("study:all", "report:view"))
    late = make(house, administrator, changed)
    assert (late.role_key, late.permissions) == (made.role_key, ("study:view", "study:upload"))
    assert entry(house).action == "role:change"
    for word in ('"name_before":"Night shift"', '"added":["study:upload"]', "report:view"):
        assert word in entry(house).details
    roles = do(house, administrator, RoleChange(made.role_key, is_deleted=True))
    assert all(role.is_built_in for role in roles)
    assert entry(house).action == "role:delete"
    assert "Late shift" in entry(house).details


def test_a_change_says_whom_it_touches_and_bites_at_their_next_look(house, administrator):
    role = make(house, administrator)
    technologist, radiologist = give(
        house, role.role_key, "technologist@east.example", "radiologist@east.example"
    )
    token = house.token("technologist@east.example")
    change = replace(NIGHT, role_key=role.role_key, permissions=("study:view", "study:export"))
    preview = house.roles.preview(administrator, change)
    # The radiologist has by the other role what goes and what comes.
    assert [(each.user_id, each.gained, each.lost) for each in preview.touched] == [
        (technologist.user_id, ("study:export",), ("report:view",))
    ]
    assert (preview.total, preview.holders) == (1, 2)
    assert radiologist.may(Permission.STUDY_EXPORT)
    house.roles.carry_out(administrator, change, preview.fingerprint)
    found = house.caller_of(token, touches=False)
    assert found.may(Permission.STUDY_EXPORT)
    assert not found.may(Permission.REPORT_VIEW)


def test_deleting_a_role_takes_what_it_gave(house, administrator):
    role = make(house, administrator)
    (technologist,) = give(house, role.role_key, "technologist@east.example")
    assert technologist.may(Permission.REPORT_VIEW)
    change = RoleChange(role.role_key, is_deleted=True)
    assert house.roles.preview(administrator, change).touched[0].lost == ("report:view",)
    do(house, administrator, change)
    assert not house.caller("technologist@east.example").may(Permission.REPORT_VIEW)


@pytest.mark.parametrize("role", BuiltInRole)
@pytest.mark.parametrize("is_deleted", [True, False])
def test_built_in_roles_stay_as_they_are(house, administrator, role, is_deleted):
    built_in = named(house.roles.list_all(administrator), role.value)
    with pytest.raises(NotAllowed, match="Copy it"):
        house.roles.preview(
            administrator, RoleChange(built_in.role_key, "Mine", ("study:view",), is_deleted)
        )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (replace(NIGHT, name=" "), "a name for the role"),
        (replace(NIGHT, name="x" * 61), "at most 60 characters"),
        (replace(NIGHT, name="Radiologist"), "of this name already"),
        (replace(NIGHT, name="  RADIOLOGIST "), "of this name already"),
        (replace(NIGHT, permissions=("study:fly",)), "is a permission"),
        (replace(NIGHT, permissions=("support:use",)), "support accounts only"),
        (RoleChange("nowhere", "x"), "no such role"),
        (RoleChange("", is_deleted=True), "no such role"),
        (RoleChange("nowhere", is_deleted=True), "no such role"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(house, administrator, change, sentence):
    with pytest.raises(Refusal, match=sentence):
        house.roles.preview(administrator, change)


def test_a_role_of_another_organization_does_not_exist(house, administrator):
    foreign = make(house, house.caller("administrator@west.example"))
    for change in (
        RoleChange(foreign.role_key, is_deleted=True),
        replace(NIGHT, role_key=foreign.role_key),
    ):
        with pytest.raises(NotFound):
            house.roles.preview(administrator, change)
    # Names are each organization's own.
    assert make(house, administrator)


@pytest.mark.parametrize("role", [role for role in BuiltInRole if role.value != "administrator"])
def test_nobody_else_sees_or_changes_roles(house, role):
    caller = house.caller(f"{role.value}@east.example")
    for attempt in (
        lambda: house.roles.list_all(caller),
        lambda: house.roles.preview(caller, NIGHT),
        lambda: house.roles.carry_out(caller, NIGHT, "x"),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_nobody_gains_by_changing_a_role_that_they_have(house, administrator):
    role = make(house, administrator)
    (caller,) = give(house, role.role_key, "administrator@east.example")
    more = replace(NIGHT, role_key=role.role_key, permissions=(*NIGHT.permissions, "report:sign"))
    with pytest.raises(NotAllowed, match="Nobody gives rights to themselves"):
        house.roles.preview(caller, more)
    assert do(house, caller, replace(more, permissions=("study:view",)))


def test_the_last_who_manages_people_cannot_take_it_from_their_own_role(house, administrator):
    role = make(house, administrator, RoleChange("", "Office", ("people:manage",)))
    (caller,) = give(house, role.role_key, "clinician@east.example")
    with house.database.write(house.east) as session:
        for row in rosters.roles_of_user(session, administrator.user_id):
            session.delete(row)
    for change in (
        RoleChange(role.role_key, is_deleted=True),
        RoleChange(role.role_key, "Office", ("study:view",)),
    ):
        with pytest.raises(NotAllowed, match="nobody could manage people any more"):
            house.roles.preview(caller, change)


def test_power_is_put_into_a_role_only_by_whoever_holds_it(house, administrator):
    office = make(house, administrator, RoleChange("", "Office", ("people:manage",)))
    (clerk,) = give(house, office.role_key, "clinician@east.example")
    for change in (
        RoleChange("", "Spies", ("audit:view",)),
        RoleChange("", "Cleaners", ("study:view", "study:delete")),
    ):
        with pytest.raises(NotAllowed, match="do not hold yourself"):
            house.roles.preview(clerk, change)
    assert make(house, clerk, RoleChange("", "Readers", ("report:sign", "study:view")))
    keepers = make(house, administrator, RoleChange("", "Keepers", ("archive:manage",)))
    with pytest.raises(NotAllowed, match="do not hold yourself: archive:manage"):
        house.roles.preview(clerk, RoleChange(keepers.role_key, is_deleted=True))


def test_what_was_not_shown_is_not_done(house, administrator):
    role = make(house, administrator)
    change = replace(NIGHT, role_key=role.role_key, permissions=("study:view",))
    shown = house.roles.preview(administrator, change).fingerprint
    give(house, role.role_key, "technologist@east.example")
    with pytest.raises(Refusal, match="Look again"):
        house.roles.carry_out(administrator, change, shown)


def test_a_role_changes_only_after_a_fresh_proof(house, administrator):
    stale = replace(administrator, proved_at=None)
    fingerprint = house.roles.preview(stale, NIGHT).fingerprint
    with pytest.raises(StepUpNeeded):
        house.roles.carry_out(stale, NIGHT, fingerprint)
    assert len(house.roles.list_all(stale)) == len(BuiltInRole)


def test_two_roles_of_one_name_are_not_made_at_the_same_time(house, administrator):
    shown = house.roles.preview(administrator, NIGHT).fingerprint
    together, refused = threading.Barrier(2), []

    def act():
        together.wait()
        try:
            house.roles.carry_out(administrator, NIGHT, shown)
        except Malformed as refusal:
            refused.append(refusal.sentence)

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert [role.name for role in house.roles.list_all(administrator)].count("Night shift") == 1


def test_an_organization_has_some_roles_and_no_more(house, administrator):
    with house.database.write(house.east) as session:
        for number in range(MOST_ROLES - len(BuiltInRole)):
            session.add(Role(name=f"Role {number}"))
    with pytest.raises(Malformed, match="Delete one"):
        house.roles.preview(administrator, NIGHT)
