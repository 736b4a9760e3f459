"""Passkeys in Chromium with an authenticator of its own: made once, used alone and as the second step, and no copy passes."""

import itertools
from dataclasses import dataclass

import pytest
from playwright.sync_api import CDPSession, Page, expect

from backend.bootstrap import Services
from backend.core.permissions import BuiltInRole
from tests.browser.people import PASSWORD, make_person, proved_long_ago
from tests.browser.studies import small_study
from tests.browser.visits import House, Visits, open_study

pytestmark = pytest.mark.slow

# A page that does not ask its device who holds it, as one in the hands of somebody hostile would not.
CARELESS = """
() => {
    const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = ({publicKey}) =>
        get({publicKey: {...publicKey, userVerification: "discouraged"}});
}
"""

_numbers = itertools.count(1)


@dataclass
class Holder:
    """Somebody with a passkey, at their browser; the device that holds the passkey is in their hands."""

    page: Page
    email: str
    user_id: str
    device: CDPSession
    device_id: str

    def sign_out(self) -> None:
        self.page.context.clear_cookies()
        self.page.goto("/sign-in")

    def use_passkey(self) -> None:
        self.page.get_by_role("button", name="Use a passkey").click()

    def require_entry(self) -> None:
        self.page.wait_for_url("**/worklist")

    def require_refusal(self, sentence: str) -> None:
        expect(self.page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
        assert "/sign-in" in self.page.url

    def passkey(self) -> dict:
        """What the device holds."""
        (held,) = self.tell("getCredentials")["credentials"]
        return held

    def count_back_to(self, count: int) -> None:
        """As a copy does that was taken when the passkey had been used so often."""
        held = self.passkey()
        self.tell("removeCredential", credentialId=held["credentialId"])
        self.tell("addCredential", credential={**held, "signCount": count})

    def tell(self, command: str, **parameters) -> dict:
        return self.device.send(
            f"WebAuthn.{command}", {"authenticatorId": self.device_id, **parameters}
        )


@pytest.fixture
def holder(services: Services, visits: Visits) -> Holder:
    email = f"keys{next(_numbers)}@demo.example"
    user_id = make_person(services, "Dr. Kay Keys", email, BuiltInRole.RADIOLOGIST)
    page = visits.page()
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    added = device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto("/sign-in?next=/settings/security")
    visits.sign_in(page, email, PASSWORD)
    make_passkey(page, "Laptop")
    expect(page.get_by_text("The passkey is added.")).to_be_visible()
    return Holder(page, email, user_id, device, added["authenticatorId"])


def make_passkey(page: Page, name: str) -> None:
    page.get_by_role("button", name="Add a passkey").click()
    dialog = page.get_by_role("dialog", name="Add a passkey")
    dialog.get_by_label("What to call it").fill(name)
    dialog.get_by_role("button", name="Make the passkey").click()


def test_one_device_makes_one_passkey_which_signs_in_alone_and_as_the_second_step(
    holder: Holder, visits: Visits
):
    page = holder.page
    make_passkey(page, "Once more")
    known = page.get_by_role("alert").filter(has_text="has a passkey for your account already")
    expect(known).to_be_visible()
    assert holder.passkey()["rpId"] == "localhost"

    holder.sign_out()
    with page.expect_request("**/api/v1/sign-in/passkey") as heard:
        holder.use_passkey()
    holder.require_entry()
    an_answer_is_good_once_and_for_its_own_challenge(visits, heard.value.post_data_json)

    holder.sign_out()
    visits.sign_in(page, holder.email, PASSWORD)
    page.wait_for_url("**/sign-in/second-step**")
    holder.use_passkey()
    holder.require_entry()
    it_is_removed_after_it_was_said_what_that_does(page)


def test_a_passkey_proves_it_before_a_dangerous_act_and_signs_a_report(
    holder: Holder, house: House, services: Services
):
    page = holder.page
    proved_long_ago(services, holder.user_id)
    page.get_by_role("button", name="Add an authenticator app").click()
    proof = page.get_by_role("dialog", name="Prove that it is you")
    proof.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_alt_text("QR code")).to_be_visible()
    expect(proof).to_be_hidden()

    study = small_study("2.25.577", PatientID="S-577")
    assert house.take_in_octets(study)["stored"] == 1
    open_study(page, "2.25.577")
    page.get_by_label("Findings", exact=True).fill("Nothing to be seen.")
    page.get_by_label("Impression", exact=True).fill("Nothing.")
    page.get_by_role("button", name="Sign…").click()
    page.get_by_role("dialog").get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_text("Signed by")).to_be_visible()


def it_is_removed_after_it_was_said_what_that_does(page: Page) -> None:
    page.goto("/settings/security")
    page.get_by_role("button", name="Remove the passkey Laptop").click()
    asking = page.get_by_role("dialog", name="Remove the passkey Laptop?")
    expect(asking).to_contain_text("your password alone signs you in then")
    asking.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    expect(asking).to_be_hidden()
    expect(page.get_by_role("button", name="Remove the passkey Laptop")).to_have_count(0)


def an_answer_is_good_once_and_for_its_own_challenge(visits: Visits, said: dict) -> None:
    """Whoever has heard it comes from elsewhere, with the same words, and with a challenge of their own."""
    visits.allow("status of 401")
    thief = visits.page()
    thief.goto("/sign-in")
    assert posted(thief, "passkey", said) == (401, "This took too long. Try again.")
    fresh = posted_json(thief, "passkey/begin", {})["ceremony"]
    assert posted(thief, "passkey", {**said, "ceremony": fresh}) == (
        401,
        "This passkey could not be checked. Try again.",
    )
    assert thief.context.cookies() == []


def test_a_copy_that_counts_behind_is_refused_and_the_passkey_is_suspended(
    holder: Holder, visits: Visits
):
    visits.allow("status of 4(01|22)")
    holder.sign_out()
    holder.use_passkey()
    holder.require_entry()
    count = holder.passkey()["signCount"]
    holder.count_back_to(count - 1)
    holder.sign_out()
    holder.use_passkey()
    holder.require_refusal("a copy of it exists. It is suspended")
    # Nor does the true one sign in any more: nobody can tell which of the two it is.
    holder.count_back_to(count + 10)
    holder.use_passkey()
    holder.require_refusal("This passkey is not accepted here.")


def test_a_passkey_whose_holder_was_not_verified_is_refused(holder: Holder, visits: Visits):
    visits.allow("status of 401")
    holder.sign_out()
    holder.tell("setUserVerified", isUserVerified=False)
    holder.use_passkey()
    holder.require_refusal("That was called off, or took too long.")  # by the browser
    holder.page.evaluate(CARELESS)
    holder.use_passkey()
    holder.require_refusal("This passkey could not be checked.")  # by the server
    holder.tell("setUserVerified", isUserVerified=True)
    holder.page.reload()
    holder.use_passkey()
    holder.require_entry()


POST = """
async ([path, body]) => {
    const response = await fetch(`/api/v1/sign-in/${path}`, {
        method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body),
    });
    return [response.status, await response.json()];
}
"""


def posted(page: Page, path: str, body: dict) -> tuple[int, str]:
    status, answer = page.evaluate(POST, [path, body])
    return status, answer.get("error", "")


def posted_json(page: Page, path: str, body: dict) -> dict:
    return page.evaluate(POST, [path, body])[1]
