"""What tests of several services share."""

from collections.abc import Iterator

import pytest

from backend.access import policies
from backend.access.policies import SignInPolicy
from backend.adapters.database import Database, embedded_url
from tests.factor_people import People, Person
from tests.installation import install
from tests.services.conflict_model import Ward
from tests.viewing_hospital import Hospital


@pytest.fixture(scope="module")
def shared_ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    hospital = Hospital(tmp_path_factory.mktemp("shared") / "data")
    yield Ward(hospital)
    hospital.close()


@pytest.fixture
def ward(shared_ward: Ward) -> Ward:
    shared_ward.clear()
    return shared_ward


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """One installation for all tests of second factors: making one takes longer than most of them."""
    folder = tmp_path_factory.mktemp("factors")
    database = Database(embedded_url(folder), b"k" * 32)
    database.migrate()
    house = install(database, folder)
    yield People(house)
    assert house.audit_trail.verify().first_bad_sequence is None
    house.sessions.close()
    database.close()


@pytest.fixture
def anna(people: People) -> Person:
    return people.new()


@pytest.fixture
def strict(people: People) -> Person:
    """Somebody of the organization at west, where everybody needs a second factor."""
    with people.house.database.write(people.house.west) as session:
        policies.write(session, people.house.west, SignInPolicy())
    return people.new(people.house.west)
