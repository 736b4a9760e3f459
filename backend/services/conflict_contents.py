"""What two files differ in that claim to be the same object: the elements of both, read in a process of their own, side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from backend.access import policy
from backend.core.caller import Caller
from backend.core.errors import FileRefused, NotFound, ObjectDamaged
from backend.core.permissions import Permission
from backend.core.vocabulary import HeldState
from backend.dicom import plain
from backend.dicom.model import ParsedInstance
from backend.dicom.tag_model import ListedTag, TagKind
from backend.models import conflicts, integrity, stored_files, study_page
from backend.models.conflicts import Conflict, HeldInstance
from backend.models.session import Database, Session
from backend.models.studies import Instance
from backend.ports.keyring import Keyring
from backend.ports.object_store import ReadableObjects
from backend.schemas.conflicts import ContentDifference, ElementDifference
from backend.services.instance_tags import ListsTags

MOST_FILES = 5
MOST_ELEMENTS = 40
# They follow from what stands beside them.
_COUNTING = ",0000)"


@dataclass(frozen=True, slots=True)
class _Object:
    """A file that can be read, and the checksums of its frames."""

    object_id: str
    key: bytes
    frame_checksums: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """A file that came, and the stored one that has its UID."""

    source_name: str
    came: _Object
    stored: _Object


class ConflictContents:
    """Use case of an administrator who has to say which of two files is right. It needs `patient:correct`.

    Args:
        database: Where both are recorded.
        object_store: Where their octets are.
        keyring: Opens their keys.
        lister: Reads their elements.
    """

    def __init__(
        self,
        database: Database,
        object_store: ReadableObjects,
        keyring: Keyring,
        lister: ListsTags,
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._keyring = keyring
        self._lister = lister

    def differences(self, caller: Caller, conflict_key: str) -> tuple[ContentDifference, ...]:
        """Of each of the first files that wait, what it differs in from the stored object of the same UID.

        Raises:
            NotFound: If the conflict does not exist for this caller.
            ObjectDamaged: If a stored object fails its seal, or is known to be damaged.
        """
        return tuple(self._difference(pair) for pair in self._pairs(caller, conflict_key))

    def _pairs(self, caller: Caller, conflict_key: str) -> list[_Pair]:
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.PATIENT_CORRECT)
            conflict = conflicts.conflict_by_key(session, conflict_key)
            if conflict is None:
                raise NotFound
            waiting = conflicts.held_briefly(session, conflict_key, HeldState.WAITING)[:MOST_FILES]
            stored = stored_files.instances_by_uids(
                session, [held.sop_instance_uid for held in waiting]
            )
            return [
                _Pair(
                    held.source_name,
                    self._came(held, conflict),
                    self._stored(session, stored[held.sop_instance_uid]),
                )
                for held in waiting
                if held.sop_instance_uid in stored
            ]

    def _came(self, held: HeldInstance, conflict: Conflict) -> _Object:
        return _Object(
            held.object_id,
            self._keyring.unwrap_object_key(held.wrapped_object_key, conflict.wrapped_data_key),
            plain.from_json(ParsedInstance, held.parsed).frame_checksums,
        )

    def _stored(self, session: Session, instance: Instance) -> _Object:
        study = stored_files.study_by_key(session, instance.study_key)
        if study is None or study_page.is_object_withheld(session, instance.object_id):
            raise ObjectDamaged
        return _Object(
            instance.object_id,
            self._keyring.unwrap_object_key(instance.wrapped_object_key, study.wrapped_data_key),
            integrity.frame_checksums(session, instance.id),
        )

    def _difference(self, pair: _Pair) -> ContentDifference:
        has_same_pixels = pair.stored.frame_checksums == pair.came.frame_checksums
        try:
            elements = differing(self._elements(pair.stored), self._elements(pair.came))
        except FileRefused as refusal:
            return ContentDifference(pair.source_name, has_same_pixels, (), 0, refusal.sentence)
        return ContentDifference(
            pair.source_name, has_same_pixels, elements[:MOST_ELEMENTS], len(elements), ""
        )

    def _elements(self, kept: _Object) -> Mapping[str, ListedTag]:
        with self._object_store.open(kept.object_id, kept.key) as reader:
            return by_place(self._lister.list_tags(reader).lines)


def by_place(lines: Iterable[ListedTag]) -> dict[str, ListedTag]:
    """The values of a file by where they stand, such as `(0008,1115) 1 (0020,000E)`: sequence, item, element."""
    found: dict[str, ListedTag] = {}
    items: list[ListedTag] = []
    for line in lines:
        while items and items[-1].depth >= line.depth:
            items.pop()
        if line.kind == TagKind.ITEM:
            items.append(line)
        elif line.kind in (TagKind.VALUE, TagKind.BINARY) and not line.tag.endswith(_COUNTING):
            within = [f"{item.tag} {item.number}" for item in items]
            found[" ".join((*within, line.tag))] = line
    return found


def differing(
    stored: Mapping[str, ListedTag], came: Mapping[str, ListedTag]
) -> tuple[ElementDifference, ...]:
    """The elements whose values are not the same, or that only one of the two has, in the order of their tags."""
    return tuple(
        ElementDifference(
            place,
            (came.get(place) or stored[place]).name,
            _shown(stored, place),
            _shown(came, place),
        )
        for place in sorted(stored.keys() | came.keys())
        if _said(stored, place) != _said(came, place)
    )


def _said(file: Mapping[str, ListedTag], place: str) -> tuple[str, int] | None:
    line = file.get(place)
    return None if line is None else (line.value, line.length_bytes)


def _shown(file: Mapping[str, ListedTag], place: str) -> str | None:
    line = file.get(place)
    return None if line is None else line.value or f"{line.length_bytes} bytes"
