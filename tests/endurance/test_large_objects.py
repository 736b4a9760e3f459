"""Files larger than the memory that is meant for them: taken in by what one frame takes, whatever the size of the file."""

from pathlib import Path

import pytest

from backend.adapters.parser_process import ParserLimits, ParserPool
from backend.dicom.frames import decode_frame
from backend.dicom.model import ParsedInstance
from backend.dicom.reading_header import ReadingHeader
from tests.endurance.counts import count
from tests.endurance.multi_frames import FRAME_BYTES, native, stored_values
from tests.memory import peak_bytes

FRAMES = count(200, 4096)  # 100 MiB; 2 GiB
MOST_BYTES = 64 << 20


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux")
def test_a_multi_frame_is_parsed_with_the_memory_of_a_few_frames() -> None:
    file = native(FRAMES)
    pool = ParserPool(1, ParserLimits())
    try:
        pool.parse(native(20))
        (worker,) = pool._free
        before = peak_bytes(worker._process.pid)
        parsed = pool.parse(file)
        grown = peak_bytes(worker._process.pid) - before
    finally:
        pool.close()
    assert isinstance(parsed, ParsedInstance)
    assert parsed.attributes.is_displayable
    assert len(set(parsed.frame_checksums)) == FRAMES
    print(f"{file.size_bytes >> 20} MiB: the process that parses grew by {grown >> 20} MiB")
    assert grown < MOST_BYTES
    assert file.most_at_once <= 1 << 20
    assert file.read_bytes < 1.2 * file.size_bytes  # once, and little of it twice

    looked_at = native(FRAMES)
    header = ReadingHeader.from_bytes(parsed.reading_header)
    frame = decode_frame(header, looked_at.read_range, FRAMES - 1)
    assert (frame.stored_values == stored_values(FRAMES - 1)).all()
    assert looked_at.read_bytes == FRAME_BYTES
