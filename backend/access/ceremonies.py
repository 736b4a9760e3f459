"""What is begun and must be finished soon, once, by whoever began it: half a sign-in, the challenge of a passkey.

The token is in the browser only; the database holds its SHA-256. It opens nothing but the step it was made for.
"""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from backend.core import clock
from backend.models import factors
from backend.models.factors import Ceremony
from backend.models.session import Session

STEP_COOKIE_NAME = "__Host-pacscribe-step"
LASTS = timedelta(minutes=10)
MOST_ATTEMPTS = 10

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Purpose(StrEnum):
    """What a ceremony is for; its token is good for nothing else."""

    SECOND_STEP = "second-step"
    PASSKEY_SIGN_IN = "passkey-sign-in"
    PASSKEY_REGISTER = "passkey-register"
    PASSKEY_STEP_UP = "passkey-step-up"
    APP_ENROL = "app-enrol"


@dataclass(frozen=True, slots=True)
class Begun:
    """A new ceremony, with the token that finishes it."""

    token: str
    challenge: bytes


def begin(
    session: Session,
    purpose: Purpose,
    *,
    organization_id: str,
    user_id: str = "",
    session_id: str = "",
    challenge: bytes = b"",
    sealed_secret: str = "",
) -> Begun:
    """Begin a ceremony; what is out of time goes."""
    now = clock.now()
    factors.drop_ceremonies(session, now)
    token = secrets.token_urlsafe(32)
    session.add(
        Ceremony(
            organization_id=organization_id,
            purpose=purpose.value,
            token_hash=hash_of(token),
            user_id=user_id,
            session_id=session_id,
            challenge=challenge.hex(),
            sealed_secret=sealed_secret,
            expires_at=now + LASTS,
        )
    )
    session.flush()
    return Begun(token, challenge)


def under_way(session: Session, purpose: Purpose, token: str) -> Ceremony | None:
    """The ceremony that this token finishes; None if it was finished, answered wrongly too often, or is too old."""
    if not _TOKEN.fullmatch(token):
        return None
    found = factors.ceremony_under_way(session, purpose.value, hash_of(token), clock.now())
    return found if found is not None and found.attempts < MOST_ATTEMPTS else None


def take(session: Session, purpose: Purpose, token: str) -> Ceremony | None:
    """Finish a ceremony: nobody can a second time. None if it is not under way."""
    found = under_way(session, purpose, token)
    if found is None or not factors.finish_ceremony(session, found.id):
        return None
    session.expunge(found)
    return found


def count_wrong(session: Session, ceremony: Ceremony) -> None:
    """Count a wrong answer; after ten the ceremony is over."""
    factors.count_attempt(session, ceremony.id)


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("ascii", "replace")).hexdigest()


def cookie_value(cookie_header: str, name: str) -> str:
    """The token in a cookie of this name; empty if there is none that could be ours."""
    for part in cookie_header.split(";"):
        found, _, value = part.strip().partition("=")
        if found == name:
            return value if _TOKEN.fullmatch(value) else ""
    return ""
