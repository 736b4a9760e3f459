"""One town for all cases of the matrix."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import bootstrap
from backend.adapters import database_sqlcipher
from tests.matrix.principals import Town, a_town


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    hasty = tuple(each.replace("FULL", "OFF") for each in database_sqlcipher._PRAGMAS)
    with pytest.MonkeyPatch.context() as patch:
        # Thousands of refusals are recorded; that each would survive a loss of power is proven elsewhere.
        patch.setattr(database_sqlcipher, "_PRAGMAS", hasty)
        with a_town(Path(tmp_path_factory.mktemp("town"))) as town:
            bootstrap.use(town.hospital.services)
            yield town
            bootstrap.use(None)
