"""Answers about people, their rights and their sessions, and what is decided about them."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as colleagues and administrators see them. Times are ISO 8601 in UTC.

    Attributes:
        is_email_confirmed: Whether the mailbox has answered; otherwise an administrator vouched for the address.
    """

    user_id: str
    email: str
    display_name: str
    roles: tuple[str, ...]
    is_active: bool
    is_email_confirmed: bool
    last_signed_in_at: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: the token goes into the cookie and is kept nowhere else."""

    token: str
    user_id: str
    max_age_seconds: int
    device_token: str = ""  # for the cookie of a browser that is to be remembered


@dataclass(frozen=True, slots=True)
class HalfSignedIn:
    """The password was right, and is not enough: the token goes into a cookie that opens the second step only."""

    token: str
    max_age_seconds: int


@dataclass(frozen=True, slots=True)
class OrganizationView:
    """An organization by its names."""

    organization_id: str
    slug: str
    name: str


class PersonStanding(StrEnum):
    """How somebody belongs to the organization."""

    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class PersonFactors:
    """What somebody proves themselves with beside the password.

    Attributes:
        has_app: An authenticator app is in use.
        passkeys: How many there are, suspended ones too.
        recovery_codes: How many are left.
    """

    has_app: bool = False
    passkeys: int = 0
    recovery_codes: int = 0

    @property
    def is_any(self) -> bool:
        """Whether the password alone is not enough; recovery codes stand in for a factor and are none."""
        return self.has_app or self.passkeys > 0


@dataclass(frozen=True, slots=True)
class PersonRow:
    """An account as whoever manages people sees it. Times are ISO 8601 in UTC, empty for never.

    Attributes:
        roles: Names of the roles, in alphabetical order.
        own: Permissions held beside the roles.
        is_service: Whether it is a program's.
        is_self: Whether it is the caller's own.
        factors: Its second factors.
    """

    user_id: str
    email: str
    display_name: str
    roles: tuple[str, ...]
    own: tuple[str, ...]
    standing: PersonStanding
    last_seen_at: str
    is_service: bool
    is_self: bool
    factors: PersonFactors = PersonFactors()


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Those who match a search, by name, at most a hundred."""

    rows: tuple[PersonRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """One account with what hangs on it.

    Attributes:
        row: As in the list.
        role_keys: Identifiers of the roles.
        rights: All that the account holds, by its roles and beside them.
        sessions: How many sessions are open.
        programs: How many valid access tokens there are.
        untouchable: Why the caller may change nothing here; empty if they may.
    """

    row: PersonRow
    role_keys: tuple[str, ...]
    rights: tuple[str, ...]
    sessions: int
    programs: int
    untouchable: str


class PersonAct(StrEnum):
    """What can be done with an account."""

    RIGHTS = "rights"
    DISABLE = "disable"
    ENABLE = "enable"
    END_SESSIONS = "end-sessions"
    REVOKE_PROGRAMS = "revoke-programs"
    PASSWORD_LINK = "password-link"  # noqa: S105 - the name of an act
    RESET_FACTORS = "reset-factors"


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What is to be done with an account.

    Attributes:
        role_keys: For `RIGHTS`: identifiers of the roles that it is to have.
        own: For `RIGHTS`: permissions that it is to hold beside them.
    """

    user_id: str
    act: PersonAct
    role_keys: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RightsChange:
    """What somebody gains and loses by a change: permissions, in the order of their list."""

    user_id: str
    display_name: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonPreview:
    """What a change of an account will do.

    Attributes:
        sessions: How many sessions end.
        programs: How many access tokens stop working.
        fingerprint: To be given back with the act.
        factors: The second factors that are removed.
        is_factor_required: Whether the organization demands that they set up a new one.
    """

    act: PersonAct
    display_name: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    sessions: int
    programs: int
    fingerprint: str
    factors: PersonFactors = PersonFactors()
    is_factor_required: bool = False


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role with its permissions, in the order of their list.

    Attributes:
        holders: How many accounts have it.
    """

    role_key: str
    name: str
    is_built_in: bool
    permissions: tuple[str, ...]
    holders: int


@dataclass(frozen=True, slots=True)
class RoleChange:
    """What is to become of a role of the organization's own.

    Attributes:
        role_key: Which; empty to make a new one.
        is_deleted: Whether it goes; name and permissions are then not looked at.
    """

    role_key: str
    name: str = ""
    permissions: tuple[str, ...] = ()
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class RolePreview:
    """What a change of a role will do.

    Attributes:
        touched: Who gains and loses what, by name, at most a hundred.
        total: How many they are.
        holders: How many accounts have the role.
        gained: Permissions that come into the role.
        lost: Permissions that leave it.
        fingerprint: To be given back with the act.
    """

    touched: tuple[RightsChange, ...]
    total: int
    holders: int
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    fingerprint: str
