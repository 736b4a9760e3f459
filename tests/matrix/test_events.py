"""Every registered event handler times everybody who may knock, through the guard, with real sessions and roles."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from reflex.istate.manager.memory import StateManagerMemory
from reflex.state import State
from reflex_base.event import Event
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext

from pacscribe_ui import pacscribe_ui as program
from pacscribe_ui.state.arrival import ArrivalState
from pacscribe_ui.state.guard import Guard
from tests.matrix.documented import SUPPORT, Place, permissions_of_roles
from tests.matrix.payloads import fitting, of
from tests.matrix.places_of_events import FRAMEWORK, PLACES
from tests.matrix.principals import NOBODY, PRINCIPALS, Town, role_of

Answer = Any


def events() -> list[str]:
    """Registered names of every handler, but not of those of states that tests have of their own."""
    return sorted(
        name for name in RegistrationContext.get().event_handlers if ".tests___" not in name
    )


def own_events() -> dict[str, str]:
    """Short name -> registered name, of every handler that this program registers."""
    return {
        _short(name): name
        for name in events()
        if "pacscribe_ui" in name and not name.endswith(".setvar")
    }


def _short(name: str) -> str:
    state, _, handler = name.rpartition(".")
    return f"{state.rpartition('____')[2]}.{handler}"


@pytest.fixture(scope="module")
def doors(town: Town) -> Iterator["Doors"]:
    with asyncio.Runner() as runner:
        yield Doors(town, runner)


class Doors:
    """One tab for each principal: a state tree, and the cookies its socket came with."""

    def __init__(self, town: Town, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._tabs = {principal: _tab(town.cookies[principal]) for principal in PRINCIPALS}

    def knock(self, principal: str, event_name: str) -> Answer:
        """What the guard answers; None if it lets the event through."""
        return self._runner.run(_knock(self._tabs[principal], event_name))


async def _knock(root: State, event_name: str) -> Answer:
    manager = StateManagerMemory()
    EventContext.set(EventContext(token="tab", state_manager=manager, enqueue_impl=_refuse))
    payload = fitting(of(event_name)) if "pacscribe_ui" in event_name else {}
    event = Event(name=event_name, payload=payload, router_data=root.router_data)
    (await root.get_state(ArrivalState)).reset()  # each knocks on a page that is there
    return await Guard().preprocess(program.app, root, event)


async def _refuse(_token: str, *events: Event) -> None:
    assert not events


def _tab(cookie: str) -> State:
    root = State(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex makes one
    root.router_data = {
        "headers": {"cookie": cookie, "user-agent": "test browser"},
        "pathname": "/worklist",
        "asPath": "/worklist",
        "ip": "203.0.113.5",
    }
    return root


def _is_let_through(answer: Answer) -> bool:
    return answer is None


def _says(answer: Answer) -> str:
    return json.dumps([event.name + json.dumps(event.payload) for event in answer.events])


def test_every_handler_has_its_place_in_the_matrix_and_every_place_a_handler():
    assert set(own_events()) == set(PLACES)


def test_the_matrix_knows_only_rights_that_are_documented():
    documented = frozenset().union(*permissions_of_roles().values()) | {"support:use"}
    named = {right for written in PLACES.values() for right in Place.of(written).needed}
    assert named <= documented | {"public", "signed-in"}


@pytest.mark.parametrize("handler", sorted(PLACES))
def test_a_handler_is_called_by_those_who_may_and_by_nobody_else(doors: Doors, handler: str):
    name, place = own_events()[handler], Place.of(PLACES[handler])
    for principal in PRINCIPALS:
        answer = doors.knock(principal, name)
        may = place.is_looking if principal == SUPPORT else place.is_for(role_of(principal))
        assert _is_let_through(answer) == may, principal
        if not _is_let_through(answer):
            sent_away = "/sign-in" in _says(answer)
            assert sent_away == (principal in NOBODY), principal


@pytest.mark.parametrize("name", events())
def test_what_is_reflexs_own_is_refused_unless_a_page_cannot_do_without(doors: Doors, name: str):
    if _short(name) in PLACES:
        return
    for principal in PRINCIPALS:
        answer = doors.knock(principal, name)
        assert _is_let_through(answer) == (name in FRAMEWORK), (principal, name)
