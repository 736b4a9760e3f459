"""Every page of the router at three widths and in both themes; a new page is looked at by itself."""

import re
from http.client import HTTPConnection

import pyotp
import pytest
from playwright.sync_api import Page, expect

from backend.bootstrap import Services
from backend.core import clock
from backend.core.permissions import BuiltInRole
from pacscribe_ui.front_door import _STATIC_DIR
from pacscribe_ui.pacscribe_ui import PAGES
from pacscribe_ui.text import Shell
from tests.browser.examiner import Examiner
from tests.browser.people import (
    PASSWORD,
    caller_of,
    make_person,
    page_of,
    sign_in_elsewhere,
    signed_in_long_ago,
)
from tests.browser.visits import House, Visits
from tests.endurance.counts import count
from tests.matrix.headers import lacking
from tests.served import ROOT

pytestmark = pytest.mark.slow

COLOUR_OF_TEXT = "() => getComputedStyle(document.querySelector('h1')).color"
TITLES = {page.ROUTE: page.TITLE for page in PAGES}
ENTRANCES = (
    *("/sign-in", "/sign-in/second-step", "/set-up", "/sign-up", "/confirm", "/confirm-email"),
    *("/forgotten", "/reset", "/invitation", "/privacy", "404"),
)
# `test_accessibility` looks at these in the states that they have.
SEEN_IN_THEIR_STATES = {
    *("/sign-in", "/set-up", "/sign-up", "/confirm", "/privacy", "404"),
    *("/worklist", "/upload", "/audit"),
    *("/settings/storage", "/settings/jobs", "/settings/checks", "/settings/conflicts"),
    *("/settings/people", "/settings/roles", "/settings/organization", "/settings/tokens"),
    "/settings/profile",
}
# These show a study or a report, and are looked at there with one; or they lead on to another page.
NOT_BY_THEMSELVES = {
    *("/viewer/[study_instance_uid]", "/study/[study_instance_uid]"),
    *("/attachments/[study_instance_uid]", "/report/[report_id]"),
    *("/", "/settings", "/sign-in/recovery-codes"),
}
OUTSIDE = [route for route in ENTRANCES if route not in SEEN_IN_THEIR_STATES]
INSIDE = sorted(set(TITLES) - set(ENTRANCES) - SEEN_IN_THEIR_STATES - NOT_BY_THEMSELVES)


def visit(page: Page, route: str) -> None:
    page.goto(route)
    expect(page.get_by_role("heading", name=TITLES[route]).first).to_be_visible()
    expect(page.locator(".skeleton")).to_have_count(0)
    expect(page.get_by_role("complementary", name=Shell.DEMO_LABEL)).to_be_visible()


def examine(page: Page, route: str, examiner: Examiner) -> None:
    visit(page, route)
    examiner.look_at_all_widths(page, route)


def test_the_examiner_would_notice(visits: Visits) -> None:
    page = visits.page()
    visit(page, "/privacy")
    page.evaluate(
        "() => document.querySelector('main').insertAdjacentHTML('beforeend',"
        """ '<p style="color: #777; background: #888; width: 2000px">Grey on grey</p><img src="/favicon.svg">')"""
    )
    examiner = Examiner()
    examiner.look_at_all_widths(page, "a careless page")
    found = "\n".join(examiner.findings)
    assert found.count(": color-contrast (") == 6  # three widths, two themes
    assert found.count(": image-alt (") == count(3, 6)  # once or in each
    assert found.count("px wider than the window") == 3


def test_every_built_file_and_whatever_is_none_comes_with_the_headers_that_bind_a_browser(
    house: House,
) -> None:
    folder = ROOT / _STATIC_DIR
    files = [f"/{path.relative_to(folder).as_posix()}" for path in folder.rglob("*.*")]
    pages = [route for route in TITLES if "[" not in route and route != "404"]
    asked = [("GET", path, 200) for path in (*files, *pages)]
    asked += [("GET", path, 404) for path in ("/nowhere", "/assets/none.js", "/api/nothing")]
    asked += [("POST", "/sign-in", 405), ("PUT", "/api/v1/session", 404), ("HEAD", "/", 200)]
    server = HTTPConnection("localhost", house.served.port)
    for method, path, status in asked:
        server.request(method, path)
        answer = server.getresponse()
        answer.read()
        assert (answer.status, method, path) == (status, method, path)
        assert lacking({name.lower(): value for name, value in answer.getheaders()}) == [], path
    server.close()


def test_pages_are_dark_until_somebody_chooses_light_and_then_stay_light(visits: Visits) -> None:
    page = visits.context(theme="").new_page()
    visit(page, "/privacy")
    assert page.evaluate("matchMedia('(prefers-color-scheme: light)').matches")
    expect(page.locator("html")).to_have_class(re.compile(r"\bdark\b"))
    on_dark = page.evaluate(COLOUR_OF_TEXT)
    page.get_by_role("button", name=Shell.TO_LIGHT).click()
    expect(page.locator("html")).to_have_class(re.compile(r"\blight\b"))
    page.reload()
    expect(page.get_by_role("button", name=Shell.TO_DARK)).to_be_visible()
    expect(page.locator("html")).to_have_class(re.compile(r"\blight\b"))
    assert page.evaluate(COLOUR_OF_TEXT) != on_dark


def test_every_page_before_sign_in(visits: Visits, examiner: Examiner) -> None:
    page = visits.page()
    for route in OUTSIDE:
        examine(page, route, examiner)


def somebody_with_an_app(services: Services) -> str:
    """A person who proves themselves with an authenticator app; their identifier."""
    user_id = make_person(services, "Frida Factor", "frida@demo.example", BuiltInRole.CARE_TEAM)
    frida = caller_of(services, sign_in_elsewhere(services, user_id))
    token, app = services.factors.begin_app(frida)
    services.factors.confirm_app(frida, token, pyotp.TOTP(app.key).at(clock.now()))
    return frida.user_id


def test_every_page_behind_it_and_the_dialog_before_a_dangerous_act(
    services: Services, visits: Visits, examiner: Examiner
) -> None:
    assert [
        route for route in INSIDE if "[" in route
    ] == []  # it needs a test with what it is about
    roles = BuiltInRole.ADMINISTRATOR, BuiltInRole.CARE_TEAM
    wanda = make_person(services, "Wanda Wide", "wanda@demo.example", *roles)
    page = page_of(visits, signed_in_long_ago(services, wanda))
    for route in INSIDE:
        examine(page, route, examiner)
    page.goto(f"/settings/people?person={somebody_with_an_app(services)}")
    page.get_by_role("button", name="Reset the second factors").click()
    asking = page.get_by_role("dialog", name="Reset the second factors of Frida Factor?")
    expect(asking).to_contain_text("authenticator app")
    asking.get_by_role("button", name="Reset the second factors").click()
    proof = page.get_by_role("dialog", name="Prove that it is you")
    expect(proof).to_be_visible()
    examiner.look_at_all_widths(page, "the dialog before a dangerous act")
    proof.get_by_label("Your password").fill(PASSWORD)
    proof.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_text("The second factors are removed.")).to_be_visible()
    held = page.locator(".person-facts > div").filter(has_text="Second factor")
    expect(held.locator("dd")).to_have_text("None")
