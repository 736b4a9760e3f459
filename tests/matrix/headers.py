"""What every answer carries, written down once more by hand: a header that is dropped or weakened fails."""

from collections.abc import Mapping

SECURITY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "origin-agent-cluster": "?1",
    "x-permitted-cross-domain-policies": "none",
    "x-robots-tag": "noindex, nofollow",
    "server": "PACScribe",
}
_POLICY = (
    "default-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
)
_ONE_YEAR = "max-age=31536000; includeSubDomains"


def lacking(headers: Mapping[str, str], *, is_secure: bool = False) -> list[str]:
    """What an answer of a page, a file or a route lacks or says too much.

    Args:
        headers: Its headers by their names in lower case; those of the same name are joined by commas.
        is_secure: Whether it came over TLS.
    """
    expected = {**SECURITY, **({"strict-transport-security": _ONE_YEAR} if is_secure else {})}
    found = [
        f"{name}: {headers.get(name)}"
        for name, value in expected.items()
        if headers.get(name) != value
    ]
    policy = headers.get("content-security-policy", "").split("; ")
    found += [f"policy without {each}" for each in _POLICY if each not in policy]
    scripts = [each for each in policy if each.startswith("script-src 'self'")]
    if len(scripts) != 1 or "unsafe" in scripts[0]:
        found.append(f"scripts: {scripts}")
    if "camera=()" not in headers.get("permissions-policy", ""):
        found.append("permissions-policy")
    if "cache-control" not in headers:
        found.append("cache-control")
    found += [name for name in ("x-powered-by", "access-control-allow-origin") if name in headers]
    cookies = headers.get("set-cookie", "").lower()
    found += [
        f"cookie without {each}"
        for each in ("httponly", "secure", "samesite=strict")
        if cookies and each not in cookies
    ]
    return found


def lacking_in_api(headers: Mapping[str, str], *, is_secure: bool = False) -> list[str]:
    """The same of an answer of the API, which besides is kept nowhere."""
    found = lacking(headers, is_secure=is_secure)
    if "no-store" not in headers.get("cache-control", ""):
        found.append(f"cache-control: {headers.get('cache-control')}")
    return found
