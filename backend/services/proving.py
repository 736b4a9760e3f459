"""Proving once more who one is, before a dangerous act. Which acts ask for it is said where they are (`access.step_up`).

A password is checked here as at sign-in; the session gets another token with each proof.
"""

from dataclasses import dataclass, field

from backend.access import audit, passwords
from backend.access.attempts import Attempts
from backend.access.sessions import Sessions
from backend.core.caller import Caller
from backend.core.errors import NotSignedIn, ProofRefused
from backend.core.vocabulary import AuditAction, AuditOutcome, SignInMethod
from backend.models import people
from backend.models.session import Database
from backend.schemas.people import SignedIn


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody gives to prove who they are; what is empty was not given."""

    password: str = field(default="", repr=False)


class Proving:
    """Proofs of people who are signed in.

    Args:
        database: Where people are kept.
        sessions: Whose tokens are exchanged.
        attempts: Limits guessing at an unlocked screen.
    """

    def __init__(self, database: Database, sessions: Sessions, attempts: Attempts) -> None:
        self._database = database
        self._sessions = sessions
        self._attempts = attempts

    def step_up(self, caller: Caller, proof: Proof, cookie_header: str) -> SignedIn:
        """Prove it; the session's token is another one afterwards, for the cookie.

        Raises:
            ProofRefused: If it is wrong; the attempt is in the audit trail.
            TooManyAttempts: After some wrong ones.
            NotSignedIn: If the session has ended meanwhile.
        """
        method = self.prove(caller, proof)
        with self._database.write(caller.organization_id) as session:
            return self._sessions.renew(session, caller, cookie_header, method)

    def prove(self, caller: Caller, proof: Proof) -> SignInMethod:
        """Check a proof, and say what was proved with; it is used up with this.

        Raises:
            ProofRefused: If it is wrong; the attempt is in the audit trail.
            TooManyAttempts: After some wrong ones.
            NotSignedIn: If the account is disabled.
        """
        account = f"proof:{caller.user_id}"
        address = caller.origin.ip_address
        # Whoever is here has signed in here: only what is typed here counts, so nobody elsewhere locks them out.
        self._attempts.begin(account, address, is_known_place=True)
        with self._database.read(caller.organization_id) as session:
            user = people.user_by_id(session, caller.user_id)
            if user is None or not user.is_active:
                raise NotSignedIn
            kept = user.password_hash
        if not passwords.verify_password(proof.password, kept):
            self._record_refused(caller)
            raise ProofRefused
        self._attempts.succeeded(account, address, is_known_place=True)
        return SignInMethod.PASSWORD

    def _record_refused(self, caller: Caller) -> None:
        with self._database.write(caller.organization_id) as session:
            audit.append(
                session,
                caller,
                AuditAction.SESSION_STEPPED_UP,
                object_type="session",
                object_id=caller.session_id,
                outcome=AuditOutcome.REFUSED,
                reason="wrong password",
            )
