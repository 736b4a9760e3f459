"""States are thin, and each of their public methods, which anybody may call over the socket, says who may."""

import ast

import pytest

from tests.architecture.source import (
    Function,
    calls,
    declared,
    decorators,
    methods,
    modules,
    statements,
)

MOST_STATEMENTS = 10
# Handlers that may be longer, with the reason.
LONGER = {
    "ViewerState.open": "two ends: the study is shown, or the page says why it is not",
    "ReportState.open_beside_images": "three ends: no right to read, a report, or why there is none",
    "ViewerState.command": "one table of commands after another",
}
# Handlers that may run through something, with the reason.
LOOPING = {
    "ConflictsState.watch": "looks at what waits again and again while the page is open",
    "JobsState.watch": "looks at the queue again and again while the page is open",
}
SECRETS = ("password", "token", "secret", "cookie", "key_file", "session_id")

STATES = [
    (module, each)
    for module in modules("pacscribe_ui/state")
    for each in module.classes()
    if any(ast.unparse(base).endswith("State") for base in each.bases)
]
METHODS = [(state.name, method) for _, state in STATES for method in methods(state)]
EVENTS = {"rx.event", "rx.event(background=True)"}
HANDLERS = [(name, method) for name, method in METHODS if EVENTS & set(decorators(method))]


def named(cases: list[tuple[str, Function]]) -> list:
    return [pytest.param(f"{name}.{each.name}", each, id=f"{name}.{each.name}") for name, each in cases]  # fmt: skip


def test_the_states_are_found():
    assert {"WorklistState", "ViewerState", "ReportState"} <= {state.name for _, state in STATES}
    assert len(HANDLERS) > 20


@pytest.mark.parametrize(("name", "method"), named(METHODS))
def test_a_public_method_is_a_var_or_a_handler_that_declares_a_permission(name, method):
    if method.name.startswith("_"):
        return
    found = decorators(method)
    if any(each.startswith("rx.var") for each in found):
        return
    assert found[0] in EVENTS, f"anybody could call {name}"
    assert found[1].startswith("requires("), f"{name} must declare who may call it"
    assert found[1] != "requires()"


@pytest.mark.parametrize(("name", "method"), named(HANDLERS))
def test_a_handler_is_thin(name, method):
    limit = MOST_STATEMENTS + 4 if name in LONGER else MOST_STATEMENTS
    assert statements(method) <= limit, f"{name} thinks; thinking is done in a service"


@pytest.mark.parametrize(("name", "method"), named(HANDLERS))
def test_a_handler_is_asynchronous_and_asks_in_a_thread(name, method):
    assert isinstance(method, ast.AsyncFunctionDef), f"{name} would stop every user's page"
    for node in ast.walk(method):
        # `services().x.y` may be handed to `ask`, but not called.
        if isinstance(node, ast.Call):
            assert not ast.unparse(node.func).startswith("services()."), name


@pytest.mark.parametrize(("name", "method"), named(HANDLERS))
def test_a_handler_does_not_run_through_what_it_got(name, method):
    loops = [
        each for each in ast.walk(method) if isinstance(each, ast.For | ast.While | ast.AsyncFor)
    ]
    assert not loops or name in LOOPING, f"{name} runs through something; a service should"


@pytest.mark.parametrize(("name", "method"), named(HANDLERS))
def test_a_handler_asks_once_or_twice(name, method):
    asked = sum(each == "ask" for each in calls(method))
    assert asked <= (2 if name == "WorklistState.load" else 1)


def test_exceptions_are_still_needed():
    handlers = {f"{name}.{method.name}": method for name, method in HANDLERS}
    assert set(LONGER) | set(LOOPING) <= set(handlers)


def test_no_state_holds_a_secret():
    # Every variable without an underscore is sent to the browser.
    for module, state in STATES:
        for variable, _ in declared(state):
            assert not any(word in variable for word in SECRETS), f"{module.name}: {variable}"
