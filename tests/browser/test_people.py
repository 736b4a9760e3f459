"""People, roles and tokens as administrators handle them: with the keyboard, said before it is done, and done as it was said."""

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import ADMINISTRATOR, TABLET, House, Visits

pytestmark = pytest.mark.slow


def press_on(page: Page, role: str, name: str) -> None:
    """Do as somebody without a mouse does: go to it with Tab, and press it."""
    target = page.get_by_role(role, name=name, exact=True).first
    expect(target).to_be_enabled()
    for _ in range(120):
        if target.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(target).to_be_focused()
    page.keyboard.press("Space" if role == "checkbox" else "Enter")


def test_a_role_is_copied_changed_and_deleted_with_the_keyboard_alone(visits: Visits):
    page = visits.page(ADMINISTRATOR)
    page.goto("/settings/roles")
    press_on(page, "link", "Copy the role Clinician")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Clinician (copy)")
    press_on(page, "checkbox", "upload and import studies")
    expect(page.get_by_text("nobody gains or loses anything")).to_be_visible()
    press_on(page, "button", "Make this role")
    expect(page.get_by_role("heading", name="Clinician (copy)")).to_be_visible()
    expect(page.get_by_text("The role is made.")).to_be_visible()
    press_on(page, "button", "Delete the role Clinician (copy)")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    press_on(page, "button", "Delete the role Clinician (copy)")
    press_on(page, "button", "Delete")
    expect(page.get_by_text("The role is deleted.")).to_be_visible()
    expect(page.get_by_role("heading", name="Clinician (copy)")).to_have_count(0)


def test_a_role_is_put_together_with_fingers(visits: Visits):
    page = visits.page(ADMINISTRATOR, TABLET)
    page.goto("/settings/roles")
    page.get_by_role("link", name="New role").tap()
    page.get_by_label("Name", exact=True).fill("Night shift")
    grid = page.get_by_role("group", name="Whoever has this role may")
    for right in ("see the worklist and open studies", "read signed reports", "sign reports"):
        grid.get_by_text(right, exact=True).tap()
        expect(grid.get_by_role("checkbox", name=right, exact=True)).to_be_checked()
    grid.get_by_text("sign reports", exact=True).tap()
    expect(grid.get_by_role("checkbox", name="sign reports", exact=True)).not_to_be_checked()
    # The whole of a right is for the finger, not the box alone.
    heights = grid.locator("label").evaluate_all("all => all.map(each => each.offsetHeight)")
    assert len(heights) > 20
    assert min(heights) >= 44
    page.get_by_role("button", name="Make this role").tap()
    expect(page.get_by_text("The role is made.")).to_be_visible()
    role = page.get_by_role("listitem").filter(has_text="Night shift")
    expect(role).to_contain_text("May see the worklist and open studies.")
    expect(role).not_to_contain_text("sign reports")
    role.get_by_role("button", name="Delete the role Night shift").tap()
    page.get_by_role("dialog").get_by_role("button", name="Delete").tap()
    expect(page.get_by_text("The role is deleted.")).to_be_visible()


def test_a_program_gets_an_account_and_a_token_that_works_until_it_is_revoked(
    visits: Visits, house: House
):
    page = visits.page(ADMINISTRATOR)
    page.goto("/settings/people")
    page.get_by_role("button", name="New service account").click()
    page.get_by_label("Name of the program").fill("Night export")
    page.get_by_role("checkbox", name="Technologist").click()
    page.get_by_role("button", name="Make this account").click()
    page.get_by_label("What it is for").fill("Uploads")
    reach = page.locator(".program-form").get_by_role("status")
    expect(reach).to_contain_text("a token needs both")
    page.get_by_role("checkbox", name="see the worklist and open studies", exact=True).last.click()
    expect(reach).to_contain_text("As ticked, this token reaches only studies that its owner")
    page.get_by_role("checkbox", name="upload and import studies", exact=True).last.click()
    page.get_by_role("button", name="Make this token").click()
    token = page.get_by_test_id("shown-once").inner_text()
    asked = {"headers": {"authorization": f"Bearer {token}"}, "timeout": 20}
    assert httpx.get(f"{house.url}/api/v1/tus", **asked).status_code == 200
    in_use = page.locator(".person-facts > div").filter(has_text="Access tokens in use")
    expect(in_use.locator("dd")).to_have_text("1")
    page.get_by_role("button", name="I have copied it").click()
    expect(page.get_by_text(token)).to_have_count(0)
    page.get_by_role("button", name="Revoke the token Uploads").click()
    expect(page.get_by_text("It stopped working at once.")).to_be_visible()
    assert httpx.get(f"{house.url}/api/v1/tus", **asked).status_code == 401
    expect(in_use.locator("dd")).to_have_text("0")


def test_the_section_that_is_open_is_in_sight_where_the_list_is_a_bar(visits: Visits):
    page = visits.page(ADMINISTRATOR, TABLET)
    page.goto("/settings/tokens")
    bar = page.get_by_role("navigation", name="Sections of the settings")
    expect(bar.get_by_role("link", name="People")).to_be_attached()
    expect(bar.get_by_role("link", name="Access tokens")).to_be_in_viewport(ratio=0.95)
    settings = page.get_by_role("banner").get_by_role("link", name="Settings")
    expect(settings).to_have_attribute("href", "/settings/people")
    page.goto("/settings")  # typed, or from a bookmark
    page.wait_for_url("**/settings/people")
    expect(page.get_by_role("heading", level=1, name="People")).to_be_visible()
