"""Line icons, 24 units square. They decorate a word and are hidden from assistive tools."""

import reflex as rx


def icon(name: str, size_px: int = 18) -> rx.Component:
    """One of Lucide's icons.

    Args:
        name: Its name, such as `upload`.
        size_px: Edge of its box.
    """
    return rx.icon(name, size=size_px, aria_hidden="true", class_name="icon", stroke_width=1.75)


def mark(size_px: int = 24) -> rx.Component:
    """PACScribe's own mark: lines of a report inside a slice."""
    return rx.el.svg(
        rx.el.circle(
            cx="16", cy="16", r="12", fill="none", stroke="var(--accent)", stroke_width="2.8"
        ),
        rx.el.path(
            d="M10.5 12h11M10.5 16h11M10.5 20h6",
            fill="none",
            stroke="currentColor",
            stroke_width="2.2",
            stroke_linecap="round",
        ),
        view_box="0 0 32 32",
        width=str(size_px),
        height=str(size_px),
        aria_hidden="true",
        class_name="mark",
    )
