"""What happens to the front end after Reflex has built it. Nothing that runs in the server."""

import re
from pathlib import Path
from typing import Unpack

from reflex_base.plugins import Plugin
from reflex_base.plugins.base import PostBuildContext

_SOCKET_URL = re.compile(r"(?<=:)([`\"'])(http|ws)://localhost:\d+(/[^`\"']*)\1")
_PORT_OVERRIDE = re.compile(r",(\w)\.port=(?:``|\"\")\)")


def origin_relative(source: str) -> tuple[str, int]:
    """Replace the addresses Reflex bakes in by ones made from the page's own origin.

    Args:
        source: JavaScript of the built `reflex-env` module.

    Returns:
        The changed source and the number of addresses replaced.
    """

    def address(match: re.Match[str]) -> str:
        quote, scheme, path = match.groups()
        origin = "location.origin"
        if scheme == "ws":
            origin += '.replace(/^http/,"ws")'
        return f"{origin}+{quote}{path}{quote}"

    return _SOCKET_URL.subn(address, source)


class SameOriginPlugin(Plugin):
    """Make the built bundle work at any host and port, with and without TLS.

    Reflex writes the address and port of the build into the bundle, and drops the port under https.
    The build fails when the bundle no longer looks as expected, so that a Reflex upgrade cannot
    quietly bring the baked-in address back.
    """

    def post_build(self, **context: Unpack[PostBuildContext]) -> None:
        """Rewrite the bundle in place.

        Args:
            **context: Reflex's context; `static_dir` is the folder of the built site.

        Raises:
            SystemExit: The bundle's layout is not the one this plugin knows.
        """
        addresses = overrides = 0
        for path in (Path(context["static_dir"]) / "assets").glob("*.js"):
            before = path.read_text("utf-8")
            after = before
            if path.name.startswith("reflex-env-"):
                after, found = origin_relative(after)
                addresses += found
            after, found = _PORT_OVERRIDE.subn(")", after)
            overrides += found
            if after != before:
                path.write_text(after, "utf-8")
                # A stale compressed copy would be served in place of the changed file.
                for suffix in (".gz", ".br", ".zst"):
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
        if addresses < 2 or overrides != 1:
            raise SystemExit(
                "The front end was built, but its layout is not the one this release of PACScribe "
                f"knows (addresses {addresses}, ports {overrides})."
            )
