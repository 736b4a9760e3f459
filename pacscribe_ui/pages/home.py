"""`/`: goes on to the worklist."""

import reflex as rx

from pacscribe_ui.components.loading import loading
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.text import Shell

ROUTE = "/"
TITLE = Shell.PRODUCT
ON_LOAD = [SessionState.enter, rx.redirect("/worklist")]


def page() -> rx.Component:
    """The page, for the moment until the browser has gone on."""
    return frame(rx.el.h1(Shell.PRODUCT, class_name="unseen"), loading())
