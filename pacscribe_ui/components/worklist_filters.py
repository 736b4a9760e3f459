"""The worklist's filters: the quick ones, those of every field, and a chip for each that is active. Values in, events out."""

from collections.abc import Mapping
from typing import Any

import reflex as rx

from backend.core.worklist_query import MAX_TEXT, TEXTS
from pacscribe_ui.components.icon import icon
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.settled_field import settled_field
from pacscribe_ui.text import Worklist as words

# What waits to be read, the most urgent first.
_BY_PRIORITY = "/worklist?status=unread&sort=priority&order=desc"


def toggle_button(word: Any, is_on: Any, on_click: Any) -> rx.Component:
    """A filter that one press turns on and the next one off."""
    return rx.el.button(
        word,
        type="button",
        on_click=on_click,
        aria_pressed=rx.cond(is_on, "true", "false"),
        class_name="toggle",
    )


def quick_filters(query: Any, on_toggle: Any, *more: Any) -> rx.Component:
    """The filters that are wanted most, each one press away.

    Args:
        query: Var of the `WorklistQuery`.
        on_toggle: Called with a filter's name and a value.
        *more: What stands after them.
    """
    return rx.el.div(
        *[
            toggle_button(word, query.span == value, on_toggle("span", value))
            for value, word in words.SPANS.items()
        ],
        toggle_button(
            words.STATUSES["unread"],
            query.status.contains("unread"),
            on_toggle("status", "unread"),
        ),
        page_link(
            words.BY_PRIORITY,
            to=_BY_PRIORITY,
            aria_current=rx.cond(
                query.status.contains("unread") & (query.order_by == "priority") & query.descending,
                "true",
                "false",
            ),
            class_name="toggle",
        ),
        toggle_button(words.MINE, query.assigned == "me", on_toggle("assigned", "me")),
        *more,
        role="group",
        aria_label=words.QUICK,
        class_name="quick",
    )


def active_filters(chips: Any, on_take_away: Any, *more: Any) -> rx.Component:
    """A chip for each value that narrows the list.

    Args:
        chips: Var of `Chip`s.
        on_take_away: Called with a filter's name and the value.
        *more: What stands after them.
    """

    def chip(each: Any) -> rx.Component:
        return rx.el.li(
            rx.el.button(
                rx.el.span(each.label, class_name="chip-label"),
                rx.el.span(each.shown, class_name="chip-value"),
                icon("x", 14),
                type="button",
                on_click=on_take_away(each.name, each.value),
                aria_label=rx.Var.create(words.TAKE_AWAY) + each.label + " " + each.shown,
                class_name="chip",
            )
        )

    return rx.el.div(
        rx.el.ul(rx.foreach(chips, chip), aria_label=words.ACTIVE, class_name="chips"),
        *more,
        class_name="chip-row",
    )


def every_filter(
    query: Any,
    choices: Any,
    dates: Any,
    *,
    may_ask_for_priors: Any,
    on_toggle: Any,
    on_filter: Any,
) -> rx.Component:
    """The filters of every field.

    Args:
        query: Var of the `WorklistQuery`.
        choices: Var of the `WorklistChoices`.
        dates: Var: what each date field shows, by the filter's name.
        may_ask_for_priors: Var: whether earlier studies are told of, which only those who reach all studies learn.
        on_toggle: Called with a filter's name and a value: adds it, or takes it away.
        on_filter: Called with a filter's name and the one value that it is to have.
    """
    return rx.el.div(
        *[_text(name, getattr(query, name), on_filter) for name in TEXTS if name != "text"],
        _ticks(words.FILTER_NAMES["status"], "status", words.STATUSES, query.status, on_toggle),
        _ticks(
            words.FILTER_NAMES["priority"], "priority", words.PRIORITIES, query.priority, on_toggle
        ),
        _ticks(words.FILTER_NAMES["report"], "report", words.REPORTS, query.report, on_toggle),
        _ticks(words.FILTER_NAMES["sex"], "sex", words.SEXES, query.sex, on_toggle),
        _many(
            words.FILTER_NAMES["modality"],
            rx.foreach(
                choices.modalities,
                lambda each: _tick(each, each, "modality", query.modality, on_toggle),
            ),
            is_wide=True,
        ),
        _span(words.STUDY_DATES, "date", dates, on_filter),
        _span(words.ARRIVAL, "arrived", dates, on_filter),
        _span(words.BIRTH, "born", dates, on_filter),
        _one(
            words.FILTER_NAMES["assigned"],
            "assigned",
            query.assigned,
            on_filter,
            words.ANYONE,
            [(value, word) for value, word in words.ASSIGNEES.items()],
            rx.foreach(choices.people, lambda each: rx.el.option(each.shown, value=each.value)),
        ),
        _one(
            words.FILTER_NAMES["claimed"],
            "claimed",
            query.claimed,
            on_filter,
            words.ANY,
            list(words.CLAIMANTS.items()),
            rx.foreach(choices.people, lambda each: rx.el.option(each.shown, value=each.value)),
        ),
        rx.cond(
            may_ask_for_priors,
            _one(
                words.FILTER_NAMES["prior"],
                "prior",
                query.prior,
                on_filter,
                words.ANY,
                list(words.PRIORS.items()),
            ),
        ),
        _more("body_part", choices.body_parts, on_toggle),
        _more("institution", choices.institutions, on_toggle),
        _more("tag", choices.tags, on_toggle),
        _one(
            words.FILTER_NAMES["referrer"],
            "",
            "",
            lambda _, value: on_toggle("referrer", value),
            words.ADD,
            [],
            rx.foreach(choices.referrers, lambda each: rx.el.option(each.shown, value=each.value)),
        ),
        _numbers(words.SERIES_COUNT, "series", query.series_from, query.series_to, on_filter),
        _numbers(words.IMAGE_COUNT, "images", query.images_from, query.images_to, on_filter),
        role="group",
        aria_label=words.FILTERS_SHOWN,
        id="every-filter",
        class_name="every-filter",
    )


def _many(label: str, *content: Any, is_wide: bool = False) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(label),
        rx.el.div(*content, class_name="ticks"),
        class_name="filter-group filter-group--wide" if is_wide else "filter-group",
    )


def _ticks(
    label: str, name: str, choices: Mapping[str, str], held: Any, on_toggle: Any
) -> rx.Component:
    return _many(
        label, *[_tick(value, word, name, held, on_toggle) for value, word in choices.items()]
    )


def _tick(value: Any, word: Any, name: str, held: Any, on_toggle: Any) -> rx.Component:
    return toggle_button(word, held.contains(value), on_toggle(name, value))


def _one(
    label: str,
    name: str,
    value: Any,
    on_filter: Any,
    none: str,
    options: list[tuple[str, str]],
    *more: Any,
) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="filter-name"),
        rx.el.select(
            rx.el.option(none, value=""),
            *[rx.el.option(word, value=each) for each, word in options],
            *more,
            value=value,
            on_change=lambda chosen: on_filter(name, chosen),
            class_name="input input--select",
        ),
        class_name="filter-group",
    )


def _more(name: str, values: Any, on_toggle: Any) -> rx.Component:
    return _one(
        words.FILTER_NAMES[name],
        name,
        "",
        on_toggle,
        words.ADD,
        [],
        rx.foreach(values, lambda each: rx.el.option(each, value=each)),
    )


def _span(label: str, name: str, dates: Any, on_filter: Any) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(label),
        _day(f"{name}_from", words.FROM, dates, on_filter),
        _day(f"{name}_to", words.TO, dates, on_filter),
        class_name="filter-group filter-span",
    )


def _day(name: str, word: str, dates: Any, on_filter: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(word),
        rx.el.input(
            type="date",
            value=dates[name],
            on_change=lambda chosen: on_filter(name, chosen),
            class_name="input",
        ),
        class_name="day",
    )


def _numbers(label: str, name: str, least: Any, most: Any, on_filter: Any) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(label),
        _number(f"{name}_from", words.FROM, least, on_filter),
        _number(f"{name}_to", words.TO, most, on_filter),
        class_name="filter-group filter-span",
    )


def _number(name: str, word: str, value: Any, on_filter: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(word),
        settled_field(
            value,
            lambda settled: on_filter(name, settled),
            type="number",
            min="0",
            max="9999999",
        ),
        class_name="day",
    )


def _text(name: str, value: Any, on_filter: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(words.FILTER_NAMES[name], class_name="filter-name"),
        settled_field(
            value, lambda settled: on_filter(name, settled), type="text", max_length=MAX_TEXT
        ),
        class_name="filter-group",
    )
