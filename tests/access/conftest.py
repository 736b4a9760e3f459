"""A database that is sealed, and a chain of entries in it."""

import pytest

from backend.access.witness import WitnessedDatabase
from backend.adapters.audit_seal_file import FileSeal
from tests.access.chains import ENTRIES, record
from tests.postgres import NORTH, SOUTH


@pytest.fixture
def seal(tmp_path):
    return FileSeal(tmp_path / "audit.seal", b"s" * 32)


@pytest.fixture
def witnessed(database, seal):
    return WitnessedDatabase(database, seal)


@pytest.fixture
def chain(witnessed):
    """Twelve entries of two organizations."""
    for number in range(ENTRIES):
        record(
            witnessed, (NORTH, SOUTH)[number % 2], object_type="study", object_id=f"1.2.{number}"
        )
    return witnessed
