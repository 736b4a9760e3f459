"""What the page about checks shows, in words; and what administrators are told on every page."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.core.permissions import Permission
from backend.core.shown import shown_bytes
from backend.schemas.alerts import Alert, AlertKind
from backend.schemas.checks import CheckRow, ChecksView, DamageRow
from pacscribe_ui.state.base import ask, caller, notify, requires, services
from pacscribe_ui.text import Alerts as alert_words
from pacscribe_ui.text import Checks as words


@dataclass(frozen=True, slots=True)
class AlertLine:
    """Something that is wrong, in a sentence, and where more is said about it."""

    kind: str
    sentence: str
    path: str
    until: str


@dataclass(frozen=True, slots=True)
class DamageLine:
    """A damaged object in words."""

    study_instance_uid: str
    sop_instance_uid: str
    what: str
    found_at: str


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A check in words."""

    scope: str
    started_at: str
    result: str
    is_bad: bool
    objects: str
    frames: str
    size: str


class ChecksState(rx.State):
    """What one look has found."""

    headline: str = ""
    is_sound: bool = True
    background: str = ""
    damages: tuple[DamageLine, ...] = ()
    runs: tuple[CheckLine, ...] = ()
    has_runs: bool = False
    has_more: bool = False
    is_loaded: bool = False

    @rx.event
    @requires(Permission.ARCHIVE_MANAGE)
    async def load(self) -> None:
        """Look at what checks have found."""
        view = await ask(services().integrity.page, caller())
        self.headline, self.is_sound = headline_of(view), view.damage_count == 0
        self.background = background_of(view)
        self.damages = tuple(map(damage_line, view.damages))
        self.has_more = view.damage_count > len(view.damages)
        self.runs, self.has_runs = tuple(map(check_line, view.runs)), bool(view.runs)
        self.is_loaded = True

    @rx.event
    @requires(Permission.ARCHIVE_MANAGE)
    async def check_all(self) -> Any:
        """Let everything be checked in the background."""
        await ask(services().integrity.request_all, caller())
        return notify(words.ASKED)


def headline_of(view: ChecksView) -> str:
    """What is to be known first."""
    if view.damage_count == 0:
        return words.SOUND
    return words.DAMAGED_ONE if view.damage_count == 1 else _count(words.DAMAGED, view.damage_count)


def background_of(view: ChecksView) -> str:
    """How often everything is looked at."""
    if view.round_days is None:
        return words.ROUND_NEVER
    return words.ROUND_DAY if view.round_days <= 1 else _count(words.ROUND_DAYS, view.round_days)


def damage_line(row: DamageRow) -> DamageLine:
    """A damaged object in words."""
    return DamageLine(
        row.study_instance_uid, row.sop_instance_uid, words.KINDS[row.kind], row.found_at
    )


def check_line(row: CheckRow) -> CheckLine:
    """A check in words."""
    found = [
        _count(sentence, number)
        for sentence, number in (
            (words.FOUND_DAMAGED, row.damaged),
            (words.RECOVERED, row.recovered),
            (words.RENEWED, row.copies_renewed),
            (words.ORPHANS, row.orphans),
        )
        if number
    ]
    if not row.finished_at:
        found.insert(0, words.NOT_FINISHED)
    elif not row.damaged:
        found.insert(0, words.ALL_WHOLE)
    return CheckLine(
        scope=words.SCOPES[row.scope],
        started_at=row.started_at,
        result=", ".join(found),
        is_bad=row.damaged > 0,
        objects=f"{row.objects:,}",
        frames=f"{row.frames:,}",
        size=shown_bytes(row.size_bytes),
    )


def alert_line(alert: Alert) -> AlertLine:
    """What is wrong, in a sentence."""
    sentence = alert_words.SENTENCES.get(alert.kind, "")
    if alert.kind is AlertKind.DAMAGED:
        is_one = alert.count == 1
        sentence = alert_words.DAMAGED_ONE if is_one else _count(alert_words.DAMAGED, alert.count)
    return AlertLine(alert.kind.value, sentence, alert_words.PATHS[alert.kind], alert.until)


def _count(sentence: str, count: int) -> str:
    return sentence.format(count=f"{count:,}")
