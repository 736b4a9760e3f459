"""People and roles in words: every right has a phrase, every act a question, and a change says what it will do."""

from dataclasses import replace

import pytest

from backend.core.permissions import BuiltInRole, Permission
from backend.schemas.people import (
    PeoplePage,
    PersonAct,
    PersonDetails,
    PersonFactors,
    PersonPreview,
    PersonRow,
    PersonStanding,
    RightsChange,
    RolePreview,
    RoleView,
)
from backend.services.rosters import ADMINISTRATION, GIVEN_TO_NOBODY
from pacscribe_ui.state import people_lines as people
from pacscribe_ui.state import rights_lines as rights
from pacscribe_ui.state.program_lines import reach_line
from pacscribe_ui.text import Effects, People, Programs, Rights

ROW = PersonRow(
    user_id="u",
    email="rana@east.example",
    display_name="Rana",
    roles=("radiologist", "Night shift"),
    own=("study:delete",),
    standing=PersonStanding.ACTIVE,
    last_seen_at="2026-01-02T03:04:05+00:00",
    is_service=False,
    is_self=False,
)
DETAILS = PersonDetails(ROW, ("r1", "r2"), ("study:view", "report:sign"), 2, 0, "")
ROLES = (
    RoleView("r1", "radiologist", True, ("study:view", "report:sign"), 3),
    RoleView("r2", "Night shift", False, ("study:delete",), 0),
    RoleView("r3", "Empty", False, (), 1),
)


def role_preview(**changed):
    fields = {
        "touched": (RightsChange("u", "Rana", ("report:sign",), ("study:view",)),),
        "total": 1,
        "holders": 1,
        "gained": (),
        "lost": (),
        "fingerprint": "x",
    }
    return RolePreview(**{**fields, **changed})


def person_preview(act, **changed):
    fields = {"gained": (), "lost": (), "sessions": 0, "programs": 0, "fingerprint": "x"}
    return PersonPreview(act, "Rana", **{**fields, **changed})


def test_every_permission_has_a_phrase_and_a_place_in_the_grid_but_that_which_nobody_has():
    assert set(Rights.PHRASES) == set(Permission)
    placed = [each for _, _, group in Rights.GROUPS for each in group]
    assert len(placed) == len(set(placed))
    assert set(placed) == set(Permission) - GIVEN_TO_NOBODY
    assert not any(phrase.endswith(".") or ";" in phrase for phrase in Rights.PHRASES.values())


def test_what_administers_stands_under_its_own_heading():
    (group,) = [group for heading, _, group in Rights.GROUPS if heading == "Administration"]
    # Reviewing emergencies stands beside opening them.
    assert set(group) == ADMINISTRATION - GIVEN_TO_NOBODY - {"emergency:review"}


@pytest.mark.parametrize("role", BuiltInRole)
def test_every_built_in_role_has_a_name_and_others_keep_theirs(role):
    assert rights.role_name(role.value) == Rights.ROLES[role.value]
    assert rights.role_name("Night shift") == "Night shift"


@pytest.mark.parametrize("act", PersonAct)
def test_every_act_has_its_words(act):
    assert "Rana" in People.QUESTIONS[act].format(name="Rana")
    assert People.ACTS[act]
    assert People.DONE[act].endswith(".")


@pytest.mark.parametrize("standing", PersonStanding)
def test_every_standing_has_a_word(standing):
    assert People.STANDINGS[standing]


def test_a_role_reads_as_sentences_in_the_order_of_the_grid():
    line = rights.role_line(ROLES[0])
    assert line.sentences == ("May see the worklist and open studies.", "May sign reports.")
    assert (line.name, line.holders) == ("Radiologist", "3 accounts have it")
    assert rights.role_line(ROLES[1]).holders == "Nobody has it"
    assert rights.role_line(ROLES[2]).sentences == ("May do nothing yet.",)
    assert rights.role_line(ROLES[2]).holders == "1 account has it"


def test_the_grid_knows_what_is_ticked_and_what_is_there_anyway():
    lines = {line.permission: line for line in rights.grid(("study:export",), {"study:view"})}
    assert [each for each, line in lines.items() if line.is_chosen] == ["study:export"]
    assert [each for each, line in lines.items() if line.is_given] == ["study:view"]
    assert [line.starts for line in lines.values() if line.starts] == [
        heading for heading, _, _ in Rights.GROUPS
    ]


def test_a_change_of_a_role_says_who_gains_and_loses_what():
    assert rights.role_effects(role_preview()) == (
        "Rana gains: sign reports.",
        "Rana loses: see the worklist and open studies.",
        Effects.AT_ONCE,
    )
    assert rights.role_effects(role_preview(touched=(), total=0)) == (Effects.NOBODY_TOUCHED,)
    assert rights.role_effects(role_preview(touched=(), total=0, holders=0)) == (Effects.NOBODY,)
    assert "2 more accounts are touched." in rights.role_effects(role_preview(total=3))
    assert "One more account is touched." in rights.role_effects(role_preview(total=2))


def test_a_change_of_an_account_says_what_ends():
    disabling = person_preview(PersonAct.DISABLE, lost=("report:sign",), sessions=2, programs=1)
    assert rights.person_effects(disabling) == (
        "Rana loses: sign reports.",
        "2 open sessions end now.",
        "1 access token stops working now.",
        Effects.KEPT,
        Effects.BACK_LATER,
    )
    assert rights.person_effects(person_preview(PersonAct.END_SESSIONS, sessions=1)) == (
        "1 open session ends now.",
    )
    assert rights.person_effects(person_preview(PersonAct.DISABLE))[0] == Effects.SESSIONS_NONE
    assert rights.person_effects(person_preview(PersonAct.ENABLE, gained=("study:view",))) == (
        "Rana gains: see the worklist and open studies.",
    )
    assert rights.person_effects(person_preview(PersonAct.PASSWORD_LINK)) == (
        Effects.LINK.format(name="Rana"),
        Effects.LINK_ENDS,
    )
    assert rights.person_effects(person_preview(PersonAct.RIGHTS)) == (
        Effects.NOBODY_TOUCHED,
        Effects.AT_ONCE,
    )
    assert rights.person_effects(person_preview(PersonAct.REVOKE_PROGRAMS, programs=3)) == (
        "3 access tokens stop working now.",
    )


@pytest.mark.parametrize(
    ("is_required", "after"), [(True, Effects.NEW_FACTOR), (False, Effects.NO_FACTOR)]
)
def test_a_reset_of_factors_says_what_goes_and_who_could_sign_in_then(is_required, after):
    held = PersonFactors(has_app=True, passkeys=2, recovery_codes=1)
    preview = replace(
        person_preview(PersonAct.RESET_FACTORS, sessions=1),
        factors=held,
        is_factor_required=is_required,
    )
    assert rights.person_effects(preview) == (
        Effects.REMOVED.format(factors="the authenticator app, 2 passkeys, 1 recovery code"),
        "1 open session ends now.",
        after.format(name="Rana"),
        Effects.BE_SURE.format(name="Rana"),
        Effects.TOLD.format(name="Rana"),
    )


@pytest.mark.parametrize(
    ("held", "line"),
    [
        (PersonFactors(), "None"),
        (PersonFactors(recovery_codes=3), "None"),
        (PersonFactors(has_app=True, recovery_codes=9), "App"),
        (PersonFactors(passkeys=1), "Passkey"),
        (PersonFactors(has_app=True, passkeys=2), "App, 2 passkeys"),
    ],
)
def test_second_factors_are_listed_in_words(held, line):
    assert people.factors_line(held) == line
    assert people.person_line(replace(ROW, factors=held)).has_factor == (line != "None")


@pytest.mark.parametrize(
    ("possible", "chosen", "sentence"),
    [
        (("study:view", "study:all"), (), Programs.REACH),
        (("study:view", "study:all"), ("study:view",), Programs.REACHES_SOME),
        (("study:view", "study:all"), ("study:all",), Programs.SEES_NONE),
        (("study:view", "study:all"), ("study:view", "study:all"), Programs.REACHES_ALL),
        (("study:view",), ("study:view",), Programs.REACHES_OWN),
        (("audit:view",), ("audit:view",), ""),
    ],
)
def test_which_studies_a_token_will_reach_is_said_where_it_is_chosen(possible, chosen, sentence):
    assert reach_line(possible, chosen) == sentence


def test_an_account_is_listed_in_words():
    line = people.person_line(ROW)
    assert line.roles == "Radiologist, Night shift and 1 more right"
    assert (line.standing_label, line.mark) == ("Active", "")
    assert people.count_line(PeoplePage((ROW,), 1)) == "1 account"
    assert people.count_line(PeoplePage((ROW, ROW), 2)) == "2 accounts"
    assert "The first 1 of 7" in people.count_line(PeoplePage((ROW,), 7))


def test_an_account_offers_what_can_be_done_and_nothing_where_it_may_not_be_touched():
    assert [line.act for line in people.person_view(DETAILS).acts] == [
        "end-sessions",
        "password-link",
        "disable",
    ]
    closed = PersonDetails(ROW, (), (), 2, 1, "Not yours.")
    assert people.person_view(closed).acts == ()


def test_what_is_ticked_becomes_the_decision():
    change = people.as_it_is(DETAILS)
    assert (change.role_keys, change.own) == (("r1", "r2"), ("study:delete",))
    assert people.with_role(people.with_role(change, "r1"), "r3").role_keys == ("r2", "r3")
    assert people.with_right(change, "study:delete").own == ()
    chosen = people.role_choices(ROLES, change)
    assert [each.is_chosen for each in chosen] == [True, True, False]
    given = [line.permission for line in people.own_rights(ROLES, change) if line.is_given]
    assert given == ["study:view", "report:sign", "study:delete"]
