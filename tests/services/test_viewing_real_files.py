"""Every real file that is taken in is either drawn or stands in its study with the reason why not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from backend.api.tiles import plain
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.demo import pydicom_demo_files
from backend.imaging.tiling import pyramid_levels
from backend.models.studies import Instance, Series
from backend.schemas.viewing import TileRequest
from tests.dicom_files import shared_files, shipped_files
from tests.endurance.counts import IS_WHOLE
from tests.viewing_hospital import Hospital

SHARED = Path(__file__).parents[3] / "shared" / "data"


def real_files() -> Iterator[Path]:
    """Some of them in every run, every file of both folders in the long one."""
    if IS_WHOLE:
        yield from shipped_files() + shared_files()
        return
    yield from pydicom_demo_files()
    if SHARED.is_dir():
        small = (path for path in SHARED.rglob("*.dcm") if path.stat().st_size < 3_000_000)
        yield from sorted(small)[:60]


def reasons(hospital: Hospital) -> dict[str, set[str]]:
    """By Series Instance UID why some of its objects are not drawn: one sentence each."""
    statement = (
        select(Series.series_instance_uid, Instance.not_displayable_reason)
        .join(Instance, col(Instance.series_key) == col(Series.id))
        .where(~col(Instance.is_displayable))
    )
    found: dict[str, set[str]] = {}
    with hospital.services.database.system_read() as session:
        for uid, reason in session.exec(statement).all():
            assert reason.endswith(".")
            found.setdefault(uid, set()).add(reason)
    return found


@pytest.mark.slow
def test_everything_that_is_stored_is_shown_or_says_why_not(tmp_path: Path):
    hospital = Hospital(tmp_path / "data", frame_cache_megabytes=16)
    try:
        outcomes = hospital.take_in(*[path.read_bytes() for path in real_files()])
        stored = [o for o in outcomes if o.kind is IngestOutcomeKind.STORED]
        assert len(stored) > 10
        caller = hospital.sign_in().caller
        viewing = hospital.services.viewing
        why_not = reasons(hospital)
        drawn: set[str] = set()
        explained = 0
        for study in sorted({outcome.study_instance_uid for outcome in stored}):
            view = viewing.open_study(caller, study)
            assert view.is_whole or viewing.open_study(caller, study, is_whole=True).is_whole
            view = viewing.open_study(caller, study, is_whole=True)
            shown: set[str] = set()
            told: set[str] = set()
            hidden = 0
            for series in view.series:
                uid = series.series_instance_uid
                if uid not in told:  # it is said where the series begins
                    assert all(reason in series.note for reason in why_not.get(uid, ()))
                told.add(uid)
                described = viewing.describe_series(caller, study, uid, series.stack_id)
                of_stack = {image.sop_instance_uid for image in described.images}
                hidden += series.instance_count - len(of_stack)
                shown |= of_stack
                assert plain(described)["images"] == [plain(image) for image in described.images]
                assert len(described.images) == series.image_count
                assert bool(described.images) == series.is_displayable
                if not series.is_displayable:
                    assert series.note.endswith(".")
                    explained += 1
                    continue
                assert viewing.thumbnail(caller, study, uid, 160, series.stack_id).octets
                if series.first_sop_instance_uid:
                    first = described.images[0]
                    assert (series.first_sop_instance_uid, series.first_frame_number) == (
                        first.sop_instance_uid,
                        first.frame_number,
                    )
                for image in {image.sop_instance_uid: image for image in described.images}.values():
                    level = pyramid_levels(image.rows, image.columns) - 1
                    request = TileRequest(image.sop_instance_uid, image.frame_number, level=level)
                    tile = viewing.render_tile(caller, study, request)
                    assert tile.octets
                    assert (tile.window_center is None) or not image.is_colour
                    if image.window_center is not None:
                        assert (tile.window_center, tile.window_width) == (
                            image.window_center,
                            image.window_width,
                        )
                    drawn.add(image.sop_instance_uid)
            assert len(shown) + hidden == sum(one.study_instance_uid == study for one in stored)
        assert len(drawn) > 8
        assert explained > 0
    finally:
        hospital.close()
