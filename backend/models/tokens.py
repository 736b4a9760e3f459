"""Access tokens of people and service accounts, with their queries. Only the SHA-256 of a token is kept."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Field, Session, col, select

from backend.models.base import Tenant, utc_column
from backend.models.people import User


class AccessToken(Tenant, table=True):
    """A token that a program shows instead of a browser's session."""

    __tablename__ = "access_tokens"

    user_id: str = Field(foreign_key="users.id", index=True)
    created_by_user_id: str = Field(max_length=64)  # `system` for the command line
    name: str = Field(max_length=200)
    token_hash: str = Field(unique=True, max_length=64)
    hint: str = Field(max_length=32)  # how the token begins, so that its owner finds it again
    scopes: str = Field(default="")  # permissions, separated by spaces
    expires_at: datetime = utc_column(required=True)
    revoked_at: datetime | None = utc_column()
    last_used_at: datetime | None = utc_column()
    last_used_from: str = Field(default="", max_length=64)
    use_recorded_at: datetime | None = utc_column()  # in the audit trail

    @property
    def scope_names(self) -> frozenset[str]:
        """The permissions that it may carry."""
        return frozenset(self.scopes.split())


def token_by_hash(session: Session, token_hash: str) -> AccessToken | None:
    """The token with this hash, a revoked or expired one too."""
    return session.exec(
        select(AccessToken).where(col(AccessToken.token_hash) == token_hash)
    ).first()


def token_by_id(session: Session, token_id: str) -> AccessToken | None:
    """The token with this identifier."""
    return session.exec(select(AccessToken).where(col(AccessToken.id) == token_id)).first()


def tokens_of(session: Session, user_id: str) -> Sequence[AccessToken]:
    """All tokens that somebody has or had, newest first."""
    return session.exec(
        select(AccessToken)
        .where(col(AccessToken.user_id) == user_id)
        .order_by(col(AccessToken.created_at).desc(), col(AccessToken.id).desc())
    ).all()


def unrevoked_tokens_of(session: Session, user_id: str) -> Sequence[AccessToken]:
    """Those of somebody's tokens that were not revoked, whether they have expired or not."""
    return session.exec(
        select(AccessToken).where(
            col(AccessToken.user_id) == user_id, col(AccessToken.revoked_at).is_(None)
        )
    ).all()


def all_tokens(session: Session) -> Sequence[tuple[AccessToken, User]]:
    """All tokens with their owners, newest first."""
    return session.exec(
        select(AccessToken, User)
        .join(User, col(User.id) == col(AccessToken.user_id))
        .order_by(col(AccessToken.created_at).desc(), col(AccessToken.id).desc())
    ).all()
