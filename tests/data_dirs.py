"""Data directories as a first start leaves them: made once, then copied, for migrating takes longer than most tests."""

import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from backend import bootstrap
from backend.settings import Settings


def prepare_data_dir(data_dir: Path, demo_password: str = "") -> None:
    """Fill a new folder with the keys and tables of an installation: nobody's, or with a password the demo's."""
    shutil.copytree(_first_started(demo_password).name, data_dir, dirs_exist_ok=True)


@cache
def _first_started(demo_password: str) -> TemporaryDirectory:
    folder = TemporaryDirectory(prefix="pacscribe-", ignore_cleanup_errors=True)
    built = bootstrap.build(Settings(data_dir=Path(folder.name)))
    if demo_password:
        built.first_people.prepare_demo(demo_password)
    bootstrap.close(built)
    return folder
