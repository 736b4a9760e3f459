"""Answers about people on their way into an organization, and what they say of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignUpForm:
    """What somebody says who wants an account; no more than whoever lets them in must know.

    Attributes:
        organization: Name or short name of the organization to join, or the name of a new one.
        is_founding: Whether it is a new one.
        is_attested: Whether they say that they work in health care and are at least 18 years old.
    """

    display_name: str
    organization: str
    is_founding: bool
    wished_role: str
    email: str
    phone: str
    specialty: str
    is_attested: bool


@dataclass(frozen=True, slots=True)
class InvitationForm:
    """What somebody says who accepts an invitation."""

    display_name: str
    phone: str
    specialty: str
    is_attested: bool


def sign_up_form(fields: Mapping[str, object]) -> SignUpForm:
    """The form as a page sends it; what is missing is empty."""
    return SignUpForm(
        display_name=said(fields, "display_name"),
        organization=said(fields, "organization"),
        is_founding=said(fields, "kind") == "found",
        wished_role=said(fields, "wished_role"),
        email=said(fields, "email"),
        phone=said(fields, "phone"),
        specialty=said(fields, "specialty"),
        is_attested=is_ticked(fields, "is_attested"),
    )


def invitation_form(fields: Mapping[str, object]) -> InvitationForm:
    """The form as a page sends it; what is missing is empty."""
    return InvitationForm(
        display_name=said(fields, "display_name"),
        phone=said(fields, "phone"),
        specialty=said(fields, "specialty"),
        is_attested=is_ticked(fields, "is_attested"),
    )


def said(fields: Mapping[str, object], name: str) -> str:
    """A field as it was typed, at most 4,000 characters; whatever is no text is empty."""
    value = fields.get(name, "")
    return value[:4000] if isinstance(value, str) else ""


def is_ticked(fields: Mapping[str, object], name: str) -> bool:
    """Whether a box was ticked."""
    return fields.get(name) in (True, "on", "true")


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
