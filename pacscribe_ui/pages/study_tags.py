"""The tags browser of a study's page: an object is chosen, and its elements are looked through and searched."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.address_search import AddressSearch
from pacscribe_ui.components.button import button
from pacscribe_ui.components.field import text_field
from pacscribe_ui.components.notice import inline_notice
from pacscribe_ui.state.study import StudyState
from pacscribe_ui.state.study_tags import TagsState
from pacscribe_ui.text import Study
from pacscribe_ui.text import Tags as words


def tags_panel() -> rx.Component:
    """The panel."""
    return rx.el.section(
        rx.el.h2(words.TITLE),
        rx.el.p(words.LEAD, class_name="under"),
        rx.el.div(_series(), _search(), class_name="tags-choice"),
        rx.cond(TagsState.problem, inline_notice("danger", TagsState.problem)),
        rx.cond(
            (TagsState.series_instance_uid != "") & (TagsState.problem == ""),
            rx.fragment(
                rx.cond(TagsState.instance_count > 1, _objects()),
                rx.el.p(TagsState.title, " · ", TagsState.count, class_name="under", role="status"),
                rx.foreach(TagsState.sentences, lambda each: inline_notice("warning", each)),
                rx.cond(TagsState.count != "", _table()),
                rx.cond(TagsState.page_count > 1, _pages()),
            ),
        ),
        AddressSearch.create(path=TagsState.address_path, search=TagsState.address_search),
        class_name="panel",
        id="tags",
    )


def _series() -> rx.Component:
    return rx.el.div(
        rx.el.label(words.SERIES, html_for="field-tags-series", class_name="field-label"),
        rx.el.select(
            rx.el.option(words.CHOOSE, value=""),
            rx.foreach(
                StudyState.series,
                lambda each: rx.el.option(
                    rx.cond(each.series_number, each.series_number + " · ", ""),
                    each.modality,
                    " · ",
                    rx.cond(each.description, each.description, Study.NO_DESCRIPTION),
                    " · ",
                    each.instance_count,
                    rx.cond(each.instance_count == 1, Study.ONE_OBJECT, Study.SEVERAL_OBJECTS),
                    value=each.series_instance_uid,
                ),
            ),
            id="field-tags-series",
            class_name="input input--select",
            value=TagsState.series_instance_uid,
            on_change=TagsState.choose_series,
        ),
        class_name="field",
    )


def _search() -> rx.Component:
    return text_field(
        words.SEARCH,
        name="tags-search",
        type="search",
        auto_complete="off",
        max_length=200,
        default_value=TagsState.search,
        key=TagsState.opened_for,
        on_change=TagsState.look_for.debounce(250),
    )


def _objects() -> rx.Component:
    return rx.el.form(
        button(
            words.PREVIOUS_OBJECT,
            small=True,
            type="button",
            disabled=TagsState.position <= 1,
            on_click=TagsState.go_to(TagsState.position - 1),
        ),
        button(
            words.NEXT_OBJECT,
            small=True,
            type="button",
            disabled=TagsState.position >= TagsState.instance_count,
            on_click=TagsState.go_to(TagsState.position + 1),
        ),
        text_field(
            words.GO_TO,
            name="position",
            id="field-tags-position",
            type="number",
            min=1,
            label_hidden=True,
            placeholder=words.GO_TO,
        ),
        button(words.GO, small=True, type="submit"),
        on_submit=TagsState.go_to_written,
        class_name="row tags-objects",
    )


def _table() -> rx.Component:
    headings = (words.TAG, words.NAME, words.VR, words.LENGTH, words.VALUE)
    return rx.el.div(
        rx.el.table(
            rx.el.thead(rx.el.tr(*[rx.el.th(word, scope="col") for word in headings])),
            rx.el.tbody(rx.foreach(TagsState.rows, _row)),
            class_name="table tags-table",
        ),
        class_name="table-frame tags-frame",
        tab_index=0,
        role="region",
        aria_label=words.TITLE,
    )


def _row(row: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row.tag, class_name="tags-tag"),
        rx.el.td(
            rx.el.span(
                row.name, dir="auto", style={"paddingInlineStart": row.depth.to_string() + "rem"}
            ),
            class_name="tags-name",
        ),
        rx.el.td(row.vr, class_name="tags-tag"),
        rx.el.td(row.size, class_name="tags-length"),
        rx.el.td(row.value, class_name="tags-value", dir="auto"),
        class_name=rx.cond(row.is_item, "tags-item", ""),
    )


def _pages() -> rx.Component:
    return rx.el.div(
        button(
            words.PREVIOUS,
            small=True,
            disabled=TagsState.page <= 1,
            on_click=TagsState.turn_to(TagsState.page - 1),
        ),
        rx.el.span(words.PAGE, TagsState.page, words.OF, TagsState.page_count, class_name="under"),
        button(
            words.NEXT,
            small=True,
            disabled=TagsState.page >= TagsState.page_count,
            on_click=TagsState.turn_to(TagsState.page + 1),
        ),
        class_name="row",
    )
