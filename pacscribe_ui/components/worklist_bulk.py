"""What can be done with the selected studies, the views somebody has kept, and the sheet of keys. Values in, events out."""

from typing import Any

import reflex as rx

from pacscribe_ui.components.button import button, icon_button
from pacscribe_ui.components.dialog import dialog, dialog_actions
from pacscribe_ui.components.field import check_box, text_area, text_field
from pacscribe_ui.components.icon import icon
from pacscribe_ui.text import Worklist as words


def bulk_bar(
    state: Any, *, count: Any, choices: Any, may_edit: Any, may_delete: Any, on_clear: Any
) -> rx.Component:
    """The bar of acts; shown while something is selected.

    Args:
        state: The state whose handlers act.
        count: Var: how many studies are selected.
        choices: Var of the `WorklistChoices`.
        may_edit: Var: whether studies may be changed.
        may_delete: Var: whether they may be deleted.
        on_clear: Event that selects nothing.
    """
    acts = rx.fragment(
        _act(
            words.ASSIGN,
            state.assign,
            rx.el.option(words.ASSIGNEES["nobody"], value="nobody"),
            rx.foreach(choices.people, lambda each: rx.el.option(each.shown, value=each.value)),
        ),
        _act(
            words.PRIORITISE,
            state.prioritise,
            *[rx.el.option(word, value=each) for each, word in words.PRIORITIES.items()],
        ),
        rx.el.form(
            rx.el.input(
                name="tag",
                list="known-tags",
                placeholder=words.TAG,
                aria_label=words.TAG,
                auto_complete="off",
                max_length=30,
                class_name="input bulk-tag",
            ),
            rx.el.datalist(
                rx.foreach(choices.tags, lambda each: rx.el.option(value=each)), id="known-tags"
            ),
            button(words.TAG_SUBMIT, icon="tag", small=True, type="submit"),
            on_submit=state.tag,
            reset_on_submit=True,
            class_name="row",
        ),
        _act(
            words.UNTAG,
            state.untag,
            rx.foreach(choices.tags, lambda each: rx.el.option(each, value=each)),
        ),
        button(words.MARK_READ, small=True, on_click=state.mark(True)),
        button(words.MARK_UNREAD, small=True, on_click=state.mark(False)),
    )
    return rx.el.div(
        rx.el.p(rx.el.strong(count), words.SELECTED, role="status"),
        rx.cond(may_edit, acts),
        rx.cond(
            may_delete,
            button(
                words.DELETE,
                icon="trash-2",
                variant="danger",
                small=True,
                on_click=state.ask_to_delete,
            ),
        ),
        icon_button("x", words.SELECT_NONE, small=True, on_click=on_clear),
        role="toolbar",
        aria_label=words.BULK,
        class_name="bulk",
    )


def _act(label: str, on_choose: Any, *options: Any) -> rx.Component:
    return rx.el.select(
        rx.el.option(label, value=""),
        *options,
        value="",
        on_change=on_choose,
        aria_label=label,
        class_name="input input--select bulk-select",
    )


def delete_dialog(deletion: Any, *, on_keep: Any, on_delete: Any) -> rx.Component:
    """Asks again, with what would be gone.

    Args:
        deletion: Var of the `Deletion`, or of None while nothing is asked.
        on_keep: Event that deletes nothing.
        on_delete: Called with the form.
    """
    return dialog(
        words.DELETE_TITLE,
        rx.cond(
            deletion,
            rx.el.form(
                rx.el.p(
                    rx.el.strong(deletion.studies),
                    rx.cond(deletion.studies == 1, words.DELETE_STUDY, words.DELETE_STUDIES),
                    rx.el.strong(deletion.images),
                    rx.cond(deletion.images == 1, words.DELETE_IMAGE, words.DELETE_IMAGES),
                ),
                rx.cond(
                    deletion.signed > 0,
                    rx.el.p(
                        deletion.signed,
                        rx.cond(deletion.signed == 1, words.DELETE_SIGNED_ONE, words.DELETE_SIGNED),
                        class_name="similar",
                    ),
                ),
                rx.cond(
                    deletion.drafts > 0,
                    rx.el.p(
                        deletion.drafts,
                        rx.cond(deletion.drafts == 1, words.DELETE_DRAFT, words.DELETE_DRAFTS),
                        class_name="similar",
                    ),
                ),
                text_area(words.REASON, name="reason", hint=words.REASON_HINT, required=True),
                dialog_actions(
                    button(words.KEEP, on_click=on_keep),
                    button(
                        words.DELETE_SUBMIT,
                        variant="danger",
                        type="submit",
                        disabled=deletion.studies == 0,
                    ),
                ),
                on_submit=on_delete,
                class_name="stack",
            ),
        ),
        is_open=deletion.is_not_none(),
        on_dismiss=on_keep,
        name="delete",
    )


def view_bar(
    views: Any, *, on_open: Any, on_delete: Any, on_new: Any, can_keep: Any, on_all: Any
) -> rx.Component:
    """The saved views, each with how many studies it shows now.

    Args:
        views: Var of `ViewOfWorklist`s.
        on_open: Called with a view's identifier.
        on_delete: Called with a view's identifier.
        on_new: Event that asks for a name.
        can_keep: Var: whether there is something to keep.
        on_all: Event that shows everything.
    """

    def entry(view: Any) -> rx.Component:
        return rx.el.li(
            rx.el.button(
                rx.cond(view.is_shared, icon("users", 14), icon("bookmark", 14)),
                rx.el.span(view.name, class_name="view-name"),
                rx.el.span(view.total, rx.cond(view.is_exact, "", "+"), class_name="view-count"),
                type="button",
                on_click=on_open(view.view_id),
                class_name="view-open",
            ),
            rx.cond(
                view.may_delete,
                icon_button(
                    "x",
                    rx.Var.create(words.DELETE_VIEW) + view.name,
                    small=True,
                    on_click=on_delete(view.view_id),
                ),
            ),
            class_name="view",
        )

    return rx.el.nav(
        rx.el.ul(
            rx.el.li(
                rx.el.button(
                    words.ALL_STUDIES, type="button", on_click=on_all, class_name="view-open"
                ),
                class_name="view",
            ),
            rx.foreach(views, entry),
            class_name="views",
        ),
        rx.cond(
            can_keep,
            button(
                words.KEEP_VIEW, icon="bookmark-plus", variant="quiet", small=True, on_click=on_new
            ),
        ),
        aria_label=words.VIEWS,
        class_name="view-bar",
    )


def view_dialog(*, is_open: Any, may_share: Any, on_close: Any, on_keep: Any) -> rx.Component:
    """Asks for the name of a view."""
    return dialog(
        words.KEEP_VIEW,
        rx.el.form(
            text_field(words.VIEW_NAME, name="name", max_length=60, required=True, auto_focus=True),
            rx.cond(may_share, check_box(words.VIEW_SHARED, name="shared")),
            dialog_actions(
                button(words.CANCEL, on_click=on_close),
                button(words.KEEP_SUBMIT, variant="primary", type="submit"),
            ),
            on_submit=on_keep,
            class_name="stack",
        ),
        is_open=is_open,
        on_dismiss=on_close,
        name="view",
    )


def key_sheet(*, is_open: Any, on_close: Any) -> rx.Component:
    """Every key of the worklist."""
    return dialog(
        words.KEYS_TITLE,
        rx.el.dl(
            *[
                rx.el.div(rx.el.dt(rx.el.kbd(key)), rx.el.dd(meaning), class_name="fact")
                for key, meaning in words.KEYS.items()
            ],
            class_name="facts",
        ),
        dialog_actions(button(words.DONE, variant="primary", on_click=on_close)),
        is_open=is_open,
        on_dismiss=on_close,
        name="keys",
    )
