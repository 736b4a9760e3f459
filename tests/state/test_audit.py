import json
import re
from pathlib import Path

import pytest

from backend.core.errors import Malformed
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.schemas.audit import AccessRow, AuditQuery, AuditRow, query_in
from pacscribe_ui import text
from pacscribe_ui.state import audit
from pacscribe_ui.state.audit import access_line, line_of


def row(**changed):
    fields = {
        "sequence": 7,
        "at": "2026-03-04T05:06:07+00:00",
        "actor_user_id": "u-7",
        "actor_name": "Anna Miller",
        "action": "study:open",
        "object_type": "study",
        "object_id": "1.2.840.1",
        "outcome": "success",
        "reason": "",
        "ip_address": "192.0.2.1",
        "user_agent": "Test browser",
        "session_id": "s-1",
        "details": "{}",
    }
    return AuditRow(**{**fields, **changed})


def test_every_event_has_words_and_can_be_chosen_and_no_other():
    assert set(text.Audit.ACTIONS) == {action.value for action in AuditAction}
    assert len(set(text.Audit.ACTIONS.values())) == len(AuditAction)  # and each words of its own
    for action in AuditAction:
        assert line_of(row(action=action.value), {}).what == text.Audit.ACTIONS[action]


def test_there_are_words_for_every_outcome_and_no_other():
    assert set(text.Audit.OUTCOMES) == {outcome.value for outcome in AuditOutcome}


def test_there_are_words_for_whatever_an_entry_can_be_about():
    sources = (Path(audit.__file__).parents[2] / "backend").rglob("*.py")
    named = {
        kind
        for each in sources
        for kind in re.findall(r'object_type="([a-z-]+)"', each.read_text("utf-8"))
    }
    searched = {action.partition(":")[0] for action in AuditAction if action.endswith(":search")}
    assert named | searched | {"event"} == set(text.Audit.OBJECTS)


def test_an_entry_is_shown_in_words():
    line = line_of(row(details='{"instances":3,"roles":["a","b"],"person":""}'), {})
    assert (line.day, line.time, line.who) == ("2026-03-04", "05:06:07", "Anna Miller")
    assert (line.what, line.about, line.short) == ("Study opened", "Study", "1.2.840.1")
    assert line.details == "instances: 3 · roles: a, b"


@pytest.mark.parametrize(
    ("kind", "identifier", "target"),
    [
        ("study", "1.2.840.1", "/viewer/1.2.840.1"),
        ("report", "r-1", "/report/r-1"),
        ("user", "u-1", ""),
        ("study", "", ""),
    ],
)
def test_studies_and_reports_can_be_gone_to(kind, identifier, target):
    assert line_of(row(object_type=kind, object_id=identifier), {}).target == target


def test_an_entry_leads_to_all_of_its_session_and_names_the_browser():
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    line = line_of(row(user_agent=agent), {})
    assert line.session_target == "/audit?session=s-1&person=u-7"
    assert (line.browser, line.user_agent) == ("Firefox on Linux", agent)
    assert line_of(row(session_id=""), {}).session_target == ""
    named = line_of(row(session_id="01a219d1-e8be-726d-82e4-4951d73fc90b"), {})
    assert named.session == "d73fc90b"


def test_accounts_are_shown_by_name():
    line = line_of(row(object_type="user", object_id="u-1"), {"u-1": "Bo Nilsson"})
    assert (line.about, line.identifier, line.short) == ("Account Bo Nilsson", "u-1", "")
    line = line_of(row(details='{"person":"u-1","was":"u-2"}'), {"u-1": "Bo Nilsson"})
    assert line.details == "person: Bo Nilsson · was: u-2"


@pytest.mark.parametrize(
    ("kinds", "shown"),
    [
        (("care", "care_relations"), "kind: a patient in their care"),
        (("name", "names_in_studies"), "kind: studies with their name"),
        (("study", "sharing_grants"), "kind: one study"),
    ],
)
def test_what_access_was_given_to_is_said_in_words_in_entries_of_any_age(
    kinds: tuple[str, ...], shown: str
):
    assert kinds[0] in text.Reaching.KINDS
    for kind in kinds:
        told = json.dumps({"kind": kind})
        assert line_of(row(object_type="grant", details=told), {}).details == shown
        # Elsewhere the same word means something else.
        assert line_of(row(details=told), {}).details == f"kind: {kind}"


def test_what_needs_no_name_is_not_named_by_its_identifier_either():
    line = line_of(row(object_type="session", object_id="01a219d1-e8be-726d-82e4-4951d73fc90b"), {})
    assert (line.about, line.short) == ("", "")


def test_what_nobody_did_is_said_to_be_nobodys():
    line = line_of(row(actor_name="", ip_address=""), {})
    assert (line.who, line.address) == (text.Audit.NOBODY, text.Audit.NO_ADDRESS)


def test_the_address_says_what_is_asked_for():
    parameters = {
        "action": "study:open",
        "outcome": "refused",
        "person": "u-1",
        "session": "s-1",
        "study": "1.2",
        "patient": "sealed",
        "patient_of": "1.3",
        "from": "2026-01-01",
        "to": "2026-01-31",
        "older": "300",
        "newer": "7",
    }
    assert query_in(parameters) == AuditQuery(
        "study:open",
        "refused",
        "u-1",
        "s-1",
        "1.2",
        "sealed",
        "1.3",
        "2026-01-01",
        "2026-01-31",
        300,
        7,
    )
    assert query_in({}) == AuditQuery()


@pytest.mark.parametrize("page", ["x", "-1", "1.5", "1e3", "٣", "9999999999999999999"])
def test_an_address_that_cannot_be_understood_is_refused(page):
    with pytest.raises(Malformed):
        query_in({"older": page})


def test_from_an_entry_about_a_study_one_asks_who_saw_the_patient():
    assert line_of(row(), {}).patient_target == "/audit?patient_of=1.2.840.1&view=people"
    assert line_of(row(object_type="report", object_id="r-1"), {}).patient_target == ""


def test_what_somebody_had_is_told_in_words():
    line = access_line(
        AccessRow(
            "u",
            "Anna Miller",
            "1.2",
            "2026-03-04T05:06:07+00:00",
            "2026-03-05T00:00:00+00:00",
            2,
            130,
            0,
            1,
            3,
            0,
            2,
            ("192.0.2.1", "192.0.2.2"),
        ),
        {"1.2": "2026-01-31 · CT · Head"},
    )
    assert (line.name, line.short) == ("2026-01-31 · CT · Head", "1.2")
    assert line.seen == "opened 2× · images 130 · as a file 1×"
    assert (line.first, line.refused) == ("2026-03-04 05:06:07", 3)
    assert line.addresses == "192.0.2.1, 192.0.2.2"
    assert line.target == "/audit?study=1.2&person=u"
