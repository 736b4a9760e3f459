"""`pacscribe audit`: verifies the audit trail. Reading it is for the `/audit` page."""

import argparse
import sys

from backend import bootstrap


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    actions.add_parser("verify", help="check every entry of the trail, and its end")
    actions.add_parser(
        "seal",
        help="seal the end of the trail anew, after data were restored; this is recorded in it",
    )


def run(options: argparse.Namespace) -> int:
    """Verify; 0 if the trail holds, else 1."""
    services = bootstrap.services()
    try:
        trail = services.audit_trail
        verdict = trail.seal_again() if options.action == "seal" else trail.verify()
    finally:
        bootstrap.shut_down()
    if verdict.first_bad_sequence is None:
        print(f"The audit trail holds: {verdict.entries} entries.")
        return 0
    print(
        f"The audit trail does not hold at entry {verdict.first_bad_sequence}: {verdict.problem}",
        file=sys.stderr,
    )
    return 1
