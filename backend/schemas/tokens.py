"""Answers about access tokens. The token itself is in one answer only, when it is made."""

from dataclasses import dataclass, field
from enum import StrEnum


class TokenStanding(StrEnum):
    """Whether a token can be used."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as its owner and administrators see it. Times are ISO 8601 in UTC, empty where there is none.

    Attributes:
        key: Identifier, for revoking it.
        hint: How the token begins.
        scopes: What it was made for.
        lapsed: Those scopes that its owner no longer holds, and so neither does it.
    """

    key: str
    owner_id: str
    owner_name: str
    owner_is_service: bool
    name: str
    hint: str
    scopes: tuple[str, ...]
    lapsed: tuple[str, ...]
    standing: TokenStanding
    created_at: str
    expires_at: str
    last_used_at: str
    last_used_from: str


@dataclass(frozen=True, slots=True)
class NewToken:
    """A fresh token: shown once, and kept nowhere."""

    token: str = field(repr=False)
    view: TokenView
