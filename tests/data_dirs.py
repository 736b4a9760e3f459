"""Data directories as a first start leaves them: made once, then copied, for migrating takes longer than most tests."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from backend import bootstrap
from backend.cli.demo_marker import mark_loaded
from backend.settings import Settings


def prepare_data_dir(data_dir: Path, demo_password: str = "") -> None:
    """Fill a new folder with the keys and tables of an installation: nobody's, or with a password the demo's."""
    shutil.copytree(_first_started(demo_password).name, data_dir, dirs_exist_ok=True)


def prepare_demo(data_dir: Path, password: str) -> None:
    """Fill a new folder so that `serve --demo` with this password has nothing left to do: without the demo's studies."""
    prepare_data_dir(data_dir, password)
    mark_loaded(Settings(data_dir=data_dir))


@cache
def _first_started(demo_password: str) -> TemporaryDirectory:
    folder = TemporaryDirectory(prefix="pacscribe-", ignore_cleanup_errors=True)
    built = bootstrap.build(Settings(data_dir=Path(folder.name)))
    if demo_password:
        built.first_people.prepare_demo(demo_password)
    bootstrap.close(built)
    return folder
