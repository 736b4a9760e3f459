"""A notice belongs to the page on which it was shown, and to the moment."""

import re
from datetime import timedelta
from pathlib import Path

from backend.core import clock
from pacscribe_ui.state.base import _NOTICE_LASTS, NoticeState

STYLES = Path(__file__).parents[2] / "assets" / "pacscribe.css"


def shown(*, ago: timedelta) -> NoticeState:
    notice = NoticeState(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex makes one
    notice.text, notice._page = "The report is signed.", "/report/1"
    notice._shown_at = clock.now() - ago
    return notice


def test_a_notice_does_not_outlive_its_page():
    notice = shown(ago=timedelta(0))
    notice._enter("/report/1")
    assert notice.text == "The report is signed."
    notice._enter("/worklist")
    assert notice.text == ""


def test_a_page_that_is_loaded_again_does_not_say_again_what_it_said_some_time_ago():
    notice = shown(ago=_NOTICE_LASTS)
    notice._enter("/report/1")
    assert notice.text == ""


def test_what_the_page_lets_fade_and_what_it_forgets_takes_the_same_time():
    (seconds,) = re.findall(r"notice--status \{ animation: leave (\d+)s", STYLES.read_text("utf-8"))
    assert timedelta(seconds=int(seconds)) == _NOTICE_LASTS
