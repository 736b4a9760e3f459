"""The elements of a stored object, as its file has them, to look through and to search. They are read in a process of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from backend.access import policy
from backend.core.bounded_cache import BoundedCache
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotFound, ObjectDamaged
from backend.core.permissions import Permission
from backend.core.search_text import fold
from backend.dicom.tag_model import ListedTag, TagKind, TagListing
from backend.models import study_page as queries
from backend.models.session import Database
from backend.models.studies import Instance
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectReader, ReadableObjects
from backend.schemas.tags import TagLine, TagPage
from backend.services.viewing_verdicts import Verdicts

LINES_ON_A_PAGE = 100
_LONGEST_SEARCH = 200
_KEPT_BYTES = 32 * 1024 * 1024
_LINE_BYTES = 1200  # about what a line takes with the words it is found by


class ListsTags(Protocol):
    """Lists the elements of untrusted files; see `backend.adapters.tag_lister_process`."""

    def list_tags(self, octets: ObjectReader) -> TagListing:
        """All of them; or `FileRefused`."""
        ...


@dataclass(frozen=True, slots=True)
class _Found:
    """An object that a caller may read. Its keys stay wrapped until they are used."""

    instance: Instance
    wrapped_data_key: bytes
    position: int
    count: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """A listing, and the folded words that each of its lines is found by."""

    listing: TagListing
    words: tuple[str, ...]


class InstanceTags:
    """Use cases of the tags browser.

    Args:
        database: Where objects are recorded.
        object_store: Where their octets are.
        keyring: Opens the keys of objects.
        lister: Reads the elements.
        verdicts: The viewer's, so that a study that is opened is recorded once.
    """

    def __init__(
        self,
        database: Database,
        object_store: ReadableObjects,
        keyring: Keyring,
        lister: ListsTags,
        verdicts: Verdicts,
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._keyring = keyring
        self._lister = lister
        self._verdicts = verdicts
        verdicts.when_gone(lambda _uid, _study_key: self.forget())
        self._kept: BoundedCache[str, _Kept] = BoundedCache(
            _KEPT_BYTES, lambda kept: _LINE_BYTES * (1 + len(kept.words))
        )

    def page(
        self,
        caller: Caller,
        study_instance_uid: str,
        series_instance_uid: str,
        *,
        position: int = 1,
        search: str = "",
        page: int = 1,
    ) -> TagPage:
        """Some elements of one object of a series. That the study was opened is kept in the audit trail.

        Args:
            caller: Who asks.
            study_instance_uid: Of the study.
            series_instance_uid: Of one of its series.
            position: Of the object in the series, from 1; one that is too high or too low is the nearest.
            search: Words that are all in the tag, keyword, name, creator or value; empty for everything.
            page: From 1; likewise.

        Raises:
            NotFound: If the study does not exist for this caller, or has no such series.
            Malformed: If the search is too long.
            FileRefused: If the elements cannot be listed, and why.
            ObjectDamaged: If the stored octets fail their seal.
        """
        if len(search) > _LONGEST_SEARCH:
            raise Malformed(f"A search has at most {_LONGEST_SEARCH} characters.")
        found = self._found(caller, study_instance_uid, series_instance_uid, position)
        kept = self._listed(found)
        self._verdicts.record_opening(caller, study_instance_uid)
        lines, count = matching(kept.listing.lines, kept.words, search)
        page_count = max(1, -(-len(lines) // LINES_ON_A_PAGE))
        page = min(max(1, page), page_count)
        begin = (page - 1) * LINES_ON_A_PAGE
        number = found.instance.instance_number
        return TagPage(
            sop_instance_uid=found.instance.sop_instance_uid,
            instance_number="" if number is None else str(number),
            position=found.position,
            instance_count=found.count,
            lines=tuple(_line(line) for line in lines[begin : begin + LINES_ON_A_PAGE]),
            page=page,
            page_count=page_count,
            found=count,
            listed=len(kept.listing.lines),
            sentences=kept.listing.sentences,
        )

    def forget(self) -> None:
        """A study is being removed or has changed: nothing that was listed is kept."""
        self._kept.forget(lambda _: True)

    def _found(self, caller: Caller, study_uid: str, series_uid: str, position: int) -> _Found:
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(session, caller, Permission.STUDY_VIEW, study_uid)
            count = queries.count_of_instances(session, study.id, series_uid)
            position = min(max(1, position), count)
            instances = (
                queries.instances_of(session, study.id, series_uid, offset=position - 1, limit=1)
                if count
                else ()
            )
            if not instances:
                raise NotFound
            (instance,) = instances
            if queries.is_object_withheld(session, instance.object_id):
                raise ObjectDamaged
            return _Found(instance, study.wrapped_data_key, position, count)

    def _listed(self, found: _Found) -> _Kept:
        object_id = found.instance.object_id
        kept = self._kept.get(object_id)
        if kept is None:
            epoch = self._kept.epoch
            key = self._keyring.unwrap_object_key(
                found.instance.wrapped_object_key, found.wrapped_data_key
            )
            with self._object_store.open(object_id, key) as reader:
                listing = self._lister.list_tags(reader)
            kept = _Kept(listing, tuple(_words(line) for line in listing.lines))
            self._kept.put(object_id, kept, epoch)
        return kept


def matching(
    lines: Sequence[ListedTag], words: Sequence[str], search: str
) -> tuple[Sequence[ListedTag], int]:
    """The lines that are looked for, each after the sequences and items that hold it; and how many are looked for.

    Args:
        lines: In the order of the file.
        words: What each is found by.
        search: See `InstanceTags.page`.
    """
    wanted = fold(search.strip("()")).split()
    if not wanted:
        return lines, len(lines)
    found: list[ListedTag] = []
    holders: list[
        ListedTag
    ] = []  # of the line in hand, by depth; those that are in `found` are taken out
    count = 0
    for line, by in zip(lines, words, strict=True):
        while holders and holders[-1].depth >= line.depth:
            holders.pop()
        if all(word in by for word in wanted):
            count += 1
            found += [*holders, line]
            holders.clear()
        elif line.kind in (TagKind.SEQUENCE, TagKind.ITEM):
            holders.append(line)
    return found, count


def _words(line: ListedTag) -> str:
    """What a line is found by. An item has no words of its own, or a sequence would be found with each of them."""
    if line.kind == TagKind.ITEM:
        return ""
    tag = line.tag.strip("()")
    return fold(
        " ".join((tag, tag.replace(",", ""), line.keyword, line.name, line.creator, line.value))
    )


def _line(line: ListedTag) -> TagLine:
    return TagLine(
        kind=line.kind,
        depth=line.depth,
        tag=line.tag,
        keyword=line.keyword,
        name=line.name,
        is_private=int(line.tag[1:5], 16) % 2 == 1,
        creator=line.creator,
        vr=line.vr,
        length_bytes=line.length_bytes,
        value=line.value,
        number=line.number,
    )
