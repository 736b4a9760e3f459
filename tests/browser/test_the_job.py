"""The whole job as people do it, at every size: a study comes in, is found, looked at, reported, signed and printed."""

import io
import re
from urllib.parse import unquote

import pypdf
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.gestures import Fingers, drag, middle
from tests.browser.studies import ZippedStudy, zipped_study
from tests.browser.visits import (
    ADMINISTRATOR,
    DESK,
    RADIOLOGIST,
    SCREENS,
    TABLET,
    TECHNOLOGIST,
    Screen,
    choose_layout,
    on_glass,
    shown,
    wait_for_glass,
    with_report,
)
from tests.served import DEMO_PASSWORD

FINDINGS = "No bleeding. Fourth ventricle in the midline; Größe wie früher."
IMPRESSION = "Nothing acute."
# A mouse on a large screen, and fingers. What is between them has the desk's pages in less room: there each step is made
# once, without mistakes and second tabs; what does not depend on a screen (the PDF, the trail) is looked at from the desk.
OF_A_KIND = (DESK, TABLET)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_from_an_uploaded_zip_to_a_signed_report(visits, screen: Screen):
    # At the desk the study is the one of the shared data, octet for octet.
    study = zipped_study(screen.name, "" if screen.name == "desk" else f"Job^{screen.name.title()}")

    # What is refused on purpose, the browser writes to its console: the text that came too late, the wrong password.
    visits.allow(r"status of 409 .*/draft")
    visits.allow(r"status of 403 .*/sign")

    technologist = visits.page("" if screen in OF_A_KIND else TECHNOLOGIST, screen)
    technologist.goto("/worklist")
    if screen in OF_A_KIND:
        signs_in_after_a_mistake(visits, technologist, TECHNOLOGIST)
    uploads(technologist, study)
    technologist.close()

    page = visits.page(RADIOLOGIST, screen)
    finds(page, study, screen)
    opens(page, study, screen)
    looks(page, screen)
    with_report(page)
    if screen in OF_A_KIND:
        writes_in_two_tabs(page)
    writes_and_signs(page, study)
    if screen is DESK:
        reads_the_pdf(page, study)
    sees_it_reported(page, study)
    if screen is DESK:
        looks_closer_beside_the_list(page, study)
        finds_it_in_the_audit_trail(visits.page(ADMINISTRATOR))


def signs_in_after_a_mistake(visits, page: Page, person: str) -> None:
    page.wait_for_url("**/sign-in**")
    visits.sign_in(page, person, "not the password")
    expect(page.get_by_text("E-mail or password is not right")).to_be_visible()
    visits.sign_in(page, person)
    page.wait_for_url("**/worklist")


def uploads(page: Page, study: ZippedStudy) -> None:
    page.get_by_role("link", name="Upload").first.click()
    page.wait_for_url("**/upload")
    page.get_by_test_id("upload-files").set_input_files(
        {"name": "study.zip", "mimeType": "application/zip", "buffer": study.octets}
    )
    outcomes = page.get_by_label("What became of it")
    # Outcomes come one by one, and the text file is the last in the archive.
    expect(outcomes.get_by_role("status")).to_have_text("Finished")
    expect(count_of(outcomes, "Stored")).to_have_text(str(study.images))
    # The text file in the archive is told of, and taken in is only what is DICOM.
    expect(count_of(outcomes, "In conflict")).to_have_text("0")
    others = int(count_of(outcomes, "Refused").inner_text())
    others += int(count_of(outcomes, "Skipped").inner_text())
    assert others == 1


def count_of(outcomes: Locator, word: str) -> Locator:
    exactly = re.compile(f"^{word}$")
    entry = outcomes.locator(".count").filter(has=outcomes.page.locator("dt", has_text=exactly))
    return entry.locator(".count-number")


def finds(page: Page, study: ZippedStudy, screen: Screen) -> None:
    page.goto("/worklist")
    row = row_of(page, study)
    expect(row).to_be_visible()
    search = page.get_by_role("searchbox")
    search.fill(study.patient_id)
    search.press("Enter")
    page.wait_for_url(re.compile(r"[?&]q="))
    # A name or number of a patient in an address would stand in histories and proxies' logs.
    assert study.patient_id not in unquote(page.url)
    page.get_by_label("Modality").select_option("CT")
    page.wait_for_url(re.compile(r"[?&]modality=CT"))
    expect(row).to_be_visible()
    expect(page.locator("tr[data-study-instance-uid]")).to_have_count(1)
    page.reload()
    expect(row).to_be_visible()
    expect(page.locator("tr[data-study-instance-uid]")).to_have_count(1)
    expect(row).to_contain_text("Unread")


def row_of(page: Page, study: ZippedStudy) -> Locator:
    return page.locator(f"tr[data-study-instance-uid='{study.study_instance_uid}']")


def opens(page: Page, study: ZippedStudy, screen: Screen) -> None:
    link = row_of(page, study).locator(".study-link")
    if screen.has_touch:
        link.tap()
    else:
        row_of(page, study).dblclick(position={"x": 300, "y": 12})
    page.wait_for_url(f"**/viewer/{study.study_instance_uid}**")
    shown(page)
    glass = wait_for_glass(page, f"data.imageCount === '{study.images}'")
    assert glass["studyInstanceUid"] == study.study_instance_uid
    assert glass["imageIndex"] == "1"
    expect(page.get_by_role("banner")).to_contain_text(study.patient_id)


def looks(page: Page, screen: Screen) -> None:
    canvas = page.get_by_test_id("viewport").locator(".viewport-canvas")
    before = wait_for_glass(page, "data.fidelity === 'lossless'")
    paints_before = paints(page)
    if screen.has_touch:
        fingers = Fingers(page)
        fingers.swipe(middle(canvas), (60, 40), fingers=3)
        after = wait_for_glass(page, f"data.windowWidth !== '{before['windowWidth']}'")
        fingers.swipe(middle(canvas), (0, 120))
        wait_for_glass(page, "Number(data.imageIndex) > 1")
        zoom = float(on_glass(page)["zoom"])
        fingers.pinch(middle(canvas), 1.8)
        wait_for_glass(page, f"Number(data.zoom) > {zoom * 1.3}")
    else:
        drag(page, middle(canvas), (120, 60))
        after = wait_for_glass(page, f"data.windowWidth !== '{before['windowWidth']}'")
        assert float(after["windowWidth"]) > float(before["windowWidth"])
        for _ in range(3):
            page.mouse.wheel(0, 120)
        wait_for_glass(page, "data.imageIndex === '4'")
    assert after["sopInstanceUid"] == before["sopInstanceUid"]
    at_rest = wait_for_glass(page, "data.fidelity === 'lossless'")
    # Every paint leaves a mark that says the same as the attributes.
    assert paints(page) > paints_before
    last = page.evaluate("performance.getEntriesByName('pacscribe.paint').at(-1).detail")
    marked = {re.sub("_(.)", lambda found: found[1].upper(), key): str(value) for key, value in last.items()}  # fmt: skip
    for key in ("sopInstanceUid", "imageIndex", "windowCenter", "windowWidth", "fidelity"):
        assert marked[key] == at_rest[key]

    choose_layout(page, "Four viewports")
    expect(page.get_by_test_id("viewport")).to_have_count(4)
    choose_layout(page, "Two viewports side by side")
    expect(page.get_by_test_id("viewport")).to_have_count(2)
    page.wait_for_url(re.compile("layout=1x2"))
    # What is seen can be seen again from the address.
    page.reload()
    expect(page.get_by_test_id("viewport")).to_have_count(2)
    again = wait_for_glass(page, f"data.imageIndex === '{at_rest['imageIndex']}'")
    assert again["sopInstanceUid"] == at_rest["sopInstanceUid"]
    assert again["windowWidth"] == at_rest["windowWidth"]
    choose_layout(page, "One viewport")
    expect(page.get_by_test_id("viewport")).to_have_count(1)


def paints(page: Page) -> int:
    return page.evaluate("performance.getEntriesByName('pacscribe.paint').length")


def writes_in_two_tabs(page: Page) -> None:
    findings = page.get_by_label("Findings", exact=True)
    status = page.get_by_test_id("report-status")
    findings.fill("No bleeding.")
    expect(status).to_contain_text("Saved ")
    page.reload()
    expect(findings).to_have_value("No bleeding.")

    # The one that is behind is told, and keeps what it wrote.
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_label("Findings", exact=True)).to_have_value("No bleeding.")
    findings.fill(FINDINGS)
    expect(status).to_contain_text("Saved ")
    other.get_by_label("Findings", exact=True).fill("Something else.")
    conflict = other.get_by_role("heading", name="This report was changed elsewhere")
    expect(conflict).to_be_visible()
    form = other.locator(".report-conflict")
    expect(form).to_contain_text("Something else.")
    expect(form).to_contain_text(FINDINGS)
    form.get_by_role("radio", name="Saved by").check()
    form.get_by_role("button", name="Save what I chose").click()
    expect(other.get_by_label("Findings", exact=True)).to_have_value(FINDINGS)
    other.close()
    page.reload()
    expect(findings).to_have_value(FINDINGS)


def writes_and_signs(page: Page, study: ZippedStudy) -> None:
    status = page.get_by_test_id("report-status")
    page.get_by_label("Findings", exact=True).fill(FINDINGS)
    page.get_by_label("Impression", exact=True).fill(IMPRESSION)
    expect(status).to_contain_text("Saved ")
    page.get_by_role("button", name="Sign…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(study.patient_id)
    password = dialog.get_by_label("Your password")
    password.fill("not the password")
    dialog.get_by_role("button", name="Sign", exact=True).click()
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    expect(password).to_have_value("")
    password.fill(DEMO_PASSWORD)
    dialog.get_by_role("button", name="Sign", exact=True).click()
    expect(page.get_by_text("Signed by")).to_be_visible()
    expect(page.get_by_label("Findings", exact=True)).to_have_count(0)
    expect(page.locator(".report-signed")).to_contain_text(FINDINGS)


def reads_the_pdf(page: Page, study: ZippedStudy) -> None:
    link = page.get_by_role("link", name="PDF")
    answer = page.request.get(link.get_attribute("href"))
    assert answer.ok, answer.text()
    assert answer.headers["content-type"] == "application/pdf"
    for part in re.split(r"[\^ ]", study.patient_name):
        assert part not in answer.headers["content-disposition"]
    pages = pypdf.PdfReader(io.BytesIO(answer.body())).pages
    text = " ".join(" ".join(each.extract_text().split()) for each in pages)
    for part in study.patient_name.split("^"):
        assert part in text
    assert study.patient_id in text
    assert FINDINGS in text
    assert IMPRESSION in text


def sees_it_reported(page: Page, study: ZippedStudy) -> None:
    page.goto("/worklist?status=reported")
    expect(row_of(page, study)).to_contain_text("Reported")


def looks_closer_beside_the_list(page: Page, study: ZippedStudy) -> None:
    page.goto(f"/worklist?study={study.study_instance_uid}")
    beside = page.get_by_role("complementary", name="Chosen study")
    beside.get_by_role("button", name="Show the report").click()
    expect(beside).to_contain_text(FINDINGS)
    expect(beside).to_contain_text(IMPRESSION)
    beside.get_by_role("button", name="Show the series").click()
    series = beside.get_by_role("list", name="Series").get_by_role("listitem")
    expect(series).to_contain_text(f"CT {study.images}")
    # Rejected where the picture does not come.
    width_px = series.locator("img").evaluate("each => each.decode().then(() => each.naturalWidth)")
    assert width_px == 128
    expect(beside).to_contain_text(FINDINGS)  # the one stays beside the other


def finds_it_in_the_audit_trail(page: Page) -> None:
    page.goto("/audit")
    table = page.get_by_role("table")
    expect(table).to_contain_text("Report signed")
    expect(table).to_contain_text("Dr. Rana Demo")
