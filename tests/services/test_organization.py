"""Name and policies of an organization: within their bounds, with a preview, and in the trail."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from backend.access import policies
from backend.core import clock
from backend.core.errors import Malformed, NotAllowed, Refusal, StepUpNeeded
from backend.core.permissions import BuiltInRole
from backend.core.vocabulary import SecondFactorRule
from backend.models.audit import entries_after
from backend.models.organizations import Organization
from backend.models.people import SignInSession
from backend.schemas.organization import OrganizationPolicies
from backend.services import join_rules
from backend.services.join_rules import JoinRules
from tests.installation import install
from tests.postgres import new_database

USUAL = OrganizationPolicies("East", "required", 15, 12)


@pytest.fixture(scope="module")
def shared(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("organization")
    with new_database(request, folder, on_postgresql=False) as database:
        installed = install(database, folder)
        yield installed
        installed.bearers.close()
        installed.sessions.close()


@pytest.fixture
def house(shared):
    """As it was in the beginning, with nobody signed in."""
    with shared.database.write(shared.east) as session:
        kept = policies.SignInPolicy()
        join_rules.write(policies.write(session, shared.east, kept), JoinRules())
        organization = session.get_one(Organization, shared.east)
        organization.name = USUAL.name
        for row in session.exec(select(SignInSession)).all():
            row.ended_at = clock.now()
    shared.sessions.drop_verdicts()
    return shared


@pytest.fixture
def administrator(house):
    return house.caller("administrator@east.example")


def do(house, caller, wanted):
    preview = house.organization.preview(caller, wanted)
    return house.organization.carry_out(caller, wanted, preview.fingerprint)


def last_entry(house):
    with house.database.system_read() as session:
        return entries_after(session, 0, 100_000)[-1]


def test_an_organization_is_shown_with_the_bounds_of_its_policies(house, administrator):
    shown = house.organization.view(administrator)
    assert shown.policies == USUAL
    bounds = shown.bounds
    assert (bounds.usual_idle_minutes, bounds.usual_session_hours) == (15, 12)
    assert bounds.audit_years == 6


def test_a_change_says_what_becomes_what_and_is_in_the_trail(house, administrator):
    wanted = OrganizationPolicies("East Hospital", SecondFactorRule.OPTIONAL.value, 5, 8)
    preview = house.organization.preview(administrator, wanted)
    assert [(each.what, each.before, each.after) for each in preview.changes] == [
        ("name", "East", "East Hospital"),
        ("second_factor", "required", "optional"),
        ("idle_minutes", "15", "5"),
        ("session_hours", "12", "8"),
    ]
    assert do(house, administrator, wanted).policies == wanted
    assert house.organization.view(administrator).policies == wanted
    entry = last_entry(house)
    assert (entry.action, entry.object_id) == ("organization:change", house.east)
    assert '"idle_minutes":"5"' in entry.details
    assert '"idle_minutes_before":"15"' in entry.details


def test_shorter_times_end_sessions_that_are_too_old_for_them_at_their_next_look(
    house, administrator
):
    began = clock.now()
    token = house.token("radiologist@east.example")
    with clock.frozen(began + timedelta(minutes=6)):
        administrator = house.caller("administrator@east.example")
        preview = house.organization.preview(administrator, replace(USUAL, idle_minutes=5))
        # The radiologist's, and the administrator's first.
        assert preview.sessions == 2
        house.organization.carry_out(
            administrator, replace(USUAL, idle_minutes=5), preview.fingerprint
        )
        assert house.find(token, touches=False) is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": " "}, "Fill in the organization's name"),
        ({"second_factor": "perhaps"}, "whether a second factor"),
        ({"idle_minutes": 0}, "1 to 60 minutes"),
        ({"idle_minutes": 61, "override_reason": "x"}, "1 to 60 minutes"),
        ({"session_hours": 25, "override_reason": "x"}, "1 to 24 hours"),
        ({"idle_minutes": 16}, "need a reason"),
        ({"session_hours": 13, "override_reason": "  "}, "need a reason"),
        ({"joining": "friends"}, "who may ask"),
        ({"joining": "domains"}, "at least one mail domain"),
        ({"joining": "domains", "mail_domains": "hospital"}, "after the @"),
        ({"joining": "domains", "mail_domains": "a@b.example"}, "after the @"),
        ({"joining": "domains", "mail_domains": "*.b.example"}, "after the @"),
        ({"joining": "domains", "mail_domains": "-b.example"}, "after the @"),
        ({"joining": "domains", "mail_domains": f"{'x' * 64}.example"}, "after the @"),
        (
            {"joining": "domains", "mail_domains": " ".join(f"d{n}.example" for n in range(21))},
            "at most 20",
        ),
        ({"mail_domains": "b.example"}, "Nothing would change"),
        ({}, "Nothing would change"),
        ({"override_reason": "not needed"}, "Nothing would change"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(house, administrator, changed, sentence):
    with pytest.raises(Malformed, match=sentence):
        house.organization.preview(administrator, replace(USUAL, **changed))
    with pytest.raises(Malformed, match=sentence):
        house.organization.carry_out(administrator, replace(USUAL, **changed), "x")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("North.Example", "north.example"),
        ("@b.example, a.example;b.example\n", "a.example b.example"),
        ("klinik-süd.example", "klinik-süd.example"),
        ("\uff42.example", "b.example"),  # a wide b
    ],
)
def test_mail_domains_are_kept_in_the_spelling_of_addresses(house, administrator, typed, kept):
    wanted = replace(USUAL, joining="domains", mail_domains=typed)
    preview = house.organization.preview(administrator, wanted)
    assert [(each.what, each.after) for each in preview.changes] == [
        ("joining", "domains"),
        ("mail_domains", kept),
    ]
    assert do(house, administrator, wanted).policies.mail_domains == kept
    # They belong to that rule, and go with it.
    after = do(house, administrator, replace(wanted, joining="nobody")).policies
    assert (after.joining, after.mail_domains) == ("nobody", "")


def test_a_change_of_sign_in_leaves_who_may_ask_to_join(house, administrator):
    do(house, administrator, replace(USUAL, joining="nobody"))
    with house.database.write(house.east) as session:
        policies.write(session, house.east, policies.SignInPolicy(idle_minutes=7))
    shown = house.organization.view(administrator).policies
    assert (shown.joining, shown.idle_minutes) == ("nobody", 7)


def test_longer_than_usual_needs_a_reason_that_is_kept_and_goes_with_its_need(house, administrator):
    night = replace(USUAL, idle_minutes=30, override_reason="One reader at night")
    assert do(house, administrator, night).policies == night
    assert last_entry(house).reason == "One reader at night"
    back = replace(night, idle_minutes=10)
    assert do(house, administrator, back).policies.override_reason == ""


@pytest.mark.parametrize("role", [role for role in BuiltInRole if role.value != "administrator"])
def test_nobody_else_sees_or_changes_it(house, role):
    caller = house.caller(f"{role.value}@east.example")
    for attempt in (
        lambda: house.organization.view(caller),
        lambda: house.organization.preview(caller, replace(USUAL, name="Mine")),
        lambda: house.organization.carry_out(caller, replace(USUAL, name="Mine"), "x"),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_another_organization_is_not_touched(house, administrator):
    do(house, administrator, replace(USUAL, name="Beast", idle_minutes=2))
    other = house.organization.view(house.caller("administrator@west.example"))
    assert (other.policies.name, other.policies.idle_minutes) == ("West", USUAL.idle_minutes)


def test_what_was_not_shown_is_not_done_and_a_fresh_proof_is_needed(house, administrator):
    wanted = replace(USUAL, name="East Hospital")
    shown = house.organization.preview(administrator, wanted).fingerprint
    with pytest.raises(Refusal, match="Look again"):
        house.organization.carry_out(administrator, replace(wanted, idle_minutes=5), shown)
    with pytest.raises(StepUpNeeded):
        house.organization.carry_out(replace(administrator, proved_at=None), wanted, shown)
    do(house, administrator, replace(USUAL, name="East Practice"))
    with pytest.raises(Refusal, match="Look again"):
        house.organization.carry_out(administrator, wanted, shown)
