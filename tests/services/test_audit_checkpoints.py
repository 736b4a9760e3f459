import json
import shutil
from datetime import timedelta

import pytest

from backend.access import audit
from backend.access.chain_text import proven
from backend.adapters.checkpoint_folder import FOLDER_NAME, CheckpointFolder, notes_in
from backend.core import clock
from backend.core.errors import Refusal
from backend.core.vocabulary import AuditAction
from backend.services import audit_offline
from backend.services.audit_checkpoints import AuditCheckpoints
from tests.access.chains import without_guards
from tests.installation import install


@pytest.fixture
def house(request, tmp_path):
    """On SQLCipher; on both databases for tests that ask for `database_kind`."""
    both = "database_kind" in request.fixturenames
    installed = install(
        request.getfixturevalue("database" if both else "sqlcipher_database"), tmp_path
    )
    yield installed
    installed.sessions.close()


@pytest.fixture
def caller(house):
    return house.caller("radiologist@east.example")


@pytest.fixture
def folder(house, tmp_path):
    return tmp_path / FOLDER_NAME


def record(house, caller, times=1):
    for _ in range(times):
        with house.database.write(caller.organization_id) as session:
            audit.append(session, caller, AuditAction.STUDY_OPENED, object_id="1.2.3")


def files(folder):
    return sorted(path.name for path in folder.glob("*.txt"))


def test_a_trail_is_signed_and_verified(database_kind, house, caller, folder):
    record(house, caller, 5)
    assert house.audit_checkpoints.sign_now().startswith("Signed: ")
    record(house, caller, 5)
    house.audit_checkpoints.sign_now()
    verdict = house.audit_trail.verify()
    assert (verdict.first_bad_sequence, verdict.checkpoints, len(files(folder))) == (None, 2, 2)


def test_that_it_was_signed_is_in_the_trail_and_is_not_signed_for_ever(house, caller, folder):
    record(house, caller)
    house.audit_checkpoints.sign_now()
    for _ in range(3):
        assert house.audit_checkpoints.sign_now() == "Nothing new to sign."
    assert len(files(folder)) == 1
    record(house, caller)
    house.audit_checkpoints.sign_now()
    assert len(files(folder)) == 2


def test_one_is_due_after_an_hour_or_a_thousand_entries(house, caller, folder, monkeypatch):
    monkeypatch.setattr("backend.services.audit_checkpoints._MOST_UNSIGNED", 20)
    now = clock.now()

    def signed_at(minutes):
        with clock.frozen(now + timedelta(minutes=minutes)):
            return house.audit_checkpoints.sign_if_due().startswith("Signed")

    record(house, caller)
    assert signed_at(0)
    record(house, caller, 5)
    assert not signed_at(10)
    assert signed_at(61)
    assert not signed_at(200)
    record(house, caller, 20)
    assert signed_at(201)


def test_a_checkpoint_goes_on_from_the_last_one(house, caller, monkeypatch):
    record(house, caller, 30)
    house.audit_checkpoints.sign_now()
    record(house, caller, 3)
    read = []

    def prove(batch, after):
        read.append(batch.entries)
        return proven(batch, after)

    monkeypatch.setattr("backend.access.audit_proof.proven", prove)
    house.audit_checkpoints.sign_now()
    assert read == [4]  # the three, and that the last one was signed


@pytest.mark.parametrize("spoiled", ["", "{", '{"size": 3, "edge": [], "hash": "x"}', None])
def test_a_lost_edge_is_made_anew(house, caller, folder, spoiled):
    record(house, caller, 3)
    house.audit_checkpoints.sign_now()
    record(house, caller, 3)
    if spoiled is None:
        (folder / "edge.json").unlink()
    else:
        (folder / "edge.json").write_text(spoiled)
    house.audit_checkpoints.sign_now()
    assert house.audit_trail.verify().checkpoints == 2


def test_an_edge_of_somebody_elses_is_not_taken(house, caller, folder):
    record(house, caller, 3)
    house.audit_checkpoints.sign_now()
    kept = json.loads((folder / "edge.json").read_text())
    kept["edge"] = ["00" * 32 for _ in kept["edge"]]
    (folder / "edge.json").write_text(json.dumps(kept))
    record(house, caller, 3)
    house.audit_checkpoints.sign_now()
    assert house.audit_trail.verify().first_bad_sequence is None


def test_nothing_more_is_signed_once_the_trail_was_changed(house, caller, folder):
    record(house, caller, 3)
    house.audit_checkpoints.sign_now()
    record(house, caller, 3)
    before = files(folder)
    without_guards(
        house.plain_database,
        "UPDATE audit_entries SET actor_name = 'x' WHERE sequence ="
        " (SELECT max(sequence) - 1 FROM audit_entries)",
    )
    with pytest.raises(Refusal, match="nothing more is signed"):
        house.audit_checkpoints.sign_now()
    house.audit_checkpoints.sign_at_stop()
    assert files(folder) == before


def test_an_orderly_stop_signs_its_own_entry(house, caller, folder):
    record(house, caller)
    house.audit_trail.record_stop()
    house.audit_checkpoints.sign_at_stop()
    verdict = house.audit_trail.verify()
    assert (verdict.checkpoints, files(folder)) == (1, [f"checkpoint-{verdict.entries:012d}.txt"])


def test_copies_are_kept_elsewhere_and_made_good(house, caller, tmp_path, folder):
    elsewhere = tmp_path / "elsewhere"
    store = CheckpointFolder(folder, elsewhere)
    checkpoints = AuditCheckpoints(
        house.database, house.seal, store, house.audit_checkpoints._signer
    )
    elsewhere.write_text("a file where a folder should be: it is not there today")
    record(house, caller)
    checkpoints.sign_now()
    elsewhere.unlink()
    record(house, caller)
    checkpoints.sign_now()
    assert files(elsewhere) == files(folder)
    assert len(files(folder)) == 2
    shutil.rmtree(folder)  # the trail cannot be written anew without the copies showing it
    without_guards(house.plain_database, "DELETE FROM audit_entries WHERE sequence > 5")
    assert "cut" in checkpoints.verify().problem


def test_a_missing_checkpoint_is_found(house, caller, folder):
    record(house, caller)
    house.audit_checkpoints.sign_now()
    record(house, caller)
    house.audit_checkpoints.sign_now()
    size = int(files(folder)[0][11:23])
    (folder / files(folder)[0]).unlink()
    verdict = house.audit_trail.verify()
    assert (verdict.first_bad_sequence, "missing" in verdict.problem) == (size, True)


def test_sealing_again_sets_aside_what_does_not_fit_a_restored_trail(house, caller, folder):
    record(house, caller, 4)
    house.audit_checkpoints.sign_now()
    record(house, caller, 4)
    house.audit_checkpoints.sign_now()
    without_guards(
        house.plain_database,
        "DELETE FROM audit_entries WHERE sequence >= (SELECT max(sequence) - 1 FROM audit_entries)",
    )
    (folder / "checkpoint-000000000001.txt").write_text("forged")
    assert house.audit_trail.verify().problem
    verdict = house.audit_trail.seal_again()
    assert (verdict.first_bad_sequence, verdict.checkpoints) == (None, 1)
    assert len(list((folder / "set-aside").iterdir())) == 2
    record(house, caller)
    house.audit_checkpoints.sign_now()
    assert house.audit_trail.verify().checkpoints == 2


@pytest.fixture
def exported(house, caller, folder):
    record(house, caller, 6)
    house.audit_checkpoints.sign_now()
    record(house, caller, 6)
    house.audit_checkpoints.sign_now()
    return [audit_offline.exported_line(each) for each in house.audit_checkpoints.records()]


def offline(house, folder, lines):
    return audit_offline.verify_export(lines, notes_in(folder), house.audit_checkpoints.public_key)


def test_an_exported_trail_is_verified_without_database_and_key(house, folder, exported):
    verdict = offline(house, folder, exported)
    assert (verdict.entries, verdict.first_bad_sequence, verdict.checkpoints) == (
        len(exported),
        None,
        2,
    )


def test_what_was_done_to_an_exported_trail_is_found(house, folder, exported):
    changed = [*exported]
    changed[4] = changed[4].replace(b"success", b"refused")
    assert offline(house, folder, changed).first_bad_sequence == 5
    assert offline(house, folder, exported[1:]).first_bad_sequence == 1
    assert offline(house, folder, [*exported[:3], b"{}\n"]).first_bad_sequence == 4
    assert offline(house, folder, [*exported[:3], b"\xff[\n"]).first_bad_sequence == 4
    assert "cut" in offline(house, folder, exported[:4]).problem
