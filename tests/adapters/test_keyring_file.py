"""The key file: made once, never again, never by guesswork; and the keys that come from it."""

import json
import os
import threading
from pathlib import Path

import pytest

from backend.adapters import durable
from backend.adapters.keyring_file import MARKER_NAME, FileKeyring, open_or_create
from backend.core.errors import KeyFileMissing, KeyFileWrong, ObjectDamaged, StorageFull
from backend.ports.keyring import KeyPurpose, Keyring


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def _key_file(data_dir: Path) -> Path:
    return data_dir / "keys" / "master.key"


def test_the_first_start_makes_a_key_that_only_its_owner_reads(data_dir: Path) -> None:
    open_or_create(data_dir)
    assert _key_file(data_dir).stat().st_mode & 0o777 == 0o600
    assert _key_file(data_dir).parent.stat().st_mode & 0o777 == 0o700
    assert data_dir.stat().st_mode & 0o777 == 0o700


def test_every_later_start_reads_the_same_key(data_dir: Path) -> None:
    first = open_or_create(data_dir)
    content = _key_file(data_dir).read_bytes()
    second = open_or_create(data_dir)
    assert second.derive("database") == first.derive("database")
    assert _key_file(data_dir).read_bytes() == content


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    first, second = open_or_create(tmp_path / "a"), open_or_create(tmp_path / "b")
    assert first.fingerprint != second.fingerprint
    assert first.derive("database") != second.derive("database")


def test_a_missing_key_file_is_refused_and_never_made_again(data_dir: Path) -> None:
    open_or_create(data_dir)
    _key_file(data_dir).unlink()
    for _ in range(2):
        with pytest.raises(KeyFileMissing):
            open_or_create(data_dir)
    assert not _key_file(data_dir).exists()


@pytest.mark.parametrize("trace", ["pacscribe.db", "pacscribe.db-wal", "objects/0193a5"])
def test_data_without_key_and_marker_is_not_taken_for_a_new_directory(
    data_dir: Path, trace: str
) -> None:
    path = data_dir / trace
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    with pytest.raises(KeyFileMissing):
        open_or_create(data_dir)
    assert not _key_file(data_dir).exists()


def test_the_key_of_another_installation_is_refused(tmp_path: Path) -> None:
    open_or_create(tmp_path / "a")
    open_or_create(tmp_path / "b")
    os.replace(_key_file(tmp_path / "b"), _key_file(tmp_path / "a"))
    with pytest.raises(KeyFileWrong):
        open_or_create(tmp_path / "a")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o777])
def test_a_key_file_that_others_may_read_is_refused(data_dir: Path, mode: int) -> None:
    open_or_create(data_dir)
    _key_file(data_dir).chmod(mode)
    with pytest.raises(KeyFileWrong, match="others"):
        open_or_create(data_dir)
    _key_file(data_dir).chmod(0o600)
    open_or_create(data_dir)


def test_a_key_file_that_cannot_be_read_is_refused(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_or_create(data_dir)
    content = _key_file(data_dir).read_bytes()

    def refuse(*_arguments: object, **_options: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(KeyFileWrong, match="Permission denied"):
            open_or_create(data_dir)
    assert _key_file(data_dir).read_bytes() == content


DAMAGES = {
    "empty": lambda content: b"",
    "cut": lambda content: content[:-20],
    "not json": lambda content: b"\xff\xfe" + content,
    "no key": lambda content: json.dumps({**json.loads(content), "key": None}).encode(),
    "short key": lambda content: json.dumps({**json.loads(content), "key": "AAAA"}).encode(),
    "another key": lambda content: json.dumps(
        {**json.loads(content), "key": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}
    ).encode(),
    "another format": lambda content: json.dumps({**json.loads(content), "format": "2"}).encode(),
    "a list": lambda content: b"[]",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_key_file_is_refused_and_left_as_it_is(data_dir: Path, damage: str) -> None:
    open_or_create(data_dir)
    damaged = DAMAGES[damage](_key_file(data_dir).read_bytes())
    _key_file(data_dir).write_bytes(damaged)
    with pytest.raises(KeyFileWrong) as caught:
        open_or_create(data_dir)
    assert _key_file(data_dir).read_bytes() == damaged
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"key_fingerprint": 7}', b"\xff"])
def test_a_damaged_marker_is_refused(data_dir: Path, damage: bytes) -> None:
    open_or_create(data_dir)
    (data_dir / MARKER_NAME).write_bytes(damage)
    with pytest.raises(KeyFileWrong, match=MARKER_NAME):
        open_or_create(data_dir)


def test_a_start_that_died_between_key_and_marker_goes_on(data_dir: Path) -> None:
    first = open_or_create(data_dir)
    (data_dir / MARKER_NAME).unlink()
    assert open_or_create(data_dir).fingerprint == first.fingerprint
    assert (data_dir / MARKER_NAME).exists()


def test_a_key_file_may_lie_elsewhere(tmp_path: Path, data_dir: Path) -> None:
    elsewhere = tmp_path / "secrets" / "pacscribe.key"
    first = open_or_create(data_dir, elsewhere)
    assert elsewhere.stat().st_mode & 0o777 == 0o600
    assert not (data_dir / "keys").exists()
    assert open_or_create(data_dir, elsewhere).fingerprint == first.fingerprint
    with pytest.raises(KeyFileMissing):
        open_or_create(data_dir)


def test_programs_that_start_at_the_same_moment_agree_on_one_key(data_dir: Path) -> None:
    found: list[str] = []
    ready = threading.Barrier(6)

    def start() -> None:
        ready.wait()
        found.append(open_or_create(data_dir).fingerprint)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
    assert [path.name for path in _key_file(data_dir).parent.iterdir()] == ["master.key"]


def test_a_full_disk_at_the_first_start_leaves_no_half_key(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int, _data: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail)
        with pytest.raises(StorageFull):
            open_or_create(data_dir)
    assert list(_key_file(data_dir).parent.iterdir()) == []
    open_or_create(data_dir)


def test_the_key_is_on_the_disk_before_anything_uses_it(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, link, folder = os.fsync, os.link, durable.fsync_folder
    monkeypatch.setattr(os, "fsync", lambda descriptor: (calls.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr(os, "link", lambda a, b: (calls.append("name"), link(a, b)))
    monkeypatch.setattr(
        durable, "fsync_folder", lambda path: (calls.append(f"folder {path.name}"), folder(path))
    )
    open_or_create(data_dir)
    named = calls.index("name")
    assert calls[named - 1] == "fsync"
    assert calls[named + 1] == "folder keys"


def test_a_data_key_comes_back_from_its_wrapping(data_dir: Path) -> None:
    keyring = open_or_create(data_dir)
    first, second = keyring.wrap_new_data_key(), keyring.wrap_new_data_key()
    assert len(keyring.unwrap(first)) == 32
    assert keyring.unwrap(first) != keyring.unwrap(second)
    assert keyring.unwrap(first) not in first
    assert open_or_create(data_dir).unwrap(first) == keyring.unwrap(first)


def test_a_changed_or_foreign_wrapping_is_refused() -> None:
    keyring, stranger = FileKeyring(bytes(32)), FileKeyring(bytes([1]) * 32)
    wrapped = keyring.wrap_new_data_key()
    for position in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[position] ^= 1
        with pytest.raises(ObjectDamaged):
            keyring.unwrap(bytes(changed))
    for wrong in (b"", wrapped[:-8], wrapped + b"\0", stranger.wrap_new_data_key()):
        with pytest.raises(ObjectDamaged):
            keyring.unwrap(wrong)


def test_an_object_key_opens_only_under_its_own_data_key() -> None:
    keyring = FileKeyring(bytes(32))
    study, other = keyring.wrap_new_data_key(), keyring.wrap_new_data_key()
    object_key = os.urandom(32)
    wrapped = keyring.wrap_object_key(object_key, study)
    assert len(wrapped) == 40
    assert keyring.unwrap_object_key(wrapped, study) == object_key
    with pytest.raises(ObjectDamaged):
        keyring.unwrap_object_key(wrapped, other)
    for wrong in (b"", wrapped[:-1], bytes(40)):
        with pytest.raises(ObjectDamaged):
            keyring.unwrap_object_key(wrong, study)


def test_each_purpose_has_its_own_key() -> None:
    keyring = FileKeyring(bytes(32))
    derived = {keyring.derive(purpose) for purpose in [*KeyPurpose, "another"]}
    assert len(derived) == len(KeyPurpose) + 1
    assert all(len(key) == 32 for key in derived)
    assert bytes(32) not in derived
    assert keyring.derive("database") == FileKeyring(bytes(32)).derive(KeyPurpose.DATABASE)
    with pytest.raises(ValueError, match="purpose"):
        keyring.derive("")


def test_a_keyring_shows_nothing_of_its_key() -> None:
    key = os.urandom(32)
    keyring: Keyring = FileKeyring(key)
    for text in (repr(keyring), keyring.fingerprint):
        assert key.hex() not in text
        assert key[:4].hex() not in text
