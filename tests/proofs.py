"""What tests prove people with."""

from collections.abc import Callable

from backend.access.codes import Codes
from backend.access.sessions import Sessions
from backend.core.caller import Caller
from backend.core.vocabulary import SignInMethod
from backend.models.session import Database
from backend.services.proving import Proof, Proving
from tests.standing_attempts import standing_attempts

KEY = b"s" * 32


def checker(database: Database) -> Callable[[Caller, Proof], SignInMethod]:
    """What checks proofs of people in `database`; it makes no session."""
    sessions: Sessions = None  # type: ignore[assignment]  # checking needs none
    return Proving(database, sessions, standing_attempts(), Codes(KEY)).check
