"""`pacscribe token`: access tokens without the browser. A token is printed once and kept nowhere."""

import argparse
from collections.abc import Callable

from backend import bootstrap
from backend.bootstrap import Services
from backend.core.caller import Caller, system_caller
from backend.core.errors import NotFound
from backend.core.permissions import Permission
from backend.schemas.tokens import TokenStanding
from backend.services.people import normal_email
from backend.services.tokens import MOST_DAYS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    actions = parser.add_subparsers(dest="action", metavar="action", required=True)
    create = actions.add_parser("create", help="make a token and print it, this once")
    create.add_argument("--user", required=True, metavar="EMAIL", help="whose rights it has")
    create.add_argument(
        "--scope",
        required=True,
        action="append",
        metavar="S",
        help="what it may do, such as study:upload; can be given more than once",
    )
    create.add_argument(
        "--days", required=True, type=int, metavar="N", help=f"how long it lasts, 1 to {MOST_DAYS}"
    )
    create.add_argument("--name", default="Made on the command line", help="what it is for")
    listing = actions.add_parser("list", help="list all tokens, never the tokens themselves")
    revoke = actions.add_parser("revoke", help="end a token at once")
    revoke.add_argument("--id", required=True, metavar="ID", help="as `list` shows it")
    for each in (create, listing, revoke):
        each.add_argument(
            "--organization", default="", metavar="SLUG", help="needed if there are several"
        )
    create.set_defaults(work=_create)
    listing.set_defaults(work=_list)
    revoke.set_defaults(work=_revoke)


def run(options: argparse.Namespace) -> int:
    """Do it; 0 if it is done."""
    work: Callable[[Services, Caller, argparse.Namespace], None] = options.work
    services = bootstrap.services()
    try:
        organization = services.first_people.organization(options.organization)
        rights = frozenset({Permission.PEOPLE_MANAGE, Permission.TOKEN_MANAGE})
        work(services, system_caller(organization.organization_id, rights), options)
    finally:
        bootstrap.shut_down()
    return 0


def _create(services: Services, caller: Caller, options: argparse.Namespace) -> None:
    email = normal_email(options.user)
    owners = [each for each in services.people.list_all(caller) if each.email == email]
    if not owners:
        raise NotFound("There is no account with this e-mail address in this organization.")
    made = services.tokens.create_for(
        caller,
        owners[0].user_id,
        name=options.name,
        scopes=tuple(options.scope),
        days=options.days,
    )
    print(made.token)


def _list(services: Services, caller: Caller, _options: argparse.Namespace) -> None:
    rows = [("ID", "OWNER", "NAME", "BEGINS", "SCOPES", "ENDS", "LAST USED")]
    rows += [
        (
            token.key,
            token.owner_name,
            token.name,
            token.hint,
            " ".join(token.scopes),
            token.expires_at if token.standing is TokenStanding.VALID else token.standing.value,
            token.last_used_at or "never",
        )
        for token in services.tokens.list_all(caller)
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _revoke(services: Services, caller: Caller, options: argparse.Namespace) -> None:
    token = services.tokens.revoke(caller, options.id)
    print(f"{token.name} ({token.hint}...) of {token.owner_name} is revoked.")
