"""The audit page in Chromium: what entries are about, in the same room for each."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend.bootstrap import Services
from backend.core.permissions import BuiltInRole
from tests.browser.examiner import Examiner
from tests.browser.people import PASSWORD, make_person, page_of, signed_in_long_ago
from tests.browser.studies import small_study, zipped_study
from tests.browser.visits import ADMINISTRATOR, RADIOLOGIST, TABLET, House, Visits, open_study

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


def test_who_saw_a_patient_is_asked_in_one_step_and_leaves_after_a_proof(
    visits: Visits, house: House, services: Services, examiner: Examiner
):
    study = small_study("2.25.271", PatientName="Seen^Selma", PatientID="S-271")
    assert house.take_in_octets(study)["stored"] == 1
    open_study(visits.page(RADIOLOGIST), "2.25.271")

    auditor = make_person(services, "Ada Audit", "audit@demo.example", BuiltInRole.ADMINISTRATOR)
    page = page_of(visits, signed_in_long_ago(services, auditor), TABLET)
    page.goto("/audit")
    links = page.get_by_role("table", name="Entries of the audit trail").get_by_role("link")
    expect(links.first).to_be_visible()
    heights = links.evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert min(heights) >= 44  # for a finger
    asking = page.get_by_role("search", name="Who saw this patient")
    asking.get_by_label("Patient").fill("selma seen")
    asking.get_by_role("button", name="Find").tap()
    page.get_by_role("list", name="Patients found").get_by_role("button").tap()
    page.wait_for_url("**/audit?*view=people*")
    assert "S-271" not in page.url
    table = page.get_by_role("table", name="Who had what of which study")
    hers = table.get_by_role("row").filter(has_text="Dr. Rana Demo")
    expect(hers).to_contain_text("opened 1×")
    expect(hers.get_by_role("link")).to_have_text("2026-01-02 · CT · Head")
    examiner.look_at_all_widths(page, "who had what")

    page.get_by_role("button", name="Spreadsheet (CSV)").tap()
    proof = page.get_by_role("dialog", name="Prove that it is you")
    proof.get_by_label("Your password").fill("not the password")
    visits.allow("status of 422")
    proof.get_by_role("button", name="Go on", exact=True).tap()
    expect(proof.get_by_role("alert")).to_contain_text("not right")
    proof.get_by_label("Your password").fill(PASSWORD)
    with page.expect_download() as download:
        proof.get_by_role("button", name="Go on", exact=True).tap()
    assert "Dr. Rana Demo" in Path(download.value.path()).read_text("utf-8-sig")
    # Proved once, it is not asked again for the next file.
    assert "Dr. Rana Demo" in exported(page, "JSON lines")


def exported(page: Page, name: str) -> str:
    """The file that a button of the page makes."""
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return Path(download.value.path()).read_text("utf-8-sig")


def test_who_opened_a_study_in_which_session_is_found_and_taken_out(
    visits: Visits, house: House, tmp_path: Path
):
    study = zipped_study("trail", "Trail^Followed")
    archive = tmp_path / "study.zip"
    archive.write_bytes(study.octets)
    house.take_in(archive)
    uid = study.study_instance_uid
    open_study(visits.page(RADIOLOGIST), uid)

    page = visits.page(ADMINISTRATOR)
    page.goto("/audit")
    entries = page.get_by_role("table", name="Entries of the audit trail")
    page.get_by_label("Accession number or UID of a study").fill(uid)
    page.get_by_role("search", name="A study").get_by_role("button").click()
    page.wait_for_url(f"**/audit?study={uid}")
    page.get_by_label("What").select_option("study:open")
    page.wait_for_url("**/audit?*action=study*")
    opened = entries.locator("tbody tr")
    expect(opened).to_have_count(1)
    expect(opened).to_contain_text("Study opened")
    # A browser in words; what it called itself on demand.
    its_words = opened.locator(".audit-browser p")
    expect(its_words).to_be_hidden()
    opened.get_by_text(" on Linux").click()
    expect(its_words).to_contain_text("Mozilla/5.0")
    lines = [json.loads(line) for line in exported(page, "JSON lines").splitlines()]
    assert [(line["action"], line["object_id"]) for line in lines] == [("study:open", uid)]
    assert exported(page, "DICOM audit messages").count("<AuditMessage>") == 1

    opened.get_by_role("link", name=re.compile("^Session ")).click()
    page.wait_for_url(f"**/audit?session={lines[0]['session_id']}&person=*")
