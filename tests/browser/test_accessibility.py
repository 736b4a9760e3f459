"""Everybody can use the pages: axe-core finds nothing at any size in either theme, and the keyboard is enough."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.examiner import Examiner
from tests.browser.keyboard import tab_to
from tests.browser.studies import ZippedStudy, zipped_study
from tests.browser.visits import (
    ADMINISTRATOR,
    PHONE,
    RADIOLOGIST,
    SECOND_RADIOLOGIST,
    TABLET,
    House,
    Visits,
    choose_layout,
    open_study,
    shown,
    wait_for_glass,
    with_report,
)
from tests.served import DEMO_PASSWORD

pytestmark = pytest.mark.slow


def brought_in(house: House, study: ZippedStudy, folder: Path) -> ZippedStudy:
    archive = folder / "study.zip"
    archive.write_bytes(study.octets)
    assert house.take_in(archive)["stored"] == study.images
    return study


@pytest.fixture(scope="module")
def study(house: House, tmp_path_factory: pytest.TempPathFactory) -> ZippedStudy:
    folder = tmp_path_factory.mktemp("axe")
    return brought_in(house, zipped_study("axe", "Access^Ibility"), folder)


def test_axe_finds_nothing_before_sign_in(visits: Visits, examiner: Examiner):
    visits.allow("404")
    page = visits.page()
    for path, heading in {
        "/sign-in?refused=1": "Sign in",
        "/set-up": "Set up PACScribe",
        "/sign-up": "Ask for an account",
        "/confirm": "Confirm your e-mail address",
        "/privacy": "What PACScribe stores",
        "/nowhere": "This page does not exist",
    }.items():
        page.goto(path)
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        examiner.look_at_all_widths(page, path)


def test_axe_finds_nothing_in_the_lists(visits: Visits, examiner: Examiner, study: ZippedStudy):
    page = visits.page(ADMINISTRATOR)
    page.goto("/worklist")
    row = page.locator(f"tr[data-study-instance-uid='{study.study_instance_uid}']")
    expect(row).to_be_visible()
    examiner.look_at_all_widths(page, "worklist")
    row.locator(".col-modality").click()
    expect(page.get_by_role("link", name="Open images")).to_be_visible()
    page.locator("summary").click()
    examiner.look_at_all_widths(page, "worklist with a chosen study and the menu")
    page.get_by_role("button", name="Filters", exact=True).click()
    page.get_by_role("checkbox", name="Select every study of this page").check()
    expect(page.get_by_role("button", name="Select none")).to_be_visible()
    examiner.look_at_all_widths(page, "worklist with all filters, everything selected")
    page.goto("/worklist?modality=XA")
    expect(page.get_by_text("No study matches")).to_be_visible()
    examiner.look_at_all_widths(page, "worklist without a match")
    page.goto("/upload")
    page.get_by_test_id("upload-files").set_input_files(
        {"name": "broken.dcm", "mimeType": "", "buffer": bytes(128) + b"DICM" + bytes(8)}
    )
    expect(page.get_by_text("broken.dcm")).to_be_visible()
    # What was refused is not told as a success.
    expect(page.get_by_role("alert").filter(has_text="1 refused")).to_be_visible()
    examiner.look_at_all_widths(page, "upload with a refused file")
    page.goto(f"/attachments/{study.study_instance_uid}")
    expect(page.get_by_role("button", name="Attach")).to_be_visible()
    examiner.look_at_all_widths(page, "attachments")
    page.goto(f"/study/{study.study_instance_uid}")
    page.get_by_label("Series of the object").select_option(index=1)
    tags = page.get_by_role("region", name="Tags")
    expect(tags.get_by_role("cell", name="(0002,0010)")).to_be_visible()
    page.get_by_label("Search tag, keyword or value").press_sequentially("access ibility")
    expect(tags.get_by_role("row")).to_have_count(2)
    expect(tags.get_by_role("cell", name="Access^Ibility")).to_be_visible()
    examiner.look_at_all_widths(page, "study with the tags of an object")
    page.goto("/audit")
    expect(page.get_by_role("table")).to_be_visible()
    examiner.look_at_all_widths(page, "audit")
    page.get_by_role("link", name="Settings", exact=True).click()
    page.wait_for_url("**/settings/people")  # the first of the sections
    page.get_by_role("link", name="Storage", exact=True).click()
    expect(page.get_by_role("table", name="By modality")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, storage")
    page.get_by_role("link", name="Background jobs").click()
    expect(page.get_by_role("row", name="Watch the disk")).to_contain_text("are free")
    examiner.look_at_all_widths(page, "settings, jobs")
    desk = page.viewport_size
    assert desk is not None
    page.set_viewport_size({"width": PHONE.width, "height": PHONE.height})
    # One job after the other: nothing has to be looked for at the side.
    expect(page.locator(".job-acts button").first).to_be_in_viewport(ratio=1)
    page.set_viewport_size(desk)
    page.get_by_role("link", name="Checks").click()
    expect(page.get_by_text("No stored object is known to be damaged.")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, checks")
    page.get_by_role("link", name="Conflicts").click()
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, conflicts")
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("button", name="Invite somebody").click()
    expect(page.get_by_role("checkbox", name="Radiologist")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, people, an invitation")
    page.get_by_role("button", name="Leave it").click()
    examiner.look_at_all_widths(page, "settings, people")
    page.get_by_role("link", name="Dr. Samuel Demo").click()
    page.get_by_text("Rights beside the roles").click()
    page.get_by_role("checkbox", name="delete studies", exact=True).click()
    expect(page.get_by_text("Dr. Samuel Demo gains: delete studies.")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, a person with a change")
    page.get_by_role("button", name="Disable the account").click()
    expect(page.get_by_text("Nothing is deleted")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, a person, before it is done")
    page.get_by_role("dialog").get_by_role("button", name="Leave it as it is").click()
    page.get_by_role("link", name="Roles", exact=True).click()
    page.get_by_role("link", name="Copy the role Clinician").click()
    page.get_by_role("checkbox", name="sign reports").click()
    expect(page.get_by_text("Nobody has this role")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, a new role")
    page.get_by_role("link", name="All roles").click()
    expect(page.get_by_role("link", name="New role")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, roles")
    page.get_by_role("link", name="Organization").click()
    page.get_by_label("Minutes without use").fill("10")
    page.get_by_label("Minutes without use").blur()
    expect(page.get_by_text("15 becomes 10")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, organization with a change")
    page.get_by_role("link", name="Access tokens").click()
    expect(page.get_by_text("You have no access token")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, access tokens")
    page.get_by_role("link", name="Profile", exact=True).click()
    expect(page.get_by_label("Specialty")).to_be_visible()
    examiner.look_at_all_widths(page, "settings, profile")


def test_axe_finds_nothing_beside_the_images(
    visits: Visits, examiner: Examiner, study: ZippedStudy
):
    page = visits.page(RADIOLOGIST)
    open_study(page, study.study_instance_uid)
    examiner.look_at_all_widths(page, "viewer as it opens")
    with_report(page)
    page.get_by_label("Findings", exact=True).fill("Seen by a first reader.")
    expect(page.get_by_test_id("report-status")).to_contain_text("Saved ")
    examiner.look_at_all_widths(page, "viewer with the report")
    choose_layout(page, "Four viewports")
    expect(page.get_by_test_id("viewport")).to_have_count(4)
    examiner.look_at_all_widths(page, "viewer with four viewports")
    page.get_by_role("button", name="More tools").click()
    examiner.look_at_all_widths(page, "more tools")
    page.get_by_role("button", name="Keys and gestures").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    examiner.look_at_all_widths(page, "keys")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="More tools").click()
    page.get_by_role("button", name="My settings for the viewer").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    examiner.look_at_all_widths(page, "settings of the viewer")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.locator(".viewport-canvas").first.focus()
    page.keyboard.press("Shift+F10")
    expect(page.get_by_role("menu")).to_be_visible()
    examiner.look_at_all_widths(page, "menu of an image")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Open on its own page").click()
    page.wait_for_url("**/report/**")
    expect(page.get_by_label("Findings", exact=True)).to_be_enabled()
    examiner.look_at_all_widths(page, "report")
    page.get_by_role("button", name="Sign…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    examiner.look_at_all_widths(page, "signing")
    path = page.url
    held = visits.page(SECOND_RADIOLOGIST)
    held.goto(path)
    expect(held.get_by_role("button", name="Take it over")).to_be_visible()
    examiner.look_at_all_widths(held, "report that somebody else writes")


def test_axe_finds_nothing_in_a_viewer_that_opens_on_a_touch_screen(
    visits: Visits, examiner: Examiner, study: ZippedStudy
):
    page = visits.page(RADIOLOGIST, TABLET)
    open_study(page, study.study_instance_uid)
    expect(page.get_by_role("button", name="Show the report")).to_be_visible()
    examiner.look_at(page, "viewer as it opens")


def test_the_keyboard_is_enough_from_sign_in_to_signature(
    visits: Visits, house: House, examiner: Examiner, tmp_path: Path
):
    study = brought_in(house, zipped_study("keys", "Keys^Only"), tmp_path)
    page = visits.page()
    page.goto("/worklist")
    page.wait_for_url("**/sign-in**")
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(RADIOLOGIST)
    page.keyboard.press("Tab")
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/worklist")

    # The newest study comes first.
    expect(page.locator("tr[data-study-instance-uid]").first).to_contain_text("Only")
    tab_to(page, "document.activeElement.closest('[role=region]') !== null")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/viewer/**")
    shown(page)
    wait_for_glass(page, f"data.imageCount === '{study.images}'")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    wait_for_glass(page, "data.imageIndex === '3'")
    page.keyboard.press("End")
    wait_for_glass(page, f"data.imageIndex === '{study.images}'")
    before = wait_for_glass(page, "data.fidelity === 'lossless'")
    page.keyboard.press("3")
    wait_for_glass(page, f"data.windowWidth !== '{before['windowWidth']}'")
    page.keyboard.press("i")
    page.wait_for_function("() => location.search.includes('f1=i')")

    expect(page.get_by_label("Findings", exact=True)).to_be_enabled()
    tab_to(page, "document.activeElement.name === 'findings'")
    # Letters that are keys of the viewer are letters here.
    page.keyboard.type("Written without a mouse: w m z s r h v i t c n 1 2 3.")
    tab_to(page, "document.activeElement.name === 'impression'")
    page.keyboard.type("It works.")
    page.wait_for_function("() => location.search.includes('f1=i')")
    tab_to(page, "document.activeElement.textContent === 'Sign…'")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Sign…")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your password")).to_be_focused()
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("Signed by")).to_be_visible()
    expect(page.locator(".report-signed")).to_contain_text("Written without a mouse: w m z s")
    examiner.look_at(page, "viewer with a signed report")
    page.get_by_role("link", name="Open on its own page").click()
    page.wait_for_url("**/report/**")
    expect(page.get_by_text("Signed by")).to_be_visible()
    examiner.look_at(page, "signed report")


def test_skipping_to_the_content_keeps_the_address(visits: Visits):
    page = visits.page(RADIOLOGIST)
    page.goto("/worklist?modality=MR")
    expect(page.locator("tr[data-study-instance-uid]").first).to_be_visible()
    tab_to(page, "document.activeElement.className === 'skip'")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    assert page.url.endswith("/worklist?modality=MR#main")
    expect(page.get_by_role("combobox", name="Modality")).to_have_value("MR")
