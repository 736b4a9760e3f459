"""Support while it looks at an organization: every handler and every route that is not named as looking is closed to it."""

import pytest
from reflex.event import Event
from reflex_base.registry import RegistrationContext
from starlette.requests import HTTPConnection

from backend.api.support_door import require_open
from backend.core.caller import Caller, LookedAt
from backend.core.errors import NotAllowed
from backend.core.permissions import Permission
from pacscribe_ui import pacscribe_ui as program
from pacscribe_ui.state import support_door
from pacscribe_ui.state.guard import _refusal
from tests.matrix.places_of_events import PLACES as EVENTS
from tests.matrix.places_of_routes import PLACES as ROUTES

# With every right there is: what keeps it out is that it is support.
SUPPORT = Caller(
    "s", LookedAt("org"), "session", "Sue", "", ("support",), frozenset(Permission), support_access_id="leave"
)  # fmt: skip
LOOKING = {"public", "signed-in", "study:view", "report:view", "audit:view", "support:use"}
TAKEN_OUT = ("/pdf", "/export", "/original", "/draft")


def registered(short: str) -> str:
    assert program.app is not None
    handlers = RegistrationContext.get().event_handlers
    return next(name for name in handlers if support_door.short_name(name) == short)


def test_what_is_open_to_support_exists_and_needs_no_right_but_to_look():
    assert set(EVENTS) >= support_door._OPEN
    assert {right for name in support_door._OPEN for right in EVENTS[name].split()} <= LOOKING


@pytest.mark.parametrize("handler", sorted(set(EVENTS) - support_door._OPEN))
def test_a_handler_that_is_not_named_as_looking_is_closed_to_support(handler: str):
    assert isinstance(_refusal(Event(name=registered(handler)), SUPPORT), NotAllowed)


@pytest.mark.parametrize("handler", sorted(support_door._OPEN))
def test_a_handler_that_is_named_as_looking_is_open_to_support(handler: str):
    assert _refusal(Event(name=registered(handler)), SUPPORT) is None


def is_open(method: str, path: str) -> bool:
    place = path.replace("{frame_number:int}", "1").replace("{format}", "csv")
    for name in ("study_instance_uid", "series_instance_uid", "sop_instance_uid"):
        place = place.replace("{" + name + "}", "1.2.3")
    scope = {"type": "http", "method": method, "path": place, "headers": [], "query_string": b"", "server": ("localhost", 80), "scheme": "http"}  # fmt: skip
    try:
        require_open(HTTPConnection(scope), SUPPORT)
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_a_route_that_changes_or_takes_out_anything_is_closed_to_support(route: str):
    method, path = route.split(" ")
    if method not in {"GET", "HEAD", "WS"} or path.endswith(TAKEN_OUT) or "export" in path:
        assert not is_open(method, path)


def test_what_support_looks_at_is_open_to_it():
    looked_at = [route for route in ROUTES if is_open("GET", route.split(" ")[1])]
    assert "GET /api/v1/worklist/state" in looked_at
    assert sum("/frames/" in route for route in looked_at) == 4
