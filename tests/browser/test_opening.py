"""Opening a study in Chromium: the image comes with the click, before the page's state, and is never another study's."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.held_lines import StateLine
from tests.browser.studies import made_slice
from tests.browser.visits import RADIOLOGIST, House, Visits, on_glass, wait_for_glass
from tests.dicom_files import written

FIRST, SECOND = "2.25.7301", "2.25.7302"
IMAGES = 12


@pytest.fixture(scope="module")
def studies(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("studies")
    for study, name in ((FIRST, "First^Anna"), (SECOND, "Second^Berta")):
        for number in range(1, IMAGES + 1):
            dataset = made_slice(
                number,
                rows=128,
                StudyInstanceUID=study,
                SeriesInstanceUID=f"{study}.1",
                SOPInstanceUID=f"{study}.1.{number}",
                PatientName=name,
                PatientID=study,
            )
            (folder / f"{study}-{number}.dcm").write_bytes(written(dataset))
    assert house.take_in(folder) == {"stored": 2 * IMAGES}
    return folder


def row(page: Page, study: str):
    return page.locator(f'tr[data-study-instance-uid="{study}"] a.study-link')


def test_the_image_comes_with_the_click_and_the_state_confirms_it(studies: Path, visits: Visits):
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    page.goto("/worklist")
    expect(row(page, FIRST)).to_be_visible()
    line.to_page.hold()
    row(page, FIRST).click()
    shown = wait_for_glass(page, f"data.studyInstanceUid === '{FIRST}'")
    assert shown["sopInstanceUid"] == f"{FIRST}.1.1"
    assert (shown["imageIndex"], shown["imageCount"]) == ("1", str(IMAGES))
    expect(page.locator(".edge--left")).to_have_text("R")
    expect(page.locator(".viewport .fidelity")).not_to_be_empty()
    assert page.locator(".corner--patient").inner_text() == ""
    # Hands need not wait either, and what they have moved stays when the state has come.
    canvas = page.get_by_test_id("viewport").locator(".viewport-canvas")
    canvas.hover()
    room = canvas.bounding_box()
    page.mouse.wheel(0, 100)
    page.mouse.wheel(0, 100)
    wait_for_glass(page, "data.imageIndex === '3'")
    line.to_page.release()
    expect(page.locator(".corner--patient")).to_contain_text("First")
    page.wait_for_url(re.compile(r"[?&]i1=3"))
    assert on_glass(page)["imageIndex"] == "3"
    expect(page.get_by_role("combobox", name="Window preset").locator("option")).not_to_have_count(
        1
    )
    # The report has come to the place that was kept for it.
    expect(page.get_by_role("complementary", name="Report")).to_be_visible()
    assert canvas.bounding_box() == room


def test_another_study_is_not_shown_with_the_image_of_the_last(studies: Path, visits: Visits):
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    page.goto(f"/viewer/{FIRST}")
    wait_for_glass(page, f"data.studyInstanceUid === '{FIRST}'")
    expect(page.locator(".corner--patient")).to_contain_text("First")
    page.get_by_role("link", name="Worklist").first.click()
    expect(row(page, SECOND)).to_be_visible()
    line.to_page.hold()
    page.evaluate(
        """() => { window.seen = new Set(); new PerformanceObserver((list) => {
          for (const { detail } of list.getEntries()) window.seen.add(detail.studyInstanceUid);
        }).observe({ entryTypes: ['mark'] }); }"""
    )
    row(page, SECOND).click()
    wait_for_glass(page, f"data.studyInstanceUid === '{SECOND}'")
    assert "First" not in page.locator("main").inner_text()
    line.to_page.release()
    expect(page.locator(".corner--patient")).to_contain_text("Second")
    assert page.evaluate("[...window.seen]") == [SECOND]


def test_beside_the_images_of_a_study_there_is_never_the_report_of_the_last(
    studies: Path, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    page.goto(f"/viewer/{FIRST}")
    panel = page.get_by_role("complementary", name="Report")
    expect(panel).to_contain_text("First, Anna")
    page.get_by_role("link", name="Worklist").first.click()
    expect(row(page, SECOND)).to_be_visible()
    line.to_page.hold("report_state")
    row(page, SECOND).click()
    expect(panel).to_have_text("Loading the report")
    line.to_page.release()
    expect(panel).to_contain_text("Second, Berta")


def test_the_page_of_a_study_shows_nothing_of_the_last_one_nor_of_an_earlier_visit(
    studies: Path, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    line = StateLine(page)
    page.goto(f"/study/{FIRST}")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("First, Anna")
    for _ in ("after the first", "for the second time"):
        page.get_by_role("link", name="Worklist").first.click()
        row(page, SECOND).click()
        expect(page.locator(".corner--patient")).to_contain_text("Second")
        line.to_page.hold()
        page.get_by_role("link", name="Second, Berta").click()
        expect(heading).to_have_text("Study")
        expect(page.get_by_label("Series of the object")).to_have_count(0)
        assert "Anna" not in page.locator("body").inner_text()
        line.to_page.release()
        expect(heading).to_have_text("Second, Berta")
        expect(page.get_by_label("Series of the object")).to_be_visible()


def test_an_address_that_asks_for_more_is_shown_as_it_asks(studies: Path, visits: Visits):
    page = visits.page(RADIOLOGIST)
    page.goto(f"/viewer/{FIRST}?s1={FIRST}.1&i1=5&w1=50,300,linear&f1=i")
    data = wait_for_glass(page, "data.fidelity === 'lossless'")
    assert (data["imageIndex"], data["windowCenter"], data["windowWidth"]) == ("5", "50", "300")
    first = page.evaluate("performance.getEntriesByName('pacscribe.paint')[0].detail")
    assert (first["imageIndex"], first["windowCenter"]) == (5, 50)


# A line with a round trip: what the server says of pixels comes 40 ms later.
_FAR = """
const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
Object.defineProperty(WebSocket.prototype, "onmessage", {
    set(answer) {
        set.call(this, (event) => setTimeout(() => answer.call(this, event), this.url.includes("/stream") ? 40 : 0));
    },
});
"""


def test_on_a_far_line_the_next_images_are_asked_for_as_soon_as_the_first_is_there(
    studies: Path, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    page.add_init_script(_FAR)
    asked: list[dict] = []

    def sent(message: str | bytes) -> None:
        said = json.loads(message)
        if said["kind"] == "tile":
            asked.append(said)

    page.on("websocket", lambda line: line.on("framesent", sent) if "/stream" in line.url else None)
    page.goto("/worklist")
    row(page, FIRST).click()
    wait_for_glass(page, "data.fidelity === 'lossless'")
    # Not only once it has rested, when it is asked for again without loss.
    ahead = [each["viewport"].endswith(":ahead") for each in asked]
    lossless = [each["encoding"] == "png" for each in asked]
    assert ahead.index(True) < lossless.index(True)
    assert asked[ahead.index(True)]["sop"] == f"{FIRST}.1.2"


# What the server says of pixels waits until the test lets it through.
_HELD_PIXELS = """
const { set } = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
const isReleased = new Promise((release) => { globalThis.releasePixels = release; });
Object.defineProperty(WebSocket.prototype, "onmessage", {
    set(answer) {
        set.call(this, async (event) => {
            if (this.url.includes("/stream")) await isReleased;
            answer.call(this, event);
        });
    },
});
"""


def test_where_the_state_was_quicker_than_the_image_hands_still_need_not_wait_for_the_description(
    studies: Path, visits: Visits
):
    page = visits.page(RADIOLOGIST)
    page.add_init_script(_HELD_PIXELS)
    held: list[Route] = []
    page.route(
        re.compile(r"/api/v1/studies/[^/]+/series/[^/]+\?stack="), lambda route: held.append(route)
    )
    page.goto("/worklist")
    row(page, FIRST).click()
    expect(page.locator(".corner--patient")).to_contain_text("First")
    page.evaluate("releasePixels()")
    wait_for_glass(page, "data.imageIndex === '1'")
    page.get_by_test_id("viewport").locator(".viewport-canvas").hover()
    page.mouse.wheel(0, 100)
    shown = wait_for_glass(page, "data.imageIndex === '2'")
    assert shown["sopInstanceUid"] == f"{FIRST}.1.2"
    assert len(held) == 1
    held[0].continue_()
    wait_for_glass(page, "data.fidelity === 'lossless'")
