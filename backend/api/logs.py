"""What the server writes to its log: lines without patients' data, secrets or what a browser sent.

Only loggers under `pacscribe` are trusted to have chosen their words. Of everybody else's lines the
beginning is kept, up to where a value could stand, and of an exception its kind and the places in
the code, never its message.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TextIO

from backend.core.redaction import described_exception

OWN_LOGGER = "pacscribe"

_FOREIGN_LENGTH = 100
# Where a line of another library may start to quote what it was given.
_FIRST_VALUE = re.compile(r"""[:={}\[\]"'<>\n]|\d{2,}""")

# Libraries with loggers that bring a handler of their own.
_TALKATIVE = frozenset({"reflex", "reflex_base", "engineio", "socketio", "granian", "_granian"})


class RedactingFormatter(logging.Formatter):
    """One line for each record, plain for people or JSON for collectors."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """The line for `record`."""
        is_own = record.name == OWN_LOGGER or record.name.startswith(OWN_LOGGER + ".")
        message = record.getMessage() if is_own else _beginning(record)
        message = message.replace("\n", " ").replace("\r", " ")
        places = ""
        if record.exc_info and record.exc_info[1] is not None:
            places = described_exception(record.exc_info[1])
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        if self._as_json:
            line = {
                "time": when,
                "level": record.levelname,
                "logger": record.name,
                "message": message,
            }
            if places:
                line["exception"] = places
            return json.dumps(line, ensure_ascii=False)
        return f"{when} {record.levelname} {record.name}: {message}" + (
            f" | {places}" if places else ""
        )


def _beginning(record: logging.LogRecord) -> str:
    """The part of a foreign message that is surely its author's own words."""
    text = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
    text = text.lstrip("[ ")  # "[Reflex Frontend Exception]" keeps its words
    match = _FIRST_VALUE.search(text)
    kept = text[: match.start()] if match else text
    # %-style messages carry their values apart; their template is the author's own.
    kept = kept.split("%")[0].strip()[:_FOREIGN_LENGTH]
    return f"{kept} (details withheld)" if kept != text.strip() or record.args else kept


def configure_logging(stream: TextIO | None = None, *, as_json: bool | None = None) -> None:
    """Send every log line of this process, redacted, to one place.

    Args:
        stream: Where to; standard error if not given.
        as_json: JSON lines; if not given, whenever nobody watches on a terminal.
    """
    target = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        RedactingFormatter(as_json=not target.isatty() if as_json is None else as_json)
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN_LOGGER).setLevel(logging.INFO)
    # Libraries that would otherwise print for themselves, and quote what they were sent.
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in _TALKATIVE:
            library = logging.getLogger(name)
            for old in list(library.handlers):
                library.removeHandler(old)
            library.propagate = True
    logging.captureWarnings(True)
