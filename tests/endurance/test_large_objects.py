"""Files larger than the memory that is meant for them: taken in by what one frame takes, whatever the size of the file."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest

from backend.adapters.parser_process import ParserLimits, ParserPool
from backend.dicom.frames import decode_frame
from backend.dicom.model import ParsedInstance
from backend.dicom.reading_header import ReadingHeader
from tests.dicom_files import image_dataset, written
from tests.endurance.counts import count
from tests.memory import peak_bytes

SIDE_PX = 512
FRAME_BYTES = 2 * SIDE_PX * SIDE_PX
FRAMES = count(200, 4096)  # 100 MiB; 2 GiB
MOST_BYTES = 64 << 20


class MultiFrame:
    """A multi-frame file that is made while it is read; frame n is full of n. Tells how much of it was asked for."""

    def __init__(self, frames: int) -> None:
        dataset = image_dataset(np.zeros((SIDE_PX, SIDE_PX), np.uint16), NumberOfFrames=frames)
        dataset.PixelData = b""
        head = written(dataset)
        self._head = head[:-4] + struct.pack("<I", frames * FRAME_BYTES)
        self.size_bytes = len(self._head) + frames * FRAME_BYTES
        self.read_bytes = 0
        self.most_at_once = 0

    def read_range(self, offset: int, length: int) -> bytes:
        assert 0 <= offset <= offset + length <= self.size_bytes
        self.read_bytes += length
        self.most_at_once = max(self.most_at_once, length)
        octets = io.BytesIO()
        octets.write(self._head[offset : offset + length])
        position = max(offset - len(self._head), 0)
        while octets.tell() < length:
            frame, place = divmod(position, FRAME_BYTES)
            part = np.full(SIDE_PX * SIDE_PX, frame, "<u2").tobytes()[place:]
            part = part[: length - octets.tell()]
            octets.write(part)
            position += len(part)
        return octets.getvalue()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_a_multi_frame_is_parsed_with_the_memory_of_a_few_frames() -> None:
    file = MultiFrame(FRAMES)
    pool = ParserPool(1, ParserLimits())
    try:
        pool.parse(MultiFrame(20))
        (worker,) = pool._free
        before = peak_bytes(worker._process.pid)
        parsed = pool.parse(file)
        grown = peak_bytes(worker._process.pid) - before
    finally:
        pool.close()
    assert isinstance(parsed, ParsedInstance)
    assert parsed.attributes.is_displayable
    assert len(set(parsed.frame_checksums)) == FRAMES
    assert grown < MOST_BYTES
    assert file.most_at_once <= 1 << 20
    assert file.read_bytes < 1.2 * file.size_bytes  # once, and little of it twice

    looked_at = MultiFrame(FRAMES)
    header = ReadingHeader.from_bytes(parsed.reading_header)
    frame = decode_frame(header, looked_at.read_range, FRAMES - 1)
    assert (frame.stored_values == FRAMES - 1).all()
    assert looked_at.read_bytes == FRAME_BYTES
