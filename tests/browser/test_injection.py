"""Forty texts that would run in a careless page, through every place where somebody's words are shown: they are words."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as NotInTime

from backend.services.report_content import SECTION_NAMES
from tests.browser.hostile_ward import (
    LAST,
    MANY,
    MANY_NAMES,
    NAMES,
    Ward,
    hostile_ward,
)
from tests.browser.payloads import EVALUATED, PAYLOADS
from tests.browser.people import page_of
from tests.browser.visits import (
    ADMINISTRATOR,
    RADIOLOGIST,
    TECHNOLOGIST,
    Lender,
    Visits,
    shown,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The (PN component|value) length"),  # what is hostile is long
]

# What a page has made of a text: an element with a script in it, or one that leads out of the house.
TRAP = """
() => {
    window.sprungTraps = [];
    window.sprung = () => window.sprungTraps.push("a script ran");
    for (const name of ["alert", "confirm", "prompt"]) window[name] = window.sprung;
    addEventListener("securitypolicyviolation", event =>
        window.sprungTraps.push(`the policy stopped ${event.violatedDirective} ${event.blockedURI}`));
}
"""
FOUND = r"""
page => {
    page ??= document;
    const found = [...window.sprungTraps];
    const leads = new Set(["href", "src", "action", "formaction", "data", "srcdoc", "xlink:href"]);
    for (const element of page.querySelectorAll("*"))
        for (const {name, value} of element.attributes)
            if (/^on/i.test(name) || (leads.has(name) && /sprung|evil\.example|^\s*(javascript|vbscript):/i.test(value)))
                found.push(`<${element.localName} ${name}=${value}>`);
    for (const element of page.querySelectorAll("script, style, meta[http-equiv=refresh]"))
        if (/sprung|evil\.example/.test(element.textContent + element.content)) found.push(`<${element.localName}>`);
    return found;
}
"""


@pytest.fixture(scope="module")
def ward(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    with hostile_ward(Path(tmp_path_factory.mktemp("injection")) / "data") as ward:
        yield ward


@pytest.fixture(scope="module")
def hostile_lender(browser: Browser, ward: Ward) -> Lender:
    return Lender(browser, ward.house)


@pytest.fixture
def hostile_visits(browser: Browser, ward: Ward, hostile_lender: Lender) -> Iterator[Visits]:
    visits = Visits(browser, ward.house, hostile_lender)
    yield visits
    visits.close()
    assert visits.troubles == []


def opened(visits: Visits, person: str, address: str) -> Page:
    return trapped(visits.page(person), address)


def trapped(page: Page, address: str) -> Page:
    page.add_init_script(f"({TRAP})()")
    page.goto(address)
    return page


# Everything that can be read on a page, also in fields.
WORDS = """within => [...document.querySelectorAll(within)].flatMap(part => [
    part.innerText,
    ...[...part.querySelectorAll('input, textarea, option')].map(field => field.value + ' ' + field.textContent),
]).join('\\n')"""


def words_on(page: Page, within: str = "body") -> str:
    return page.evaluate(WORDS, within)


def require_only_words(
    page: Page, payloads: Sequence[str] = PAYLOADS, *, places: int = 1, within: str = "body"
) -> None:
    """Every text can be read as it was written in so many places once the page has come, and nothing came of it."""
    with suppress(NotInTime):
        page.wait_for_function(
            f"([payloads, places, within]) => {{ const seen = ({WORDS})(within);"
            " return payloads.every(one => seen.split(one).length > places) }",
            arg=[list(payloads), places, within],
        )
    seen = words_on(page, within)
    missing = [payload for payload in payloads if seen.count(payload) < places]
    assert not missing, (missing[:3], seen[:500])
    require_nothing_sprung(page)


def require_nothing_sprung(page: Page) -> None:
    assert page.evaluate(FOUND) == []


# How a careless page would put a text into its markup.
CARELESS = (
    "{}",
    '<p title="{}">x</p>',
    "<p title='{}'>x</p>",
    "<textarea>{}</textarea>",
)


def test_the_trap_would_notice_each_that_is_not_evaluated_by_something(
    browser: Browser, ward: Ward
) -> None:
    context = Visits(browser, ward.house).context()
    context.add_init_script(f"({TRAP})()")
    page = context.new_page()
    page.goto("/privacy")
    assert page.evaluate(FOUND) == []
    noticed = page.evaluate(
        f"""([payloads, careless]) => payloads.filter(payload => {{
            const page = document.implementation.createHTMLDocument();
            page.body.innerHTML = careless.map(each => each.replace('{{}}', () => payload)).join('');
            const link = page.body.appendChild(page.createElement('a'));
            if (/^p.. (javascript|data):/.test(payload)) link.setAttribute('href', payload.slice(4));
            return ({FOUND})(page).length > 0;
        }})""",
        [PAYLOADS, CARELESS],
    )
    assert set(PAYLOADS) - set(noticed) == set(EVALUATED)
    page.evaluate("() => alert('x')")
    assert "a script ran" in page.evaluate(FOUND)
    context.close()


def test_names_and_descriptions_in_the_worklist(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, RADIOLOGIST, "/worklist?order=studied&page=1")
    require_only_words(page, NAMES, within=".patient-cell")
    require_only_words(page, within=".study-table")


def test_what_is_searched_for(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, RADIOLOGIST, "/worklist")
    field = page.get_by_role("searchbox")
    for payload in PAYLOADS:
        field.fill(payload)
        field.press("Enter")
        # Only then has the field been made anew with what was asked for: what is typed before is lost.
        page.wait_for_function(
            "text => [...document.querySelectorAll('.chip-value')].some(each => each.textContent.includes(text))",
            arg=payload,
        )
        require_nothing_sprung(page)
    page.reload()
    expect(field).to_have_value(PAYLOADS[LAST])
    require_nothing_sprung(page)


def test_a_study_with_its_series_notes_and_attributes(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, RADIOLOGIST, f"/study/{MANY}")
    require_only_words(page, places=3)  # the description, a series and a note
    require_only_words(page, MANY_NAMES, places=4)
    page.get_by_label("Series of the object").select_option(index=1)
    cells = page.get_by_role("region", name="Tags").get_by_role("cell")
    expect(cells.filter(has_text=PAYLOADS[LAST]).first).to_be_visible()
    require_only_words(page, places=4)  # an attribute as well


def test_a_study_and_its_series_in_the_viewer(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, RADIOLOGIST, f"/viewer/{MANY}")
    shown(page)
    require_only_words(page, places=2)
    require_only_words(page, MANY_NAMES, places=3)


def test_a_report_and_whom_it_is_about(hostile_visits: Visits, ward: Ward) -> None:
    page = opened(hostile_visits, RADIOLOGIST, f"/report/{ward.report_id}")
    require_only_words(page, places=len(SECTION_NAMES) + 1)  # the description as well
    require_only_words(page, MANY_NAMES, places=len(SECTION_NAMES) + 2)


def test_a_study_that_something_is_attached_to(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, TECHNOLOGIST, f"/attachments/{MANY}")
    require_only_words(page)
    require_only_words(page, MANY_NAMES, places=2)


def test_conflicts_and_one_of_them(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, ADMINISTRATOR, "/settings/conflicts")
    require_only_words(page, NAMES, within=".decisions")
    page.get_by_role("link", name=f"Decide: {NAMES[0]}", exact=True).click()
    require_only_words(page, [NAMES[0], NAMES[LAST]], within=".conflicts table")


def test_why_studies_were_opened_to_whom(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, ADMINISTRATOR, "/settings/access")
    require_only_words(page, places=3, within=".decisions")  # the person, the study and the reason


def test_organizations_that_let_support_in(hostile_visits: Visits, ward: Ward) -> None:
    page = trapped(page_of(hostile_visits, ward.support), "/support")
    require_only_words(page, places=2)  # the name and the reason


def test_browsers_and_people_in_the_audit_trail(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, ADMINISTRATOR, "/audit?action=session:start")
    page.wait_for_function(
        "number => document.querySelectorAll('.audit-browser').length > number", arg=LAST
    )
    page.evaluate(
        "() => document.querySelectorAll('.audit-browser').forEach(each => { each.open = true })"
    )
    # Not in the names that entries can be filtered by: in the entries, who and from which browser.
    require_only_words(page, places=2, within=".audit-table")
    page.goto(f"/audit?view=people&patient_of={MANY}")
    require_only_words(page, within=".access-table")  # what the study is called


# Rows are drawn where somebody looks, soon after the list was moved.
ROWS_IN_SIGHT_ARE_DRAWN = """
list => {
    const rows = [...list.querySelectorAll("[role=listitem]")].map(row => row.getBoundingClientRect());
    const top = list.getBoundingClientRect().top + list.clientTop;
    const bottom = Math.min(top + list.clientHeight, list.firstElementChild.getBoundingClientRect().bottom);
    return rows.length > 0 && rows[0].top <= top + 1 && rows.at(-1).bottom >= bottom - 1;
}
"""


def read_to_the_end(page: Page, rows: Locator) -> str:
    """Every row of a list of which only those in sight are on the page; nothing comes of any."""
    read: list[str] = []
    while True:
        page.wait_for_function(ROWS_IN_SIGHT_ARE_DRAWN, arg=rows.element_handle())
        read.append(rows.inner_text())
        require_nothing_sprung(page)
        if rows.evaluate("list => list.scrollTop + list.clientHeight >= list.scrollHeight - 1"):
            return "\n".join(read)
        rows.evaluate("list => list.scrollBy(0, list.clientHeight / 2)")


def test_people_newcomers_programs_and_the_tokens_of_one(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, ADMINISTRATOR, "/settings/people")
    require_only_words(page, places=3)  # a person, a newcomer and a program
    # Somebody is called the same.
    accounts = page.get_by_role("table", name="Accounts").get_by_role("row")
    of_the_program = accounts.filter(has_text=PAYLOADS[LAST]).filter(has_text="Service account")
    of_the_program.get_by_role("link").click()
    expect(page.get_by_role("heading", level=2, name=PAYLOADS[LAST], exact=True)).to_be_visible()
    require_only_words(page, PAYLOADS[1::2])


def test_roles(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, ADMINISTRATOR, "/settings/roles")
    require_only_words(page, [payload[:60] for payload in PAYLOADS])


def test_ones_own_tokens(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, ADMINISTRATOR, "/settings/tokens")
    require_only_words(page, PAYLOADS[::2])


def test_the_name_of_the_organization(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, ADMINISTRATOR, "/settings/organization")
    expect(page.get_by_label("Name", exact=True)).to_have_value(PAYLOADS[1])
    require_nothing_sprung(page)


def test_reasons_of_emergencies(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, ADMINISTRATOR, "/settings/emergencies")
    require_only_words(page)


def test_reasons_why_support_is_let_in(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, ADMINISTRATOR, "/support")
    require_only_words(page)


def test_names_of_files_that_are_uploaded(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, TECHNOLOGIST, "/upload")
    page.locator("input[type=file]").first.set_input_files(
        [
            # A browser gives the last part of a path as the name.
            {"name": payload.replace("/", "|"), "mimeType": "image/png", "buffer": b"no image"}
            for payload in PAYLOADS
        ]
    )
    heading = page.get_by_label("What became of it").get_by_role("status")
    expect(heading).to_have_text("Finished")
    read = read_to_the_end(page, page.get_by_role("region", name="Files"))
    assert [payload for payload in PAYLOADS if payload.replace("/", "|") not in read] == []


def test_views_that_were_kept(hostile_visits: Visits) -> None:
    page = opened(hostile_visits, RADIOLOGIST, "/worklist")
    require_only_words(page, [payload[:60] for payload in PAYLOADS])


ADDRESSES = (
    "/worklist?q={}",
    "/viewer/{}",
    "/study/{}",
    "/audit?action={}",
    "/settings/{}",
    "/sign-in?next={}",
    "/sign-in?next=javascript:sprung()//{}",
)


def test_addresses(hostile_visits: Visits) -> None:
    hostile_visits.allow("40[04]")  # there is no such page
    page = hostile_visits.page(ADMINISTRATOR)
    page.add_init_script(f"({TRAP})()")
    hostile = quote(" ".join(PAYLOADS), safe="")
    for address in ADDRESSES:
        page.goto(address.format(hostile))
        page.wait_for_load_state("networkidle")
        require_nothing_sprung(page)
