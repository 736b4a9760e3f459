"""Support, should it ever hold every right there is: what is not named as looking is closed to it all the same.

What a support session may do as it is stands in the matrix, with everybody else's.
"""

import pytest
from reflex.event import Event
from starlette.requests import HTTPConnection

from backend.api.support_door import require_open
from backend.core.caller import Caller, LookedAt
from backend.core.errors import NotAllowed
from backend.core.permissions import Permission
from pacscribe_ui.state.guard import _refusal
from tests.matrix.documented import Place
from tests.matrix.places_of_events import PLACES as EVENTS
from tests.matrix.places_of_routes import PLACES as ROUTES
from tests.matrix.test_events import own_events

SUPPORT = Caller(
    "s", LookedAt("org"), "session", "Sue", "", ("support",), frozenset(Permission), support_access_id="leave"
)  # fmt: skip
LOOKING = {"public", "signed-in", "study:view", "report:view", "audit:view", "support:use"}
TAKEN_OUT = ("/pdf", "/export", "/original", "/draft")


def test_what_is_named_as_looking_needs_no_right_but_to_look():
    places = (Place.of(written) for written in (*EVENTS.values(), *ROUTES.values()))
    assert {right for place in places if place.is_looking for right in place.needed} <= LOOKING


@pytest.mark.parametrize("handler", sorted(EVENTS))
def test_no_right_opens_a_handler_to_support_that_is_not_named_as_looking(handler: str):
    refused = _refusal(Event(name=own_events()[handler]), SUPPORT)
    is_closed = isinstance(refused, NotAllowed)
    assert is_closed != Place.of(EVENTS[handler]).is_looking


def is_open(method: str, path: str) -> bool:
    place = path.replace("{frame_number:int}", "1").replace("{format}", "csv")
    for name in ("study_instance_uid", "series_instance_uid", "sop_instance_uid"):
        place = place.replace("{" + name + "}", "1.2.3")
    scope = {"type": "http", "method": "GET" if method == "WS" else method, "path": place, "headers": [], "query_string": b"", "server": ("localhost", 80), "scheme": "http"}  # fmt: skip
    try:
        require_open(HTTPConnection(scope), SUPPORT)
    except NotAllowed:
        return False
    return True


@pytest.mark.parametrize("route", sorted(ROUTES))
def test_no_right_opens_a_route_to_support_that_is_not_named_as_looking(route: str):
    place, (method, path) = Place.of(ROUTES[route]), route.split(" ")
    if place.needed != {"public"}:
        assert is_open(method, path) == place.is_looking
    if place.is_looking:
        assert method in {"GET", "WS"}
        assert not path.endswith(TAKEN_OUT)
