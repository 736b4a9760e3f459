"""Answers about people on their way into an organization."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JoinRequestRow:
    """Somebody who asks to join, with a confirmed address. Times are ISO 8601 in UTC."""

    request_id: str
    email: str
    display_name: str
    wished_role: str
    phone: str
    specialty: str
    asked_at: str


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """An invitation that can still be accepted. Times are ISO 8601 in UTC.

    Attributes:
        roles: Names of the roles that the person will have.
        invited_by: Name of whoever invited them.
    """

    invitation_id: str
    email: str
    roles: tuple[str, ...]
    invited_by: str
    invited_at: str
    expires_at: str
