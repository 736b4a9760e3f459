"""One-time links: 256 random bits in the fragment of an address, of which only the SHA-256 is kept.

A fragment is sent to no server and stands in no log. What a link lets somebody do is known by whoever issues it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum

from backend.core import clock
from backend.core.errors import Refusal
from backend.models import people
from backend.models.people import OneTimeLink
from backend.models.session import Session


class LinkPurpose(StrEnum):
    """What a link is for; it works for nothing else."""

    SET_UP = "set-up"
    CONFIRM_ACCOUNT = "confirm-account"
    INVITATION = "invitation"
    RESET_PASSWORD = "reset-password"  # noqa: S105 - the name of a purpose
    CHANGE_EMAIL = "change-email"


class LinkRefused(Refusal):
    """The link is wrong, used, or too old."""

    default_sentence = "This link does not work any more. Ask for a new one."


def issue(
    session: Session,
    purpose: LinkPurpose,
    *,
    organization_id: str,
    lasts: timedelta,
    user_id: str | None = None,
    about: str = "",
) -> str:
    """A new token; earlier ones for the same purpose, person and matter stop working.

    Args:
        session: A writing session that sees the organization.
        purpose: What it is for.
        organization_id: Whose link it is.
        lasts: How long it works, if it is not used.
        user_id: The person it is for, if they have an account.
        about: What else it is about, such as the identifier of an invitation.

    Returns:
        The token: it is in no other place.
    """
    withdraw(session, purpose, user_id=user_id, about=about)
    token = secrets.token_urlsafe(32)
    session.add(
        OneTimeLink(
            organization_id=organization_id,
            purpose=purpose.value,
            token_hash=_hash(token),
            user_id=user_id,
            about=about,
            expires_at=clock.now() + lasts,
        )
    )
    session.flush()
    return token


def usable(session: Session, purpose: LinkPurpose, token: str) -> OneTimeLink | None:
    """The link of a token, if it is neither used nor too old."""
    return people.usable_link(session, purpose.value, _hash(token), clock.now())


def redeem(session: Session, purpose: LinkPurpose, token: str) -> OneTimeLink:
    """Use a link up, in the caller's transaction.

    Raises:
        LinkRefused: If it is wrong, used, or too old.
    """
    link = usable(session, purpose, token)
    if link is None:
        raise LinkRefused
    link.used_at = clock.now()
    session.add(link)
    return link


def withdraw(
    session: Session, purpose: LinkPurpose, *, user_id: str | None = None, about: str = ""
) -> None:
    """Let every unused link for this purpose, person and matter stop working."""
    for link in people.unused_links(session, purpose.value, user_id=user_id, about=about):
        link.used_at = clock.now()
        session.add(link)


def prune(session: Session, before: datetime) -> None:
    """Remove links that stopped working before then, in a system session."""
    people.delete_old_links(session, before)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
