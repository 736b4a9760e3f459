"""Copying happens in a process behind everybody else; it gives what is made here, and comes to no harm with a bad file."""

import io
import os
import signal

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate

from backend.adapters.copyist_process import CopyistLimits, CopyistProcess
from backend.adapters.parser_process import ParserLimits, ParserPool
from backend.dicom.parsing import parse_instance
from backend.dicom.reading_copy import CopiedFrame, copied_frames
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.packing import NotPacked
from tests.dicom_files import image_dataset, written


def slow_file(frames: int = 3) -> tuple[bytes, bytes]:
    """The octets of a JPEG 2000 file that takes long to decode, and its reading header."""
    values = np.random.default_rng(1).integers(0, 4096, (frames, 400, 500)).astype(np.uint16)
    dataset = image_dataset(values[0], NumberOfFrames=frames)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.90"
    dataset.PixelData = encapsulate(
        [imagecodecs.jpeg2k_encode(one, reversible=True, level=0) for one in values]
    )
    dataset["PixelData"].VR = "OB"
    octets = written(dataset)
    return octets, parse_instance(io.BytesIO(octets), must_be_filed=False).reading_header


OCTETS, HEADER = slow_file()


class Memory:
    """Octets in memory, as a pool takes them."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.size_bytes = len(octets)

    def read_range(self, offset: int, length: int) -> bytes:
        return self.octets[offset : offset + length]

    def read_into(self, offset: int, view: memoryview) -> None:
        view[:] = self.read_range(offset, len(view))


def read_range(offset: int, length: int) -> bytes:
    return OCTETS[offset : offset + length]


@pytest.fixture
def copyist():
    copyist = CopyistProcess()
    yield copyist
    copyist.rest()


def process_id(copyist: CopyistProcess) -> int:
    assert copyist._process is not None
    return copyist._process._process.pid


def test_the_process_gives_what_would_be_made_here(copyist):
    expected = list(copied_frames(ReadingHeader.from_bytes(HEADER), read_range))
    assert len(expected) == 3
    assert list(copyist.copied_frames(HEADER, read_range)) == expected
    first = process_id(copyist)
    assert list(copyist.copied_frames(HEADER, read_range)) == expected
    assert process_id(copyist) == first


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="needs Linux")
def test_the_process_runs_only_when_a_processor_would_be_idle(copyist):
    next(copyist.copied_frames(HEADER, read_range))
    assert copyist._process is None  # broken off, so ended
    frames = copyist.copied_frames(HEADER, read_range)
    next(frames)
    assert os.sched_getscheduler(process_id(copyist)) == os.SCHED_IDLE
    assert os.getpriority(os.PRIO_PROCESS, process_id(copyist)) == 19


def test_a_process_that_dies_is_a_failure_and_the_next_copy_is_made(copyist):
    frames = copyist.copied_frames(HEADER, read_range)
    next(frames)
    os.kill(process_id(copyist), signal.SIGKILL)
    with pytest.raises(NotPacked):
        list(frames)
    assert len(list(copyist.copied_frames(HEADER, read_range))) == 3


def test_what_is_interrupted_fails_and_the_next_copy_is_made(copyist):
    frames = copyist.copied_frames(HEADER, read_range)
    next(frames)
    copyist.interrupt()
    with pytest.raises(NotPacked):
        list(frames)
    assert len(list(copyist.copied_frames(HEADER, read_range))) == 3


@pytest.mark.parametrize("given", [lambda o, n: b"", lambda o, n: b"\0" * n])
def test_octets_that_do_not_decode_are_a_failure(copyist, given):
    with pytest.raises(NotPacked):
        list(copyist.copied_frames(HEADER, given))


def test_a_header_that_is_none_is_a_failure(copyist):
    with pytest.raises(NotPacked):
        list(copyist.copied_frames(b"{}", read_range))


def test_a_reader_that_fails_is_heard_and_the_next_copy_is_made(copyist):
    def damaged(_offset: int, _length: int) -> bytes:
        raise OSError("the disk")

    with pytest.raises(OSError, match="the disk"):
        list(copyist.copied_frames(HEADER, damaged))
    assert len(list(copyist.copied_frames(HEADER, read_range))) == 3


def test_memory_is_limited():
    copyist = CopyistProcess(CopyistLimits(memory_bytes=1 << 20))
    try:
        with pytest.raises(NotPacked):
            list(copyist.copied_frames(HEADER, read_range))
    finally:
        copyist.rest()


def test_time_is_limited():
    copyist = CopyistProcess(CopyistLimits(wall_seconds=0.0))
    try:
        with pytest.raises((NotPacked, RuntimeError)):
            list(copyist.copied_frames(HEADER, read_range))
    finally:
        copyist.rest()


def test_a_parsing_process_gives_the_same_frames_along_the_way():
    pool = ParserPool(1, ParserLimits(copies=True))
    try:
        taken: list[CopiedFrame] = []
        with_copy = pool.parse(Memory(OCTETS), taken.append)
        assert taken == list(copied_frames(ReadingHeader.from_bytes(HEADER), read_range))
        assert pool.parse(Memory(OCTETS)) == with_copy  # whoever wants none is given none
        plain = ParserPool(1)
        assert plain.parse(Memory(OCTETS), lambda _frame: pytest.fail("not asked for")) == with_copy
        plain.close()
    finally:
        pool.close()


def test_who_cannot_take_a_frame_is_heard_and_the_next_file_is_parsed():
    pool = ParserPool(1, ParserLimits(copies=True))

    def refuse(_frame: CopiedFrame) -> None:
        raise OSError("no more")

    try:
        with pytest.raises(OSError, match="no more"):
            pool.parse(Memory(OCTETS), refuse)
        assert pool.parse(Memory(OCTETS)).attributes.number_of_frames == 3
    finally:
        pool.close()
