"""The report's editor in a real browser: what is typed is kept, whatever happens to the page, the line or the author."""

import re

import pydicom
import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import CLINICIAN, RADIOLOGIST, SECOND_RADIOLOGIST, Visits
from tests.dicom_files import SHIPPED

SAVED = re.compile(r"Saved \d\d:\d\d")


def _study_of(name: str) -> str:
    return str(pydicom.dcmread(SHIPPED / name, stop_before_pixels=True).StudyInstanceUID)


@pytest.fixture(scope="module")
def study_uid() -> str:
    return _study_of("MR_small.dcm")


def _open(page: Page, study_uid: str) -> Page:
    page.goto(f"/viewer/{study_uid}")
    expect(_section(page, "Findings")).to_be_enabled()
    return page


def _section(page: Page, name: str):
    return page.get_by_label(name, exact=True)


def _is_saved(page: Page) -> None:
    expect(page.get_by_test_id("report-status")).to_contain_text(SAVED)


def test_text_typed_in_the_last_moment_before_the_window_closes_is_kept(
    visits: Visits, study_uid: str
) -> None:
    context = visits.context(RADIOLOGIST)
    page = _open(context.new_page(), study_uid)
    # Nobody has written anything: there is no draft yet.
    expect(page.get_by_role("article", name="Report").get_by_text("Draft")).to_have_count(0)
    _section(page, "Comments").fill("typed in the last moment")
    page.close(run_before_unload=True)
    again = context.new_page()
    # The request outlives its page; it may still be on its way.
    for _ in range(20):
        _open(again, study_uid)
        if _section(again, "Comments").input_value() == "typed in the last moment":
            break
    expect(_section(again, "Comments")).to_have_value("typed in the last moment")
    expect(again.get_by_role("article", name="Report").get_by_text("Draft")).to_be_visible()


def test_hiding_the_panel_and_leaving_the_page_lose_nothing(visits: Visits, study_uid: str) -> None:
    page = _open(visits.page(RADIOLOGIST), study_uid)
    _section(page, "Technique").fill("typed, then the panel is hidden")
    page.get_by_role("button", name="Hide the report").click()
    expect(_section(page, "Technique")).to_have_count(0)
    page.get_by_role("button", name="Show the report").click()
    expect(_section(page, "Technique")).to_have_value("typed, then the panel is hidden")
    _section(page, "Technique").fill("typed, then the page is left")
    page.get_by_role("link", name="Open on its own page").click()
    page.wait_for_url("**/report/**")
    expect(_section(page, "Technique")).to_have_value("typed, then the page is left")
    _is_saved(page)


def test_without_a_line_the_page_says_so_keeps_the_text_and_saves_it_later(
    visits: Visits, study_uid: str
) -> None:
    visits.allow("ERR_INTERNET_DISCONNECTED|WebSocket")
    context = visits.context(RADIOLOGIST)
    page = _open(context.new_page(), study_uid)
    context.set_offline(True)
    _section(page, "Findings").fill("typed without a line")
    status = page.get_by_test_id("report-status")
    expect(status).to_contain_text("Not saved: The server cannot be reached.")
    expect(_section(page, "Findings")).to_have_value("typed without a line")
    context.set_offline(False)
    _is_saved(page)
    page.reload()
    expect(_section(page, "Findings")).to_have_value("typed without a line")


def test_signed_out_while_typing_the_text_stays_until_it_can_be_saved(
    visits: Visits, study_uid: str
) -> None:
    visits.allow("401")
    context = visits.context(RADIOLOGIST)
    page = _open(context.new_page(), study_uid)
    cookies = context.cookies()
    context.clear_cookies()
    _section(page, "Impression").fill("typed while signed out")
    expect(page.get_by_test_id("report-status")).to_contain_text("Not saved: You are signed out.")
    context.add_cookies(cookies)  # signed in again in another tab
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    _is_saved(page)
    expect(_section(page, "Impression")).to_have_value("typed while signed out")


def test_a_draft_taken_over_is_read_written_and_taken_back_without_a_loss(
    visits: Visits, study_uid: str
) -> None:
    visits.allow("409")
    first = _open(visits.page(RADIOLOGIST), study_uid)
    _section(first, "Recommendation").fill("by the first")
    _is_saved(first)
    second = visits.page(SECOND_RADIOLOGIST)
    second.goto(f"/viewer/{study_uid}")
    expect(second.get_by_text("has this draft.")).to_be_visible()
    expect(second.locator(".report-held")).to_contain_text("by the first")
    second.get_by_role("button", name="Take it over").click()
    _section(second, "Recommendation").fill("by the second")
    _is_saved(second)
    _section(first, "Recommendation").fill("by the first, later")
    expect(first.get_by_test_id("report-status")).to_contain_text("has this draft now")
    first.get_by_role("button", name="Take the draft over").click()
    choice = first.get_by_role("group", name="Recommendation")
    expect(choice).to_contain_text("by the first, later")
    expect(choice).to_contain_text("by the second")
    choice.get_by_text("Both, mine first").click()
    first.get_by_role("button", name="Save what I chose").click()
    _is_saved(first)
    expect(_section(first, "Recommendation")).to_have_value("by the first, later\n\nby the second")


def test_whoever_does_not_write_reports_is_told_that_there_is_none_yet(
    visits: Visits, study_uid: str
) -> None:
    page = visits.page(CLINICIAN)
    page.goto(f"/viewer/{study_uid}")
    expect(page.get_by_text("No report yet")).to_be_visible()
    expect(page.get_by_text("typed")).to_have_count(0)


def test_the_keys_of_the_viewer_are_letters_in_the_report(visits: Visits, study_uid: str) -> None:
    page = _open(visits.page(RADIOLOGIST), study_uid)
    _section(page, "Comparison").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("i n 1 c ? r")
    expect(_section(page, "Comparison")).to_have_value("i n 1 c ? r")
    viewport = page.get_by_test_id("viewport")
    expect(viewport).to_be_visible()
    _is_saved(page)
