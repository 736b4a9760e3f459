"""Who saw whom: the report that a breach needs is counted twice, once by PACScribe and once by the test."""

import hashlib
import json
import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backend.access import audit
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.errors import Malformed, NotAllowed, NotFound
from backend.core.identifiers import new_id
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models import Patient, Report, Study
from backend.schemas.audit import AuditQuery
from tests.endurance.counts import count
from tests.installation import install

ACCESSES = count(600, 10_000)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
PATIENTS, STUDIES, PEOPLE = 12, 30, 9
ACTS = (
    (AuditAction.STUDY_OPENED, "study", "opened"),
    (AuditAction.STUDY_SERVED, "study", "images"),
    (AuditAction.STUDY_EXPORTED, "study", "taken_out"),
    (AuditAction.STUDY_TAGGED, "study", "other"),
    (AuditAction.ACCESS_REFUSED, "study", "refused"),
    (AuditAction.REPORT_OPENED, "report", "reports"),
    (AuditAction.REPORT_EXPORTED, "report", "taken_out"),
)


@pytest.fixture(scope="module")
def house(request, tmp_path_factory):
    from tests.postgres import new_database

    folder = tmp_path_factory.mktemp("accesses")
    with new_database(request, folder, on_postgresql=False) as database:
        installed = install(database, folder)
        yield installed
        installed.sessions.close()


@pytest.fixture(scope="module")
def administrator(house):
    return house.caller("administrator@east.example")


@pytest.fixture(scope="module")
def archive(house, administrator):
    """Patients with studies, and for some a report."""
    studies = {}
    with house.database.write(house.east) as session:
        for number in range(PATIENTS):
            patient = Patient(id=new_id(), patient_name=f"Doe{number}^Jane", patient_id=f"P{number}",
                              search_name=f"doe{number} jane", patient_birth_date="19700101")  # fmt: skip
            session.add(patient)
            session.flush()
            for which in range(number % 4 + 1):
                uid = f"1.2.{number}.{which}"
                study = Study(id=new_id(), patient_key=patient.id, study_instance_uid=uid,
                              accession_number=f"A{number}-{which // 2}", wrapped_data_key=b"k", arrived_at=BEGIN, updated_at=BEGIN)  # fmt: skip
                session.add(study)
                session.flush()
                report = Report(id=new_id(), study_key=study.id, author_user_id=administrator.user_id,
                                updated_at=BEGIN, updated_by_user_id=administrator.user_id)  # fmt: skip
                session.add(report)
                studies[uid] = (patient.id, report.id)
    return studies


@pytest.fixture(scope="module")
def truth(house, archive):
    """Random accesses, written to the trail and kept here."""
    draw = random.Random(1996)
    kept = []
    uids = sorted(archive)
    for first in range(0, ACCESSES, 500):
        with house.database.write(house.east) as session:
            for number in range(first, min(first + 500, ACCESSES)):
                who = draw.randrange(PEOPLE)
                uid = draw.choice(uids)
                action, kind, column = draw.choice(ACTS)
                images = draw.randrange(1, 300)
                at = BEGIN + timedelta(minutes=7 * number)
                session_id = f"s-{who}-{draw.randrange(5)}"
                address = f"192.0.2.{draw.randrange(4)}"
                caller = Caller(f"u-{who}", house.east, session_id, f"Person {who}", "", (),
                                frozenset(), Origin(address, "Browser"))  # fmt: skip
                details = {"images": images} if column == "images" else {}
                if kind == "report":
                    details = {"study_instance_uid": uid}
                with clock.frozen(at):
                    audit.append(
                        session,
                        caller,
                        action,
                        object_type=kind,
                        object_id=archive[uid][1] if kind == "report" else uid,
                        outcome=AuditOutcome.REFUSED
                        if column == "refused"
                        else AuditOutcome.SUCCESS,
                        details=details,
                    )
                kept.append((f"u-{who}", uid, at, column, images, session_id, address))
    return kept


def counted(entries):
    """By person and study: first, last, counts, sessions, addresses."""
    found = defaultdict(lambda: [None, None, defaultdict(int), set(), set()])
    for who, uid, at, column, images, session_id, address in entries:
        row = found[who, uid]
        row[0], row[1] = row[0] or at, at
        row[2][column] += images if column == "images" else 1
        row[3].add(session_id)
        row[4].add(address)
    return {
        key: (
            first.isoformat(timespec="seconds"),
            last.isoformat(timespec="seconds"),
            {name: number for name, number in counts.items() if number},
            len(sessions),
            addresses,
        )
        for key, (first, last, counts, sessions, addresses) in found.items()
    }


def reported(report):
    names = ("opened", "images", "reports", "taken_out", "refused", "other")
    return {
        (row.user_id, row.study_instance_uid): (
            row.first,
            row.last,
            {name: getattr(row, name) for name in names if getattr(row, name)},
            row.sessions,
            set(row.addresses),
        )
        for row in report.rows
    }


def ask(house, administrator, **query):
    return house.audit_trail.accesses(administrator, AuditQuery(**query))


def test_who_saw_a_patient_is_told_as_it_was(house, administrator, archive, truth):
    by_patient = defaultdict(set)
    for uid, (patient, _) in archive.items():
        by_patient[patient].add(uid)
    for uids in by_patient.values():
        some = min(uids)
        report = ask(house, administrator, patient_of=some)
        assert reported(report) == counted(each for each in truth if each[1] in uids)
        sealed = report.patient.sealed
        assert reported(ask(house, administrator, patient=sealed)) == reported(report)


def test_what_a_person_saw_is_told_as_it_was(house, administrator, truth):
    for who in range(PEOPLE):
        found = reported(ask(house, administrator, person=f"u-{who}"))
        assert found == counted(each for each in truth if each[0] == f"u-{who}")


def test_what_was_seen_of_a_study_in_some_days_by_somebody_is_told_as_it_was(
    house, administrator, archive, truth
):
    draw = random.Random(5)
    longest = timedelta(minutes=7 * ACCESSES).days
    for _ in range(25):
        uid, who = draw.choice(sorted(archive)), f"u-{draw.randrange(PEOPLE)}"
        first, last = sorted(draw.randrange(longest + 2) for _ in range(2))
        since, until = BEGIN + timedelta(days=first), BEGIN + timedelta(days=last)
        query = {"date_from": f"{since:%Y-%m-%d}", "date_to": f"{until:%Y-%m-%d}", "study": uid}
        within = [
            each
            for each in truth
            if each[1] == uid and since <= each[2] < until + timedelta(days=1)
        ]
        assert reported(ask(house, administrator, **query)) == counted(within)
        theirs = [each for each in within if each[0] == who]
        assert reported(ask(house, administrator, person=who, **query)) == counted(theirs)


def test_the_page_shows_the_same_entries(house, administrator, archive, truth):
    uid = truth[0][1]
    patient = archive[uid][0]
    uids = {each for each, (key, _) in archive.items() if key == patient}
    page = house.audit_trail.page(administrator, AuditQuery(patient_of=uid))
    assert page.total == sum(each[1] in uids for each in truth)
    assert page.patient.name.startswith("Doe")


def test_a_study_is_found_by_its_accession_number_or_its_uid(house, administrator, archive):
    find = house.audit_trail.find_study
    assert find(administrator, " A2-1 ") == "1.2.2.2"
    assert find(administrator, "1.2.3.0") == "1.2.3.0"
    with pytest.raises(Malformed, match="2 studies"):
        find(administrator, "A3-0")
    assert find(administrator, "1.2.840.99") == "1.2.840.99"  # it may have been deleted
    assert searched(house, administrator, 1) == [("studies", 0)]
    with pytest.raises(Malformed):
        find(administrator, "A3")
    stranger = house.caller("administrator@west.example")
    with pytest.raises(Malformed):
        find(stranger, "A3-0")
    with pytest.raises(NotAllowed):
        find(house.caller("radiologist@east.example"), "A3-0")


def test_that_somebody_asked_is_recorded_without_a_name(house, administrator, archive):
    uid = min(archive)
    ask(house, administrator, patient_of=uid)
    row = house.audit_trail.page(administrator, AuditQuery(action="audit:view")).rows[0]
    assert json.loads(row.details) == {"patient_key": archive[uid][0], "view": "accesses"}


def test_a_deleted_study_still_belongs_to_its_patient(house, administrator, archive):
    uid, (patient, _) = min(archive.items())
    with house.database.write(house.east) as session:
        audit.append(
            session,
            administrator,
            AuditAction.STUDY_DELETED,
            object_type="study",
            object_id="1.9.9.9",
            details={"patient_key": patient},
        )
    rows = ask(house, administrator, patient_of=uid).rows
    assert "1.9.9.9" in {row.study_instance_uid for row in rows}


def test_patients_are_chosen_by_name_or_id_and_stand_sealed_in_the_address(
    house, administrator, archive
):
    (found,) = house.audit_trail.find_patients(administrator, "doe3 JANE")
    assert (found.name, found.patient_id) == ("Doe3, Jane", "P3")
    assert house.audit_trail.find_patients(administrator, "P3") == (found,)
    assert house.audit_trail.find_patients(administrator, "  ") == ()
    assert "3" not in found.name.replace("Doe3", "")
    assert not {"Doe3", "P3"} & set(found.sealed.split("-"))
    assert searched(house, administrator, 3) == [("patients", 0), ("patients", 1), ("patients", 1)]


def test_of_a_search_in_the_trail_a_keyed_hash_is_kept_by_which_its_like_is_found(
    house, administrator, archive
):
    for text in ("doe3 JANE", "Doe3  jane", "P3"):
        house.audit_trail.find_patients(administrator, text)
    rows = house.audit_trail.page(administrator, AuditQuery(action="audit:view")).rows[:3]
    other, alike, first = (json.loads(row.details)["query_hmac"] for row in rows)
    assert first == alike != other
    assert first != hashlib.sha256(b"doe3 jane").hexdigest()
    assert "doe" not in " ".join(row.details.casefold() for row in rows)


def searched(house, administrator, number):
    """What the newest entries about looks say of searches: where, and how many were found."""
    rows = house.audit_trail.page(administrator, AuditQuery(action="audit:view")).rows[:number]
    told = [json.loads(row.details) for row in rows]
    assert all(len(each.pop("query_hmac")) == 64 for each in told)
    return [(each["view"], each["results"]) for each in told]


def test_a_patient_of_another_organization_does_not_exist(house, administrator, archive):
    stranger = house.caller("administrator@west.example")
    (found,) = house.audit_trail.find_patients(administrator, "doe3")
    assert house.audit_trail.find_patients(stranger, "doe3") == ()
    with pytest.raises(Malformed):
        house.audit_trail.accesses(stranger, AuditQuery(patient=found.sealed))
    with pytest.raises(NotFound):
        house.audit_trail.page(stranger, AuditQuery(patient_of=min(archive)))
    assert house.audit_trail.page(stranger, AuditQuery(study=min(archive))).total == 0


@pytest.mark.parametrize("role", ["radiologist", "technologist", "clinician"])
def test_only_who_may_read_the_trail_may_ask(house, role):
    caller = house.caller(f"{role}@east.example")
    for act in (
        lambda: house.audit_trail.accesses(caller, AuditQuery()),
        lambda: house.audit_trail.find_patients(caller, "doe"),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_too_much_to_sum_up_is_refused(house, administrator, truth, monkeypatch):
    monkeypatch.setattr("backend.services.audit_trail.MOST_SUMMED", 10)
    with pytest.raises(Malformed, match="Choose"):
        ask(house, administrator, person=truth[0][0])


def test_support_that_was_let_in_is_told_by_its_own_name(house, administrator, archive):
    uid = min(archive)
    support = replace(administrator, user_id="support-1", display_name="Support One")
    with house.database.write(house.east) as session:
        audit.append(session, support, AuditAction.STUDY_OPENED, object_type="study", object_id=uid)
    assert "Support One" in {row.name for row in ask(house, administrator, study=uid).rows}
