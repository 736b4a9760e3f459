"""Support access: let in by the organization, for a time; looking only, in the rules and in the database; all in the trail."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import select

from backend.access import audit, policy
from backend.access.sessions import COOKIE_NAME
from backend.core import clock
from backend.core.caller import SYSTEM_ORGANIZATION_ID, LookedAt
from backend.core.errors import Malformed, NotAllowed, NotFound, StepUpNeeded
from backend.core.permissions import SUPPORT_LOOKS, Permission
from backend.core.vocabulary import AuditAction
from backend.models import Patient, SearchWord, Study
from backend.models.audit import entries_after
from backend.services.banners import Banners
from backend.services.support import SupportVisits
from tests.installation import HERE, PASSWORD, install

REASON = "The worklist stays empty"
WHY = "Looking for the missing studies"
EMAIL = "support@operator.example"


class House:
    """An installation with a study in each organization, and an account of the operator's support."""

    def __init__(self, database, folder):
        self.installed = install(database, folder)
        self.database = self.installed.database
        self.support = SupportVisits(self.database)
        self.support.add_account(display_name="Sue Port", email=EMAIL, password=PASSWORD)
        self.token = self.installed.token(EMAIL)
        for organization_id, uid in (
            (self.installed.east, "1.2.1"),
            (self.installed.west, "1.3.1"),
        ):
            with self.database.write(organization_id) as session:
                patient = Patient(patient_id="P-1", patient_name="Canary^Name")
                session.add(patient)
                session.flush()
                session.add(
                    Study(
                        patient_key=patient.id,
                        study_instance_uid=uid,
                        wrapped_data_key=b"-",
                        arrived_at=clock.now(),
                        updated_at=clock.now(),
                    )
                )

    @property
    def caller(self):
        """Support, as its session makes it at this moment."""
        return self.installed.caller_of(self.token)

    def administrator(self, where="east"):
        return self.installed.caller(f"administrator@{where}.example")

    def let_in(self, where="east", hours=1):
        """Let support in, and have it look; the support caller."""
        self.support.allow(self.administrator(where), REASON, hours)
        (door,) = [
            d for d in self.support.open_doors(self.caller) if d.organization_name == where.title()
        ]
        self.support.enter(self.caller, door.support_access_id, WHY)
        return self.caller

    def sees(self, caller, uid):
        with self.database.read(caller.organization_id) as session:
            try:
                policy.require_study(session, caller, Permission.STUDY_VIEW, uid)
            except NotFound:
                return False
            return True

    def entries(self, action):
        with self.database.system_read() as session:
            return [e for e in entries_after(session, 0, 10_000) if e.action == action]


@pytest.fixture
def house(peopled_database, tmp_path):
    return House(peopled_database, tmp_path)


def test_support_at_home_sees_nothing_of_anybody(house):
    caller = house.caller
    assert (caller.organization_id, caller.permissions) == (
        SYSTEM_ORGANIZATION_ID,
        {Permission.SUPPORT_USE},
    )
    assert house.support.open_doors(caller) == ()
    assert not house.sees(caller, "1.2.1")


def test_support_looks_at_the_organization_that_let_it_in_on_both_databases(database, tmp_path):
    house = House(database, tmp_path)
    caller = house.let_in()
    assert caller.is_support
    assert (caller.organization_id, caller.permissions) == (house.installed.east, SUPPORT_LOOKS)
    assert house.sees(caller, "1.2.1")
    assert not house.sees(caller, "1.3.1")
    with house.database.write(caller.organization_id) as session:
        with pytest.raises(NotAllowed):
            policy.require_study(session, caller, Permission.STUDY_EDIT, "1.2.1")
        audit.append(session, caller, AuditAction.STUDY_OPENED, object_type="study")
    (entry,) = house.entries("study:open")
    assert (entry.actor_name, entry.organization_id) == ("Sue Port", house.installed.east)
    assert house.installed.audit_trail.verify().first_bad_sequence is None


@pytest.mark.parametrize("hours", [0, 2, 73, 1000, -1])
def test_support_is_let_in_for_a_time_that_is_offered(house, hours):
    with pytest.raises(Malformed):
        house.support.allow(house.administrator(), REASON, hours)
    assert house.support.open_doors(house.caller) == ()


@pytest.mark.parametrize("reason", ["", "look", "x" * 401])
def test_both_sides_give_a_reason(house, reason):
    with pytest.raises(Malformed):
        house.support.allow(house.administrator(), reason, 1)
    house.support.allow(house.administrator(), REASON, 1)
    (door,) = house.support.open_doors(house.caller)
    with pytest.raises(Malformed):
        house.support.enter(house.caller, door.support_access_id, reason)
    assert not house.caller.is_support


@pytest.mark.parametrize("role", ["radiologist", "technologist", "clinician", "care-team"])
def test_only_administrators_let_support_in(house, role):
    person = house.installed.caller(f"{role}@east.example")
    for attempt in (
        lambda: house.support.allow(person, REASON, 1),
        lambda: house.support.end(person),
        lambda: house.support.leaves(person),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_letting_in_and_looking_ask_who_is_there(house):
    with pytest.raises(StepUpNeeded):
        house.support.allow(replace(house.administrator(), proved_at=None), REASON, 1)
    house.support.allow(house.administrator(), REASON, 1)
    (door,) = house.support.open_doors(house.caller)
    with pytest.raises(StepUpNeeded):
        house.support.enter(replace(house.caller, proved_at=None), door.support_access_id, WHY)


def test_nobody_of_an_organization_looks_at_another_as_support(house):
    house.support.allow(house.administrator("west"), REASON, 1)
    (door,) = house.support.open_doors(house.caller)
    pretender = replace(house.administrator(), permissions=frozenset(Permission))
    with pytest.raises(NotAllowed):
        house.support.open_doors(pretender)
    with pytest.raises(NotAllowed):
        house.support.enter(pretender, door.support_access_id, WHY)


def test_a_leave_in_the_session_of_somebody_else_is_nothing(house):
    from backend.models import people

    house.support.allow(house.administrator("west"), REASON, 1)
    (door,) = house.support.open_doors(house.caller)
    token = house.installed.token("administrator@east.example")
    caller = house.installed.caller_of(token)
    with house.database.write(caller.organization_id) as session:
        row = people.open_session(session, caller.session_id)
        row.support_access_id = door.support_access_id
        session.add(row)
    assert house.installed.caller_of(token).organization_id == house.installed.east


def test_the_visit_ends_with_the_leave_by_its_time(house):
    began = clock.now()
    with clock.frozen(began):
        house.let_in()
    with clock.frozen(began + timedelta(minutes=5)):
        assert house.caller.is_support
        for minutes in range(5, 60, 5):
            with clock.frozen(began + timedelta(minutes=minutes)):
                house.caller  # noqa: B018 - keeps the session alive
    with clock.frozen(began + timedelta(minutes=60)):
        for touches in (False, True):
            caller = house.installed.caller_of(house.token, touches=touches)
            assert (caller.is_support, caller.organization_id) == (False, SYSTEM_ORGANIZATION_ID)
        assert house.support.end_what_is_over() == 1
    (entry,) = house.entries("support:end")
    assert (entry.reason, entry.organization_id) == ("its time is over", house.installed.east)


def test_the_visit_ends_at_once_when_the_organization_ends_it(house):
    house.let_in()
    assert house.installed.caller_of(house.token, touches=False).is_support
    house.support.end(house.administrator())
    assert not house.installed.caller_of(house.token, touches=False).is_support
    assert house.support.open_doors(house.caller) == ()


def test_support_looks_no_longer_when_it_leaves(house):
    caller = house.let_in()
    house.support.leave(caller)
    assert house.caller.organization_id == SYSTEM_ORGANIZATION_ID


def test_support_ends_its_session_while_it_looks(house):
    caller = house.let_in()
    house.installed.sessions.end(caller)
    assert house.installed.find(house.token) is None


def test_each_use_is_in_the_trail_that_the_organization_reads(house):
    house.let_in()
    (allowed,) = house.entries("support:allow")
    (used,) = house.entries("support:use")
    for entry in (allowed, used):
        assert entry.organization_id == house.installed.east
    assert (allowed.reason, used.reason, used.actor_name) == (REASON, WHY, "Sue Port")
    assert (used.ip_address, used.user_agent) == (HERE.ip_address, HERE.user_agent)


def test_refused_attempts_of_support_are_in_it_too(house):
    caller = house.let_in()
    with pytest.raises(NotAllowed), house.database.write(caller.organization_id) as session:
        policy.require_study(session, caller, Permission.STUDY_DELETE, "1.2.1")
    (entry,) = house.entries("access:refuse")
    assert (entry.organization_id, entry.actor_name) == (house.installed.east, "Sue Port")


def write_a_row(session):
    session.add(Patient(patient_id="P-9"))


def change_a_row(session):
    session.exec(select(Study)).one().priority = "stat"


def delete_a_row(session):
    session.delete(session.exec(select(SearchWord)).first())


def write_and_look(session):
    session.add(Patient(patient_id="P-9"))
    session.exec(select(Patient)).all()


@pytest.mark.parametrize("act", [write_a_row, change_a_row, delete_a_row, write_and_look])
def test_the_database_itself_refuses_what_support_would_write_on_both_databases(
    database, tmp_path, act
):
    house = House(database, tmp_path)
    caller = house.let_in()
    with pytest.raises(NotAllowed), house.database.write(caller.organization_id) as session:
        act(session)
    with house.database.read(house.installed.east) as session:
        assert len(session.exec(select(Patient)).all()) == 1
        assert session.exec(select(Study)).one().priority == "routine"
        assert session.exec(select(SearchWord)).first() is not None


def test_what_support_looks_at_is_recorded_only_if_it_was_not_refused(house):
    caller = house.let_in()

    def open_and_write(session):
        audit.append(session, caller, AuditAction.STUDY_OPENED, object_type="study")
        write_a_row(session)

    with pytest.raises(NotAllowed), house.database.write(caller.organization_id) as session:
        open_and_write(session)
    assert house.entries("study:open") == []


def test_the_organization_of_a_visit_is_one_that_is_only_looked_at(house):
    assert type(house.let_in().organization_id) is LookedAt
    assert type(house.caller.at_home().organization_id) is str


def test_both_sides_are_reminded_on_every_page(house):
    banners = Banners(house.database, lambda _caller: ())
    caller = house.let_in()
    (mine,) = banners.of(caller)
    (theirs,) = banners.of(house.administrator())
    assert (mine.kind, theirs.kind) == ("support-looks", "support-is-let-in")
    assert mine.until == theirs.until
    assert banners.of(house.administrator("west")) == ()


def test_a_second_leave_replaces_the_first(house):
    house.support.allow(house.administrator(), REASON, 72)
    house.support.allow(house.administrator(), REASON, 1)
    first, second = house.support.leaves(house.administrator())[::-1]
    assert (first.is_live, second.is_live) == (False, True)
    assert len(house.support.open_doors(house.caller)) == 1


def test_an_account_that_is_disabled_looks_at_nothing(house):
    house.let_in()
    with house.database.system_write() as session:
        from backend.models import people

        people.user_by_email(session, EMAIL).is_active = False
    assert house.installed.sessions.caller_of_cookie(f"{COOKIE_NAME}={house.token}") is None
