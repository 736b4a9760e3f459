"""Hands that are faster than the line: what is done on a page before its state has come, and while the line is broken."""

from playwright.sync_api import Page, expect

from tests.browser.held_lines import StateLine
from tests.browser.visits import RADIOLOGIST, Visits


def test_a_form_that_is_sent_before_the_line_is_open_is_answered_and_stays_so(visits: Visits):
    page = visits.page()
    line = StateLine(page, is_open=False)
    Page.goto(page, "/forgotten")  # the page's own `goto` lasts until its line is open
    line.wait_until_asked_for()
    page.get_by_label("E-mail").fill(RADIOLOGIST)
    page.keyboard.press("Enter")
    line.open()
    expect(page.get_by_text("Look into your mailbox")).to_be_visible()
    line.break_()
    expect(page.get_by_text("Look into your mailbox")).to_be_visible()


def test_who_signs_in_before_the_line_is_open_comes_to_where_they_wanted(visits: Visits):
    page = visits.page()
    line = StateLine(page, is_open=False)
    Page.goto(page, "/sign-in?next=/upload")
    line.wait_until_asked_for()
    visits.sign_in(page, RADIOLOGIST)
    page.wait_for_url("**/upload")


def test_words_for_a_search_stay_while_the_page_gets_its_state_and_go_when_it_is_cleared(
    visits: Visits,
):
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    page.goto("/worklist")
    field, clear = page.get_by_role("searchbox"), page.get_by_role("button", name="Clear filters")
    field.press_sequentially("at once")
    page.keyboard.press("Enter")
    clear.first.click()
    expect(field).to_have_value("")
    expect(clear).to_have_count(0)
    line.to_page.hold()
    page.reload()
    field.press_sequentially("ear")
    line.to_page.release()
    expect(page.get_by_role("status").filter(has_text="stud")).to_be_visible()
    field.press_sequentially("ly")
    expect(field).to_have_value("early")
    page.keyboard.press("Enter")
    clear.first.click()
    expect(field).to_have_value("")
