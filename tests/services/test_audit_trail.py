import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event

from backend.access import audit
from backend.core import clock
from backend.core.errors import Malformed, NotAllowed
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models.audit_search import AuditFilter, find_entries
from backend.schemas.audit import AuditQuery
from backend.services.audit_trail import PAGE_SIZE
from tests.installation import HERE, install


@pytest.fixture
def house(request, tmp_path):
    """On SQLCipher; on both databases for tests that ask for `on_both`."""
    both = "on_both" in request.fixturenames
    installed = install(
        request.getfixturevalue("database" if both else "sqlcipher_database"), tmp_path
    )
    yield installed
    installed.sessions.close()


@pytest.fixture
def on_both(database_kind):
    return database_kind


@pytest.fixture
def administrator(house):
    return house.caller("administrator@east.example")


def record(house, caller, action=AuditAction.STUDY_OPENED, times=1, **fields):
    with house.database.write(caller.organization_id) as session:
        for _ in range(times):
            audit.append(session, caller, action, **fields)


def test_the_trail_is_read_newest_first_by_pages_that_do_not_move(on_both, house, administrator):
    record(house, administrator, times=PAGE_SIZE * 2 + 20)

    def page(**where):
        return house.audit_trail.page(administrator, AuditQuery(action="study:open", **where))

    first = page()
    record(house, administrator, times=3)
    second = page(older_than=first.rows[-1].sequence)
    third = page(older_than=second.rows[-1].sequence)
    back = page(newer_than=third.rows[0].sequence)
    sequences = [row.sequence for each in (first, second, third) for row in each.rows]
    assert [len(each.rows) for each in (first, second, third)] == [PAGE_SIZE, PAGE_SIZE, 20]
    assert sequences == sorted(set(sequences), reverse=True)
    assert back.rows == second.rows
    assert [(each.has_newer, each.has_older) for each in (first, second, third, back)] == [
        (False, True),
        (True, True),
        (True, False),
        (True, True),
    ]
    newest = page(newer_than=first.rows[0].sequence)
    assert (len(newest.rows), newest.has_newer, newest.total) == (3, False, 2 * PAGE_SIZE + 23)


def test_a_huge_trail_is_not_counted_to_the_end(house, administrator, monkeypatch):
    monkeypatch.setattr("backend.services.audit_trail.MOST_COUNTED", 5)
    record(house, administrator, times=6)
    page = house.audit_trail.page(administrator, AuditQuery(action="study:open"))
    assert (page.total, page.is_exact, len(page.rows)) == (5, False, 6)


def test_looking_is_recorded_with_what_was_looked_for(house, administrator):
    house.audit_trail.page(administrator, AuditQuery(person="some-id", outcome="success"))
    newest = house.audit_trail.page(administrator, AuditQuery(action="audit:view")).rows[0]
    assert newest.actor_name == "Administrator East"
    assert json.loads(newest.details)["person"] == "some-id"


def test_everybody_of_the_organization_can_be_asked_for_and_nobody_else(house, administrator):
    page = house.audit_trail.page(administrator, AuditQuery())
    assert {person.display_name for person in page.people} == {
        "Administrator East",
        "Care-Team East",
        "Clinician East",
        "Radiologist East",
        "Technologist East",
        "PACScribe",
    }


@pytest.mark.parametrize("role", ["radiologist", "technologist", "clinician"])
def test_only_who_may_read_the_trail_reads_it(house, role):
    with pytest.raises(NotAllowed):
        house.audit_trail.page(house.caller(f"{role}@east.example"), AuditQuery())


def test_nothing_of_another_organization_is_shown_or_counted(on_both, house, administrator):
    stranger = house.caller("administrator@west.example")
    record(house, stranger, times=7)
    page = house.audit_trail.page(administrator, AuditQuery())
    assert page.total == len(page.rows)
    assert not any("West" in row.actor_name for row in page.rows)
    assert house.audit_trail.page(administrator, AuditQuery(action="study:open")).total == 0


def test_each_filter_narrows(on_both, house, administrator):
    reader = house.caller("radiologist@east.example")
    with clock.frozen(datetime(2026, 3, 4, 23, 59, 59, tzinfo=UTC)):
        record(house, reader, AuditAction.REPORT_SIGNED, object_id="r-1")
    with clock.frozen(datetime(2026, 3, 5, 0, 0, 0, tzinfo=UTC)):
        record(
            house, reader, AuditAction.REPORT_SIGNED, object_id="r-2", outcome=AuditOutcome.REFUSED
        )

    def found(**query):
        page = house.audit_trail.page(administrator, AuditQuery(**query))
        return {row.object_id for row in page.rows} & {"r-1", "r-2"}

    assert found() == {"r-1", "r-2"}
    assert found(action="report:sign", outcome="refused") == {"r-2"}
    assert found(person=reader.user_id) == {"r-1", "r-2"}
    assert found(person=administrator.user_id) == set()
    assert found(session=reader.session_id) == {"r-1", "r-2"}
    assert found(session=administrator.session_id) == set()
    assert found(date_to="2026-03-04") == {"r-1"}
    assert found(date_from="2026-03-05", date_to="2026-03-05") == {"r-2"}
    assert found(date_from="2026-03-06") == set()


@pytest.mark.parametrize(
    ("narrowed", "index"),
    [
        ({}, "sequence"),
        ({"person": "u"}, "person"),
        ({"session": "s"}, "session"),
        ({"actions": ("study:open",)}, "action"),
        ({"outcome": "refused"}, "outcome"),
    ],
)
def test_whatever_a_page_is_narrowed_by_its_entries_lie_side_by_side(house, narrowed, index):
    asked = []

    def keep(_connection, _cursor, statement, parameters, *_):
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        with house.database.read(house.east) as session:
            find_entries(session, AuditFilter(**narrowed), limit=PAGE_SIZE)
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
    (statement, parameters) = next(each for each in asked if "audit_entries" in each[0])
    with house.database.system_read() as session:
        explained = f"EXPLAIN QUERY PLAN {statement}"
        steps = session.connection().exec_driver_sql(explained, parameters).all()
    plan = " | ".join(step[3] for step in steps)
    assert f"USING INDEX ix_audit_entries_by_{index} " in plan
    assert "TEMP B-TREE" not in plan  # nothing is sorted


@pytest.mark.parametrize(
    "query",
    [
        AuditQuery(action="no:such"),
        AuditQuery(outcome="maybe"),
        AuditQuery(session="no such; session"),
        AuditQuery(person="Doe^Jane"),
        AuditQuery(person="x" * 65),
        AuditQuery(date_from="yesterday"),
        AuditQuery(date_to="2026-02-30"),
        AuditQuery(date_to="9999-12-31"),
        AuditQuery(study="Doe^Jane"),
        AuditQuery(patient="not sealed here"),
        AuditQuery(patient_of="x"),
        AuditQuery(older_than=-1),
        AuditQuery(newer_than=10**30),
    ],
)
def test_a_query_that_cannot_be_understood_is_refused(house, administrator, query):
    with pytest.raises(Malformed):
        house.audit_trail.page(administrator, query)


def test_what_is_refused_before_a_use_case_is_recorded(house):
    caller = house.caller("clinician@east.example")
    house.audit_trail.record_refused(caller, Permission.AUDIT_VIEW, "audit_state.load")
    house.audit_trail.record_refused(caller, Permission.AUDIT_VIEW, "audit_state.load")
    page = house.audit_trail.page(
        house.caller("administrator@east.example"), AuditQuery(action="access:refuse")
    )
    (row,) = page.rows
    assert (row.actor_name, row.object_type, row.object_id) == (
        "Clinician East",
        "event",
        "audit_state.load",
    )


def test_start_and_stop_are_recorded_for_the_system(house):
    house.database.record_start()
    house.audit_trail.record_stop()
    assert house.audit_trail.verify().first_bad_sequence is None


def test_sealing_again_accepts_restored_data_and_says_so(house, administrator, tmp_path):
    (tmp_path / "audit.seal").unlink()
    assert house.audit_trail.verify().problem
    assert house.audit_trail.seal_again().first_bad_sequence is None
    record(house, administrator)
    assert house.audit_trail.verify().first_bad_sequence is None
    assert house.seal.read().sequence == house.audit_trail.verify().entries


def test_times_are_shown_in_utc(house, administrator):
    with clock.frozen(clock.now() + timedelta(0)):
        page = house.audit_trail.page(administrator, AuditQuery())
    assert all(row.at.endswith("+00:00") for row in page.rows)
    assert {row.ip_address for row in page.rows} <= {"", HERE.ip_address}
