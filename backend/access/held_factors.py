"""Which second factors a person holds, and proving one by a code. Enrolling and removing are in `services.factors`."""

from dataclasses import dataclass

from backend.access.codes import Codes
from backend.core.vocabulary import SignInMethod
from backend.models import factors
from backend.models.session import Session


@dataclass(frozen=True, slots=True)
class Held:
    """Second factors of a person.

    Attributes:
        has_app: An authenticator app is in use.
        usable_passkeys: Passkeys that are not suspended.
        suspended_passkeys: Passkeys of which there is a copy; they prove nothing, and spare nobody a second factor.
        recovery_codes: How many are left.
    """

    has_app: bool
    usable_passkeys: int
    suspended_passkeys: int
    recovery_codes: int

    @property
    def is_any(self) -> bool:
        """Whether the password alone is not enough for this person."""
        return self.has_app or self.usable_passkeys + self.suspended_passkeys > 0


def held_by(session: Session, user_id: str) -> Held:
    """What a person holds at this moment."""
    app = factors.app_of(session, user_id)
    passkeys = factors.passkeys_of(session, user_id)
    suspended = sum(each.suspended_at is not None for each in passkeys)
    return Held(
        has_app=app is not None,
        usable_passkeys=len(passkeys) - suspended,
        suspended_passkeys=suspended,
        recovery_codes=factors.count_recovery_codes(session, user_id),
    )


def holds_any(session: Session, user_id: str) -> bool:
    """Whether the password alone is not enough for this person; quicker than all of `held_by`."""
    return factors.app_of(session, user_id) is not None or bool(
        factors.passkeys_of(session, user_id)
    )


def use_code(session: Session, codes: Codes, user_id: str, code: str) -> SignInMethod | None:
    """Use up a code of the app, or a recovery code; None if it is neither."""
    if codes.use_app_code(session, user_id, code):
        return SignInMethod.PASSWORD_AND_CODE
    if codes.use_recovery_code(session, user_id, code):
        return SignInMethod.PASSWORD_AND_RECOVERY_CODE
    return None
