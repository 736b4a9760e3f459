"""Parsing happens in processes that can be killed, within limits, and the program itself comes to no harm."""

import concurrent.futures
import hashlib
import os
import resource
import signal
import socket
import threading
import time

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate

from backend.adapters import parser_process
from backend.adapters.confined_process import ChildFailed, ConfinedProcess
from backend.adapters.parser_process import OVER_LIMIT, ParserLimits, ParserPool
from backend.adapters.parser_protocol import RANGE
from backend.core.errors import ObjectDamaged
from backend.dicom.model import ParsedInstance, Refused
from tests.dicom_files import grey_ramp, image_dataset, written
from tests.hostile import HOSTILE, deflate_bomb, plain_file

WHOLE = plain_file()
STRICT = ParserLimits(memory_bytes=256 << 20, cpu_seconds=3, wall_seconds=6.0)


@pytest.fixture(scope="module")
def pool():
    pool = ParserPool(1, STRICT)
    yield pool
    pool.close()


def worker_of(pool):
    """The process that would be used next; None if one would have to be started."""
    return pool._free[-1] if pool._free else None


def pid_of(pool):
    return worker_of(pool)._process.pid


class Reader:
    """Octets as the object store gives them."""

    def __init__(self, octets):
        self.octets = octets

    @property
    def size_bytes(self):
        return len(self.octets)

    def read_range(self, offset, length):
        assert offset + length <= len(self.octets)
        return self.octets[offset : offset + length]

    def read_into(self, offset, view):
        view[:] = self.read_range(offset, len(view))


def test_a_large_image_is_decoded_by_several_threads_within_the_limits(pool):
    values = (np.add.outer(np.arange(2048), np.arange(2100)) % 4096).astype(np.uint16)
    dataset = image_dataset(values)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.90"
    stream = imagecodecs.jpeg2k_encode(values, reversible=True, level=0, codecformat="J2K")
    dataset.PixelData = encapsulate([stream])
    dataset["PixelData"].VR = "OB"
    parsed = pool.parse_bytes(written(dataset))
    assert parsed.frame_checksums == (hashlib.sha256(values.tobytes()).hexdigest(),)


def test_a_good_file_comes_back_as_plain_values(pool):
    parsed = pool.parse(Reader(WHOLE))
    assert isinstance(parsed, ParsedInstance)
    assert parsed.attributes.is_displayable
    assert len(parsed.frame_checksums) == 1


def test_nothing_of_a_file_is_left_for_the_next_one(pool):
    larger = written(image_dataset(grey_ramp(80, 80)))
    assert len(larger) > len(WHOLE)
    first = pool.parse(Reader(WHOLE))
    process = pid_of(pool)
    large = pool.parse(Reader(larger))
    assert (large.attributes.rows, large.attributes.columns) == (80, 80)
    assert pool.parse(Reader(WHOLE)) == first
    cut = pool.parse(Reader(WHOLE[:-1]))
    assert isinstance(cut, Refused)  # the octet that is missing is not there from before
    assert pid_of(pool) == process


def test_a_large_file_is_read_by_range_and_says_the_same(pool, monkeypatch):
    whole = pool.parse(Reader(WHOLE))
    monkeypatch.setattr(parser_process, "_WHOLE_UP_TO_BYTES", 0)
    asked = []

    class Counted(Reader):
        def read_range(self, offset, length):
            asked.append((offset, length))
            return super().read_range(offset, length)

    assert pool.parse(Counted(WHOLE)) == whole
    assert asked
    cut = pool.parse(Reader(WHOLE[:-5]))
    assert isinstance(cut, Refused)
    assert "cut short" in cut.reason


@pytest.mark.parametrize(
    "wanted",
    [b"", RANGE.pack(0, len(WHOLE) + 1), RANGE.pack(len(WHOLE), 1), RANGE.pack(0, 2 << 20)],
)
def test_a_process_that_asks_for_what_the_file_does_not_hold_is_not_answered(pool, wanted):
    pool.warm_up()
    with pytest.raises(ChildFailed):
        worker_of(pool)._send_range(Reader(WHOLE), wanted, time.monotonic() + 60)


def test_a_file_that_cannot_be_read_to_its_end_is_the_readers_fault(pool, monkeypatch):
    monkeypatch.setattr(parser_process, "_WHOLE_UP_TO_BYTES", 0)

    class Damaged(Reader):
        def read_range(self, offset, length):
            raise ObjectDamaged

    with pytest.raises(ObjectDamaged):
        pool.parse(Damaged(WHOLE))
    assert isinstance(pool.parse(Reader(WHOLE)), ParsedInstance)


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_leaves_the_program_unharmed(pool, kind):
    octets = HOSTILE[kind]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = pool.parse_bytes(octets)
    grown_bytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert isinstance(result, Refused) or kind in ("65,535 rows and columns", "300,000 empty items")
    assert grown_bytes < 128 << 20
    assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)


def test_a_deflate_bomb_meets_the_limit_of_memory(pool):
    result = pool.parse_bytes(deflate_bomb(400 << 20))
    assert result == Refused(OVER_LIMIT)
    assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)


def test_a_large_frame_meets_the_limit_of_memory(pool):
    dataset = image_dataset(grey_ramp(2, 2), Rows=14000, Columns=14000)
    dataset.PixelData = b"\0" * (14000 * 14000 * 2)
    assert pool.parse_bytes(written(dataset)) == Refused(OVER_LIMIT)
    assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)


def test_a_process_that_answers_late_is_killed():
    pool = ParserPool(1)
    try:
        pool.warm_up()
        pid = pid_of(pool)
        os.kill(pid, signal.SIGSTOP)  # it sits there and does nothing
        worker_of(pool)._limits = ParserLimits(wall_seconds=0.5)
        assert pool.parse_bytes(WHOLE) == Refused(OVER_LIMIT)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)
    finally:
        pool.close()


def test_a_process_that_dies_at_work_costs_only_its_file():
    pool = ParserPool(1, ParserLimits(wall_seconds=20.0))
    try:
        pool.warm_up()
        pid = pid_of(pool)
        os.kill(pid, signal.SIGSTOP)
        threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
        assert pool.parse_bytes(WHOLE) == Refused(OVER_LIMIT)
        assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)
    finally:
        pool.close()


def test_a_process_that_died_while_idle_costs_no_file():
    pool = ParserPool(1)
    try:
        pool.warm_up()
        worker = worker_of(pool)
        os.kill(worker._process.pid, signal.SIGKILL)
        worker._process.wait()
        assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)
    finally:
        pool.close()


@pytest.mark.parametrize("answer", [b"{}", b"\x80\x04N.", b'{"attributes":1}'])
def test_an_answer_that_is_not_a_checked_record_is_refused(pool, monkeypatch, answer):
    monkeypatch.setattr(
        parser_process._Worker, "_receive_answer", lambda self, deadline: (b"PARS", answer)
    )
    assert pool.parse_bytes(WHOLE) == Refused(OVER_LIMIT)


def test_a_process_is_replaced_after_its_share_of_files():
    pool = ParserPool(1, ParserLimits(files_per_process=3))
    try:
        pids = []
        for _ in range(4):
            pool.parse_bytes(WHOLE)
            worker = worker_of(pool)
            pids.append(worker._process.pid if worker else None)
        assert pids[0] == pids[1]
        assert pids[2] is None
        assert pids[3] not in (None, pids[0])
    finally:
        pool.close()


def test_a_reader_that_fails_is_not_the_files_fault(pool):
    class Broken(Reader):
        def read_range(self, offset, length):
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        pool.parse(Broken(WHOLE))
    assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)


def test_octets_go_through_the_socket_where_there_are_no_memory_files(monkeypatch):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    pool = ParserPool(1)
    try:
        parsed = pool.parse_bytes(WHOLE)
        assert isinstance(parsed, ParsedInstance)
    finally:
        pool.close()


def test_what_a_process_shares_with_the_program_can_never_become_shorter(pool):
    """Whoever writes to memory that is gone is killed by the system, and that would be the program."""
    pool.parse(Reader(WHOLE))
    theirs = f"/proc/{pid_of(pool)}/map_files"
    assert (
        sum("memfd:instance" in os.readlink(f"{theirs}/{name}") for name in os.listdir(theirs)) == 1
    )
    room = worker_of(pool)._room
    for size_bytes in (0, room.size_bytes - 1, room.size_bytes + 1):
        with pytest.raises(PermissionError):
            os.ftruncate(room.descriptor, size_bytes)
    assert isinstance(pool.parse(Reader(WHOLE)), ParsedInstance)


def test_several_threads_share_the_processes():
    pool = ParserPool(2)
    try:
        with concurrent.futures.ThreadPoolExecutor(6) as threads:
            results = list(threads.map(pool.parse_bytes, [WHOLE] * 40))
        assert all(isinstance(result, ParsedInstance) for result in results)
    finally:
        pool.close()


def test_quick_files_wait_for_each_other_rather_than_for_another_process(monkeypatch):
    monkeypatch.setattr(parser_process, "_SLOW_FILE_SECONDS", 60.0)
    monkeypatch.setattr(parser_process, "_MANY_FILES_SECONDS", 60.0)
    pool = ParserPool(2)
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            results = list(threads.map(pool.parse_bytes, [WHOLE] * 40))
        assert all(isinstance(result, ParsedInstance) for result in results)
        assert pool._count == 1
    finally:
        pool.close()


def test_many_files_without_a_break_are_worth_another_process(monkeypatch):
    monkeypatch.setattr(parser_process, "_SLOW_FILE_SECONDS", 60.0)
    monkeypatch.setattr(parser_process, "_MANY_FILES_SECONDS", 0.0)
    pool = ParserPool(2)
    try:
        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            list(threads.map(pool.parse_bytes, [WHOLE] * 40))
        assert pool._count == 2
    finally:
        pool.close()


def test_a_file_does_not_wait_behind_a_slow_one():
    second_is_parsed = threading.Event()

    class Slow(Reader):
        def read_range(self, offset, length):
            assert second_is_parsed.wait(30)
            return super().read_range(offset, length)

    pool = ParserPool(2)
    try:
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            slow = threads.submit(pool.parse, Slow(WHOLE))
            assert isinstance(pool.parse(Reader(WHOLE)), ParsedInstance)
            second_is_parsed.set()
            assert isinstance(slow.result(), ParsedInstance)
    finally:
        pool.close()


def test_the_process_sees_no_secret_and_may_write_no_file(monkeypatch, pool):
    monkeypatch.setenv("PACSCRIBE_DEMO_PASSWORD", "canary")
    fresh = ParserPool(1)
    try:
        fresh.warm_up()
        pid = pid_of(fresh)
        with open(f"/proc/{pid}/environ", "rb") as environment:
            assert b"canary" not in environment.read()
        assert resource.prlimit(pid, resource.RLIMIT_FSIZE) == (0, 0)
        assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
        assert resource.prlimit(pid, resource.RLIMIT_AS)[1] < 8 << 30
    finally:
        fresh.close()


def test_a_process_with_nothing_to_do_is_ended_and_started_again():
    pool = ParserPool(2, ParserLimits(idle_seconds=0.4))
    try:
        pool.warm_up()
        pid = pid_of(pool)
        deadline = time.monotonic() + 60
        while pool._count and time.monotonic() < deadline:
            time.sleep(0.1)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)
    finally:
        pool.close()


def test_a_process_steps_back_as_far_as_it_is_told():
    pool = ParserPool(1, ParserLimits(niceness=19))
    try:
        pool.warm_up()
        assert os.getpriority(os.PRIO_PROCESS, pid_of(pool)) == 19
    finally:
        pool.close()


def test_a_closed_pool_has_no_process_left():
    pool = ParserPool(1)
    pool.warm_up()
    pid = pid_of(pool)
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(RuntimeError):
        pool.parse_bytes(WHOLE)


def test_a_process_that_keeps_talking_does_not_outlast_its_time():
    ours, theirs = socket.socketpair()
    process = ConfinedProcess.__new__(ConfinedProcess)
    process.channel = ours
    with ours, theirs:
        theirs.sendall(b"more")
        assert process.receive(1, time.monotonic() + 60) == b"m"
        with pytest.raises(ChildFailed):
            process.receive(1, time.monotonic() - 0.001)
        with pytest.raises(ChildFailed):
            process.send(b"x", time.monotonic() - 0.001)
