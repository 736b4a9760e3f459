"""Verifying a trail that was exported, anywhere and without a key: entries in a file, checkpoints, and the public key."""

import json
from collections.abc import Iterable, Iterator

from backend.access import audit_proof
from backend.access.checkpoints import CheckpointForged
from backend.models.audit import ChainRecord
from backend.schemas.audit import AuditVerdict


def verify_export(
    lines: Iterable[bytes], notes: Iterable[tuple[str, int, str]], public_key: str
) -> AuditVerdict:
    """Check exported entries against each other and against signed checkpoints.

    Args:
        lines: The entries of all organizations, one JSON object a line, as `pacscribe audit export` writes them.
        notes: Name, number of entries and text of each checkpoint that is at hand.
        public_key: As `pacscribe audit key` prints it.

    Raises:
        Malformed: If the key is none.
    """
    try:
        evidence = audit_proof.evidence_of(notes, public_key, is_checkpointed=False)
    except CheckpointForged as forged:
        return AuditVerdict(0, forged.size, str(forged))
    return audit_proof.verify_records(_records(lines), evidence)


def exported_line(record: ChainRecord) -> bytes:
    """An entry as a line of such a file."""
    return json.dumps(record._asdict()).encode() + b"\n"


def _records(lines: Iterable[bytes]) -> Iterator[ChainRecord | None]:
    for line in lines:
        try:
            record = ChainRecord(**json.loads(line))
            is_whole = isinstance(record.sequence, int)
        except (ValueError, TypeError, RecursionError):
            is_whole = False
        if not is_whole:
            yield None
            return
        yield record
