"""`/viewer/{study_instance_uid}`: images, and beside them the report."""

import reflex as rx

from pacscribe_ui.commands import changeable, key_table, sheet
from pacscribe_ui.components.arrived import arrived
from pacscribe_ui.components.badge import corrected_badge
from pacscribe_ui.components.empty import error_state
from pacscribe_ui.components.key_sheet import keys_dialog
from pacscribe_ui.components.later import later
from pacscribe_ui.components.link import page_link
from pacscribe_ui.components.series_strip import series_strip
from pacscribe_ui.components.viewer_settings import settings_dialog
from pacscribe_ui.components.viewer_toolbar import viewer_toolbar
from pacscribe_ui.components.viewport import (
    Glass,
    PanelEdge,
    PanelPlace,
    ViewerKeys,
    ViewerPanel,
    ViewerTogether,
)
from pacscribe_ui.pages.frame import frame
from pacscribe_ui.pages.report_panel import report_panel
from pacscribe_ui.state.report import ReportState
from pacscribe_ui.state.session import SessionState
from pacscribe_ui.state.viewer import ViewerState
from pacscribe_ui.text import VIEWPORT
from pacscribe_ui.text import Viewer as words

ROUTE = "/viewer/[study_instance_uid]"
TITLE = words.TITLE
# The study first: its first image is what the reader waits for.
ON_LOAD = [ViewerState.open, SessionState.enter, ReportState.open_beside_images]


def page() -> rx.Component:
    """The page."""
    return frame(
        rx.el.h1(words.TITLE, class_name="unseen"),
        rx.cond(ViewerState.trouble, _trouble(), _workplace()),
        wide=True,
        bar_extra=arrived(ViewerState.visit, _patient(), rx.fragment()),
    )


def _patient() -> rx.Component:
    """Whose study this is, always in sight, also when the images carry no text; unless that is to be hidden."""
    study = ViewerState.study
    return rx.cond(
        ~ViewerState.is_anonymous,
        rx.el.p(
            page_link(
                rx.el.strong(rx.cond(study.patient_name, study.patient_name, words.NO_NAME)),
                to=rx.Var.create("/study/") + study.study_instance_uid,
                title=words.COMMANDS["study-page"],
                class_name="viewer-patient-link",
            ),
            corrected_badge(study.is_patient_corrected),
            rx.el.span(rx.cond(study.patient_id, study.patient_id, words.NO_ID)),
            rx.el.span(study.patient_birth_date),
            rx.el.span(study.study_date),
            rx.el.span(study.study_description, class_name="viewer-patient-more"),
            class_name="viewer-patient",
        ),
    )


def _trouble() -> rx.Component:
    return error_state(
        words.NOT_OPENED_TITLE,
        ViewerState.trouble,
        page_link(words.TO_WORKLIST, to="/worklist", class_name="button button--primary"),
    )


def _workplace() -> rx.Component:
    """The glass is there from the first moment, for the image does not wait for the state; the rest comes with it."""
    is_panel_there = ViewerState.is_loaded & ReportState.is_available
    return rx.el.div(
        _keys(),
        ViewerTogether.create(
            active=ViewerState.active,
            is_linked=ViewerState.is_linked,
            has_lines=ViewerState.has_lines,
            on_settled=ViewerState.settle,
            on_settled_together=ViewerState.settle_together,
        ),
        arrived(ViewerState.visit, later(_strip(), _no_strip()), _no_strip()),
        rx.el.section(
            rx.cond(
                ViewerState.is_loaded,
                later(viewer_toolbar(ViewerState.own_keys_shown), _no_tools()),
                _no_tools(),
            ),
            _glass(),
            aria_label=words.IMAGES,
            class_name="viewer-images",
        ),
        ViewerPanel.create(
            PanelEdge.create(label=words.PANEL_EDGE),
            report_panel(names_patient=~ViewerState.is_anonymous),
            is_available=is_panel_there,
            is_open=ViewerState.is_panel_open,
        ),
        PanelPlace.create(
            is_settled=ViewerState.is_loaded & rx.State.is_hydrated,
            is_shown=is_panel_there & ViewerState.is_panel_open,
        ),
        rx.cond(ViewerState.is_loaded, _dialogs()),
        class_name=[
            "viewer",
            rx.cond(ViewerState.is_panel_usual, "viewer--panel-usual", ""),
        ],
    )


def _dialogs() -> rx.Component:
    return rx.fragment(
        # The usual keys are part of the page, so that the sheet opens without a word of the state.
        keys_dialog(
            rx.cond(ViewerState.own_sheet, ViewerState.own_sheet, sheet({})),
            rx.cond(ViewerState.own_changeable, ViewerState.own_changeable, changeable({})),
            trouble=ViewerState.keys_trouble,
            on_chosen=ViewerState.choose_key,
            on_reset=ViewerState.reset_keys,
        ),
        settings_dialog(ViewerState.preferences, on_saved=ViewerState.save_settings),
    )


def _keys() -> rx.Component:
    return ViewerKeys.create(
        page=ViewerState.page,
        cards=ViewerState.cards,
        search=ViewerState.search,
        commands=key_table(),
        own_keys=ViewerState.own_keys,
        own_keys_shown=ViewerState.own_keys_shown,
        words={
            "menu": words.IMAGE_MENU,
            "link_copied": words.LINK_COPIED,
            "link_refused": words.LINK_REFUSED,
            "linked_by_hand": words.LINKED_BY_HAND,
            "nothing_to_link": words.NOTHING_TO_LINK,
            "no_full_screen": words.NO_FULL_SCREEN,
            "idle": words.NOT_OF_VIDEO,
        },
        link_serial=ViewerState.link_serial,
        on_command=ViewerState.command,
        on_linked_by_hand=ViewerState.link_by_hand,
        on_coarse=ViewerState.start_with_touch,
        on_left=ViewerState.leave,
    )


def _strip() -> rx.Component:
    return series_strip(ViewerState.cards)


def _no_strip() -> rx.Component:
    return rx.el.nav(aria_label=words.SERIES_STRIP, class_name="strip")


def _no_tools() -> rx.Component:
    return rx.el.div(class_name="tools")


def _glass() -> rx.Component:
    return Glass.create(
        layout=ViewerState.layout,
        panes=ViewerState.panes,
        active=ViewerState.active,
        is_maximised=ViewerState.is_maximised,
        is_loaded=ViewerState.is_loaded,
        going_to=ViewerState.going_to,
        patient_lines=ViewerState.patient_lines,
        study_lines=ViewerState.study_lines,
        tool=ViewerState.tool,
        text_level=ViewerState.text_level,
        habits=ViewerState.habits,
        words=VIEWPORT,
        on_chosen=ViewerState.choose_viewport,
        on_maximised=ViewerState.maximise,
        on_dropped=ViewerState.show_series,
        on_swapped=ViewerState.swap_viewports,
        on_played=ViewerState.play_in,
        on_film_ended=ViewerState.film_ended,
    )
