"""Two servers on one database: what one of them learns of a study, the other notices at its next look, within a second."""

from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace

import pytest

from backend import bootstrap
from backend.bootstrap import Services
from backend.core.errors import NotFound, ObjectDamaged
from backend.schemas.viewing import TileRequest
from backend.services import viewing_verdicts
from tests.bit_rot import object_ids, path_of, turned_bit
from tests.dicom.video.test_remux import film
from tests.dicom.video.transport_writer import transport_stream
from tests.services.test_integrity import FIRST, SLICES, UIDS, integrity
from tests.videos import STUDY as VIDEO_STUDY
from tests.videos import video_file
from tests.viewing_hospital import CT_SERIES, STUDY, Hospital, uid_of

VIDEO = video_file(transport_stream(film()))


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    made = Hospital(tmp_path_factory.mktemp("two") / "data")
    yield made
    made.close()


@pytest.fixture(scope="module")
def other(hospital: Hospital) -> Iterator[Services]:
    """The second server."""
    built = bootstrap.build(hospital.services.settings)
    yield built
    bootstrap.close(built)


@pytest.fixture(autouse=True)
def a_second_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between any two looks."""
    monkeypatch.setattr(viewing_verdicts, "VERDICT_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def stored(hospital: Hospital) -> Iterator[None]:
    hospital.take_in(*SLICES, VIDEO)
    yield
    remover = hospital.sign_in("admin@demo.example").caller
    for uid in (STUDY, VIDEO_STUDY):
        with suppress(NotFound):  # a test deletes one itself
            hospital.services.deletions.delete(remover, uid, "the test is over")


def test_a_damage_that_one_server_finds_is_shown_by_no_other(hospital, other):
    caller = hospital.sign_in().caller

    def look(uid: str = FIRST) -> bytes:
        return other.viewing.render_tile(caller, STUDY, TileRequest(uid)).octets

    before = [look(uid) for uid in UIDS]
    checks = integrity(hospital)
    with turned_bit(path_of(hospital, object_ids(hospital)[FIRST]), 100):
        checks.check_all()
        with pytest.raises(ObjectDamaged):
            look()
        with pytest.raises(ObjectDamaged):
            other.instance_tags.page(caller, STUDY, CT_SERIES)
        assert look(UIDS[1]) == before[1]
    checks.check_all()
    assert look() == before[0]


def test_a_video_that_one_server_finds_damaged_is_played_by_no_other(hospital, other):
    caller, uid = hospital.sign_in().caller, uid_of(VIDEO)
    assert other.videos.read(caller, VIDEO_STUDY, uid, 0, 16)
    with turned_bit(path_of(hospital, object_ids(hospital)[uid]), 100):
        integrity(hospital).check_all()
        with pytest.raises(ObjectDamaged):
            other.videos.read(caller, VIDEO_STUDY, uid, 0, 16)


def test_a_study_that_one_server_deletes_is_shown_by_no_other_and_its_pixels_go(hospital, other):
    caller = hospital.sign_in().caller
    frames = other.viewing._frames
    size_before = frames._frame_cache.size_bytes
    other.viewing.render_tile(caller, STUDY, TileRequest(FIRST))
    assert frames._frame_cache.size_bytes > size_before
    remover = hospital.sign_in("admin@demo.example").caller
    hospital.services.deletions.delete(remover, STUDY, "sent by mistake")
    with pytest.raises(NotFound):
        other.viewing.render_tile(caller, STUDY, TileRequest(FIRST))
    assert frames._frame_cache.size_bytes == size_before


def test_within_a_second_no_database_is_asked(hospital, other, monkeypatch):
    caller = hospital.sign_in().caller
    monkeypatch.setattr(viewing_verdicts, "VERDICT_SECONDS", 60.0)
    other.viewing.render_tile(caller, STUDY, TileRequest(FIRST))
    verdicts = other.viewing.verdicts
    # Of a database, only what costs nothing to ask.
    known = SimpleNamespace(access_changes=verdicts._database.access_changes)
    monkeypatch.setattr(verdicts, "_database", known)
    assert other.viewing.render_tile(caller, STUDY, TileRequest(FIRST)).octets
