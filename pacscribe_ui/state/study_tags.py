"""What the tags browser of a study's page remembers: which object, what is looked for, and one page of its elements."""

from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.core.errors import Malformed, Refusal
from backend.core.permissions import Permission
from backend.schemas.tags import TagLine
from pacscribe_ui.state.address import search_of, whole_number
from pacscribe_ui.state.base import ask, caller, requires, services
from pacscribe_ui.text import Tags as words


@dataclass(frozen=True, slots=True)
class TagRow:
    """An element or an item, in words."""

    tag: str
    name: str
    vr: str
    size: str
    value: str
    depth: int
    is_item: bool


class TagsState(rx.State):
    """The elements of one object of the study that the address names."""

    series_instance_uid: str = ""
    position: int = 1
    instance_count: int = 0
    title: str = ""
    search: str = ""
    rows: tuple[TagRow, ...] = ()
    page: int = 1
    page_count: int = 1
    count: str = ""
    sentences: tuple[str, ...] = ()
    problem: str = ""
    # What the address is to say, once it was read: of which page, and what.
    address_path: str = ""
    address_search: str = ""
    # Another one whenever the address was read: then the field of the search begins anew with what stands there.
    opened_for: str = ""

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def load(self) -> None:
        """Show what the address names: an object, and what is looked for in it."""
        self.reset()
        await self._open(dict(self.router.url.query_parameters))
        self.opened_for = self.address_path + self.address_search

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def choose_series(self, series_instance_uid: str) -> None:
        """Show the first object of a series; empty for none."""
        self.series_instance_uid, self.position, self.page = series_instance_uid, 1, 1
        await self._read()

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def go_to(self, position: int) -> None:
        """Show another object of the series, by its position."""
        self.position, self.page = int(position), 1
        await self._read()

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def go_to_written(self, form: dict[str, Any]) -> None:
        """Show the object whose position was written."""
        written = str(form.get("position", "")).strip()
        if written.isascii() and written.isdigit() and len(written) < 10:
            self.position, self.page = int(written), 1
            await self._read()

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def look_for(self, search: str) -> None:
        """Show only what has these words."""
        self.search, self.page = str(search), 1
        await self._read()

    @rx.event
    @requires(Permission.STUDY_VIEW)
    async def turn_to(self, page: int) -> None:
        """Show another page of elements."""
        self.page = int(page)
        await self._read()

    async def _open(self, asked: dict[str, str]) -> None:
        self.series_instance_uid = asked.get("series", "")
        self.position = whole_number(asked.get("object", ""))
        self.page = whole_number(asked.get("tags-page", ""))
        try:
            self.search = await ask(
                services().worklist.opened_text, caller(), asked.get("tags", "")
            )
        except Malformed as refusal:
            self.problem = refusal.sentence
            return
        await self._read()

    async def _read(self) -> None:
        await self._find()
        # Written after it was read: a page that is too high has become the last one.
        self.address_search = search_of(
            {
                "series": self.series_instance_uid,
                "object": str(self.position) if self.position > 1 else "",
                # It may be a name.
                "tags": await ask(services().worklist.sealed_text, caller(), self.search.strip()),
                "tags-page": str(self.page) if self.page > 1 else "",
            }
        )
        self.address_path = str(self.router.url.path).rstrip("/")

    async def _find(self) -> None:
        self.problem, self.rows, self.sentences, self.count = "", (), (), ""
        if not self.series_instance_uid:
            return
        study_instance_uid = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        try:
            found = await ask(
                services().instance_tags.page,
                caller(),
                study_instance_uid,
                self.series_instance_uid,
                position=self.position,
                search=self.search,
                page=self.page,
            )
        except Refusal as refusal:
            self.problem = refusal.sentence
            return
        self.position, self.instance_count = found.position, found.instance_count
        self.title = words.OBJECT_OF.format(
            position=f"{found.position:,}", count=f"{found.instance_count:,}"
        )
        self.page, self.page_count = found.page, found.page_count
        self.sentences = found.sentences
        self.count = (
            words.FOUND.format(found=f"{found.found:,}", listed=f"{found.listed:,}")
            if self.search.strip()
            else words.LISTED.format(listed=f"{found.listed:,}")
        )
        self.rows = tuple(_row(line) for line in found.lines)


def _row(line: TagLine) -> TagRow:
    is_item = line.kind == "item"
    return TagRow(
        tag="" if is_item else line.tag,
        name=words.ITEM.format(number=line.number, name=_name(line)) if is_item else _name(line),
        vr=line.vr,
        size=words.NOT_STATED if line.length_bytes < 0 else f"{line.length_bytes:,}",
        value=_value(line),
        depth=line.depth,
        is_item=is_item,
    )


def _name(line: TagLine) -> str:
    if not line.is_private or line.keyword or line.name == words.PRIVATE_CREATOR:
        return line.name or words.UNKNOWN
    private = words.PRIVATE.format(creator=line.creator or words.NOBODY)
    return f"{private}: {line.name}" if line.name else private


def _value(line: TagLine) -> str:
    if line.kind == "sequence":
        return words.ONE_ITEM if line.number == 1 else words.ITEMS.format(count=line.number)
    if line.kind == "pixels":
        return words.FRAGMENTS.format(count=line.number) if line.number else words.PIXELS
    if line.kind == "binary":
        return line.value or words.BINARY
    return line.value
