"""The image a study opens with: the one the page would show, at the size it would ask for, and recorded once."""

import io
import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlmodel import select

from backend.core.errors import NotDisplayable, NotFound
from backend.core.vocabulary import AuditAction
from backend.dicom import frames
from backend.models.audit import AuditEntry
from backend.schemas.opening import OpeningRequest
from backend.services import frame_reading, opening
from tests.components.node import calculate
from tests.viewing_hospital import (
    CT_SERIES,
    MG_CLASS,
    STUDY,
    Hospital,
    ct_slice,
    dicom_file,
    uid_of,
)

GEOMETRY = "viewport_geometry.js"
SECOND_SERIES = "2.25.1002"
LARGE_STUDY = "2.25.2000"
BOX = (864, 780)


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path / "data")
    yield hospital
    hospital.close()


def request(study: str = STUDY, **changes) -> OpeningRequest:
    return OpeningRequest(study, *BOX, **changes)


def entries(hospital: Hospital) -> int:
    organization_id = hospital.sign_in().caller.organization_id
    with hospital.services.database.read(organization_id) as session:
        found = session.exec(select(AuditEntry)).all()
    return sum(entry.action == AuditAction.STUDY_OPENED for entry in found)


def test_a_study_opens_with_the_image_and_the_truth_that_its_page_would_show(hospital: Hospital):
    hospital.take_in(*[ct_slice(z, n) for z, n in ((4, 3), (0, 1), (2, 2))])
    caller = hospital.sign_in().caller
    opened = hospital.services.viewing.open_image(caller, request())
    study = hospital.services.viewing.open_study(caller, STUDY)
    described = hospital.services.viewing.describe_series(caller, STUDY, CT_SERIES)
    assert opened.series == study.series[0]
    assert opened.image == described.images[0]
    drawn = np.asarray(Image.open(io.BytesIO(opened.tile.octets)))
    assert drawn.shape == (opened.tile.rows, opened.tile.columns) == (64, 64)
    assert (opened.tile.window_center, opened.tile.window_width) == (40, 400)
    named = [(image.sop_instance_uid, image.frame_number) for image in described.images]
    assert (list(opened.nearby), opened.nearby_from) == (named, 1)


def test_images_around_the_first_come_with_it_in_their_places():
    images = [(f"1.2.{number}", 1) for number in range(1, 301)]
    found, begin = opening.nearby(images, 100)
    assert found[100 - begin] == images[99]
    assert list(found) == images[begin - 1 : begin - 1 + len(found)]
    assert begin < 100 < begin + len(found) - 40
    assert opening.nearby(images, 300)[0][-1] == images[-1]
    assert opening.nearby(images[:1], 1) == ((images[0],), 1)


def test_a_series_an_image_and_a_window_can_be_asked_for(hospital: Hospital):
    hospital.take_in(*[ct_slice(z, n) for z, n in ((0, 1), (2, 2))])
    other = [
        ct_slice(z, n, series_instance_uid=SECOND_SERIES, SeriesNumber=2)
        for z, n in ((0, 1), (5, 2))
    ]
    hospital.take_in(*other)
    caller = hospital.sign_in().caller
    opened = hospital.services.viewing.open_image(
        caller,
        request(
            series_instance_uid=SECOND_SERIES, image_index=2, window_center=50.0, window_width=201.0
        ),
    )
    assert opened.series.series_instance_uid == SECOND_SERIES
    assert (opened.image.sop_instance_uid, opened.image.image_index) == (uid_of(other[1]), 2)
    assert (opened.tile.window_center, opened.tile.window_width) == (50, 201)
    beyond = hospital.services.viewing.open_image(caller, request(image_index=99))
    assert beyond.image.image_index == 2


def test_what_has_no_image_and_what_one_may_not_see_is_refused(hospital: Hospital):
    hospital.take_in(ct_slice(0, 1))
    viewing = hospital.services.viewing
    with pytest.raises(NotFound):
        viewing.open_image(hospital.stranger(), request())
    with pytest.raises(NotFound):
        viewing.approach(hospital.stranger(), request())
    with pytest.raises(NotDisplayable):
        viewing.open_image(hospital.sign_in().caller, request(series_instance_uid="2.25.9"))


def test_two_doors_opened_at_once_make_one_entry(hospital: Hospital):
    hospital.take_in(ct_slice(0, 1))
    caller = hospital.sign_in().caller
    viewing = hospital.services.viewing
    before = entries(hospital)
    together = threading.Barrier(4)

    def through(door):
        together.wait(60)
        return door()

    doors = [
        lambda: viewing.open_image(caller, request()),
        lambda: viewing.open_study(caller, STUDY),
        lambda: viewing.describe_series(caller, STUDY, CT_SERIES),
        lambda: viewing.open_image(caller, request()),
    ]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(through, doors))
    assert entries(hospital) == before + 1


def test_nearing_a_study_decodes_its_image_and_counts_as_nothing(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    hospital.take_in(ct_slice(0, 1))
    caller = hospital.sign_in().caller
    before = entries(hospital)
    decoded: list[int] = []

    def decoding(*given):
        decoded.append(1)
        return frames.decode_frame(*given)

    monkeypatch.setattr(frame_reading, "decode_frame", decoding)
    hospital.services.viewing.approach(caller, request())
    assert decoded == [1]
    assert entries(hospital) == before
    hospital.services.viewing.open_image(caller, request())
    assert decoded == [1]
    assert entries(hospital) == before + 1


def test_a_large_image_opens_at_the_level_that_its_viewport_would_ask_for(hospital: Hospital):
    values = (np.arange(2300 * 1900) % 4096).astype(np.uint16).reshape(2300, 1900)
    hospital.take_in(dicom_file(values, sop_class_uid=MG_CLASS, study_instance_uid=LARGE_STUDY))
    opened = hospital.services.viewing.open_image(hospital.sign_in().caller, request(LARGE_STUDY))
    assert (opened.level, opened.tile.rows, opened.tile.columns) == (1, 1150, 950)


def test_the_choice_of_a_level_is_that_of_the_viewport(hospital: Hospital):
    hospital.take_in(ct_slice(0, 1))
    described = hospital.services.viewing.describe_series(
        hospital.sign_in().caller, STUDY, CT_SERIES
    ).images[0]
    sizes = [(512, 512), (4096, 3328), (2300, 1900), (3000, 3000), (64, 64), (10, 4000)]
    cases = list(itertools.product(sizes, [(864, 780), (1600, 1200), (300, 900)], [1.0, 1.6]))
    view = {"rotation": 0, "is_mirrored": False, "pan_column_px": 0, "pan_row_px": 0}
    zooms = calculate(
        GEOMETRY,
        [
            (
                "fitZoom",
                [
                    {"rows": rows, "columns": columns, "aspect": aspect},
                    view,
                    {"width": width, "height": height},
                ],
            )
            for (rows, columns), (width, height), aspect in cases
        ],
    )
    sharp = calculate(
        GEOMETRY,
        [("levelForZoom", [*size, zoom]) for (size, _, _), zoom in zip(cases, zooms, strict=True)],
    )
    whole = calculate(
        GEOMETRY,
        [("wholeLevel", [*size, level]) for (size, _, _), level in zip(cases, sharp, strict=True)],
    )
    images = [
        replace(described, rows=rows, columns=columns, pixel_aspect=aspect)
        for (rows, columns), _, aspect in cases
    ]
    boxes = [box for _, box, _ in cases]
    assert [
        opening.opening_level(image, *box) for image, box in zip(images, boxes, strict=True)
    ] == whole
