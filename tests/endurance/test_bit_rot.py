"""Single bits turned in stored objects, in header, data and tag: each is found, and no other pixel than the true one is shown."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.core.errors import ObjectDamaged
from backend.schemas.viewing import Encoding, TileRequest
from tests.bit_rot import object_ids, path_of, turned_bit
from tests.endurance.counts import count
from tests.viewing_hospital import STUDY, Hospital, ct_slice, uid_of

FLIPS = count(12, 500)
HEADER_BYTES, CHUNK_BYTES, TAG_BYTES = 28, 64 * 1024, 16
# One chunk; several, the last of them part of one.
SLICES = [ct_slice(1.0, 1), ct_slice(2.0, 2, size_px=256)]
UIDS = [uid_of(octets) for octets in SLICES]


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    made.take_in(*SLICES)
    yield made
    made.close()


def place(choice: random.Random, size_bytes: int, number: int) -> int:
    """Somewhere in the header, in a tag or in the data, in turn."""
    if number % 3 == 0:
        return choice.randrange(HEADER_BYTES)
    chunks = -(-(size_bytes - HEADER_BYTES) // (CHUNK_BYTES + TAG_BYTES))
    chunk = choice.randrange(chunks)
    begin = HEADER_BYTES + chunk * (CHUNK_BYTES + TAG_BYTES)
    end = min(begin + CHUNK_BYTES + TAG_BYTES, size_bytes)
    return choice.randrange(end - TAG_BYTES, end) if number % 3 == 1 else choice.randrange(begin, end - TAG_BYTES)  # fmt: skip


def test_every_turned_bit_is_found_and_none_is_ever_shown(hospital: Hospital) -> None:
    choice = random.Random(11)
    person = hospital.sign_in().caller
    viewing, checks = hospital.services.viewing, hospital.services.integrity
    ids = object_ids(hospital)
    study_key = viewing.verdicts.require_view(person, STUDY)

    def seen(sop_instance_uid: str) -> bytes | None:
        request = TileRequest(sop_instance_uid, encoding=Encoding.PNG)
        try:
            return viewing.render_tile(person, STUDY, request).octets
        except ObjectDamaged:
            return None

    truth = {uid: seen(uid) for uid in UIDS}
    assert all(truth.values())
    for number in range(FLIPS):
        uid = UIDS[number % 2]
        path = path_of(hospital, ids[uid])
        position = place(choice, path.stat().st_size, number)
        bit = choice.randrange(8)
        with turned_bit(path, position, bit):
            viewing.forget_study(STUDY, study_key)
            # Before anybody knows, what can be seen is true; once it is known, nothing is seen.
            assert seen(uid) in (None, truth[uid])
            assert checks.check_object(ids[uid]).damaged == 1, (uid, position, bit)
            assert seen(uid) is None
        assert checks.check_object(ids[uid]).recovered == 1
        assert seen(uid) == truth[uid]


def test_all_are_found_by_one_check(hospital: Hospital) -> None:
    ids = object_ids(hospital)
    with turned_bit(path_of(hospital, ids[UIDS[0]]), 5), turned_bit(path_of(hospital, ids[UIDS[1]]), 70_000):  # fmt: skip
        assert hospital.services.integrity.check_all().damaged == 2
