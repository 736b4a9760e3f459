"""Work that can wait lets hands go first: whoever scrolls through images at this moment must not feel it."""

import time
from collections.abc import Callable

_STEP_SECONDS = 0.01


def give_way(is_busy: Callable[[], bool], patience_seconds: float) -> None:
    """Wait while hands are moving, but not for ever: what waits must come to its end too.

    Args:
        is_busy: Whether somebody's hand is waiting for images at this moment.
        patience_seconds: The longest wait.
    """
    until = time.monotonic() + patience_seconds
    while is_busy() and time.monotonic() < until:
        time.sleep(_STEP_SECONDS)
