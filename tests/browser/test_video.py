"""A video in Chromium: played, sought and stepped through, with the true frame number; what is not played says why."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.visits import (
    PHONE,
    RADIOLOGIST,
    TABLET,
    TECHNOLOGIST,
    House,
    Screen,
    Visits,
    choose_layout,
    wait_for_glass,
)
from tests.videos import (
    FRAMES,
    H264,
    HEVC,
    MPEG2,
    STUDY,
    clip,
    decoded_pixels,
    require_ffmpeg,
    video_file,
)

_KINDS = {"mp4": H264, "ts": H264, "uneven": H264, "mpeg2": MPEG2, "hevc": HEVC}


@pytest.fixture(scope="module")
def films(house: House, tmp_path_factory: pytest.TempPathFactory) -> House:
    require_ffmpeg()
    folder = tmp_path_factory.mktemp("films")
    for number, (kind, syntax) in enumerate(_KINDS.items(), start=1):
        octets = video_file(
            clip(kind),
            syntax,
            fragments=2,
            sop_instance_uid=f"{STUDY}.{number}.1",
            series_instance_uid=f"{STUDY}.{number}",
            SeriesNumber=number,
            SeriesDescription=f"Clip {kind}",
        )
        (folder / f"{kind}.dcm").write_bytes(octets)
    assert house.take_in(folder) == {"stored": len(_KINDS)}
    return house


@pytest.fixture
def page(films: House, visits: Visits) -> Page:
    page = visits.page(RADIOLOGIST)
    page.goto(f"/viewer/{STUDY}")
    wait_for_glass(page, "data.frameNumber === '1'")
    return page


def choose(page: Page, kind: str) -> None:
    page.get_by_role("button", name=f"Clip {kind}").first.click()


def is_shown(frame: int) -> str:
    return f"data.frameNumber === '{frame}'"


def test_a_video_is_played_sought_and_stepped_through(page: Page) -> None:
    glass = wait_for_glass(page, is_shown(1))
    assert glass["fidelity"] == "lossy"
    assert glass["imageCount"] == str(FRAMES)
    assert glass["sopInstanceUid"] == f"{STUDY}.1.1"
    page.keyboard.press("ArrowDown")
    wait_for_glass(page, is_shown(2))
    page.keyboard.press("Shift+ArrowDown")
    wait_for_glass(page, is_shown(12))
    page.keyboard.press("End")
    wait_for_glass(page, is_shown(FRAMES))
    page.get_by_role("slider", name="Place in the video").fill("20")
    wait_for_glass(page, is_shown(20))
    page.get_by_role("button", name="One frame back").click()
    wait_for_glass(page, is_shown(19))
    _the_picture_is_the_one_of_the_frame(page, 19)
    page.locator("canvas").first.focus()
    page.keyboard.press("c")
    wait_for_glass(page, "Number(data.frameNumber) > 22")
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.wait_for_function("document.querySelector('video').paused")
    _every_paint_was_marked_with_its_frame(page)


def _the_picture_is_the_one_of_the_frame(page: Page, frame: int) -> None:
    """Of all frames that another decoder finds in the film, the one on the glass is nearest to that of its number."""
    seen = page.evaluate(
        """() => {
            const video = document.querySelector("video");
            const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
            const context = canvas.getContext("2d");
            context.drawImage(video, 0, 0);
            return [...context.getImageData(0, 0, canvas.width, canvas.height).data];
        }"""
    )
    picture = np.array(seen, np.int16).reshape(120, 160, 4)[..., :3]
    apart = [np.abs(picture - each).mean() for each in decoded_pixels(clip("mp4"), 120, 160)]
    assert int(np.argmin(apart)) == frame - 1


def _every_paint_was_marked_with_its_frame(page: Page) -> None:
    marked = page.evaluate(
        "performance.getEntriesByName('pacscribe.paint').map(({detail}) => [detail.frameNumber, detail.fidelity])"
    )
    frames = [frame for frame, fidelity in marked if fidelity == "lossy"]
    assert {1, 2, 12, 19, 20, FRAMES} <= set(frames)


def test_a_transport_stream_plays_as_well_and_frames_that_come_unevenly_keep_their_numbers(
    page: Page,
) -> None:
    choose(page, "ts")
    wait_for_glass(page, f"data.sopInstanceUid === '{STUDY}.2.1' && {is_shown(1)}")
    page.locator("canvas").first.focus()
    page.keyboard.press("End")
    wait_for_glass(page, is_shown(FRAMES))
    choose(page, "uneven")
    wait_for_glass(page, f"data.sopInstanceUid === '{STUDY}.3.1' && {is_shown(1)}")
    page.locator("canvas").first.focus()
    for frame in range(2, 7):
        page.keyboard.press("ArrowDown")
        wait_for_glass(page, is_shown(frame))


def test_what_is_not_played_says_why_and_whoever_may_takes_the_stream_away(
    page: Page, visits: Visits
) -> None:
    choose(page, "mpeg2")
    expect(page.get_by_text("This video is MPEG-2, which browsers do not play.")).to_be_visible()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the video as it was stored").click()
    assert Path(started.value.path()).read_bytes() == clip("mpeg2")
    choose(page, "hevc")
    expect(
        page.get_by_text("This video is HEVC, which this browser does not play.")
    ).to_be_visible()
    other = visits.page(TECHNOLOGIST)
    other.goto(f"/viewer/{STUDY}?layout=1x1&s1={STUDY}.4")
    expect(other.get_by_text("This video is MPEG-2, which browsers do not play.")).to_be_visible()
    expect(other.get_by_role("link", name="Download the video")).to_have_count(0)


@pytest.mark.parametrize("screen", [TABLET, PHONE], ids=lambda screen: screen.name)
def test_the_controls_have_names_are_large_enough_for_fingers_and_cover_no_text(
    films: House, visits: Visits, screen: Screen
) -> None:
    page = visits.page(RADIOLOGIST, screen)
    page.goto(f"/viewer/{STUDY}?layout=1x1&s1={STUDY}.1")
    wait_for_glass(page, is_shown(1))
    controls = page.get_by_role("group", name="Video")
    for button in controls.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert box["width"] >= 44
        assert box["height"] >= 44
        expect(button).to_have_accessible_name(re.compile(r"\w"))
    top = controls.bounding_box()
    for corner in (".corner--state", ".corner--acquisition"):
        text = page.locator(corner).bounding_box()
        assert text is not None
        assert top is not None
        assert text["y"] + text["height"] <= top["y"]


def test_what_is_for_images_only_is_dimmed_over_a_video_and_says_why(page: Page) -> None:
    why = "A video is shown as it was recorded: this is for images only."
    probe = page.get_by_role("button", name="Pixel value: drag a marker")
    expect(probe).to_be_disabled()
    expect(probe).to_have_attribute("title", why)
    expect(page.get_by_role("button", name="Move: drag")).to_be_enabled()
    expect(page.get_by_role("combobox", name="Window preset")).to_be_disabled()
    expect(page.locator("input[name=center]").first).to_be_disabled()
    for key in ("i", "j", "3"):
        page.keyboard.press(key)
        said = page.get_by_role("alert").filter(has_text=why)
        expect(said).to_be_visible()
        said.get_by_role("button").click()
    glass = page.locator("canvas").first.bounding_box()
    assert glass is not None
    middle = glass["x"] + glass["width"] / 2, glass["y"] + glass["height"] / 2
    page.mouse.move(*middle)
    page.keyboard.down("Shift")  # the window, whichever tool is chosen
    page.mouse.down()
    page.mouse.move(middle[0] + 30, middle[1] + 30)
    expect(said).to_be_visible()
    page.mouse.up()
    page.keyboard.up("Shift")
    page.locator("canvas").first.click(button="right")
    entries = page.get_by_role("menu")
    expect(entries.get_by_role("menuitem", name="Invert grey values")).to_be_disabled()
    expect(entries.get_by_role("menuitem", name="Rotate right")).to_be_enabled()


def test_a_study_of_videos_has_the_sign_of_a_film_in_the_worklist(
    films: House, visits: Visits
) -> None:
    page = visits.page(RADIOLOGIST)
    page.goto("/worklist?text=V-1")
    row = page.locator(f'tr[data-study-instance-uid="{STUDY}"]')
    expect(row.locator(".thumbnail .lucide-film")).to_be_visible()


def test_a_larger_layout_shows_the_next_videos_too(page: Page) -> None:
    choose_layout(page, "Two viewports side by side")
    wait_for_glass(page, f"data.sopInstanceUid === '{STUDY}.2.1' && {is_shown(1)}", 1)
