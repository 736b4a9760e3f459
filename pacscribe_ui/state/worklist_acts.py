"""What the worklist page does with studies: the selected ones, or the chosen one. And what others do, as it is heard of."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import reflex as rx

from backend.core.errors import Malformed, NotFound
from backend.core.permissions import Permission
from backend.schemas.reporting import ReportView
from backend.schemas.study_page import SeriesLine
from backend.schemas.worklist import Deletion, ViewOfWorklist
from pacscribe_ui.state.base import ask, caller, notify, requires, services, warn
from pacscribe_ui.state.worklist import WorklistState
from pacscribe_ui.text import Worklist as words

_FORMATS = frozenset(words.EXPORTS)
_EXPORT = "/api/v1/worklist/export."


class WorklistActsState(WorklistState):
    """Acts on studies, saved views, and news of what has changed elsewhere."""

    views: tuple[ViewOfWorklist, ...] = ()
    is_view_open: bool = False
    is_help_open: bool = False
    deletion: Deletion | None = None
    may_export: bool = False
    may_claim: bool = False
    may_release_for_others: bool = False
    may_ask_for_priors: bool = False
    series: tuple[SeriesLine, ...] = ()
    report: ReportView | None = None
    preview_uid: str = ""

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def prepare(self) -> None:
        """What the person may do here, and their views; after the list is shown."""
        person = caller()
        self.may_export = person.may(Permission.STUDY_EXPORT)
        self.may_claim = person.may(Permission.REPORT_WRITE)
        self.may_release_for_others = self.may_edit and person.may(Permission.PEOPLE_MANAGE)
        self.may_ask_for_priors = person.may(Permission.STUDY_ALL)
        await self._count_views()

    @rx.event
    @requires(Permission.STUDY_EXPORT)
    async def export(self, file_format: str, has_every_column: bool) -> Any:
        """Take the list out as a file; whoever has not lately proved who they are is asked to."""
        if file_format not in _FORMATS:
            raise Malformed("A list is exported as csv or xlsx.")
        await ask(services().worklist_exports.require, caller())
        _, _, asked = self.address.partition("?")
        shown = "" if has_every_column else f"columns={','.join(self.columns)}"
        parameters = "&".join(filter(None, (asked, shown)))
        return rx.download(f"{_EXPORT}{file_format}?{parameters}", f"worklist.{file_format}")

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def hear(self) -> Any:
        """Something has changed: rows say it where they stand, and what has come is counted beside them.

        In a list without rows nothing can be moved by what comes: there it stands at once.
        """
        await self._count_views()
        if not self.page.rows:
            return WorklistState.load
        await self._renew()
        if not self.problem:
            self.arrivals = await ask(
                services().worklist.arrived_since, caller(), self.query, self.page.as_of
            )
        return None

    @rx.event
    @requires(Permission.STUDY_EDIT)
    async def assign(self, user_id: str) -> Any:
        """Give the selected studies to somebody, or to `nobody`."""
        who = "" if user_id == "nobody" else user_id
        return await self._act(services().worklist_acts.assign, who) if user_id else None

    @rx.event
    @requires(Permission.STUDY_EDIT)
    async def prioritise(self, priority: str) -> Any:
        """Say how soon the selected studies should be read."""
        return await self._act(services().worklist_acts.prioritise, priority) if priority else None

    @rx.event
    @requires(Permission.STUDY_EDIT)
    async def tag(self, form: dict[str, Any]) -> Any:
        """Put a tag on the selected studies."""
        return await self._act(services().worklist_acts.tag, str(form.get("tag", "")))

    @rx.event
    @requires(Permission.STUDY_EDIT)
    async def untag(self, tag: str) -> Any:
        """Take a tag off the selected studies."""
        return await self._act(services().worklist_acts.tag, tag, remove=True) if tag else None

    @rx.event
    @requires(Permission.STUDY_EDIT)
    async def mark(self, is_read: bool) -> Any:
        """Mark the selected studies as read, or as unread."""
        return await self._act(services().worklist_acts.mark, read=is_read)

    @rx.event
    @requires(Permission.REPORT_WRITE)
    async def claim(self, study_instance_uid: str) -> None:
        """Say that this person reads the study now."""
        await ask(services().worklist_acts.claim, caller(), study_instance_uid)
        await self._renew()

    @rx.event
    @requires(Permission.REPORT_WRITE)
    async def release(self, study_instance_uid: str) -> None:
        """Say that this person no longer reads the study."""
        await self._release(study_instance_uid)

    @rx.event
    @requires(Permission.STUDY_EDIT, Permission.PEOPLE_MANAGE)
    async def release_for_other(self, study_instance_uid: str) -> None:
        """Say that somebody else, who went home, no longer reads the study."""
        await self._release(study_instance_uid)

    @rx.event
    @requires(Permission.STUDY_DELETE)
    async def ask_to_delete(self) -> Any:
        """Show what deleting the selected studies would take away."""
        return await self._do(self._preview_deletion)

    @rx.event
    @requires(Permission.STUDY_DELETE)
    async def keep_all(self) -> None:
        """Delete nothing after all."""
        self.deletion = None

    @rx.event
    @requires(Permission.STUDY_DELETE)
    async def delete(self, form: dict[str, Any]) -> Any:
        """Delete the selected studies that have no signed report."""
        return await self._do(self._delete, str(form.get("reason", "")))

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def show_view_form(self, is_open: bool) -> None:
        """Show or hide the form that keeps a view."""
        self.is_view_open = is_open

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def keep_view(self, form: dict[str, Any]) -> Any:
        """Keep what the list shows now under a name."""
        name, shared = str(form.get("name", "")), bool(form.get("shared"))
        await ask(services().saved_views.keep, caller(), name, self.query, shared=shared)
        self.is_view_open = False
        return WorklistActsState.prepare

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def open_view(self, view_id: str) -> Any:
        """Show what a view asks for; one that is gone meanwhile leaves the bar."""
        try:
            query = await ask(services().saved_views.question, caller(), view_id)
        except NotFound as refusal:
            return [WorklistActsState.prepare, warn(refusal.sentence)]
        return rx.redirect(await self._address(query))

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def delete_view(self, view_id: str) -> Any:
        """Delete a view."""
        await ask(services().saved_views.delete, caller(), view_id)
        return WorklistActsState.prepare

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def show_help(self, is_open: bool) -> None:
        """Show or hide the sheet of keys."""
        self.is_help_open = is_open

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def look_closer(self, study_instance_uid: str) -> None:
        """Show the series of the chosen study as pictures."""
        self.series = await ask(services().study_pages.series, caller(), study_instance_uid)
        self.preview_uid = study_instance_uid

    @rx.event
    @requires(Permission.REPORT_VIEW)
    async def read_report(self, report_id: str) -> None:
        """Show the report's text beside the list; that is an opening of it."""
        self.report = await ask(services().reporting.get, caller(), report_id)

    async def _act(self, act: Callable[..., int], *arguments: Any, **named: Any) -> Any:
        return await self._do(self._change, act, *arguments, **named)

    async def _do(self, do: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> Any:
        """Do something with the selected studies; what is gone meanwhile leaves the selection, and is said."""
        before = len(self.selected)
        try:
            return await do(*arguments, **named)
        except NotFound:
            await self._renew()
            gone = before - len(self.selected)
            if not gone:
                raise
            self.deletion = None
            return warn(words.GONE_ONE if gone == 1 else words.GONE.format(count=gone))

    async def _change(self, act: Callable[..., int], *arguments: Any, **named: Any) -> Any:
        changed = await ask(act, caller(), list(self.selected), *arguments, **named)
        await self._renew()
        return notify(words.CHANGED_ONE if changed == 1 else words.CHANGED.format(count=changed))

    async def _preview_deletion(self) -> None:
        self.deletion = await ask(services().deletions.preview, caller(), list(self.selected))

    async def _delete(self, reason: str) -> Any:
        gone = await ask(services().deletions.delete_all, caller(), list(self.selected), reason)
        self.deletion, self.selected = None, []
        return [
            notify(words.DELETED_ONE if gone == 1 else words.DELETED.format(count=gone)),
            WorklistState.load,
        ]

    async def _release(self, study_instance_uid: str) -> None:
        await ask(services().worklist_acts.release, caller(), study_instance_uid)
        await self._renew()

    async def _count_views(self) -> None:
        zone = self._preferences.time_zone
        self.views = await ask(services().saved_views.listed, caller(), zone)

    async def _renew(self) -> None:
        """Read the rows that are shown again; none of them moves, and what is gone leaves."""
        uids = [row.study_instance_uid for row in self.page.rows]
        answer = await ask(services().worklist.studies, caller(), uids)
        self.page = replace(self.page, rows=answer.studies)
        here = {row.study_instance_uid for row in answer.studies}
        self.selected = [uid for uid in self.selected if uid in here]
        self.choices = await ask(services().worklist.choices, caller())
