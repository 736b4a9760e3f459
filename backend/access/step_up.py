"""Dangerous acts ask that their caller has proved lately who they are. How one proves it is in `services.proving`."""

from datetime import timedelta

from backend.core import clock
from backend.core.caller import SYSTEM_USER_ID, Caller
from backend.core.errors import StepUpNeeded

RECENT = timedelta(minutes=10)


def require_recent(caller: Caller) -> None:
    """Let the caller pass who has proved within the last ten minutes who they are, in this very session.

    Call it after the permission was asked for: nobody is asked for a password to be told that they may not.
    The program itself passes. Whoever holds a token is no person at a keyboard, and does not.

    Raises:
        StepUpNeeded: The page then asks for the proof, and repeats the act.
    """
    if caller.user_id == SYSTEM_USER_ID:
        return
    if caller.proved_at is None or abs(clock.now() - caller.proved_at) > RECENT:
        raise StepUpNeeded
