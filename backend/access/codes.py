"""Codes of an authenticator app, and recovery codes: made, checked, used up. Who is asked for one is decided in `services`.

An app's secret is sealed with a key of this installation, bound to its person, and is never in clear in the database. Each
code works once, also for two who send it in the same moment.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from backend.core import clock
from backend.core.errors import ObjectDamaged
from backend.models import factors
from backend.models.factors import AuthenticatorApp, RecoveryCode
from backend.models.session import Session

RECOVERY_CODES = 10

_ISSUER = "PACScribe"
_APP_CODE = re.compile(r"\d{6}")
# Without letters and digits that are mistaken for each other; 12 of them are 59 bits.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_RECOVERY_CHARACTERS = 12
_NONCE_BYTES = 12
# A code is good for the thirty seconds it is shown, and one step before: people type slowly.
_STEPS_AROUND = 1


class Codes:
    """Codes of people.

    Args:
        key: 32 bytes of this installation.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    # -- authenticator app -----------------------------------------------------------------------

    def new_secret(self, user_id: str) -> str:
        """A new secret for a person's app, sealed; it is kept with what was begun, until its first code comes."""
        import pyotp

        nonce = os.urandom(_NONCE_BYTES)
        secret = pyotp.random_base32().encode()
        return base64.urlsafe_b64encode(
            nonce + AESGCM(self._key).encrypt(nonce, secret, user_id.encode())
        ).decode()

    def opened(self, sealed: str, user_id: str) -> str:
        """The secret in base 32, as apps take it.

        Raises:
            ObjectDamaged: If it was changed, or sealed for somebody else.
        """
        octets = base64.urlsafe_b64decode(sealed)
        nonce, rest = octets[:_NONCE_BYTES], octets[_NONCE_BYTES:]
        try:
            return AESGCM(self._key).decrypt(nonce, rest, user_id.encode()).decode()
        except InvalidTag:
            raise ObjectDamaged(
                "The authenticator app cannot be checked. Use a recovery code, and tell an administrator."
            ) from None

    def confirm_app(self, session: Session, user_id: str, sealed: str, code: str) -> bool:
        """Take an app into use if `code` is one of its codes, which is used up with that; a person has one app."""
        time_code = self._time_code(sealed, user_id, code)
        if time_code is None or factors.app_of(session, user_id) is not None:
            return False
        session.add(
            AuthenticatorApp(
                user_id=user_id,
                sealed_secret=sealed,
                last_time_code=time_code,
                confirmed_at=clock.now(),
            )
        )
        session.flush()
        return True

    def use_app_code(self, session: Session, user_id: str, code: str) -> bool:
        """Whether `code` is one of the person's app at this moment; it is used up with this."""
        row = factors.app_of(session, user_id)
        if row is None:
            return False
        time_code = self._time_code(row.sealed_secret, user_id, code)
        return time_code is not None and factors.take_time_code(session, user_id, time_code)

    def _time_code(self, sealed: str, user_id: str, code: str) -> int | None:
        """The number of the thirty seconds that a code is shown in, None if it is wrong."""
        import pyotp
        from pyotp.exceptions import OTPVerificationError

        typed = "".join(code.split())
        if not typed.isascii() or not _APP_CODE.fullmatch(typed):
            return None
        app = pyotp.TOTP(self.opened(sealed, user_id))
        try:
            return int(
                app.verify_and_get_timecode(typed, for_time=clock.now(), valid_window=_STEPS_AROUND)
            )
        except OTPVerificationError:
            return None

    # -- recovery codes --------------------------------------------------------------------------

    def new_recovery_codes(self, session: Session, user_id: str) -> tuple[str, ...]:
        """Ten new codes; earlier ones stop working. They are in no other place than this answer."""
        factors.drop_recovery_codes(session, user_id)
        codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
        for code in codes:
            session.add(RecoveryCode(user_id=user_id, code_hash=self._hash(user_id, code)))
        session.flush()
        return codes

    def use_recovery_code(self, session: Session, user_id: str, code: str) -> bool:
        """Whether `code` is one of the person's that was never used; it is used up with this."""
        typed = "".join(each for each in code.casefold() if each.isalnum())
        if len(typed) != _RECOVERY_CHARACTERS:
            return False
        return factors.take_recovery_code(session, user_id, self._hash(user_id, typed), clock.now())

    def _hash(self, user_id: str, code: str) -> str:
        plain = f"{user_id}|{code.replace('-', '')}".encode()
        return hmac.new(self._key, b"recovery|" + plain, hashlib.sha256).hexdigest()


def provisioning_uri(secret: str, email: str) -> str:
    """What an app reads from the QR code."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=_ISSUER)


def picture_of(secret: str, email: str) -> str:
    """The QR code for an app, as the `data:` address of an SVG image."""
    import segno

    made = segno.make(provisioning_uri(secret, email), error="m", micro=False)
    return str(made.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))


def _recovery_code() -> str:
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_CHARACTERS))
    return "-".join(letters[at : at + 4] for at in range(0, _RECOVERY_CHARACTERS, 4))
