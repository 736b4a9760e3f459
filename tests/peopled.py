"""A database with people in it, copied for each test: to put them in takes longer than most of these."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from backend.adapters.database import Database, embedded_url
from tests.installation import install
from tests.postgres import TEST_KEY


@pytest.fixture(scope="session")
def peopled_folder(sqlcipher_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `install` leaves in a folder: the database, the seal of its trail, the checkpoints."""
    folder = tmp_path_factory.mktemp("peopled")
    url = embedded_url(folder)
    shutil.copyfile(sqlcipher_template, str(url.database))
    with closing(Database(url, TEST_KEY)) as database:
        install(database, folder).sessions.close()
    return folder


@pytest.fixture
def peopled_database(peopled_folder: Path, tmp_path: Path) -> Iterator[Database]:
    """`sqlcipher_database` in which `install` finds its people already, beside what belongs to it in `tmp_path`."""
    shutil.copytree(peopled_folder, tmp_path, dirs_exist_ok=True)
    with closing(Database(embedded_url(tmp_path), TEST_KEY)) as database:
        yield database
