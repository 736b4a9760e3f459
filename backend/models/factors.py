"""Second factors, remembered browsers and ceremonies under way, with their queries. What counts as one is in `access`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, delete, func, update
from sqlmodel import Field, Session, col, select

from backend.models.base import Tenant, utc_column


class AuthenticatorApp(Tenant, table=True):
    """The app that shows a person's codes, confirmed by one of them; its secret is sealed."""

    __tablename__ = "authenticator_apps"

    user_id: str = Field(foreign_key="users.id", unique=True)
    sealed_secret: str = Field(max_length=200)
    # The step of thirty seconds whose code was taken last: no code works twice.
    last_time_code: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    confirmed_at: datetime = utc_column(required=True)


class Passkey(Tenant, table=True):
    """A passkey's public half."""

    __tablename__ = "passkeys"

    user_id: str = Field(foreign_key="users.id", index=True)
    site: str = Field(max_length=255)  # the RP ID that it was made for
    credential_id: str = Field(unique=True, max_length=1400)  # URL-safe base 64
    public_key: str = Field(max_length=4000)  # COSE, URL-safe base 64
    sign_count: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    name: str = Field(max_length=100)
    transports: str = Field(default="", max_length=100)
    is_synced: bool = False
    last_used_at: datetime | None = utc_column()
    suspended_at: datetime | None = utc_column()


class RecoveryCode(Tenant, table=True):
    """One code for the day when everything else is lost; only its keyed hash is kept."""

    __tablename__ = "recovery_codes"

    user_id: str = Field(foreign_key="users.id", index=True)
    code_hash: str = Field(unique=True, max_length=64)
    used_at: datetime | None = utc_column()


class RememberedDevice(Tenant, table=True):
    """A browser that need not show a code each time; only the SHA-256 of its cookie's token is kept."""

    __tablename__ = "remembered_devices"

    user_id: str = Field(foreign_key="users.id", index=True)
    token_hash: str = Field(unique=True, max_length=64)
    ip_address: str = Field(default="", max_length=64)
    user_agent: str = Field(default="", max_length=400)
    last_used_at: datetime = utc_column(required=True)
    expires_at: datetime = utc_column(required=True)


class Ceremony(Tenant, table=True):
    """Something begun that must be finished soon, once, and by whoever began it: half a sign-in, a passkey's challenge."""

    __tablename__ = "ceremonies"

    purpose: str = Field(max_length=32)
    token_hash: str = Field(unique=True, max_length=64)
    user_id: str = Field(default="", index=True, max_length=36)  # empty: not known yet
    session_id: str = Field(default="", max_length=36)
    challenge: str = Field(default="", max_length=128)
    sealed_secret: str = Field(
        default="", max_length=200
    )  # of an app that waits for its first code
    attempts: int = 0
    expires_at: datetime = utc_column(required=True)


def app_of(session: Session, user_id: str) -> AuthenticatorApp | None:
    """A person's authenticator app."""
    return session.exec(
        select(AuthenticatorApp).where(col(AuthenticatorApp.user_id) == user_id)
    ).first()


def holders_of_apps(session: Session) -> frozenset[str]:
    """Everybody who has an authenticator app."""
    return frozenset(session.exec(select(AuthenticatorApp.user_id)).all())


def passkey_counts(session: Session) -> Mapping[str, int]:
    """How many passkeys people have, suspended ones too; whoever has none is not in it."""
    counted = select(Passkey.user_id, func.count()).group_by(col(Passkey.user_id))
    return dict(session.exec(counted).all())


def recovery_code_counts(session: Session) -> Mapping[str, int]:
    """How many recovery codes people have left; whoever has none is not in it."""
    counted = select(RecoveryCode.user_id, func.count()).where(col(RecoveryCode.used_at).is_(None))
    return dict(session.exec(counted.group_by(col(RecoveryCode.user_id))).all())


def take_time_code(session: Session, user_id: str, time_code: int) -> bool:
    """Use up the code of a step of thirty seconds; False if it, or a later one, was used already."""
    done = session.exec(
        update(AuthenticatorApp)
        .where(
            col(AuthenticatorApp.user_id) == user_id,
            col(AuthenticatorApp.last_time_code) < time_code,
        )
        .values(last_time_code=time_code)
        .execution_options(synchronize_session="fetch")
    )
    return done.rowcount == 1


def passkeys_of(session: Session, user_id: str) -> Sequence[Passkey]:
    """A person's passkeys, oldest first, suspended ones too."""
    return session.exec(
        select(Passkey).where(col(Passkey.user_id) == user_id).order_by(col(Passkey.id))
    ).all()


def passkey_by_credential(session: Session, credential_id: str) -> Passkey | None:
    """The passkey with this identifier."""
    return session.exec(select(Passkey).where(col(Passkey.credential_id) == credential_id)).first()


def advance_sign_count(
    session: Session, passkey_id: str, before: int, after: int, now: datetime
) -> bool:
    """Keep a passkey's new count, unless somebody else has used it since `before` was read."""
    done = session.exec(
        update(Passkey)
        .where(
            col(Passkey.id) == passkey_id,
            col(Passkey.sign_count) == before,
            col(Passkey.suspended_at).is_(None),
        )
        .values(sign_count=after, last_used_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return done.rowcount == 1


def take_recovery_code(session: Session, user_id: str, code_hash: str, now: datetime) -> bool:
    """Use up a recovery code; False if there is none, or it was used already."""
    done = session.exec(
        update(RecoveryCode)
        .where(
            col(RecoveryCode.user_id) == user_id,
            col(RecoveryCode.code_hash) == code_hash,
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return done.rowcount == 1


def count_recovery_codes(session: Session, user_id: str) -> int:
    """How many recovery codes a person has left."""
    return session.exec(
        select(func.count())
        .select_from(RecoveryCode)
        .where(col(RecoveryCode.user_id) == user_id, col(RecoveryCode.used_at).is_(None))
    ).one()


def drop_recovery_codes(session: Session, user_id: str) -> None:
    """Delete a person's recovery codes."""
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.user_id) == user_id))


def drop_factors(session: Session, user_id: str) -> None:
    """Delete everything that proves a person beside their password, and what they have begun."""
    for table in (AuthenticatorApp, Passkey, RecoveryCode, RememberedDevice, Ceremony):
        session.exec(delete(table).where(col(table.user_id) == user_id))


def devices_of(session: Session, user_id: str, now: datetime) -> Sequence[RememberedDevice]:
    """A person's remembered browsers, newest first."""
    return session.exec(
        select(RememberedDevice)
        .where(col(RememberedDevice.user_id) == user_id, col(RememberedDevice.expires_at) > now)
        .order_by(col(RememberedDevice.id).desc())
    ).all()


def device_by_token_hash(
    session: Session, user_id: str, token_hash: str, now: datetime
) -> RememberedDevice | None:
    """The browser with this token, if this very person has it remembered."""
    return session.exec(
        select(RememberedDevice).where(
            col(RememberedDevice.token_hash) == token_hash,
            col(RememberedDevice.user_id) == user_id,
            col(RememberedDevice.expires_at) > now,
        )
    ).first()


def drop_devices(session: Session, user_id: str) -> None:
    """Forget every remembered browser of a person."""
    session.exec(delete(RememberedDevice).where(col(RememberedDevice.user_id) == user_id))


def ceremony_under_way(
    session: Session, purpose: str, token_hash: str, now: datetime
) -> Ceremony | None:
    """The ceremony with this token, if it is neither finished nor out of time."""
    return session.exec(
        select(Ceremony).where(
            col(Ceremony.purpose) == purpose,
            col(Ceremony.token_hash) == token_hash,
            col(Ceremony.expires_at) > now,
        )
    ).first()


def finish_ceremony(session: Session, ceremony_id: str) -> bool:
    """Use a ceremony up; False if it was used up already."""
    done = session.exec(delete(Ceremony).where(col(Ceremony.id) == ceremony_id))
    return done.rowcount == 1


def count_attempt(session: Session, ceremony_id: str) -> None:
    """Count a wrong answer within a ceremony."""
    session.exec(
        update(Ceremony)
        .where(col(Ceremony.id) == ceremony_id)
        .values(attempts=col(Ceremony.attempts) + 1)
        .execution_options(synchronize_session="fetch")
    )


def drop_ceremonies(session: Session, now: datetime) -> None:
    """Delete what is out of time."""
    session.exec(delete(Ceremony).where(col(Ceremony.expires_at) <= now))
