"""What the upload page remembers: what became of each instance. The sending itself is done by the component."""

from typing import Any

import reflex as rx

from backend.core.permissions import Permission
from backend.core.vocabulary import IngestOutcomeKind
from backend.schemas.worklist import StudyRow
from pacscribe_ui.state.base import ask, caller, notify, requires, services, warn
from pacscribe_ui.text import Upload as words

SHOWN_PROBLEMS = 100
SHOWN_STUDIES = 50


class UploadState(rx.State):
    """Counts by outcome, the studies that arrived, and the files that need attention."""

    stored: int = 0
    duplicate: int = 0
    conflict: int = 0
    refused: int = 0
    skipped: int = 0
    is_any: bool = False
    problems: list[dict[str, str]] = []
    studies: tuple[StudyRow, ...] = ()
    _study_uids: list[str] = []

    @rx.event
    @requires(Permission.STUDY_UPLOAD)
    async def begin(self) -> None:
        """A fresh page has a fresh account of what was sent."""
        self.reset()

    @rx.event
    @requires(Permission.STUDY_UPLOAD)
    async def receive(self, outcomes: list[dict[str, str]]) -> None:
        """Add outcomes as they arrive."""
        for outcome in outcomes[:SHOWN_PROBLEMS]:
            self._count(outcome)
        self.is_any = True

    @rx.event
    @requires(Permission.STUDY_UPLOAD)
    async def finish(self, unsent: int, reason: str) -> Any:
        """Everything was sent, or not."""
        self.studies = await self._arrived()
        if unsent:
            return warn(words.UNSENT.format(count=int(unsent), reason=_why(str(reason))))
        if refused := self.refused + self.conflict:
            return warn(words.FINISHED_PARTLY.format(stored=self.stored, refused=refused))
        return notify(words.FINISHED.format(stored=self.stored))

    def _count(self, outcome: dict[str, str]) -> None:
        kind = IngestOutcomeKind(outcome["kind"])
        setattr(self, kind.value, getattr(self, kind.value) + 1)
        uid = outcome.get("study_instance_uid", "")
        if uid and uid not in self._study_uids and len(self._study_uids) < SHOWN_STUDIES:
            self._study_uids.append(uid)
        is_problem = kind in (IngestOutcomeKind.REFUSED, IngestOutcomeKind.CONFLICT)
        if is_problem and len(self.problems) < SHOWN_PROBLEMS:
            self.problems.append(
                {
                    "kind": kind.value,
                    "name": str(outcome.get("source_name", ""))[:300],
                    "reason": str(outcome.get("reason", ""))[:400],
                }
            )

    async def _arrived(self) -> tuple[StudyRow, ...]:
        uids = list(self._study_uids)
        if not uids:
            return ()
        return (await ask(services().worklist.studies, caller(), uids)).studies


def _why(reason: str) -> str:
    return words.CANCELLED if reason == "cancelled" else reason[:400] or words.CONNECTION
