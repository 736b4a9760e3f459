"""Uploads in Chromium: a server that dies under them, a tab that is closed, and nothing lost or sent again for nothing."""

import re
import signal
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

from tests.browser.visits import DESK, TABLET, TECHNOLOGIST, House, Screen, Visits, wait_until
from tests.data_dirs import prepare_demo
from tests.dicom.test_attachments import pdf
from tests.served import DEMO_PASSWORD, run_command, serving
from tests.viewing_hospital import ct_slice

SLICES = 120
LARGE_SLICES = 40
DROPPED = 110
LONG_BYTES = 60_000_000
LINE_BYTES = 2_000_000  # a second
TOLD = re.compile(
    r"(?P<sent>[\d.]+) (?P<sent_unit>kB|MB) of 60 MB"
    r" · (?P<rate>[\d.]+) (?P<rate_unit>kB|MB)/s · (?P<left>\d+) (?P<left_unit>s|min|h) left"
)
UNITS = {"kB": 1e3, "MB": 1e6, "s": 1, "min": 60, "h": 3600}
PART = re.compile(rb'filename="([^"]+)"')
# Whether the browser has written down that so many files were answered.
ANSWERED = """
count => new Promise((resolve, reject) => {
    const opening = indexedDB.open("pacscribe-uploads");
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
        const journal = opening.result;
        const counting = journal.transaction("answered").objectStore("answered").count();
        counting.onsuccess = () => resolve(counting.result >= count);
        journal.close();
    };
})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with small images, a letter, and an archive that is large enough to go in pieces."""
    folder = tmp_path / "disc"
    (folder / "head").mkdir(parents=True)
    for number in range(SLICES):
        octets = ct_slice(number, number + 1, size_px=16, **series(1))
        (folder / "head" / f"IM{number}").write_bytes(octets)
    (folder / "letter.txt").write_text("Dear colleague")
    with zipfile.ZipFile(folder / "large.zip", "w", zipfile.ZIP_STORED) as archive:
        for number in range(LARGE_SLICES):
            archive.writestr(f"IM{number}", ct_slice(number, number + 1, size_px=512, **series(2)))
    return folder


def series(number: int) -> dict[str, str]:
    return {
        "study_instance_uid": "2.25.4700",
        "series_instance_uid": f"2.25.470{number}",
        "PatientName": "Upload^Una",
        "PatientID": "UP-1",
        "PatientBirthDate": "",
    }


def count(page: Page, word: str) -> int:
    entry = page.locator(".count").filter(has=page.locator("dt", has_text=re.compile(f"^{word}$")))
    return int(entry.locator(".count-number").inner_text().replace(",", ""))


def opened(visits: Visits, context=None) -> Page:
    page = (context or visits.context(TECHNOLOGIST)).new_page()
    page.goto("/upload")
    expect(page.get_by_role("button", name="Choose files")).to_be_enabled()
    return page


def finished(page: Page) -> None:
    heading = page.get_by_label("What became of it").get_by_role("status")
    expect(heading).to_have_text("Finished")


def test_a_killed_server_and_a_closed_tab_lose_nothing_and_send_nothing_again(
    browser: Browser, tmp_path: Path, folder: Path
) -> None:
    data_dir = tmp_path / "data"
    prepare_demo(data_dir, DEMO_PASSWORD)
    sent: Counter[str] = Counter()  # small files whose request came to its end
    offsets: list[int] = []

    def ended(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/uploads"):
            sent.update(name.decode() for name in PART.findall(request.post_data_buffer or b""))
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD) as served:
        visits = Visits(browser, House(served, data_dir))
        context = visits.context(TECHNOLOGIST)
        page = opened(visits, context)
        # The archive's first octets arrive; then the connection is gone for what follows.
        context.route("**/api/v1/tus/*", lambda route: route.abort())
        context.on("requestfinished", ended)
        page.get_by_test_id("upload-folder").set_input_files(folder)
        expect(page.get_by_text("No connection")).to_be_visible()
        page.wait_for_function(ANSWERED, arg=SLICES + 1)
        # The browser tells of a request after the page has its answer.
        wait_until(page, lambda: len(sent) >= SLICES + 1)
        served.stop(signal.SIGKILL)
        page.close(run_before_unload=False)
    with serving(data_dir, "--demo", port=served.port, PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD):
        context.unroute("**/api/v1/tus/*")
        page = opened(visits, context)
        unfinished = page.get_by_label("Not finished")
        expect(unfinished).to_contain_text(f"{SLICES + 1} of {SLICES + 2} files")
        expect(unfinished).to_contain_text("large.zip")
        page.get_by_test_id("upload-folder").set_input_files(folder)
        finished(page)
        assert {word: count(page, word) for word in ("Stored", "Stored already", "Skipped")} == {
            "Stored": SLICES + LARGE_SLICES,
            "Stored already": 0,
            "Skipped": 1,
        }
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the report").click()
        report = Path(download.value.path()).read_text("utf-8-sig").splitlines()
        assert len(report) == 1 + SLICES + LARGE_SLICES + 1
        page.reload()
        expect(page.get_by_role("button", name="Choose files")).to_be_enabled()
        expect(page.get_by_label("Not finished")).to_have_count(0)
        # Asked for last: the browser tells of a request after the page has its answer.
        assert sent == dict.fromkeys(sent, 1)
        assert len(sent) == SLICES + 1
        assert offsets == [0]
        page.close()
        a_letter_is_attached_in_two_tabs(context, tmp_path / "letter.pdf")
        visits.close()
    found = run_command("import", "--data-dir", str(data_dir), "--json", str(folder))
    assert f'"duplicate": {SLICES + LARGE_SLICES}' in found.stdout.splitlines()[-1]


def a_letter_is_attached_in_two_tabs(context: BrowserContext, letter: Path) -> None:
    letter.write_bytes(pdf(b"% " + b"x" * 300_000 + b"\n"))
    begun: list[str] = []
    context.on(
        "request",
        lambda each: begun.append(each.url) if "/api/v1/attachments/" in each.url else None,
    )

    def opened() -> tuple[Page, Locator]:
        page = context.new_page()
        with page.expect_response("**/api/v1/tus"):
            page.goto("/attachments/2.25.4700")
        return page, page.get_by_role("form", name="Attach a file")

    def sent(form: Locator) -> None:
        expect(form.get_by_text("Upload, Una · UP-1 · Head · 2026-01-02")).to_be_visible()
        form.get_by_label("File", exact=True).set_input_files(letter)
        form.get_by_role("checkbox").check()
        form.get_by_role("button", name="Attach").click()

    context.route("**/api/v1/tus/*", lambda route: route.abort())
    page, form = opened()
    form.get_by_label("Title").fill("Letter")
    form.get_by_label("No", exact=True).check()
    sent(form)
    expect(form.get_by_role("status")).to_contain_text("No connection")
    page.close(run_before_unload=False)
    context.unroute("**/api/v1/tus/*")
    page, form = opened()
    expect(form.get_by_label("Not finished")).to_contain_text("letter.pdf")
    expect(form.get_by_label("Title")).to_have_value("Letter")
    sent(form)
    expect(page.get_by_label("Documents of this study").get_by_text("Letter")).to_be_visible()
    expect(form.get_by_label("Not finished")).to_have_count(0)
    assert len(begun) == 1  # the second tab went on with it
    # The viewer has no image of it, and says where it is read.
    page.goto("/viewer/2.25.4700")
    page.get_by_role("navigation", name="Series").get_by_role("button", name="DOC").click()
    page.get_by_test_id("viewport").get_by_role("link", name="Open documents").click()
    page.wait_for_url("**/attachments/2.25.4700")
    page.close()


def test_a_paused_upload_waits_and_goes_on_and_every_key_reaches_it(
    visits: Visits, folder: Path
) -> None:
    visits.allow("net::ERR_FAILED")  # the connection that is broken on purpose
    page = opened(visits)
    page.context.route("**/api/v1/uploads", lambda route: route.abort())
    page.get_by_test_id("upload-folder").set_input_files(folder / "head")
    expect(page.get_by_text("No connection")).to_be_visible()
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_label("What became of it").get_by_role("status")).to_have_text("Paused")
    page.context.unroute("**/api/v1/uploads")
    page.get_by_role("button", name="Go on").press("Enter")
    finished(page)
    assert count(page, "Stored") == SLICES
    files = page.get_by_role("region", name="Files")
    files.focus()
    files.press("End")
    expect(page.get_by_role("listitem").filter(has_text=f"IM{SLICES - 1}")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=re.compile("IM0$"))).to_have_count(0)
    row = files.get_by_role("listitem").first
    assert row.evaluate("it => it.clientHeight") < 50
    page.set_viewport_size({"width": TABLET.width, "height": TABLET.height})  # it is turned round
    wait_until(page, lambda: row.evaluate("it => it.clientHeight") > 60)


def test_the_page_says_how_fast_it_goes_and_how_long_it_takes(
    visits: Visits, tmp_path: Path
) -> None:
    archive = tmp_path / "large.zip"
    archive.write_bytes(b"PK\x03\x04" + bytes(LONG_BYTES - 4))
    page = opened(visits)
    tools = page.context.new_cdp_session(page)
    line = {"offline": False, "latency": 0, "downloadThroughput": -1}
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", {**line, "uploadThroughput": LINE_BYTES})
    page.get_by_test_id("upload-files").set_input_files(archive)
    told = page.get_by_text(re.compile("/s .* left$"))
    expect(told).to_be_visible()
    said = TOLD.search(told.inner_text())
    assert said is not None
    sent_bytes = float(said["sent"]) * UNITS[said["sent_unit"]]
    bytes_per_second = float(said["rate"]) * UNITS[said["rate_unit"]]
    seconds = float(said["left"]) * UNITS[said["left_unit"]]
    # What is under way counts as sent, so that the first seconds seem quicker than the line.
    assert bytes_per_second < 4 * LINE_BYTES
    to_send = LONG_BYTES - sent_bytes
    assert abs(seconds * bytes_per_second - to_send) < 0.25 * to_send
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("You stopped the upload.").first).to_be_visible()
    heading = page.get_by_label("What became of it").get_by_role("status")
    expect(heading).to_have_text("Not everything was sent")
    expect(told).to_have_count(0)


def dropped(page: Page, *paths: Path) -> None:
    """Drag files and folders of this machine over the page, and let them go there."""
    box = page.get_by_label("Upload area").bounding_box()
    assert box is not None
    tools = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        if step == "drop":
            expect(page.locator(".uploader-over")).to_be_visible()
        tools.send(
            "Input.dispatchDragEvent",
            {
                "type": step,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": {
                    "items": [],
                    "files": [str(path) for path in paths],
                    "dragOperationsMask": 1,
                },
            },
        )
    tools.detach()


@pytest.mark.parametrize("screen", [DESK, TABLET], ids=lambda screen: screen.name)
def test_dropped_folders_are_stopped_and_what_was_not_sent_is_sent_again(
    visits: Visits, tmp_path: Path, screen: Screen
) -> None:
    visits.allow("net::ERR_FAILED")  # the connection that is broken on purpose
    uids = {"study_instance_uid": f"2.25.48{screen.width}"}
    disc = tmp_path / "disc"
    (disc / "a" / "b").mkdir(parents=True)
    for number in range(DROPPED):  # more than a browser gives of a folder at a time
        place = disc / "a" / "b" / f"IM{number}"
        place.write_bytes(
            ct_slice(number, number + 1, size_px=16, **{**series(screen.width), **uids})
        )
    (disc / "a" / "letter.txt").write_text("Dear colleague")
    alone = tmp_path / "alone"
    alone.write_bytes(ct_slice(0, 1, size_px=16, **{**series(screen.height), **uids}))
    page = opened(visits, visits.context(TECHNOLOGIST, screen))
    page.context.route("**/api/v1/uploads", lambda route: route.abort())
    dropped(page, disc, alone)
    expect(page.get_by_text("No connection")).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("You stopped the upload.").first).to_be_visible()
    page.context.unroute("**/api/v1/uploads")
    again = page.get_by_role("button", name=f"Send again ({DROPPED + 2})")
    again.click()
    expect(again).to_have_count(0)  # before, it is over as well
    finished(page)
    assert [count(page, word) for word in ("Stored", "Skipped", "Refused")] == [DROPPED + 1, 1, 0]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the report").click()
    report = Path(download.value.path()).read_text("utf-8-sig")
    assert f'"disc/a/b/IM{DROPPED - 1}"' in report
    assert '"alone"' in report
