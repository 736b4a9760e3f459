"""What an administrator is told of two files that claim to be the same object."""

from collections.abc import Iterator

import pytest
from pydicom.dataset import Dataset

from backend.core.caller import Caller
from backend.core.errors import NotAllowed, NotFound, ObjectDamaged
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.tag_listing import list_tags
from backend.dicom.tag_model import TagListing
from backend.models.conflicts import Conflict
from backend.ports.object_store import ObjectReader
from backend.schemas.conflicts import ContentDifference, ElementDifference
from backend.services import conflict_contents
from backend.services.conflict_contents import ConflictContents
from tests.services.test_studies import kinds, rows, take_in
from tests.viewing_hospital import Hospital, ct_slice

_REFERENCE = "(0008,1140) {} (0008,1155)"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    made = Hospital(tmp_path_factory.mktemp("contents") / "data")
    yield made
    made.close()


@pytest.fixture(scope="module")
def technologist(hospital: Hospital) -> Caller:
    return hospital.sign_in("technologist@demo.example").caller


@pytest.fixture(scope="module")
def administrator(hospital: Hospital) -> Caller:
    return hospital.sign_in("admin@demo.example").caller


class _ListsHere:
    """Reads trusted files where it is asked to: a process of its own takes longer than all that is tested here."""

    def list_tags(self, octets: ObjectReader) -> TagListing:
        return list_tags(octets.stream())


@pytest.fixture(scope="module")
def contents(hospital: Hospital) -> ConflictContents:
    services = hospital.services
    return ConflictContents(
        services.database, services.object_store, services.keyring, _ListsHere()
    )


def _one_file(number: int, position_mm: float = 1, *referenced: str, **attributes: object) -> bytes:
    """A file of a study of its own; the same number is the same UID."""
    items = []
    for uid in referenced:
        item = Dataset()
        item.ReferencedSOPInstanceUID = uid
        items.append(item)
    return ct_slice(
        position_mm,
        1,
        sop_instance_uid=f"2.25.{number}.1.1",
        study_instance_uid=f"2.25.{number}",
        series_instance_uid=f"2.25.{number}.1",
        ReferencedImageSequence=items,
        **attributes,
    )


def _conflict(hospital: Hospital, technologist: Caller, stored: bytes, came: bytes) -> str:
    outcomes = take_in(hospital, technologist, {"first.dcm": stored})
    outcomes += take_in(hospital, technologist, {"second.dcm": came})
    assert kinds(outcomes) == [IngestOutcomeKind.STORED, IngestOutcomeKind.CONFLICT]
    return rows(hospital, technologist, Conflict)[-1].id


@pytest.fixture(scope="module")
def key(hospital: Hospital, technologist: Caller) -> str:
    stored = _one_file(101, 1, "2.25.1", "2.25.2", KVP=120, PatientComments="wrong side")
    came = _one_file(101, 1, "2.25.1", "2.25.3", KVP=100, BodyPartExamined="HEAD")
    return _conflict(hospital, technologist, stored, came)


def test_elements_that_differ_are_told_with_both_values_where_they_stand(
    contents: ConflictContents, administrator: Caller, key: str
) -> None:
    (told,) = contents.differences(administrator, key)
    assert told == ContentDifference(
        "second.dcm",
        True,
        (
            ElementDifference(
                _REFERENCE.format(2), "Referenced SOP Instance UID", "2.25.2", "2.25.3"
            ),
            ElementDifference("(0010,4000)", "Patient Comments", "wrong side", None),
            ElementDifference("(0018,0015)", "Body Part Examined", None, "HEAD"),
            ElementDifference("(0018,0060)", "KVP", "120.0", "100.0"),
        ),
        4,
        "",
    )


def test_other_pixels_under_equal_elements_are_told_as_well(
    hospital: Hospital, contents: ConflictContents, technologist: Caller, administrator: Caller
) -> None:
    place = {"ImagePositionPatient": [0.0, 0.0, 5.0]}
    key = _conflict(hospital, technologist, _one_file(102, 1, **place), _one_file(102, 2, **place))
    (told,) = contents.differences(administrator, key)
    assert told == ContentDifference("second.dcm", False, (), 0, "")


def test_of_very_many_differences_the_first_are_told_and_how_many_there_are(
    contents: ConflictContents, administrator: Caller, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conflict_contents, "MOST_ELEMENTS", 2)
    (told,) = contents.differences(administrator, key)
    assert (len(told.elements), told.element_count) == (2, 4)


def test_nobody_is_told_who_may_not_correct_patients_or_does_not_name_a_conflict(
    contents: ConflictContents, administrator: Caller, technologist: Caller, key: str
) -> None:
    with pytest.raises(NotAllowed):
        contents.differences(technologist, key)
    with pytest.raises(NotFound):
        contents.differences(administrator, "another")


def test_a_stored_file_that_is_damaged_is_compared_with_nothing(
    contents: ConflictContents, administrator: Caller, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        conflict_contents.study_page, "is_object_withheld", lambda _session, _object_id: True
    )
    with pytest.raises(ObjectDamaged):
        contents.differences(administrator, key)
