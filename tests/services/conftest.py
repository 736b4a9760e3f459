"""What tests of several services share."""

from collections.abc import Iterator

import pytest

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
