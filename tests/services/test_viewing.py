"""The viewer's use cases: who sees what, in which order, described how, and what a tile costs."""

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlmodel import select

from backend.adapters.sealed import SealedReader
from backend.core.errors import InvalidWindow, Malformed, NotDisplayable, NotFound
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, IngestOutcomeKind
from backend.models.audit import AuditEntry
from backend.schemas.opening import OpeningRequest
from backend.schemas.pixels import PixelPlace
from backend.schemas.viewing import Encoding, Fidelity, TileRequest
from backend.services import viewing_verdicts
from backend.services.stack_notes import SAME_PLACE, UNEVEN
from tests.pet_files import FACTOR, PET_SERIES, pet_slice
from tests.viewing_hospital import (
    CT_SERIES,
    MG_CLASS,
    SC_MULTI_CLASS,
    STUDY,
    Hospital,
    ct_slice,
    dicom_file,
    uid_of,
)


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path / "data")
    yield hospital
    hospital.close()


def positions(hospital: Hospital, series: str = CT_SERIES) -> list[float | None]:
    caller = hospital.sign_in().caller
    images = hospital.services.viewing.describe_series(caller, STUDY, series).images
    return [image.image_position[2] if image.image_position else None for image in images]


def pixels_of(octets: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(octets)))


def opened_entries(hospital: Hospital) -> list[AuditEntry]:
    organization_id = hospital.sign_in().caller.organization_id
    with hospital.services.database.read(organization_id) as session:
        entries = session.exec(select(AuditEntry)).all()
        return [entry for entry in entries if entry.action == AuditAction.STUDY_OPENED]


# -- order ---------------------------------------------------------------------------------------


def test_slices_come_by_position_whatever_their_numbers(hospital: Hospital):
    hospital.take_in(*[ct_slice(z, n) for z, n in ((4, 1), (0, 2), (2, 3), (8, 4), (6, 5))])
    assert positions(hospital) == [0, 2, 4, 6, 8]


def test_slices_run_in_the_direction_of_their_numbers(hospital: Hospital):
    hospital.take_in(*[ct_slice(z, n) for z, n in ((6, 1), (4, 2), (2, 3), (0, 4))])
    assert positions(hospital) == [6, 4, 2, 0]


def test_uneven_slices_are_shown_in_order_and_said_to_be_uneven(hospital: Hospital):
    hospital.take_in(*[ct_slice(z, n) for n, z in enumerate((0, 2, 9), start=1)])
    caller = hospital.sign_in().caller
    assert positions(hospital) == [0, 2, 9]
    assert hospital.services.viewing.describe_series(caller, STUDY, CT_SERIES).note == UNEVEN
    assert hospital.services.viewing.open_study(caller, STUDY).series[0].note == UNEVEN


def test_images_in_one_place_keep_the_order_of_their_numbers(hospital: Hospital):
    hospital.take_in(*[ct_slice(z, n) for n, z in enumerate((0, 2, 0, 2), start=1)])
    caller = hospital.sign_in().caller
    assert positions(hospital) == [0, 2, 0, 2]
    assert hospital.services.viewing.describe_series(caller, STUDY, CT_SERIES).note == SAME_PLACE


def test_images_without_geometry_come_by_number_and_then_by_time(hospital: Hospital):
    nowhere = {"ImagePositionPatient": None, "ImageOrientationPatient": None}
    files = {
        "late": ct_slice(1, None, AcquisitionDate="20260102", AcquisitionTime="120000", **nowhere),
        "early": ct_slice(2, None, AcquisitionDate="20260102", AcquisitionTime="090000", **nowhere),
        "first": ct_slice(3, 1, AcquisitionDate="20260103", AcquisitionTime="120000", **nowhere),
    }
    hospital.take_in(*files.values())
    caller = hospital.sign_in().caller
    images = hospital.services.viewing.describe_series(caller, STUDY, CT_SERIES).images
    assert [image.sop_instance_uid for image in images] == [
        uid_of(files[name]) for name in ("first", "early", "late")
    ]


def test_a_multi_frame_instance_is_as_many_images_as_it_has_frames(hospital: Hospital):
    frames = np.arange(3 * 8 * 8, dtype=np.uint8).reshape(3, 8, 8)
    hospital.take_in(
        dicom_file(
            frames,
            sop_class_uid=SC_MULTI_CLASS,
            series_instance_uid="2.25.5",
            Modality="US",
            FrameTime=40,
        )
    )
    caller = hospital.sign_in().caller
    description = hospital.services.viewing.describe_series(caller, STUDY, "2.25.5")
    assert [image.frame_number for image in description.images] == [1, 2, 3]
    assert [image.image_index for image in description.images] == [1, 2, 3]
    assert description.film.frame_time_ms == 40
    assert hospital.services.viewing.open_study(caller, STUDY).series[0].is_cine


def test_a_series_names_the_space_its_images_lie_in_only_where_they_agree(hospital: Hospital):
    caller = hospital.sign_in().caller
    hospital.take_in(ct_slice(0, 1), ct_slice(2, 2))
    agreed = hospital.services.viewing.describe_series(caller, STUDY, CT_SERIES)
    hospital.take_in(ct_slice(4, 3, FrameOfReferenceUID="2.25.78"))
    divided = hospital.services.viewing.describe_series(caller, STUDY, CT_SERIES)
    assert (agreed.frame_of_reference_uid, divided.frame_of_reference_uid) == ("2.25.77", "")


def test_a_mosaic_of_slices_lies_nowhere(hospital: Hospital):
    hospital.take_in(ct_slice(5.0, 1, ImageType=["DERIVED", "SECONDARY", "MOSAIC"]))
    description = hospital.services.viewing.describe_series(
        hospital.sign_in().caller, STUDY, CT_SERIES
    )
    assert description.images[0].image_position is None


# -- description ---------------------------------------------------------------------------------


def test_a_study_is_opened_with_everything_its_frame_shows(hospital: Hospital):
    slices = [ct_slice(z, n) for n, z in enumerate((0, 2, 4), start=1)]
    hospital.take_in(*slices)
    view = hospital.services.viewing.open_study(hospital.sign_in().caller, STUDY)
    assert (view.patient_name, view.patient_id, view.patient_sex) == ("Demo, Adele", "D-1", "F")
    assert (view.patient_birth_date, view.patient_age) == ("1960-01-01", "66 y")
    assert (view.study_date, view.study_time, view.modalities) == ("2026-01-02", "10:15", ("CT",))
    (series,) = view.series
    assert (series.image_count, series.instance_count, series.is_displayable) == (3, 3, True)
    assert (series.rows, series.columns, series.is_cine, series.note) == (64, 64, False, "")
    assert (series.first_sop_instance_uid, series.first_frame_number) == (uid_of(slices[0]), 1)


def test_an_image_is_described_with_its_windows_spacing_and_unit(hospital: Hospital):
    hospital.take_in(
        ct_slice(0, 1, WindowCenter=[40, 500], WindowWidth=[400, 2000]),
    )
    caller = hospital.sign_in().caller
    description = hospital.services.viewing.describe_series(caller, STUDY, CT_SERIES)
    (image,) = description.images
    assert (image.window_center, image.window_width, image.voi_function) == (40, 400, "linear")
    assert [(w.window_center, w.window_width) for w in image.windows] == [(40, 400), (500, 2000)]
    assert (image.spacing_row_mm, image.spacing_column_mm) == (0.5, 0.25)
    assert (image.spacing_basis, image.pixel_aspect, image.value_unit) == (
        "pixel spacing",
        2.0,
        "HU",
    )
    assert image.image_orientation == (1, 0, 0, 0, 1, 0)
    assert ("kVp", "120") in image.corner_text
    assert ("Thickness", "2 mm") in image.corner_text
    assert [preset.name for preset in description.presets][:2] == ["soft-tissue", "lung"]


def test_presets_in_hounsfield_units_are_not_offered_for_other_values(hospital: Hospital):
    hospital.take_in(ct_slice(0, 1, Modality="MR", RescaleType="US"))
    caller = hospital.sign_in().caller
    assert hospital.services.viewing.describe_series(caller, STUDY, CT_SERIES).presets == ()


def test_a_pet_is_described_drawn_and_read_in_suv(hospital: Hospital):
    slices = [pet_slice(4.0 * number, number) for number in (1, 2)]
    hospital.take_in(*slices)
    caller, viewing = hospital.sign_in().caller, hospital.services.viewing
    description = viewing.describe_series(caller, STUDY, PET_SERIES)
    image = description.images[0]
    assert image.suv_factor == pytest.approx(FACTOR, rel=1e-4)
    assert (image.suv_name, image.value_unit, image.note) == ("SUVbw", "Bq/ml", "")
    assert {("Tracer", "FDG"), ("Dose", "370 MBq"), ("Weight", "70 kg")} <= set(image.corner_text)
    assert ("After injection", "63 min") in image.corner_text
    ranges = [
        (preset.window_center * image.suv_factor, preset.window_width * image.suv_factor)
        for preset in description.presets
    ]
    assert ranges == [pytest.approx((upper / 2, upper)) for upper in (5, 3, 7, 8, 10, 15)]
    # First seen from SUV 0 to 5, with the very numbers of the preset.
    asked = TileRequest(uid_of(slices[0]), encoding=Encoding.PNG)
    tile = viewing.render_tile(caller, STUDY, asked)
    first = description.presets[0]
    assert (tile.window_center, tile.window_width) == (first.window_center, first.window_width)
    pixel = viewing.read_pixel(caller, STUDY, PixelPlace(uid_of(slices[0]), 1, 5, 30))
    assert (pixel.stored_value, pixel.modality_value, pixel.unit) == (240, 12_000, "Bq/ml")
    assert (pixel.suv, pixel.suv_name) == (pytest.approx(12_000 * FACTOR, rel=1e-4), "SUVbw")
    drawn = pixels_of(tile.octets)[5, 30]
    assert abs(int(drawn) - 255 * pixel.suv / 5) <= 1


def test_a_pet_without_suv_keeps_its_unit_and_says_why(hospital: Hospital):
    hospital.take_in(pet_slice(4.0, 1, PatientWeight=None))
    caller, viewing = hospital.sign_in().caller, hospital.services.viewing
    description = viewing.describe_series(caller, STUDY, PET_SERIES)
    (image,) = description.images
    assert (image.suv_factor, image.suv_name, image.value_unit) == (None, "", "Bq/ml")
    assert image.note == "No SUV: the file does not say the patient's weight."
    assert description.presets == ()
    pixel = viewing.read_pixel(caller, STUDY, PixelPlace(image.sop_instance_uid, 1, 5, 30))
    assert (pixel.modality_value, pixel.unit, pixel.suv) == (12_000, "Bq/ml", None)


def test_presets_of_a_pet_hold_for_every_slice_or_are_not_offered(hospital: Hospital):
    # Made anew later, so that each slice says for itself when the series began: half a second apart here.
    anew = {"SeriesTime": "170000", "AcquisitionTime": "100030", "ActualFrameDuration": "1000"}
    first = pet_slice(4.0, 1, FrameReferenceTime="30500", **anew)
    hospital.take_in(first, pet_slice(8.0, 2, FrameReferenceTime="31000", **anew))
    caller, viewing = hospital.sign_in().caller, hospital.services.viewing
    nearly = viewing.describe_series(caller, STUDY, PET_SERIES)
    assert len({image.suv_factor for image in nearly.images}) == 2
    assert len(nearly.presets) == 6
    hospital.take_in(pet_slice(12.0, 3, PatientWeight="80"))
    assert viewing.describe_series(caller, STUDY, PET_SERIES).presets == ()


def test_spacing_at_the_detector_is_not_called_spacing_in_the_patient(hospital: Hospital):
    hospital.take_in(
        ct_slice(0, 1, Modality="DX", PixelSpacing=None, ImagerPixelSpacing=[0.1, 0.1])
    )
    caller = hospital.sign_in().caller
    (image,) = hospital.services.viewing.describe_series(caller, STUDY, CT_SERIES).images
    assert image.spacing_basis == "imager spacing"


def test_an_object_that_cannot_be_shown_is_there_and_says_why(hospital: Hospital):
    report = dicom_file(np.zeros((2, 2), np.uint8), series_instance_uid="2.25.8", Modality="SR")
    dataset = __import__("pydicom").dcmread(io.BytesIO(report))
    for keyword in ("PixelData", "Rows", "Columns"):
        del dataset[keyword]
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    outcomes = hospital.take_in(ct_slice(0, 1), buffer.getvalue())
    assert [outcome.kind for outcome in outcomes] == [IngestOutcomeKind.STORED] * 2
    caller = hospital.sign_in().caller
    shown, stored = sorted(
        hospital.services.viewing.open_study(caller, STUDY).series, key=lambda one: one.modality
    )
    assert shown.is_displayable
    assert not stored.is_displayable
    assert "holds no image" in stored.note
    assert hospital.services.viewing.describe_series(caller, STUDY, "2.25.8").images == ()
    with pytest.raises(NotDisplayable):
        hospital.services.viewing.render_tile(caller, STUDY, TileRequest(uid_of(report)))
    with pytest.raises(NotDisplayable):
        hospital.services.viewing.thumbnail(caller, STUDY, "2.25.8", 160)


def test_a_series_that_grew_is_described_anew(hospital: Hospital):
    hospital.take_in(ct_slice(0, 1))
    assert positions(hospital) == [0]
    hospital.take_in(ct_slice(2, 2))
    assert positions(hospital) == [0, 2]


# -- tiles ---------------------------------------------------------------------------------------


def test_a_tile_holds_the_grey_values_of_its_window(hospital: Hospital):
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    caller = hospital.sign_in().caller
    tile = hospital.services.viewing.render_tile(
        caller,
        STUDY,
        TileRequest(uid_of(octets), window_center=50, window_width=201, encoding=Encoding.PNG),
    )
    drawn = pixels_of(tile.octets)
    # 0 HU and 100 HU; PS3.3 C.11.2.1.2.1: ((x - 49.5) / 200 + 0.5) * 255, rounded.
    assert drawn[40, 0] == 64
    assert drawn[0, 0] == 192
    assert (tile.rows, tile.columns) == (64, 64)
    assert (tile.window_center, tile.window_width) == (50, 201)
    assert (tile.fidelity, tile.media_type) == (Fidelity.LOSSLESS, "image/png")


def test_the_first_look_says_which_window_it_used(hospital: Hospital):
    octets = ct_slice(0, 1, WindowCenter=70, WindowWidth=90)
    hospital.take_in(octets)
    caller = hospital.sign_in().caller
    tile = hospital.services.viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets)))
    assert (tile.window_center, tile.window_width) == (70, 90)
    assert (tile.fidelity, tile.media_type) == (Fidelity.LOSSY, "image/jpeg")


def mammogram(rows: int = 1030, columns: int = 777) -> bytes:
    pixels = np.random.default_rng(5).integers(0, 4096, (rows, columns)).astype(np.uint16)
    return dicom_file(
        pixels,
        sop_class_uid=MG_CLASS,
        series_instance_uid="2.25.9",
        Modality="MG",
        WindowCenter=2048,
        WindowWidth=4096,
    )


def test_tiles_of_a_large_image_make_up_the_whole(hospital: Hospital):
    octets = mammogram()
    hospital.take_in(octets)
    caller = hospital.sign_in().caller

    def drawn(**wanted: int) -> np.ndarray:
        request = TileRequest(uid_of(octets), encoding=Encoding.PNG, **wanted)
        return pixels_of(hospital.services.viewing.render_tile(caller, STUDY, request).octets)

    whole = drawn()
    rows = [
        np.hstack([drawn(tile_row=row, tile_column=column) for column in range(2)])
        for row in range(3)
    ]
    assert whole.shape == (1030, 777)
    assert np.array_equal(np.vstack(rows), whole)
    assert drawn(level=1).shape == (515, 389)
    assert abs(float(drawn(level=1).mean()) - float(whole.mean())) < 1


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"frame_number": 2}, NotFound),
        ({"level": 9}, NotDisplayable),
        ({"tile_row": 7, "tile_column": 0}, NotDisplayable),
        ({"window_center": 1.0, "window_width": 0.5}, InvalidWindow),
        ({"window_center": 1.0, "window_width": float("nan")}, InvalidWindow),
        ({"window_center": 1.0, "window_width": 5.0, "voi_function": "cubic"}, Malformed),
        ({"sop_instance_uid": "1.2.3"}, NotFound),
    ],
)
def test_what_is_not_there_is_refused_by_name(hospital: Hospital, wanted, refusal):
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    caller = hospital.sign_in().caller
    request = replace(TileRequest(uid_of(octets)), **wanted)
    with pytest.raises(refusal):
        hospital.services.viewing.render_tile(caller, STUDY, request)


def test_an_instance_is_not_reached_through_another_study(hospital: Hospital):
    octets = ct_slice(0, 1)
    other = ct_slice(0, 1, StudyInstanceUID="2.25.2000", SeriesInstanceUID="2.25.2001")
    hospital.take_in(octets, other)
    caller = hospital.sign_in().caller
    hospital.services.viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets)))
    with pytest.raises(NotFound):
        hospital.services.viewing.render_tile(caller, "2.25.2000", TileRequest(uid_of(octets)))


def test_a_warm_tile_touches_neither_database_nor_store(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(viewing_verdicts, "VERDICT_SECONDS", 60.0)
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    caller = hospital.sign_in().caller
    viewing = hospital.services.viewing
    first = viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets)))
    for method in ("read", "write", "system_read", "system_write"):
        monkeypatch.setattr(
            type(hospital.services.database), method, lambda *_: pytest.fail("database")
        )
    monkeypatch.setattr(
        type(hospital.services.object_store), "open", lambda *_: pytest.fail("store")
    )
    assert viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets))) == first


@pytest.mark.parametrize("act", ["study", "image", "series", "tile"])
def test_who_opens_or_turns_over_images_goes_before_work_that_can_wait(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, act: str
):
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    caller = hospital.sign_in().caller
    viewing = hospital.services.viewing
    monkeypatch.setattr("backend.services.viewing._HAND_RESTS_SECONDS", 60.0)
    assert not viewing.is_busy
    match act:
        case "study":
            viewing.open_study(caller, STUDY)
        case "image":
            viewing.open_image(caller, OpeningRequest(STUDY, box_width_px=512, box_height_px=512))
        case "series":
            viewing.describe_series(caller, STUDY, CT_SERIES)
        case "tile":
            viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets)))
    assert viewing.is_busy
    monkeypatch.setattr("backend.services.viewing._HAND_RESTS_SECONDS", 0.0)
    assert not viewing.is_busy


def test_scrolling_asks_the_database_once_for_many_instances(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(viewing_verdicts, "VERDICT_SECONDS", 60.0)
    slices = [ct_slice(2 * n, n) for n in range(1, 8)]
    without_number = ct_slice(40, None)
    hospital.take_in(*slices, without_number)
    caller = hospital.sign_in().caller
    viewing = hospital.services.viewing
    viewing.open_study(caller, STUDY)
    for octets in (slices[3], without_number, slices[2]):
        viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets)))
    monkeypatch.setattr(
        type(hospital.services.database), "read", lambda *_: pytest.fail("database")
    )
    for octets in slices:
        viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets)))


def test_prefetching_makes_the_first_tile_warm(hospital: Hospital, monkeypatch: pytest.MonkeyPatch):
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    caller = hospital.sign_in().caller
    viewing = hospital.services.viewing
    assert viewing.prefetch(caller, STUDY, uid_of(octets), 1, 0) == 64 * 64 * 2
    monkeypatch.setattr(
        type(hospital.services.object_store), "open", lambda *_: pytest.fail("store")
    )
    viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets)))


def test_one_decode_serves_many_who_ask_at_once(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    caller = hospital.sign_in().caller
    store = type(hospital.services.object_store)
    opened: list[str] = []
    really_open = store.open

    def counting_open(self, object_id, object_key):
        opened.append(object_id)
        return really_open(self, object_id, object_key)

    monkeypatch.setattr(store, "open", counting_open)
    threads = [
        threading.Thread(
            target=hospital.services.viewing.render_tile,
            args=(caller, STUDY, TileRequest(uid_of(octets))),
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 1


def test_one_frame_of_many_is_read_without_the_others(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    frames = np.random.default_rng(2).integers(0, 255, (40, 256, 256)).astype(np.uint8)
    octets = dicom_file(
        frames, sop_class_uid=SC_MULTI_CLASS, series_instance_uid="2.25.5", Modality="US"
    )
    hospital.take_in(octets)
    caller = hospital.sign_in().caller
    read: list[int] = []
    really_read = SealedReader.read_range

    def counted(self, offset, length):
        read.append(length)
        return really_read(self, offset, length)

    monkeypatch.setattr(SealedReader, "read_range", counted)
    drawn = hospital.services.viewing.render_tile(
        caller,
        STUDY,
        TileRequest(
            uid_of(octets),
            frame_number=31,
            window_center=128,
            window_width=256,
            encoding=Encoding.PNG,
        ),
    )
    assert read == [256 * 256]
    assert np.array_equal(pixels_of(drawn.octets), frames[30])


def test_a_thumbnail_fits_its_square(hospital: Hospital):
    hospital.take_in(mammogram())
    caller = hospital.sign_in().caller
    thumbnail = hospital.services.viewing.thumbnail(caller, STUDY, "2.25.9", 160)
    assert Image.open(io.BytesIO(thumbnail.octets)).size == (121, 160)
    assert hospital.services.viewing.thumbnail(caller, STUDY, "2.25.9", 160) is thumbnail
    with pytest.raises(Malformed):
        hospital.services.viewing.thumbnail(caller, STUDY, "2.25.9", 5000)


@pytest.mark.parametrize(
    ("attributes", "width_height"),
    [
        ({"PixelSpacing": [2, 1]}, (80, 160)),
        ({"PixelAspectRatio": [1, 2]}, (160, 80)),
        ({"PixelSpacing": [1, 1], "PixelAspectRatio": [1, 2]}, (160, 160)),
    ],
    ids=("spacing", "aspect ratio", "spacing decides"),
)
def test_a_thumbnail_has_the_proportions_of_the_patient(
    hospital: Hospital, attributes: dict[str, list[float]], width_height: tuple[int, int]
):
    hospital.take_in(dicom_file(np.zeros((200, 200), np.uint8), **attributes))
    caller = hospital.sign_in().caller
    thumbnail = hospital.services.viewing.thumbnail(caller, STUDY, CT_SERIES, 160)
    assert Image.open(io.BytesIO(thumbnail.octets)).size == width_height
    assert (thumbnail.columns, thumbnail.rows) == width_height


# -- who may see ---------------------------------------------------------------------------------


def test_another_organization_does_not_learn_that_the_study_exists(hospital: Hospital):
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    viewing, stranger = hospital.services.viewing, hospital.stranger()
    viewing.render_tile(hospital.sign_in().caller, STUDY, TileRequest(uid_of(octets)))
    for ask in (
        lambda: viewing.open_study(stranger, STUDY),
        lambda: viewing.describe_series(stranger, STUDY, CT_SERIES),
        lambda: viewing.render_tile(stranger, STUDY, TileRequest(uid_of(octets))),
        lambda: viewing.thumbnail(stranger, STUDY, CT_SERIES, 160),
        lambda: viewing.prefetch(stranger, STUDY, uid_of(octets), 1, 0),
    ):
        with pytest.raises(NotFound):
            ask()


def test_whoever_loses_the_right_loses_it_with_the_next_tile(hospital: Hospital):
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    caller = hospital.sign_in().caller
    viewing = hospital.services.viewing
    viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets)))
    with pytest.raises(NotFound):
        viewing.render_tile(
            replace(caller, permissions=frozenset({Permission.AUDIT_VIEW})),
            STUDY,
            TileRequest(uid_of(octets)),
        )


def test_a_verdict_is_dropped_with_its_session(hospital: Hospital, monkeypatch: pytest.MonkeyPatch):
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    person = hospital.sign_in()
    viewing = hospital.services.viewing
    viewing.render_tile(person.caller, STUDY, TileRequest(uid_of(octets)))
    hospital.services.accounts.sign_out(person.caller)

    def refused(*_: object) -> None:
        raise NotFound

    monkeypatch.setattr("backend.access.policy.require_study", refused)
    with pytest.raises(NotFound):
        viewing.render_tile(person.caller, STUDY, TileRequest(uid_of(octets)))


def test_a_forgotten_study_is_asked_for_anew(hospital: Hospital, monkeypatch: pytest.MonkeyPatch):
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    caller = hospital.sign_in().caller
    viewing = hospital.services.viewing
    viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets)))
    study_key = viewing._verdicts.require_view(caller, STUDY)
    viewing.forget_study(STUDY, study_key)

    def refused(*_: object) -> None:
        raise NotFound

    monkeypatch.setattr("backend.access.policy.require_study", refused)
    with pytest.raises(NotFound):
        viewing.render_tile(caller, STUDY, TileRequest(uid_of(octets)))


def test_opening_is_recorded_once_per_session_whichever_door_is_used(hospital: Hospital):
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    first, second = hospital.sign_in().caller, hospital.sign_in().caller
    viewing = hospital.services.viewing
    viewing.thumbnail(first, STUDY, CT_SERIES, 160)
    viewing.prefetch(first, STUDY, uid_of(octets), 1, 0)
    assert opened_entries(hospital) == []
    viewing.render_tile(first, STUDY, TileRequest(uid_of(octets)))
    viewing.open_study(first, STUDY)
    viewing.describe_series(first, STUDY, CT_SERIES)
    viewing.open_study(second, STUDY)
    assert [entry.object_id for entry in opened_entries(hospital)] == [STUDY, STUDY]


def test_a_thumbnail_larger_than_the_worklist_shows_counts_as_opening(hospital: Hospital):
    hospital.take_in(ct_slice(0, 1))
    caller = hospital.sign_in().caller
    for _ in range(2):
        hospital.services.viewing.thumbnail(caller, STUDY, CT_SERIES, 512)
    assert [entry.object_id for entry in opened_entries(hospital)] == [STUDY]
