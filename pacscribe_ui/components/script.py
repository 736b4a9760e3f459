"""Where the JavaScript beside a component is, for the build. The running server has no use for it."""

import os
import sys
import uuid
from pathlib import Path

# Set by the launcher: the pages are built already, and are not compiled again.
_IS_BUILT = "__REFLEX_SKIP_COMPILE" in os.environ


def script(name: str) -> str:
    """The path under which the build imports a `.js` or `.jsx` file that stands beside the caller.

    As `rx.asset(name, shared=True)` gives it; but that reads the sources of the whole call stack to learn who is
    asking, which costs 40 ms for each file. In the running server nothing imports it, and nothing is looked for.

    Args:
        name: The file's name.

    Raises:
        FileNotFoundError: If there is no such file.
    """
    if _IS_BUILT:
        return f"$/public/{name}"
    caller = sys._getframe(1).f_globals
    place = Path("external", *caller["__name__"].split("."), name)
    _link(Path.cwd() / "assets" / place, Path(caller["__file__"]).parent.resolve(True) / name)
    return f"$/public/{place.as_posix()}"


def _link(place: Path, source: Path) -> None:
    """Have the file found under another place; several processes may do so at once."""
    if not source.exists():
        raise FileNotFoundError(source)
    if place.is_symlink() and place.readlink() == source:
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    made = place.with_name(f".{uuid.uuid4().hex}")
    made.symlink_to(source)
    made.replace(place)
