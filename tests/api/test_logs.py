import io
import json
import logging

import pytest

from backend.api.logs import RedactingFormatter, configure_logging
from backend.core.redaction import described_exception, redacted_path

CANARY = "Canary^Name"


@pytest.fixture
def lines():
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure_logging(stream, as_json=True)
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        logging.captureWarnings(False)
        root.handlers[:] = before
        root.setLevel(level)


@pytest.mark.parametrize(
    ("logger", "message"),
    [
        # As Reflex 0.10.1 writes them.
        ("reflex.app", f"Received event data as a string. Event data: {{'name': '{CANARY}'}}"),
        ("reflex.app", f"[Reflex Frontend Exception]\n {CANARY}\n"),
        (
            "reflex_base.event.processor.event_processor",
            f"Error processing event queue entry for Event(name='x', payload={{'p': '{CANARY}'}})",
        ),
        (
            "reflex_base.event.processor.base_state_processor",
            "Error transforming event payload for handler A.b: Error transforming event "
            f"argument 'c' with value '{CANARY}'",
        ),
        ("engineio.server", f"cookie=__Host-pacscribe={CANARY}"),
    ],
)
def test_what_other_libraries_quote_is_withheld(lines, logger, message):
    logging.getLogger(logger).error(message)
    (line,) = lines()
    assert CANARY not in json.dumps(line)
    assert line["level"] == "ERROR"
    assert line["message"].endswith("(details withheld)")


@pytest.mark.parametrize("logger", ["engineio.server", "socketio.server", "reflex", "granian.asgi"])
def test_a_library_that_brought_its_own_way_of_printing_loses_it(logger):
    library, printed = logging.getLogger(logger), io.StringIO()
    library.addHandler(logging.StreamHandler(printed))
    kept = list(logging.getLogger().handlers)
    try:
        configure_logging(io.StringIO())
        library.error("cannot read %s", CANARY)
    finally:
        logging.getLogger().handlers[:] = kept
        logging.captureWarnings(False)
    assert printed.getvalue() == ""


def test_arguments_of_other_libraries_messages_are_withheld(lines):
    logging.getLogger("some.library").error("cannot read %s", CANARY)
    (line,) = lines()
    assert line["message"] == "cannot read (details withheld)"


def test_an_exception_is_its_kind_and_places_but_never_its_message(lines):
    try:
        raise ValueError(CANARY)
    except ValueError:
        logging.getLogger("pacscribe.test").exception("it failed")
    (line,) = lines()
    assert line["message"] == "it failed"
    assert line["exception"].startswith("ValueError at ")
    assert "test_logs.py" in line["exception"]
    assert CANARY not in json.dumps(line)


def test_causes_are_described_alike():
    try:
        try:
            raise KeyError(CANARY)
        except KeyError as error:
            raise RuntimeError(CANARY) from error
    except RuntimeError as error:
        described = described_exception(error)
    assert "RuntimeError" in described
    assert "caused by KeyError" in described
    assert CANARY not in described


def test_our_own_words_are_kept_on_one_line():
    record = logging.LogRecord("pacscribe.x", 20, __file__, 1, "one\ntwo %s", ("three",), None)
    assert "one two three" in RedactingFormatter(as_json=False).format(record)


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/worklist", "/worklist"),
        ("/viewer/1.2.840.113619.2.5", "/viewer/{uid}"),
        ("/api/v1/reports/01939b4e-7c30-7b7a-8f2e-7f8f6b0c2a11/pdf", "/api/v1/reports/{id}/pdf"),
        ("/x/Jane Doe/y", "/x/{text}/y"),
        ("/x/" + "z" * 41, "/x/{text}"),
        ("/x/Müller", "/x/{text}"),
    ],
)
def test_identifiers_and_free_text_leave_the_path(path, shown):
    assert redacted_path(path) == shown
