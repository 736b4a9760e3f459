"""What is opened for a time, as both sides see it: a patient in somebody's care, an emergency, the organization to support."""

import pytest
from playwright.sync_api import Page, expect

from backend.bootstrap import Services
from backend.core.permissions import BuiltInRole
from tests.browser.examiner import Examiner
from tests.browser.people import (
    PASSWORD,
    make_person,
    page_of,
    sign_in_elsewhere,
    signed_in_long_ago,
)
from tests.browser.studies import small_study
from tests.browser.visits import ADMINISTRATOR, TABLET, House, Visits, shown

pytestmark = pytest.mark.slow

STUDY = "2.25.314159"
PATIENT_ID, ACCESSION_NUMBER = "E-314", "ACC-314"
NURSE = "Nora Night"
REASON = "Found unconscious on the ward"
# The browser writes to its console what the page was refused.
REFUSED = r"status of 404 .*/series/"


@pytest.fixture(scope="module")
def nurse(house: House, services: Services) -> str:
    """Somebody of the care team who reaches no study, and a study that is closed to them; their identifier."""
    study = small_study(
        STUDY,
        PatientName="Closed^Clara",
        PatientID=PATIENT_ID,
        PatientBirthDate="19701224",
        AccessionNumber=ACCESSION_NUMBER,
    )
    assert house.take_in_octets(study)["stored"] == 1
    return make_person(services, NURSE, "night@demo.example", BuiltInRole.CARE_TEAM)


def proves_who_they_are(page: Page) -> None:
    proof = page.get_by_role("dialog", name="Prove that it is you")
    expect(proof.get_by_label("Your password")).to_be_focused()
    proof.get_by_label("Your password").fill(PASSWORD)
    proof.get_by_role("button", name="Go on", exact=True).click()
    expect(proof).to_be_hidden()


def opens_the_study(page: Page) -> None:
    page.goto(f"/viewer/{STUDY}")
    shown(page)
    expect(page.get_by_role("banner")).to_contain_text("Closed, Clara")


def is_refused_the_study(page: Page) -> None:
    page.goto(f"/viewer/{STUDY}")
    said = page.locator("#main").get_by_text("This does not exist, or you have no access to it.")
    expect(said).to_be_visible()
    expect(page.get_by_text("Clara")).to_have_count(0)


def test_an_administrator_puts_a_patient_into_somebodys_care_and_takes_it_back(
    visits: Visits, services: Services, examiner: Examiner, nurse: str
) -> None:
    visits.allow(REFUSED)
    hers = page_of(visits, signed_in_long_ago(services, nurse), TABLET)
    is_refused_the_study(hers)
    page = visits.page(ADMINISTRATOR)
    page.goto("/settings/access")
    form = page.get_by_role("form", name="Put a patient into somebody's care")
    form.get_by_label("Person").select_option(NURSE)
    form.get_by_label("Patient ID").fill(PATIENT_ID)
    form.get_by_role("combobox", name="For", exact=True).select_option("7 days")
    form.get_by_label("Reason").fill("Cares for her this week")
    form.get_by_role("button").click()
    expect(page.get_by_text("It is open now.")).to_be_visible()
    line = page.get_by_role("listitem").filter(has_text=NURSE)
    expect(line).to_contain_text("Cares for her this week")
    examiner.look_at(page, "access to studies, with somebody's")
    # Sent once more by a second tap, it would say the same again.
    expect(form.get_by_label("Patient ID")).to_have_value("")

    hers.goto("/worklist")
    expect(hers.locator("tr[data-study-instance-uid]")).to_have_count(1)
    opens_the_study(hers)
    line.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("It is taken back.")).to_be_visible()
    expect(line).to_have_count(0)
    is_refused_the_study(hers)


def test_in_an_emergency_a_study_opens_with_a_reason_and_a_proof_and_is_reviewed(
    visits: Visits, services: Services, examiner: Examiner, nurse: str
) -> None:
    visits.allow(REFUSED)
    hers = page_of(visits, signed_in_long_ago(services, nurse), TABLET)
    hers.goto("/worklist")
    hers.get_by_role("link", name="Emergency").click()
    hers.wait_for_url("**/emergency")
    hers.get_by_label("Accession number").fill(ACCESSION_NUMBER)
    hers.get_by_label("Reason").fill("Urgent")
    hers.get_by_role("button", name="Open for 60 minutes").tap()
    expect(hers.get_by_text("Give a reason of 10 to 400 characters.")).to_be_visible()
    expect(hers.get_by_label("Accession number")).to_have_value(ACCESSION_NUMBER)
    hers.get_by_label("Reason").fill(REASON)
    hers.get_by_role("button", name="Open for 60 minutes").tap()
    proves_who_they_are(hers)
    expect(hers.get_by_text("Administrators have been told.")).to_be_visible()
    expect(hers.get_by_label("Reason")).to_have_value("")
    examiner.look_at(hers, "emergency, with an open study")
    banner = hers.get_by_role("complementary", name="emergency")
    expect(banner).to_be_visible()
    hers.get_by_role("link", name="Images of Closed, Clara").tap()
    shown(hers)
    expect(banner).to_be_visible()

    page = visits.page(ADMINISTRATOR)
    page.goto("/worklist")
    page.get_by_role("complementary", name="emergenc").get_by_role("link").click()
    page.wait_for_url("**/settings/emergencies")
    waiting = page.get_by_role("listitem").filter(has_text=NURSE)
    expect(waiting).to_contain_text(REASON)
    expect(waiting).to_contain_text("still open")
    expect(waiting.get_by_role("link")).to_have_text("2026-01-02 · CT · Head")
    examiner.look_at(page, "emergencies, with one that waits")
    waiting.get_by_role("button", name="End it now").click()
    expect(waiting).not_to_contain_text("still open")
    is_refused_the_study(hers)
    expect(banner).to_have_count(0)
    waiting.get_by_label("What you found").fill("She was right to look")
    waiting.get_by_role("button", name="Reviewed").click()
    expect(page.get_by_text("The review is kept.")).to_be_visible()
    reviewed = page.get_by_role("listitem").filter(has_text=NURSE)
    expect(reviewed).to_contain_text("She was right to look")
    expect(page.get_by_text("Nothing waits for a review")).to_be_visible()
    expect(page.get_by_role("complementary", name="emergenc")).to_have_count(0)


def test_support_is_let_in_looks_and_leaves_and_its_looks_are_read(
    visits: Visits, services: Services, examiner: Examiner
) -> None:
    page = visits.page(ADMINISTRATOR)
    page.goto("/support")
    page.get_by_label("Reason").fill("The worklist shows a study twice")
    page.get_by_role("button", name="Let support look").click()
    expect(page.get_by_text("Support may look now.")).to_be_visible()
    expect(page.get_by_label("Reason")).to_have_value("")
    given = page.get_by_role("listitem").filter(has_text="The worklist shows a study twice")
    expect(given).to_contain_text("holds now")
    examiner.look_at_all_widths(page, "support is let in")

    sam = services.support.add_account(
        display_name="Sam Support", email="sam@operator.example", password=PASSWORD
    )
    theirs = page_of(visits, sign_in_elsewhere(services, sam.user_id))
    theirs.goto("/support")
    look = theirs.get_by_role("button", name="Look at PACScribe Demo")
    expect(look).to_be_visible()
    examiner.look_at_all_widths(theirs, "the organizations that let support in")
    theirs.get_by_label("Why you look").fill("To see the study that is shown twice")
    look.click()
    theirs.wait_for_url("**/worklist")
    expect(theirs.get_by_text("Support access: you look at somebody else")).to_be_visible()
    theirs.goto("/support")
    expect(theirs.get_by_role("button", name="Look no longer")).to_be_visible()
    expect(theirs.get_by_role("main")).to_contain_text("The worklist shows a study twice")
    examiner.look_at_all_widths(theirs, "looking at an organization")

    page.goto("/audit?action=support:use")
    used = page.get_by_role("table").locator("tbody tr")
    expect(used).to_have_count(1)
    expect(used).to_contain_text("Sam Support")
    expect(used).to_contain_text("To see the study that is shown twice")
    page.goto("/support")
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_text("Support may look no longer.")).to_be_visible()
    theirs.goto("/worklist")
    expect(theirs.locator("tr[data-study-instance-uid]")).to_have_count(0)
    expect(theirs.get_by_text("Support access: you look at somebody else")).to_have_count(0)
