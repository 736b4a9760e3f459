"""A server that restarts under an open viewer: the image stays, the line is found again, and the page goes on."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.studies import made_slice
from tests.browser.visits import RADIOLOGIST, House, Visits, on_glass, wait_for_glass
from tests.data_dirs import prepare_demo
from tests.dicom_files import written
from tests.served import DEMO_PASSWORD, run_command, serving

STUDY = "2.25.7201"
IMAGES = 6


# The page's own tries to reach its state come ever later. From the first that would come after a second, they do not come.
_GIVES_UP = """() => {
    const later = window.setTimeout;
    window.setTimeout = (act, ms, ...rest) => {
        if (!(ms >= 1000 && ms % 200 === 0)) return later(act, ms, ...rest);
        window.hasGivenUp = true;
        return 0;
    };
}"""


def test_the_viewer_goes_on_after_its_server_was_restarted(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    data_dir = tmp_path / "data"
    prepare_demo(data_dir, DEMO_PASSWORD)
    for number in range(1, IMAGES + 1):
        dataset = made_slice(
            number,
            rows=64,
            StudyInstanceUID=STUDY,
            SeriesInstanceUID=f"{STUDY}.1",
            SOPInstanceUID=f"{STUDY}.1.{number}",
        )
        (tmp_path / f"{number}.dcm").write_bytes(written(dataset))
    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD) as first:
        files = [str(tmp_path / f"{number}.dcm") for number in range(1, IMAGES + 1)]
        done = run_command("import", "--data-dir", str(data_dir), *files)
        assert done.returncode == 0, done.stdout + done.stderr
        visits = Visits(browser, House(first, data_dir))
        visits.allow("WebSocket|Failed to load resource|ERR_")
        page = visits.page(RADIOLOGIST)
        page.goto(f"/viewer/{STUDY}")
        wait_for_glass(page, "data.fidelity === 'lossless'")
        canvas = page.get_by_test_id("viewport").locator(".viewport-canvas")
        canvas.hover()
        page.mouse.wheel(0, 100)
        page.wait_for_url(re.compile(r"[?&]i1=2"))
        before = wait_for_glass(page, "data.imageIndex === '2' && data.fidelity === 'lossless'")
        page.evaluate("window.isTheSamePage = true")
        page.evaluate(_GIVES_UP)
        port = first.port
    expect(page.get_by_text("Connection lost, trying again").first).to_be_visible()
    assert on_glass(page)["sopInstanceUid"] == before["sopInstanceUid"]
    page.mouse.wheel(0, 100)
    page.wait_for_function("() => window.hasGivenUp")
    with serving(data_dir, "--demo", port=port, PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD):
        wait_for_glass(page, "data.imageIndex === '3' && data.fidelity === 'lossless'")
        expect(page.locator(".viewport-line")).to_have_count(0)
        # The state was made anew from the address: whose images these are, and what buttons do.
        expect(page.locator(".corner--patient")).to_contain_text("T-1")
        canvas.focus()
        page.keyboard.press("r")
        page.wait_for_url(re.compile(r"[?&]r1=90"))
        assert page.evaluate("window.isTheSamePage")
        visits.close()
    assert visits.troubles == []
