"""The folder of sealed objects: the order of its calls, full disks, damage, and what crashes leave."""

import errno
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.adapters.object_store_local import LocalObjectStore, LocalStagedObject
from backend.adapters.sealed import CHUNK_BYTES, HEADER_BYTES, SEALED_CHUNK_BYTES
from backend.core.errors import ObjectDamaged, StorageFull


@pytest.fixture
def store(tmp_path: Path) -> LocalObjectStore:
    return LocalObjectStore(tmp_path)


def _put(store: LocalObjectStore, content: bytes) -> LocalStagedObject:
    staged = store.stage()
    staged.write(content)
    staged.finish()
    store.commit(staged)
    return staged


def _file_of(folder: Path, staged: LocalStagedObject) -> Path:
    return next(folder.glob(f"objects/*/*/{staged.object_id}"))


def _record_calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Note each wait for the disk and each renaming, in order, with the path it was for."""
    calls: list[tuple[str, str]] = []
    fsync, rename = os.fsync, os.rename

    def recorded_fsync(descriptor: int) -> None:
        calls.append(("fsync", os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def recorded_rename(source: Path, target: Path) -> None:
        calls.append(("rename", str(target)))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "rename", recorded_rename)
    return calls


@pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="paths of descriptors come from /proc"
)
def test_bytes_then_name_then_folder_reach_the_disk(
    store: LocalObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = store.stage()
    staged.write(b"x" * 200_000)
    staged.finish()
    calls = _record_calls(monkeypatch)
    store.commit(staged)
    target = _file_of(tmp_path, staged)
    file_is_durable = next(
        position
        for position, (call, path) in enumerate(calls)
        if call == "fsync" and path.endswith(staged.object_id)
    )
    renamed = calls.index(("rename", str(target)))
    folder_is_durable = len(calls) - 1 - calls[::-1].index(("fsync", str(target.parent)))
    assert file_is_durable < renamed < folder_is_durable
    # The folders above are new as well; their names are durable before the object is in them.
    for folder in (target.parent.parent, target.parent.parent.parent):
        assert calls.index(("fsync", str(folder))) < renamed
    assert any("/staging/" in path for call, path in calls[renamed:] if call == "fsync")


@pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="paths of descriptors come from /proc"
)
def test_many_objects_wait_for_their_folder_once(
    store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(store, b"the folder is there")
    many = [store.stage() for _ in range(50)]
    for staged in many:
        staged.write(b"x" * 1000)
        staged.finish()
    calls = _record_calls(monkeypatch)
    store.commit_many(many)
    renames = [position for position, (call, _) in enumerate(calls) if call == "rename"]
    files = [
        position
        for position, (call, path) in enumerate(calls)
        if call == "fsync" and path.rpartition("/")[2] in {staged.object_id for staged in many}
    ]
    assert len(renames) == len(files) == 50
    assert max(files) < min(renames)
    # Identifiers begin with the time, so one or two folders hold them all (and one is the staging).
    assert 2 <= len(calls) - max(renames) - 1 <= 3


def test_a_wait_that_fails_leaves_the_object_uncommitted(
    store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = store.stage()
    staged.write(b"x")
    staged.finish()

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="input/output"):
            store.commit(staged)
    assert list(store.list_ids()) == []


def test_short_writes_are_completed(
    store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, data: write(descriptor, bytes(data[:1000])))
        staged = _put(store, b"0123456789" * 20_000)
    with store.open(staged.object_id, staged.object_key) as reader:
        assert reader.read_range(0, 200_000) == b"0123456789" * 20_000


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_a_refusal_and_leaves_nothing(
    store: LocalObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    staged = store.stage()

    def fail(_descriptor: int, _data: object) -> int:
        raise OSError(error, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail)
        with pytest.raises(StorageFull):
            staged.write(b"x" * 200_000)
    assert not list(tmp_path.glob(f"staging/*/{staged.object_id}"))
    with pytest.raises(ValueError, match="discarded"):
        staged.write(b"x")


def test_a_full_disk_at_the_moment_of_committing_keeps_the_object_staged(
    store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = store.stage()
    staged.write(b"x")
    staged.finish()

    def fail(_source: object, _target: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", fail)
        with pytest.raises(StorageFull):
            store.commit(staged)
    store.commit(staged)
    assert list(store.list_ids()) == [staged.object_id]


def test_of_many_objects_that_do_not_all_fit_none_stays(
    store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [store.stage() for _ in range(3)]
    for staged in many:
        staged.write(b"x")
        staged.finish()
    rename, renamed = os.rename, []

    def full_at_the_third(source: Path, target: Path) -> None:
        if len(renamed) == 2:
            raise OSError(errno.ENOSPC, "no space left")
        renamed.append(target)
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", full_at_the_third)
        with pytest.raises(StorageFull):
            store.commit_many(many)
    assert len(renamed) == 2
    assert list(store.list_ids()) == []


def test_an_object_that_arrived_long_ago_is_young_when_it_is_committed(
    store: LocalObjectStore, tmp_path: Path
) -> None:
    staged = store.stage()
    staged.write(b"a slow sender")
    staged.finish()
    two_hours_ago = time.time() - 7200
    os.utime(next(tmp_path.glob(f"staging/*/{staged.object_id}")), (two_hours_ago, two_hours_ago))
    store.commit(staged)
    # Its row is on its way.
    assert store.sweep(lambda _ids: set(), older_than_seconds=3600).orphans_removed == 0
    assert list(store.list_ids()) == [staged.object_id]


def test_a_row_that_is_written_while_the_sweep_looks_around_saves_its_object(
    store: LocalObjectStore,
) -> None:
    staged = _put(store, b"x")
    answers = [set(), {staged.object_id}]
    report = store.sweep(lambda _ids: answers.pop(0), older_than_seconds=-1)
    assert report.orphans_removed == 0
    assert answers == []
    assert list(store.list_ids()) == [staged.object_id]


def test_the_name_of_a_folder_that_is_there_already_is_waited_for_once(
    store: LocalObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever made it may have been killed before the name was on the disk."""
    staged = store.stage()
    staged.write(b"x")
    staged.finish()
    target = tmp_path / "objects" / staged.object_id[:6] / staged.object_id[6:8]
    target.mkdir(parents=True)
    calls = _record_calls(monkeypatch)
    store.commit(staged)
    renamed = calls.index(("rename", str(target / staged.object_id)))
    assert calls.index(("fsync", str(target.parent))) < renamed
    assert calls.index(("fsync", str(target.parent.parent))) < renamed


def test_new_objects_are_refused_before_the_disk_is_full(tmp_path: Path) -> None:
    status = os.statvfs(tmp_path)
    store = LocalObjectStore(tmp_path, headroom_bytes=status.f_bavail * status.f_frsize * 2)
    with pytest.raises(StorageFull):
        store.stage()


def test_only_the_owner_may_read_what_is_stored(store: LocalObjectStore, tmp_path: Path) -> None:
    _put(store, b"x")
    store.stage().write(b"y")
    for path in [*tmp_path.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def _damages() -> dict[str, Callable[[bytes], bytes]]:
    chunk = SEALED_CHUNK_BYTES

    def swapped(sealed: bytes) -> bytes:
        first, second = HEADER_BYTES + chunk, HEADER_BYTES + 2 * chunk
        return (
            sealed[:HEADER_BYTES]
            + sealed[first:second]
            + sealed[HEADER_BYTES:first]
            + sealed[second:]
        )

    return {
        "empty": lambda sealed: b"",
        "half a header": lambda sealed: sealed[:10],
        "header only": lambda sealed: sealed[:HEADER_BYTES],
        "cut in the first tag": lambda sealed: sealed[: HEADER_BYTES + 5],
        "cut at the edge of a chunk": lambda sealed: sealed[: HEADER_BYTES + 2 * chunk],
        "cut inside a chunk": lambda sealed: sealed[: HEADER_BYTES + 2 * chunk + 100],
        "last byte lost": lambda sealed: sealed[:-1],
        "one byte more": lambda sealed: sealed + b"\0",
        "one chunk more": lambda sealed: sealed + sealed[-chunk:],
        "first chunk lost": lambda sealed: sealed[:HEADER_BYTES] + sealed[HEADER_BYTES + chunk :],
        "first chunk twice": lambda sealed: sealed[: HEADER_BYTES + chunk] + sealed[HEADER_BYTES:],
        "chunks exchanged": swapped,
        "another version": lambda sealed: sealed[:4] + b"\x02" + sealed[5:],
        "another algorithm": lambda sealed: sealed[:5] + b"\x02" + sealed[6:],
        "another chunk size": lambda sealed: sealed[:8] + b"\x00\x02\x00\x00" + sealed[12:],
        "another salt": lambda sealed: sealed[:12] + bytes(16) + sealed[28:],
        "another beginning": lambda sealed: b"DICM" + sealed[4:],
        "plain bytes": lambda sealed: b"x" * len(sealed),
    }


@pytest.mark.parametrize("damage", _damages())
def test_a_damaged_file_is_never_served(
    store: LocalObjectStore, tmp_path: Path, damage: str
) -> None:
    content = os.urandom(3 * CHUNK_BYTES + 1000)
    staged = _put(store, content)
    path = _file_of(tmp_path, staged)
    damaged = _damages()[damage](path.read_bytes())
    assert damaged != path.read_bytes()
    path.write_bytes(damaged)
    with pytest.raises(ObjectDamaged), store.open(staged.object_id, staged.object_key) as reader:
        reader.read_range(0, reader.size_bytes)


def test_none_of_500_flipped_bits_is_served(store: LocalObjectStore, tmp_path: Path) -> None:
    content = os.urandom(CHUNK_BYTES + 777)
    staged = _put(store, content)
    path = _file_of(tmp_path, staged)
    sealed = path.read_bytes()
    bits = len(sealed) * 8
    # All of the header, then an even spread over the rest.
    positions = [
        *range(HEADER_BYTES * 8),
        *range(HEADER_BYTES * 8, bits, bits // (500 - HEADER_BYTES * 8)),
    ]
    assert len(positions) >= 500
    for bit in positions:
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(flipped)
        with (
            pytest.raises(ObjectDamaged),
            store.open(staged.object_id, staged.object_key) as reader,
        ):
            reader.read_range(0, reader.size_bytes)
    path.write_bytes(sealed)
    with store.open(staged.object_id, staged.object_key) as reader:
        assert reader.read_range(0, len(content)) == content


def test_damage_elsewhere_does_not_hide_the_chunks_that_are_sound(
    store: LocalObjectStore, tmp_path: Path
) -> None:
    content = os.urandom(4 * CHUNK_BYTES)
    staged = _put(store, content)
    path = _file_of(tmp_path, staged)
    sealed = bytearray(path.read_bytes())
    sealed[HEADER_BYTES + SEALED_CHUNK_BYTES + 9] ^= 1
    path.write_bytes(sealed)
    with store.open(staged.object_id, staged.object_key) as reader:
        assert reader.read_range(0, CHUNK_BYTES) == content[:CHUNK_BYTES]
        with pytest.raises(ObjectDamaged):
            reader.read_range(CHUNK_BYTES, 1)


def test_a_file_under_another_name_does_not_open(store: LocalObjectStore, tmp_path: Path) -> None:
    first, second = _put(store, b"first"), _put(store, b"second")
    _file_of(tmp_path, second).write_bytes(_file_of(tmp_path, first).read_bytes())
    with pytest.raises(ObjectDamaged):
        store.open(second.object_id, first.object_key)


def test_a_disk_that_cannot_be_read_is_told_in_words(
    store: LocalObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged = _put(store, b"x" * 200_000)

    def fail(_descriptor: int, _length: int, _offset: int) -> bytes:
        raise OSError(errno.EIO, "input/output error")

    with store.open(staged.object_id, staged.object_key) as reader:
        monkeypatch.setattr(os, "pread", fail)
        with pytest.raises(ObjectDamaged, match="cannot be read"):
            reader.read_range(0, 100_000)


def test_leftovers_of_a_dead_process_are_swept_and_those_of_a_living_one_are_not(
    store: LocalObjectStore, tmp_path: Path
) -> None:
    program = (
        "import sys, os\n"
        "from pathlib import Path\n"
        "from backend.adapters.object_store_local import LocalObjectStore\n"
        "staged = LocalObjectStore(Path(sys.argv[1])).stage()\n"
        "staged.write(b'x' * 200_000)\n"
        "print('staged', flush=True)\n"
        "sys.stdin.read()\n"
        "os._exit(9)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "staged\n"
        assert store.sweep(lambda ids: set(ids), 0).staged_removed == 0
        process.kill()
    assert store.sweep(lambda ids: set(ids), 0).staged_removed == 1
    assert [path for path in tmp_path.glob("staging/*/*") if path.name != "in-use.lock"] == []


def test_a_process_that_is_just_beginning_is_not_swept_away(
    store: LocalObjectStore, tmp_path: Path
) -> None:
    beginning = tmp_path / "staging" / ".beginning"
    beginning.mkdir()
    store.sweep(lambda ids: set(ids), 0)
    assert beginning.exists()
    os.utime(beginning, (time.time() - 600,) * 2)
    store.sweep(lambda ids: set(ids), 0)
    assert not beginning.exists()


def test_a_closed_store_leaves_no_staging_folder(store: LocalObjectStore, tmp_path: Path) -> None:
    store.stage().write(b"abandoned")
    store.close()
    store.close()
    assert list((tmp_path / "staging").iterdir()) == []
    with pytest.raises(ValueError, match="closed"):
        store.stage()


def test_an_object_of_another_store_is_not_committed(
    store: LocalObjectStore, tmp_path: Path
) -> None:
    stranger = LocalObjectStore(tmp_path / "other").stage()
    stranger.finish()
    with pytest.raises(ValueError, match="another store"):
        store.commit(stranger)
