"""Answers about second factors, sessions and remembered browsers. Times are ISO 8601 in UTC."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SecondStepView:
    """What somebody who has given their password may go on with.

    Attributes:
        email: Who they said they are.
        has_app: Codes of an app are taken.
        has_passkey: A passkey is taken.
        has_recovery_codes: A recovery code is taken.
        must_enrol: They hold none and must, before anything else.
    """

    email: str
    has_app: bool
    has_passkey: bool
    has_recovery_codes: bool
    must_enrol: bool


@dataclass(frozen=True, slots=True)
class AppEnrolment:
    """What an authenticator app needs; shown once, to its owner.

    Attributes:
        key: In base 32, to be typed.
        picture: The QR code, as the address of an image.
    """

    key: str
    picture: str


@dataclass(frozen=True, slots=True)
class ProofChoices:
    """With what somebody can prove who they are.

    Attributes:
        needs_code: The password alone is not enough.
        has_passkey: A passkey alone is.
    """

    needs_code: bool
    has_passkey: bool


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """A passkey of one's own."""

    passkey_id: str
    name: str
    created_at: str
    last_used_at: str
    is_synced: bool
    is_suspended: bool


@dataclass(frozen=True, slots=True)
class FactorsView:
    """One's own second factors.

    Attributes:
        has_app: An authenticator app is in use.
        app_since: Since when.
        passkeys: Oldest first.
        recovery_codes: How many are left.
        is_required: The organization demands one.
    """

    has_app: bool
    app_since: str
    passkeys: tuple[PasskeyView, ...]
    recovery_codes: int
    is_required: bool


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session of one's own."""

    session_id: str
    browser: str
    ip_address: str
    method: str
    began_at: str
    last_used_at: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A browser that is remembered."""

    device_id: str
    browser: str
    ip_address: str
    remembered_at: str
    last_used_at: str
    until: str
