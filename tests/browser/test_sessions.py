"""How a session begins and ends in front of somebody: with pasted words and codes, and with a warning before a blank page."""

from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page, expect

from backend.bootstrap import Services
from backend.core import clock
from backend.core.permissions import BuiltInRole
from tests.browser.people import (
    PASSWORD,
    caller_of,
    end_by_time_in,
    make_person,
    page_of,
    proved_long_ago,
    sign_in_elsewhere,
)
from tests.browser.studies import small_study
from tests.browser.visits import House, Visits, open_study, wait_until

pytestmark = pytest.mark.slow

STUDY = "2.25.161803"
REMEMBERS_A_BLANK_PAGE = """
() => {
  new MutationObserver(() => {
    if (!document.body.childElementCount) sessionStorage.setItem("blank", document.title);
  }).observe(document.body, { childList: true });
  setInterval(() => dispatchEvent(new Event("online")), 100);
}
"""
LONG = "a password of a manager, as long as they make them: " + "".join(map(chr, range(33, 109)))


def paste(page: Page, words: str) -> None:
    """Into the field that has the focus, as from a manager of passwords or an app."""
    page.evaluate("words => navigator.clipboard.writeText(words)", words)
    page.keyboard.press("ControlOrMeta+V")


def app_of(services: Services, user_id: str) -> pyotp.TOTP:
    """Their authenticator app, which they have added elsewhere half a minute ago."""
    person = caller_of(services, sign_in_elsewhere(services, user_id))
    token, app = services.factors.begin_app(person)
    made = pyotp.TOTP(app.key)
    services.factors.confirm_app(person, token, made.at(clock.now(), counter_offset=-1))
    return made


def test_passwords_and_codes_are_pasted_at_sign_in_and_at_the_proof_of_who_one_is(
    visits: Visits, services: Services
):
    assert len(LONG) == 128
    email = "paste@demo.example"
    user_id = make_person(services, "Pia Paste", email, BuiltInRole.RADIOLOGIST, password=LONG)
    app = app_of(services, user_id)
    page = visits.page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/sign-in?next=/settings/security")
    expect(page.get_by_label("E-mail")).to_be_focused()
    paste(page, email)
    page.keyboard.press("Tab")
    paste(page, LONG)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/second-step**")
    expect(page.get_by_label("Code of your authenticator app")).to_be_focused()
    code = app.at(clock.now())
    # As apps show it.
    paste(page, f"{code[:3]} {code[3:]}")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/security")

    proved_long_ago(services, user_id)
    page.get_by_role("button", name="Make new recovery codes").click()
    proof = page.get_by_role("dialog", name="Prove that it is you")
    expect(proof.get_by_label("Your password")).to_be_focused()
    paste(page, LONG)
    proof.get_by_label("Code of").focus()
    paste(page, app.at(clock.now(), counter_offset=1))
    page.keyboard.press("Enter")
    expect(page.locator(".recovery-codes code")).to_have_count(10)


def test_a_session_warns_before_its_end_blanks_the_page_and_leaves_the_draft(
    visits: Visits, house: House, services: Services
):
    study = small_study(STUDY, PatientName="Left^Alone", PatientID="S-161")
    assert house.take_in_octets(study)["stored"] == 1
    email = "clock@demo.example"
    user_id = make_person(services, "Dr. Cleo Clock", email, BuiltInRole.RADIOLOGIST)
    page = page_of(visits, sign_in_elsewhere(services, user_id))
    open_study(page, STUDY)
    expect(page.get_by_role("banner")).to_contain_text("Left, Alone")

    # Nobody was there for long: the last minute.
    page.route(
        "**/api/v1/session",
        lambda route: route.fulfill(json={"idle_seconds": 50, "longest_seconds": 9999}),
    )
    warning = page.get_by_role("dialog", name="Are you still there?")
    looks_at_the_clock(page, warning.is_visible)
    expect(warning).to_contain_text("seconds")
    page.unroute("**/api/v1/session")
    with page.expect_request("**/api/v1/session/stay"):
        warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    page.get_by_label("Findings", exact=True).fill("Written before the end.")
    expect(page.get_by_test_id("report-status")).to_contain_text("Saved ")

    # The end of a working day is told, and cannot be put off.
    end_by_time_in(services, user_id, 55)
    last_minute = page.get_by_role("dialog", name="Your session ends soon")
    looks_at_the_clock(page, last_minute.is_visible)
    last_minute.get_by_role("button", name="All right").click()
    expect(last_minute).to_be_hidden()
    page.get_by_label("Impression", exact=True).fill("Written in the last minute.")
    expect(page.get_by_test_id("report-status")).to_contain_text("Saved ")
    # The editor asks once more whether all is kept when its page goes, and the session is over by then.
    visits.allow("401")
    # A page that is being left can be asked for nothing, so it keeps for the next what stood on it last.
    page.evaluate(REMEMBERS_A_BLANK_PAGE)
    end_by_time_in(services, user_id, 0)
    page.wait_for_url("**/sign-in?refused=ended**")
    assert page.evaluate("sessionStorage.getItem('blank')") == "PACScribe"
    expect(page.get_by_role("main")).to_contain_text("ended")
    visits.sign_in(page, email, PASSWORD)
    page.wait_for_url(f"**/viewer/{STUDY}**")
    expect(page.get_by_label("Findings", exact=True)).to_have_value("Written before the end.")
    expect(page.get_by_label("Impression", exact=True)).to_have_value("Written in the last minute.")


def looks_at_the_clock(page: Page, until: Callable[[], object]) -> None:
    """As whenever a line comes back; the server knows within a second how long a session lasts."""

    def looks() -> object:
        if not until():
            page.evaluate("dispatchEvent(new Event('online'))")
        return until()

    wait_until(page, looks)
