"""A table of amounts, each with a bar as long as its share of the largest. Values in."""

from typing import Any

import reflex as rx


def amount_table(
    lines: Any, *, caption: str, headings: tuple[str, ...], fields: tuple[str, ...]
) -> rx.Component:
    """Rows of words and numbers with a bar at the end.

    Args:
        lines: Var of rows with the `fields`, and `percent` for the bar.
        caption: What the table is about.
        headings: One for each field; the bar belongs to the last.
        fields: Names of what each row shows; the first names the row.
    """
    first, *others = fields
    return rx.el.div(
        rx.el.table(
            rx.el.caption(caption, class_name="unseen"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(headings[0], scope="col"),
                    *[rx.el.th(each, scope="col", class_name="amount") for each in headings[1:]],
                    rx.el.td(aria_hidden="true", class_name="amount-bars"),
                )
            ),
            rx.el.tbody(
                rx.foreach(
                    lines,
                    lambda line: rx.el.tr(
                        rx.el.th(line[first], scope="row"),
                        *[rx.el.td(line[each], class_name="amount") for each in others],
                        rx.el.td(
                            rx.el.div(class_name="amount-bar", style={"width": f"{line.percent}%"}),
                            aria_hidden="true",
                            class_name="amount-bars",
                        ),
                    ),
                )
            ),
            class_name="table amount-table",
        ),
        class_name="table-frame",
        tab_index=0,
        role="region",
        aria_label=caption,
    )
