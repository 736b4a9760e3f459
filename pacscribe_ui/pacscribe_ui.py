"""The app object: pages and the guard before every event. The way in is `front_door`, the API is beside it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import reflex as rx
from reflex.app import _sio_dumps, _sio_loads
from socketio import AsyncServer

from backend import bootstrap
from backend.api.hardening import ASGIApp
from backend.worker import Worker
from pacscribe_ui import theme
from pacscribe_ui.components.breakdown import breakdown_boundary
from pacscribe_ui.pages import (
    attachments,
    audit,
    confirm,
    confirm_email,
    emergency,
    forgotten,
    home,
    invitation,
    not_found,
    privacy,
    recovery_codes,
    report,
    reset,
    second_step,
    set_up,
    settings,
    settings_access,
    settings_checks,
    settings_conflicts,
    settings_emergencies,
    settings_jobs,
    settings_organization,
    settings_people,
    settings_profile,
    settings_roles,
    settings_security,
    settings_storage,
    settings_tokens,
    sign_in,
    sign_up,
    study,
    support,
    upload,
    viewer,
    worklist,
)
from pacscribe_ui.state.guard import Guard, handle_exception, handle_frontend_exception
from pacscribe_ui.state.sockets import follower
from pacscribe_ui.text import Shell

PAGES = (
    home,
    sign_in,
    second_step,
    recovery_codes,
    set_up,
    sign_up,
    confirm,
    invitation,
    forgotten,
    reset,
    confirm_email,
    privacy,
    not_found,
    worklist,
    study,
    upload,
    attachments,
    viewer,
    report,
    audit,
    settings,
    settings_checks,
    settings_conflicts,
    settings_jobs,
    settings_organization,
    settings_people,
    settings_roles,
    settings_storage,
    settings_profile,
    settings_access,
    settings_emergencies,
    emergency,
    support,
    settings_tokens,
    settings_security,
)
"""Every screen: a module with `ROUTE`, `TITLE`, `ON_LOAD` and `page()`."""

# The largest event a page may send; a longer report is still far below it.
_MAX_EVENT_BYTES = 1_000_000


def _socket_server() -> AsyncServer:
    """Reflex's socket server, with the Origin check left to the outer wrapper, which knows about TLS."""
    return AsyncServer(
        async_mode="asgi",
        cors_allowed_origins="*",
        cors_credentials=False,
        max_http_buffer_size=_MAX_EVENT_BYTES,
        ping_interval=25,
        ping_timeout=60,
        json=SimpleNamespace(dumps=staticmethod(_sio_dumps), loads=staticmethod(_sio_loads)),
        allow_upgrades=False,
        transports=["websocket"],
        async_handlers=False,
    )


app = rx.App(
    style={},
    stylesheets=theme.STYLESHEETS,
    reset_style=False,
    toaster=None,  # Reflex's toasts need eval; notices are our own
    app_wraps={(55, "ErrorBoundary"): breakdown_boundary},
    sio=_socket_server(),
    html_lang="en",
    head_components=[
        rx.el.link(rel="icon", type="image/svg+xml", href="/favicon.svg"),
        rx.el.meta(name="color-scheme", content="dark light"),
    ],
    backend_exception_handler=handle_exception,
    frontend_exception_handler=handle_frontend_exception,
)
app.add_middleware(Guard(), index=0)
for each in PAGES:
    app.add_page(
        each.page,
        route=each.ROUTE,
        title=each.TITLE if each.TITLE == Shell.PRODUCT else f"{each.TITLE} - {Shell.PRODUCT}",
        on_load=each.ON_LOAD,
    )


@asynccontextmanager
async def _house() -> AsyncIterator[None]:
    """Work in the background while the server runs; close the house when it stops: nothing may be left half written."""
    bootstrap.services().sessions.on_renewal(follower(app.event_namespace))
    await asyncio.to_thread(bootstrap.go_on, bootstrap.services())
    worker = Worker(bootstrap.services().jobs)
    worker.start()
    yield
    await asyncio.to_thread(_close_house, worker)


def _close_house(worker: Worker) -> None:
    bootstrap.end_serving(bootstrap.services())
    worker.stop()
    bootstrap.shut_down()


app.register_lifespan_task(_house)


def pages() -> ASGIApp:
    """Events of pages, and addresses that neither a built file nor the API stands for."""
    asgi: ASGIApp = app()
    return asgi
