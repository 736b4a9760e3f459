"""Zip archives from strangers: what is read, and what is refused in words."""

import io
import random
import struct
import zipfile

import pytest

from backend.core.errors import FileRefused
from backend.services import archives
from backend.services.archives import ArchiveLimits

LIMITS = ArchiveLimits(entry_bytes=300 * 1024 * 1024)


def _zip(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    made.seek(0)
    return made


def _contents(archive: io.BytesIO, limits: ArchiveLimits = LIMITS) -> dict[str, bytes]:
    return {e.name: b"".join(e.chunks) for e in archives.entries(archive, limits)}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_file_comes_out_as_it_went_in(compression: int) -> None:
    files = {"a/1.dcm": b"one" * 1000, "a/b/2.dcm": b"", "3": bytes(range(256))}
    assert _contents(_zip(files, compression)) == files


def test_folders_are_left_out() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.mkdir("folder")
        archive.writestr("folder/1", b"x")
    assert _contents(made) == {"folder/1": b"x"}


def test_what_is_no_archive_is_refused_in_words() -> None:
    with pytest.raises(FileRefused, match="damaged"):
        _contents(io.BytesIO(b"PK\x03\x04" + random.Random(1).randbytes(500)))


def test_a_flipped_bit_is_noticed_by_the_checksum() -> None:
    octets = bytearray(_zip({"1": b"A" * 5000}, zipfile.ZIP_STORED).getvalue())
    octets[1000] ^= 1
    with pytest.raises(FileRefused, match="damaged inside"):
        _contents(io.BytesIO(bytes(octets)))


def test_a_bomb_stops_long_before_it_is_unpacked() -> None:
    bomb = _zip({"bomb": b"\0" * (200 * 1024 * 1024)})
    assert len(bomb.getvalue()) < 400_000
    opened = archives.entries(bomb, LIMITS)
    entry = next(opened)
    sizes = []
    with pytest.raises(FileRefused, match="far more"):
        sizes.extend(map(len, entry.chunks))
    assert 0 < sum(sizes) < 70 * 1024 * 1024


def test_an_entry_that_lies_about_its_size_is_refused() -> None:
    octets = bytearray(_zip({"1": b"A" * 5000}, zipfile.ZIP_STORED).getvalue())
    directory = octets.rindex(b"PK\x01\x02")
    struct.pack_into("<I", octets, directory + 24, 10)  # uncompressed size
    with pytest.raises(FileRefused):
        _contents(io.BytesIO(bytes(octets)))


def test_more_than_the_limit_is_refused_by_name_and_the_rest_goes_on() -> None:
    limits = ArchiveLimits(entry_bytes=100)
    found = list(archives.entries(_zip({"big": b"x" * 101, "small": b"y"}), limits))
    assert "upload limit" in found[0].refusal
    assert found[1].refusal == ""


def test_a_total_that_passes_the_limit_stops_the_archive() -> None:
    limits = ArchiveLimits(entry_bytes=100, total_bytes=150)
    with pytest.raises(FileRefused, match="far more"):
        _contents(_zip({"1": b"x" * 100, "2": b"y" * 100}), limits)


def test_a_symbolic_link_is_not_followed() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    (entry,) = archives.entries(made, LIMITS)
    assert "symbolic link" in entry.refusal


def test_an_encrypted_entry_is_refused_in_words() -> None:
    octets = bytearray(_zip({"1": b"secret"}, zipfile.ZIP_STORED).getvalue())
    octets[6] |= 1
    octets[octets.rindex(b"PK\x01\x02") + 8] |= 1
    (entry,) = archives.entries(io.BytesIO(bytes(octets)), LIMITS)
    assert "encrypted" in entry.refusal


def test_a_table_of_contents_too_large_to_be_true_is_not_read() -> None:
    octets = bytearray(_zip({"1": b"x"}).getvalue())
    end = octets.rindex(b"PK\x05\x06")
    padding = archives.MAX_DIRECTORY_BYTES + 1
    struct.pack_into("<II", octets, end + 12, padding, 0)

    class Sparse(io.BytesIO):
        def seek(self, offset: int, whence: int = 0) -> int:
            return super().seek(max(offset, 0), whence)

    with pytest.raises(FileRefused):
        _contents(Sparse(bytes(octets[:end]) + b"\0" * padding + bytes(octets[end:])))


@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2], ids=["lzma", "bzip2"]
)
def test_methods_that_take_as_much_memory_as_they_are_told_are_not_read(compression: int) -> None:
    made = _zip({"1": b"x" * 5000}, compression)
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2", b"y")
    found = list(archives.entries(made, LIMITS))
    assert "ordinary zip" in found[0].refusal
    assert list(found[0].chunks) == []
    assert (found[1].name, found[1].refusal) == ("2", "")


def test_what_windows_packs_with_deflate64_is_refused_with_the_way_out() -> None:
    octets = bytearray(_zip({"1": b"x" * 5000, "2": b"y"}).getvalue())
    struct.pack_into("<H", octets, octets.index(b"PK\x01\x02") + 10, 9)
    first, second = archives.entries(io.BytesIO(octets), LIMITS)
    assert "Deflate64" in first.refusal
    assert "Send the folder itself" in first.refusal
    assert list(first.chunks) == []
    assert (second.name, second.refusal) == ("2", "")


def test_a_file_without_a_name_is_refused_and_the_rest_goes_on() -> None:
    octets = bytearray(_zip({"1": b"x", "2": b"y"}, zipfile.ZIP_STORED).getvalue())
    first_name = octets.index(b"PK\x01\x02") + 46
    assert octets[first_name : first_name + 1] == b"1"
    octets[first_name] = 0  # a name ends at its first zero octet
    nameless, named = archives.entries(io.BytesIO(bytes(octets)), LIMITS)
    assert "without a name" in nameless.refusal
    assert (named.name, named.refusal) == ("2", "")


@pytest.mark.parametrize("error", [IndexError, struct.error, AssertionError, MemoryError])
def test_whatever_a_damaged_file_makes_the_library_raise_is_told_in_words(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error("inside")

    made = _zip({"1": b"x"})
    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "open", broken)
        with pytest.raises(FileRefused, match="damaged inside"):
            _contents(made)
    monkeypatch.setattr(zipfile, "_EndRecData", broken)
    with pytest.raises(FileRefused, match="cannot be opened"):
        _contents(made)


def test_entries_are_counted_before_anything_is_made_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    monkeypatch.setattr(zipfile, "ZipInfo", lambda *given: made.append(given))
    count = 4
    entry = b"PK\x01\x02" + bytes(42)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, count * len(entry), 0, 0)
    with pytest.raises(FileRefused, match="more than"):
        _contents(io.BytesIO(entry * count + end))
    assert made == []
