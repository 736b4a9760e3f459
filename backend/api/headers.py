"""Response headers: the security policy of every answer and how long it may be kept."""

import base64
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def inline_script_hashes(static_dir: Path) -> list[str]:
    """CSP sources for every inline script of the built pages.

    Args:
        static_dir: Folder with the built `.html` files.
    """
    found = set()
    for page in static_dir.rglob("*.html"):
        for match in _INLINE_SCRIPT.finditer(page.read_text("utf-8")):
            digest = hashlib.sha256(match[1].encode()).digest()
            found.add(f"'sha256-{base64.b64encode(digest).decode()}'")
    return sorted(found)


def content_security_policy(script_hashes: list[str]) -> str:
    """The policy of every page: everything from here, no eval, no frames, no plug-ins."""
    return "; ".join(
        [
            "default-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
            " ".join(["script-src", "'self'", *script_hashes]),
            # Reflex and React write style attributes and sheets; they carry no code.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' blob: data:",
            "media-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
        ]
    )


_FIXED_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    # Not no-referrer: that makes form posts send `Origin: null`.
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"origin-agent-cluster", b"?1"),
    (b"x-permitted-cross-domain-policies", b"none"),
    (b"x-robots-tag", b"noindex, nofollow"),
    (
        b"permissions-policy",
        b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), "
        b"display-capture=(), browsing-topics=()",
    ),
)
_OWN = frozenset(name for name, _ in _FIXED_HEADERS) | {
    b"content-security-policy",
    b"strict-transport-security",
    b"server",
    b"x-powered-by",
}


def with_security_headers(
    given: Iterable[tuple[bytes, bytes]], policy: bytes, *, is_secure: bool
) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with ours in place of any of the same name.

    Args:
        given: Headers as the route set them.
        policy: The content security policy.
        is_secure: Whether the browser came over TLS.
    """
    kept = [(name, value) for name, value in given if name.lower() not in _OWN]
    kept.append((b"server", b"PACScribe"))  # otherwise the HTTP server names itself
    kept.append((b"content-security-policy", policy))
    kept.extend(_FIXED_HEADERS)
    if is_secure:
        kept.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))
    return kept


def cache_control(path: str, status: int) -> bytes:
    """How long an answer may be kept, for a route that did not say."""
    if path.startswith("/assets/") and status in (200, 304):
        return b"public, max-age=31536000, immutable"  # built names carry a hash of their content
    if path == "/favicon.svg" and status in (200, 304):
        return b"public, max-age=86400"  # browsers look for it at each change of a page
    if path.startswith(("/api/", "/dicomweb/", "/healthz", "/readyz", "/metrics")):
        return b"no-store"
    return b"no-cache"
