"""What every object store promises; run against each of them."""

import hashlib
import io
import os
import threading
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.adapters.object_store_local import LocalObjectStore
from backend.adapters.sealed import CHUNK_BYTES
from backend.core.errors import ObjectDamaged
from backend.core.identifiers import new_id
from backend.ports.object_store import ObjectStore, StagedObject

SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 200_001]


@dataclass(frozen=True)
class Stand:
    """A store under test, and how to see what it has really kept."""

    store: ObjectStore
    kept_bytes: Callable[[], bytes]
    make_older: Callable[[str, float], None]


def _local(folder: Path) -> Stand:
    def kept_bytes() -> bytes:
        return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())

    def make_older(object_id: str, seconds: float) -> None:
        path = next(folder.glob(f"objects/*/*/{object_id}"))
        moment = path.stat().st_mtime - seconds
        os.utime(path, (moment, moment))

    return Stand(LocalObjectStore(folder), kept_bytes, make_older)


STORES: dict[str, Callable[[Path], Stand]] = {"local": _local}


@pytest.fixture(params=STORES)
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Stand:
    return STORES[request.param](tmp_path)


@pytest.fixture
def store(stand: Stand) -> ObjectStore:
    return stand.store


def put(store: ObjectStore, content: bytes) -> StagedObject:
    staged = store.stage()
    staged.write(content)
    staged.finish()
    store.commit(staged)
    return staged


def known_none(_ids: Sequence[str]) -> set[str]:
    return set()


@pytest.mark.parametrize("size", SIZES)
def test_what_is_committed_comes_back_byte_for_byte(store: ObjectStore, size: int) -> None:
    content = os.urandom(size)
    staged = store.stage()
    for start in range(0, size, 7919):
        assert staged.write(content[start : start + 7919]) == len(content[start : start + 7919])
    summary = staged.finish()
    store.commit(staged)
    assert summary.size_bytes == size
    assert summary.sha256 == hashlib.sha256(content).hexdigest()
    with store.open(staged.object_id, staged.object_key) as reader:
        assert reader.size_bytes == size
        assert reader.read_range(0, size) == content


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_sequence_of_writes_and_ranges_agrees_with_plain_bytes(
    store: ObjectStore, data: st.DataObject
) -> None:
    pieces = data.draw(
        st.lists(st.integers(0, 2 * CHUNK_BYTES + 3).map(os.urandom), max_size=4), label="pieces"
    )
    content = b"".join(pieces)
    staged = store.stage()
    for piece in pieces:
        staged.write(piece)
    staged.finish()
    store.commit(staged)
    with store.open(staged.object_id, staged.object_key) as reader, reader.stream() as stream:
        for _ in range(6):
            start = data.draw(st.integers(0, len(content)))
            stop = data.draw(st.integers(start, len(content)))
            assert reader.read_range(start, stop - start) == content[start:stop]
            room = bytearray(stop - start)
            reader.read_into(start, memoryview(room))
            assert room == content[start:stop]
            stream.seek(start)
            assert stream.read(stop - start) == content[start:stop]
            assert stream.tell() == stop


@pytest.mark.parametrize(("offset", "length"), [(-1, 1), (0, -1), (0, 11), (10, 1), (11, 0)])
def test_a_range_outside_the_object_is_refused(
    store: ObjectStore, offset: int, length: int
) -> None:
    staged = put(store, b"0123456789")
    reader = store.open(staged.object_id, staged.object_key)
    with reader, pytest.raises(ValueError, match="range"):
        reader.read_range(offset, length)


@pytest.mark.parametrize(("offset", "length"), [(-CHUNK_BYTES, CHUNK_BYTES), (0, 11), (10, 1)])
def test_no_range_outside_the_object_is_read_into_anything(
    store: ObjectStore, offset: int, length: int
) -> None:
    staged = put(store, b"0123456789")
    reader = store.open(staged.object_id, staged.object_key)
    with reader, pytest.raises(ValueError, match="range"):
        reader.read_into(offset, memoryview(bytearray(length)))
    with pytest.raises(ValueError, match="closed"):
        reader.read_into(0, memoryview(bytearray(10)))


def test_whole_chunks_are_read_into_a_room_as_they_are_read_at_all(store: ObjectStore) -> None:
    content = os.urandom(5 * CHUNK_BYTES + 77)
    staged = put(store, content)
    with store.open(staged.object_id, staged.object_key) as reader:
        for first, last in ((0, 2), (2, 5), (3, 6), (5, 6)):
            expected = content[first * CHUNK_BYTES : last * CHUNK_BYTES]
            room = bytearray(len(expected))
            reader.read_into(first * CHUNK_BYTES, memoryview(room))
            assert room == expected


def test_a_zip_archive_can_be_read_in_place(store: ObjectStore) -> None:
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/1.dcm", b"first" * 50_000)
        archive.writestr("a/2.dcm", os.urandom(150_000))
    staged = store.stage()
    staged.write(plain.getvalue())
    staged.finish()
    with staged.open() as reader, zipfile.ZipFile(reader.stream()) as archive:
        assert archive.testzip() is None
        assert archive.read("a/1.dcm") == b"first" * 50_000
    staged.discard()


def test_nothing_readable_is_kept_while_staged_or_committed(stand: Stand) -> None:
    canary = b"CANARY^PATIENT "
    staged = stand.store.stage()
    staged.write(canary * 10_000)
    assert canary not in stand.kept_bytes()
    staged.finish()
    assert canary not in stand.kept_bytes()
    assert staged.object_key not in stand.kept_bytes()
    stand.store.commit(staged)
    assert len(stand.kept_bytes()) > 100_000
    assert canary not in stand.kept_bytes()
    assert staged.object_key not in stand.kept_bytes()


def test_the_same_bytes_are_sealed_differently_each_time(store: ObjectStore) -> None:
    first, second = put(store, b"same"), put(store, b"same")
    assert first.object_id != second.object_id
    assert first.object_key != second.object_key


def test_an_object_is_not_there_before_it_is_committed(store: ObjectStore) -> None:
    staged = store.stage()
    staged.write(b"half")
    staged.finish()
    assert list(store.list_ids()) == []
    with pytest.raises(ObjectDamaged):
        store.open(staged.object_id, staged.object_key)
    store.commit(staged)
    assert list(store.list_ids()) == [staged.object_id]


def test_many_are_committed_together(store: ObjectStore) -> None:
    staged = []
    for number in range(20):
        one = store.stage()
        one.write(bytes([number]) * 1000)
        one.finish()
        staged.append(one)
    store.commit_many(staged)
    assert sorted(store.list_ids()) == sorted(one.object_id for one in staged)
    for number, one in enumerate(staged):
        with store.open(one.object_id, one.object_key) as reader:
            assert reader.read_range(0, 1000) == bytes([number]) * 1000


def test_an_unfinished_object_is_not_committed(store: ObjectStore) -> None:
    staged = store.stage()
    staged.write(b"half")
    with pytest.raises(ValueError, match="not finished"):
        store.commit(staged)
    assert list(store.list_ids()) == []


def test_an_object_is_committed_once(store: ObjectStore) -> None:
    staged = put(store, b"once")
    with pytest.raises(ValueError, match="staged"):
        store.commit(staged)
    staged.discard()  # and discarding it then takes nothing away
    assert list(store.list_ids()) == [staged.object_id]


def test_a_finished_object_takes_no_more(store: ObjectStore) -> None:
    staged = store.stage()
    staged.write(b"all")
    assert staged.finish() == staged.finish()
    with pytest.raises(ValueError, match="finished"):
        staged.write(b"more")


def test_a_discarded_object_is_gone(stand: Stand) -> None:
    staged = stand.store.stage()
    staged.write(b"x" * 200_000)
    staged.discard()
    staged.discard()
    assert len(stand.kept_bytes()) < 1000
    for deed in (staged.finish, staged.open):
        with pytest.raises(ValueError, match=r"discarded|staged"):
            deed()


def test_an_object_does_not_open_with_another_key_or_as_another(store: ObjectStore) -> None:
    first, second = put(store, b"first"), put(store, b"second")
    with pytest.raises(ObjectDamaged):
        store.open(first.object_id, second.object_key)
    with pytest.raises(ObjectDamaged):
        store.open(first.object_id, os.urandom(32))


def test_a_missing_object_is_told_in_words(store: ObjectStore) -> None:
    with pytest.raises(ObjectDamaged, match="missing"):
        store.open(new_id(), os.urandom(32))


@pytest.mark.parametrize("object_id", ["", "..", "../../keys/master.key", "a" * 36, "/etc/passwd"])
def test_what_is_no_identifier_reaches_no_file(store: ObjectStore, object_id: str) -> None:
    with pytest.raises(ValueError, match="identifier"):
        store.open(object_id, bytes(32))
    with pytest.raises(ValueError, match="identifier"):
        store.delete(object_id)


def test_a_deleted_object_is_gone(store: ObjectStore) -> None:
    staged, kept = put(store, b"gone"), put(store, b"kept")
    assert store.delete(staged.object_id) is True
    assert store.delete(staged.object_id) is False
    assert list(store.list_ids()) == [kept.object_id]


def test_several_threads_read_one_reader(store: ObjectStore) -> None:
    content = os.urandom(20 * CHUNK_BYTES)
    staged = put(store, content)
    wrong: list[int] = []
    with store.open(staged.object_id, staged.object_key) as reader:

        def read(seed: int) -> None:
            for step in range(60):
                start = (seed * 7_919 + step * 104_729) % (len(content) - 5000)
                if reader.read_range(start, 5000) != content[start : start + 5000]:
                    wrong.append(start)

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_several_threads_store_at_a_time(store: ObjectStore) -> None:
    stored: list[tuple[StagedObject, bytes]] = []

    def store_some() -> None:
        for _ in range(10):
            content = os.urandom(70_000)
            stored.append((put(store, content), content))

    threads = [threading.Thread(target=store_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(store.list_ids())) == len(stored) == 40
    for staged, content in stored:
        with store.open(staged.object_id, staged.object_key) as reader:
            assert reader.read_range(0, len(content)) == content


def test_a_sweep_removes_old_objects_that_no_row_points_to(stand: Stand) -> None:
    store = stand.store
    known, orphan, young = put(store, b"known"), put(store, b"orphan"), put(store, b"young")
    for old in (known, orphan):
        stand.make_older(old.object_id, 7200)
    report = store.sweep(lambda ids: {known.object_id} & set(ids), older_than_seconds=3600)
    assert (report.orphans_removed, report.orphans_kept) == (1, 0)
    assert sorted(store.list_ids()) == sorted([known.object_id, young.object_id])


def test_a_sweep_asks_about_every_old_object_once(stand: Stand) -> None:
    for number in range(12):
        stand.make_older(put(stand.store, bytes([number])).object_id, 7200)
    asked: list[str] = []

    def known_ids(ids: Sequence[str]) -> set[str]:
        asked.extend(ids)
        return set(ids)

    report = stand.store.sweep(known_ids, older_than_seconds=3600)
    assert report.orphans_removed == 0
    assert sorted(asked) == sorted(stand.store.list_ids())


def test_a_sweep_with_the_wrong_database_removes_nothing(stand: Stand) -> None:
    for number in range(6):
        stand.make_older(put(stand.store, bytes([number])).object_id, 7200)
    report = stand.store.sweep(known_none, older_than_seconds=3600, most_orphans=5)
    assert (report.orphans_removed, report.orphans_kept) == (0, 6)
    assert len(list(stand.store.list_ids())) == 6


def test_a_sweep_whose_question_fails_removes_nothing(stand: Stand) -> None:
    stand.make_older(put(stand.store, b"x").object_id, 7200)

    def fail(_ids: Sequence[str]) -> set[str]:
        raise OSError("no database")

    with pytest.raises(OSError, match="no database"):
        stand.store.sweep(fail, older_than_seconds=3600)
    assert len(list(stand.store.list_ids())) == 1


def test_a_sweep_leaves_what_is_being_written(store: ObjectStore) -> None:
    staged = store.stage()
    staged.write(b"on its way")
    assert store.sweep(known_none, older_than_seconds=0).staged_removed == 0
    staged.finish()
    store.commit(staged)
    with store.open(staged.object_id, staged.object_key) as reader:
        assert reader.read_range(0, 10) == b"on its way"


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="descriptors are counted in /proc")
def test_no_descriptor_is_left_open(store: ObjectStore) -> None:
    def count() -> int:
        return len(os.listdir("/proc/self/fd"))

    def use() -> None:
        staged = put(store, b"x" * 100_000)
        with store.open(staged.object_id, staged.object_key) as reader, reader.stream() as stream:
            stream.read(10)
        with pytest.raises(ObjectDamaged):
            store.open(staged.object_id, os.urandom(32))
        store.stage().discard()
        store.delete(staged.object_id)

    use()
    before = count()
    for _ in range(10):
        use()
    assert count() == before


def test_how_much_room_there_is_is_known(store: ObjectStore) -> None:
    room = store.room()
    assert 0 < room.free_bytes <= room.total_bytes
    assert room.reserved_bytes >= 0


def test_objects_that_are_written_in_turns_hold_each_its_own(store: ObjectStore) -> None:
    contents = [bytes([number]) * (9 * CHUNK_BYTES + number) for number in range(6)]
    objects = [store.stage() for _ in contents]
    for at in range(0, 9 * CHUNK_BYTES + 5, 100_000):
        for staged, content in zip(objects, contents, strict=True):
            staged.write(content[at : at + 100_000])
    for staged, content in zip(objects, contents, strict=True):
        staged.finish()
        with staged.open() as reader:
            assert reader.read_range(0, reader.size_bytes) == content
