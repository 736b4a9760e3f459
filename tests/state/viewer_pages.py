"""What tests of the viewer's page share: opening it, giving commands, and what a browser tells it."""

import asyncio
from typing import Any

from reflex.istate.data import RouterData

from pacscribe_ui.state.viewer import ViewerState
from tests.viewing_hospital import CT_SERIES, STUDY

SECOND_SERIES = "2.25.1002"


def call(state: ViewerState, name: str, *arguments: Any) -> Any:
    return asyncio.run(getattr(ViewerState, name).fn(state, *arguments))


def opened(search: str = "", study: str = STUDY) -> ViewerState:
    state = ViewerState(_reflex_internal_init=True)
    state.router = RouterData.from_router_data(
        {
            "pathname": "/viewer/[study_instance_uid]",
            "asPath": f"/viewer/{study}{search}",
            "headers": {},
        }
    )
    call(state, "open")
    return state


def scroll(state: ViewerState, image_index: int) -> None:
    """What the browser tells once a hand has scrolled the first viewport."""
    call(state, "settle", 0, {"series_instance_uid": CT_SERIES, "image_index": image_index})


def give(state: ViewerState, *names: str) -> None:
    for name in names:
        call(state, "command", name)
