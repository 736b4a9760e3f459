"""`pacscribe support`: accounts of the operator's support. They see nothing until an organization lets them look."""

import argparse
from collections.abc import Callable

from backend import bootstrap
from backend.bootstrap import Services
from backend.cli.user import new_password
from backend.core.caller import SYSTEM_ORGANIZATION_ID, system_caller
from backend.core.errors import NotFound
from backend.core.permissions import Permission
from backend.services.people import normal_email


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    add = actions.add_parser("add", help="make a support account")
    add.add_argument("--email", required=True, metavar="EMAIL", help="name to sign in with")
    add.add_argument("--name", required=True, help="name as the organizations read it")
    listing = actions.add_parser("list", help="list the support accounts")
    disable = actions.add_parser("disable", help="disable one; its sessions end")
    disable.add_argument("--email", required=True, metavar="EMAIL")
    add.set_defaults(work=_add)
    listing.set_defaults(work=_list)
    disable.set_defaults(work=_disable)


def run(options: argparse.Namespace) -> int:
    """Do it; 0 if it is done."""
    work: Callable[[Services, argparse.Namespace], None] = options.work
    services = bootstrap.services()
    try:
        work(services, options)
    finally:
        bootstrap.shut_down()
    return 0


_OPERATOR = system_caller(SYSTEM_ORGANIZATION_ID, frozenset({Permission.PEOPLE_MANAGE}))


def _add(services: Services, options: argparse.Namespace) -> None:
    person = services.support.add_account(
        display_name=options.name, email=options.email, password=new_password()
    )
    print(f"{person.email} can sign in, and sees what organizations let support see.")


def _list(services: Services, _options: argparse.Namespace) -> None:
    for person in services.people.list_all(_OPERATOR):
        state = "active" if person.is_active else "disabled"
        print(f"{person.email}\t{person.display_name}\t{state}")


def _disable(services: Services, options: argparse.Namespace) -> None:
    email = normal_email(options.email)
    for person in services.people.list_all(_OPERATOR):
        if person.email == email:
            services.people.disable(_OPERATOR, person.user_id)
            print(f"{email} is disabled.")
            return
    raise NotFound("There is no such support account.")
