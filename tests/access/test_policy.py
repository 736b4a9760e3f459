import pytest

from backend.access import policy
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.errors import NotAllowed, NotFound
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole, Permission
from backend.core.vocabulary import AuditAction
from backend.models import Patient, Study
from backend.models.audit import entries_after
from tests.installation import install


@pytest.fixture
def house(peopled_database, tmp_path):
    return install(peopled_database, tmp_path)


@pytest.fixture
def study(house):
    """A study in the east; its key."""
    with house.database.write(house.east) as session:
        patient = Patient(patient_name="Canary^Name")
        session.add(patient)
        session.flush()
        row = Study(
            patient_key=patient.id,
            study_instance_uid="1.2.840.1",
            wrapped_data_key=b"-",
            arrived_at=clock.now(),
            updated_at=clock.now(),
        )
        session.add(row)
        session.flush()
        return row.id


def refusals(house):
    with house.database.system_read() as session:
        return [
            entry
            for entry in entries_after(session, 0, 10_000)
            if entry.action == AuditAction.ACCESS_REFUSED
        ]


def stranger(organization_id, *permissions):
    return Caller("u", organization_id, "s", "U", "", (), frozenset(permissions), Origin())


@pytest.mark.parametrize("role", BuiltInRole)
@pytest.mark.parametrize("permission", Permission)
def test_each_role_may_do_what_is_written_down_and_nothing_else(role, permission):
    """Judged by the rights a caller holds; that these come from the database is tested with sessions."""
    caller = stranger("org", *ROLE_PERMISSIONS[role])
    session = _NoDatabase()
    if permission in ROLE_PERMISSIONS[role]:
        policy.require(session, caller, permission)
    else:
        with pytest.raises(NotAllowed):
            policy.require(session, caller, permission)


class _NoDatabase:
    def __init__(self):
        self.info = {}


@pytest.mark.parametrize("permission", Permission)
def test_nothing_is_allowed_to_somebody_without_rights(house, study, permission):
    caller = stranger(house.east)
    with house.database.read(house.east) as session:
        with pytest.raises(NotAllowed):
            policy.require(session, caller, permission)
        with pytest.raises(NotFound):
            policy.require(session, caller, permission, study)
        with pytest.raises(NotFound):
            policy.require_study(session, caller, permission, "1.2.840.1")


def test_a_study_is_given_to_whoever_may(house, study):
    caller = house.caller("radiologist@east.example")
    with house.database.read(house.east) as session:
        found = policy.require_study(session, caller, Permission.REPORT_SIGN, "1.2.840.1")
        policy.require(session, caller, Permission.REPORT_SIGN, study)
        assert found.id == study


def test_who_may_see_but_not_do_is_told_so(house, study):
    caller = house.caller("clinician@east.example")
    with (
        pytest.raises(NotAllowed),
        house.database.read(house.east) as session,
    ):
        policy.require_study(session, caller, Permission.REPORT_SIGN, "1.2.840.1")


def test_another_organizations_study_does_not_exist(house, study):
    caller = house.caller("administrator@west.example")
    for database in (house.database.read(house.west), house.database.system_read()):
        with database as session, pytest.raises(NotFound) as foreign:
            policy.require_study(session, caller, Permission.STUDY_VIEW, "1.2.840.1")
        with database_again(house) as session, pytest.raises(NotFound) as unknown:
            policy.require_study(session, caller, Permission.STUDY_VIEW, "1.2.840.999")
        assert foreign.value.sentence == unknown.value.sentence
    with house.database.system_read() as session, pytest.raises(NotFound):
        policy.require(session, caller, Permission.STUDY_VIEW, study)


def database_again(house):
    return house.database.read(house.west)


def test_a_refused_attempt_is_recorded_although_its_transaction_is_undone(house, study):
    caller = house.caller("clinician@east.example")
    with pytest.raises(NotAllowed), house.database.write(house.east) as session:
        policy.require_study(session, caller, Permission.STUDY_DELETE, "1.2.840.1")
    (entry,) = refusals(house)
    assert (entry.actor_user_id, entry.organization_id) == (caller.user_id, house.east)
    assert (entry.object_type, entry.object_id) == ("study", "1.2.840.1")
    assert (entry.outcome, entry.details) == ("refused", '{"permission":"study:delete"}')
    assert house.audit_trail.verify().first_bad_sequence is None


def test_an_attempt_at_another_organizations_study_is_recorded_with_whoever_tried(house, study):
    caller = house.caller("radiologist@west.example")
    with pytest.raises(NotFound), house.database.read(house.west) as session:
        policy.require_study(session, caller, Permission.STUDY_VIEW, "1.2.840.1")
    (entry,) = refusals(house)
    assert (entry.organization_id, entry.object_id) == (house.west, "1.2.840.1")


def test_insisting_does_not_fill_the_trail(house, study):
    caller = house.caller("clinician@east.example")
    for _ in range(20):
        with pytest.raises(NotAllowed), house.database.read(house.east) as session:
            policy.require_study(session, caller, Permission.STUDY_DELETE, "1.2.840.1")
    assert len(refusals(house)) == 1


def test_asking_whether_something_would_be_allowed_is_no_attempt(house, study):
    caller = house.caller("clinician@east.example")
    with house.database.read(house.east) as session, pytest.raises(NotAllowed):
        policy.require_study(session, caller, Permission.STUDY_DELETE, "1.2.840.1")
    assert refusals(house) == []


def test_a_refusal_inside_two_sessions_is_recorded_once_the_outer_one_is_closed(house, study):
    """On SQLite the outer one holds the only right to write: recording earlier would wait for ever."""
    caller = house.caller("clinician@east.example")
    with (
        pytest.raises(NotAllowed),
        house.database.write(house.east),
        house.database.read(house.east) as inner,
    ):
        policy.require_study(inner, caller, Permission.STUDY_DELETE, "1.2.840.1")
    assert len(refusals(house)) == 1


def test_a_refusal_that_cannot_be_recorded_stays_a_refusal(house, study, monkeypatch, caplog):
    caller = house.caller("clinician@east.example")

    def broken(*_arguments, **_options):
        raise OSError("Canary^Name")

    monkeypatch.setattr("backend.access.witness.audit.append", broken)
    with pytest.raises(NotAllowed), house.database.read(house.east) as session:
        policy.require_study(session, caller, Permission.STUDY_DELETE, "1.2.840.1")
    assert "could not be recorded" in caplog.text
    assert "Canary" not in caplog.text


def test_no_patient_name_gets_into_the_trail(house, study):
    test_a_refused_attempt_is_recorded_although_its_transaction_is_undone(house, study)
    (entry,) = refusals(house)
    assert "Canary" not in entry.model_dump_json()
