"""More than a hundred hostile files: each ends in a sentence or is taken in, within the limits of the parsing process."""

import resource
import time
import unicodedata
from collections.abc import Iterator

import pytest

from backend.adapters.confined_template import PARSER_TEMPLATE, template_of
from backend.adapters.parser_process import ParserLimits, ParserPool
from backend.dicom.model import ParsedInstance, Refused
from tests.hostile import ARCHIVES, FILES, HOSTILE, plain_file
from tests.memory import peak_bytes

LIMITS = ParserLimits(memory_bytes=256 << 20, cpu_seconds=3, wall_seconds=6.0)
GROWTH_BYTES = 128 << 20
IDLE_BYTES = 256 << 20
"""More than a parsing process takes before its first file."""
START_SECONDS = 30.0
"""More than it takes to start one, on a slow machine."""


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    pool = ParserPool(1, LIMITS, template_of(PARSER_TEMPLATE))  # as uploads are parsed
    yield pool
    pool.close()


def is_plain_sentence(text: str) -> bool:
    return (
        text.endswith(".")
        and 10 < len(text) < 200
        and not any(unicodedata.category(c).startswith("C") for c in text)
        and "<" not in text
        and "Error" not in text
    )


@pytest.mark.parametrize("kind", sorted(set(FILES) - set(HOSTILE)))
def test_a_hostile_file_ends_in_one_plain_sentence_or_is_taken_in(
    pool: ParserPool, kind: str
) -> None:
    octets = FILES[kind]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    result = pool.parse_bytes(octets)
    took = time.monotonic() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < GROWTH_BYTES
    for worker in pool._free:  # none, if the file was over a limit
        assert peak_bytes(worker._process.pid) < LIMITS.memory_bytes + IDLE_BYTES
    assert took < LIMITS.wall_seconds + len(octets) / (1 << 20) + START_SECONDS
    if isinstance(result, Refused):
        assert is_plain_sentence(result.reason), result.reason
        return
    said = result.attributes
    assert said.is_displayable or is_plain_sentence(said.not_displayable_reason)
    assert all(is_plain_sentence(note) for note in said.notes), said.notes


def test_after_all_of_them_a_good_file_is_read(pool: ParserPool) -> None:
    assert isinstance(pool.parse_bytes(plain_file()), ParsedInstance)


CUT = [
    kind
    for kind in FILES
    if kind.startswith(("cut at the middle", "cut before", "deflated garbage"))
]


@pytest.mark.parametrize("kind", CUT)
def test_what_is_cut_inside_a_value_is_refused(pool: ParserPool, kind: str) -> None:
    assert isinstance(pool.parse_bytes(FILES[kind]()), Refused)


JUNK = [kind for kind in FILES if " UID " in kind or kind.startswith("without")]
# Several values: the first of them is one.
USABLE = {"a study UID of several", "a series UID of several", "a study UID twice"}


@pytest.mark.parametrize("kind", sorted(set(JUNK) - USABLE))
def test_what_has_no_identity_is_refused(pool: ParserPool, kind: str) -> None:
    result = pool.parse_bytes(FILES[kind]())
    if "instance" in kind or "SOPInstanceUID" in kind:
        return  # the meta information names it as well
    assert isinstance(result, Refused), kind


def test_there_are_enough_of_them() -> None:
    assert len(FILES) + len(ARCHIVES) >= 120
