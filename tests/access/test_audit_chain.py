"""The chain of the audit trail: whatever is done to its entries is found, and what is recorded stands in it once."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.access import audit, audit_proof
from backend.core import clock
from backend.core.caller import Caller, Origin, system_caller
from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models.audit import AuditEntry
from backend.schemas.audit import AuditVerdict
from tests.access.chains import ENTRIES, anna, entries, record, without_guards
from tests.postgres import NORTH, SOUTH


def test_an_empty_chain_holds(witnessed, seal):
    verdict = audit_proof.verify(witnessed, seal)
    assert (verdict.entries, verdict.first_bad_sequence, verdict.problem) == (0, None, "")


def test_a_chain_over_two_organizations_holds(chain, seal):
    assert audit_proof.verify(chain, seal).first_bad_sequence is None
    assert audit_proof.verify(chain, seal).entries == ENTRIES
    found = entries(chain)
    assert [entry.sequence for entry in found] == list(range(1, ENTRIES + 1))
    assert {entry.organization_id for entry in found} == {NORTH, SOUTH}


def test_an_entry_says_who_what_when_from_where_and_how_it_ended(witnessed):
    moment = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
    with clock.frozen(moment):
        record(
            witnessed,
            object_type="study",
            object_id="1.2.3",
            outcome=AuditOutcome.REFUSED,
            reason="no",
            details={"images": 3},
        )
    (entry,) = entries(witnessed)
    assert (entry.at, entry.actor_user_id, entry.actor_name) == (moment, "user-anna", "Anna Miller")
    assert (entry.session_id, entry.ip_address, entry.user_agent) == (
        "session-1",
        "192.0.2.7",
        "Test browser",
    )
    assert (entry.action, entry.outcome, entry.reason) == ("study:open", "refused", "no")
    assert (entry.object_type, entry.object_id) == ("study", "1.2.3")
    assert json.loads(entry.details) == {"images": 3}


FORGED = {
    "at": "2020-01-01 00:00:00.000000",
    "created_at": "2020-01-01 00:00:00.000000",
    "actor_user_id": "somebody",
    "actor_name": "Somebody",
    "session_id": "other",
    "ip_address": "203.0.113.1",
    "user_agent": "other",
    "action": "study:edit",
    "object_type": "report",
    "object_id": "9.9",
    "outcome": "refused",
    "reason": "because",
    "details": "[]",
    "organization_id": NORTH,
    "id": "another-id",
    "hash": "0" * 64,
    "previous_hash": "f" * 64,
}


def test_an_edit_of_any_column_is_found(chain, database, seal):
    kept = entries(database)[5].model_dump()
    assert set(FORGED) == set(kept) - {"sequence"}
    for column, value in FORGED.items():
        _set(database, column, value)
        verdict = audit_proof.verify(chain, seal)
        assert (column, verdict.first_bad_sequence) == (column, 6)
        assert verdict.problem
        _set(database, column, kept[column])
        assert audit_proof.verify(chain, seal).first_bad_sequence is None, column


def _set(database, column, value):
    with database.system_write() as session:
        connection = session.connection()
        if database.dialect_name == "postgresql":
            connection.execute(text("ALTER TABLE audit_entries DISABLE TRIGGER USER"))
        else:
            connection.execute(text("DROP TRIGGER IF EXISTS audit_entries_no_update"))
        if isinstance(value, datetime) and database.dialect_name != "postgresql":
            value = value.strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute(
            text(f"UPDATE audit_entries SET {column} = :value WHERE sequence = 6"), {"value": value}
        )


@pytest.mark.parametrize("sequence", [1, 5])
def test_a_removed_entry_is_found(chain, database, seal, sequence):
    without_guards(database, f"DELETE FROM audit_entries WHERE sequence = {sequence}")
    assert audit_proof.verify(chain, seal).first_bad_sequence == sequence


def test_a_removed_entry_is_found_even_if_the_rest_is_numbered_anew(chain, database, seal):
    without_guards(
        database,
        "DELETE FROM audit_entries WHERE sequence = 5",
        "UPDATE audit_entries SET sequence = sequence + 1000 WHERE sequence > 5",
        "UPDATE audit_entries SET sequence = sequence - 1001 WHERE sequence > 1000",
    )
    assert audit_proof.verify(chain, seal).first_bad_sequence == 5


def test_two_exchanged_entries_are_found(chain, database, seal):
    without_guards(
        database,
        "UPDATE audit_entries SET sequence = 1000 WHERE sequence = 4",
        "UPDATE audit_entries SET sequence = 4 WHERE sequence = 9",
        "UPDATE audit_entries SET sequence = 9 WHERE sequence = 1000",
    )
    assert audit_proof.verify(chain, seal).first_bad_sequence == 4


def test_an_inserted_entry_is_found(chain, database, seal):
    _copy(
        database,
        of=5,
        sequence=ENTRIES + 1,
        previous="(SELECT hash FROM audit_entries WHERE sequence = 12)",
    )
    assert audit_proof.verify(chain, seal).first_bad_sequence == ENTRIES + 1


def test_an_entry_put_in_the_place_of_another_is_found(chain, database, seal):
    without_guards(database, "DELETE FROM audit_entries WHERE sequence = 6")
    with database.system_write() as session:
        session.connection().execute(
            text(
                _copying(
                    of=5, sequence=6, previous="(SELECT hash FROM audit_entries WHERE sequence = 5)"
                )
            )
        )
    assert audit_proof.verify(chain, seal).first_bad_sequence == 6


def test_an_entry_with_a_hash_of_its_own_breaks_the_one_after_it(chain, database, seal):
    """Whoever edits an entry and hashes it anew is found at the next one."""
    changed = entries(database)[4]
    changed.actor_name = "Somebody else"
    new_hash = audit.entry_hash(changed)
    without_guards(
        database,
        f"UPDATE audit_entries SET actor_name = 'Somebody else', hash = '{new_hash}' WHERE sequence = 5",
    )
    assert audit_proof.verify(chain, seal).first_bad_sequence == 6


def test_an_entry_that_cannot_be_read_at_all_is_found(chain, database, seal):
    if database.dialect_name == "postgresql":
        pytest.skip("PostgreSQL does not store a moment that is none")
    without_guards(database, "UPDATE audit_entries SET at = 'yesterday' WHERE sequence = 7")
    assert audit_proof.verify(chain, seal).first_bad_sequence == 7


def test_long_chains_are_read_in_batches(witnessed, seal, monkeypatch):
    monkeypatch.setattr(audit_proof, "BATCH", 3)
    for _ in range(9):
        record(witnessed)
    assert audit_proof.verify(witnessed, seal) == AuditVerdict(9, None, "")


def test_the_database_itself_refuses_to_change_an_entry(chain, database, seal):
    for statement in (
        "UPDATE audit_entries SET actor_name = 'x' WHERE sequence = 3",
        "DELETE FROM audit_entries WHERE sequence = 3",
        "DELETE FROM audit_entries",
    ):
        with pytest.raises(DBAPIError), database.system_write() as session:
            session.connection().execute(text(statement))
    assert audit_proof.verify(chain, seal).entries == ENTRIES


def test_the_database_itself_refuses_to_replace_an_entry(chain, database, seal):
    if database.dialect_name == "postgresql":
        pytest.skip("INSERT OR REPLACE is SQLite's")
    statement = _copying(of=5, sequence=6, previous="'x'").replace("INSERT", "INSERT OR REPLACE", 1)
    with pytest.raises(DBAPIError), database.system_write() as session:
        session.connection().execute(text(statement))
    assert audit_proof.verify(chain, seal).first_bad_sequence is None


@pytest.mark.parametrize(("sequence", "previous"), [(99, "newest"), (13, "'x'")])
def test_the_database_itself_refuses_an_entry_that_does_not_continue_the_chain(
    chain, database, sequence, previous
):
    previous = previous.replace("newest", "(SELECT hash FROM audit_entries WHERE sequence = 12)")
    with pytest.raises(DBAPIError), database.system_write() as session:
        session.connection().execute(text(_copying(of=5, sequence=sequence, previous=previous)))


def test_an_undone_change_leaves_no_entry(witnessed, seal):
    def record_and_fail():
        with witnessed.write(NORTH) as session:
            audit.append(session, anna(), AuditAction.STUDY_OPENED)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        record_and_fail()
    assert entries(witnessed) == []
    assert seal.read() is None


def test_several_entries_of_one_transaction_follow_each_other(witnessed, seal):
    with witnessed.write(NORTH) as session:
        for _ in range(5):
            audit.append(session, anna(), AuditAction.STUDY_OPENED)
    assert audit_proof.verify(witnessed, seal).entries == 5
    assert seal.read().sequence == 5


def test_eight_threads_leave_no_gap(witnessed, seal):
    failures = []

    def work(number):
        try:
            for _ in range(25):
                record(witnessed, (NORTH, SOUTH)[number % 2])
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert audit_proof.verify(witnessed, seal) == AuditVerdict(200, None, "")
    assert seal.read().sequence == 200


def test_looks_of_the_same_moment_are_each_recorded_once_in_one_chain(witnessed, seal, caplog):
    def look(number):
        organization = (NORTH, SOUTH)[number % 2]
        for each in range(10):
            audit.record(
                witnessed,
                anna(organization),
                AuditAction.STUDY_OPENED,
                object_id=f"{number}.{each}",
            )

    threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = entries(witnessed)
    assert {entry.object_id for entry in found} == {
        f"{number}.{each}" for number in range(8) for each in range(10)
    }
    assert audit_proof.verify(witnessed, seal) == AuditVerdict(80, None, "")
    assert seal.read().sequence == 80
    assert caplog.records == []  # each seal continued the one before it


def test_what_was_recorded_before_is_not_recorded_again(witnessed):
    for is_known in (False, True):
        audit.record(
            witnessed,
            anna(),
            AuditAction.STUDY_OPENED,
            unless=lambda _session, is_known=is_known: is_known,
        )
    assert len(entries(witnessed)) == 1


def test_text_from_outside_cannot_forge_lines_or_directions(witnessed):
    caller = Caller(
        user_id="u",
        organization_id=NORTH,
        session_id="s",
        display_name="Anna\nrole=administrator",
        email="",
        roles=(),
        permissions=frozenset(),
        origin=Origin("192.0.2.1\x00", "agent\u202e\x1b[2J" + "x" * 1000),
    )
    with witnessed.write(NORTH) as session:
        audit.append(session, caller, AuditAction.STUDY_OPENED, object_id="y" * 500)
    (entry,) = entries(witnessed)
    written = entry.actor_name + entry.ip_address + entry.user_agent
    assert not any(ord(each) < 32 or each == "\u202e" for each in written)
    assert (len(entry.user_agent), len(entry.object_id)) == (400, 64)


def test_what_the_program_does_itself_is_recorded_as_such(witnessed):
    with witnessed.write(NORTH) as session:
        audit.append(session, system_caller(NORTH, frozenset()), AuditAction.STUDY_IMPORTED)
    assert entries(witnessed)[0].actor_user_id == "system"


@given(st.text(), st.text(), st.integers(), st.timedeltas())
def test_no_two_different_entries_are_sealed_alike(name, reason, number, later):
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=later.total_seconds() % 10**8)
    entry = AuditEntry(
        id="i",
        created_at=moment,
        organization_id=NORTH,
        sequence=number,
        at=moment,
        action="a",
        outcome="o",
        actor_name=name,
        reason=reason,
        previous_hash="0" * 64,
        hash="",
    )
    moved = entry.model_copy(update={"actor_name": name + reason, "reason": ""})
    assert (audit.entry_hash(entry) == audit.entry_hash(moved)) == (reason == "")


def _copy(database, *, of, sequence, previous):
    with database.system_write() as session:
        session.connection().execute(text(_copying(of=of, sequence=sequence, previous=previous)))


def _copying(*, of, sequence, previous):
    """An INSERT of a well-formed entry that was never recorded."""
    return (
        "INSERT INTO audit_entries (id, created_at, organization_id, sequence, at, actor_user_id,"
        " actor_name, session_id, ip_address, user_agent, action, object_type, object_id, outcome,"
        " reason, details, previous_hash, hash)"
        f" SELECT 'copy', created_at, organization_id, {sequence}, at, actor_user_id, actor_name,"
        " session_id, ip_address, user_agent, action, object_type, object_id, outcome, reason,"
        f" details, {previous}, 'ffff' FROM audit_entries WHERE sequence = {of}"
    )
