"""`pacscribe watch FOLDER`: takes in what comes to lie in a folder, also on a network share, until it is told to stop."""

import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from backend import bootstrap
from backend.cli.import_files import Report
from backend.cli.watched_folder import Stored, WatchedFolder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", metavar="FOLDER", help="what is watched, folders in it included")
    parser.add_argument(
        "--organization", default="", metavar="SLUG", help="who the studies are for"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument(
        "--stored",
        choices=[each.value for each in Stored],
        default=Stored.KEEP.value,
        help="what becomes of a file that is stored: kept where it is and remembered (default), moved to "
        "FOLDER/stored, or deleted",
    )
    parser.add_argument(
        "--move-refused",
        action="store_true",
        help="move what is refused or in conflict to FOLDER/refused, with the reason beside it; what is refused, and may "
        "be half of what is still written, once it has not changed for a minute",
    )
    parser.add_argument(
        "--every", type=_seconds, default=5.0, metavar="SECONDS", help="how often to look (5)"
    )
    parser.add_argument(
        "--once", action="store_true", help="take in what is there, and end once nothing is left"
    )


def run(options: argparse.Namespace) -> int:
    """Watch; 0 once told to stop, or with `--once` 0 if nothing was refused, else 1."""
    folder = Path(options.folder)
    if not folder.is_dir():
        print(f"pacscribe watch: there is no folder {folder}.", file=sys.stderr)
        return 2
    stop = threading.Event()

    def told_to_stop(*_: Any) -> None:
        stop.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, told_to_stop)
    services = bootstrap.services()
    try:
        watched = WatchedFolder(
            folder,
            services.studies,
            services.studies.importer(options.organization),
            memory=services.settings.data_dir / "watched",
            key=services.keyring.derive("watched-folder"),
            stored=Stored(options.stored),
            moves_refused=options.move_refused,
        )
        report = Report(as_json=options.json)
        trouble = ""
        while not stop.is_set():
            for outcome in watched.look(stop):
                report.add(outcome)
            if watched.trouble and watched.trouble != trouble:
                print(f"pacscribe watch: {watched.trouble}", file=sys.stderr, flush=True)
            trouble = watched.trouble
            if options.once and not watched.is_growing:
                return report.finish()
            stop.wait(options.every)
        report.finish()
        return 0
    finally:
        bootstrap.shut_down()


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError("must be more than 0 and at most 3600 seconds")
    return value
