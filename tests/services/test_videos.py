"""Videos in a study: an entry for each in the strip, none among what is drawn, and its data taken from the stream."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from backend.core.errors import NotDisplayable
from backend.core.worklist_query import WorklistQuery
from backend.schemas.viewing import SeriesView, TileRequest
from tests.dicom.video.test_remux import film
from tests.dicom.video.transport_writer import transport_stream
from tests.videos import STUDY, video_file
from tests.viewing_hospital import Hospital, dicom_file

STREAM = transport_stream(film(50))
ALONE, MIXED = f"{STUDY}.1", f"{STUDY}.2"
_PERSON = {
    "PatientName": "Film^Test", "PatientID": "V-1", "PatientBirthDate": "", "Modality": "ES",
    "StudyDescription": "Endoscopy",
}  # fmt: skip


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path)
    outcomes = hospital.take_in(
        video_file(STREAM, sop_instance_uid="2.25.1", series_instance_uid=ALONE, FrameTime="40"),
        video_file(STREAM, sop_instance_uid="2.25.3", series_instance_uid=MIXED, InstanceNumber=2),
        video_file(STREAM, sop_instance_uid="2.25.2", series_instance_uid=MIXED, InstanceNumber=1),
        dicom_file(
            np.zeros((8, 8), np.uint8),
            study_instance_uid=STUDY,
            series_instance_uid=MIXED,
            **_PERSON,
        ),
    )
    assert [outcome.kind for outcome in outcomes] == ["stored"] * 4, outcomes
    yield hospital
    hospital.close()


def entries(hospital: Hospital, series_instance_uid: str) -> list[SeriesView]:
    view = hospital.services.viewing.open_study(hospital.sign_in().caller, STUDY)
    return [each for each in view.series if each.series_instance_uid == series_instance_uid]


def test_a_series_of_one_video_is_that_video(hospital: Hospital) -> None:
    (entry,) = entries(hospital, ALONE)
    assert entry.video_sop_instance_uid == "2.25.1"
    assert (entry.stack_id, entry.note) == ("", "")
    assert (entry.rows, entry.columns, entry.image_count) == (128, 160, 50)
    assert entry.duration_ms == pytest.approx(50 * 40, abs=100)
    assert not entry.is_displayable


def test_videos_beside_images_are_entries_of_their_own_in_order(hospital: Hospital) -> None:
    found = entries(hospital, MIXED)
    assert [each.video_sop_instance_uid for each in found] == ["", "2.25.2", "2.25.3"]
    assert [each.is_displayable for each in found] == [True, False, False]
    assert len({each.stack_id for each in found}) == 3
    assert found[0].note == ""
    assert found[0].image_count == found[0].instance_count == 1


def test_the_page_of_a_study_knows_which_series_are_films(hospital: Hospital) -> None:
    caller = hospital.sign_in().caller
    hospital.take_in(
        dicom_file(
            np.zeros((8, 8), np.uint8),
            study_instance_uid=STUDY,
            series_instance_uid=f"{STUDY}.3",
            **_PERSON,
        )
    )
    found = hospital.services.study_pages.series(caller, STUDY)
    assert {each.series_instance_uid: each.is_film for each in found} == {
        ALONE: True,
        MIXED: True,
        f"{STUDY}.3": False,
    }


def test_a_list_knows_which_studies_have_films(hospital: Hospital) -> None:
    caller = hospital.sign_in().caller
    only_films, drawn = f"{STUDY}.8", f"{STUDY}.9"
    hospital.take_in(
        video_file(
            STREAM,
            sop_instance_uid="2.25.5",
            series_instance_uid=f"{only_films}.1",
            StudyInstanceUID=only_films,
        ),
        dicom_file(
            np.zeros((8, 8), np.uint8),
            study_instance_uid=drawn,
            series_instance_uid=f"{drawn}.1",
            **_PERSON,
        ),
    )
    found = hospital.services.worklist.page(caller, WorklistQuery()).rows
    assert {
        each.study_instance_uid: (each.has_film, bool(each.thumbnail_series_instance_uid))
        for each in found
    } == {STUDY: (True, True), only_films: (True, False), drawn: (False, True)}


def test_nothing_draws_a_video(hospital: Hospital) -> None:
    viewing, caller = hospital.services.viewing, hospital.sign_in().caller
    described = viewing.describe_series(caller, STUDY, MIXED)
    assert len(described.images) == 1
    assert described.note == ""
    with pytest.raises(NotDisplayable):
        viewing.render_tile(caller, STUDY, TileRequest("2.25.1"))
    with pytest.raises(NotDisplayable):
        viewing.thumbnail(caller, STUDY, ALONE, 160)


def test_spacing_that_was_said_of_other_pixels_is_not_believed(hospital: Hospital) -> None:
    right = {"Rows": 128, "PixelSpacing": [0.5, 0.5]}
    files = {"2.25.8": {**right}, "2.25.9": {**right, "Rows": 120}}
    for uid, elements in files.items():
        hospital.take_in(
            video_file(STREAM, sop_instance_uid=uid, series_instance_uid=f"{uid}.1", **elements)
        )
    videos, caller = hospital.services.videos, hospital.sign_in().caller
    assert videos.describe(caller, STUDY, "2.25.8").spacing_column_mm == 0.5
    assert videos.describe(caller, STUDY, "2.25.9").spacing_column_mm is None


def test_a_video_is_described_by_the_limited_process_like_here(hospital: Hospital) -> None:
    from backend.adapters.parser_process import ParserPool

    pool = ParserPool(1)
    try:
        staged = hospital.importer.stage()
        staged.write(video_file(STREAM, fragments=3))
        staged.finish()
        with staged.open() as reader:
            parsed = pool.parse(reader)
        staged.discard()
    finally:
        pool.close()
    assert b'"codec_name":"H.264"' in parsed.video_header
