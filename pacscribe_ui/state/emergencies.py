"""What the pages about emergencies show: what is open to oneself, and what waits for a review."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.core.permissions import Permission
from backend.schemas.emergencies import EmergencyAsk, EmergencyRow, OpenEmergency
from pacscribe_ui.state.base import ask, caller, notify, requires, services
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.study_names import study_names
from pacscribe_ui.text import Emergencies as review_words
from pacscribe_ui.text import EmergencyPage as words


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A study that is open to the person in an emergency."""

    emergency_id: str
    name: str
    facts: str
    until: str
    path: str
    label: str


@dataclass(frozen=True, slots=True)
class StudyLink:
    """A study that was opened; it leads nowhere (an empty path) for those who may not look at it."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """An emergency access in words."""

    emergency_id: str
    person: str
    began_at: str
    ended_at: str
    is_live: bool
    reason: str
    studies: tuple[StudyLink, ...]
    may_review: bool
    reviewed_at: str
    reviewer: str
    review: str


class EmergencyState(rx.State):
    """One's own emergencies."""

    lines: tuple[OpenLine, ...] = ()
    is_loaded: bool = False
    taken: int = 0  # how many forms were taken; each is followed by an empty one

    @rx.event
    @requires(Permission.EMERGENCY_OPEN)
    async def load(self) -> None:
        """Look at what is open."""
        self._show(await ask(services().emergencies.mine, caller()))

    @rx.event
    @requires(Permission.EMERGENCY_OPEN)
    async def open(self, form: dict[str, Any]) -> Any:
        """Open what is named."""
        asked = EmergencyAsk(
            accession_number=str(form.get("accession", "")),
            patient_id=str(form.get("patient_id", "")),
            birth_date=str(form.get("birth_date", "")),
            reason=str(form.get("reason", "")),
        )
        await ask(services().emergencies.open, caller(), asked)
        self.taken += 1
        return [notify(words.OPENED), SessionState.enter, EmergencyState.load]

    @rx.event
    @requires(Permission.EMERGENCY_OPEN)
    async def end(self, emergency_id: str) -> Any:
        """End one before its time."""
        await ask(services().emergencies.end, caller(), emergency_id)
        return [notify(words.ENDED), SessionState.enter, EmergencyState.load]

    def _show(self, found: tuple[OpenEmergency, ...]) -> None:
        self.lines = tuple(line for each in found for line in open_lines(each))
        self.is_loaded = True


class EmergenciesState(rx.State):
    """The queue of reviews."""

    waiting: tuple[ReviewLine, ...] = ()
    done: tuple[ReviewLine, ...] = ()
    is_loaded: bool = False

    @rx.event
    @requires(Permission.EMERGENCY_REVIEW)
    async def load(self) -> None:
        """Look at what waits."""
        waiting, done = await ask(services().emergencies.queue, caller())
        names = await study_names(
            uid for row in (*waiting, *done) for uid in row.study_instance_uids
        )
        self.waiting = tuple(review_line(row, names) for row in waiting)
        self.done = tuple(review_line(row, names) for row in done)
        self.is_loaded = True

    @rx.event
    @requires(Permission.EMERGENCY_REVIEW)
    async def review(self, form: dict[str, Any]) -> Any:
        """Say what was found."""
        await ask(
            services().emergencies.review,
            caller(),
            str(form.get("emergency_id", "")),
            str(form.get("finding", "")),
        )
        return [notify(review_words.THANKS), SessionState.enter, EmergenciesState.load]

    @rx.event
    @requires(Permission.EMERGENCY_REVIEW)
    async def end(self, emergency_id: str) -> Any:
        """End somebody's access now."""
        await ask(services().emergencies.end, caller(), emergency_id)
        return [notify(review_words.ENDED), EmergenciesState.load]


def open_lines(opened: OpenEmergency) -> list[OpenLine]:
    """A line for each study of an emergency."""
    return [
        OpenLine(
            emergency_id=opened.emergency_id,
            name=study.patient_name,
            facts=" · ".join(part for part in (study.study_date, study.study_description) if part),
            until=opened.until,
            path=f"/viewer/{study.study_instance_uid}",
            label=words.LOOK_LABEL.format(name=study.patient_name, date=study.study_date),
        )
        for study in opened.studies
    ]


def review_line(row: EmergencyRow, names: Mapping[str, str]) -> ReviewLine:
    """An emergency access in words.

    Args:
        row: The access.
        names: What those of its studies are called, by UID, that the reviewer may look at.
    """
    return ReviewLine(
        emergency_id=row.emergency_id,
        person=row.person_name,
        began_at=row.began_at,
        ended_at=row.ended_at,
        is_live=row.is_live,
        reason=row.reason,
        studies=tuple(
            StudyLink(
                names.get(uid) or review_words.STUDY.format(number=number),
                f"/study/{uid}" if uid in names else "",
            )
            for number, uid in enumerate(row.study_instance_uids, 1)
        ),
        may_review=row.may_review,
        reviewed_at=row.reviewed_at,
        reviewer=row.reviewer_name,
        review=row.review,
    )
