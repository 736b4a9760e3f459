"""The second step of signing in: a code, a recovery code or a passkey; or, for who holds none and must, enrolling one.

Between the steps somebody holds a token that opens nothing else, for ten minutes, in a cookie of its own. It is used
up with the step; a password changed meanwhile, a reset of factors or too many wrong answers end it as well.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backend.access import audit, ceremonies, passkeys
from backend.access.attempts import Attempts
from backend.access.ceremonies import STEP_COOKIE_NAME, Purpose
from backend.access.codes import Codes, picture_of
from backend.access.held_factors import held_by, holds_any, use_code
from backend.access.passkeys import PasskeyCloned, Site
from backend.access.sessions import Sessions
from backend.core.caller import Caller, Origin
from backend.core.errors import ProofRefused, Refusal
from backend.core.vocabulary import AuditAction, SignInMethod
from backend.models import people
from backend.models.factors import Ceremony
from backend.models.people import User
from backend.models.session import Database, Session
from backend.schemas.factors import AppEnrolment, SecondStepView
from backend.schemas.people import SignedIn
from backend.services.entering import (
    end_previous,
    enter,
    half_caller,
    record_copied_passkey,
    record_refused_factor,
)
from backend.services.sign_in_letters import tell_of_wrong_codes

# The owner is told once that somebody knows their password and guesses.
_TOLD_AFTER = 5

_Proof = Callable[[Session, User, Ceremony], SignInMethod | Refusal]


class StepOver(Refusal):
    """What was begun with the password is too old, was finished, or was answered wrongly too often."""

    default_sentence = "This took too long, or was answered wrongly too often. Begin again."


@dataclass(frozen=True, slots=True)
class _Step:
    """Who is half signed in."""

    token: str
    caller: Caller
    is_known_place: bool


class SecondSteps:
    """The second step of signing in.

    Args:
        database: Where people are kept.
        sessions: Where their sessions are kept.
        attempts: Limits guessing at codes.
        codes: Checks them.
    """

    def __init__(
        self, database: Database, sessions: Sessions, attempts: Attempts, codes: Codes
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._attempts = attempts
        self._codes = codes

    def view(self, cookie_header: str) -> SecondStepView | None:
        """What the page of the second step offers; None if nobody is half signed in."""
        token = ceremonies.cookie_value(cookie_header, STEP_COOKIE_NAME)
        with self._database.system_read() as session:
            found = _half_signed_in(session, token)
            if found is None:
                return None
            _, user = found
            held = held_by(session, user.id)
            return SecondStepView(
                email=user.email,
                has_app=held.has_app,
                has_passkey=held.usable_passkeys > 0,
                has_recovery_codes=held.recovery_codes > 0,
                must_enrol=not held.is_any,
            )

    def with_code(
        self, cookie_header: str, code: str, origin: Origin, *, remembers: bool = False
    ) -> SignedIn:
        """Finish with a code of the app, or a recovery code.

        Raises:
            StepOver: If there is nothing to finish.
            ProofRefused: If the code is wrong, or was used before.
            TooManyAttempts: Saying how long to wait.
        """

        def prove(session: Session, user: User, _: Ceremony) -> SignInMethod:
            method = use_code(session, self._codes, user.id, code)
            if method is None:
                raise ProofRefused(
                    "This code is not right, or was used already. Wait for the next."
                )
            return method

        return self._finish(cookie_header, origin, prove, remembers=remembers)

    def passkey_options(self, cookie_header: str, site: Site) -> str:
        """What the browser needs to finish with a passkey, as JSON; earlier challenges of this step are void.

        Raises:
            StepOver: If there is nothing to finish.
        """
        return self._challenge(
            cookie_header,
            lambda session, user, challenge: passkeys.assertion_options(
                session, user.id, site, challenge
            ),
        )

    def with_passkey(
        self,
        cookie_header: str,
        answer: str,
        site: Site,
        origin: Origin,
        *,
        remembers: bool = False,
    ) -> SignedIn:
        """Finish with one of the person's passkeys.

        Raises:
            StepOver: If there is nothing to finish.
            ProofRefused: If the answer is wrong; `PasskeyCloned` if it shows that there is a copy.
            TooManyAttempts: Saying how long to wait.
        """

        def prove(session: Session, user: User, step: Ceremony) -> SignInMethod | Refusal:
            found = passkeys.find(session, answer)
            if found is None or found.user_id != user.id or not step.challenge:
                raise ProofRefused("This passkey is not known here.")
            challenge = bytes.fromhex(step.challenge)
            is_one_of_a_kind = passkeys.verify(session, found, site, challenge, answer)
            return SignInMethod.PASSWORD_AND_PASSKEY if is_one_of_a_kind else PasskeyCloned()

        return self._finish(cookie_header, origin, prove, remembers=remembers)

    # -- enrolling, for who must -----------------------------------------------------------------

    def app_enrolment(self, cookie_header: str) -> AppEnrolment:
        """The secret for an app of somebody who has no second factor and must have one.

        Raises:
            StepOver: If there is nothing to finish, or they have one.
        """
        step = self._step(cookie_header)
        with self._database.write(step.caller.organization_id) as session:
            found = _half_signed_in(session, step.token)
            if found is None:
                raise StepOver
            ceremony, user = found
            _require_none_held(session, user)
            # Kept with this very step: whoever else knows the password sees another one.
            if not ceremony.sealed_secret:
                ceremony.sealed_secret = self._codes.new_secret(user.id)
                session.add(ceremony)
            secret = self._codes.opened(ceremony.sealed_secret, user.id)
            return AppEnrolment(key=secret, picture=picture_of(secret, user.email))

    def enrol_app(self, cookie_header: str, code: str, origin: Origin) -> SignedIn:
        """Take the app into use by its first code, and finish with it; raises what `with_code` raises."""

        def prove(session: Session, user: User, step: Ceremony) -> SignInMethod:
            _require_none_held(session, user)
            sealed = step.sealed_secret
            if not sealed or not self._codes.confirm_app(session, user.id, sealed, code):
                raise ProofRefused("This code is not right. Wait for the next, and type that.")
            _record_added(session, user, origin, "app")
            return SignInMethod.PASSWORD_AND_CODE

        return self._finish(cookie_header, origin, prove)

    def enrol_passkey_options(self, cookie_header: str, site: Site) -> str:
        """What the browser needs to make the first passkey, as JSON; raises what `app_enrolment` raises."""

        def options(session: Session, user: User, challenge: bytes) -> str:
            _require_none_held(session, user)
            return passkeys.registration_options(session, user, site, challenge)

        return self._challenge(cookie_header, options)

    def enrol_passkey(
        self, cookie_header: str, answer: str, name: str, site: Site, origin: Origin
    ) -> SignedIn:
        """Keep the first passkey, and finish with it; raises what `with_passkey` raises."""

        def prove(session: Session, user: User, step: Ceremony) -> SignInMethod:
            _require_none_held(session, user)
            if not step.challenge:
                raise ProofRefused
            challenge = bytes.fromhex(step.challenge)
            passkeys.register(session, user.id, site, challenge, answer, name)
            _record_added(session, user, origin, "passkey")
            return SignInMethod.PASSWORD_AND_PASSKEY

        return self._finish(cookie_header, origin, prove)

    # -- how a step ends -------------------------------------------------------------------------

    def _finish(
        self, cookie_header: str, origin: Origin, prove: _Proof, *, remembers: bool = False
    ) -> SignedIn:
        step = self._step(cookie_header, origin)
        account = f"code:{step.caller.user_id}"
        self._attempts.begin(account, origin.ip_address, is_known_place=step.is_known_place)
        try:
            outcome = self._prove(step, origin, prove, remembers=remembers)
        except ProofRefused as refused:
            self._count_wrong(step, refused)
            raise
        if isinstance(outcome, Refusal):
            record_copied_passkey(self._database, step.caller)
            raise outcome
        self._attempts.succeeded(account, origin.ip_address, is_known_place=step.is_known_place)
        end_previous(self._sessions, cookie_header, origin)
        return outcome

    def _prove(
        self, step: _Step, origin: Origin, prove: _Proof, *, remembers: bool
    ) -> SignedIn | Refusal:
        """Use the step up, check the proof, begin the session: all of it or nothing; a suspended passkey stays so."""
        with self._database.write(step.caller.organization_id) as session:
            taken = ceremonies.take(session, Purpose.SECOND_STEP, step.token)
            user = people.user_by_id(session, step.caller.user_id)
            if taken is None or user is None or not _is_current(taken, user):
                raise StepOver
            method = prove(session, user, taken)
            if isinstance(method, Refusal):
                return method
            return enter(session, self._sessions, user, origin, method, remembers=remembers)

    def _count_wrong(self, step: _Step, refused: ProofRefused) -> None:
        with self._database.write(step.caller.organization_id) as session:
            found = ceremonies.under_way(session, Purpose.SECOND_STEP, step.token)
            if found is not None:
                ceremonies.count_wrong(session, found)
                user = people.user_by_id(session, step.caller.user_id)
                if user is not None and found.attempts == _TOLD_AFTER:
                    tell_of_wrong_codes(session, user, step.caller.origin)
        record_refused_factor(self._database, step.caller, refused.sentence)

    def _challenge(self, cookie_header: str, options: Callable[[Session, User, bytes], str]) -> str:
        step = self._step(cookie_header)
        challenge = passkeys.new_challenge()
        with self._database.write(step.caller.organization_id) as session:
            found = _half_signed_in(session, step.token)
            if found is None:
                raise StepOver
            found[0].challenge = challenge.hex()
            session.add(found[0])
            return options(session, found[1], challenge)

    def _step(self, cookie_header: str, origin: Origin | None = None) -> _Step:
        token = ceremonies.cookie_value(cookie_header, STEP_COOKIE_NAME)
        origin = origin or Origin()
        with self._database.system_read() as session:
            found = _half_signed_in(session, token)
            if found is None:
                raise StepOver
            user = found[1]
            is_known = people.has_signed_in_from(session, user.id, origin.ip_address)
            return _Step(token, half_caller(user, origin), is_known)


def _half_signed_in(session: Session, token: str) -> tuple[Ceremony, User] | None:
    step = ceremonies.under_way(session, Purpose.SECOND_STEP, token)
    user = people.user_by_id(session, step.user_id) if step is not None else None
    if step is None or user is None or not _is_current(step, user):
        return None
    return step, user


def _is_current(step: Ceremony, user: User) -> bool:
    """Whether the password that began the step is still the person's."""
    return user.is_active and user.password_changed_at <= step.created_at


def _require_none_held(session: Session, user: User) -> None:
    """With the password alone nobody adds a factor beside those that are there."""
    if holds_any(session, user.id):
        raise StepOver


def _record_added(session: Session, user: User, origin: Origin, kind: str) -> None:
    audit.append(
        session,
        half_caller(user, origin),
        AuditAction.FACTOR_ADDED,
        object_type="user",
        object_id=user.id,
        details={"kind": kind},
    )
