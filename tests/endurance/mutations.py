"""Files that are changed at random, each by a seed of its own, so that it can be made again."""

import io
import random
import struct
from functools import cache

import numpy as np
import pydicom
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

from tests.dicom_files import grey_ramp, image_dataset, shipped_files, written
from tests.hostile.structure import _data_set, _packed, deflated

_MOST_BYTES = 40_000
_LENGTHS = (0, 1, 0x7F, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF)


@cache
def originals() -> tuple[bytes, ...]:
    """What is changed: small files of every kind of encoding, and those that pydicom ships."""
    made = [written(image_dataset(grey_ramp(16, 16))), deflated(_packed(_data_set()))]
    rle = pydicom.dcmread(io.BytesIO(made[0]))
    rle.compress(RLELossless, np.arange(256, dtype="uint16").reshape(16, 16))
    made.append(written(rle))
    for syntax in (ImplicitVRLittleEndian, ExplicitVRBigEndian):
        dataset = image_dataset(grey_ramp(16, 16))
        dataset.file_meta.TransferSyntaxUID = syntax
        made.append(written(dataset))
    stream = image_dataset(grey_ramp(8, 8, "uint8"))
    stream.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.90"
    stream.PixelData = encapsulate([b"\xff\x4f\xff\x51" + bytes(60)])
    stream["PixelData"].VR = "OB"
    made.append(written(stream))
    shipped = (path.read_bytes() for path in shipped_files() if path.stat().st_size <= _MOST_BYTES)
    return (*made, *shipped)


def mutated(seed: int) -> bytes:
    """The file of a seed."""
    pick = random.Random(seed)
    octets = bytearray(pick.choice(originals()))
    for _ in range(pick.choice((1, 1, 2, 4, 16))):
        _change(octets, pick)
    return bytes(octets)


def _change(octets: bytearray, pick: random.Random) -> None:
    if not octets:
        return
    # Half of the changes hit the head, where the structure is.
    reach = len(octets) if pick.random() < 0.5 else min(len(octets), 1200)
    at = pick.randrange(reach)
    kind = pick.randrange(8)
    size = pick.choice((1, 2, 4, 8, 64, 500))
    if kind == 0:
        octets[at] ^= 1 << pick.randrange(8)
    elif kind == 1:
        octets[at] = pick.choice((0, 0x1B, 0x5C, 0x5E, 0x7F, 0x80, 0xFF))
    elif kind == 2:
        octets[at : at + 4] = struct.pack("<I", pick.choice(_LENGTHS))
    elif kind == 3:
        octets[at : at + 2] = struct.pack("<H", pick.choice(_LENGTHS) & 0xFFFF)
    elif kind == 4:
        del octets[at : at + size]
    elif kind == 5:
        octets[at:at] = octets[at : at + size] * pick.choice((1, 1, 50))
    elif kind == 6:
        octets[at : at + size] = pick.randbytes(size)
    else:
        del octets[at:]
