"""Files made to hurt whoever reads them."""

import struct
import zlib

from tests.dicom_files import grey_ramp, image_dataset, written

_SEQUENCE = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
_ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)


def plain_file():
    return written(image_dataset(grey_ramp(64, 64)))


def _before_study(octets, inserted):
    position = octets.index(struct.pack("<HH", 0x0020, 0x000D))
    return octets[:position] + inserted + octets[position:]


def claiming_four_gigabytes():
    element = struct.pack("<HH2sHI", 0x0010, 0x4000, b"UT", 0, 0xFFFFFFF0) + b"x" * 64
    return _before_study(plain_file(), element)


def claiming_four_gigabytes_of_pixels():
    octets = plain_file()
    position = octets.index(struct.pack("<HH", 0x7FE0, 0x0010)) + 8
    return octets[:position] + struct.pack("<I", 0xFFFFFFF0) + octets[position + 4 :]


def nested(depth=3000):
    return _before_study(plain_file(), (_SEQUENCE + _ITEM) * depth)


def nested_with_ends(depth=3000):
    end_of_item = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
    end_of_sequence = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    ends = (end_of_item + end_of_sequence) * depth
    return _before_study(plain_file(), (_SEQUENCE + _ITEM) * depth + ends)


def deflate_bomb(size_bytes=8 << 30):
    head = written(image_dataset(grey_ramp()))
    meta_end = head.index(struct.pack("<HH", 0x0008, 0x0016))
    # The same zeros over and over: a stream of nothing but copies of itself.
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    step = bytes(1 << 24)
    body = b"".join(packer.compress(step) for _ in range(size_bytes // len(step)))
    explicit, deflated = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"
    meta = head[:meta_end].replace(
        b"UI" + struct.pack("<H", len(explicit)) + explicit,
        b"UI" + struct.pack("<H", len(deflated)) + deflated,
    )
    return meta + body + packer.flush()


def huge_image():
    octets = written(image_dataset(grey_ramp()))
    for tag in (0x0010, 0x0011):
        position = octets.index(struct.pack("<HH2s", 0x0028, tag, b"US")) + 8
        octets = octets[:position] + struct.pack("<H", 65535) + octets[position + 2 :]
    return octets


def many_frames():
    return written(image_dataset(grey_ramp(), NumberOfFrames=2_000_000_000))


def many_empty_items(count=300_000):
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0)
    return _before_study(
        plain_file(), _SEQUENCE + item * count + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    )


def garbage(size_bytes=100_000):
    state, octets = 1, bytearray()
    while len(octets) < size_bytes:
        state = (1103515245 * state + 12345) & 0x7FFFFFFF
        octets += state.to_bytes(4, "little")
    return bytes(octets)


def garbage_after_a_good_head():
    return plain_file()[:400] + garbage()


HOSTILE = {
    "empty": bytes,
    "garbage": garbage,
    "garbage after a good head": garbage_after_a_good_head,
    "an element of 4 GB": claiming_four_gigabytes,
    "pixels of 4 GB": claiming_four_gigabytes_of_pixels,
    "3,000 nested sequences": nested,
    "3,000 nested sequences that end": nested_with_ends,
    "65,535 rows and columns": huge_image,
    "two billion frames": many_frames,
    "300,000 empty items": many_empty_items,
}
