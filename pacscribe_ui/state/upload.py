"""What the upload page remembers: the studies that arrived. The sending itself is done by the component."""

from typing import Any

import reflex as rx

from backend.core.errors import Malformed
from backend.core.permissions import Permission
from backend.schemas.worklist import StudyRow
from pacscribe_ui.state.base import ask, caller, notify, requires, services, warn
from pacscribe_ui.text import Upload as words

SHOWN_STUDIES = 50


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
        if not {"stored", "unsent", "refused", "conflict"} <= counts.keys():
            raise Malformed
        stored, unsent = int(counts["stored"]), int(counts["unsent"])
        if unsent:
            return warn(words.UNSENT.format(count=unsent))
        refused, held = int(counts["refused"]), int(counts["conflict"])
        if refused or held:
            return warn(words.FINISHED_PARTLY.format(stored=stored, refused=refused, held=held))
        return notify(words.FINISHED.format(stored=stored))
