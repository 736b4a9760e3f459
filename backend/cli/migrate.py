"""`pacscribe migrate`: brings the database to this release's tables. `pacscribe serve` does the same when it starts."""

import argparse

from backend import bootstrap_ground
from backend.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none of its own."""
    del parser


def run(options: argparse.Namespace) -> int:
    """Migrate; 0 if the database is up to date afterwards."""
    del options
    changed = bootstrap_ground.migrate(Settings.from_environment())
    print(
        "The database was brought up to date."
        if changed
        else "The database was up to date already."
    )
    return 0
