"""ICC profiles made for tests, octet by octet; the formulas that they stand for are in `tests.imaging.test_icc_profile`."""

import struct

import numpy as np
from PIL import ImageCms

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

# Adobe RGB (1998): its primaries adapted to D50, and its gamma.
ADOBE_TO_XYZ = np.array(
    [[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]]
)
ADOBE_GAMMA = 563 / 256
SRGB_TO_XYZ = np.array(
    [[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]]
)


def matrix_profile(to_xyz, gamma, *, kind=b"scnr", space=b"RGB "):
    """An ICC profile (version 2) of three primaries and one gamma, octet by octet as ISO 15076-1 lays it out."""

    def number(value):
        return struct.pack(">i", round(value * 65536))

    def xyz(values):
        return b"XYZ \0\0\0\0" + b"".join(number(value) for value in values)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"test\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * (78 + 1)
    tags = {
        b"desc": description,
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": xyz((0.9642, 1.0, 0.8249)),
        **{
            name: xyz(to_xyz[:, channel])
            for channel, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))
        },
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, content = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        value += b"\0" * (-len(value) % 4)
        table += name + struct.pack(">II", start + len(content), len(value))
        content += value
    header = struct.pack(">I4s4s4s4s4s", 0, b"\0" * 4, b"\x02\x40\0\0", kind, space, b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    header += number(0.9642) + number(1.0) + number(0.8249)
    octets = header.ljust(128, b"\0") + table + content
    return struct.pack(">I", len(octets)) + octets[4:]


ADOBE = matrix_profile(ADOBE_TO_XYZ, ADOBE_GAMMA)
