"""The seal of the newest entry: what it finds that the chain alone cannot, how it is written, and when it is waited for."""

import os
import threading

import pytest

from backend.access import audit, audit_proof
from backend.access.witness import WitnessedDatabase
from backend.adapters.audit_seal_file import FileSeal
from backend.adapters.durable import SECTOR_BYTES
from backend.models.audit import ChainEnd
from backend.schemas.audit import AuditVerdict
from tests.access.chains import ENTRIES, entries, record, without_guards


def test_a_trail_written_anew_from_some_entry_on_is_found_by_the_seal(chain, database, seal):
    statements, previous = [], None
    for entry in entries(database)[4:]:
        entry.actor_name = "Nobody"
        entry.previous_hash = previous or entry.previous_hash
        entry.hash = previous = audit.entry_hash(entry)
        statements.append(
            f"UPDATE audit_entries SET actor_name = 'Nobody', hash = '{entry.hash}',"
            f" previous_hash = '{entry.previous_hash}' WHERE sequence = {entry.sequence}"
        )
    without_guards(database, *statements)
    assert audit_proof.verify(chain, None).first_bad_sequence is None  # the chain alone cannot know
    assert audit_proof.verify(chain, seal).first_bad_sequence == ENTRIES


@pytest.mark.parametrize("kept", [0, ENTRIES - 1])
def test_a_cut_end_is_found_by_the_seal(chain, database, seal, kept):
    without_guards(database, f"DELETE FROM audit_entries WHERE sequence > {kept}")
    assert audit_proof.verify(chain, None).first_bad_sequence is None  # the chain alone cannot know
    verdict = audit_proof.verify(chain, seal)
    assert verdict.first_bad_sequence == kept + 1
    assert "cut" in verdict.problem


def test_entries_written_after_a_cut_do_not_heal_it(chain, database, seal):
    without_guards(database, f"DELETE FROM audit_entries WHERE sequence > {ENTRIES - 3}")
    for _ in range(10):
        record(chain)
    verdict = audit_proof.verify(chain, seal)
    assert verdict.first_bad_sequence == ENTRIES
    assert "anew" in verdict.problem


def test_a_missing_seal_is_found_and_not_replaced_in_silence(chain, tmp_path, seal):
    (tmp_path / "audit.seal").unlink()
    record(chain)
    assert audit_proof.verify(chain, seal).problem == "The seal of the newest entry is missing."


def test_a_damaged_seal_is_found(sqlcipher_database, tmp_path, seal):
    witnessed = WitnessedDatabase(sqlcipher_database, seal)
    record(witnessed)
    cuts = [b"", b"{", b"[]", b'{"sequence": 1}', b'{"sequence":1,"hash":"a","mac":"b"}', b"\xff"]
    for content in cuts:
        (tmp_path / "audit.seal").write_bytes(content)
        record(witnessed)
        assert "damaged" in audit_proof.verify(witnessed, seal).problem


def test_a_seal_of_another_installation_is_not_taken(chain, tmp_path, seal):
    FileSeal(tmp_path / "audit.seal", b"t" * 32).write(ChainEnd(1, "0" * 64))
    assert "damaged" in audit_proof.verify(chain, seal).problem


def test_a_seal_that_lags_behind_is_no_fault(witnessed, database, seal):
    record(witnessed)
    record(database)  # committed, but the process died before it was sealed
    assert audit_proof.verify(witnessed, seal).first_bad_sequence is None
    record(witnessed)
    assert seal.read().sequence == 3


def test_sealing_waits_once_for_the_disk_and_replaces_one_sector(seal, tmp_path, monkeypatch):
    seal.write(ChainEnd(1, "a" * 64))
    waits = []
    for name in ("fsync", "fdatasync"):
        wait = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda file, name=name, wait=wait: (waits.append(name), wait(file))
        )
    seal.write(ChainEnd(10**12, "b" * 64))
    assert waits == ["fdatasync"]
    assert (tmp_path / "audit.seal").stat().st_size == SECTOR_BYTES
    assert seal.read() == ChainEnd(10**12, "b" * 64)


def test_a_seal_of_another_length_is_read_and_replaced_as_a_whole(witnessed, seal, tmp_path):
    """As releases wrote it that did not fill the sector."""
    record(witnessed)
    file = tmp_path / "audit.seal"
    file.write_bytes(file.read_bytes().rstrip())
    assert audit_proof.verify(witnessed, seal).first_bad_sequence is None
    record(witnessed)
    assert (seal.read().sequence, file.stat().st_size) == (2, SECTOR_BYTES)
    assert [each.name for each in tmp_path.iterdir() if "seal" in each.name] == ["audit.seal"]


def test_a_seal_is_read_whole_while_another_process_replaces_it(seal):
    ends = [ChainEnd(number, f"{number:064}") for number in (7, 8_000_000)]
    seal.write(ends[0])
    stop = threading.Event()

    def replace():
        while not stop.is_set():
            for end in ends:
                seal.write(end)

    writer = threading.Thread(target=replace)
    writer.start()
    try:
        assert {seal.read() for _ in range(2000)} <= set(ends)
    finally:
        stop.set()
        writer.join()


def test_who_waits_while_others_seal_is_sealed_with_them(sqlcipher_database, seal):
    """The first seal is held up; all that is committed meanwhile needs one seal more, and not one each."""
    is_held, may_go_on = threading.Event(), threading.Event()
    written = []
    original = seal.write

    def write(newest):
        written.append(newest.sequence)
        if len(written) == 1:
            is_held.set()
            assert may_go_on.wait(30)
        original(newest)

    seal.write = write
    witnessed = WitnessedDatabase(sqlcipher_database, seal)
    threads = [threading.Thread(target=record, args=(witnessed,)) for _ in range(8)]
    threads[0].start()
    assert is_held.wait(30)
    for thread in threads[1:]:
        thread.start()
    while len(witnessed._waiting) < 7:
        assert any(thread.is_alive() for thread in threads)
    may_go_on.set()
    for thread in threads:
        thread.join()
    assert written == [1, 8]
    assert audit_proof.verify(witnessed, seal) == AuditVerdict(8, None, "")
