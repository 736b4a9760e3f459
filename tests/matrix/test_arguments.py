"""Somebody signed in who may do everything sends every handler what it does not take, and what it takes with hostile words."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from reflex.event import Event
from reflex.istate.manager.memory import StateManagerMemory
from reflex_base.event.processor.base_state_processor import BaseStateEventProcessor

from backend.core.caller import Caller, system_caller
from backend.core.errors import Malformed
from backend.core.permissions import BuiltInRole, Permission
from pacscribe_ui import pacscribe_ui as program
from pacscribe_ui.state.guard import _refusal
from tests.matrix import payloads
from tests.matrix.places_of_events import PLACES
from tests.matrix.principals import Town
from tests.matrix.test_events import own_events
from tests.viewing_hospital import PASSWORD

EVERYBODY = Caller("u", "org", "session", "Eve", "", (), frozenset(Permission))
HOSTILE = (
    f"' OR 1=1 --{payloads.SECRET}",
    f"../../keys/master.key{payloads.SECRET}",
    f"<script>{payloads.SECRET}</script>\r\nforged: line",
)
TAKES_WORDS = sorted(
    name
    for name, registered in own_events().items()
    if payloads.SECRET in str(payloads.fitting(payloads.of(registered), payloads.SECRET))
)


@pytest.mark.parametrize("handler", sorted(PLACES))
def test_what_a_handler_does_not_take_reaches_it_from_nobody(handler: str):
    name = own_events()[handler]
    assert (
        _refusal(Event(name=name, payload=payloads.fitting(payloads.of(name))), EVERYBODY) is None
    )
    let_through = [
        sent
        for sent in payloads.misfits(payloads.of(name))
        if not isinstance(_refusal(Event(name=name, payload=sent), EVERYBODY), Malformed)
    ]
    assert let_through == []


def test_a_form_reaches_its_handler_as_browsers_send_it():
    takes = [
        name
        for name in own_events().values()
        if payloads.forms(payloads.of(name)) != payloads.fitting(payloads.of(name))
    ]
    assert len(takes) > 20
    refused = [
        name
        for name in takes
        if _refusal(Event(name=name, payload=payloads.forms(payloads.of(name))), EVERYBODY)
        is not None
    ]
    assert refused == []


class Tab:
    """A tab of somebody with every right of an organization, before the whole line of what Reflex does with an event."""

    def __init__(self, town: Town, runner: asyncio.Runner) -> None:
        self._runner = runner
        hospital = town.hospital
        administrator = hospital.sign_in("admin@demo.example").caller
        hospital.services.people.create(
            system_caller(administrator.organization_id, frozenset(Permission)),
            display_name="Eve",
            email="eve@people.example",
            password=PASSWORD,
            roles=(BuiltInRole.ADMINISTRATOR.value, BuiltInRole.RADIOLOGIST.value),
        )
        self._cookie = hospital.sign_in("eve@people.example").cookie

    def send(self, name: str, payload: dict[str, Any]) -> None:
        self._runner.run(self._send(name, payload))

    async def _send(self, name: str, payload: dict[str, Any]) -> None:
        router_data = {
            "headers": {"cookie": self._cookie, "user-agent": "test browser"},
            "pathname": "/worklist",
            "asPath": "/worklist",
            "ip": "203.0.113.5",
        }
        processor = BaseStateEventProcessor(
            middleware=program.app,
            backend_exception_handler=program.app.backend_exception_handler,
        ).configure(state_manager=StateManagerMemory())
        async with processor:
            await processor.enqueue(
                "tab", Event(name=name, payload=payload, router_data=router_data)
            )
            await processor.join(60)
            while processor._tasks:
                await asyncio.gather(*processor._tasks.values(), return_exceptions=True)
                await processor.join(60)


@pytest.fixture(scope="module")
def tab(town: Town) -> Iterator[Tab]:
    with asyncio.Runner() as runner:
        yield Tab(town, runner)


@pytest.mark.parametrize("handler", TAKES_WORDS)
def test_hostile_words_neither_break_a_handler_nor_reach_the_log(
    tab: Tab, caplog: pytest.LogCaptureFixture, handler: str
):
    name = own_events()[handler]
    with caplog.at_level(logging.INFO):
        for words in HOSTILE:
            tab.send(name, payloads.fitting(payloads.of(name), words))
    told = [each.getMessage() for each in caplog.records]
    assert [each for each in told if "handler failed" in each] == []
    assert payloads.SECRET not in caplog.text
