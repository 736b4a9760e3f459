"""Entries that are proven thousands at once are proven as one by one."""

import pytest
from sqlalchemy import text

from backend.access import audit, audit_proof
from backend.access.chain_text import proven
from backend.access.witness import WitnessedDatabase
from backend.adapters.audit_seal_file import FileSeal
from backend.core import clock
from backend.core.vocabulary import AuditAction
from backend.models.audit import AuditEntry, ChainEnd, chain_text
from backend.schemas.audit import AuditVerdict
from tests.access.test_audit_chain import anna
from tests.postgres import NORTH

ODD = (
    "Müller, Ångström",
    "山田太郎",
    "\U0001f52c\U0010ffff",
    'say "no" \\ / \\u00fc',
    "\x7f\x80\u2028",
    "\x01\x08\t\n\x0c\r\x1e\x1f",
    "before\x00after",
)


@pytest.fixture
def witnessed(sqlcipher_database, tmp_path):
    return WitnessedDatabase(sqlcipher_database, FileSeal(tmp_path / "audit.seal", b"s" * 32))


@pytest.fixture
def written(witnessed):
    """An entry for each odd text, as a program would have written it that let every character in."""
    end = ChainEnd(0, audit.GENESIS_HASH)
    for sequence, odd in enumerate(ODD, 1):
        entry = AuditEntry(
            id=f"id-{sequence}",
            organization_id=NORTH,
            sequence=sequence,
            at=clock.now(),
            actor_name=odd,
            reason=odd,
            action="study:open",
            outcome="success",
            previous_hash=end.hash,
            hash="",
        )
        entry.hash = audit.entry_hash(entry)
        with witnessed.system_write() as session:
            session.add(entry)
        end = ChainEnd(sequence, entry.hash)
    return end


def prove(database, after=None, limit=100):
    with database.system_read() as session:
        after = after or ChainEnd(0, audit.GENESIS_HASH)
        batch = chain_text(session, after.sequence, limit)
        return proven(batch, after) if batch is not None else None


def record(witnessed, action=AuditAction.STUDY_OPENED, **fields):
    with witnessed.write(NORTH) as session:
        audit.append(session, anna(), action, **fields)


def tamper(database, change):
    with database.system_write() as session:
        session.connection().execute(text("DROP TRIGGER audit_entries_no_update"))
        session.connection().execute(text(f"UPDATE audit_entries SET {change}"))


def test_whatever_is_in_an_entry_is_written_out_as_it_was_sealed(witnessed, written):
    whole = prove(witnessed)
    assert len(whole.hashes) == len(ODD)
    assert whole.hashes[-1].hex() == written.hash


def test_a_chain_that_holds_is_never_read_record_by_record(witnessed, written, monkeypatch):
    def never(_record):
        raise AssertionError

    monkeypatch.setattr(audit_proof, "record_hash", never)
    monkeypatch.setattr(audit_proof, "BATCH", 3)
    record(witnessed)
    assert audit_proof.verify(witnessed, None) == AuditVerdict(len(ODD) + 1, None, "")


def test_entries_about_the_trail_are_told_from_the_others(witnessed):
    for action in (AuditAction.STUDY_OPENED, AuditAction.AUDIT_VIEWED, AuditAction.STUDY_OPENED):
        record(witnessed, action)
    assert list(prove(witnessed).about_the_trail) == [2]


@pytest.mark.parametrize(
    "change",
    [
        "reason = reason || 'x' WHERE sequence = 7",
        "reason = 'before' WHERE sequence = 7",  # what stands after a NUL counts
        "reason = 'before' || char(0) || 'other' WHERE sequence = 7",
        "reason = CAST(reason AS BLOB) WHERE sequence = 3",
        "reason = CAST(x'ff' AS TEXT) WHERE sequence = 3",
        "actor_name = replace(actor_name, 'ü', '\\u00fc') WHERE sequence = 1",
        "at = substr(at, 1, 10) || 'T' || substr(at, 12) WHERE sequence = 2",
        "hash = upper(hash) WHERE sequence = 2",
        "hash = hash || ' ' WHERE sequence = 2",
        "previous_hash = previous_hash || ' ' WHERE sequence = 2",
        "sequence = 99 WHERE sequence = 7",
    ],
)
def test_nothing_that_was_changed_is_proven(witnessed, written, change):
    tamper(witnessed, change)
    assert prove(witnessed) is None
    assert audit_proof.verify(witnessed, None).first_bad_sequence is not None


def test_entries_are_proven_only_after_the_one_that_they_continue(witnessed, written):
    with witnessed.system_read() as session:
        batch = chain_text(session, 0, 3)
    assert proven(batch, ChainEnd(0, "f" * 64)) is None
    assert proven(batch, ChainEnd(1, audit.GENESIS_HASH)) is None
    assert prove(witnessed, after=ChainEnd(6, "f" * 64)) is None
