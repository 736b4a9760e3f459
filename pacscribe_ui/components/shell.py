"""The frame around every page: the bar at the top, landmarks, the demo banner. It knows no state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex_base.vars.base import Var

from pacscribe_ui.components.button import icon_button, link_button
from pacscribe_ui.components.connection_lost import ConnectionLost
from pacscribe_ui.components.icon import icon, mark
from pacscribe_ui.components.link import jump, page_link
from pacscribe_ui.components.local_time import local_time
from pacscribe_ui.components.native_form import native_form
from pacscribe_ui.text import Alerts, Shell


@dataclass(frozen=True, slots=True)
class Destination:
    """An entry of the navigation.

    Attributes:
        key: Name by which a page says that it is this one.
        label: What it is called.
        href: Where it is; may be a Var.
        icon_name: Lucide icon.
        is_shown: Var: whether this person may go there.
    """

    key: str
    label: str
    href: Any
    icon_name: str
    is_shown: Any


@dataclass(frozen=True, slots=True)
class Person:
    """Vars about who is signed in."""

    is_signed_in: Any
    display_name: Any
    role_names: Any


def shell(
    *content: Any,
    active: str,
    destinations: Sequence[Destination],
    person: Person,
    is_demo: Any,
    alerts: Any,
    notice: rx.Component,
    is_connected: Any,
    wide: bool = False,
    bar_extra: rx.Component | None = None,
) -> rx.Component:
    """A whole page.

    Args:
        *content: What stands inside `<main>`; holds exactly one `<h1>`.
        active: Key of the destination this page is.
        destinations: The navigation.
        person: Who is signed in.
        is_demo: Var: whether the banner is shown.
        alerts: Var of what is wrong, each with a `sentence` and a `path`; shown to whoever can do something about it.
        notice: The notice region.
        is_connected: Var: whether the socket is there.
        wide: Use the whole window, without margins (the viewer).
        bar_extra: What the page adds to the bar, such as the patient.
    """
    return rx.el.div(
        jump(Shell.SKIP, target_id="main", class_name="skip"),
        rx.cond(is_demo, demo_banner()),
        rx.foreach(alerts, _alert),
        _bar(active, destinations, person, bar_extra),
        rx.el.main(
            *content, id="main", tab_index=-1, class_name="main main--wide" if wide else "main"
        ),
        rx.cond(
            is_connected,
            rx.fragment(),
            ConnectionLost.create(Shell.CONNECTION_LOST),
        ),
        notice,
        class_name="shell shell--wide" if wide else "shell",
    )


def _bar(
    active: str,
    destinations: Sequence[Destination],
    person: Person,
    bar_extra: rx.Component | None,
) -> rx.Component:
    links = [
        rx.cond(each.is_shown, rx.el.li(_bar_link(each, is_current=each.key == active)))
        for each in destinations
    ]
    return rx.el.header(
        rx.el.a(mark(), wordmark(), href="/worklist", aria_label=Shell.HOME, class_name="brand"),
        rx.el.nav(rx.el.ul(*links), aria_label=Shell.NAVIGATION, class_name="bar-nav"),
        rx.el.div(bar_extra if bar_extra is not None else rx.fragment(), class_name="bar-extra"),
        rx.el.div(theme_switch(), _person_menu(person), class_name="bar-end"),
        class_name="bar",
    )


def _bar_link(to: Destination, *, is_current: bool) -> rx.Component:
    current: dict[str, Any] = {"aria_current": "page"} if is_current else {}
    return rx.el.a(
        icon(to.icon_name),
        rx.el.span(to.label),
        href=to.href,
        class_name="bar-link",
        **current,
    )


def demo_banner() -> rx.Component:
    """Says on every page of a demo that it is one."""
    return rx.el.aside(
        icon("info", 16), rx.el.p(Shell.DEMO), class_name="demo", aria_label=Shell.DEMO_LABEL
    )


def _alert(alert: Any) -> rx.Component:
    return rx.el.aside(
        icon("triangle-alert", 16),
        rx.el.p(
            alert.sentence,
            " ",
            rx.cond(alert.until != "", rx.fragment(local_time(alert.until), ". ")),
            page_link(Alerts.LOOK, to=alert.path),
        ),
        class_name="alert",
        aria_label=Var.create(Alerts.LABEL + ": ") + alert.sentence.to(str),
        data_alert=alert.kind,
    )


def wordmark() -> rx.Component:
    """The product's name, as it is written in the bar."""
    return rx.el.span(
        rx.el.span("PACS", class_name="wordmark-strong"), "cribe", class_name="wordmark"
    )


def theme_switch() -> rx.Component:
    """Between dark and light; the browser remembers the choice."""
    return rx.color_mode_cond(
        light=icon_button("moon", Shell.TO_DARK, on_click=rx.toggle_color_mode),
        dark=icon_button("sun", Shell.TO_LIGHT, on_click=rx.toggle_color_mode),
    )


def _person_menu(person: Person) -> rx.Component:
    return rx.cond(
        person.is_signed_in,
        rx.el.details(
            rx.el.summary(
                icon("circle-user-round"),
                rx.el.span(person.display_name, class_name="person-name"),
                icon("chevron-down", 14),
                class_name="button button--quiet",
                aria_label=Var.create(Shell.ACCOUNT + ": ") + person.display_name,
            ),
            rx.el.div(
                rx.el.p(person.display_name, class_name="menu-title"),
                rx.el.p(person.role_names, class_name="menu-text"),
                rx.el.a(Shell.PROFILE, href="/settings/profile", class_name="menu-item"),
                rx.el.a(Shell.PRIVACY, href="/privacy", class_name="menu-item"),
                native_form(
                    rx.el.button(
                        icon("log-out", 16), Shell.SIGN_OUT, type="submit", class_name="menu-item"
                    ),
                    action="/api/v1/sign-out",
                ),
                class_name="menu",
            ),
            class_name="person",
        ),
        link_button(Shell.SIGN_IN, href="/sign-in", variant="quiet"),
    )
