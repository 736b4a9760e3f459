"""`pacscribe check`, as whoever operates the machine runs it."""

from pathlib import Path

import pytest

from tests.bit_rot import object_ids, path_of, turn_bit
from tests.served import run_command
from tests.viewing_hospital import STUDY, Hospital, ct_slice, uid_of

pytestmark = pytest.mark.slow


def test_damage_is_told_with_exit_status_one_and_wholeness_with_zero(tmp_path: Path) -> None:
    octets = ct_slice(1.0, 1)
    hospital = Hospital(tmp_path / "data")
    hospital.take_in(octets, ct_slice(2.0, 2))
    hospital.services.integrity.request_all(hospital.sign_in("admin@demo.example").caller)
    damaged = path_of(hospital, object_ids(hospital)[uid_of(octets)])
    hospital.close()
    turn_bit(damaged, 100)
    found = run_command("check", "--all", "--data-dir", str(tmp_path / "data"))
    assert found.returncode == 1, found.stderr
    told, counted = found.stdout.splitlines()
    assert told == (
        f"damaged: object {uid_of(octets)} of study {STUDY}: its file was changed, cut or exchanged"
    )
    assert counted.startswith("2 objects, ")
    turn_bit(damaged, 100)
    whole = run_command("check", "--data-dir", str(tmp_path / "data"))
    assert whole.returncode == 0, whole.stderr
    assert whole.stdout.startswith(f"whole again: object {uid_of(octets)} of study {STUDY}\n")
    assert " 0 damaged, 1 whole again" in whole.stdout
    # What somebody asked for on the page, and nobody has begun.
    for said in ("The check of every object is given up", "No check of every object is waiting"):
        cancelled = run_command("check", "--cancel", "--data-dir", str(tmp_path / "data"))
        assert (cancelled.returncode, cancelled.stderr) == (0, "")
        assert cancelled.stdout.startswith(said)
