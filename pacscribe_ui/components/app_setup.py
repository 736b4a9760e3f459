"""What an authenticator app needs, to be scanned or typed."""

from typing import Any

import reflex as rx

from pacscribe_ui.text import SecondStep as words


def app_setup(picture: Any, key: Any) -> rx.Component:
    """The QR code, and the key as text.

    Args:
        picture: Var: address of the image.
        key: Var: the key, in groups.
    """
    return rx.el.div(
        rx.el.p(words.SCAN),
        rx.cond(
            picture != "",
            rx.el.img(src=picture, alt=words.PICTURE, width="220", height="220", class_name="qr"),
        ),
        rx.el.p(words.KEY, class_name="soft"),
        rx.el.p(rx.el.code(key, class_name="app-key", translate="no")),
        class_name="stack stack--tight app-setup",
    )
