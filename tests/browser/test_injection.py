"""Forty texts that would run in a careless page, through every place where somebody's words are shown: they are words."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from playwright.sync_api import TimeoutError as NotInTime
from pydicom.datadict import DicomDictionary

from backend import bootstrap
from backend.bootstrap import Services
from backend.cli.demo_marker import mark_loaded
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.errors import Malformed
from backend.core.permissions import BuiltInRole, Permission
from backend.core.shown import shown_name
from backend.core.worklist_query import WorklistQuery
from backend.models.access import SupportAccess
from backend.models.joining import JoinRequest
from backend.models.organizations import Organization
from backend.models.people import Role, User
from backend.models.sharing import SharingGrant
from backend.models.stored_files import studies_by_uids
from backend.schemas.emergencies import EmergencyAsk
from backend.schemas.people import SignedIn
from backend.schemas.reporting import ReportSections
from backend.services.people import add_user
from backend.services.report_content import SECTION_NAMES
from backend.settings import Settings
from tests.browser.payloads import EVALUATED, PAYLOADS
from tests.browser.people import PASSWORD, page_of, sign_in_elsewhere
from tests.browser.visits import (
    ADMINISTRATOR,
    RADIOLOGIST,
    TECHNOLOGIST,
    House,
    Lender,
    Visits,
    shown,
)
from tests.served import DEMO_PASSWORD, serving
from tests.viewing_hospital import Hospital, dicom_file

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:The (PN component|value) length"),  # what is hostile is long
]

LAST = len(PAYLOADS) - 1
STUDIES = [f"2.25.77{number:02}" for number in range(len(PAYLOADS))]
NAMES = [shown_name(payload) for payload in PAYLOADS]
# One study that has all of them; of a name, `=` and `^` part what is shown otherwise than it is written.
MANY = "2.25.7799"
MANY_NAMES = [payload for payload in PAYLOADS if not {"=", "^"} & set(payload)]
# Attributes of a study's first object that hold a line of text each, and that nothing here is made of.
TEXTS = [
    keyword
    for tag, (vr, multiplicity, _, retired, keyword) in DicomDictionary.items()
    if tag >> 16 == 0x0018 and (vr, multiplicity, retired) == ("LO", "1", "")
][: len(PAYLOADS)]
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


@dataclass(frozen=True)
class Ward:
    """A served house whose every text was chosen by somebody hostile."""

    house: House
    report_id: str
    support: SignedIn


def study_files() -> Iterator[bytes]:
    """One study for each text, and one study of them all with a series for each."""
    pixels = np.zeros((16, 16), np.uint8)
    for number, payload in enumerate(PAYLOADS):
        yield dicom_file(
            pixels,
            study_instance_uid=STUDIES[number],
            series_instance_uid=f"{STUDIES[number]}.1",
            PatientName=payload,
            PatientID=f"H-{number}",
            StudyDescription=payload,
            ReferringPhysicianName=payload,
            InstitutionName=payload,
            BodyPartExamined="HEAD",
            StudyDate="20260101",
            PatientBirthDate="19700101",
        )
    for number, payload in enumerate(PAYLOADS):
        yield dicom_file(
            pixels,
            study_instance_uid=MANY,
            series_instance_uid=f"{MANY}.{number}",
            PatientName=" ".join(MANY_NAMES),
            PatientID="H-99",
            StudyDescription=" ".join(PAYLOADS),
            SeriesDescription=payload,
            SeriesNumber=number,
            StudyDate="20260202",
            **(dict(zip(TEXTS, PAYLOADS, strict=True)) if number == 0 else {}),
        )


def contradicting_files() -> Iterator[bytes]:
    """A study for each text that comes under a number which somebody else has."""
    for number, payload in enumerate(PAYLOADS):
        yield dicom_file(
            np.zeros((16, 16), np.uint8),
            study_instance_uid=f"2.25.78{number:02}",
            series_instance_uid=f"2.25.78{number:02}.1",
            PatientName=payload,
            PatientID=f"H-{LAST - number}",
            StudyDescription=payload,
            PatientBirthDate="19800101",
        )


def fill(hospital: Hospital) -> str:
    """Bring every text to where it is kept; the identifier of the report."""
    services = hospital.services
    outcomes = hospital.take_in(*study_files())
    assert {outcome.kind.value for outcome in outcomes} == {"stored"}, outcomes[0]
    held = hospital.take_in(*contradicting_files())
    assert {outcome.kind.value for outcome in held} == {"conflict"}, held[0]
    reader = hospital.sign_in(RADIOLOGIST).caller
    admin = hospital.sign_in(ADMINISTRATOR).caller
    for payload in PAYLOADS:
        services.study_pages.write_note(reader, MANY, payload)
        services.saved_views.keep(reader, payload[:60], WorklistQuery(), shared=False)
        with pytest.raises(Malformed):
            services.worklist_acts.tag(reader, [STUDIES[0]], payload)
    fill_the_house(services, admin)
    fill_the_settings(services, admin)
    report = services.reporting.open_for_study(reader, MANY)
    assert report is not None
    sections = dict.fromkeys(SECTION_NAMES, "\n".join(PAYLOADS))
    services.reporting.save_draft(
        reader, report.report_id, report.draft_version, ReportSections(**sections)
    )
    return report.report_id


def fill_the_house(services: Services, admin: Caller) -> None:
    """Bring every text to where people, their browsers and what is open to them are kept."""
    now = clock.now()
    with services.database.system_write() as session:
        studies = studies_by_uids(session, STUDIES)
        for number, payload in enumerate(PAYLOADS):
            person = add_user(
                session,
                admin,
                display_name=payload,
                email=f"person{number}@people.example",
                password_hash="",
                roles=(BuiltInRole.RADIOLOGIST,),
            )
            services.sessions.start(session, person, Origin("203.0.113.9", payload))
            granted = SharingGrant(
                organization_id=admin.organization_id,
                study_key=studies[STUDIES[number]].id,
                granted_by_user_id=admin.user_id,
                grantee_user_id=person.id,
                permission=Permission.STUDY_VIEW.value,
                reason=payload,
                not_before=now,
                expires_at=now + timedelta(days=1),
            )
            session.add(granted)


def let_support_in_elsewhere(services: Services) -> SignedIn:
    """An organization of each name, which lets support look for that reason; the session of support."""
    now = clock.now()
    with services.database.system_write() as session:
        for number, payload in enumerate(PAYLOADS):
            there = Organization(slug=f"another-{number}", name=payload)
            session.add(there)
            session.flush()
            theirs = User(
                organization_id=there.id,
                email=f"theirs{number}@people.example",
                display_name=payload,
                password_hash="",
                password_changed_at=now,
            )
            session.add(theirs)
            session.flush()
            session.add(
                SupportAccess(
                    organization_id=there.id,
                    allowed_by_user_id=theirs.id,
                    reason=payload,
                    expires_at=now + timedelta(days=1),
                )
            )
    sam = services.support.add_account(
        display_name="Sam Support", email="sam@operator.example", password=PASSWORD
    )
    return sign_in_elsewhere(services, sam.user_id)


def fill_the_settings(services: Services, admin: Caller) -> None:
    """Bring every text to where people, roles, programs and reasons are kept."""
    nurse = replace(
        admin,
        roles=(BuiltInRole.CARE_TEAM,),
        permissions=frozenset({Permission.STUDY_VIEW, Permission.EMERGENCY_OPEN}),
    )
    for number, payload in enumerate(PAYLOADS):
        services.support.allow(admin, payload, 1)
        ask = EmergencyAsk(patient_id=f"H-{number}", birth_date="19700101", reason=payload)
        services.emergencies.open(nurse, ask)
    with services.database.write(admin.organization_id) as session:
        for number, payload in enumerate(PAYLOADS):
            session.add(Role(name=payload[:60]))
            session.add(
                JoinRequest(
                    email=f"newcomer{number}@people.example",
                    display_name=payload,
                    wished_role="radiologist",
                    phone=payload[:40],
                    specialty=payload,
                    password_hash="-",
                    confirmed_at=clock.now(),
                )
            )
            program = add_user(
                session,
                admin,
                display_name=payload,
                email=f"program{number}@people.example",
                password_hash="",
                roles=(BuiltInRole.TECHNOLOGIST,),
            )
            program.is_service = True
            program_id = program.id
    # Nobody has more than twenty tokens.
    scopes = (Permission.STUDY_VIEW.value,)
    for mine, its in zip(PAYLOADS[::2], PAYLOADS[1::2], strict=True):
        services.tokens.create(admin, name=mine, scopes=scopes, days=1)
        services.tokens.create_for(admin, program_id, name=its, scopes=scopes, days=1)
    demands = services.organization.view(admin).policies
    named = replace(demands, name=PAYLOADS[1])
    fingerprint = services.organization.preview(admin, named).fingerprint
    services.organization.carry_out(admin, named, fingerprint)


@pytest.fixture(scope="module")
def ward(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    data_dir = Path(tmp_path_factory.mktemp("injection")) / "data"
    data_dir.mkdir(mode=0o700)
    mark_loaded(Settings(data_dir=data_dir))
    hospital = Hospital(data_dir)
    report_id = fill(hospital)
    hospital.close()
    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD) as served:
        # A demo with other organizations beside its own does not start.
        services = bootstrap.build(Settings(data_dir=data_dir))
        support = let_support_in_elsewhere(services)
        bootstrap.close(services)
        yield Ward(House(served, data_dir), report_id, support)


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
