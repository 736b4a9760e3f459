"""A passkey's device in software: makes and uses passkeys as a browser would answer, and can be made to lie."""

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN = "http://localhost:8000"

_PRESENT, _VERIFIED, _HAS_KEY = 0x01, 0x04, 0x40


def text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@dataclass
class Device:
    """Holds one passkey once it has made one."""

    origin: str = ORIGIN
    rp_id: str = "localhost"
    verifies: bool = True
    sign_count: int = 1
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def make(self, options: str | dict[str, Any], **lies: Any) -> str:
        """The answer to a registration's options; `lies` replace what is true."""
        wanted = json.loads(options) if isinstance(options, str) else options
        numbers = self.key.public_key().public_numbers()
        public_key = cbor2.dumps(
            {
                1: 2,
                3: -7,
                -1: 1,
                -2: numbers.x.to_bytes(32, "big"),
                -3: numbers.y.to_bytes(32, "big"),
            }
        )
        held = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id
        data = self._data(lies, _HAS_KEY) + held + public_key
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client(wanted, "webauthn.create", lies)
        return self._answer(
            {
                "clientDataJSON": text(client),
                "attestationObject": text(attestation),
                "transports": ["internal", "nonsense"],
            }
        )

    def use(self, options: str | dict[str, Any], **lies: Any) -> str:
        """The answer to an assertion's options; counts one further, as devices do."""
        wanted = json.loads(options) if isinstance(options, str) else options
        if "count" not in lies:
            self.sign_count += 1
        data = self._data(lies, 0)
        client = self._client(wanted, "webauthn.get", lies)
        signed = data + hashlib.sha256(client).digest()
        key = lies.get("key", self.key)
        return self._answer(
            {
                "clientDataJSON": text(client),
                "authenticatorData": text(data),
                "signature": text(key.sign(signed, ec.ECDSA(hashes.SHA256()))),
                "userHandle": None,
            }
        )

    def _data(self, lies: dict[str, Any], flags: int) -> bytes:
        rp_id = lies.get("rp_id", self.rp_id)
        if lies.get("present", True):
            flags |= _PRESENT
        if lies.get("verified", self.verifies):
            flags |= _VERIFIED
        count = lies.get("count", self.sign_count)
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, count)

    def _client(self, wanted: dict[str, Any], kind: str, lies: dict[str, Any]) -> bytes:
        return json.dumps(
            {
                "type": lies.get("kind", kind),
                "challenge": lies.get("challenge", wanted["challenge"]),
                "origin": lies.get("origin", self.origin),
                "crossOrigin": False,
            }
        ).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        return json.dumps(
            {
                "id": text(self.credential_id),
                "rawId": text(self.credential_id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": response,
            }
        )
