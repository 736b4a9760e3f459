"""Accounts in words, and what is entered about one. The state that holds them: `state.people`."""

from dataclasses import dataclass, replace

from backend.schemas.people import (
    PeoplePage,
    PersonAct,
    PersonChange,
    PersonDetails,
    PersonFactors,
    PersonRow,
    RoleView,
)
from pacscribe_ui.state.rights_lines import RightLine, grid, role_name, sentences, toggled
from pacscribe_ui.text import People as words


@dataclass(frozen=True, slots=True)
class PersonLine:
    """An account in the list."""

    user_id: str = ""
    name: str = ""
    address: str = ""
    mark: str = ""  # that it is the caller's own, or a service account
    roles: str = ""
    standing: str = ""
    standing_label: str = ""
    seen_at: str = ""
    factors: str = ""
    has_factor: bool = False
    is_self: bool = False


@dataclass(frozen=True, slots=True)
class RoleChoice:
    """A role that an account can have."""

    role_key: str
    name: str
    may: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ActLine:
    """Something that can be done with an account."""

    act: str
    label: str


@dataclass(frozen=True, slots=True)
class PersonView:
    """One account as its page shows it."""

    line: PersonLine = PersonLine()
    sessions: int = 0
    programs: int = 0
    may: tuple[str, ...] = ()
    untouchable: str = ""
    acts: tuple[ActLine, ...] = ()
    is_service: bool = False
    recovery_codes: int = 0


def person_line(row: PersonRow) -> PersonLine:
    """An account in words."""
    roles = ", ".join(role_name(each) for each in row.roles) or words.NO_ROLE
    beside = {0: "", 1: f" {words.BESIDE_ONE}"}
    more = beside.get(len(row.own), f" {words.BESIDE.format(count=len(row.own))}")
    return PersonLine(
        user_id=row.user_id,
        name=row.display_name,
        address=row.email,
        mark=words.SERVICE if row.is_service else words.YOU if row.is_self else "",
        roles=roles + more,
        standing=row.standing.value,
        standing_label=words.STANDINGS[row.standing.value],
        seen_at=row.last_seen_at,
        factors=words.NO_FACTOR_NEEDED if row.is_service else factors_line(row.factors),
        has_factor=row.factors.is_any or row.is_service,
        is_self=row.is_self,
    )


def factors_line(held: PersonFactors) -> str:
    """Second factors in a word or two."""
    passkeys = {0: [], 1: [words.PASSKEY_ONE]}.get(
        held.passkeys, [words.PASSKEYS.format(count=held.passkeys)]
    )
    return ", ".join([words.APP] * held.has_app + passkeys) or words.NO_FACTOR


def count_line(page: PeoplePage) -> str:
    """How many there are, and how many of them are shown."""
    if page.total > len(page.rows):
        return words.FIRST_ONLY.format(shown=len(page.rows), count=page.total)
    return words.COUNT_ONE if page.total == 1 else words.COUNT.format(count=page.total)


def person_view(details: PersonDetails) -> PersonView:
    """One account in words, with what can be done."""
    is_active = details.row.standing == "active"
    possible = {
        PersonAct.END_SESSIONS: details.sessions > 0,
        PersonAct.REVOKE_PROGRAMS: details.programs > 0,
        PersonAct.PASSWORD_LINK: is_active and not details.row.is_service,
        PersonAct.RESET_FACTORS: details.row.factors.is_any,
        PersonAct.DISABLE: is_active,
        PersonAct.ENABLE: not is_active,
    }
    acts = [act for act, is_possible in possible.items() if is_possible]
    return PersonView(
        line=person_line(details.row),
        sessions=details.sessions,
        programs=details.programs,
        may=sentences(details.rights),
        untouchable=details.untouchable,
        is_service=details.row.is_service,
        recovery_codes=details.row.factors.recovery_codes,
        acts=()
        if details.untouchable
        else tuple(ActLine(act.value, words.ACTS[act.value]) for act in acts),
    )


def as_it_is(details: PersonDetails) -> PersonChange:
    """The rights of an account as the decision that would change nothing."""
    return PersonChange(details.row.user_id, PersonAct.RIGHTS, details.role_keys, details.row.own)


def with_role(change: PersonChange, role_key: str) -> PersonChange:
    """With one role more or less."""
    return replace(change, role_keys=toggled(change.role_keys, role_key))


def with_right(change: PersonChange, permission: str) -> PersonChange:
    """With one right beside the roles more or less."""
    return replace(change, own=toggled(change.own, permission))


def role_choices(roles: tuple[RoleView, ...], change: PersonChange) -> tuple[RoleChoice, ...]:
    """The roles, with those ticked that are chosen."""
    return tuple(
        RoleChoice(
            each.role_key,
            role_name(each.name),
            " ".join(sentences(each.permissions)),
            each.role_key in change.role_keys,
        )
        for each in roles
    )


def own_rights(roles: tuple[RoleView, ...], change: PersonChange) -> tuple[RightLine, ...]:
    """The grid of rights beside the roles, with those marked that a chosen role gives anyway."""
    given = {
        permission
        for each in roles
        if each.role_key in change.role_keys
        for permission in each.permissions
    }
    return grid(change.own, given)
