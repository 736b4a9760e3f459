"""The tags of a stored object: who may see them, that it is recorded, what a search finds, and that damage is told."""

from collections.abc import Iterator

import pytest
from sqlmodel import select

from backend.adapters.tag_lister_process import TagListerProcess
from backend.core.caller import Caller
from backend.core.errors import FileRefused, Malformed, NotFound, ObjectDamaged
from backend.core.vocabulary import AuditAction
from backend.dicom.tag_model import TagListing
from backend.models import AuditEntry, Instance
from backend.services import instance_tags
from backend.services.instance_tags import InstanceTags
from tests.viewing_hospital import Hospital, ct_slice

STUDY, SERIES = "2.25.100", "2.25.100.1"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    made = Hospital(tmp_path_factory.mktemp("tags") / "data")
    made.take_in(
        *(
            ct_slice(
                position,
                position,
                size_px=8,
                PatientName="Müller^<b>Jürgen</b>",
                PatientID="ID-1",
                study_instance_uid=STUDY,
                series_instance_uid=SERIES,
                SpecificCharacterSet="ISO_IR 192",
            )
            for position in (1, 2)
        )
    )
    yield made
    made.close()


@pytest.fixture
def tags(hospital: Hospital) -> InstanceTags:
    return hospital.services.instance_tags


@pytest.fixture
def caller(hospital: Hospital) -> Caller:
    return hospital.sign_in().caller


def found(tags: InstanceTags, caller: Caller, search: str) -> list[str]:
    page = tags.page(caller, STUDY, SERIES, search=search)
    return [line.keyword for line in page.lines]


def test_tags_are_found_by_number_keyword_name_and_value(tags: InstanceTags, caller: Caller):
    for search in ("(0010,0010)", "00100010", "patientname", "patient's name", "muller jurgen"):
        assert "PatientName" in found(tags, caller, search), search
    assert found(tags, caller, "muller jurgen") == ["PatientName"]
    assert found(tags, caller, "nothing has this") == []
    whole = tags.page(caller, STUDY, SERIES)
    assert whole.found == whole.listed == len(whole.lines)
    (name,) = [line for line in whole.lines if line.keyword == "PatientName"]
    assert name.value == "Müller^<b>Jürgen</b>"
    with pytest.raises(Malformed):
        tags.page(caller, STUDY, SERIES, search="x" * 201)


def test_each_object_of_a_series_is_reached_by_its_position(tags: InstanceTags, caller: Caller):
    pages = [tags.page(caller, STUDY, SERIES, position=position) for position in (-3, 1, 2, 99)]
    assert [page.position for page in pages] == [1, 1, 2, 2]
    assert {page.instance_count for page in pages} == {2}
    assert pages[1].sop_instance_uid != pages[2].sop_instance_uid
    for page in pages:
        (uid,) = [line.value for line in page.lines if line.keyword == "SOPInstanceUID"]
        assert uid == page.sop_instance_uid


def test_pages_hold_all_lines_once(
    tags: InstanceTags, caller: Caller, monkeypatch: pytest.MonkeyPatch
):
    whole = tags.page(caller, STUDY, SERIES).lines
    monkeypatch.setattr(instance_tags, "LINES_ON_A_PAGE", 7)
    first = tags.page(caller, STUDY, SERIES)
    pages = [tags.page(caller, STUDY, SERIES, page=n + 1) for n in range(first.page_count)]
    assert tuple(line for page in pages for line in page.lines) == whole
    assert tags.page(caller, STUDY, SERIES, page=10_000) == pages[-1]


def test_tags_are_those_of_the_organization_only_and_opening_is_recorded_once(
    hospital: Hospital, tags: InstanceTags
):
    with pytest.raises(NotFound):
        tags.page(hospital.stranger(), STUDY, SERIES)
    caller = hospital.sign_in("radiologist2@demo.example").caller
    for series in ("2.25.9", ""):
        with pytest.raises(NotFound):
            tags.page(caller, STUDY, series)

    def openings() -> int:
        with hospital.services.database.read(caller.organization_id) as session:
            opened = select(AuditEntry).where(
                AuditEntry.action == AuditAction.STUDY_OPENED,
                AuditEntry.actor_user_id == caller.user_id,
            )
            return len(session.exec(opened).all())

    assert openings() == 0
    tags.page(caller, STUDY, SERIES)
    tags.page(caller, STUDY, SERIES, position=2)
    assert openings() == 1


class Refusing:
    """A lister that must not be asked again."""

    def list_tags(self, octets: object) -> TagListing:
        raise FileRefused("Not again.")


def test_a_listing_is_kept_until_a_study_changes(
    tags: InstanceTags, caller: Caller, monkeypatch: pytest.MonkeyPatch
):
    before = tags.page(caller, STUDY, SERIES)
    monkeypatch.setattr(tags, "_lister", Refusing())
    assert tags.page(caller, STUDY, SERIES) == before
    tags.forget()
    with pytest.raises(FileRefused, match="Not again"):
        tags.page(caller, STUDY, SERIES)


def test_what_is_no_dicom_is_refused_by_the_process_in_a_sentence():
    class Octets:
        size_bytes = 4000

        def read_range(self, offset: int, length: int) -> bytes:
            return b"garbage!"[:1] * length

    with pytest.raises(FileRefused, match="not a DICOM file"):
        TagListerProcess().list_tags(Octets())  # type: ignore[arg-type]


def test_a_damaged_object_is_told_and_not_shown(hospital: Hospital, caller: Caller):
    services = hospital.services
    services.instance_tags.forget()
    with services.database.read(caller.organization_id) as session:
        (object_id,) = session.exec(
            select(Instance.object_id).where(Instance.instance_number == 2)
        ).all()
    assert services.object_store.delete(object_id)
    with pytest.raises(ObjectDamaged):
        services.instance_tags.page(caller, STUDY, SERIES, position=2)
