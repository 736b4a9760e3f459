"""`pacscribe audit`: verifies, exports and signs the audit trail. Reading it is for the `/audit` page."""

import argparse
import sys
from pathlib import Path

from backend import bootstrap
from backend.adapters import checkpoint_folder
from backend.core.errors import Malformed
from backend.schemas.audit import AuditVerdict
from backend.services import audit_offline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    verify = actions.add_parser(
        "verify", help="check every entry of the trail, its end, and every signed checkpoint"
    )
    verify.add_argument(
        "--entries",
        type=Path,
        metavar="FILE",
        help="check a file that `pacscribe audit export` wrote, anywhere and without any key",
    )
    verify.add_argument(
        "--checkpoints",
        type=Path,
        metavar="FOLDER",
        help="with --entries: a folder of signed checkpoints",
    )
    verify.add_argument(
        "--public-key",
        metavar="KEY",
        help="with --entries: what `pacscribe audit key` printed",
    )
    actions.add_parser("key", help="print the public key of the signed checkpoints")
    actions.add_parser("sign", help="sign a checkpoint now, if there is anything new")
    export = actions.add_parser(
        "export", help="write every entry of all organizations to a file that can be verified"
    )
    export.add_argument("file", type=Path, help="a new file, one JSON object a line")
    actions.add_parser(
        "seal",
        help="seal the end of the trail anew, after data were restored; this is recorded in it",
    )


def run(options: argparse.Namespace) -> int:
    """Do it; 0 if the trail holds, else 1."""
    if options.action == "verify" and options.entries is not None:
        return _told(_verify_export(options))
    services = bootstrap.services()
    try:
        if options.action == "key":
            print(services.audit_checkpoints.public_key)
            return 0
        if options.action == "sign":
            print(services.audit_checkpoints.sign_now())
            return 0
        if options.action == "export":
            count = _export(services, options.file)
            print(f"Written: {count} entries.")
            return 0
        trail = services.audit_trail
        return _told(trail.seal_again() if options.action == "seal" else trail.verify())
    finally:
        bootstrap.shut_down()


def _export(services: bootstrap.Services, path: Path) -> int:
    count = 0
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            for record in services.audit_checkpoints.records():
                file.write(audit_offline.exported_line(record))
                count += 1
    except OSError as error:
        raise Malformed(f"{path.name} cannot be written: {error.strerror}.") from error
    return count


def _verify_export(options: argparse.Namespace) -> AuditVerdict:
    if options.checkpoints is None or options.public_key is None:
        raise Malformed("Give --checkpoints and --public-key as well.")
    try:
        notes = list(checkpoint_folder.notes_in(options.checkpoints))
        with options.entries.open("rb") as lines:
            return audit_offline.verify_export(lines, notes, options.public_key)
    except OSError as error:
        raise Malformed(f"{error.filename} cannot be read: {error.strerror}.") from error


def _told(verdict: AuditVerdict) -> int:
    if verdict.first_bad_sequence is None:
        print(
            f"The audit trail holds: {verdict.entries} entries, "
            f"{verdict.checkpoints} signed checkpoints."
        )
        return 0
    print(
        f"The audit trail does not hold at entry {verdict.first_bad_sequence}: {verdict.problem}",
        file=sys.stderr,
    )
    return 1
