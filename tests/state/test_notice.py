"""A notice belongs to the page on which it was shown."""

from pacscribe_ui.state.base import NoticeState


def test_a_notice_does_not_outlive_its_page():
    notice = NoticeState(_reflex_internal_init=True)  # type: ignore[call-arg]  # as Reflex makes one
    notice.text, notice._page = "The report is signed.", "/report/1"
    notice._enter("/report/1")
    assert notice.text == "The report is signed."
    notice._enter("/worklist")
    assert notice.text == ""
