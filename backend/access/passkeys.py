"""Passkeys (WebAuthn level 3): challenges, registrations and assertions verified, clones found. Flows are in `services`.

A passkey counts only where its holder was verified by the device (PIN, finger, face): then it is two factors in one.
Challenges are kept by the server, each good once and for ten minutes (`access.ceremonies`).
"""

import ipaddress
import json
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from backend.core import clock
from backend.core.errors import Malformed, ProofRefused
from backend.models import factors
from backend.models.factors import Passkey
from backend.models.people import User
from backend.models.session import Session

MOST_PASSKEYS = 20

_CHALLENGE_BYTES = 32
_NAME = "PACScribe"
_MAX_CREDENTIAL_CHARACTERS = 60_000
_TRANSPORTS = frozenset({"usb", "nfc", "ble", "smart-card", "hybrid", "internal"})


@dataclass(frozen=True, slots=True)
class Site:
    """Where a passkey is made and used: it works under this very name only.

    Attributes:
        rp_id: The name of the host, without port.
        origin: Scheme, host and port, as browsers say it.
    """

    rp_id: str
    origin: str


class PasskeyCloned(ProofRefused):
    """A passkey counted backwards: there is a copy of it somewhere."""

    default_sentence = (
        "This passkey was used in a way that shows a copy of it exists. It is suspended;"
        " sign in otherwise, and remove it."
    )


def site_of(public_url: str, origin: str) -> Site:
    """The site that a request's `Origin` stands for.

    Args:
        public_url: How browsers reach PACScribe, if that was set.
        origin: The header, checked to be our own by the outer wrapper.

    Raises:
        Malformed: If passkeys do not work there, saying where they do.
    """
    try:
        parts = urlsplit(public_url or origin)
        name = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise Malformed("Passkeys do not work here.") from None
    if public_url and origin.lower() != f"{parts.scheme}://{parts.netloc}".lower():
        raise Malformed(f"Passkeys work at {public_url} only. Open PACScribe there.")
    if _is_address(name):
        raise Malformed(
            f"Passkeys do not work at an address in numbers. Open {parts.scheme}://localhost{port} instead."
            if name in {"127.0.0.1", "::1"}
            else "Passkeys do not work at an address in numbers. Open PACScribe by its name."
        )
    if not name or (parts.scheme != "https" and name != "localhost"):
        raise Malformed("Passkeys work over https only.")
    return Site(name, f"{parts.scheme}://{parts.netloc}".lower())


def new_challenge() -> bytes:
    """32 random octets, for one ceremony."""
    return secrets.token_bytes(_CHALLENGE_BYTES)


def registration_options(session: Session, user: User, site: Site, challenge: bytes) -> str:
    """What the browser needs to make a passkey, as JSON; authenticators that hold one already are left out.

    Raises:
        Malformed: If the person has very many already.
    """
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    kept = factors.passkeys_of(session, user.id)
    if len(kept) >= MOST_PASSKEYS:
        raise Malformed(f"Nobody needs more than {MOST_PASSKEYS} passkeys. Remove one first.")
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name=_NAME,
        user_name=user.email,
        user_id=user.id.encode(),
        user_display_name=user.display_name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=_described(kept, site),
    )
    return options_to_json(options)


def register(
    session: Session, user_id: str, site: Site, challenge: bytes, answer: str, name: str
) -> Passkey:
    """Keep a new passkey.

    Args:
        session: An open writing session of the person's organization.
        user_id: Whose it is.
        site: Where it was made.
        challenge: What the server asked with; used up already.
        answer: What the browser answered, as JSON.
        name: What its owner calls it.

    Raises:
        ProofRefused: If the answer is none to that challenge, at that site, of a verified person, or known already.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    content = _credential(answer)
    try:
        made = verify_registration_response(
            credential=content,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise ProofRefused("This passkey could not be checked. Try again.") from None
    credential_id = bytes_to_base64url(made.credential_id)
    if factors.passkey_by_credential(session, credential_id) is not None:
        raise ProofRefused("This passkey is known already.")
    passkey = Passkey(
        user_id=user_id,
        site=site.rp_id,
        credential_id=credential_id,
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        name=name,
        transports=",".join(_transports(content)),
        is_synced=made.credential_backed_up,
    )
    session.add(passkey)
    session.flush()
    return passkey


def assertion_options(session: Session, user_id: str, site: Site, challenge: bytes) -> str:
    """What the browser needs to use a passkey, as JSON.

    Args:
        session: An open session.
        user_id: Whose; empty where the passkey itself is to say it.
        site: Where.
        challenge: What is to be signed.
    """
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    kept = factors.passkeys_of(session, user_id) if user_id else ()
    return options_to_json(
        generate_authentication_options(
            rp_id=site.rp_id,
            challenge=challenge,
            allow_credentials=_described(
                [each for each in kept if each.suspended_at is None], site
            ),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def find(session: Session, answer: str) -> Passkey | None:
    """The passkey that a browser's answer names, None if it is nobody's; nothing is verified by this.

    Raises:
        ProofRefused: If it is no such answer.
    """
    return factors.passkey_by_credential(session, str(_credential(answer)["id"]))


def verify(session: Session, passkey: Passkey, site: Site, challenge: bytes, answer: str) -> bool:
    """Check that the holder of a passkey signed the challenge, and keep its count.

    Returns:
        False if the passkey counted backwards: a copy exists. It is suspended by this; the signature was right, so
        nobody can suspend another's passkey by guessing.

    Raises:
        ProofRefused: If the answer is wrong in any other way, or the passkey is suspended.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.exceptions import WebAuthnException

    if passkey.suspended_at is not None or passkey.site != site.rp_id:
        raise ProofRefused("This passkey is not accepted here. Use another way.")
    try:
        used = verify_authentication_response(
            credential=_credential(answer),
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            # Compared below, after the signature: the library would compare it before.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        raise ProofRefused("This passkey could not be checked. Try again.") from None
    before, now = passkey.sign_count, clock.now()
    counts = used.new_sign_count > 0 or before > 0
    if counts and used.new_sign_count <= before:
        passkey.suspended_at = now
        session.add(passkey)
        session.flush()
        return False
    if not factors.advance_sign_count(session, passkey.id, before, used.new_sign_count, now):
        raise ProofRefused("This passkey was used elsewhere in this very moment. Try again.")
    return True


def _described(kept: Any, site: Site) -> list[Any]:
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import AuthenticatorTransport, PublicKeyCredentialDescriptor

    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(each.credential_id),
            transports=[AuthenticatorTransport(name) for name in each.transports.split(",") if name]
            or None,
        )
        for each in kept
        if each.site == site.rp_id
    ]


def _credential(answer: str) -> dict[str, Any]:
    """The browser's answer, as far as its shape can be told."""
    try:
        content = json.loads(answer) if len(answer) <= _MAX_CREDENTIAL_CHARACTERS else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not isinstance(content.get("id"), str):
        raise ProofRefused("This is no passkey's answer. Try again.")
    return content


def _transports(content: dict[str, Any]) -> list[str]:
    response = content.get("response")
    told = response.get("transports") if isinstance(response, dict) else None
    return (
        sorted(_TRANSPORTS & {each for each in told if isinstance(each, str)})
        if isinstance(told, list)
        else []
    )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
