"""How much memory a process holds and has held, as Linux tells it."""

import re
from pathlib import Path


def peak_bytes(process_id: int) -> int:
    """The most memory that a process has held."""
    return _told(process_id, "VmHWM")


def resident_bytes(process_id: int) -> int:
    """What a process holds now."""
    return _told(process_id, "VmRSS")


def _told(process_id: int, name: str) -> int:
    status = Path(f"/proc/{process_id}/status").read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None
    return 1024 * int(found[1])
