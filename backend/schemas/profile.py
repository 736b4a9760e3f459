"""What people see and say of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.schemas.joining import said


@dataclass(frozen=True, slots=True)
class ProfileForm:
    """What somebody may change of themselves without further proof."""

    display_name: str
    phone: str
    specialty: str


def profile_form(fields: Mapping[str, object]) -> ProfileForm:
    """The form as a page sends it; what is missing is empty."""
    return ProfileForm(
        said(fields, "display_name"), said(fields, "phone"), said(fields, "specialty")
    )


@dataclass(frozen=True, slots=True)
class ProfileView:
    """One's own account.

    Attributes:
        email_wanted: The address that it is to have, once both are confirmed; empty if none.
        is_old_confirmed: Whether the present address has agreed to that.
        is_new_confirmed: Whether the other one has.
        least_characters: How long a new password must be.
    """

    display_name: str
    email: str
    phone: str
    specialty: str
    organization: str
    roles: tuple[str, ...]
    email_wanted: str
    is_old_confirmed: bool
    is_new_confirmed: bool
    least_characters: int
