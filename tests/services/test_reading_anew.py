"""Images that an earlier version has described are read anew: what it did not read is there then, and nothing else changes."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress

import pytest
from sqlalchemy import delete
from sqlmodel import select

from backend.core.caller import SYSTEM_ORGANIZATION_ID
from backend.core.errors import NotFound
from backend.dicom.model import ParsedInstance, Refused
from backend.dicom.parsing import parse_instance
from backend.dicom.reading_header import HEADER_BEGINNING, READING_HEADER_VERSION
from backend.models.studies import Frame, Instance, Patient, Series, Study
from backend.models.work import Job
from backend.schemas.pixels import PixelPlace
from backend.schemas.viewing import SeriesDescription, TileRequest
from backend.services.integrity import CHECK_OBJECT
from backend.services.jobs import JobRun, JobStopped
from backend.services.reading_anew import READ_ANEW, ReadingAnew, TurnReport
from backend.services.upkeep import reading_anew_kind
from backend.services.watched_objects import WatchedObjects
from tests.bit_rot import object_ids, path_of, turn_bit
from tests.pet_files import PET_SERIES, pet_slice
from tests.services.test_reading_copies import compressed, copies_of, no_originals, rows_of
from tests.viewing_hospital import STUDY, Hospital, ct_slice, uid_of

LOST = {"LossyImageCompression": "01", "LossyImageCompressionMethod": "ISO_10918_1"}
PETS = [pet_slice(4.0 * n, n, LossyImageCompressionRatio="12", **LOST) for n in (1, 2)]
# What version 1 knew nothing of; it wrote the largest ratio beside it, which nobody reads any more.
LATER = ("uptake", "lossy_compressions")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    made = Hospital(tmp_path_factory.mktemp("anew") / "data")
    yield made
    made.close()


@pytest.fixture
def hospital(house: Hospital) -> Iterator[Hospital]:
    """With nothing in it."""
    yield house
    remover = house.sign_in("admin@demo.example").caller
    with suppress(NotFound):  # a test deletes it itself
        house.services.deletions.delete(remover, STUDY, "the test is over")
    with house.services.database.system_write() as session:
        session.execute(delete(Job))


def decoded_here(reader) -> ParsedInstance | Refused:
    return parse_instance(reader.stream())


def reading_anew(hospital: Hospital, parse=decoded_here, **told) -> ReadingAnew:
    """The real one, decoding in this process."""
    services = hospital.services
    told.setdefault("when_changed", services.viewing.forget_instance)
    return ReadingAnew(
        services.database,
        WatchedObjects(services.object_store, services.integrity.suspect),
        services.keyring,
        parse,
        suspect=services.integrity.suspect,
        **told,
    )


def everything(hospital: Hospital) -> dict[str, list[dict[str, object]]]:
    """Every row of what was taken in; of a study not when it was changed last."""
    with hospital.services.database.system_read() as session:
        return {
            table.__tablename__: [
                row.model_dump(exclude={"updated_at"})
                for row in session.exec(select(table).order_by(table.id))
            ]
            for table in (Patient, Study, Series, Instance, Frame)
        }


def described_by_version_1(hospital: Hospital) -> None:
    with hospital.services.database.system_write() as session:
        for row in session.exec(select(Instance)):
            header, attributes = json.loads(row.reading_header), json.loads(row.attributes)
            for plain in (header, attributes):
                plain["lossy_ratio"] = 12.0
                for name in LATER:
                    plain.pop(name, None)
            header["version"] = 1
            row.reading_header = json.dumps(header, separators=(",", ":")).encode()
            row.attributes = json.dumps(attributes)
            session.add(row)
        for frame in session.exec(select(Frame)):  # and it did not see where they lie
            frame.image_position_mm = ""
            session.add(frame)
        for study in session.exec(select(Study)):
            hospital.services.viewing.forget_study(study.study_instance_uid, study.id)


def suspects(hospital: Hospital) -> list[str]:
    with hospital.services.database.system_read() as session:
        jobs = session.exec(select(Job).where(Job.kind == CHECK_OBJECT)).all()
        return [json.loads(job.payload)["object_id"] for job in jobs]


def described(hospital: Hospital) -> SeriesDescription:
    caller = hospital.sign_in().caller
    return hospital.services.viewing.describe_series(caller, STUDY, PET_SERIES)


def suv_of_a_pixel(hospital: Hospital) -> float | None:
    caller, place = hospital.sign_in().caller, PixelPlace(uid_of(PETS[0]), 1, 5, 30)
    return hospital.services.viewing.read_pixel(caller, STUDY, place).suv


def shown_window(hospital: Hospital) -> tuple[float | None, float | None]:
    caller = hospital.sign_in().caller
    tile = hospital.services.viewing.render_tile(caller, STUDY, TileRequest(uid_of(PETS[0])))
    return tile.window_center, tile.window_width


def headers(hospital: Hospital) -> dict[str, bytes]:
    with hospital.services.database.system_read() as session:
        return dict(session.exec(select(Instance.sop_instance_uid, Instance.reading_header)).all())


def test_pictures_and_numbers_become_those_of_a_file_taken_in_today_and_nothing_else_changes(
    hospital,
):
    hospital.take_in(*PETS)
    today, suv, window = everything(hospital), suv_of_a_pixel(hospital), shown_window(hospital)
    described_by_version_1(hospital)
    before = described(hospital)
    assert {(image.suv_factor, image.lossy_compressions) for image in before.images} == {(None, ())}
    assert suv_of_a_pixel(hospital) is None
    assert shown_window(hospital) != window
    job = hospital.services.jobs._kinds[READ_ANEW]
    run = JobRun(SYSTEM_ORGANIZATION_ID, {}, lambda _done, _total: None)
    assert job.run(run) == "Images read anew: 2."
    assert everything(hospital) == today
    images = described(hospital).images
    assert all(image.suv_factor for image in images)
    assert {image.lossy_compressions for image in images} == {(("ISO_10918_1", 12.0),)}
    assert (suv_of_a_pixel(hospital), shown_window(hospital)) == (suv, window)
    assert job.run(run) == "Every image is described as this version reads it."


def test_what_is_damaged_stays_as_it_is_and_does_not_stop_the_others(hospital):
    hospital.take_in(*PETS)
    described_by_version_1(hospital)
    damaged, whole = map(uid_of, PETS)
    before, objects = headers(hospital), object_ids(hospital)
    turn_bit(path_of(hospital, objects[damaged]), 100)
    assert reading_anew(hospital).turn() == TurnReport(read=1, left=1)
    assert headers(hospital)[damaged] == before[damaged]
    assert headers(hospital)[whole].startswith(HEADER_BEGINNING)
    assert suspects(hospital) == [objects[damaged]]


def test_pixels_that_are_not_what_they_were_are_not_described_anew_but_looked_at(hospital):
    hospital.take_in(*PETS)
    described_by_version_1(hospital)
    with hospital.services.database.system_write() as session:
        frame = session.exec(select(Frame)).first()
        frame.pixel_sha256 = "0" * 64
        changed = session.get(Instance, frame.instance_key).object_id
    assert reading_anew(hospital).turn() == TurnReport(read=1, left=1)
    assert suspects(hospital) == [changed]


def test_a_file_that_the_parser_gives_up_stays_described_as_it_was(hospital):
    hospital.take_in(PETS[0])
    described_by_version_1(hospital)
    before = everything(hospital)
    refusing = reading_anew(hospital, lambda _reader: Refused("It took too long."))
    assert refusing.turn() == TurnReport(read=0, left=1)
    assert everything(hospital) == before


def test_a_long_archive_is_read_a_turn_at_a_time_and_hands_go_first(hospital):
    slices = [ct_slice(float(n), n) for n in range(3)]
    hospital.take_in(*slices)
    described_by_version_1(hospital)
    asked: list[bool] = []
    slow = reading_anew(hospital, is_busy=lambda: bool(asked.append(True)))
    seen: list[tuple[int, int]] = []
    for _ in range(3):
        assert slow.turn(lambda *where: seen.append(where), seconds=0) == TurnReport(1, 0)
        assert slow.has_more
    assert (seen, len(asked)) == ([(1, 3), (2, 3), (3, 3)], 3)
    assert slow.turn(seconds=0) == TurnReport(0, 0)
    assert not slow.has_more


def test_a_turn_that_is_broken_off_keeps_what_it_has_read(hospital):
    hospital.take_in(*PETS)
    described_by_version_1(hospital)

    def stop(done: int, _total: int) -> None:
        if done == 1:
            raise JobStopped

    broken = reading_anew(hospital)
    with pytest.raises(JobStopped):
        broken.turn(stop)
    assert not broken.has_more  # whoever has cancelled it is not asked again at once
    is_of_today = [found.startswith(HEADER_BEGINNING) for found in headers(hospital).values()]
    assert sorted(is_of_today) == [False, True]
    assert broken.turn() == TurnReport(1, 0)


def test_it_is_remembered_for_which_version_every_image_was_come_past_and_only_then(hospital):
    hospital.take_in(*PETS)
    described_by_version_1(hospital)
    kind = reading_anew_kind(reading_anew(hospital))
    remembered: list[Mapping[str, str]] = []

    def run(payload: Mapping[str, str], progress=lambda _done, _total: None) -> str:
        return kind.run(JobRun(SYSTEM_ORGANIZATION_ID, payload, progress, remembered.append))

    def stop(_done: int, _total: int) -> None:
        raise JobStopped

    with pytest.raises(JobStopped):
        run({}, stop)
    assert remembered == []
    assert run({}) == "Images read anew: 1."
    assert run(remembered[0]) == "Every image is described as this version reads it."
    (known,) = remembered
    assert kind.is_spared(known)
    # A database that was brought back from before, or never looked through, is.
    before = {"version": str(READING_HEADER_VERSION - 1)}
    assert not any(map(kind.is_spared, ({}, before)))


def test_an_image_that_is_deleted_while_it_is_read_stays_deleted(hospital):
    hospital.take_in(*PETS)
    described_by_version_1(hospital)
    remover = hospital.sign_in("admin@demo.example").caller

    def parse(reader) -> ParsedInstance | Refused:
        parsed = decoded_here(reader)
        hospital.services.deletions.delete(remover, STUDY, "not wanted any more")
        return parsed

    assert reading_anew(hospital, parse).turn() == TurnReport(1, 0)
    assert everything(hospital)["instances"] == []


def test_a_reading_copy_stays_where_its_frames_are_drawn_as_before(hospital, monkeypatch):
    drawn_alike, drawn_otherwise = compressed(ct_slice(0, 1)), compressed(PETS[0])
    hospital.take_in(drawn_alike, drawn_otherwise)
    described_by_version_1(hospital)
    copies_of(hospital).make_all()
    objects = object_ids(hospital)
    copies = {row.instance_key: row.object_id for row in rows_of(hospital)}
    with hospital.services.database.system_read() as session:
        keys = {row.object_id: row.id for row in session.exec(select(Instance))}
    kept, unused = (copies[keys[objects[uid_of(one)]]] for one in (drawn_alike, drawn_otherwise))
    dropped: list[bool] = []
    renewing = reading_anew(hospital, when_copies_dropped=lambda: dropped.append(True))
    assert renewing.turn() == TurnReport(2, 0)
    assert [row.object_id for row in rows_of(hospital)] == [kept]
    assert dropped == [True]
    assert path_of(hospital, kept)
    assert not list((hospital.services.settings.data_dir / "objects").rglob(unused))
    no_originals(monkeypatch)
    caller = hospital.sign_in().caller
    hospital.services.viewing.render_tile(caller, STUDY, TileRequest(uid_of(drawn_alike)))
