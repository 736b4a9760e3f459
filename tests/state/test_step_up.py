"""The dialog before dangerous acts: the guard opens it, and the act goes on afterwards as if it had just been asked for."""

from types import SimpleNamespace

import pytest
import reflex as rx
from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from backend.core.caller import Origin
from backend.core.errors import StepUpNeeded
from pacscribe_ui.state.base import SIGNED_IN, Interrupted, ask, requires
from pacscribe_ui.state.sockets import follower
from pacscribe_ui.state.step_up import StepUpState
from tests.state.test_guard import Tab, _services, person  # noqa: F401 - the fixture is used by being there

HERE = Origin("192.0.2.1", "Browser")
OLD, NEW = "o" * 43, "n" * 43
is_proved = False


class Danger(rx.State):
    """A screen with a dangerous act."""

    done: str = ""

    @rx.event
    @requires(SIGNED_IN)
    async def delete(self, name: str, times: int):
        await ask(_need_proof)
        self.done = f"{name} {times}"


def _need_proof() -> None:
    if not is_proved:
        raise StepUpNeeded


@pytest.fixture(autouse=True)
def _unproved(monkeypatch):
    monkeypatch.setattr("tests.state.test_step_up.is_proved", False)


def call(tab, state, handler, /, **payload):
    return str(tab.send(format_event_handler(state.event_handlers[handler]), **payload))


def test_a_dangerous_act_opens_the_dialog_and_goes_on_after_the_proof(monkeypatch):
    tab = Tab("s=viewer")
    call(tab, Danger, "delete", name="study", times=2)
    assert "'is_open_rx_state_': True" in str(tab.send("reflex___state____state.hydrate"))
    monkeypatch.setattr("tests.state.test_step_up.is_proved", True)
    seen = call(tab, StepUpState, "go_on")
    assert "study 2" in seen
    assert "'is_open_rx_state_': False" in seen


def test_whoever_gives_up_has_done_nothing():
    tab = Tab("s=viewer")
    call(tab, Danger, "delete", name="study", times=2)
    assert "'is_open_rx_state_': False" in call(tab, StepUpState, "give_up")
    assert "study" not in call(tab, StepUpState, "go_on")


def test_without_a_proof_going_on_asks_again():
    tab = Tab("s=viewer")
    call(tab, Danger, "delete", name="study", times=2)
    assert "study 2" not in call(tab, StepUpState, "go_on")
    assert "'is_open_rx_state_': True" in str(tab.send("reflex___state____state.hydrate"))


def test_what_goes_on_meets_the_guard_again():
    tab = Tab("s=nobody")
    name = "reflex___state____state.setvar"
    call(tab, StepUpState, "begin", name=name, payload='{"var_name": "done", "value": "x"}')
    assert "'x'" not in call(tab, StepUpState, "go_on")


def test_what_was_refused_is_not_sent_to_the_browser():
    tab = Tab("s=viewer")
    call(tab, Danger, "delete", name="canary", times=2)
    assert "canary" not in str(tab.send("reflex___state____state.hydrate"))


def test_an_act_outside_of_any_event_is_refused_with_its_sentence():
    assert Interrupted(None).sentence == StepUpNeeded.default_sentence
    assert Interrupted(Event(name="a", payload={})).event is not None


def socket(cookie, ip="192.0.2.1", agent="Browser"):
    return {"ip": ip, "headers": {"cookie": cookie, "user-agent": agent}}


def cookie_after(entry):
    namespace = SimpleNamespace(_static_router_data={"sid": entry})
    follower(namespace)(SimpleNamespace(origin=HERE, old_token=OLD, new_token=NEW))
    return namespace._static_router_data["sid"]["headers"]["cookie"]


def test_sockets_that_are_open_follow_the_exchange_of_the_token():
    assert cookie_after(socket(f"a=1; __Host-pacscribe={OLD}; b=2")) == (
        f"a=1; __Host-pacscribe={NEW}; b=2"
    )


@pytest.mark.parametrize(
    "entry",
    [
        socket(f"__Host-pacscribe={OLD}", ip="203.0.113.5"),
        socket(f"__Host-pacscribe={OLD}", agent="Thief"),
        socket("__Host-pacscribe=" + "x" * 43),
        socket(""),
    ],
)
def test_no_other_socket_gets_the_new_token(entry):
    assert NEW not in cookie_after(entry)


def test_reflex_keeps_a_sockets_cookie_where_it_is_exchanged():
    """Of the pinned release; another one may keep it elsewhere."""
    import inspect

    from reflex.app import EventNamespace

    source = inspect.getsource(EventNamespace.on_event)
    assert "self._static_router_data.get(sid)" in source
