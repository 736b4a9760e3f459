"""Archives made to hurt whoever unpacks them."""

import io
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from functools import partial

from tests.hostile.first import garbage, plain_file


def zipped(
    *entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    """A zip archive of these entries."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.simplefilter("ignore")  # the same name twice is meant
        archive.comment = comment
        for name, octets in entries:
            archive.writestr(zipfile.ZipInfo(name), octets, method)
    return buffer.getvalue()


def _symlink() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def _device() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("device")
        entry.external_attr = (stat.S_IFCHR | 0o666) << 16
        archive.writestr(entry, b"")
    return buffer.getvalue()


def _patched(octets: bytes, at_local: int, at_central: int, value: bytes) -> bytes:
    """Another value in the local and in the central header of the first entry."""
    central = octets.index(b"PK\x01\x02")
    made = bytearray(octets)
    made[at_local : at_local + len(value)] = value
    made[central + at_central : central + at_central + len(value)] = value
    return bytes(made)


def _encrypted() -> bytes:
    return _patched(zipped(("image", plain_file())), 6, 8, struct.pack("<H", 1))


def _method(number: int) -> bytes:
    return _patched(zipped(("image", plain_file())), 8, 10, struct.pack("<H", number))


def _wrong_checksum() -> bytes:
    return _patched(zipped(("image", plain_file())), 14, 16, b"\xde\xad\xbe\xef")


def _false_size(size: int) -> bytes:
    return _patched(zipped(("image", plain_file())), 22, 24, struct.pack("<I", size))


def _overlapping(count: int = 500) -> bytes:
    """Many entries of the directory that all point to the same octets."""
    whole = zipped(("bomb", bytes(1 << 20)))
    start = whole.index(b"PK\x01\x02")
    end = whole.index(b"PK\x05\x06")
    directory = whole[start:end] * count
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), start, 0)
    return whole[:start] + directory + tail


def _nested(depth: int) -> bytes:
    octets = zipped(("image", plain_file()))
    for _ in range(depth):
        octets = zipped(("inner.zip", octets))
    return octets


def _bomb(size_bytes: int) -> bytes:
    return zipped(("bomb", bytes(size_bytes)))


def _of_two_names() -> bytes:
    """What stands before the entry calls it otherwise than the directory at the end."""
    octets = zipped(("image.dcm", plain_file()))
    return octets.replace(b"image.dcm", b"../../x.d", 1)


def _of_countless_entries() -> bytes:
    """The end says that there are 2^63 entries, and the directory lies behind all there is."""
    octets = zipped(("image", plain_file()))
    end = octets.rindex(b"PK\x05\x06")
    record = b"PK\x06\x06" + struct.pack(
        "<QHHIIQQQQ", 44, 45, 45, 0, 0, *[1 << 63] * 2, 46, 1 << 62
    )
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, end, 1)
    few = b"PK\x05\x06" + b"\xff" * 16 + bytes(2)
    return octets[:end] + record + locator + few


ARCHIVES: dict[str, Callable[[], bytes]] = {
    "climbing": lambda: zipped(("../../../../climbed.dcm", plain_file())),
    "climbing backwards": lambda: zipped(("..\\..\\climbed.dcm", plain_file())),
    "absolute": lambda: zipped(("/absolute.dcm", plain_file())),
    "on a drive": lambda: zipped(("C:\\Windows\\image.dcm", plain_file())),
    "a device's name": lambda: zipped(("CON", plain_file()), ("aux.dcm", plain_file())),
    "a symbolic link": _symlink,
    "a device": _device,
    "the same name twice": lambda: zipped(("a", plain_file()), ("a", plain_file())),
    "an archive in an archive": partial(_nested, 1),
    "20 archives in each other": partial(_nested, 20),
    "a bomb of 100 MB": partial(_bomb, 100 << 20),
    "500 entries over each other": _overlapping,
    "an entry of two names": _of_two_names,
    "countless entries": _of_countless_entries,
    "encrypted": _encrypted,
    "a method that nobody knows": partial(_method, 99),
    "packed as Windows packs what is large": partial(_method, 9),
    "a wrong checksum": _wrong_checksum,
    "a size that is too small": partial(_false_size, 10),
    "a size of 4 GB": partial(_false_size, 0xFFFFFFFE),
    "cut in its middle": lambda: zipped(("a", plain_file()))[:3000],
    "cut at its end": lambda: zipped(("a", plain_file()))[:-10],
    "garbage for a directory": lambda: zipped(("a", plain_file()))[:2000] + garbage(5000),
    "nothing but a magic": lambda: b"PK\x03\x04",
    "a comment of 64 kB": lambda: zipped(("a", plain_file()), comment=b"<script>" * 8000),
    "a name of markup": lambda: zipped(("<img src=x onerror=alert(1)>.dcm", plain_file())),
    "a name that is a formula": lambda: zipped(("=cmd|' /C calc'!A0.dcm", plain_file())),
    "a name with a line break": lambda: zipped(("a\nb\r\nc.dcm", plain_file())),
    "a name of 60,000 letters": lambda: zipped(("a" * 60_000, plain_file())),
    "a name that is turned": lambda: zipped(("abc\u202egnp.dcm", plain_file())),
    "folders only": lambda: zipped(("a/", b""), ("b/c/", b"")),
    "2,000 empty files": lambda: zipped(*((f"{n}.dcm", b"") for n in range(2000))),
    "an archive that is a program": lambda: b"MZ" + zipped(("a", plain_file())),
    "bzip2 inside": lambda: zipped(("a", plain_file()), method=zipfile.ZIP_BZIP2),
}
