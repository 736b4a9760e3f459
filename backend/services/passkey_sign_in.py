"""Signing in with a passkey and nothing else: it says whose it is, and its device has verified who holds it."""

from dataclasses import replace

from backend.access import ceremonies, passkeys
from backend.access.attempts import Attempts
from backend.access.ceremonies import Begun, Purpose
from backend.access.passkeys import PasskeyCloned, Site
from backend.access.sessions import Sessions
from backend.core.caller import SYSTEM_ORGANIZATION_ID, Origin, system_caller
from backend.core.errors import ProofRefused, SignInRefused
from backend.core.vocabulary import SignInMethod
from backend.models import people
from backend.models.session import Database
from backend.schemas.people import SignedIn
from backend.services.entering import (
    end_previous,
    enter,
    half_caller,
    record_copied_passkey,
    record_refused_factor,
)


class PasskeySignIn:
    """Signing in with a passkey alone.

    Args:
        database: Where passkeys are kept.
        sessions: Where sessions are kept.
        attempts: Limits how often somebody may be wrong.
    """

    def __init__(self, database: Database, sessions: Sessions, attempts: Attempts) -> None:
        self._database = database
        self._sessions = sessions
        self._attempts = attempts

    def begin(self, site: Site) -> tuple[str, str]:
        """A challenge: the token that finishes the ceremony, and what the browser needs, as JSON.

        Nothing is told about anybody's passkeys.
        """
        challenge = passkeys.new_challenge()
        with self._database.system_write() as session:
            begun: Begun = ceremonies.begin(
                session,
                Purpose.PASSKEY_SIGN_IN,
                organization_id=SYSTEM_ORGANIZATION_ID,
                challenge=challenge,
            )
            return begun.token, passkeys.assertion_options(session, "", site, challenge)

    def finish(
        self, token: str, answer: str, site: Site, origin: Origin, cookie_header: str = ""
    ) -> SignedIn:
        """Begin a session for whoever holds the passkey; the challenge is used up, right or wrong.

        Raises:
            SignInRefused: If the answer proves nobody.
            PasskeyCloned: If it shows that there is a copy of the passkey.
            TooManyAttempts: After many wrong answers from one address.
        """
        address = origin.ip_address
        # Nobody guesses a signature: what counts is only how much one address asks for.
        self._attempts.begin(token, address, is_known_place=False)
        with self._database.system_write() as session:
            taken = ceremonies.take(session, Purpose.PASSKEY_SIGN_IN, token)
            challenge = bytes.fromhex(taken.challenge) if taken is not None else b""
        if not challenge:
            raise SignInRefused("This took too long. Try again.")
        signed_in = self._verified(challenge, answer, site, origin)
        self._attempts.succeeded(token, address, is_known_place=False)
        end_previous(self._sessions, cookie_header, origin)
        return signed_in

    def _verified(self, challenge: bytes, answer: str, site: Site, origin: Origin) -> SignedIn:
        with self._database.system_read() as session:
            found = passkeys.find(session, answer)
            owner = people.user_by_id(session, found.user_id) if found is not None else None
        if found is None or owner is None:
            nobody = replace(system_caller(SYSTEM_ORGANIZATION_ID, frozenset()), origin=origin)
            record_refused_factor(self._database, nobody, "unknown passkey")
            raise SignInRefused("This passkey is not known here. Sign in otherwise.")
        caller = half_caller(owner, origin)
        try:
            with self._database.write(owner.organization_id) as session:
                passkey = passkeys.find(session, answer)
                user = people.user_by_id(session, owner.id)
                if passkey is None or user is None or not user.is_active:
                    raise ProofRefused("This passkey is not accepted here. Use another way.")
                if passkeys.verify(session, passkey, site, challenge, answer):
                    return enter(session, self._sessions, user, origin, SignInMethod.PASSKEY)
        except ProofRefused as refused:
            record_refused_factor(self._database, caller, refused.sentence)
            raise SignInRefused(refused.sentence) from None
        record_copied_passkey(self._database, caller)
        raise PasskeyCloned
