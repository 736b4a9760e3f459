"""Entries that are proven thousands at once are proven as one by one."""

import pytest
from sqlalchemy import text

from backend.access import audit, audit_proof
from backend.access.audit_proof import Evidence
from backend.access.chain_text import proven
from backend.access.witness import WitnessedDatabase
from backend.adapters.audit_seal_file import FileSeal
from backend.core import clock
from backend.core.vocabulary import AuditAction
from backend.models.audit import AuditEntry, ChainEnd, chain_records, chain_text
from backend.schemas.audit import AuditVerdict
from tests.access.chains import anna, without_guards
from tests.postgres import NORTH

ODD = (
    "Müller, Ångström",
    "山田太郎",
    "\U0001f52c\U0010ffff",
    'say "no" \\ / \\u00fc',
    "\x7f\x80\u2028",
    "\x01\x08\t\n\x0c\r\x1e\x1f",
    f',"sequence":1,"previous_hash":"{audit.GENESIS_HASH}","hash":"',
)
WITH_NUL = "before\x00after"  # PostgreSQL keeps no such text


@pytest.fixture
def witnessed(database, tmp_path):
    return WitnessedDatabase(database, FileSeal(tmp_path / "audit.seal", b"s" * 32))


@pytest.fixture
def odd_texts(database):
    return (*ODD, WITH_NUL) if database.dialect_name == "sqlite" else ODD


@pytest.fixture
def written(witnessed, odd_texts):
    """An entry for each odd text, as a program would have written it that let every character in."""
    end = ChainEnd(0, audit.GENESIS_HASH)
    for sequence, odd in enumerate(odd_texts, 1):
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


def prove(database, after=None):
    with database.system_read() as session:
        return prove_in(session, after)


def prove_in(session, after=None):
    after = after or ChainEnd(0, audit.GENESIS_HASH)
    batch = chain_text(session, after.sequence, 100)
    return proven(batch, after) if batch is not None else None


def record(witnessed, action=AuditAction.STUDY_OPENED, **fields):
    with witnessed.write(NORTH) as session:
        audit.append(session, anna(), action, **fields)


def test_whatever_is_in_an_entry_is_written_out_as_it_was_sealed(witnessed, written, odd_texts):
    whole = prove(witnessed)
    assert len(whole.hashes) == len(odd_texts)
    assert whole.hashes[-1].hex() == written.hash


@pytest.mark.parametrize("batch", [3, 4, 100])
def test_a_chain_that_holds_is_never_read_record_by_record(
    witnessed, written, odd_texts, monkeypatch, batch
):
    def never(_record):
        raise AssertionError

    monkeypatch.setattr(audit_proof, "record_hash", never)
    monkeypatch.setattr(audit_proof, "BATCH", batch)
    record(witnessed)
    assert audit_proof.verify(witnessed, None) == AuditVerdict(len(odd_texts) + 1, None, "")


def test_entries_about_the_trail_are_told_from_the_others(witnessed):
    for action in (AuditAction.STUDY_OPENED, AuditAction.AUDIT_VIEWED, AuditAction.STUDY_OPENED):
        record(witnessed, action)
    assert list(prove(witnessed).about_the_trail) == [2]


# What somebody makes of an entry who has the database in hand.
CHANGES = (
    "reason = reason || 'x' WHERE sequence = 7",
    "reason = 'before' WHERE sequence = 7",
    "actor_name = replace(actor_name, 'ü', '\\u00fc') WHERE sequence = 1",
    "hash = upper(hash) WHERE sequence = 2",
    "hash = substr(hash, 2) WHERE sequence = 2",
    "previous_hash = upper(previous_hash) WHERE sequence = 2",
    "sequence = 99 WHERE sequence = 7",
)
CHANGES_OF = {
    "sqlite": (
        "reason = 'before' WHERE sequence = 8",  # what stands after a NUL counts
        "reason = 'before' || char(0) || 'other' WHERE sequence = 8",
        "reason = CAST(reason AS BLOB) WHERE sequence = 3",
        "reason = CAST(x'ff' AS TEXT) WHERE sequence = 3",
        "at = substr(at, 1, 10) || 'T' || substr(at, 12) WHERE sequence = 2",
        "at = replace(at, ':', ' ') WHERE sequence = 2",
        "hash = hash || ' ' WHERE sequence = 2",
        "previous_hash = previous_hash || ' ' WHERE sequence = 2",
        "sequence = sequence + 0.5 WHERE sequence = 8",
    ),
    "postgresql": (
        "at = at + interval '1 microsecond' WHERE sequence = 2",
        "at = (at::text || ' BC')::timestamptz WHERE sequence = 2",
        "at = 'infinity' WHERE sequence = 2",
        "created_at = created_at - interval '1 day' WHERE sequence = 2",
    ),
}


def first_bad(session):
    """What the judge says of the trail as this session sees it; 0 if it cannot be read."""
    try:
        records = chain_records(session, 0, 100)
    except ValueError:
        return 0
    return audit_proof.verify_records(records, Evidence()).first_bad_sequence


def test_nothing_that_was_changed_is_proven(witnessed, database, written):
    without_guards(database)
    for change in (*CHANGES, *CHANGES_OF[database.dialect_name]):
        with database.system_write() as session:
            session.connection().execute(text(f"UPDATE audit_entries SET {change}"))
            assert prove_in(session) is None, change
            assert first_bad(session) is not None, change
            session.rollback()
    assert prove(witnessed).hashes[-1].hex() == written.hash


@pytest.mark.parametrize("database_kind", ["sqlcipher"], indirect=True)
@pytest.mark.parametrize("batch", [2, 3])
@pytest.mark.parametrize("sequence", [1, 3, 4, 7])
def test_a_gap_is_found_wherever_it_lies(
    witnessed, database, written, monkeypatch, batch, sequence
):
    monkeypatch.setattr(audit_proof, "BATCH", batch)
    without_guards(database, f"DELETE FROM audit_entries WHERE sequence = {sequence}")
    assert audit_proof.verify(witnessed, None).first_bad_sequence == sequence


def test_entries_are_proven_only_after_the_one_that_they_continue(witnessed, written):
    with witnessed.system_read() as session:
        batch = chain_text(session, 0, 3)
    assert proven(batch, ChainEnd(0, "f" * 64)) is None
    assert proven(batch, ChainEnd(1, audit.GENESIS_HASH)) is None
    assert prove(witnessed, after=ChainEnd(6, "f" * 64)) is None
