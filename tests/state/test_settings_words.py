"""Tokens, newcomers and the organization in words: what is shown of each, and what a change will do."""

from dataclasses import fields, replace

import pytest

from backend.core.vocabulary import SecondFactorRule
from backend.schemas.joining import InvitationRow, JoinRequestRow
from backend.schemas.organization import OrganizationPolicies, OrganizationPreview, PolicyChange
from backend.schemas.tokens import TokenStanding, TokenView
from pacscribe_ui.state import newcomers, organization, program_lines
from pacscribe_ui.text import Newcomers, Organization, Programs

VIEW = TokenView(
    key="k",
    owner_id="u",
    owner_name="Rana",
    owner_is_service=False,
    name="Night export",
    hint="pacscribe_AbCd",
    scopes=("study:export", "study:view"),
    lapsed=(),
    standing=TokenStanding.VALID,
    created_at="2026-01-02T03:04:05+00:00",
    expires_at="2026-04-02T03:04:05+00:00",
    last_used_at="",
    last_used_from="",
)
POLICIES = OrganizationPolicies("East", "required", 15, 12)


@pytest.mark.parametrize("standing", TokenStanding)
def test_a_token_can_be_revoked_while_it_is_valid(standing):
    line = program_lines.program_line(replace(VIEW, standing=standing))
    assert line.standing_label == Programs.STANDINGS[standing]
    assert bool(line.revoke_label) == (standing is TokenStanding.VALID)


def test_a_token_says_what_it_may_and_what_it_no_longer_may():
    line = program_lines.program_line(
        replace(VIEW, lapsed=("study:export",), last_used_from="192.0.2.7")
    )
    assert line.may == (
        "May see the worklist and open studies; take images and files out of PACScribe."
    )
    assert line.lapsed.endswith("take images and files out of PACScribe.")
    assert (line.begins, line.used_from) == ("Begins with pacscribe_AbCd", "from 192.0.2.7")
    assert program_lines.program_line(VIEW).lapsed == ""


def test_only_what_is_possible_can_be_ticked():
    lines = program_lines.scope_lines(("study:view", "report:view"), ("report:view",))
    assert [(line.permission, line.is_chosen) for line in lines] == [
        ("study:view", False),
        ("report:view", True),
    ]


@pytest.mark.parametrize(
    ("entered", "days"),
    [("90", 90), ("", 0), ("-1", 0), ("1.5", 0), ("99999", 0), (None, 0), ("٣", 0)],
)
def test_days_are_a_number_or_none(entered, days):
    assert program_lines.days_of(entered) == days


def test_the_days_that_can_be_chosen_are_days():
    assert all(1 <= program_lines.days_of(days) <= 365 for days, _ in Programs.DAYS_CHOICES)


def test_every_form_for_newcomers_has_its_words():
    for table in (Newcomers.LEADS, Newcomers.DO, Newcomers.DONE):
        assert set(table) == set(Newcomers.TITLES)


def test_somebody_who_waits_and_somebody_who_is_invited_are_told_in_words():
    row = JoinRequestRow("r", "bo@x.example", "Bo", "radiologist", "", "Neuro", "2026-01-02")
    line = newcomers.request_line(row)
    assert (line.facts, line.wish) == ("bo@x.example · Neuro", "Would be: Radiologist")
    assert (line.approve_label, line.decline_label) == ("Let Bo in", "Do not let Bo in")
    assert newcomers.request_line(replace(row, wished_role="")).wish == ""
    invited = InvitationRow("i", "ada@x.example", ("care-team", "Night"), "Anna", "", "2026")
    assert newcomers.invitation_line(invited).facts == "as Care team, Night, by Anna"


def test_every_policy_has_words():
    assert set(Organization.WHAT) == {each.name for each in fields(OrganizationPolicies)}
    assert {value for value, _ in Organization.FACTORS} == {each.value for each in SecondFactorRule}


def test_a_change_of_the_organization_is_said_in_sentences():
    changes = (
        PolicyChange("second_factor", "optional", "required"),
        PolicyChange("idle_minutes", "15", "10"),
        PolicyChange("override_reason", "", "Nights"),
    )
    assert organization.effect_lines(OrganizationPreview(changes, 2, "x")) == (
        "Second factor: Everybody may have one becomes Everybody needs one.",
        Organization.REQUIRED,
        "Minutes without use: 15 becomes 10.",
        "Reason for longer sessions: Nights.",
        "2 open sessions are too old for the new times and end at their next use.",
    )
    gone = (PolicyChange("override_reason", "Nights", ""),)
    assert organization.effect_lines(OrganizationPreview(gone, 1, "x")) == (
        "Reason for longer sessions goes: Nights.",
        Organization.SESSIONS_ONE,
    )
    joining = (
        PolicyChange("joining", "anybody", "domains"),
        PolicyChange("mail_domains", "", "north.example"),
    )
    assert organization.effect_lines(OrganizationPreview(joining, 0, "x")) == (
        "Who may ask to join: Whoever knows its exact name becomes Only certain mail domains.",
        Organization.WAITING_STAY,
        "Mail domains: north.example.",
    )


@pytest.mark.parametrize(
    ("name", "value", "becomes"),
    [
        ("name", "West", {"name": "West"}),
        ("idle_minutes", "5", {"idle_minutes": 5}),
        ("idle_minutes", "five", {"idle_minutes": 0}),
        ("session_hours", "-1", {"session_hours": 0}),
        ("second_factor", "optional", {"second_factor": "optional"}),
        ("joining", "nobody", {"joining": "nobody"}),
        ("mail_domains", "a.example", {"mail_domains": "a.example"}),
        ("slug", "x", {}),
    ],
)
def test_what_is_typed_becomes_what_is_wanted(name, value, becomes):
    assert organization.changed(POLICIES, name, value) == replace(POLICIES, **becomes)
