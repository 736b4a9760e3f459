"""Which role may do what, as an administrator reads it in docs/permissions.md: an oracle that shares no code with the guard."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SUPPORT = "support"
# Support that looks at no organization, because none lets it in, or none any longer.
SUPPORT_AT_HOME = "support at home"

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
    held[SUPPORT_AT_HOME] = {"support:use"}
    return {role: frozenset(permissions) for role, permissions in held.items()}


@dataclass(frozen=True)
class Place:
    """What a handler or a route needs, and what kind it is of.

    Attributes:
        needed: `public`, `signed-in`, or permissions, all of which are needed.
        is_of_a_study: It concerns a study or report, which do not exist elsewhere.
        is_looking: Support may call it while it looks at an organization.
    """

    needed: frozenset[str]
    is_of_a_study: bool
    is_looking: bool

    @classmethod
    def of(cls, written: str) -> "Place":
        """Read a place as the lists of this package write it."""
        words = frozenset(written.split())
        marks = {"*", "looks"}
        return cls(words - marks, "*" in words, "looks" in words)

    def is_for(self, role: str) -> bool:
        """Whether the holder of a role may call it; an empty role is nobody, `SUPPORT` is support that looks."""
        if self.needed == {"public"}:
            return True
        if role == SUPPORT:
            return self.is_looking
        if self.needed == {"signed-in"}:
            return bool(role)
        return self.needed <= permissions_of_roles()[role]


def _cells(row: str) -> list[str]:
    return [cell.strip().strip("`") for cell in row.strip("|").split("|")]
