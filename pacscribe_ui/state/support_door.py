"""Which events support may send while it looks at an organization. Whatever is not named here is refused to it.

So a new handler is closed to support until somebody has thought of it. What these handlers would write all the same, the
database's session refuses.
"""

from reflex_base.registry import RegistrationContext

_OPEN = frozenset(
    {
        "notice_state.dismiss",
        "notice_state.show",
        "session_state.enter",
        "sign_in_state.load",
        "step_up_state.begin",
        "step_up_state.give_up",
        "step_up_state.go_on",
        "support_state.load",
        "support_state.leave",
        # Pages that are looked at.
        "attachments_state.load",
        "audit_state.clear",
        "audit_state.filter_by",
        "audit_state.choose_patient",
        "audit_state.find_patients",
        "audit_state.find_study",
        "audit_state.turn",
        "audit_state.load",
        "report_state.finish",
        "report_state.load",
        "report_state.open_beside_images",
        "report_state.refresh",
        "study_state.load",
        "study_state.show_objects",
        "study_state.turn_objects",
        "tags_state.choose_series",
        "tags_state.go_to",
        "tags_state.go_to_written",
        "tags_state.load",
        "tags_state.look_for",
        "tags_state.turn_to",
        "viewer_state.choose_viewport",
        "viewer_state.command",
        "viewer_state.complete",
        "viewer_state.film_ended",
        "viewer_state.leave",
        "viewer_state.link_by_hand",
        "viewer_state.maximise",
        "viewer_state.open",
        "viewer_state.play_in",
        "viewer_state.settle",
        "viewer_state.settle_together",
        "viewer_state.show_series",
        "viewer_state.start_with_touch",
        "viewer_state.swap_viewports",
        "worklist_acts_state.hear",
        "worklist_acts_state.look_closer",
        "worklist_acts_state.open_view",
        "worklist_acts_state.prepare",
        "worklist_acts_state.read_report",
        "worklist_acts_state.show_help",
        "worklist_state.choose",
        "worklist_state.clear",
        "worklist_state.filter_by",
        "worklist_state.go_to_page",
        "worklist_state.live_in",
        "worklist_state.load",
        "worklist_state.search",
        "worklist_state.select",
        "worklist_state.show_columns",
        "worklist_state.show_filters",
        "worklist_state.show_news",
        "worklist_state.sort_by",
        "worklist_state.toggle",
    }
)


def short_name(event_name: str) -> str:
    """`worklist_state.load` of the name under which a handler is registered."""
    state, _, handler = event_name.rpartition(".")
    return f"{state.rpartition('____')[2]}.{handler}"


def is_open(event_name: str) -> bool:
    """Whether support may send this event."""
    return (
        event_name in RegistrationContext.get().event_handlers and short_name(event_name) in _OPEN
    )
