from datetime import timedelta

import pytest

from backend.access import policies
from backend.access.policies import SignInPolicy
from backend.core import clock
from backend.core.errors import Malformed
from backend.core.vocabulary import SecondFactorRule
from tests.installation import install

RADIOLOGIST = "radiologist@east.example"


@pytest.fixture
def house(peopled_database, tmp_path):
    installed = install(peopled_database, tmp_path)
    yield installed
    installed.sessions.close()


def write(house, **demands):
    with house.database.write(house.east) as session:
        policies.write(session, house.east, SignInPolicy(**demands))


def read(house, organization_id):
    with house.database.read(organization_id) as session:
        return policies.read(session, organization_id)


def test_an_organization_that_never_said_anything_demands_a_second_factor():
    assert SignInPolicy().requires_second_factor
    assert (SignInPolicy().idle_minutes, SignInPolicy().session_hours) == (15, 12)


def test_what_is_written_is_read_by_that_organization_only(database, tmp_path):
    house = install(database, tmp_path)
    before = read(house, house.west)
    write(house, second_factor=SecondFactorRule.OPTIONAL, idle_minutes=5, session_hours=4)
    write(house, second_factor=SecondFactorRule.REQUIRED, idle_minutes=6, session_hours=4)
    assert read(house, house.east) == SignInPolicy(SecondFactorRule.REQUIRED, 6, 4)
    assert read(house, house.west) == before
    house.sessions.close()


@pytest.mark.parametrize(
    "demands",
    [
        {"idle_minutes": 0},
        {"idle_minutes": -5},
        {"session_hours": 0},
        {"idle_minutes": 16},
        {"session_hours": 13},
        {"idle_minutes": 16, "override_reason": "   "},
        {"idle_minutes": 61, "override_reason": "Theatre screens are locked by a card."},
        {"session_hours": 25, "override_reason": "Theatre screens are locked by a card."},
        {"override_reason": "x" * 401},
    ],
)
def test_longer_sessions_need_a_reason_and_have_an_end(house, demands):
    with pytest.raises(Malformed):
        write(house, **demands)


def test_a_shorter_time_holds_for_sessions_that_are_open_already(house):
    began = clock.now()
    token = house.token(RADIOLOGIST)
    write(house, idle_minutes=5)
    with clock.frozen(began + timedelta(minutes=4, seconds=58)):
        assert house.find(token, touches=False)
    with clock.frozen(began + timedelta(minutes=5, seconds=2)):
        assert house.find(token, touches=False) is None


def test_a_shorter_day_holds_for_sessions_that_are_open_already(house):
    began = clock.now()
    token = house.token(RADIOLOGIST)
    write(house, session_hours=1)
    for minutes in range(10, 60, 10):
        with clock.frozen(began + timedelta(minutes=minutes)):
            assert house.find(token)
    with clock.frozen(began + timedelta(minutes=60, seconds=2)):
        assert house.find(token) is None


def test_only_with_a_reason_is_a_session_longer_than_the_installation_allows(house):
    usual = timedelta(minutes=15)
    assert SignInPolicy(idle_minutes=10).idle(usual) == timedelta(minutes=10)
    assert SignInPolicy(idle_minutes=15).idle(timedelta(minutes=3)) == timedelta(minutes=3)
    reasoned = SignInPolicy(idle_minutes=30, session_hours=14, override_reason="Locked by a card.")
    assert reasoned.idle(usual) == timedelta(minutes=30)
    assert reasoned.longest(timedelta(hours=12)) == timedelta(hours=14)


def test_other_organizations_keep_their_times(house):
    write(house, idle_minutes=1)
    began = clock.now()
    token = house.token("radiologist@west.example")
    with clock.frozen(began + timedelta(minutes=14)):
        assert house.find(token)
