"""Six years are kept whatever is set; what is removed after them leaves a proof behind."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend import bootstrap
from backend.access import audit
from backend.adapters.checkpoint_folder import FOLDER_NAME, notes_in
from backend.core import clock
from backend.core.caller import system_caller
from backend.core.errors import CannotStart, Refusal
from backend.core.vocabulary import AuditAction
from backend.models.audit import entries_after
from backend.services import audit_offline
from backend.settings import Settings
from tests.access.chains import without_guards
from tests.installation import install

DAY = timedelta(days=1)
YEAR = timedelta(days=365.25)


@pytest.fixture
def house(request, tmp_path):
    """An installation that was begun eight years ago."""
    both = "database_kind" in request.fixturenames
    database = request.getfixturevalue("database" if both else "sqlcipher_database")
    with clock.frozen(clock.now() - 8 * YEAR):
        installed = install(database, tmp_path)
    yield installed
    installed.sessions.close()


def record(house, years_ago, times=1):
    """Somebody opens a study, some years ago."""
    with clock.frozen(clock.now() - years_ago * YEAR), house.database.system_write() as session:
        for number in range(times):
            audit.append(session, system_caller(house.east, frozenset()), AuditAction.STUDY_OPENED,
                         object_type="study", object_id=f"1.2.{number}")  # fmt: skip


def size(house):
    return house.audit_trail.verify().entries


def test_what_is_older_is_removed_and_the_rest_verifies(database_kind, house, tmp_path):
    record(house, 7, 10)
    house.audit_checkpoints.sign_now()
    record(house, 6.1, 10)
    record(house, 5.9, 7)
    record(house, 0.1, 3)
    before = size(house)
    gone = house.audit_checkpoints.prune(6)
    verdict = house.audit_trail.verify()
    assert gone >= 20
    assert (verdict.first_bad_sequence, verdict.problem) == (None, "")
    assert verdict.entries == before - gone + 1  # that it was done is an entry
    with house.database.system_read() as session:
        kept = entries_after(session, 0, 1000)
    assert [entry.action for entry in kept].count(AuditAction.AUDIT_PRUNED) == 1
    record(house, 0, 2)
    house.audit_checkpoints.sign_now()
    assert house.audit_trail.verify().first_bad_sequence is None
    lines = [audit_offline.exported_line(each) for each in house.audit_checkpoints.records()]
    key = house.audit_checkpoints.public_key
    offline = audit_offline.verify_export(lines, notes_in(tmp_path / FOLDER_NAME), key)
    assert (offline.first_bad_sequence, offline.checkpoints) == (None, 1)


def test_no_number_of_years_below_six_counts(house):
    record(house, 5.9, 5)
    gone = house.audit_checkpoints.prune(1)
    with house.plain_database.system_read() as session:
        left = session.connection().execute(text("SELECT min(at) FROM audit_entries")).scalar_one()
    assert gone > 0  # the eight-year-old beginning
    assert str(left) >= f"{clock.now() - 6 * YEAR - DAY:%Y-%m-%d}"


def test_nothing_is_removed_twice_and_the_newest_never(house):
    record(house, 7, 5)
    before = size(house)
    assert house.audit_checkpoints.prune(6) == before - 1
    assert house.audit_checkpoints.prune(6) == 1  # the old one that was the newest then
    assert house.audit_checkpoints.prune(6) == 0
    assert house.audit_trail.verify().first_bad_sequence is None


def test_what_a_collector_does_not_have_yet_stays(house):
    record(house, 7, 5)
    assert house.audit_checkpoints.prune(6, up_to=0) == 0
    assert house.audit_checkpoints.prune(6, up_to=3) == 3


def test_tampering_with_what_is_left_is_found(house):
    record(house, 7, 10)
    record(house, 1, 10)
    house.audit_checkpoints.prune(6)
    newest = size(house) + house.audit_checkpoints._evidence().start.tree.size
    without_guards(
        house.plain_database,
        f"UPDATE audit_entries SET actor_name = 'x' WHERE sequence = {newest - 3}",
    )
    assert house.audit_trail.verify().first_bad_sequence == newest - 3
    with pytest.raises(Refusal, match="nothing of it is removed"):
        house.audit_checkpoints.prune(6)


def test_removing_more_than_was_signed_is_found(house, tmp_path):
    record(house, 7, 10)
    record(house, 1, 10)
    house.audit_checkpoints.prune(6)
    first = house.audit_checkpoints._evidence().start.tree.size + 1
    without_guards(house.plain_database, f"DELETE FROM audit_entries WHERE sequence = {first}")
    assert house.audit_trail.verify().first_bad_sequence == first


def test_without_what_was_left_behind_the_beginning_is_missing(house, tmp_path):
    record(house, 7, 10)
    record(house, 1, 10)
    house.audit_checkpoints.prune(6)
    for path in (tmp_path / FOLDER_NAME).glob("base-*.txt"):
        path.unlink()
    assert house.audit_trail.verify().first_bad_sequence == 1


def test_the_database_itself_refuses_to_remove_what_is_younger(database_kind, house):
    record(house, 5.99)
    with (
        pytest.raises(DBAPIError, match="six years"),
        house.plain_database.system_write() as session,
    ):
        session.connection().execute(
            text(
                "DELETE FROM audit_entries WHERE sequence ="
                " (SELECT max(sequence) FROM audit_entries)"
            )
        )


@pytest.mark.parametrize("years", [1, 5])
def test_a_setting_below_six_years_stops_the_start(tmp_path, years):
    with pytest.raises(CannotStart, match="at least 6"):
        bootstrap.build(Settings(data_dir=tmp_path, audit_years=years))
