"""What left for whom is remembered cheaply and written down once, in few words."""

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.caller import Caller, Origin
from backend.core.errors import StorageFull
from backend.core.vocabulary import AuditAction
from backend.models.audit import entries_after
from backend.models.served_images import PlacedInstance
from backend.services import served_images
from backend.services.served_images import WHOLE_VIDEO, ServedImages, summary
from tests.postgres import NORTH
from tests.viewing_hospital import CT_SERIES, STUDY, Hospital, ct_slice, uid_of

SLICES = [ct_slice(2 * number, number) for number in range(1, 8)]
UIDS = [uid_of(octets) for octets in SLICES]


def anna(session_id="session-1", user_id="anna"):
    return Caller(
        user_id, NORTH, session_id, "Anna Miller", "", (), frozenset(), Origin("192.0.2.7", "b")
    )


@pytest.fixture
def served(sqlcipher_database):
    return ServedImages(sqlcipher_database)


@pytest.fixture
def now(monkeypatch):
    """A clock that only moves when it is told to."""
    moment = [1000.0]
    monkeypatch.setattr(served_images.time, "monotonic", lambda: moment[0])
    return moment


def written(database):
    with database.system_read() as session:
        return [
            entry
            for entry in entries_after(session, 0, 1000)
            if entry.action == AuditAction.STUDY_SERVED
        ]


def details(database):
    return [json.loads(entry.details) for entry in written(database)]


def test_one_viewing_is_one_entry_with_the_numbers_of_its_images(tmp_path):
    hospital = Hospital(tmp_path / "data")
    try:
        hospital.take_in(*SLICES)
        caller = hospital.sign_in().caller
        served = hospital.services.served_images
        for uid in (*UIDS[:4], UIDS[5], *UIDS[:4]):
            served.note(caller, STUDY, uid, 1)
        served.note(caller, STUDY, "2.25.404", 1)
        served.write_down(everything=True)
        served.write_down(everything=True)
        (entry,) = written(hospital.services.database)
        told = json.loads(entry.details)
    finally:
        hospital.close()
    assert (entry.object_id, entry.actor_user_id) == (STUDY, caller.user_id)
    assert (entry.session_id, entry.ip_address) == (caller.session_id, caller.origin.ip_address)
    assert told["images"] == 6
    assert told["series"] == [f"{CT_SERIES}: 1-4, 6", "#2.25.404"]
    assert told["from"] <= told["to"]


def test_each_person_session_and_study_has_its_own(served, sqlcipher_database):
    for caller in (anna(), anna("session-2"), anna("session-3", "bo")):
        for study in ("1.1", "1.2"):
            served.note(caller, study, "1.5", 1)
    assert served.write_down(everything=True) == 6
    assert len({(e.session_id, e.object_id) for e in written(sqlcipher_database)}) == 6


def test_a_viewing_ends_with_its_session(served, sqlcipher_database):
    served.socket_opened("session-1")
    served.note(anna(), "1.1", "1.5", 1)
    served.note(anna("session-2"), "1.1", "1.5", 1)
    served.socket_opened("session-2")
    assert served.write_down() == 0
    served.session_ended("session-1")
    assert served.write_down() == 1
    assert [entry.session_id for entry in written(sqlcipher_database)] == ["session-1"]


def test_a_viewing_ends_soon_after_the_last_socket_has_closed(served, now):
    served.socket_opened("session-1")
    served.socket_opened("session-1")
    served.note(anna(), "1.1", "1.5", 1)
    now[0] += 60
    served.socket_closed("session-1")
    assert served.write_down() == 0
    served.socket_closed("session-1")
    served.note(anna(), "1.1", "1.5", 1)
    served.socket_opened("session-1")  # the page was loaded anew
    now[0] += 60
    assert served.write_down() == 0
    served.socket_closed("session-1")
    assert served.write_down() == 1


def test_a_viewing_that_goes_on_is_written_down_every_quarter_of_an_hour(
    served, now, sqlcipher_database
):
    served.socket_opened("session-1")
    for _ in range(40):
        served.note(anna(), "1.1", "1.5", 1)
        now[0] += 60
        served.write_down()
    assert len(written(sqlcipher_database)) == 2
    assert served.write_down(everything=True) == 1


def test_memory_is_bounded(served, monkeypatch):
    monkeypatch.setattr(served_images, "_MOST_INSTANCES", 10)
    for number in range(11):
        served.note(anna(), "1.1", f"1.{number}", 1)
    assert served._something_to_do.is_set()
    assert served.write_down() == 1
    assert served._instances == 0


def test_what_cannot_be_written_is_written_later_and_nothing_of_it_is_lost(
    served, sqlcipher_database, monkeypatch
):
    served.note(anna(), "1.1", "1.5", 1)

    def full(_organization_id):
        raise StorageFull

    with monkeypatch.context() as patch:
        patch.setattr(sqlcipher_database, "write", full)
        assert served.write_down(everything=True) == 0
    served.note(anna(), "1.1", "1.6", 1)
    assert served.write_down(everything=True) == 1
    assert details(sqlcipher_database)[0]["images"] == 2
    assert served._instances == 0


def test_a_stop_writes_down_what_there_is(served, sqlcipher_database):
    served.start()
    served.socket_opened("session-1")
    served.note(anna(), "1.1", "1.5", 1)
    served.stop()
    assert len(written(sqlcipher_database)) == 1


def test_eight_hands_at_once_lose_no_image(served, sqlcipher_database):
    def look(number):
        for frame in range(1, 201):
            served.note(anna(), "1.1", f"1.{number % 2}", 200 * number + frame)

    threads = [threading.Thread(target=look, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    served.write_down(everything=True)
    assert details(sqlcipher_database)[0]["images"] == 1600


def mask(*frames):
    return sum(1 << frame for frame in set(frames))


def placed(uid, number, frame_count=1, series="1.1"):
    return PlacedInstance(uid, series, number, frame_count)


def test_frames_of_an_instance_are_told_in_brackets_and_videos_as_a_whole():
    frames = {
        "a": mask(1),
        "b": mask(1, 2, 3, 30, 35, 36),
        "c": mask(WHOLE_VIDEO),
        "d": mask(1),
        "e": mask(1),
    }
    told = summary(
        frames,
        [
            placed("a", 1),
            placed("b", 2, 40),
            placed("c", 1, 900, "1.2"),
            placed("d", None, series="1.3"),
            placed("e", 4, series="1.3"),
        ],
    )
    assert told == {
        "images": 9,
        "videos": 1,
        "series": ["1.1: 1, 2[1-3, 30, 35-36]", "1.2: 1", "1.3: #d, 4"],
    }


def test_an_entry_has_an_end():
    frames = {str(number): mask(1) for number in range(0, 40_000, 2)}
    told = summary(frames, [placed(uid, int(uid), series=f"1.{int(uid) // 500}") for uid in frames])
    assert len(json.dumps(told)) < 16_000
    assert told["images"] == 20_000
    assert told["instances_unnamed"] > 10_000


@given(
    st.dictionaries(
        st.integers(1, 60), st.sets(st.integers(1, 40), min_size=1, max_size=20), max_size=12
    )
)
def test_what_is_told_is_what_was_served(seen):
    frames = {f"1.{number}": mask(*shown) for number, shown in seen.items()}
    told = summary(frames, [placed(f"1.{number}", number, 40) for number in sorted(seen)])
    read = {}
    if not told.get("instances_unnamed"):
        words = told["series"][0].removeprefix("1.1: ") if told["series"] else ""
        for word in filter(None, words.replace("], ", "]|").split("|")):
            number, _, inside = word.rstrip("]").partition("[")
            read[int(number)] = {
                frame
                for part in inside.split(", ")
                for first, _, last in [part.partition("-")]
                for frame in range(int(first), int(last or first) + 1)
            }
        assert read == seen
    assert told["images"] == sum(map(len, seen.values()))
