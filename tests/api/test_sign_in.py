from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from backend import bootstrap
from backend.access.ceremonies import STEP_COOKIE_NAME
from backend.access.sessions import COOKIE_NAME
from backend.api import session, sign_in
from backend.api.hardening import Surroundings, harden
from backend.api.refusals import answer_refusal
from backend.core import clock
from backend.core.errors import Refusal
from backend.settings import Settings
from tests.data_dirs import prepare_data_dir

PASSWORD = "demo-password-1"
ANNA = {"email": "radiologist@demo.example", "password": PASSWORD}
SET_UP = {
    "organization_name": "Bayview Hospital",
    "display_name": "Anna Miller",
    "email": "anna@bayview.example",
    "password": "wide meadows full of hay",
}


@pytest.fixture
def house(request, tmp_path):
    """With nobody in it; for tests that ask for `demo`, with the demo's people."""
    prepare_data_dir(tmp_path, PASSWORD if "demo" in request.fixturenames else "")
    built = bootstrap.build(Settings(data_dir=tmp_path))
    bootstrap.use(built)
    yield built
    bootstrap.use(None)
    bootstrap.close(built)


@pytest.fixture
def demo(house):
    return house


@pytest.fixture
def browser(house):
    """The routes behind the real outer wrapper, over https so that the cookie comes back."""
    app = Starlette(
        routes=[Mount("/api/v1", routes=[*sign_in.routes, *session.routes])],
        exception_handlers={Refusal: answer_refusal},
    )
    return TestClient(
        harden(app, Surroundings()),
        base_url="https://pacs.example",
        follow_redirects=False,
        headers={"origin": "https://pacs.example", "user-agent": "Test browser"},
    )


def post(browser, path, form, **options):
    return browser.post(f"/api/v1/{path}", data=form, **options)


def cookie_line(response):
    return response.headers["set-cookie"]


def caller(house, browser):
    return house.sessions.caller_of_cookie(f"{COOKIE_NAME}={browser.cookies.get(COOKIE_NAME)}")


def test_signing_in_leads_to_the_worklist_with_a_session(demo, browser):
    response = post(browser, "sign-in", ANNA)
    assert (response.status_code, response.headers["location"]) == (303, "/worklist")
    assert caller(demo, browser).email == ANNA["email"]
    assert response.headers["cache-control"] == "no-store"


def test_the_cookie_is_for_this_host_only_and_out_of_reach_of_scripts(demo, browser):
    line = cookie_line(post(browser, "sign-in", ANNA))
    name, _, rest = line.partition("=")
    value, *attributes = [part.strip() for part in rest.split(";")]
    assert name == "__Host-pacscribe"
    assert len(value) == 43
    assert {each.lower() for each in attributes} == {
        "httponly",
        "secure",
        "path=/",
        "samesite=strict",
        "max-age=43200",
    }


def test_wrong_password_and_unknown_person_get_the_very_same_answer(demo, browser):
    answers = [
        post(browser, "sign-in", {"email": email, "password": "wrong password"})
        for email in (ANNA["email"], "nobody@demo.example")
    ]
    first, second = ((a.status_code, dict(a.headers), a.content) for a in answers)
    assert first == second
    assert answers[0].status_code == 303
    assert answers[0].headers["location"] == "/sign-in?refused=1&next=%2Fworklist"
    assert "set-cookie" not in answers[0].headers


def test_nothing_that_was_typed_comes_back_in_the_address(demo, browser):
    response = post(browser, "sign-in", {"email": "jane.doe@x.example", "password": "s3cret words"})
    assert "jane" not in response.headers["location"]
    assert "s3cret" not in response.headers["location"]


def test_too_many_attempts_are_told_apart_from_wrong_ones(demo, browser):
    for _ in range(5):
        post(browser, "sign-in", {**ANNA, "password": "wrong password"})
    assert "refused=wait" in post(browser, "sign-in", ANNA).headers["location"]


@pytest.mark.parametrize(
    "wanted",
    [
        "/worklist?status=unread",
        "/viewer/1.2.840.1?layout=1x2",
        "/report/0199-abc",
        "/audit?from=2026-01-01",
        "/settings/people",
    ],
)
def test_people_get_where_they_wanted_to_go(demo, browser, wanted):
    response = post(browser, "sign-in", {**ANNA, "next": wanted})
    assert response.headers["location"] == wanted


@pytest.mark.parametrize(
    "trap",
    [
        "https://evil.example/",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "/%0d%0aset-cookie: a=b\r\nx: y",
        "/worklist\r\nset-cookie: a=b",
        "/api/v1/sign-out",
        "/sign-in?next=/sign-in",
        "/ü",
        "http:/evil.example",
        "/" + "x" * 5000,
        "",
    ],
)
def test_no_link_sends_people_elsewhere_after_signing_in(demo, browser, trap):
    response = post(browser, "sign-in", {**ANNA, "next": trap})
    assert response.status_code == 303
    assert response.headers["location"] == "/worklist"
    refused = post(browser, "sign-in", {**ANNA, "password": "wrong", "next": trap})
    assert parse_qs(urlsplit(refused.headers["location"]).query)["next"] == ["/worklist"]


def test_each_sign_in_has_a_new_token_and_ends_the_one_before(demo, browser):
    post(browser, "sign-in", ANNA)
    first = browser.cookies.get(COOKIE_NAME)
    post(browser, "sign-in", ANNA)
    assert browser.cookies.get(COOKIE_NAME) != first
    assert demo.sessions.caller_of_cookie(f"{COOKIE_NAME}={first}") is None
    assert caller(demo, browser)


def test_a_planted_token_never_becomes_a_session(demo, browser):
    planted = "A" * 43
    response = post(browser, "sign-in", ANNA, headers={"cookie": f"{COOKIE_NAME}={planted}"})
    assert planted not in cookie_line(response)
    assert demo.sessions.caller_of_cookie(f"{COOKIE_NAME}={planted}") is None


def test_signing_out_ends_the_session_on_the_server_and_empties_the_browser(demo, browser):
    post(browser, "sign-in", ANNA)
    token = browser.cookies.get(COOKIE_NAME)
    response = post(browser, "sign-out", {})
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?refused=out")
    assert demo.sessions.caller_of_cookie(f"{COOKIE_NAME}={token}") is None
    assert '"cache"' in response.headers["clear-site-data"]
    line = cookie_line(response).lower()
    assert line.startswith('__host-pacscribe="";')
    for attribute in ("max-age=0", "path=/", "secure", "httponly"):
        assert attribute in line


def test_signing_out_without_a_session_is_no_error(demo, browser):
    assert post(browser, "sign-out", {}).status_code == 303


@pytest.mark.parametrize("path", ["sign-in", "sign-out", "set-up"])
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "https://pacs.example.evil.example"},
        {"origin": "http://pacs.example"},
    ],
)
def test_a_form_on_another_site_does_nothing(demo, browser, path, headers):
    post(browser, "sign-in", ANNA)
    response = post(browser, path, {**ANNA, **SET_UP}, headers=headers)
    assert response.status_code == 403
    assert "set-cookie" not in response.headers
    assert caller(demo, browser)


@pytest.mark.parametrize("path", ["sign-in", "sign-out", "set-up"])
def test_following_a_link_signs_nobody_in_or_out(demo, browser, path):
    assert browser.get(f"/api/v1/{path}").status_code == 405


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"email":"a","password":"b"}', "application/json"),
        (b"email=a", "text/plain"),
        (b"email=a", ""),
        (b"--x\r\n\r\n--x--", "multipart/form-data; boundary=x"),
        (b"email=" + b"a" * 20_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"f%d=1" % n for n in range(100)), "application/x-www-form-urlencoded"),
        (b"email=%ff%fe", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_small_form_is_refused(demo, browser, content, kind):
    for path in ("sign-in", "set-up"):
        response = browser.post(f"/api/v1/{path}", content=content, headers={"content-type": kind})
        assert response.status_code == 400
        assert response.json()["code"] == "Malformed"


def test_the_set_up_link_makes_the_first_administrator_once_who_adds_a_second_factor_first(
    house, browser
):
    token = house.first_people.new_set_up_link()
    response = post(browser, "set-up", {**SET_UP, "token": token})
    assert response.status_code == 303
    assert response.headers["location"] == "/sign-in/second-step?next=%2Fworklist"
    assert COOKIE_NAME not in browser.cookies
    again = post(browser, "set-up", {**SET_UP, "token": token, "email": "b@bayview.example"})
    assert again.headers["location"].startswith("/set-up?refused=used")

    step = f"{STEP_COOKIE_NAME}={browser.cookies[STEP_COOKIE_NAME]}"
    app = pyotp.TOTP(house.second_steps.app_enrolment(step).key)
    code = {"code": app.at(clock.now()), "next": "/audit?action=user:create"}
    response = post(browser, "sign-in/enrol", code)
    assert response.headers["location"] == (
        "/sign-in/recovery-codes?next=%2Faudit%3Faction%3Duser%3Acreate"
    )
    assert STEP_COOKIE_NAME not in browser.cookies
    found = caller(house, browser)
    assert found.roles == ("administrator",)
    assert len(house.factors.first_recovery_codes(found)) == 10
    # Those that are kept stay good, whoever looks at the page again.
    assert house.factors.first_recovery_codes(found) == ()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"password": "short"}, "weak"),
        ({"password": "bayview bayview"}, "weak"),
        ({"email": "no address"}, "incomplete"),
        ({"display_name": ""}, "incomplete"),
    ],
)
def test_a_refused_set_up_can_be_tried_again_with_the_token_in_the_fragment_only(
    house, browser, changed, code
):
    token = house.first_people.new_set_up_link()
    response = post(browser, "set-up", {**SET_UP, "token": token, **changed})
    target = urlsplit(response.headers["location"])
    assert (target.path, target.query, target.fragment) == (
        "/set-up",
        f"refused={code}",
        f"token={token}",
    )
    response = post(browser, "set-up", {**SET_UP, "token": token})
    assert response.headers["location"].startswith("/sign-in/second-step")


def test_a_token_that_is_none_is_not_reflected(house, browser):
    house.first_people.new_set_up_link()
    response = post(browser, "set-up", {**SET_UP, "token": '"><script>'})
    assert response.headers["location"] == "/set-up?refused=used"


def test_the_audit_trail_knows_where_people_signed_in_from(demo, browser):
    post(browser, "sign-in", ANNA)
    found = caller(demo, browser)
    assert found.origin.user_agent == "Test browser"
    assert found.origin.ip_address == "testclient"
    assert demo.audit_trail.verify().first_bad_sequence is None


def test_asking_how_long_a_session_lasts_does_not_make_it_last_and_staying_does(demo, browser):
    began = clock.now()
    with clock.frozen(began):
        post(browser, "sign-in", ANNA)

    def left_after(minutes):
        with clock.frozen(began + timedelta(minutes=minutes)):
            return browser.get("/api/v1/session").json()["idle_seconds"]

    assert [left_after(minutes) for minutes in (1, 7, 14)] == [14 * 60, 8 * 60, 60]
    with clock.frozen(began + timedelta(minutes=14)):
        assert post(browser, "session/stay", {}).status_code == 204
    assert left_after(28) == 60
    demo.sessions.wait()
    assert left_after(29) == 0
    with clock.frozen(began + timedelta(minutes=29)):
        over = browser.get("/api/v1/session")
        assert over.headers["clear-site-data"] == '"cache"'
        assert post(browser, "session/stay", {}).status_code == 401
