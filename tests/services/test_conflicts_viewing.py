"""What is shown after a decision and after its undo, where the viewer and the worklist have looked before."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.core.caller import Caller
from backend.core.vocabulary import IngestOutcomeKind, PatientChangeKind
from backend.models.worklist import newest_change
from backend.schemas.conflicts import Decision
from tests.dicom.video.test_remux import film
from tests.dicom.video.transport_writer import transport_stream
from tests.videos import STUDY as VIDEO_STUDY
from tests.videos import video_file
from tests.viewing_hospital import CT_SERIES, STUDY, Hospital, ct_slice

K = PatientChangeKind


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def administrator(hospital: Hospital) -> Caller:
    return hospital.sign_in("admin@demo.example").caller


def conflict_of(hospital: Hospital, administrator: Caller, file: bytes) -> str:
    (outcome,) = hospital.take_in(file)
    assert outcome.kind is IngestOutcomeKind.CONFLICT
    (waiting,) = hospital.services.conflicts.page(administrator).waiting
    return waiting.conflict_key


def decide(hospital: Hospital, administrator: Caller, decision: Decision) -> str:
    conflicts = hospital.services.conflicts
    preview = conflicts.preview(administrator, decision)
    return conflicts.resolve(administrator, decision, preview.fingerprint)


def test_the_viewer_shows_what_was_filed_and_no_more_what_was_taken_out(
    hospital: Hospital, administrator: Caller
) -> None:
    viewing = hospital.services.viewing
    reader = hospital.sign_in().caller

    def shown() -> tuple[list[str], int, bytes]:
        images = viewing.describe_series(reader, STUDY, CT_SERIES).images
        (series,) = viewing.open_study(reader, STUDY).series
        thumbnail = viewing.thumbnail(reader, STUDY, CT_SERIES, 64).octets
        return [image.sop_instance_uid for image in images], series.image_count, thumbnail

    hospital.take_in(ct_slice(1, 1), ct_slice(100, 2))
    before = shown()
    key = conflict_of(hospital, administrator, ct_slice(50, 3, PatientID="D-2"))
    (stored,) = hospital.services.conflicts.conflict(administrator, key).stored
    change = decide(hospital, administrator, Decision(K.MERGE, key, stored.patient_key))
    during = shown()
    assert (len(during[0]), during[1]) == (3, 3)
    hospital.services.conflicts.undo(administrator, change)
    assert shown() == before


def test_a_video_that_another_takes_the_place_of_is_not_played_any_more(
    hospital: Hospital, administrator: Caller
) -> None:
    videos, reader = hospital.services.videos, hospital.sign_in().caller

    def size() -> int:
        return videos.stream(reader, VIDEO_STUDY, "2.25.1").size_bytes

    old, new = (
        video_file(transport_stream(film(count)), sop_instance_uid="2.25.1") for count in (50, 20)
    )
    hospital.take_in(old)
    before = size()
    key = conflict_of(hospital, administrator, new)
    change = decide(hospital, administrator, Decision(K.EXCHANGE, key))
    assert size() < before
    hospital.services.conflicts.undo(administrator, change)
    assert size() == before


def test_worklists_notice_that_a_study_changes_hands_and_back(
    hospital: Hospital, administrator: Caller
) -> None:
    def noticed() -> str:
        with hospital.services.database.read(administrator.organization_id) as session:
            return newest_change(session)

    other = {"study_instance_uid": "2.25.9", "series_instance_uid": "2.25.91"}
    hospital.take_in(ct_slice(1, 1), ct_slice(2, 1, PatientID="D-2", **other))
    one, two = hospital.services.conflicts.patients(administrator, "demo")
    seen = [noticed()]
    merging = Decision(
        K.MERGE_PATIENTS, patient_key=one.patient_key, other_patient_key=two.patient_key
    )
    change = decide(hospital, administrator, merging)
    seen.append(noticed())
    hospital.services.conflicts.undo(administrator, change)
    seen.append(noticed())
    assert len(set(seen)) == 3
