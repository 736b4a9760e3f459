"""The one place that asks what time it is. Tests hold it still; nothing else reads the clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_frozen_at: datetime | None = None


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return _frozen_at if _frozen_at is not None else datetime.now(UTC)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` while the block runs.

    Raises:
        ValueError: If `moment` carries no time zone.
    """
    global _frozen_at  # noqa: PLW0603 - the one clock of the process is what is being held
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone.")
    before, _frozen_at = _frozen_at, moment.astimezone(UTC)
    try:
        yield
    finally:
        _frozen_at = before
