"""`pacscribe user`: people without the browser. Passwords come from a prompt or from standard input, never as arguments."""

import argparse
import getpass
import sys
from collections.abc import Callable

from backend import bootstrap
from backend.bootstrap import Services
from backend.core.caller import Caller, system_caller
from backend.core.errors import Malformed, NotFound
from backend.core.permissions import BuiltInRole, Permission
from backend.schemas.people import PersonView
from backend.services.people import normal_email

_MOST_PASSWORD_CHARACTERS = 2048


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    create = actions.add_parser("create", help="create an account")
    create.add_argument("--email", required=True, metavar="EMAIL", help="name to sign in with")
    create.add_argument(
        "--name", required=True, help="name as colleagues read it, and on signatures"
    )
    create.add_argument(
        "--role",
        required=True,
        action="append",
        choices=[role.value for role in BuiltInRole],
        help="what the person may do; can be given more than once",
    )
    listing = actions.add_parser("list", help="list all accounts")
    disable = actions.add_parser("disable", help="disable an account; its sessions end")
    disable.add_argument("--email", required=True, metavar="EMAIL")
    reset = actions.add_parser("reset", help="set a new password; all sessions of the person end")
    reset.add_argument("--email", required=True, metavar="EMAIL")
    reset.add_argument(
        "--second-factors",
        action="store_true",
        help="leave the password, and remove app, passkeys and recovery codes of somebody who has lost them",
    )
    for each in (create, listing, disable, reset):
        each.add_argument(
            "--organization", default="", metavar="SLUG", help="needed if there are several"
        )
    create.set_defaults(work=_create)
    listing.set_defaults(work=_list)
    disable.set_defaults(work=_disable)
    reset.set_defaults(work=_reset)


def run(options: argparse.Namespace) -> int:
    """Do it; 0 if it is done."""
    work: Callable[[Services, Caller, argparse.Namespace], None] = options.work
    services = bootstrap.services()
    try:
        organization = services.first_people.organization(options.organization)
        rights = frozenset({Permission.PEOPLE_MANAGE})
        work(services, system_caller(organization.organization_id, rights), options)
    finally:
        bootstrap.shut_down()
    return 0


def _create(services: Services, caller: Caller, options: argparse.Namespace) -> None:
    person = services.people.create(
        caller,
        display_name=options.name,
        email=options.email,
        password=new_password(),
        roles=tuple(options.role),
    )
    print(f"{person.email} can sign in now, as {', '.join(person.roles)}.")


def _list(services: Services, caller: Caller, _options: argparse.Namespace) -> None:
    rows = [("E-MAIL", "NAME", "ROLES", "STATUS", "CONFIRMED", "LAST SIGNED IN")]
    rows += [
        (
            person.email,
            person.display_name,
            ", ".join(person.roles),
            "active" if person.is_active else "disabled",
            "yes" if person.is_email_confirmed else "no",
            person.last_signed_in_at or "never",
        )
        for person in services.people.list_all(caller)
    ]
    rows += [
        (each.email, each.display_name, f"asks for: {each.wished_role}", "waiting", "yes", "never")
        for each in services.joining.requests(caller)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _disable(services: Services, caller: Caller, options: argparse.Namespace) -> None:
    person = services.people.disable(caller, _found(services, caller, options.email).user_id)
    print(f"{person.email} can no longer sign in; open sessions have ended.")


def _reset(services: Services, caller: Caller, options: argparse.Namespace) -> None:
    found = _found(services, caller, options.email)
    if options.second_factors:
        services.factors.reset(caller, found.user_id)
        print(f"{found.email} has no second factor any more; open sessions have ended.")
        return
    person = services.people.reset_password(caller, found.user_id, new_password())
    print(f"{person.email} has a new password; open sessions have ended.")


def _found(services: Services, caller: Caller, email: str) -> PersonView:
    for person in services.people.list_all(caller):
        if person.email == normal_email(email):
            return person
    raise NotFound("There is no account with this e-mail address in this organization.")


def new_password() -> str:
    """From the terminal, typed twice, or the first line of standard input."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline(_MOST_PASSWORD_CHARACTERS)
        if not line.rstrip("\r\n"):
            raise Malformed("Give the password on standard input, or run this in a terminal.")
        return line.rstrip("\r\n")
    first = getpass.getpass("New password: ")
    if getpass.getpass("The same again: ") != first:
        raise Malformed("The two passwords differ. Nothing was changed.")
    return first
