"""ICC profiles made for tests, octet by octet; the formulas that they stand for are in `tests.imaging.test_icc_profile`."""

import struct

import numpy as np
from PIL import ImageCms

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

D50 = np.array([0.9642, 1.0, 0.8249])
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
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    primaries = {
        name: _xyz(to_xyz[:, channel]) for channel, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))
    }
    curves = dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    return _profile({**primaries, **curves}, kind, space)


def table_profile(gamma, **to_xyz_by_intent):
    """An ICC profile of tables, one for each intent.

    Args:
        gamma: Of all three channels.
        to_xyz_by_intent: `perceptual` and `colorimetric`: XYZ of black, and of the three primaries what they add to it.
    """
    names = {"perceptual": b"A2B0", "colorimetric": b"A2B1"}
    tables = {
        names[intent]: _table(gamma, black, to_xyz)
        for intent, (black, to_xyz) in to_xyz_by_intent.items()
    }
    return _profile(tables, b"scnr", b"RGB ")


def _table(gamma, black, to_xyz):
    """A lut16Type: a curve for each channel, then the eight corners of the cube, between which the converter interpolates."""
    corners = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), axis=-1).reshape(8, 3)
    xyz = np.asarray(black) + corners @ np.asarray(to_xyz).T
    curve = np.round(np.linspace(0, 1, 1024) ** gamma * 65535)
    identity = [0, 65535]
    words = np.concatenate([*[curve] * 3, np.round(xyz * 32768).ravel(), *[identity] * 3])
    matrix = b"".join(_number(value) for value in np.eye(3).ravel())
    beginning = struct.pack(">4s4x4B", b"mft2", 3, 3, 2, 0) + matrix + struct.pack(">HH", 1024, 2)
    return beginning + words.astype(">u2").tobytes()


def _number(value):
    return struct.pack(">i", round(value * 65536))


def _xyz(values):
    return b"XYZ \0\0\0\0" + b"".join(_number(value) for value in values)


def _profile(tags, kind, space):
    text = b"test\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * (78 + 1)
    tags = {
        b"desc": description,
        b"cprt": b"text\0\0\0\0none\0\0\0\0",
        b"wtpt": _xyz(D50),
        **tags,
    }
    table, content = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, value in tags.items():
        value += b"\0" * (-len(value) % 4)
        table += name + struct.pack(">II", start + len(content), len(value))
        content += value
    header = struct.pack(">I4s4s4s4s4s", 0, b"\0" * 4, b"\x02\x40\0\0", kind, space, b"XYZ ")
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    header += b"".join(_number(value) for value in D50)
    octets = header.ljust(128, b"\0") + table + content
    return struct.pack(">I", len(octets)) + octets[4:]


ADOBE = matrix_profile(ADOBE_TO_XYZ, ADOBE_GAMMA)
