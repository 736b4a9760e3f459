"""The worklist's dialogs by keys, what arrives in an empty list, and from a study's page to its images and back."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.examiner import Examiner
from tests.browser.visits import (
    ADMINISTRATOR,
    CLINICIAN,
    DESK,
    PHONE,
    RADIOLOGIST,
    SECOND_RADIOLOGIST,
    SMALL,
    TABLET,
    House,
    Visits,
)
from tests.served import run_command
from tests.viewing_hospital import ct_slice

pytestmark = pytest.mark.slow

STUDY = "2.25.771"
# How many fields reach out of the group that they belong to.
_PUSHED_OUT = """filters => [...filters.querySelectorAll("input, select")].filter(field =>
    field.getBoundingClientRect().right > field.closest(".filter-group").getBoundingClientRect().right + 1
).length"""


def search(page: Page, text: str) -> None:
    page.get_by_role("searchbox").fill(text)
    page.keyboard.press("Enter")


def test_dialogs_of_the_worklist(visits: Visits) -> None:
    page, examiner = visits.page(ADMINISTRATOR), Examiner()
    page.goto("/worklist?status=unread")  # none of them has a signed report
    expect(page.locator(".study-link").first).to_be_visible()

    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys of the worklist")
    expect(keys).to_contain_text("Next study")
    examiner.look_at(page, "the keys of the worklist")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()

    page.keyboard.press("j")
    for screen in (PHONE, TABLET, SMALL, DESK):
        page.set_viewport_size({"width": screen.width, "height": screen.height})
        place = page.locator("tr[data-study-instance-uid]").first.bounding_box()
        page.keyboard.press("x")
        expect(page.get_by_role("toolbar", name="Selected studies")).to_be_visible()
        assert page.locator("tr[data-study-instance-uid]").first.bounding_box() == place
        page.keyboard.press("x")
        expect(page.get_by_role("toolbar", name="Selected studies")).to_be_hidden()
    page.keyboard.press("x")
    page.get_by_role("button", name="Delete…").click()
    asked = page.get_by_role("dialog", name="Delete studies for ever?")
    expect(asked).to_contain_text("1 study with")
    examiner.look_at(page, "deleting studies")
    asked.get_by_role("button", name="Delete for ever").click()
    expect(asked).to_be_visible()  # not without a reason
    asked.get_by_role("button", name="Keep them").click()
    expect(asked).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 selected")).to_be_hidden()

    page.get_by_role("button", name="Save this view").click()
    kept = page.get_by_role("dialog", name="Save this view")
    expect(kept.get_by_role("textbox").first).to_be_focused()
    examiner.look_at(page, "saving a view")
    page.keyboard.type("To read")
    kept.get_by_text("Share it with everybody").click()
    page.keyboard.press("Enter")
    expect(kept).to_be_hidden()
    view = page.get_by_role("navigation", name="Saved views").get_by_role("button", name="To read")
    expect(view.first).to_be_visible()
    page.get_by_role("button", name="Delete view To read").click()
    expect(page.get_by_role("button", name="Delete view To read")).to_have_count(0)
    assert examiner.findings == []


def test_beside_the_list_is_the_study_at_which_the_keyboard_stays_and_not_the_one_that_is_opened(
    visits: Visits,
) -> None:
    page = visits.page(RADIOLOGIST)
    chosen: list[str] = []

    def sent(message: str | bytes) -> None:
        if "worklist_state.choose" in str(message):
            chosen.append(str(message))

    page.on("websocket", lambda line: line.on("framesent", sent))
    page.goto("/worklist")
    links = page.locator(".study-link")
    expect(links.nth(2)).to_be_visible()
    page.keyboard.press("j")  # from here on it is the keyboard that moves
    expect(page.locator("tr.is-chosen .study-link")).to_be_focused()
    # As a key does that is held.
    links.evaluate_all("(links) => { for (const link of links.slice(0, 3)) link.focus(); }")
    last = links.nth(2)
    expect(page.locator("tr.is-chosen .study-link")).to_have_text(last.inner_text())
    expect(page.get_by_role("complementary", name="Chosen study")).to_contain_text(
        last.inner_text()
    )
    assert len(chosen) == 2
    links.first.click()
    page.wait_for_url("**/viewer/**")
    assert len(chosen) == 2


def test_columns_that_somebody_chose_are_shown_where_the_usual_ones_are_left_out(
    visits: Visits,
) -> None:
    page = visits.page(SECOND_RADIOLOGIST, TABLET)

    def choose(*steps: tuple[Any, str | re.Pattern[str]]) -> None:
        page.get_by_role("button", name="Columns").click()
        chooser = page.get_by_role("dialog", name="Columns of your worklist")
        for role, name in steps:
            chooser.get_by_role(role, name=name).click()
        page.keyboard.press("Escape")
        expect(chooser).to_be_hidden()

    headings = page.get_by_role("columnheader").get_by_role("button")
    usual = ["Status", "Patient", "Study date", "Modality", "Description", "Assigned"]
    page.goto("/worklist")
    expect(headings).to_have_text(usual)
    assert page.locator(".table-scroll").evaluate("it => it.scrollWidth <= it.clientWidth")
    choose(("checkbox", re.compile("^Sex")), ("button", "Move up: Sex"))
    own = [*usual, "Arrived", "Sex", "Objects"]
    expect(headings).to_have_text(own)
    page.reload()
    expect(headings).to_have_text(own)
    choose(("button", "The usual ones"))
    expect(headings).to_have_text(usual)


def test_cards_on_a_phone_are_ordered_turned_round_and_selected_by_touch(visits: Visits) -> None:
    page, examiner = visits.page(SECOND_RADIOLOGIST, PHONE), Examiner()
    names = page.locator(".study-link")
    page.goto("/worklist?sort=patient")
    expect(names.first).to_be_visible()
    ordered = names.all_inner_texts()
    page.goto("/worklist")
    expect(names.first).to_be_visible()
    page.get_by_label("Order", exact=True).select_option("patient")
    expect(names).to_have_text(ordered)
    page.get_by_role("button", name="Turn the order round").tap()
    expect(names).to_have_text(ordered[::-1])
    assert ordered != ordered[::-1]
    page.get_by_role("checkbox", name="Select every study of this page").tap()
    expect(page.get_by_text(f"{len(ordered)} selected")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    examiner.look_at(page, "the worklist on a phone")
    assert examiner.findings == []


def test_several_studies_are_found_by_their_fields_and_worked_off_together(
    house: House, visits: Visits, tmp_path: Path
) -> None:
    def arrives(number: int) -> None:
        file = tmp_path / f"{number}.dcm"
        uid = f"2.25.774{number}"
        octets = ct_slice(
            1.0,
            1,
            study_instance_uid=uid,
            series_instance_uid=f"{uid}.1",
            PatientID=f"BULK-{number}",
            PatientName=f"Bulkia^{'ABC'[number]}",
        )
        file.write_bytes(octets)
        assert house.take_in(file)["stored"] == 1

    arrives(0)
    arrives(1)
    page = visits.page(ADMINISTRATOR)
    page.goto("/worklist")
    rows = page.locator("tr[data-study-instance-uid]")
    expect(rows.first).to_be_visible()
    page.get_by_role("button", name="Filters", exact=True).press("Enter")
    name = page.get_by_label("Patient name", exact=True)
    name.fill("BULKIA")
    name.press("Enter")
    expect(rows).to_have_count(2)
    expect(name).to_be_focused()  # the next field is one key away
    expect(page.get_by_role("button", name="Take away: Patient name “BULKIA”")).to_be_visible()
    assert "bulkia" not in page.url.casefold()
    series = page.get_by_role("group", name="Number of series")
    series.get_by_label("from").fill("2")
    series.get_by_label("from").press("Tab")
    expect(page.get_by_text("No study matches")).to_be_visible()
    page.get_by_role("button", name="Take away: Series at least 2").press("Enter")
    expect(rows).to_have_count(2)

    assert page.locator("#every-filter").evaluate(_PUSHED_OUT) == 0
    every = page.get_by_role("checkbox", name="Select every study of this page")
    every.press("Space")
    acts = page.get_by_role("toolbar", name="Selected studies")
    expect(acts).to_contain_text("2 selected")
    page.keyboard.press("Escape")
    expect(every).not_to_be_checked()  # though it was pressed
    page.get_by_role("checkbox", name="Select Bulkia").first.press("Space")
    expect(every).to_be_checked(indeterminate=True)
    every.press("Space")
    expect(acts).to_contain_text("2 selected")
    expect(every).to_be_checked()
    changed = page.get_by_text("2 studies changed.")
    acts.get_by_label("Priority…").select_option("stat")
    expect(rows.filter(has_text="Stat")).to_have_count(2)
    acts.get_by_label("Assign to…").select_option(label="Dr. Rana Demo")
    expect(rows.filter(has_text="Dr. Rana Demo")).to_have_count(2)
    acts.get_by_label("Tag", exact=True).fill("rounds")
    acts.get_by_label("Tag", exact=True).press("Enter")
    expect(acts.get_by_label("Remove tag…").get_by_role("option", name="rounds")).to_be_attached()
    acts.get_by_role("button", name="Mark read").press("Enter")
    expect(rows.filter(has_text=re.compile("Read"))).to_have_count(2)
    expect(changed).to_be_visible()

    page.get_by_role("button", name="Export").press("Enter")
    with page.expect_download() as download:
        page.get_by_role("button", name="Columns as shown: As CSV").press("Enter")
    headings, *lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert headings.startswith("Status,Priority,Patient,Patient ID,Sex,Study date,")
    assert len(lines) == 2
    page.get_by_role("button", name="Export").press("Enter")
    with page.expect_download() as download:
        page.get_by_role("button", name="Every column: As CSV").press("Enter")
    headings, *lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert headings.endswith(",Study Instance UID")
    assert len(lines) == 2

    page.get_by_role("button", name="Save this view").press("Enter")
    page.get_by_label("Name of the view").fill("Bulk")
    page.get_by_label("Name of the view").press("Enter")
    views = page.get_by_role("navigation", name="Saved views")
    expect(views).to_contain_text(re.compile(r"Bulk\s*2"))
    place = rows.first.bounding_box()
    arrives(2)
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_visible()
    expect(views).to_contain_text(re.compile(r"Bulk\s*3"))
    assert rows.first.bounding_box() == place  # what comes moves nothing
    page.get_by_role("button", name="Delete view Bulk").press("Enter")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(rows).to_have_count(3)
    page.keyboard.press("j")
    expect(page.get_by_role("complementary", name="Chosen study")).to_contain_text("Bulkia")
    every.press("Space")
    acts.get_by_role("button", name="Delete…").press("Enter")
    asked = page.get_by_role("dialog", name="Delete studies for ever?")
    asked.get_by_label("Reason").fill("Only a test.")
    asked.get_by_role("button", name="Delete for ever").press("Enter")
    expect(page.get_by_text("No study matches")).to_be_visible()


def test_whoever_can_do_nothing_with_several_studies_selects_none(visits: Visits) -> None:
    page = visits.page(CLINICIAN)
    page.goto("/worklist")
    expect(page.locator(".study-link").first).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    page.get_by_role("button", name="Today").focus()  # as whoever has just filtered
    page.keyboard.press("j")
    expect(page.locator(".study-link").first).to_be_focused()
    page.keyboard.press("x")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of the worklist")).to_be_visible()
    expect(page.get_by_role("toolbar", name="Selected studies")).to_have_count(0)


def test_an_administrator_releases_what_somebody_who_went_home_is_still_reading(
    visits: Visits,
) -> None:
    reader = visits.page(RADIOLOGIST)
    reader.goto("/worklist?status=unread")
    expect(reader.locator(".study-link").first).to_be_visible()
    reader.keyboard.press("j")
    claim = reader.get_by_role("button", name="I am reading this")
    claim.focus()
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("button", name="Release", exact=True)).to_be_visible()
    uid = reader.locator("tr.is-chosen").get_attribute("data-study-instance-uid")

    page = visits.page(ADMINISTRATOR)
    page.goto(f"/worklist?study={uid}")
    beside = page.get_by_role("complementary", name="Chosen study")
    expect(beside).to_contain_text("Being read by")
    release = beside.get_by_role("button", name="Release it for them")
    release.click()
    expect(release).to_be_hidden()
    expect(beside).not_to_contain_text("Being read by")
    expect(claim).to_be_visible()  # the reader is told, who has asked for nothing


def test_what_arrives_in_an_empty_list_and_the_way_to_its_tags(
    house: House, visits: Visits, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = visits.page(RADIOLOGIST)
    page.goto("/worklist")
    expect(page.locator(".study-link").first).to_be_visible()
    search(page, "Arrivalia")
    expect(page.get_by_text("No study matches")).to_be_visible()
    file = tmp_path_factory.mktemp("arrival") / "first.dcm"
    file.write_bytes(
        ct_slice(
            1.0,
            1,
            study_instance_uid=STUDY,
            series_instance_uid=f"{STUDY}.1",
            PatientID="ARRIVAL-1",
            PatientName="Arrivalia^Ada",
        )
    )
    done = run_command("import", "--data-dir", str(house.data_dir), str(file))
    assert "1 stored" in done.stdout, done.stdout + done.stderr
    arrived = page.get_by_role("link", name="Arrivalia, Ada")
    expect(arrived).to_be_visible()  # nobody has asked for it
    page.get_by_role("searchbox").press("ArrowDown")
    expect(arrived).to_be_focused()

    arrived.click()
    page.wait_for_url(f"**/viewer/{STUDY}**")
    # Not the one in the list, which may be there for a moment more.
    patient = page.get_by_role("banner").get_by_role("link", name="Arrivalia, Ada")
    patient.click()
    page.wait_for_url(f"**/study/{STUDY}")
    page.get_by_role("link", name="Open images").click()
    page.wait_for_url(f"**/viewer/{STUDY}**")
    expect(patient).to_be_visible()
    page.keyboard.press("Shift+S")
    page.wait_for_url(f"**/study/{STUDY}")

    page.get_by_label("Series of the object").select_option(f"{STUDY}.1")
    field = page.get_by_label("Search tag, keyword or value")
    field.press_sequentially("Arrivalia")
    cell = page.get_by_role("cell", name="Arrivalia^Ada")
    expect(page.get_by_text("1 of ")).to_be_visible()
    page.wait_for_url("**tags=*")
    assert f"series={STUDY}.1" in page.url
    assert "Arrivalia" not in page.url
    page.reload()
    expect(cell).to_be_visible()
    expect(field).to_have_value("Arrivalia")

    page.get_by_label("Leave a note").fill("Ask for the prior.")
    page.get_by_role("button", name="Keep the note").click()
    note = page.get_by_role("listitem").filter(has_text="Ask for the prior.")
    delete = note.get_by_role("button", name="Delete")
    asked = page.get_by_role("dialog", name="Delete this note?")
    for answer, left in (("Keep it", 1), ("Delete", 0)):
        delete.click()
        asked.get_by_role("button", name=answer).click()
        expect(asked).to_be_hidden()
        expect(note).to_have_count(left)
