"""The audit page in Chromium: what entries are about, in the same room for each."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.visits import ADMINISTRATOR, Visits

pytestmark = pytest.mark.slow


def test_an_identifier_is_short_on_the_page_and_whole_on_the_clipboard_by_keys_alone(
    visits: Visits,
):
    page = visits.page(ADMINISTRATOR)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/audit?action=study:import")
    link = page.get_by_role("link", name=re.compile(r"^Study ")).filter(has_text="…").first
    whole = link.locator(".identifier").get_attribute("title")
    assert whole is not None
    link.focus()
    page.keyboard.press("Tab")
    expect(
        page.get_by_role("button", name=re.compile("^Copy ")).and_(page.locator(":focus"))
    ).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == whole
    assert link.inner_text().endswith(whole[-10:])
    page.keyboard.press("Tab")
    expect(page.get_by_text("Copied")).to_be_hidden()
