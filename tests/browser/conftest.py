"""The served house and the visits to it. Server and browser are shared by all tests of pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from backend import bootstrap
from backend.bootstrap import Services
from backend.settings import Settings
from tests.browser.examiner import Examiner
from tests.browser.studies import shipped_files
from tests.browser.viewer_hands import take_in
from tests.browser.visits import House, Lender, Visits
from tests.data_dirs import prepare_demo
from tests.served import DEMO_PASSWORD, chromium, serving


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    path = chromium()
    if path is None:
        pytest.skip("Chromium is not installed")
    return path


@pytest.fixture(scope="session")
def house(chromium_path: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data_dir = tmp_path_factory.mktemp("house") / "data"
    # The demo's own studies take a minute to draw; these tests bring theirs.
    prepare_demo(data_dir, DEMO_PASSWORD)
    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD) as served:
        house = House(served, data_dir)
        assert house.take_in(*shipped_files())["stored"] == len(shipped_files())
        yield house


@pytest.fixture(scope="module")
def services(house: House) -> Iterator[Services]:
    """What the house does, beside its pages: to make people, and to have time pass."""
    services = bootstrap.build(Settings(data_dir=house.data_dir))
    yield services
    bootstrap.close(services)


@pytest.fixture(scope="session")
def study_for_hands(house: House, tmp_path_factory: pytest.TempPathFactory) -> str:
    return take_in(house, tmp_path_factory.mktemp("hands"))


# Of this package, not of the session: Playwright's loop would forbid later tests a loop of their own.
@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path,
            args=[
                "--no-sandbox",
                "--process-per-site",
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lender(browser: Browser, house: House) -> Iterator[Lender]:
    lender = Lender(browser, house)
    yield lender
    lender.close()


@pytest.fixture
def visits(browser: Browser, house: House, lender: Lender) -> Iterator[Visits]:
    visits = Visits(browser, house, lender)
    yield visits
    visits.close()
    assert visits.troubles == []


@pytest.fixture
def examiner() -> Iterator[Examiner]:
    """Whatever it finds on a page fails the test."""
    examiner = Examiner()
    yield examiner
    assert examiner.findings == [], "\n".join(examiner.findings)
