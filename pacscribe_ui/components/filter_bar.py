"""What every list has above and below it: filters with a span of days and a way to clear them; steps from page to page."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button, icon_button
from pacscribe_ui.text import Lists


def filter_bar(
    *filters: Any,
    first_day: tuple[str, Any],
    last_day: tuple[str, Any],
    on_filter: Any,
    is_filtered: Any,
    on_clear: Any,
    class_name: str,
) -> rx.Component:
    """A row of filters.

    Args:
        *filters: Those that only this list has; they come first.
        first_day: Label and value (`YYYY-MM-DD`) of the filter `from`.
        last_day: Label and value of the filter `to`.
        on_filter: Handler that takes the name of a filter and what is chosen.
        is_filtered: Var; whether there is anything to clear.
        on_clear: Handler of the button that clears.
        class_name: Lays the row out.
    """
    return rx.el.div(
        *filters,
        _day(*first_day, "from", on_filter),
        _day(*last_day, "to", on_filter),
        rx.cond(is_filtered, button(Lists.CLEAR, icon="x", variant="quiet", on_click=on_clear)),
        role="group",
        aria_label=Lists.FILTERS,
        class_name=class_name,
    )


def _day(label: str, value: Any, name: str, on_filter: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(label),
        rx.el.input(
            type="date",
            name=name,
            value=value,
            on_change=lambda chosen: on_filter(name, chosen),
            class_name="input",
        ),
        class_name="day",
    )


def pager(
    page: Any,
    page_count: Any,
    on_page: Any,
    *,
    previous: str = Lists.PREVIOUS,
    next: str = Lists.NEXT,  # noqa: A002 - the opposite of `previous`
) -> rx.Component:
    """Steps through the pages of a list; nothing where there is only one.

    Args:
        page: Var; the page shown, from 1.
        page_count: Var; how many there are.
        on_page: Handler that takes the number of a page.
        previous: Name of the step back.
        next: Name of the step forward.
    """
    return rx.cond(
        page_count > 1,
        rx.el.nav(
            icon_button("chevron-left", previous, on_click=on_page(page - 1), disabled=page <= 1),
            rx.el.span(Lists.PAGE, page, Lists.OF, page_count),
            icon_button(
                "chevron-right", next, on_click=on_page(page + 1), disabled=page >= page_count
            ),
            aria_label=Lists.PAGES,
            class_name="pages",
        ),
    )
