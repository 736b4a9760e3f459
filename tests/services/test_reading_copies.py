"""Reading copies: made from what is in the database, read instead of the original, dropped when damaged, kept within bounds."""

import io
import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from sqlmodel import select

from backend.core.errors import NotFound, ObjectDamaged, StorageFull
from backend.core.vocabulary import IngestOutcomeKind
from backend.dicom.frames import ReadRange
from backend.dicom.parsing import parse_instance
from backend.dicom.reading_copy import CopiedFrame, Copying, copied_frames
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.packing import NotPacked
from backend.models import ingest, viewing
from backend.models.reading_copies import ReadingCopy
from backend.models.studies import Instance, Study
from backend.schemas.viewing import Encoding, TileRequest
from backend.services import copy_writing, frame_reading, reading_copies
from backend.services.reading_copies import ReadingCopies
from backend.services.studies import Studies
from tests import phantoms
from tests.viewing_hospital import (
    MG_CLASS,
    STUDY,
    Hospital,
    ct_slice,
    dicom_file,
    uid_of,
)

J2K_LOSSLESS = "1.2.840.10008.1.2.4.90"


class Copyist:
    """Copies in this process; every level is dear unless said otherwise."""

    def __init__(self, dear=lambda _cost: True) -> None:
        self.dear = dear
        self.copied = 0

    def copied_frames(self, header_octets: bytes, read_range: ReadRange) -> Iterator[CopiedFrame]:
        self.copied += 1
        yield from copied_frames(ReadingHeader.from_bytes(header_octets), read_range, self.dear)

    def rest(self) -> None:
        """Nothing to end."""

    def interrupt(self) -> None:
        """Nothing to break off."""


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path / "data")
    yield hospital
    hospital.close()


def copies_of(hospital: Hospital, copyist: Copyist | None = None, **options) -> ReadingCopies:
    services = hospital.services
    options.setdefault("limit_bytes", 1 << 30)
    options.setdefault("when_made", services.viewing.copy_made)
    return ReadingCopies(
        services.database, services.object_store, services.keyring, copyist or Copyist(), **options
    )


def compressed(octets: bytes) -> bytes:
    """The same image as JPEG 2000."""
    dataset = pydicom.dcmread(io.BytesIO(octets))
    pixels = dataset.pixel_array
    frames = pixels if pixels.ndim == 3 else pixels[None]
    dataset.PixelData = encapsulate(
        [imagecodecs.jpeg2k_encode(frame, reversible=True, level=0) for frame in frames]
    )
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = J2K_LOSSLESS
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=True)
    return buffer.getvalue()


def slow_slice(position_mm: float = 0, number: int = 1, **attributes: object) -> bytes:
    return compressed(ct_slice(position_mm, number, **attributes))


def mammogram() -> bytes:
    return dicom_file(
        phantoms.mammogram(1300, 1100).stored_values,
        sop_class_uid=MG_CLASS,
        series_instance_uid="2.25.9",
        Modality="MG",
    )


def rows_of(hospital: Hospital) -> list[ReadingCopy]:
    with hospital.services.database.system_read() as session:
        return list(session.exec(select(ReadingCopy).order_by(ReadingCopy.id)))


def object_path(hospital: Hospital, object_id: str | None) -> Path:
    (found,) = hospital.services.settings.data_dir.glob(f"objects/*/*/{object_id}")
    return found


def drawn(hospital: Hospital, octets: bytes, level: int = 0) -> bytes:
    caller = hospital.sign_in().caller
    request = TileRequest(uid_of(octets), level=level, encoding=Encoding.PNG)
    return hospital.services.viewing.render_tile(caller, STUDY, request).octets


def forget_pixels(hospital: Hospital) -> None:
    """As if the program had been started anew."""
    with hospital.services.database.system_read() as session:
        study_keys = session.exec(select(Study.id)).all()
    for study_key in study_keys:
        hospital.services.viewing.forget_study(STUDY, study_key)


def no_originals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_reading, "decode_frame", lambda *_: pytest.fail("decoded"))


# -- reading -----------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_tile_is_the_same_from_the_copy_and_the_original_is_not_decoded(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch, level: int
):
    octets = compressed(mammogram())
    hospital.take_in(octets)
    before = drawn(hospital, octets, level)
    copies_of(hospital).make_all()
    forget_pixels(hospital)
    no_originals(monkeypatch)
    assert drawn(hospital, octets, level) == before


def test_a_copy_is_read_as_soon_as_it_is_made(hospital: Hospital, monkeypatch: pytest.MonkeyPatch):
    first, second = slow_slice(0, 1), slow_slice(2, 2)
    hospital.take_in(first, second)
    drawn(hospital, first)
    drawn(hospital, second)
    copies_of(hospital).make_all()
    for row in rows_of(
        hospital
    ):  # the pixels alone are forgotten, not what is known of the instances
        assert row.object_id
    hospital.services.viewing._frames._frame_cache.clear()
    no_originals(monkeypatch)
    drawn(hospital, first)
    drawn(hospital, second)


def test_a_copy_made_while_its_instance_is_read_is_not_overlooked(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    slices = [slow_slice(2 * n, n) for n in range(3)]
    hospital.take_in(*slices)
    drawn(hospital, slices[0])
    really_read = viewing.readable_neighbours

    def read_and_copy(session, study_key, sop_instance_uid):
        rows = really_read(session, study_key, sop_instance_uid)
        copies_of(hospital).make_all()
        return rows

    with monkeypatch.context() as patch:
        patch.setattr(frame_reading.queries, "readable_neighbours", read_and_copy)
        drawn(hospital, slices[1])
    no_originals(monkeypatch)
    hospital.services.viewing._frames._frame_cache.clear()
    for octets in slices:
        drawn(hospital, octets)


def test_a_first_look_at_a_large_image_reads_its_small_level_only(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    octets = mammogram()
    hospital.take_in(octets)
    copies_of(hospital, Copyist(lambda cost: cost.level >= 1)).make_all()
    no_originals(monkeypatch)
    opened: list[str] = []
    really_open = type(hospital.services.object_store).open

    def noted_open(self, object_id, object_key):
        opened.append(object_id)
        return really_open(self, object_id, object_key)

    monkeypatch.setattr(type(hospital.services.object_store), "open", noted_open)
    drawn(hospital, octets, level=2)
    (row,) = rows_of(hospital)
    assert opened == [row.object_id]
    kept = hospital.services.viewing._frames._frame_cache.size_bytes
    assert kept == 2 * 325 * 275  # level 2 and nothing else


def test_a_thumbnail_comes_from_the_copy(hospital: Hospital, monkeypatch: pytest.MonkeyPatch):
    hospital.take_in(mammogram())
    caller = hospital.sign_in().caller
    before = hospital.services.viewing.thumbnail(caller, STUDY, "2.25.9", 160)
    copies_of(hospital, Copyist(lambda cost: cost.level >= 1)).make_all()
    hospital.services.viewing._thumbnails.forget(lambda _key: True)
    hospital.services.viewing._frames._frame_cache.clear()
    no_originals(monkeypatch)
    assert hospital.services.viewing.thumbnail(caller, STUDY, "2.25.9", 160) == before


def test_a_warm_reader_decodes_each_frame_once(hospital: Hospital, monkeypatch: pytest.MonkeyPatch):
    slices = [slow_slice(2 * n, n) for n in range(6)]
    hospital.take_in(*slices)
    decoded: list[int] = []
    really_decode = frame_reading.decode_frame

    def counted(header, read_range, frame_index):
        decoded.append(frame_index)
        return really_decode(header, read_range, frame_index)

    monkeypatch.setattr(frame_reading, "decode_frame", counted)
    caller = hospital.sign_in().caller
    for octets in slices:
        hospital.services.viewing.prefetch(caller, STUDY, uid_of(octets), 1, 0)
    for _ in range(3):
        for octets in slices:
            drawn(hospital, octets)
    assert len(decoded) == len(slices)


# -- made along the way ------------------------------------------------------------------------


def copying_importer(hospital: Hospital) -> None:
    """From now on copies are made while files are taken in."""
    services = hospital.services

    def parse(reader, take=None):
        return parse_instance(reader.stream(), take=take)

    hospital.importer = Studies(
        services.database,
        services.object_store,
        services.keyring,
        parse,
        parsers=1,
        upload_limit_bytes=1 << 30,
        makes_copies=lambda: True,
    )


@pytest.fixture
def everything_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Copying.__init__, "__defaults__", (lambda _cost: True,))


@pytest.mark.usefixtures("everything_dear")
def test_what_is_taken_in_has_its_copy_at_once(hospital: Hospital, monkeypatch: pytest.MonkeyPatch):
    octets = compressed(mammogram())
    reference = Hospital(hospital.services.settings.data_dir.parent / "other")
    reference.take_in(octets)
    expected = [drawn(reference, octets, level) for level in range(3)]
    reference.close()
    copying_importer(hospital)
    hospital.take_in(octets)
    assert rows_of(hospital)[0].object_id
    no_originals(monkeypatch)
    assert [drawn(hospital, octets, level) for level in range(3)] == expected
    copyist = Copyist()
    copies_of(hospital, copyist).make_all()
    assert copyist.copied == 0


def test_what_turns_out_to_be_quick_while_it_is_taken_in_is_not_measured_again(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Copying.__init__, "__defaults__", (lambda _cost: False,))
    copying_importer(hospital)
    hospital.take_in(slow_slice(), ct_slice(2, 2))
    (row,) = rows_of(hospital)  # a small uncompressed slice needs none to say so
    assert row.object_id is None
    copyist = Copyist()
    copies_of(hospital, copyist).make_all()
    assert copyist.copied == 0


@pytest.mark.usefixtures("everything_dear")
def test_an_instance_is_taken_in_though_its_copy_has_no_room(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    copying_importer(hospital)
    with monkeypatch.context() as patch:
        patch.setattr(copy_writing, "LEAVE_FREE_BYTES", 2**60)
        (outcome,) = hospital.take_in(slow_slice())
    assert outcome.kind is IngestOutcomeKind.STORED
    assert rows_of(hospital) == []
    copies_of(hospital).make_all()
    assert rows_of(hospital)[0].object_id


@pytest.mark.usefixtures("everything_dear")
def test_nothing_is_left_of_the_copy_of_what_is_not_taken_in(hospital: Hospital):
    copying_importer(hospital)
    octets = slow_slice()
    hospital.take_in(octets)
    kept = sorted(hospital.services.object_store.list_ids())
    twice = hospital.take_in(octets, slow_slice(9, 9, sop_instance_uid=uid_of(octets)))
    assert [outcome.kind for outcome in twice] == [
        IngestOutcomeKind.DUPLICATE,
        IngestOutcomeKind.CONFLICT,
    ]
    held = sorted(set(hospital.services.object_store.list_ids()) - set(kept))
    assert len(held) == 1  # the file of the conflict, and no copy of it
    staged = hospital.services.settings.data_dir.glob("staging/*/*")
    assert [path.name for path in staged] == ["in-use.lock"]


# -- what is missing ---------------------------------------------------------------------------


def test_copies_are_made_once_and_only_of_what_takes_long(hospital: Hospital):
    quick = ct_slice(4, 3)
    hospital.take_in(slow_slice(), mammogram(), quick)
    copyist = Copyist()
    copies_of(hospital, copyist).make_all()
    assert copyist.copied == 2  # a small uncompressed slice is not even measured
    assert len(rows_of(hospital)) == 2
    copies_of(hospital, copyist).make_all()
    assert copyist.copied == 2


def test_what_turns_out_to_be_quick_is_remembered_and_not_measured_again(hospital: Hospital):
    hospital.take_in(slow_slice())
    copyist = Copyist(lambda _cost: False)
    copies_of(hospital, copyist).make_all()
    (row,) = rows_of(hospital)
    assert (row.object_id, row.size_bytes) == (None, 0)
    copies_of(hospital, copyist).make_all()
    assert copyist.copied == 1


def test_what_was_stored_by_another_process_is_found(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading_copies, "_LOOK_SECONDS", 0.02)
    made = threading.Event()
    copies = copies_of(hospital, when_made=lambda *_: made.set())
    copies.start()
    try:
        hospital.take_in(slow_slice())  # by an importer that knows nothing of these copies
        assert made.wait(30)
    finally:
        copies.stop()
    assert rows_of(hospital)[0].object_id


def test_the_program_makes_copies_by_itself_in_a_process_of_their_own(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    noise = np.random.default_rng(8).integers(0, 4096, (400, 500)).astype(np.uint16)
    octets = compressed(dicom_file(noise))
    hospital.take_in(octets)
    before = drawn(hospital, octets)
    made = threading.Event()
    copies = hospital.services.reading_copies
    monkeypatch.setattr(copies, "_when_made", lambda *_: made.set())
    copies.start()
    try:
        assert made.wait(60)
    finally:
        copies.stop()
    assert rows_of(hospital)[0].object_id
    forget_pixels(hospital)
    no_originals(monkeypatch)
    assert drawn(hospital, octets) == before


def test_the_study_that_was_opened_comes_first(hospital: Hospital):
    old = slow_slice(0, 1, StudyInstanceUID="2.25.3000", SeriesInstanceUID="2.25.3001")
    hospital.take_in(old)
    hospital.take_in(*[slow_slice(2 * n, n) for n in range(3)])
    order: list[str] = []
    copies = copies_of(hospital, when_made=lambda _study, uid: order.append(uid))
    hospital.services.viewing.when_opened(copies.hurry)
    hospital.services.viewing.open_study(hospital.sign_in().caller, "2.25.3000")
    copies.make_all()
    assert order[0] == uid_of(old)
    assert len(order) == 4


def test_the_series_that_is_looked_at_comes_first(hospital: Hospital):
    hospital.take_in(*[slow_slice(2 * n, n) for n in range(2)])
    other = [slow_slice(2 * n, n, series_instance_uid="2.25.7") for n in range(2)]
    hospital.take_in(*other)
    order: list[str] = []
    copies = copies_of(hospital, when_made=lambda _study, uid: order.append(uid))
    hospital.services.viewing.when_opened(copies.hurry)
    hospital.services.viewing.describe_series(hospital.sign_in().caller, STUDY, "2.25.7")
    copies.make_all()
    assert order[:2] == [uid_of(octets) for octets in other]


def test_a_copy_of_an_earlier_version_is_made_anew_and_the_old_one_removed(hospital: Hospital):
    octets = slow_slice()
    hospital.take_in(octets)
    copies_of(hospital).make_all()
    with hospital.services.database.system_write() as session:
        row = session.exec(select(ReadingCopy)).one()
        row.version, old_id = 0, row.object_id
        session.add(row)
    copies_of(hospital).make_all()
    (row,) = rows_of(hospital)
    assert row.object_id not in (None, old_id)
    kept = set(hospital.services.object_store.list_ids())
    assert old_id not in kept
    assert row.object_id in kept


# -- failures ----------------------------------------------------------------------------------


def test_a_damaged_copy_is_dropped_and_the_original_is_shown(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
):
    octets = slow_slice()
    hospital.take_in(octets)
    before = drawn(hospital, octets)
    copies_of(hospital).make_all()
    (row,) = rows_of(hospital)
    path = object_path(hospital, row.object_id)
    sealed = bytearray(path.read_bytes())
    sealed[len(sealed) // 2] ^= 1
    path.write_bytes(sealed)
    forget_pixels(hospital)
    with caplog.at_level(logging.WARNING):
        assert drawn(hospital, octets) == before
    assert rows_of(hospital) == []
    assert not path.exists()
    (said,) = [record.getMessage() for record in caplog.records]
    assert "damaged" in said
    assert not any(character.isdigit() for character in said)
    copies_of(hospital).make_all()
    forget_pixels(hospital)
    assert rows_of(hospital)[0].object_id
    assert drawn(hospital, octets) == before


def test_a_copy_that_is_gone_is_no_loss(hospital: Hospital):
    octets = slow_slice()
    hospital.take_in(octets)
    before = drawn(hospital, octets)
    copies_of(hospital).make_all()
    object_path(hospital, rows_of(hospital)[0].object_id).unlink()
    forget_pixels(hospital)
    assert drawn(hospital, octets) == before
    assert rows_of(hospital) == []


def test_a_frame_that_is_not_the_one_taken_in_is_never_copied(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
):
    octets = slow_slice()
    hospital.take_in(octets)

    class Wrong(Copyist):
        def copied_frames(self, header_octets, read_range):
            for frame in super().copied_frames(header_octets, read_range):
                yield replace(frame, pixel_sha256="0" * 64)

    wrong = Wrong()
    with caplog.at_level(logging.WARNING):
        copies_of(hospital, wrong).make_all()
    assert [row.object_id for row in rows_of(hospital)] == [None]
    assert "cannot be made" in caplog.text
    assert len(list(hospital.services.object_store.list_ids())) == 1
    assert drawn(hospital, octets)
    done = wrong.copied
    copies_of(hospital, wrong).make_all()
    assert wrong.copied == done


def test_a_copyist_that_misses_frames_makes_no_copy(hospital: Hospital):
    frames = np.zeros((3, 40, 40), np.uint8)
    hospital.take_in(compressed(dicom_file(frames, series_instance_uid="2.25.4", Modality="US")))

    class Lazy(Copyist):
        def copied_frames(self, header_octets, read_range):
            yield next(super().copied_frames(header_octets, read_range))

    copies_of(hospital, Lazy()).make_all()
    assert [row.object_id for row in rows_of(hospital)] == [None]


def test_a_process_that_is_killed_once_is_forgiven(hospital: Hospital):
    hospital.take_in(slow_slice())

    class KilledOnce(Copyist):
        def copied_frames(self, header_octets, read_range):
            yield from super().copied_frames(header_octets, read_range)
            if self.copied == 1:
                raise NotPacked("killed")

    copies_of(hospital, KilledOnce()).make_all()
    assert rows_of(hospital)[0].object_id


def test_a_full_disk_stops_copies_and_nothing_is_written_down(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    octets = slow_slice()
    hospital.take_in(octets)
    before = sorted(hospital.services.object_store.list_ids())
    with monkeypatch.context() as patch:
        patch.setattr(copy_writing, "LEAVE_FREE_BYTES", 2**60)
        with pytest.raises(StorageFull):
            copies_of(hospital).make_all()
    assert rows_of(hospital) == []
    assert sorted(hospital.services.object_store.list_ids()) == before
    copies_of(hospital).make_all()
    assert rows_of(hospital)[0].object_id


def test_ending_the_program_writes_nothing_down_that_was_not_finished(hospital: Hospital):
    hospital.take_in(slow_slice())
    begun, ended = threading.Event(), threading.Event()

    class Endless(Copyist):
        def copied_frames(self, header_octets, read_range):
            begun.set()
            ended.wait(30)
            raise NotPacked("interrupted")
            yield

        def interrupt(self) -> None:
            ended.set()

    copies = copies_of(hospital, Endless())
    copies.start()
    assert begun.wait(30)
    copies.stop()
    assert rows_of(hospital) == []


# -- bounds ------------------------------------------------------------------------------------


def test_copies_keep_within_their_bound_the_oldest_going_first(hospital: Hospital):
    hospital.take_in(*[slow_slice(2 * n, n) for n in range(5)])
    copies_of(hospital).make_all()
    made = rows_of(hospital)
    size = made[0].size_bytes
    copies_of(hospital, limit_bytes=3 * size).make_all()
    kept = rows_of(hospital)
    assert sum(row.size_bytes for row in kept) <= 3 * size
    assert [row.id for row in kept] == [row.id for row in made][-len(kept) :]
    assert len(list(hospital.services.object_store.list_ids())) == 5 + len(kept)


@pytest.mark.parametrize("limit_in_copies", [0.5, 1.5, 2.9, 3.05, 4.2])
def test_what_had_to_go_is_not_made_again_for_the_room_that_is_left(
    hospital: Hospital, limit_in_copies: float
):
    hospital.take_in(*[slow_slice(2 * n, n) for n in range(5)])
    copies_of(hospital).make_all()
    limit_bytes = round(limit_in_copies * max(row.size_bytes for row in rows_of(hospital)))
    copies = copies_of(hospital, limit_bytes=limit_bytes)
    copies.make_all()
    kept = rows_of(hospital)
    assert sum(row.size_bytes for row in kept) <= limit_bytes
    copies.make_all()
    assert rows_of(hospital) == kept


def test_what_is_made_unasked_ends_where_its_share_is_full(hospital: Hospital):
    hospital.take_in(*[slow_slice(2 * n, n) for n in range(8)])
    copies_of(hospital).make_all()
    limit_bytes = sum(row.size_bytes for row in rows_of(hospital)) // 2
    copies_of(hospital, limit_bytes=1).make_all()
    assert rows_of(hospital) == []
    copies_of(hospital, limit_bytes=limit_bytes).make_all()
    assert 0 < sum(row.size_bytes for row in rows_of(hospital)) <= limit_bytes


def test_an_opened_study_pushes_out_the_oldest_copies(hospital: Hospital):
    old = [
        slow_slice(2 * n, n, StudyInstanceUID="2.25.3000", SeriesInstanceUID="2.25.3001")
        for n in range(12)
    ]
    hospital.take_in(*old)
    copies_of(hospital).make_all()
    size = sum(row.size_bytes for row in rows_of(hospital))
    new = slow_slice()
    hospital.take_in(new)
    copies = copies_of(hospital, limit_bytes=size)
    copies.make_all()
    assert uid_of(new) not in copied_uids(hospital)  # unasked, nothing is pushed out
    hospital.services.viewing.when_opened(copies.hurry)
    hospital.services.viewing.open_study(hospital.sign_in().caller, STUDY)
    copies.make_all()
    assert uid_of(new) in copied_uids(hospital)
    assert not {uid_of(octets) for octets in old} <= set(copied_uids(hospital))
    assert sum(row.size_bytes for row in rows_of(hospital)) <= size


def copied_uids(hospital: Hospital) -> Sequence[str]:
    with hospital.services.database.system_read() as session:
        statement = select(Instance.sop_instance_uid).join(
            ReadingCopy, ReadingCopy.instance_key == Instance.id
        )
        return session.exec(statement.where(ReadingCopy.object_id.is_not(None))).all()


def test_without_room_for_copies_there_are_none(hospital: Hospital):
    octets = slow_slice()
    hospital.take_in(octets)
    copies_of(hospital).make_all()
    assert rows_of(hospital)
    copies_of(hospital, limit_bytes=0).make_all()
    assert rows_of(hospital) == []
    assert len(list(hospital.services.object_store.list_ids())) == 1
    assert drawn(hospital, octets)


def test_copying_waits_for_hands_and_goes_on_all_the_same(
    hospital: Hospital, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(reading_copies, "_PATIENCE_SECONDS", 0.02)
    monkeypatch.setattr(reading_copies, "_PATIENCE_STEP_SECONDS", 0.001)
    hospital.take_in(slow_slice())
    asked: list[bool] = []

    def is_busy() -> bool:
        asked.append(True)
        return True

    copies_of(hospital, is_busy=is_busy).make_all()
    assert len(asked) > 1
    assert rows_of(hospital)[0].object_id


# -- secrets -----------------------------------------------------------------------------------


def test_a_copy_is_not_reached_from_another_organization(hospital: Hospital):
    octets = slow_slice()
    hospital.take_in(octets)
    copies_of(hospital).make_all()
    with pytest.raises(NotFound):
        hospital.services.viewing.render_tile(
            hospital.stranger(), STUDY, TileRequest(uid_of(octets))
        )
    with hospital.services.database.system_read() as session:
        study_key = session.exec(select(Study.id)).one()
    with hospital.services.database.read("another") as session:
        assert viewing.readable_instance(session, study_key, uid_of(octets)) is None
        assert session.exec(select(ReadingCopy)).all() == []


def test_a_copy_is_gone_with_the_key_of_its_study(hospital: Hospital):
    octets = slow_slice()
    hospital.take_in(octets)
    copies_of(hospital).make_all()
    with hospital.services.database.system_write() as session:
        study = session.exec(select(Study)).one()
        study.wrapped_data_key = hospital.services.keyring.wrap_new_data_key()
        session.add(study)
    forget_pixels(hospital)
    with pytest.raises(ObjectDamaged):
        drawn(hospital, octets)


def test_nothing_of_a_copy_can_be_read_on_the_disk(hospital: Hospital):
    octets = slow_slice()
    hospital.take_in(octets)
    packed: list[bytes] = []

    class Noting(Copyist):
        def copied_frames(self, header_octets, read_range):
            for frame in super().copied_frames(header_octets, read_range):
                packed.extend(level.octets for level in frame.levels)
                yield frame
                for path in hospital.services.settings.data_dir.rglob("*"):
                    assert not path.is_file() or packed[0][32:64] not in path.read_bytes()

    copies_of(hospital, Noting()).make_all()
    assert len(packed[0]) > 64
    for path in hospital.services.settings.data_dir.rglob("*"):
        assert not path.is_file() or packed[0][32:64] not in path.read_bytes()


def test_the_sweeper_knows_copies_and_removes_those_without_a_row(hospital: Hospital):
    hospital.take_in(slow_slice())
    copies_of(hospital).make_all()
    store = hospital.services.object_store
    orphan = store.stage()
    orphan.write(b"a copy whose row was never written")
    orphan.finish()
    store.commit(orphan)

    def known(object_ids):
        with hospital.services.database.system_read() as session:
            return ingest.known_object_ids(session, object_ids)

    report = store.sweep(known, older_than_seconds=-1)
    assert (report.orphans_removed, report.orphans_kept) == (1, 0)
    assert len(list(store.list_ids())) == 2
