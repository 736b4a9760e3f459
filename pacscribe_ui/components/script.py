"""Where the JavaScript beside a component is, for the build. The running server has no use for it."""

import os
from typing import Any

import reflex as rx

# Set by the launcher: the pages are built already, and are not compiled again.
_IS_BUILT = "__REFLEX_SKIP_COMPILE" in os.environ


def script(name: str) -> str:
    """The path under which the build imports a `.js` or `.jsx` file that stands beside the caller.

    In the running server nothing imports it, and finding it would cost 40 ms for each file: Reflex
    reads the sources of the whole call stack to learn who is asking.

    Args:
        name: The file's name.
    """
    if _IS_BUILT:
        return f"$/public/{name}"
    found: Any = rx.asset(name, shared=True, _stack_level=2)
    return str(found.importable_path)
