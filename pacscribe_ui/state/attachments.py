"""What the page of a study's attachments remembers: whose study it is, its documents, and what confirms both."""

from typing import Any
from urllib.parse import unquote

import reflex as rx

from backend.core.errors import Refusal
from backend.core.permissions import Permission
from backend.schemas.attaching import StudyDocument
from backend.schemas.worklist import StudyRow
from pacscribe_ui.state.base import ask, caller, notify, requires, services
from pacscribe_ui.state.visit import VisitState
from pacscribe_ui.text import Attachments as words


class AttachmentsState(VisitState, rx.State):
    """The study that the address names."""

    study: tuple[StudyRow, ...] = ()
    documents: tuple[StudyDocument, ...] = ()
    confirmation: str = ""
    problem: str = ""

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def load(self) -> None:
        """Show the study that the address names."""
        self.reset()
        uid = unquote(str(self.router.url.path)).rstrip("/").rpartition("/")[2]
        try:
            await self._show(uid)
        except Refusal as refusal:
            self.problem = refusal.sentence
        self._arrive()

    @rx.event
    @requires(Permission.STUDY_UPLOAD)
    async def attached(self) -> Any:
        """A file has become a series of the study."""
        await self._show(self.study[0].study_instance_uid)
        return notify(words.ATTACHED)

    async def _show(self, uid: str) -> None:
        attaching = services().attaching
        self.documents = await ask(attaching.documents, caller(), uid)
        if caller().may(Permission.STUDY_UPLOAD):
            # Before the row that is shown: what changes in between is noticed when the file comes.
            self.confirmation = (await ask(attaching.target, caller(), uid)).confirmation
        self.study = (await ask(services().worklist.studies, caller(), [uid])).studies
