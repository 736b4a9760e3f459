"""Reflex build and run configuration. Settings of the product live in `backend.settings`, not here."""

import os
import subprocess
import sys
from pathlib import Path

# Reflex would download bun; Node and npm come from the pip package instead, and a system Node may be
# too old, so the folder of this interpreter goes first.
os.environ.setdefault("REFLEX_USE_NPM", "1")
os.environ.setdefault("REFLEX_CHECK_LATEST_VERSION", "false")
# Keep addresses of package registries out of the committed reflex.lock.
os.environ.setdefault("NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED", "true")
_scripts = str(Path(sys.executable).parent)
if not os.environ.get("PATH", "").startswith(_scripts + os.pathsep):
    os.environ["PATH"] = _scripts + os.pathsep + os.environ.get("PATH", "")


def _npm_registry() -> str | None:
    """What npm itself is configured to use; without it Reflex races two public registries."""
    try:
        answer = subprocess.run(
            ["npm", "config", "get", "registry"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    registry = answer.stdout.strip().splitlines()[-1:] or [""]
    return registry[0] if registry[0].startswith("http") else None


# Only a build talks to npm: the running server is told to skip the compile, and asks nobody.
_must_ask = "__REFLEX_SKIP_COMPILE" not in os.environ and "NPM_CONFIG_REGISTRY" not in os.environ
if _must_ask and (_registry := _npm_registry()):
    os.environ["NPM_CONFIG_REGISTRY"] = _registry

import reflex as rx  # noqa: E402  (the environment above must be set first)

sys.path.insert(0, str(Path(__file__).parent))
from pacscribe_ui.build import SameOriginPlugin  # noqa: E402

config = rx.Config(
    app_name="pacscribe_ui",
    telemetry_enabled=False,
    default_color_mode="dark",
    show_built_with_reflex=False,
    backend_host="127.0.0.1",
    # DISK, the default, writes plain-text pickles with session cookies in them.
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    cors_allowed_origins=[],
    disable_plugins=[rx.plugins.SitemapPlugin],
    plugins=[SameOriginPlugin()],
)
