"""One town for all cases of the matrix."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import bootstrap
from tests.matrix.principals import Town, a_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with a_town(Path(tmp_path_factory.mktemp("town"))) as town:
        bootstrap.use(town.hospital.services)
        yield town
        bootstrap.use(None)
