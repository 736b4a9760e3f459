"""The series of a study as a strip of thumbnails, to be clicked or dragged into a viewport."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.viewport import CommandButton
from pacscribe_ui.text import Viewer as words

_THUMBNAIL_PX = 160


def series_strip(cards: Any) -> rx.Component:
    """The strip. Its entries name commands, which `viewer_keys.jsx` hears.

    Args:
        cards: Var: the stacks of the series (`SeriesCard`).
    """
    return rx.el.nav(
        rx.el.ul(
            rx.foreach(
                cards,
                lambda card: rx.el.li(
                    _entry(card),
                    rx.cond(card.has_documents, _documents(card)),
                    key=card.key,
                ),
            ),
            class_name="strip-list",
        ),
        aria_label=words.SERIES_STRIP,
        class_name="strip",
    )


def _entry(card: Any) -> rx.Component:
    return CommandButton.create(
        rx.cond(
            card.is_displayable,
            _thumbnail(card),
            rx.cond(
                card.video_sop_instance_uid,
                _drawn("film", words.VIDEO),
                _drawn("file-text", card.kind),
            ),
        ),
        rx.el.span(
            rx.el.span(
                rx.el.span(card.modality, class_name="strip-modality"),
                rx.el.span(card.count_text, class_name="strip-count"),
                class_name="strip-line",
            ),
            rx.el.span(card.title, class_name="strip-title"),
            rx.cond(
                card.stack_label,
                rx.el.span(card.stack_label, class_name="strip-stack"),
            ),
            rx.cond(
                card.is_displayable & (card.note != ""),
                rx.el.span(card.note, class_name="strip-note"),
            ),
            rx.el.span(rx.el.span(words.SHOWN_NOW, class_name="unseen"), class_name="when-on"),
            class_name="strip-text",
        ),
        name=rx.Var.create("show-") + card.key,
        custom_attrs={"title": card.hint, "draggable": True, "data-drag-series": card.key},
        class_name="strip-entry",
    )


def _documents(card: Any) -> rx.Component:
    return page_link(
        icon("paperclip", 14),
        words.DOCUMENTS,
        to=rx.Var.create("/attachments/") + card.study_instance_uid,
        class_name="button button--secondary button--small button--wide",
    )


def _thumbnail(card: Any) -> rx.Component:
    address = (
        rx.Var.create("/api/v1/studies/")
        + card.study_instance_uid
        + "/series/"
        + card.series_instance_uid
        + f"/thumbnail?size={_THUMBNAIL_PX}&stack="
        + card.stack_id
    )
    return rx.el.img(src=address, alt="", loading="lazy", class_name="strip-image")


def _drawn(glyph: str, said: Any) -> rx.Component:
    """In place of a thumbnail: a sign and a word."""
    return rx.el.span(
        icon(glyph, 22),
        rx.el.span(said),
        class_name="strip-image strip-image--none",
    )
