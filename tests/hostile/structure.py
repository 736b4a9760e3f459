"""Files whose structure is broken: cut at every element, with false lengths, nested, or deflated falsely."""

import struct
import zlib
from collections.abc import Callable, Iterator
from functools import partial

from pydicom.encaps import encapsulate

from tests.dicom_files import grey_ramp, image_dataset, written
from tests.hostile.first import _ITEM, _SEQUENCE, _before_study, garbage, plain_file

_LONG = (b"OB", b"OW", b"SQ", b"UN", b"UT", b"UC", b"UR", b"OD", b"OF", b"OL")
_END_OF_ITEM = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
_END_OF_SEQUENCE = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
_DEFLATED = b"1.2.840.10008.1.2.1.99"


def elements(octets: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Tag, start, start of the value and end of each element of an explicit little endian file."""
    position = 132
    while position < len(octets):
        group, element, vr = struct.unpack_from("<HH2s", octets, position)
        long = vr in _LONG
        (length,) = struct.unpack_from(
            "<I" if long else "<H", octets, position + (8 if long else 6)
        )
        value = position + (12 if long else 8)
        end = value + length
        yield group << 16 | element, position, value, end
        position = end


def _cut(at: Callable[[bytes], int]) -> bytes:
    octets = plain_file()
    return octets[: at(octets)]


def _truncations() -> dict[str, Callable[[], bytes]]:
    made: dict[str, Callable[[], bytes]] = {}
    for name, size in (
        ("half a preamble", 64),
        ("no magic", 128),
        ("half a magic", 130),
        ("a magic", 132),
    ):
        made[f"cut after {name}"] = partial(_cut, lambda _, size=size: size)
    for number, (tag, start, value, end) in enumerate(elements(plain_file())):
        place = (start + 4, start + 7, value, (value + end) // 2)[number % 4]
        where = ("tag", "VR", "length", "middle")[number % 4]
        made[f"cut at the {where} of {tag:08X}"] = partial(_cut, lambda _, place=place: place)
    made["cut before its last octet"] = partial(_cut, lambda octets: len(octets) - 1)
    return made


def encapsulated_file() -> bytes:
    dataset = image_dataset(grey_ramp(8, 8, "uint8"))
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.90"
    dataset.PixelData = encapsulate([b"\xff\x4f\xff\x51" + bytes(60)])
    dataset["PixelData"].VR = "OB"
    return written(dataset)


def _cut_encapsulated(back: int) -> bytes:
    return encapsulated_file()[:-back]


def _with_length(tag: int, length: int) -> bytes:
    """The file with another length of one element."""
    octets = plain_file()
    for found, start, value, _ in elements(octets):
        if found == tag:
            size = "<I" if value - start == 12 else "<H"
            at = value - struct.calcsize(size)
            return octets[:at] + struct.pack(size, length) + octets[value:]
    raise AssertionError(f"{tag:08X} is not in the file")


def _with_vr(tag: int, vr: bytes) -> bytes:
    octets = plain_file()
    start = next(start for found, start, _, _ in elements(octets) if found == tag)
    return octets[: start + 4] + vr + octets[start + 6 :]


def _sequence_of_items(item: bytes, length: int = 0xFFFFFFFF) -> bytes:
    head = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, length)
    return _before_study(plain_file(), head + item)


def _item_longer_than_its_sequence() -> bytes:
    return _sequence_of_items(struct.pack("<HHI", 0xFFFE, 0xE000, 1 << 30) + bytes(16), 24)


def _nested_with_lengths(depth: int = 300) -> bytes:
    inner = b""
    for _ in range(depth):
        item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
        inner = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, len(item)) + item
    return _before_study(plain_file(), inner)


def deflated(body: bytes) -> bytes:
    """A file that says that it is deflated, with this in the place of its data set."""
    head = plain_file()
    meta = head[: head.index(struct.pack("<HH", 0x0008, 0x0016))]
    explicit = b"1.2.840.10008.1.2.1\0"
    return (
        meta.replace(
            b"UI" + struct.pack("<H", len(explicit)) + explicit,
            b"UI" + struct.pack("<H", len(_DEFLATED)) + _DEFLATED,
        )
        + body
    )


def _packed(octets: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(octets) + packer.flush()


def _data_set() -> bytes:
    octets = plain_file()
    return octets[octets.index(struct.pack("<HH", 0x0008, 0x0016)) :]


STRUCTURE: dict[str, Callable[[], bytes]] = {
    **_truncations(),
    **{
        f"encapsulated, {n} octets short": partial(_cut_encapsulated, n)
        for n in (1, 4, 8, 9, 40, 80, 84)
    },
    "a group length of nothing": partial(_with_length, 0x00020000, 0),
    "meta elements of 65,535 octets": partial(_with_length, 0x00020010, 0xFFFF),
    "a study UID of 65,535 octets": partial(_with_length, 0x0020000D, 0xFFFF),
    "a study UID of no octet": partial(_with_length, 0x0020000D, 0),
    "rows of one octet": partial(_with_length, 0x00280010, 1),
    "rows of 2,048 octets": partial(_with_length, 0x00280010, 2048),
    "pixels of an odd length": partial(_with_length, 0x7FE00010, 8191),
    "pixels of no length": partial(_with_length, 0x7FE00010, 0),
    "pixels of undefined length that are not encapsulated": partial(
        _with_length, 0x7FE00010, 0xFFFFFFFF
    ),
    "a VR that nobody knows": partial(_with_vr, 0x00280010, b"ZZ"),
    "a VR of zeros": partial(_with_vr, 0x0020000D, b"\0\0"),
    "rows that say they are a sequence": partial(_with_vr, 0x00280010, b"SQ"),
    "a UID that says it is pixels": partial(_with_vr, 0x0020000D, b"OW"),
    "a sequence whose item is longer than it": _item_longer_than_its_sequence,
    "a sequence without an end": partial(_sequence_of_items, _ITEM),
    "a sequence of what is no item": partial(_sequence_of_items, b"not an item at all"),
    "an end without a beginning": lambda: _before_study(
        plain_file(), _END_OF_ITEM + _END_OF_SEQUENCE
    ),
    "a sequence of 4 GB": partial(_sequence_of_items, b"", 0xFFFFFFF0),
    "300 sequences nested with lengths": _nested_with_lengths,
    "1,000 sequences one after the other": lambda: _before_study(
        plain_file(), (_SEQUENCE + _END_OF_SEQUENCE) * 1000
    ),
    "deflated garbage": lambda: deflated(garbage(5000)),
    "a deflated nothing": lambda: deflated(b""),
    "a deflated data set that is cut": lambda: deflated(_packed(_data_set())[:-200]),
    "a deflated data set with garbage behind": lambda: deflated(
        _packed(_data_set()) + garbage(999)
    ),
    "a data set that only says it is deflated": lambda: deflated(_data_set()),
    "4 MB of zeros, deflated": lambda: deflated(_packed(bytes(4 << 20))),
    "garbage behind the pixels": lambda: plain_file() + garbage(9999),
    "two files in one": lambda: plain_file() + plain_file(),
    "a file without its meta information": lambda: bytes(128) + b"DICM" + _data_set(),
    "nothing but a magic and garbage": lambda: bytes(128) + b"DICM" + garbage(4096),
    "nothing but zeros": lambda: bytes(100_000),
}
