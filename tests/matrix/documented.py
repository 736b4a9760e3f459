"""Which role may do what, as an administrator reads it in docs/permissions.md: an oracle that shares no code with the guard."""

import re
from functools import cache
from pathlib import Path

_TABLE_ROW = re.compile(r"^\| `([a-z-]+:[a-z-]+)` \|.*$", re.MULTILINE)
_HEAD = re.compile(r"^\| permission \|.*$", re.MULTILINE)


@cache
def permissions_of_roles() -> dict[str, frozenset[str]]:
    """Role -> permissions; whoever has no role holds none."""
    page = (Path(__file__).parents[2] / "docs" / "permissions.md").read_text("utf-8")
    head = _HEAD.search(page)
    assert head is not None
    roles = _cells(head.group())[2:]
    held: dict[str, set[str]] = {role: set() for role in ("", *roles)}
    for row in _TABLE_ROW.finditer(page):
        for role, verdict in zip(roles, _cells(row.group())[2:], strict=True):
            assert verdict in {"yes", "no"}
            if verdict == "yes":
                held[role].add(row.group(1))
    return {role: frozenset(permissions) for role, permissions in held.items()}


def may(role: str, needed: str) -> bool:
    """Whether the holder of a role (empty: nobody signed in) may call what needs `needed`.

    Args:
        role: As in the table; empty for nobody.
        needed: `public`, `signed-in`, or permissions with a space between them.
    """
    if needed == "public":
        return True
    if needed == "signed-in":
        return bool(role)
    return set(needed.split()) <= permissions_of_roles()[role]


def _cells(row: str) -> list[str]:
    return [cell.strip().strip("`") for cell in row.strip("|").split("|")]
