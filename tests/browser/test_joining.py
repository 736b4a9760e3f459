"""Coming in by oneself, without a mouse: sign-up, the letter, the password, being let in, signing in, the settings, the second factor."""

import re

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.examiner import Examiner
from tests.browser.keyboard import tab_to, tab_to_button
from tests.browser.visits import ADMINISTRATOR, House, Visits
from tests.data_dirs import prepare_demo
from tests.mail_server import mail_server, text_of
from tests.served import DEMO_PASSWORD, serving

pytestmark = pytest.mark.slow

NORA = "nora@north.example"
WORDS = "five green kites in the wind"


def test_the_keyboard_is_enough_from_sign_up_to_settings(browser, tmp_path):
    data_dir = tmp_path / "data"
    prepare_demo(data_dir, DEMO_PASSWORD)
    with (
        mail_server() as mail,
        serving(
            data_dir,
            "--demo",
            PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD,
            PACSCRIBE_SMTP_URL=f"smtp://127.0.0.1:{mail.port}",
            PACSCRIBE_MAIL_FROM="pacs@demo.example",
        ) as served,
    ):
        visits = Visits(browser, House(served, data_dir))
        page = visits.page()
        page.goto("/sign-in")
        tab_to(page, "document.activeElement.textContent === 'Ask for an account'")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Ask for an account")).to_be_visible()
        for field, typed in {
            "organization": "demo",
            "display_name": "Dr. Nora North",
            "email": NORA,
            "phone": "call me",
            "specialty": "Neuroradiology",
        }.items():
            tab_to(page, f"document.activeElement.name === '{field}'")
            page.keyboard.type(typed)
        tab_to(page, "document.activeElement.name === 'is_attested'")
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        # What was typed stays, and only what is wrong is typed again.
        expect(page.get_by_role("alert")).to_contain_text("A phone number has digits")
        tab_to(page, "document.activeElement.name === 'phone'")
        page.keyboard.press("Control+A")
        page.keyboard.type("+1 555 010")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Look into your mailbox")).to_be_visible()

        page.goto(link_in(text_of(mail.wait_for(NORA))))
        page.wait_for_function("() => location.hash === ''")
        tab_to(page, "document.activeElement.name === 'password'")
        page.keyboard.insert_text(WORDS)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Your address is confirmed", exact=True)).to_be_visible()
        assert "Somebody asks to join" in mail.wait_for("admin@demo.example")["Subject"]

        is_let_in_by_an_administrator(visits.page())
        assert mail.wait_for(NORA, 2)["Subject"] == "You can sign in to PACScribe Demo"
        tab_to(page, "document.activeElement.textContent === 'Sign in'")
        page.keyboard.press("Enter")
        types_who_it_is(page, NORA, WORDS)
        page.wait_for_url("**/worklist")

        expect(page.get_by_role("link", name="Settings", exact=True)).to_be_visible()
        tab_to(page, "document.activeElement.textContent === 'Settings'")
        page.keyboard.press("Enter")
        page.wait_for_url("**/settings/profile")
        expect(page.get_by_label("Specialty")).to_have_value("Neuroradiology")
        expect(page.get_by_role("main").get_by_text("Radiologist", exact=True)).to_be_visible()
        tab_to(page, "document.activeElement.name === 'specialty'")
        page.keyboard.press("End")
        page.keyboard.type(" of children")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
        page.reload()
        expect(page.get_by_label("Specialty")).to_have_value("Neuroradiology of children")

        examiner = Examiner()
        code = adds_an_app_and_keeps_recovery_codes(page, examiner)
        page.context.clear_cookies()
        signs_in_with(page, code, examiner)
        assert examiner.findings == [], "\n".join(examiner.findings)
        visits.close()
        assert visits.troubles == []
        assert WORDS not in served.output()


def types_who_it_is(page: Page, email: str, password: str) -> None:
    expect(page.get_by_label("E-mail")).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def is_let_in_by_an_administrator(page: Page) -> None:
    """Who has no mouse either."""
    page.goto("/settings/people")
    page.wait_for_url("**/sign-in**")
    types_who_it_is(page, ADMINISTRATOR, DEMO_PASSWORD)
    page.wait_for_url("**/settings/people")
    waiting = page.get_by_role("list", name="Waiting to be let in")
    expect(waiting).to_contain_text("Neuroradiology")
    tab_to(page, "document.activeElement.ariaLabel === 'Let Dr. Nora North in'")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Let somebody in")
    expect(dialog.get_by_role("checkbox", name="Radiologist")).to_be_visible()
    tab_to(page, "document.activeElement.closest('.choice')?.textContent.startsWith('Radiologist')")
    page.keyboard.press("Space")
    expect(dialog.get_by_role("checkbox", name="Radiologist")).to_be_checked()
    tab_to_button(page, "Let them in")
    page.keyboard.press("Enter")
    expect(page.get_by_text("They are in, and are told by mail.")).to_be_visible()
    expect(waiting).to_have_count(0)


def adds_an_app_and_keeps_recovery_codes(page: Page, examiner: Examiner) -> str:
    """With the keyboard, as all the rest; one of the codes."""
    tab_to_button(page, "Security")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settings/security")
    expect(page.get_by_text("This session")).to_be_visible()
    tab_to_button(page, "Add an authenticator app")
    page.keyboard.press("Enter")
    expect(page.get_by_alt_text("QR code")).to_be_visible()
    examiner.look_at_all_widths(page, "adding an app")
    app = pyotp.TOTP(page.locator(".app-key").inner_text().replace(" ", ""))
    tab_to(page, "document.activeElement.name === 'code'")
    page.keyboard.type(app.now())
    page.keyboard.press("Enter")
    expect(page.get_by_text("The authenticator app is in use.")).to_be_visible()
    tab_to_button(page, "Make new recovery codes")
    page.keyboard.press("Enter")
    expect(page.locator(".recovery-codes code")).to_have_count(10)
    examiner.look_at_all_widths(page, "recovery codes")
    code = page.locator(".recovery-codes code").first.inner_text()
    tab_to_button(page, "I have kept them")
    page.keyboard.press("Enter")
    expect(page.get_by_text("left of ten")).to_be_visible()
    examiner.look_at_all_widths(page, "security with an app")
    return code


def signs_in_with(page: Page, code: str, examiner: Examiner) -> None:
    """With password and recovery code."""
    page.goto("/sign-in")
    types_who_it_is(page, NORA, WORDS)
    page.wait_for_url("**/sign-in/second-step**")
    expect(page.get_by_label("or a recovery code")).to_be_focused()
    examiner.look_at_all_widths(page, "second step")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_url("**/worklist")


def link_in(text: str) -> str:
    found = re.search(r"http\S+#token=\S+", text)
    assert found is not None, text
    return found[0]
