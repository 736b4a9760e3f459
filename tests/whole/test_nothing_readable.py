"""Nothing readable on disk: a patient's name is put in by every door, and looked for in all that the program writes."""

import io
import os
import signal
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect, sync_playwright

from backend.cli.demo_marker import mark_loaded
from backend.settings import Settings
from tests.browser.studies import made_slice
from tests.browser.visits import (
    RADIOLOGIST,
    TECHNOLOGIST,
    House,
    Visits,
    open_study,
    shown,
    with_report,
)
from tests.dicom_files import written
from tests.served import ROOT, Served, chromium, run_command, serving
from tests.uploading import BOUNDARY, Client, multipart
from tests.whole.canary import Canary, family, open_files, sightings

pytestmark = pytest.mark.slow

SLICES = 8


@dataclass
class Watched:
    """An installation with every secret that was put into it."""

    data_dir: Path
    temporary: Path
    password: str
    began: float
    served: Served | None = None
    logs: list[Path] = field(default_factory=list)
    canaries: list[Canary] = field(default_factory=list)

    def new(self, what: str) -> Canary:
        self.canaries.append(Canary.new(what))
        return self.canaries[-1]

    @property
    def variables(self) -> dict[str, str]:
        return {"PACSCRIBE_DEMO_PASSWORD": self.password, "TMPDIR": str(self.temporary)}

    def sightings(self) -> list[str]:
        """Where a secret can be read at this moment."""
        places = [self.data_dir, self.temporary, *self.logs, *self._written_beside()]
        if self.served is not None and self.served.process.poll() is None:
            processes = family(self.served.process.pid)
            places += open_files(processes, self.data_dir, self.temporary, Path("/var/tmp"))
        return sightings(self.canaries, *places)

    def _written_beside(self) -> list[Path]:
        """Files of the front end's build that changed since the test began."""
        build = ROOT / ".web" / "build"
        return [
            each
            for each in build.rglob("*")
            if each.is_file() and each.stat().st_mtime > self.began
        ]

    def run(self, *words: str) -> str:
        done = run_command(*words, "--data-dir", str(self.data_dir), **self.variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    data_dir, temporary = tmp_path / "data", tmp_path / "temporary"
    data_dir.mkdir(mode=0o700)
    temporary.mkdir()
    mark_loaded(Settings(data_dir=data_dir))
    canary = Canary.new("password")
    return Watched(data_dir, temporary, canary.word, time.time(), canaries=[canary])


@contextmanager
def serve(watched: Watched) -> Iterator[Served]:
    with serving(watched.data_dir, "--demo", **watched.variables) as served:
        watched.served = served
        watched.logs.append(served.log)
        # The demo's password is chosen by whoever starts it, and shown to them, once.
        served.log.write_text(served.output().replace(watched.password, "(shown once)"))
        yield served


def study_of(name: str, number: int) -> dict[str, bytes]:
    """Slices of an invented head that say whose they are, in their header and in their file names."""
    uid = f"1.2.826.0.1.3680043.10.1.{number}"
    return {
        f"{name}-{at}.dcm": written(
            made_slice(
                at,
                PatientName=f"{name.title()}^Anna",
                PatientID=name.upper(),
                StudyInstanceUID=uid,
                SeriesInstanceUID=f"{uid}.1",
                SOPInstanceUID=f"{uid}.1.{at}",
                ImageComments=f"Seen by {name}",
            )
        )
        for at in range(1, SLICES + 1)
    }


def test_an_upload_can_be_read_nowhere_while_it_arrives_or_after_or_when_it_is_killed(watched):
    name = watched.new("patient name of the upload")
    octets = multipart(study_of(name.word, 1))
    assert name.word.encode() in octets.lower()
    seen: list[str] = []

    def slowly() -> Iterator[bytes]:
        # The last file stops in its middle.
        cut = len(octets) - len(octets) // SLICES // 2
        for start in range(0, cut, 65536):
            yield octets[start : min(cut, start + 65536)]
        wait_for_staging(watched)
        seen.extend(watched.sightings())
        yield octets[cut:]

    with serve(watched) as served:
        client = Client(served, TECHNOLOGIST, watched.password)
        watched.canaries.append(Canary("session token", client.token))
        assert seen == []
        lines = client.upload(slowly(), BOUNDARY)
        assert sum('"stored"' in line for line in lines) == SLICES
        assert seen == []
        assert watched.sightings() == []

        killed = watched.new("patient name of the upload that is killed")
        broken = multipart(study_of(killed.word, 2))

        def until_killed() -> Iterator[bytes]:
            yield broken[: len(broken) // 2]
            wait_for_staging(watched)
            seen.extend(watched.sightings())
            for process_id in reversed(family(served.process.pid)):
                with suppress(ProcessLookupError):  # what it was for is gone, and so is it
                    os.kill(process_id, signal.SIGKILL)
            served.process.wait()

        with pytest.raises(httpx.HTTPError):
            client.upload(until_killed(), BOUNDARY)
    assert seen == []
    assert watched.sightings() == []

    # What was acknowledged is still there, what was not is swept away, and the trail is whole.
    with serve(watched) as served:
        wait_until(lambda: not staged_bytes(watched), "What was left behind is not swept away.")
        client = Client(served, TECHNOLOGIST, watched.password)
        lines = client.upload(iter([octets]), BOUNDARY)
        assert sum('"duplicate"' in line for line in lines) == SLICES
    watched.run("audit", "verify")
    assert watched.sightings() == []


def staged_bytes(watched: Watched) -> int:
    """Octets that have arrived and are in no study yet."""
    sizes = [0]
    for folder, _, names in os.walk(watched.data_dir / "staging"):
        for name in names:
            with suppress(FileNotFoundError):  # taken in meanwhile
                sizes.append(Path(folder, name).stat().st_size)
    return sum(sizes)


def wait_for_staging(watched: Watched) -> None:
    """Wait until what was sent has reached the disk, sealed: else there would be nothing to find."""
    wait_until(
        lambda: staged_bytes(watched) > 100_000,
        "Nothing arrives in the staging area.",
    )


def wait_until(is_so: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if is_so():
            return
        time.sleep(0.05)
    raise AssertionError(otherwise)


def test_an_import_can_be_read_nowhere(watched, tmp_path):
    with serve(watched):
        pass  # makes the demo's organization
    name = watched.new("patient name of the import")
    folder = tmp_path / "to be imported"
    folder.mkdir()
    files = study_of(name.word, 3)
    with zipfile.ZipFile(folder / "study.zip", "w") as archive:
        for file_name, octets in list(files.items())[2:]:
            archive.writestr(file_name, octets)
    for file_name, octets in list(files.items())[:2]:
        (folder / file_name).write_bytes(octets)
    output = watched.run("import", str(folder))
    assert f"{SLICES} stored" in output
    assert watched.sightings() == []


@pytest.mark.browser
@pytest.mark.skipif(chromium() is None, reason="Chromium is not installed")
def test_a_day_of_work_can_be_read_nowhere(watched):
    name = watched.new("patient name")
    findings = watched.new("findings")
    searched = watched.new("search text")
    files = study_of(name.word, 4)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        for file_name, octets in files.items():
            zipped.writestr(file_name, octets)
    with serve(watched) as served:
        house = House(served, watched.data_dir)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
            )
            visits = Visits(browser, house)
            page = visits.page()
            page.goto("/sign-in")
            visits.sign_in(page, RADIOLOGIST, watched.password)
            page.wait_for_url("**/worklist")
            cookie = page.context.cookies()[0]
            watched.canaries.append(Canary("session token", cookie["value"]))
            page.goto("/upload")
            page.get_by_test_id("upload-files").set_input_files(
                {
                    "name": f"{name.word}.zip",
                    "mimeType": "application/zip",
                    "buffer": archive.getvalue(),
                }
            )
            expect(page.locator(".count-number").first).to_have_text(str(SLICES))
            assert watched.sightings() == []
            for words in (searched.word, name.word):
                page.goto("/worklist")
                expect(page.locator(".worklist-count")).to_be_visible()
                page.get_by_role("searchbox").fill(words)
                page.get_by_role("searchbox").press("Enter")
                page.wait_for_url("**q=**")
            expect(page.locator("tr[data-study-instance-uid]")).to_have_count(1)
            assert watched.sightings() == []
            open_study(page, "1.2.826.0.1.3680043.10.1.4")
            page.mouse.wheel(0, 120)
            shown(page)
            with_report(page)
            page.get_by_label("Findings", exact=True).fill(f"Seen: {findings.word}.")
            page.get_by_label("Impression", exact=True).fill("Nothing.")
            expect(page.get_by_test_id("report-status")).to_contain_text("Saved ")
            assert watched.sightings() == []
            page.get_by_role("button", name="Sign…").click()
            dialog = page.get_by_role("dialog")
            dialog.get_by_label("Your password").fill(watched.password)
            dialog.get_by_role("button", name="Sign", exact=True).click()
            link = page.get_by_role("link", name="PDF")
            answer = page.request.get(link.get_attribute("href"))
            assert answer.ok
            assert answer.body().startswith(b"%PDF")
            assert watched.sightings() == []
            visits.close()
            browser.close()
        assert visits.troubles == []
    assert watched.sightings() == []
