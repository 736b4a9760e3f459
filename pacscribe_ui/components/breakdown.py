"""What stands in place of a page whose code failed in the browser: one sentence and a way on."""

import reflex as rx
from reflex_base.vars.base import Var
from reflex_base.vars.function import ArgsFunctionOperation
from reflex_components_core.base.error_boundary import ErrorBoundary

from pacscribe_ui.components.button import link_button
from pacscribe_ui.components.empty import error_state
from pacscribe_ui.text import Breakdown


def breakdown_boundary(_is_stateful: bool) -> rx.Component:
    """The boundary around every page. Reflex's own shows a stack trace and needs eval to copy it."""
    fallback = rx.el.main(
        error_state(
            Breakdown.TITLE,
            Breakdown.LEAD,
            link_button(Breakdown.AGAIN, href="/worklist", variant="primary"),
        )
    )
    return ErrorBoundary.create(
        on_error=rx.noop(),
        fallback_render=ArgsFunctionOperation.create(("_event",), Var.create(fallback)),
    )
