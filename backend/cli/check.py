"""`pacscribe check`: checks stored objects against checksums, seals and pixels, and says which are damaged."""

import argparse
import sys
import time
from contextlib import suppress

from backend import bootstrap
from backend.core.shown import shown_bytes
from backend.core.vocabulary import CheckScope, DamageKind
from backend.schemas.checks import CheckRow
from backend.services.integrity import Found

_SAMPLE_BYTES = 1024 * 1024 * 1024
_PROGRESS_SECONDS = 0.2
_WORDS = {
    DamageKind.MISSING: "its file is missing",
    DamageKind.SEAL: "its file was changed, cut or exchanged",
    DamageKind.CHECKSUM: "its file is not the one that was taken in",
    DamageKind.PIXELS: "its file is as it was taken in, but is decoded to other pixels than then",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--all",
        action="store_true",
        help="every object, and database against files both ways (default: the next GiB)",
    )

    parser.add_argument(
        "--remove-orphans",
        action="store_true",
        help="instead, remove stored objects that belong to no study, however many; only when the database is surely the right one",
    )
    parser.add_argument(
        "--cancel",
        action="store_true",
        help="instead, give up the check of every object that was asked for on the page; it ends at its next step",
    )


def run(options: argparse.Namespace) -> int:
    """Check; 0 if everything looked at is whole, else 1."""
    if options.cancel:
        return _cancel()
    if options.remove_orphans:
        return _remove_orphans()
    scope = CheckScope.ALL if options.all else CheckScope.SAMPLE
    services = bootstrap.services()
    try:
        services.integrity.record_command(scope)
        told = _Told()
        began = time.monotonic()
        if options.all:
            report = services.integrity.check_all(told.progress, told.found)
        else:
            report = services.integrity.check_sample(
                told.progress, told.found, sample_bytes=_SAMPLE_BYTES
            )
        for object_id in told.object_ids:
            services.integrity.suspect(object_id)  # a server that runs beside looks for itself
        told.finish(report, time.monotonic() - began)
    finally:
        bootstrap.shut_down()
    return 1 if report.damaged else 0


def _cancel() -> int:
    try:
        is_cancelled = bootstrap.services().integrity.cancel_all()
    finally:
        bootstrap.shut_down()
    print(
        "The check of every object is given up; one that runs ends at its next step."
        if is_cancelled
        else "No check of every object is waiting or running."
    )
    return 0


def _remove_orphans() -> int:
    services = bootstrap.services()
    try:
        services.integrity.record_command(CheckScope.ORPHANS)
        report = services.studies.sweep(however_many=True)
    finally:
        bootstrap.shut_down()
    print(
        f"Removed: {report.orphans_removed} orphaned objects older than an hour, "
        f"{report.staged_removed} half-written ones."
    )
    return 0


class _Told:
    """Prints what is found as it is found, and how far the check is on a terminal."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._told_at = 0.0
        self.object_ids: list[str] = []

    def progress(self, done: int, total: int) -> None:
        """So many objects are through, of so many."""
        now = time.monotonic()
        if self._is_terminal and now - self._told_at > _PROGRESS_SECONDS:
            self._told_at = now
            self._line(f"\r{done} of {total} objects ")

    def found(self, found: Found) -> None:
        """An object is damaged, or whole again."""
        self._clear()
        self.object_ids.append(found.object_id)
        about = f"object {found.sop_instance_uid} of study {found.study_instance_uid}"
        if found.damage is None:
            print(f"whole again: {about}", flush=True)
        else:
            print(f"damaged: {about}: {_WORDS[found.damage]}", flush=True)

    def finish(self, report: CheckRow, seconds: float) -> None:
        """The check is over."""
        self._clear()
        print(
            f"{report.objects} objects, {shown_bytes(report.size_bytes)}, {report.frames} frames in {seconds:.1f} s: "
            f"{report.damaged} damaged, {report.recovered} whole again, "
            f"{report.copies_renewed} reading copies to be made anew, {report.orphans} orphaned files"
        )

    def _clear(self) -> None:
        if self._is_terminal:
            self._line("\r\033[K")

    def _line(self, text: str) -> None:
        with suppress(OSError):
            print(text, end="", file=sys.stderr, flush=True)
