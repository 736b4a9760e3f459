"""`/settings/storage`: what is kept, how it grows, and how long the disk lasts."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.amount_table import amount_table
from pacscribe_ui.components.badge import badge
from pacscribe_ui.components.empty import empty_state
from pacscribe_ui.components.loading import skeleton_rows
from pacscribe_ui.pages.settings_frame import settings_frame, settings_part
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.storage import StorageState
from pacscribe_ui.text import Storage as words

ROUTE = "/settings/storage"
TITLE = words.TITLE
ON_LOAD = [SessionState.enter, StorageState.load]


def page() -> rx.Component:
    """The page."""
    return settings_frame(
        rx.cond(StorageState.is_loaded, _content(), skeleton_rows()),
        active="storage",
        title=words.TITLE,
        lead=words.LEAD,
    )


def _content() -> rx.Component:
    return rx.fragment(
        settings_part(words.DISK, _disk()),
        settings_part(
            rx.Var.create(words.KEPT_OF) + StorageState.organization,
            rx.el.dl(
                rx.foreach(
                    StorageState.kept,
                    lambda line: rx.el.div(rx.el.dt(line[0]), rx.el.dd(line[1])),
                ),
                class_name="figures",
            ),
        ),
        rx.cond(
            StorageState.has_studies,
            rx.fragment(
                settings_part(
                    words.BY_MODALITY,
                    amount_table(
                        StorageState.by_modality,
                        caption=words.BY_MODALITY,
                        headings=(words.MODALITY, words.STUDIES, words.OBJECTS, words.SIZE),
                        fields=("label", "studies", "objects", "size"),
                    ),
                ),
                settings_part(
                    words.BY_MONTH,
                    amount_table(
                        StorageState.by_month,
                        caption=words.BY_MONTH,
                        headings=(words.MONTH, words.STUDIES, words.SIZE),
                        fields=("label", "studies", "size"),
                    ),
                ),
            ),
            empty_state(words.EMPTY_TITLE, words.EMPTY, icon="hard-drive"),
        ),
    )


def _disk() -> rx.Component:
    disk = StorageState.disk
    return rx.el.div(
        level_badge(disk.level, disk.headline),
        rx.el.p(disk.meaning),
        rx.el.div(
            rx.el.div(class_name="disk-used", style={"width": f"{disk.used_percent}%"}),
            role="img",
            aria_label=f"{words.USED}: {disk.used_percent} %",
            class_name="disk-bar",
            data_level=disk.level,
        ),
        rx.el.p(disk.free, class_name="numbers"),
        rx.el.p(disk.lasts, " ", disk.reserved, class_name="faint"),
        class_name="disk",
    )


def level_badge(level: Any, word: Any) -> Any:
    """How much room is left, by word and shape."""
    return rx.match(
        level,
        ("full", badge(word, shape="double-up", tone="danger")),
        ("low", badge(word, shape="up", tone="warning")),
        badge(word, shape="check", tone="good"),
    )
