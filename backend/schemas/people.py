"""Answers about people and their sessions."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as colleagues and administrators see them. Times are ISO 8601 in UTC."""

    user_id: str
    email: str
    display_name: str
    roles: tuple[str, ...]
    is_active: bool
    last_signed_in_at: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: the token goes into the cookie and is kept nowhere else."""

    token: str
    user_id: str
    max_age_seconds: int


@dataclass(frozen=True, slots=True)
class OrganizationView:
    """An organization by its names."""

    organization_id: str
    slug: str
    name: str
