"""Access tokens in words. The states that hold them: `state.programs`, `state.people`."""

from dataclasses import dataclass

from backend.core.permissions import Permission
from backend.schemas.tokens import TokenStanding, TokenView
from pacscribe_ui.state.rights_lines import RightLine, grid, listed
from pacscribe_ui.text import Programs as words


@dataclass(frozen=True, slots=True)
class ProgramLine:
    """An access token as the page shows it, never the token itself."""

    key: str
    name: str
    begins: str
    may: str
    lapsed: str
    standing: str
    standing_label: str
    ends_at: str
    used_at: str
    used_from: str
    revoke_label: str  # empty where there is nothing to revoke


def program_line(view: TokenView) -> ProgramLine:
    """An access token in words."""
    is_valid = view.standing is TokenStanding.VALID
    from_where = words.USED_FROM.format(address=view.last_used_from) if view.last_used_from else ""
    return ProgramLine(
        key=view.key,
        name=view.name,
        begins=words.BEGINS.format(hint=view.hint),
        may=words.MAY_USE.format(rights=listed(view.scopes)),
        lapsed=words.LAPSED.format(rights=listed(view.lapsed)) if view.lapsed else "",
        standing=view.standing.value,
        standing_label=words.STANDINGS[view.standing.value],
        ends_at=view.expires_at,
        used_at=view.last_used_at,
        used_from=from_where,
        revoke_label=words.REVOKE_LABEL.format(name=view.name) if is_valid else "",
    )


def scope_lines(possible: tuple[str, ...], chosen: tuple[str, ...]) -> tuple[RightLine, ...]:
    """The rights that a token can be for, with those ticked that are chosen; without headings."""
    return tuple(line for line in grid(chosen) if line.permission in possible)


def reach_line(possible: tuple[str, ...], chosen: tuple[str, ...]) -> str:
    """Which studies a token will reach, by what is ticked; empty where it can be for no study at all."""
    if Permission.STUDY_VIEW not in possible:
        return ""
    if Permission.STUDY_ALL not in possible:
        return words.REACHES_OWN
    sees, reaches_all = Permission.STUDY_VIEW in chosen, Permission.STUDY_ALL in chosen
    return {
        (True, True): words.REACHES_ALL,
        (True, False): words.REACHES_SOME,
        (False, True): words.SEES_NONE,
    }.get((sees, reaches_all), words.REACH)


def days_of(entered: object) -> int:
    """How many days were chosen; 0, which the service refuses, for anything else."""
    text = str(entered)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
