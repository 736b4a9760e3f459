"""Rights in words: as the sentence of a role, as the grid in which they are chosen, as what a change will do."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from backend.schemas.people import (
    PersonAct,
    PersonFactors,
    PersonPreview,
    RolePreview,
    RoleView,
)
from pacscribe_ui.text import Effects, Rights, Roles


@dataclass(frozen=True, slots=True)
class RightLine:
    """One right in a group of the grid.

    Attributes:
        starts: The heading of the group, where this is its first right; else empty.
        lead: A sentence below the heading.
        is_given: Whether it is held anyway, by a role.
    """

    permission: str
    phrase: str
    starts: str
    lead: str
    is_chosen: bool
    is_given: bool


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role as the page shows it."""

    role_key: str
    name: str
    sentences: tuple[str, ...]
    holders: str
    is_built_in: bool
    copy_label: str
    change_label: str
    delete_label: str


def role_line(role: RoleView) -> RoleLine:
    """A role in words."""
    name = role_name(role.name)
    return RoleLine(
        role_key=role.role_key,
        name=name,
        sentences=sentences(role.permissions),
        holders=_counted(role.holders, Roles.HOLDERS_NONE, Roles.HOLDERS_ONE, Roles.HOLDERS),
        is_built_in=role.is_built_in,
        copy_label=Roles.COPY_LABEL.format(name=name),
        change_label=Roles.CHANGE_LABEL.format(name=name),
        delete_label=Roles.DELETE_LABEL.format(name=name),
    )


def role_name(name: str) -> str:
    """How a role is called; the built-in ones have names of their own in this language."""
    return Rights.ROLES.get(name, name)


def sentences(permissions: Collection[str]) -> tuple[str, ...]:
    """`May see studies; ...`: a sentence for each group of rights."""
    held = [[each for each in group if each in permissions] for _, _, group in Rights.GROUPS]
    return tuple(Rights.MAY.format(rights=listed(each)) for each in held if each) or (
        Rights.MAY_NOTHING,
    )


def listed(permissions: Collection[str]) -> str:
    """Rights as one enumeration, in the order of the grid."""
    phrases = [
        Rights.PHRASES[each]
        for _, _, group in Rights.GROUPS
        for each in group
        if each in permissions
    ]
    # Commas stand within phrases, so that what is enumerated is set apart by more.
    return "; ".join(phrases)


def grid(chosen: Collection[str], given: Collection[str] = ()) -> tuple[RightLine, ...]:
    """All rights, in groups.

    Args:
        chosen: Those that are ticked.
        given: Those that are held anyway.
    """
    return tuple(
        RightLine(
            permission=each,
            phrase=Rights.PHRASES[each],
            starts=heading if place == 0 else "",
            lead=lead if place == 0 else "",
            is_chosen=each in chosen,
            is_given=each in given,
        )
        for heading, lead, group in Rights.GROUPS
        for place, each in enumerate(group)
    )


def role_effects(preview: RolePreview) -> tuple[str, ...]:
    """What a change of a role will do, a sentence each."""
    if preview.holders == 0:
        return (Effects.NOBODY,)
    if not preview.touched:
        return (Effects.NOBODY_TOUCHED,)
    said = [
        sentence
        for each in preview.touched
        for sentence in _moved(each.display_name, each.gained, each.lost)
    ]
    left = preview.total - len(preview.touched)
    if left:
        said.append(_counted(left, "", Effects.MORE_ONE, Effects.MORE))
    return (*said, Effects.AT_ONCE)


def person_effects(preview: PersonPreview) -> tuple[str, ...]:
    """What a change of an account will do, a sentence each."""
    said = _moved(preview.display_name, preview.gained, preview.lost)
    if preview.act is PersonAct.RESET_FACTORS:
        said.append(Effects.REMOVED.format(factors=_counted_factors(preview.factors)))
    if preview.act in (PersonAct.DISABLE, PersonAct.END_SESSIONS, PersonAct.RESET_FACTORS):
        said.append(
            _counted(
                preview.sessions, Effects.SESSIONS_NONE, Effects.SESSIONS_ONE, Effects.SESSIONS
            )
        )
    if preview.programs:
        said.append(_counted(preview.programs, "", Effects.PROGRAMS_ONE, Effects.PROGRAMS))
    if preview.act is PersonAct.DISABLE:
        said += [Effects.KEPT, Effects.BACK_LATER]
    if preview.act is PersonAct.PASSWORD_LINK:
        said += [Effects.LINK.format(name=preview.display_name), Effects.LINK_ENDS]
    if preview.act is PersonAct.RESET_FACTORS:
        after = Effects.NEW_FACTOR if preview.is_factor_required else Effects.NO_FACTOR
        sentences_left = (after, Effects.BE_SURE, Effects.TOLD)
        said += [each.format(name=preview.display_name) for each in sentences_left]
    if preview.act is PersonAct.RIGHTS:
        said = [*(said or [Effects.NOBODY_TOUCHED]), Effects.AT_ONCE]
    return tuple(said)


def toggled(chosen: Iterable[str], name: str) -> tuple[str, ...]:
    """Ticked, with one more or one less."""
    kept = tuple(chosen)
    return tuple(each for each in kept if each != name) if name in kept else (*kept, name)


def _moved(name: str, gained: Collection[str], lost: Collection[str]) -> list[str]:
    said = []
    if gained:
        said.append(Effects.GAINS.format(name=name, rights=listed(gained)))
    if lost:
        said.append(Effects.LOSES.format(name=name, rights=listed(lost)))
    return said


def _counted_factors(held: PersonFactors) -> str:
    counted = (
        Effects.APP if held.has_app else "",
        _counted(held.passkeys, "", Effects.PASSKEY_ONE, Effects.PASSKEYS),
        _counted(held.recovery_codes, "", Effects.CODE_ONE, Effects.CODES),
    )
    return ", ".join(each for each in counted if each)


def _counted(count: int, none: str, one: str, many: str) -> str:
    return {0: none, 1: one}.get(count, many.format(count=count))
