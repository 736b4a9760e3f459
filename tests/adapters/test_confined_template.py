"""Parsing processes that are forked from a template are what those are that start from nothing: as confined, and as ignorant."""

import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backend.adapters.confined_template import (
    PARSER_TEMPLATE,
    ProcessTemplate,
    load_ahead,
    template_of,
)
from backend.adapters.parser_process import OVER_LIMIT, ParserLimits, ParserPool
from backend.dicom.model import ParsedInstance, Refused
from tests.hostile import plain_file

pytestmark = pytest.mark.skipif(
    not ProcessTemplate.is_possible(), reason="the system has no descriptors of processes"
)

WHOLE = plain_file()


@pytest.fixture
def template() -> ProcessTemplate:
    return ProcessTemplate(PARSER_TEMPLATE)


@pytest.fixture
def pool(template: ProcessTemplate) -> Iterator[ParserPool]:
    made = ParserPool(2, ParserLimits(files_per_process=3, wall_seconds=20.0), template)
    yield made
    made.close()


def process_of(pool: ParserPool) -> int:
    """The number of the process that would be used next."""
    return pool._free[-1]._process.pid


def template_process(template: ProcessTemplate) -> int:
    assert template._template is not None
    return template._template._process.pid


def parent_of(process_id: int) -> int:
    return int(Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[1])


def is_gone(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    return False


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_it_reads_the_same_in_a_file_as_one_that_starts_from_nothing(pool: ParserPool) -> None:
    alone = ParserPool(1)
    try:
        parsed = pool.parse_bytes(WHOLE)
        assert isinstance(parsed, ParsedInstance)
        assert parsed == alone.parse_bytes(WHOLE)
    finally:
        alone.close()


def test_it_is_as_confined_and_has_no_way_to_its_template(
    pool: ParserPool, template: ProcessTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACSCRIBE_DEMO_PASSWORD", "canary")
    alone = ParserPool(1, ParserLimits())
    try:
        for each in (pool, alone):
            each.parse_bytes(WHOLE)
        ours, other = process_of(pool), process_of(alone)
        assert parent_of(ours) == template_process(template)
        for limit in (
            resource.RLIMIT_FSIZE,
            resource.RLIMIT_CORE,
            resource.RLIMIT_NOFILE,
        ):
            assert resource.prlimit(ours, limit) == resource.prlimit(other, limit)
        # Counted from what each had loaded.
        most = resource.prlimit(ours, resource.RLIMIT_AS)[1]
        assert abs(most - resource.prlimit(other, resource.RLIMIT_AS)[1]) < 64 << 20
        # Processor time is counted anew in each.
        assert resource.prlimit(ours, resource.RLIMIT_CPU)[0] < 120
        for process_id in (ours, template_process(template)):
            assert b"canary" not in Path(f"/proc/{process_id}/environ").read_bytes()
            assert "NoNewPrivs:\t1" in Path(f"/proc/{process_id}/status").read_text()
        assert os.getpgid(ours) == os.getsid(ours) == ours
        assert sorted(os.listdir(f"/proc/{ours}/fd")) == ["0", "1", "2"]
        sockets = {os.readlink(f"/proc/{each}/fd/0") for each in (ours, template_process(template))}
        assert len(sockets) == 2
    finally:
        alone.close()


def test_the_template_has_one_thread_and_may_write_no_file(
    pool: ParserPool, template: ProcessTemplate
) -> None:
    pool.warm_up()
    process_id = template_process(template)
    assert (
        len(os.listdir(f"/proc/{process_id}/task")) == 1
    )  # what forks must not hold others' locks
    assert resource.prlimit(process_id, resource.RLIMIT_FSIZE) == (0, 0)


def test_one_that_has_done_its_share_is_followed_by_another_of_the_same_template(
    pool: ParserPool, template: ProcessTemplate
) -> None:
    pool.parse_bytes(WHOLE)
    first, made_by = process_of(pool), template_process(template)
    for _ in range(3):
        assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)
    assert is_gone(first)
    assert process_of(pool) != first
    assert template_process(template) == made_by


def test_after_a_failure_neither_the_template_nor_what_it_made_reads_another_file(
    pool: ParserPool, template: ProcessTemplate
) -> None:
    with pool._worker(), pool._worker():  # two at a time
        pass
    failing, sibling = process_of(pool), pool._free[0]._process.pid
    made_by = template_process(template)
    os.kill(failing, signal.SIGSTOP)
    pool._free[-1]._limits = ParserLimits(wall_seconds=0.3)
    assert pool.parse_bytes(WHOLE) == Refused(OVER_LIMIT)
    wait_until(lambda: is_gone(failing) and is_gone(sibling))
    assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)
    assert template_process(template) != made_by
    wait_until(lambda: is_gone(made_by))


def test_one_that_is_at_work_while_another_fails_ends_after_its_file(
    pool: ParserPool, template: ProcessTemplate
) -> None:
    with pool._worker() as busy:
        with pool._worker() as failing:
            failing.is_fit, failing.has_failed = False, True
        assert busy.is_alive
        assert isinstance(busy.parse(Octets(), None), ParsedInstance)
    assert not busy.is_alive
    assert not pool._free


class Octets:
    """The whole file, as the object store gives it."""

    size_bytes = len(WHOLE)

    def read_range(self, offset: int, length: int) -> bytes:
        return WHOLE[offset : offset + length]

    def read_into(self, offset: int, view: memoryview) -> None:
        view[:] = self.read_range(offset, len(view))


def test_a_template_that_dies_costs_no_file(pool: ParserPool, template: ProcessTemplate) -> None:
    pool.warm_up()
    for victim in (template_process(template), process_of(pool)):
        os.kill(victim, signal.SIGKILL)
    wait_until(lambda: not pool._free[-1].is_alive)
    assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)


def test_a_template_that_nobody_needs_is_ended() -> None:
    template = ProcessTemplate(PARSER_TEMPLATE)
    limits = ParserLimits(idle_seconds=0.1, template_idle_seconds=0.1)
    pool = ParserPool(2, limits, template)
    try:
        pool.warm_up()
        made_by = template_process(template)
        wait_until(lambda: is_gone(made_by))
        assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)
    finally:
        pool.close()


def test_files_that_are_expected_find_the_template_loaded() -> None:
    template = ProcessTemplate(PARSER_TEMPLATE)
    pool = ParserPool(2, ParserLimits(), template)
    try:
        pool.expect_files()
        wait_until(lambda: template._template is not None)
        made_by = template_process(template)
        assert pool._count == 0
        assert isinstance(pool.parse_bytes(WHOLE), ParsedInstance)
        assert template_process(template) == made_by
    finally:
        pool.close()
    wait_until(lambda: is_gone(made_by))


def test_a_command_that_loads_ahead_uses_what_was_loaded() -> None:
    load_ahead(PARSER_TEMPLATE)
    template = template_of(PARSER_TEMPLATE)
    assert template is not None
    wait_until(lambda: template._template is not None)
    assert template_of(PARSER_TEMPLATE) is not template
    template.close()
    with pytest.raises(RuntimeError):
        ParserPool(1, ParserLimits(), template).warm_up()
