"""Stored objects that rot, for tests: one bit of a file is turned, and turned back."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlmodel import select

from backend.models.studies import Instance
from tests.viewing_hospital import Hospital


def object_ids(hospital: Hospital) -> dict[str, str]:
    """Identifiers of the stored originals by SOP Instance UID."""
    with hospital.services.database.system_read() as session:
        return dict(session.exec(select(Instance.sop_instance_uid, Instance.object_id)).all())


def path_of(hospital: Hospital, object_id: str) -> Path:
    (path,) = (hospital.services.settings.data_dir / "objects").rglob(object_id)
    return path


def turn_bit(path: Path, position: int, bit: int = 0) -> None:
    octets = bytearray(path.read_bytes())
    octets[position] ^= 1 << bit
    path.write_bytes(octets)


@contextmanager
def turned_bit(path: Path, position: int, bit: int = 0) -> Iterator[None]:
    """One bit is another while the block runs."""
    turn_bit(path, position, bit)
    try:
        yield
    finally:
        turn_bit(path, position, bit)
