"""An administrator resolves a conflict on a tablet, sees before what will change, and takes it back, by touch and by keys."""

import pytest
from playwright.sync_api import expect

from tests.browser.examiner import Examiner
from tests.browser.visits import ADMINISTRATOR, TABLET, House, Visits
from tests.served import run_command
from tests.viewing_hospital import ct_slice

pytestmark = pytest.mark.slow


def test_a_conflict_is_resolved_and_undone(
    house: House, visits: Visits, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("conflict")
    # The third claims to be the first, from another scanner.
    for file, (number, name, scanner) in enumerate(
        ((1, "Conflict^Anna", "EAST"), (2, "Conflict^Bea", "EAST"), (1, "Conflict^Anna", "WEST"))
    ):
        octets = ct_slice(
            number,
            number,
            sop_instance_uid=f"2.25.88{number}.1.1",
            study_instance_uid=f"2.25.88{number}",
            series_instance_uid=f"2.25.88{number}.1",
            PatientID="CONFLICT-1",
            PatientName=name,
            StationName=scanner,
        )
        (folder / f"{file}.dcm").write_bytes(octets)
    done = run_command("import", "--data-dir", str(house.data_dir), str(folder))
    assert "1 stored, 0 duplicate, 2 conflict" in done.stdout, done.stdout + done.stderr
    page = visits.page(ADMINISTRATOR, TABLET)
    page.goto("/settings/conflicts")
    page.get_by_role("link", name="Decide: Conflict, Anna").click()
    differs = page.get_by_role("table", name="What the files differ in").get_by_role("row")
    expect(differs).to_have_text(["ElementStoredCame", "Station Name(0008,1010)EASTWEST"])
    expect(page.get_by_text("The pixels are the same.")).to_be_visible()
    examiner = Examiner()
    examiner.look_at(page, "two files that claim to be one")
    page.get_by_text("What is stored is right").tap()
    page.get_by_label("Why").fill("A test")
    page.get_by_label("Why").blur()
    page.get_by_role("button", name="Discard").click()
    page.get_by_role("link", name="Decide: Conflict, Bea").click()
    row = page.get_by_role("row", name="Name")
    expect(row).to_contain_text("Conflict, Anna")
    expect(row).to_contain_text("differs")
    page.get_by_text("It is another person with the same ID").tap()
    outcome = page.get_by_role("region", name="What will change")
    expect(outcome).to_contain_text("A new patient: Conflict, Bea; the number 2")
    examiner.look_at(page, "a conflict")
    page.get_by_role("button", name="Keep apart").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    undo = page.get_by_role("button", name="Undo: Kept apart")
    examiner.look_at(page, "the history")
    undo.click()
    expect(page.get_by_role("link", name="Decide: Conflict, Bea")).to_be_visible()
    expect(page.get_by_text("Undone by")).to_be_visible()
    assert examiner.findings == []
    # The next test finds nothing waiting.
    page.get_by_role("link", name="Decide: Conflict, Bea").click()
    page.get_by_text("It should not be here").tap()
    expect(outcome).to_contain_text("Say why the files are discarded.")
    page.get_by_label("Why").fill("A test")
    page.get_by_label("Why").blur()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    # What was discarded is deleted for good, after being asked again.
    page.get_by_role("button", name="Delete for good: Discarded what came").first.tap()
    asked = page.get_by_role("dialog", name="Delete what was put away?")
    expect(asked).to_contain_text("1 image, ")
    examiner.look_at(page, "deleting for good")
    asked.get_by_label("Why").fill("A test")
    asked.get_by_role("button", name="Delete for good").tap()
    expect(asked).to_be_hidden()
    expect(page.get_by_text("What it put away was deleted for good.")).to_be_visible()
    assert examiner.findings == []
