"""Who is asking: the one argument that every use case takes first. How a request proves it is in `access.sessions`."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from backend.core.permissions import SUPPORT_PERMISSIONS, Permission

SYSTEM_USER_ID = "system"
SYSTEM_ORGANIZATION_ID = "system"


class LookedAt(str):
    """The identifier of an organization, as support holds it: what is opened with it cannot be written.

    It is the very value with which every use case opens the database, so none can forget whose it is.
    """

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, as the audit trail keeps it."""

    ip_address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person (or the program itself) with the rights they hold at this moment.

    Attributes:
        user_id: Identifier of the person; `system` for the program itself.
        organization_id: The organization whose data the caller may reach.
        session_id: Identifier of the session row, or of the access token; empty on the command line.
        display_name: Name as shown to colleagues and on signatures.
        email: Sign-in name.
        roles: Names of the roles, in alphabetical order.
        permissions: All rights that the roles give; of those, for a token, what it was made for.
        origin: Where the request came from.
        is_token: Whether a program asks, with a token, and not a person with a browser.
        proved_at: When they last proved who they are, in this session; None if they never did (`access.step_up`).
        support_access_id: By whose leave the operator's support looks at this organization; empty for its own people.
    """

    user_id: str
    organization_id: str
    session_id: str
    display_name: str
    email: str
    roles: tuple[str, ...]
    permissions: frozenset[Permission]
    origin: Origin = field(default_factory=Origin)
    is_token: bool = False
    proved_at: datetime | None = None
    support_access_id: str = ""

    @property
    def is_support(self) -> bool:
        """Whether this is the operator's support, looking at an organization that let it in."""
        return bool(self.support_access_id)

    def at_home(self) -> "Caller":
        """The same person in their own organization: where their account and their session are."""
        if not self.is_support:
            return self
        return replace(
            self,
            organization_id=SYSTEM_ORGANIZATION_ID,
            permissions=SUPPORT_PERMISSIONS,
            support_access_id="",
        )

    def may(self, permission: Permission) -> bool:
        """Whether the caller holds `permission` at all; `access.policy` decides on a given study."""
        return permission in self.permissions


def system_caller(organization_id: str, permissions: frozenset[Permission]) -> Caller:
    """The program itself, working for one organization: imports from the command line, jobs, demo data."""
    return Caller(
        user_id=SYSTEM_USER_ID,
        organization_id=organization_id,
        session_id="",
        display_name="PACScribe",
        email="",
        roles=("system",),
        permissions=permissions,
    )
