"""Browsers that people have had remembered: there the password alone is enough, for thirty days. They can be forgotten.

The cookie is one of its own, bound to the person: it spares the code, never the password, and is no session.
"""

import secrets
from datetime import timedelta

from backend.access.ceremonies import cookie_value, hash_of
from backend.core import clock
from backend.core.caller import Origin
from backend.models import factors
from backend.models.factors import RememberedDevice
from backend.models.session import Session

COOKIE_NAME = "__Host-pacscribe-device"
LASTS = timedelta(days=30)


def remember(session: Session, user_id: str, origin: Origin) -> str:
    """Remember the browser; the token for its cookie, which is in no other place."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    session.add(
        RememberedDevice(
            user_id=user_id,
            token_hash=hash_of(token),
            ip_address=origin.ip_address[:64],
            user_agent=origin.user_agent[:400],
            last_used_at=now,
            expires_at=now + LASTS,
        )
    )
    session.flush()
    return token


def is_remembered(session: Session, user_id: str, cookie_header: str) -> bool:
    """Whether this very person has had this browser remembered; that it was used is kept."""
    token = cookie_value(cookie_header, COOKIE_NAME)
    now = clock.now()
    found = factors.device_by_token_hash(session, user_id, hash_of(token), now) if token else None
    if found is None:
        return False
    found.last_used_at = now
    session.add(found)
    return True
