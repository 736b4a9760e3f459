"""A small hospital in each kind of database, and its reporting."""

import pytest

from backend.models.session import Database
from backend.services.reporting import Reporting
from tests.proofs import checker
from tests.reports import Hospital, found_hospital


@pytest.fixture
def hospital(database: Database) -> Hospital:
    return found_hospital(database)


@pytest.fixture
def reporting(database: Database) -> Reporting:
    return Reporting(database, checker(database))
