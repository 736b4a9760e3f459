"""What of the audit trail leaves as a file: whole, harmless, in DICOM's form, and never unseen."""

import base64
import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from backend.access import audit
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.errors import Malformed, NotAllowed, StepUpNeeded
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models.audit import AuditEntry, ChainRecord
from backend.schemas.audit import AuditQuery
from backend.services.audit_export import AuditExports
from backend.services.audit_messages import dicom_message, syslog_message
from backend.services.audit_questions import AuditQuestions
from tests.installation import install

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parent / "audit_message.rng"))
STUDY = "1.2.840.1"


@pytest.fixture
def house(peopled_database, tmp_path):
    installed = install(peopled_database, tmp_path)
    yield installed
    installed.sessions.close()


@pytest.fixture
def administrator(house):
    return replace(house.caller("administrator@east.example"), proved_at=clock.now())


@pytest.fixture
def exports(house):
    return AuditExports(house.database, AuditQuestions(b"p" * 32))


def record(house, caller, **fields):
    given = {"object_type": "study", "object_id": STUDY, **fields}
    with house.database.write(caller.organization_id) as session:
        audit.append(session, caller, given.pop("action", AuditAction.STUDY_OPENED), **given)


def octets(exports, caller, file_format, **query):
    is_summed = query.pop("is_summed", False)
    exported = exports.export(caller, AuditQuery(**query), file_format, is_summed=is_summed)
    return b"".join(exported.parts)


def entry(**changes):
    at = datetime(2026, 3, 4, 5, 6, 7, 89_000, tzinfo=UTC)
    fields = {
        "id": "i", "created_at": at, "organization_id": "org", "sequence": 7, "at": at,
        "actor_user_id": "u", "actor_name": "Anna Müller", "session_id": "s", "ip_address": "192.0.2.1",
        "user_agent": "Browser", "action": "study:open", "object_type": "study", "object_id": STUDY,
        "outcome": "success", "reason": "", "details": "{}", "previous_hash": "0" * 64, "hash": "1" * 64,
    }  # fmt: skip
    return AuditEntry(**{**fields, **changes})


# -- DICOM audit messages ------------------------------------------------------------------------


def studies_of(message):
    """The studies that a message is about, where readers of the standard and of dcm4che look for them: in the one description."""
    (about,) = message.findall("ParticipantObjectIdentification")
    (description,) = about.findall("ParticipantObjectDescription")
    (contains,) = description.findall("ParticipantObjectContainsStudy")
    return [each.get("UID") for each in contains.findall("StudyIDs")]


@pytest.mark.parametrize("action", AuditAction)
def test_every_event_has_a_message_that_the_schema_takes(action):
    message = etree.fromstring(dicom_message(entry(action=action.value)))
    SCHEMA.assertValid(message)
    code = action.code
    event = message.find("EventIdentification")
    assert event.find("EventID").get("csd-code") == code.event
    assert event.get("EventActionCode") == code.act
    kinds = [each.get("csd-code") for each in event.findall("EventTypeCode")]
    assert kinds == [*([code.kind] if code.kind else []), action]
    assert studies_of(message) == [STUDY]


def test_what_is_about_no_study_says_so():
    of_a_report = '{"study_instance_uid":"1.2.840.2"}'
    for kind, details, studies in (
        ("user", "{}", []),
        ("worklist", "{}", []),
        ("report", of_a_report, ["1.2.840.2"]),
    ):
        message = etree.fromstring(dicom_message(entry(object_type=kind, details=details)))
        SCHEMA.assertValid(message)
        assert studies_of(message) == studies


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        (b'csd-code="4"', b'code="4"'),
        (b" originalText=", b" displayName="),
        (b"</?ParticipantObjectDescription>", b""),
        (rb"\+00:00", b""),
    ],
)
def test_the_schema_notices_what_readers_stumble_over(pattern, wrong):
    changed, count = re.subn(pattern, wrong, dicom_message(entry()))
    assert count
    assert not SCHEMA.validate(etree.fromstring(changed))


def test_an_event_of_another_release_is_sent_all_the_same():
    message = etree.fromstring(dicom_message(entry(action="study:teleport")))
    SCHEMA.assertValid(message)
    kinds = message.findall("EventIdentification/EventTypeCode")
    assert kinds[-1].get("csd-code") == "study:teleport"


def test_a_message_says_who_what_when_from_where_and_how_it_ended():
    given = entry(outcome="refused", reason="Not <allowed> & gone", details='{"images":3}')
    message = etree.fromstring(dicom_message(given))
    event = message.find("EventIdentification")
    assert event.get("EventDateTime") == "2026-03-04T05:06:07.089+00:00"
    assert event.get("EventOutcomeIndicator") == "4"
    assert event.findtext("EventOutcomeDescription") == "Not <allowed> & gone"
    person = message.find("ActiveParticipant")
    assert (person.get("UserID"), person.get("UserName")) == ("u", "Anna Müller")
    assert (person.get("NetworkAccessPointID"), person.get("AlternativeUserID")) == (
        "192.0.2.1",
        "s",
    )
    about = message.find("ParticipantObjectIdentification")
    details = {
        each.get("type"): base64.b64decode(each.get("value")).decode()
        for each in about.findall("ParticipantObjectDetail")
    }
    assert details == {
        "images": "3",
        "user_agent": "Browser",
        "sequence": "7",
        "hash": "1" * 64,
    }
    assert studies_of(message) == [STUDY]


@settings(max_examples=50, deadline=None)
@given(
    st.text(max_size=40),
    st.text(max_size=40),
    st.sampled_from(["study", "report", "user", "job", "audit", "worklist", "event", ""]),
    st.sampled_from(AuditOutcome),
)
def test_whatever_was_recorded_makes_a_valid_message(name, reason, kind, outcome):
    caller = Caller("u", "org", "", name, "", (), frozenset(), Origin("", name))
    plain = audit._plain
    given = entry(
        actor_name=plain(caller.display_name, 200),
        user_agent=plain(caller.origin.user_agent, 400),
        ip_address="",
        reason=plain(reason, 400),
        object_type=kind,
        object_id="" if kind in ("worklist", "audit") else STUDY,
        outcome=outcome.value,
    )
    SCHEMA.assertValid(etree.fromstring(dicom_message(given)))


def test_a_syslog_message_has_the_header_that_rfc_5424_wants_and_a_mark_before_the_text():
    octets = syslog_message(entry(), "archive one\n.example")
    header, mark, text = octets.partition(b"\xef\xbb\xbf")
    assert header == (
        b"<85>1 2026-03-04T05:06:07.089000Z archiveone.example PACScribe - DICOM+RFC3881 - "
    )
    assert mark
    assert text == dicom_message(entry())
    assert b"\n" not in octets


# -- files ---------------------------------------------------------------------------------------


def test_a_spreadsheet_holds_no_formula(house, administrator, exports):
    evil = replace(administrator, display_name="=HYPERLINK(1)", origin=Origin("+1", "@SUM(A1)"))
    record(house, evil, reason="-2+3", details={"note": '"; =1'})
    rows = list(csv.reader(io.StringIO(octets(exports, administrator, "csv").decode("utf-8-sig"))))
    (row,) = [row for row in rows if "study:open" in row]
    assert {"'=HYPERLINK(1)", "'+1", "'@SUM(A1)", "'-2+3"} <= set(row)
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in rows for cell in line)


def test_json_lines_prove_themselves_one_by_one(house, administrator, exports):
    for number in range(5):
        record(house, administrator, details={"images": number})
    lines = octets(exports, administrator, "jsonl", action="study:open").splitlines()
    records = [ChainRecord(**json.loads(line)) for line in lines]
    assert len(records) == 5
    assert all(audit.record_hash(each) == each.hash for each in records)


def test_an_xml_file_validates_as_a_whole(house, administrator, exports):
    record(house, administrator, details={"series": ["1.2: 1-40"]})
    tree = etree.fromstring(octets(exports, administrator, "xml"))
    SCHEMA.assertValid(tree)
    assert len(tree) == len(house.audit_trail.page(administrator, AuditQuery()).rows) - 1


def test_a_long_trail_leaves_whole_and_in_order(house, administrator, exports, monkeypatch):
    monkeypatch.setattr("backend.services.audit_export._PART", 7)
    with house.database.write(house.east) as session:
        for number in range(50):
            audit.append(session, administrator, AuditAction.STUDY_TAGGED, object_type="study",
                         object_id=STUDY, details={"images": number})  # fmt: skip
    exported = exports.export(administrator, AuditQuery(action="study:tag"), "jsonl")
    record(house, administrator, action=AuditAction.STUDY_TAGGED)  # while it leaves
    lines = b"".join(exported.parts).splitlines()
    assert [json.loads(json.loads(line)["details"])["images"] for line in lines] == list(range(50))


def test_who_had_what_leaves_as_table_and_as_json(house, administrator, exports):
    record(house, administrator)
    record(house, administrator, action=AuditAction.STUDY_SERVED, details={"images": 12})
    (line,) = octets(exports, administrator, "jsonl", study=STUDY, is_summed=True).splitlines()
    told = json.loads(line)
    assert (told["name"], told["opened"], told["images"]) == ("Administrator East", 1, 12)
    table = octets(exports, administrator, "csv", study=STUDY, is_summed=True).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(table)))[1][0] == "Administrator East"
    with pytest.raises(Malformed):
        exports.export(administrator, AuditQuery(study=STUDY), "xml", is_summed=True)


def test_that_it_leaves_is_recorded_before_the_first_octet(house, administrator, exports):
    exports.export(administrator, AuditQuery(study=STUDY), "csv")
    (row,) = house.audit_trail.page(administrator, AuditQuery(action="audit:export")).rows
    told = json.loads(row.details)
    assert (told["format"], told["study_instance_uid"]) == ("csv", STUDY)


def test_nothing_of_another_organization_leaves(house, administrator, exports):
    stranger = house.caller("administrator@west.example")
    record(house, stranger)
    assert b"West" not in octets(exports, administrator, "jsonl")


@pytest.mark.parametrize("role", ["radiologist", "technologist", "clinician"])
def test_only_who_may_take_it_out_does(house, exports, role):
    caller = replace(house.caller(f"{role}@east.example"), proved_at=clock.now())
    for act in (
        lambda: exports.require(caller),
        lambda: exports.export(caller, AuditQuery(), "csv"),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("proved_at", [None, datetime(2020, 1, 1, tzinfo=UTC)])
def test_only_who_has_lately_proved_who_they_are_takes_it_out(
    house, administrator, exports, proved_at
):
    caller = replace(administrator, proved_at=proved_at)
    with pytest.raises(StepUpNeeded):
        exports.export(caller, AuditQuery(), "csv")
    exports.require(replace(administrator, proved_at=clock.now() - timedelta(minutes=1)))


def test_a_format_that_does_not_exist_is_refused(administrator, exports):
    with pytest.raises(Malformed):
        exports.export(administrator, AuditQuery(), "exe")
