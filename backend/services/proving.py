"""Proving once more who one is, before a dangerous act. Which acts ask for it is said where they are (`access.step_up`).

The password, with a code for who holds a second factor, or a passkey. The session gets another token with each proof.
"""

from dataclasses import dataclass, field

from backend.access import audit, ceremonies, passkeys, passwords
from backend.access.attempts import Attempts
from backend.access.ceremonies import Purpose
from backend.access.codes import Codes
from backend.access.held_factors import held_by, holds_any, use_code
from backend.access.passkeys import PasskeyCloned, Site
from backend.access.sessions import Sessions
from backend.core.caller import Caller
from backend.core.errors import NotSignedIn, ProofRefused
from backend.core.vocabulary import AuditAction, AuditOutcome, SignInMethod
from backend.models import people
from backend.models.session import Database, Session
from backend.schemas.factors import ProofChoices
from backend.schemas.people import SignedIn
from backend.services.entering import record_copied_passkey


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody gives to prove who they are; what is empty was not given.

    Attributes:
        password: As typed.
        code: Of the app, or a recovery code.
        ceremony: The token that `Proving.begin_passkey` gave.
        passkey: The browser's answer to it, as JSON.
        site: Where that passkey was used.
    """

    password: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    ceremony: str = field(default="", repr=False)
    passkey: str = field(default="", repr=False)
    site: Site | None = None


class Proving:
    """Proofs of people who are signed in.

    Args:
        database: Where people are kept.
        sessions: Whose tokens are exchanged.
        attempts: Limits guessing at an unlocked screen.
        codes: Checks codes.
    """

    def __init__(
        self, database: Database, sessions: Sessions, attempts: Attempts, codes: Codes
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._attempts = attempts
        self._codes = codes

    def choices(self, caller: Caller) -> ProofChoices:
        """With what the caller can prove who they are."""
        with self._database.read(caller.organization_id) as session:
            held = held_by(session, caller.user_id)
            return ProofChoices(needs_code=held.is_any, has_passkey=held.usable_passkeys > 0)

    def begin_passkey(self, caller: Caller, site: Site) -> tuple[str, str]:
        """A challenge for one of the caller's passkeys: the token that finishes it, and what the browser needs."""
        challenge = passkeys.new_challenge()
        with self._database.write(caller.organization_id) as session:
            begun = ceremonies.begin(
                session,
                Purpose.PASSKEY_STEP_UP,
                organization_id=caller.organization_id,
                user_id=caller.user_id,
                session_id=caller.session_id,
                challenge=challenge,
            )
            options = passkeys.assertion_options(session, caller.user_id, site, challenge)
            return begun.token, options

    def step_up(self, caller: Caller, proof: Proof, cookie_header: str) -> SignedIn:
        """Prove it; the session's token is another one afterwards, for the cookie.

        Raises:
            ProofRefused: If it is wrong; the attempt is in the audit trail.
            TooManyAttempts: After some wrong ones.
            NotSignedIn: If the session has ended meanwhile.
        """
        account = f"proof:{caller.user_id}"
        address = caller.origin.ip_address
        # Whoever is here has signed in here: only what is typed here counts, so nobody elsewhere locks them out.
        self._attempts.begin(account, address, is_known_place=True)
        try:
            method = self.check(caller, proof)
        except ProofRefused as refused:
            self._record_refused(caller, refused.sentence)
            raise
        self._attempts.succeeded(account, address, is_known_place=True)
        with self._database.write(caller.organization_id) as session:
            return self._sessions.renew(session, caller, cookie_header, method)

    def check(self, caller: Caller, proof: Proof) -> SignInMethod:
        """What was proved with; a code or a challenge is used up with this. Limits and traces are the caller's.

        Raises:
            ProofRefused: If it is wrong, or not enough.
            NotSignedIn: If the account is disabled.
        """
        with self._database.read(caller.organization_id) as session:
            user = people.user_by_id(session, caller.user_id)
            if user is None or not user.is_active:
                raise NotSignedIn
            kept = user.password_hash
            needs_code = holds_any(session, caller.user_id)
        if proof.passkey:
            return self._check_passkey(caller, proof)
        if not passwords.verify_password(proof.password, kept):
            raise ProofRefused("The password is not right. Check it and try again.")
        if not needs_code:
            return SignInMethod.PASSWORD
        with self._database.write(caller.organization_id) as session:
            method = use_code(session, self._codes, caller.user_id, proof.code)
        if method is None:
            raise ProofRefused("The code is not right, or was used already. Wait for the next.")
        return method

    def _check_passkey(self, caller: Caller, proof: Proof) -> SignInMethod:
        if proof.site is None:
            raise ProofRefused
        with self._database.write(caller.organization_id) as session:
            challenge = _challenge(session, caller, proof.ceremony)
        if not challenge:
            raise ProofRefused("This took too long. Try again.")
        with self._database.write(caller.organization_id) as session:
            found = passkeys.find(session, proof.passkey)
            if found is None or found.user_id != caller.user_id:
                raise ProofRefused("This passkey is not known here.")
            if passkeys.verify(session, found, proof.site, challenge, proof.passkey):
                return SignInMethod.PASSKEY
        record_copied_passkey(self._database, caller)
        raise PasskeyCloned

    def _record_refused(self, caller: Caller, reason: str) -> None:
        with self._database.write(caller.organization_id) as session:
            audit.append(
                session,
                caller,
                AuditAction.SESSION_STEPPED_UP,
                object_type="session",
                object_id=caller.session_id,
                outcome=AuditOutcome.REFUSED,
                reason=reason,
            )


def _challenge(session: Session, caller: Caller, token: str) -> bytes:
    """The challenge of a ceremony that this very session began; it is used up, right or wrong."""
    taken = ceremonies.take(session, Purpose.PASSKEY_STEP_UP, token)
    if taken is None or taken.session_id != caller.session_id:
        return b""
    return bytes.fromhex(taken.challenge)
