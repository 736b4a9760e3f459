"""The first start of a real installation: the printed link makes the first account, once."""

import subprocess
import sys

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.examiner import Examiner
from tests.browser.visits import House, Visits
from tests.served import ROOT, environment, serving, set_up_link

pytestmark = pytest.mark.slow

PASSWORD = "three quiet herons wade"


def test_the_set_up_link_makes_the_first_account_once(browser, tmp_path):
    with serving(tmp_path / "data") as served:
        visits = Visits(browser, House(served, tmp_path / "data"))
        link = set_up_link(served.output())
        token = link.partition("#token=")[2]
        page = visits.page()
        page.goto(link)
        expect(page.get_by_role("heading", name="Set up PACScribe")).to_be_visible()
        # The secret does not stand in the address bar, where it would be kept and seen.
        page.wait_for_function("() => location.hash === ''")
        page.get_by_label("Organization").fill("St. Anna")
        page.get_by_label("Your name").fill("Dr. Ada First")
        page.get_by_label("E-mail").fill("ada@anna.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create the account").click()
        nothing_is_open_before_the_second_factor(page)
        adds_the_second_factor_that_is_demanded(page, Examiner())
        expect(page.get_by_text("No studies yet")).to_be_visible()
        expect(page.get_by_role("banner")).to_contain_text("Dr. Ada First")
        expect(page.get_by_label("Demo")).to_have_count(0)
        expect(page.get_by_role("link", name="Audit")).to_be_visible()

        late = visits.page()
        late.goto(link)
        late.get_by_label("Organization").fill("Another")
        late.get_by_label("Your name").fill("Late Comer")
        late.get_by_label("E-mail").fill("late@anna.example")
        late.get_by_label("Password").fill(PASSWORD)
        late.get_by_role("button", name="Create the account").click()
        expect(late.get_by_text("This set-up link was used or has expired")).to_be_visible()
        assert token not in late.url

        creates_a_colleague(tmp_path)
        colleague = visits.page()
        colleague.goto("/sign-in")
        visits.sign_in(colleague, "bo@anna.example", PASSWORD)
        adds_the_second_factor_that_is_demanded(colleague)
        expect(colleague.get_by_role("banner")).to_contain_text("Dr. Bo Second")
        expect(colleague.get_by_role("link", name="Audit")).to_have_count(0)

        page.get_by_role("banner").locator("summary").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("You are signed out.")).to_be_visible()
        page.goto("/worklist")
        page.wait_for_url("**/sign-in**")
        visits.close()
        assert visits.troubles == []
        assert token not in served.output().replace(link, "")


def nothing_is_open_before_the_second_factor(page: Page) -> None:
    page.wait_for_url("**/sign-in/second-step**")
    expect(page.get_by_role("heading", name="Add a second factor")).to_be_visible()
    page.goto("/worklist")
    page.wait_for_url("**/sign-in?**")
    page.goto("/sign-in/second-step")


def adds_the_second_factor_that_is_demanded(page: Page, examiner: Examiner | None = None) -> None:
    """An app before anything else; then the recovery codes; then in."""
    expect(page.get_by_text("asks everybody for a second factor")).to_be_visible()
    expect(page.get_by_alt_text("QR code")).to_be_visible()
    if examiner:
        examiner.look_at_all_widths(page, "adding the second factor that is demanded")
    app = pyotp.TOTP(page.locator(".app-key").inner_text().replace(" ", ""))
    page.get_by_label("Then type the code").fill(app.now())
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/sign-in/recovery-codes?**")
    codes = page.locator(".recovery-codes code")
    expect(codes).to_have_count(10)
    if examiner:
        examiner.look_at_all_widths(page, "the recovery codes on the way in")
        assert examiner.findings == [], "\n".join(examiner.findings)
        with page.expect_download() as saved:
            page.get_by_role("link", name="Save as a file").click()
        assert saved.value.path().read_text().split() == codes.all_inner_texts()
    page.get_by_role("button", name="I have kept them").click()
    page.wait_for_url("**/worklist")


def creates_a_colleague(tmp_path) -> None:
    """With the command line, while the server runs; the password comes from standard input."""
    words = [
        "user",
        "create",
        "--email",
        "bo@anna.example",
        "--name",
        "Dr. Bo Second",
        "--role",
        "radiologist",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "backend.cli.main", *words, "--data-dir", str(tmp_path / "data")],
        cwd=ROOT,
        env=environment(),
        input=f"{PASSWORD}\n{PASSWORD}\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert PASSWORD not in done.stdout + done.stderr
