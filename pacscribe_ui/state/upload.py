"""What the upload page remembers: the studies that arrived. The sending itself is done by the component."""

from typing import Any

import reflex as rx

from backend.core.errors import Malformed
from backend.core.permissions import Permission
from backend.schemas.worklist import StudyRow
from pacscribe_ui.state.base import ask, caller, notify, requires, services, warn
from pacscribe_ui.text import UPLOADER
from pacscribe_ui.text import Upload as words

SHOWN_STUDIES = 50
_OUTCOMES = ("stored", "duplicate", "conflict", "refused", "skipped")


class UploadState(rx.State):
    """The studies that something arrived of."""

    studies: tuple[StudyRow, ...] = ()

    @rx.event
    @requires(Permission.STUDY_UPLOAD)
    async def begin(self) -> None:
        """A fresh page has a fresh account of what was sent."""
        self.reset()

    @rx.event
    @requires(Permission.STUDY_UPLOAD)
    async def arrived(self, study_instance_uids: list[str]) -> None:
        """Show the studies that were sent, as they are now."""
        uids = [str(uid) for uid in study_instance_uids[:SHOWN_STUDIES]]
        self.studies = (await ask(services().worklist.studies, caller(), uids)).studies

    @rx.event
    @requires(Permission.STUDY_UPLOAD)
    async def finish(self, counts: dict[str, int]) -> Any:
        """Everything was sent, or not."""
        if not {"unsent", *_OUTCOMES} <= counts.keys():
            raise Malformed
        if unsent := int(counts["unsent"]):
            return warn(words.UNSENT_ONE if unsent == 1 else words.UNSENT.format(count=unsent))
        came = {kind: int(counts[kind]) for kind in _OUTCOMES}
        outcomes = ", ".join(f"{n:,} {UPLOADER[kind].lower()}" for kind, n in came.items() if n)
        if came["refused"] or came["conflict"]:
            return warn(words.FINISHED_PARTLY.format(outcomes=outcomes))
        return notify(words.FINISHED.format(outcomes=outcomes))
