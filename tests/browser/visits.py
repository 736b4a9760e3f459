"""What tests of pages share: sizes of screens, people, a served house with studies in it, and their visits in Chromium."""

import json
import os
import re
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    WebSocket,
    expect,
)

from tests.served import DEMO_PASSWORD, Served
from tests.uploading import BOUNDARY, Client, multipart

ADMINISTRATOR = "admin@demo.example"
RADIOLOGIST = "radiologist@demo.example"
SECOND_RADIOLOGIST = "radiologist2@demo.example"
TECHNOLOGIST = "technologist@demo.example"
CLINICIAN = "clinician@demo.example"

WAIT_MS = 60_000
"""The end of waiting on a busy machine; nothing is waited for that does not come."""
LOOK_AGAIN_AFTER_MS = 20
expect.set_options(timeout=WAIT_MS)
SIGNED_IN_ANEW_AFTER_SECONDS = 240
"""Long before a proof of who one is and an unused session run out, however slow the machine and long the run."""
SLOWNESS = float(os.environ.get("SLOW_BROWSER", "1"))
"""How many times slower than this machine pages are: tests that pass at 6 do not depend on how long something takes."""
LATE_MS = int(os.environ.get("LATE_SERVER_MS", "0"))
"""How much later than it comes a page gets what the server says: tests that pass at 1000 wait for what they need."""
_LATE = """
(() => {
    const later = (target, answer) => event => setTimeout(() => answer.call(target, event), LATE_MS);
    for (const name of ["onopen", "onmessage", "onclose"]) {
        const {set} = Object.getOwnPropertyDescriptor(WebSocket.prototype, name);
        Object.defineProperty(WebSocket.prototype, name, {
            configurable: true,
            set(answer) { set.call(this, answer && later(this, answer)); },
        });
    }
    const ask = fetch;
    globalThis.fetch = async (...words) => {
        const answer = await ask(...words);
        await new Promise(resolve => setTimeout(resolve, LATE_MS));
        return answer;
    };
})()
""".replace("LATE_MS", str(LATE_MS))


@dataclass(frozen=True)
class Screen:
    """A size that PACScribe must look right at."""

    name: str
    width: int
    height: int
    has_touch: bool = False
    ratio: float = 1  # device pixels per CSS pixel


DESK = Screen("desk", 1440, 900)
SMALL = Screen("small", 1024, 768)
TABLET = Screen("tablet", 820, 1180, has_touch=True)
SCREENS = (DESK, SMALL, TABLET)
PHONE = Screen("phone", 390, 844, has_touch=True)
SHARP = Screen("sharp", 1440, 900, ratio=2)


@dataclass
class House:
    """A running demo with a few small studies."""

    served: Served
    data_dir: Path
    # When somebody has signed in, and their browser's storage since.
    states: dict[str, tuple[float, dict]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.served.url

    def take_in(self, *paths: Path) -> Counter[str]:
        """Send files, or those in folders, as a technologist does; how many had which outcome."""
        files = [
            each for path in paths for each in (sorted(path.iterdir()) if path.is_dir() else [path])
        ]
        return self.take_in_octets(
            {f"{n} {file.name}": file.read_bytes() for n, file in enumerate(files)}
        )

    def take_in_octets(self, files: dict[str, bytes]) -> Counter[str]:
        """Send files that lie nowhere, by name; how many had which outcome."""
        body = multipart(files)
        lines = Client(self.served, TECHNOLOGIST, DEMO_PASSWORD).upload(iter([body]), BOUNDARY)
        outcomes = [json.loads(line) for line in lines]
        return Counter(outcome["kind"] for outcome in outcomes if "kind" in outcome)


class Lender:
    """Browsers of people's own, lent from visit to visit: opening one takes longer than most pages.

    Nothing stays in them but files that are the same for everybody, and a first page that nobody uses. As long as it is there,
    Chromium keeps the process that draws the pages of this browser, and with it the compiled scripts: a page costs a fifth less.
    """

    def __init__(self, browser: Browser, house: House) -> None:
        self._browser = browser
        self._house = house
        self._idle: dict[tuple[Screen, str], list[BrowserContext]] = {}

    def lend(self, screen: Screen, theme: str) -> BrowserContext:
        idle = self._idle.setdefault((screen, theme), [])
        if idle:
            return idle.pop()
        context = new_context(self._browser, self._house, screen, theme)
        context.new_page().goto("/favicon.svg")
        return context

    def take_back(self, context: BrowserContext, screen: Screen, theme: str) -> None:
        for page in context.pages[1:]:
            page.close()
        context.clear_cookies()
        context.clear_permissions()
        self._idle[screen, theme].append(context)

    def close(self) -> None:
        """Take them out of the browser, which others go on with."""
        for idle in self._idle.values():
            for context in idle:
                context.close()
        self._idle.clear()

    def empty_page(self, context: BrowserContext) -> Page:
        """A page in a browser that remembers nothing of what others did in it."""
        page = context.new_page()
        tools = context.new_cdp_session(page)
        tools.send(
            "Storage.clearDataForOrigin",
            {"origin": self._house.url, "storageTypes": "local_storage,indexeddb"},
        )
        tools.detach()
        return page


def new_context(
    browser: Browser, house: House, screen: Screen, theme: str, state: dict | None = None
) -> BrowserContext:
    context = browser.new_context(
        base_url=house.url,
        viewport={"width": screen.width, "height": screen.height},
        device_scale_factor=screen.ratio,
        has_touch=screen.has_touch,
        is_mobile=screen.has_touch,
        storage_state=state,
    )
    context.set_default_timeout(WAIT_MS)
    context.set_default_navigation_timeout(WAIT_MS)
    if theme:
        context.add_init_script(
            # Only where nobody has chosen yet, so that a choice outlives a reload in the test as well; an
            # empty page has no storage.
            "if (origin !== 'null' && !localStorage.getItem('last_compiled_theme')) {"
            f"localStorage.setItem('last_compiled_theme', 'dark'); localStorage.setItem('theme', '{theme}'); }}"
        )
    if LATE_MS:
        context.add_init_script(_LATE)
    context.on("page", _wait_until_it_lives)
    if SLOWNESS > 1:
        context.on("page", _slow_down)
    return context


class Visits:
    """Opens pages as people do, and keeps what went wrong on them: errors, and requests to other hosts."""

    def __init__(self, browser: Browser, house: House, lender: Lender | None = None) -> None:
        self._browser = browser
        self._house = house
        self._lender = lender
        self._contexts: list[BrowserContext] = []
        self._lent: list[tuple[BrowserContext, Screen, str]] = []
        self._ears: dict[str, Callable[[Any], None]] = {
            "console": self._said,
            "weberror": lambda error: self.troubles.append(f"error: {error.error}"),
            "request": self._asked,
            "response": self._answered,
        }
        self.troubles: list[str] = []
        self._allowed: list[str] = []

    def allow(self, pattern: str) -> None:
        """Expect a message that would otherwise count as trouble."""
        self._allowed.append(pattern)

    def context(
        self, person: str = "", screen: Screen = DESK, theme: str = "dark"
    ) -> BrowserContext:
        """A browser of its own: with the session of `person`, or signed out; of a theme, or as browsers come."""
        state = self._state(person) if person else None
        context = new_context(self._browser, self._house, screen, theme, state)
        self._listen(context)
        self._contexts.append(context)
        return context

    def page(self, person: str = "", screen: Screen = DESK, theme: str = "dark") -> Page:
        """A page in a browser that nobody has changed, nor will."""
        if self._lender is None:
            return self.context(person, screen, theme).new_page()
        context = self._lender.lend(screen, theme)
        if person:
            context.add_cookies(self._state(person)["cookies"])
        self._listen(context)
        self._lent.append((context, screen, theme))
        return self._lender.empty_page(context)

    def sign_in(self, page: Page, person: str, password: str = DEMO_PASSWORD) -> None:
        """Fill in the form and post it."""
        page.get_by_label("E-mail").fill(person)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()

    def close(self) -> None:
        for context in self._contexts:
            with suppress(Exception):  # a page that asks before it goes is gone all the same
                context.close()
        self._contexts.clear()
        for context, screen, theme in self._lent:
            assert self._lender is not None
            self._lender.take_back(context, screen, theme)
            for event, ear in self._ears.items():
                context.remove_listener(event, ear)
        self._lent.clear()

    def _listen(self, context: BrowserContext) -> None:
        for event, ear in self._ears.items():
            context.on(event, ear)  # type: ignore[call-overload]

    def _state(self, person: str) -> dict:
        """The cookie of somebody who has signed in lately; signing in is tested by itself."""
        at, _ = self._house.states.get(person, (-float("inf"), {}))
        if time.monotonic() - at > SIGNED_IN_ANEW_AFTER_SECONDS:
            at = time.monotonic()
            context = new_context(self._browser, self._house, DESK, "dark")
            page = context.new_page()
            page.goto("/sign-in")
            self.sign_in(page, person)
            page.wait_for_url("**/worklist")
            self._house.states[person] = at, context.storage_state()
            context.close()
        return self._house.states[person][1]

    def _trouble(self, text: str) -> None:
        if not any(re.search(pattern, text) for pattern in self._allowed):
            self.troubles.append(text)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._trouble(f"console: {message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in {"data", "blob"}:
            return
        if parts.netloc != urlsplit(self._house.url).netloc:
            self._trouble(f"asked another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self._trouble(f"{response.status} for {response.url}")


def _wait_until_it_lives(page: Page) -> None:
    """Have `goto` and `reload` last until React has taken the page over: what is done to it before that is lost."""

    def lasting(way: Callable[..., Response | None]) -> Callable[..., Response | None]:
        def gone(*words: Any, **options: Any) -> Response | None:
            lines: list[WebSocket] = []

            def heard(socket: WebSocket) -> None:
                # A page opens the line to its state once it lives.
                if "/_event" in socket.url:
                    lines.append(socket)

            page.on("websocket", heard)
            response = way(*words, **options)
            is_page = response is not None and "html" in response.headers.get("content-type", "")
            while is_page and not lines:
                page.wait_for_event("websocket")
            page.remove_listener("websocket", heard)
            return response

        return gone

    page.goto = lasting(page.goto)  # type: ignore[method-assign]
    page.reload = lasting(page.reload)  # type: ignore[method-assign]


def _slow_down(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWNESS})


def wait_until(page: Page, is_so: Callable[[], object]) -> None:
    """Let a page live on until something is so that the page itself cannot be asked for."""
    for _ in range(WAIT_MS // LOOK_AGAIN_AFTER_MS):
        if is_so():
            return
        page.wait_for_timeout(LOOK_AGAIN_AFTER_MS)
    raise AssertionError("what was waited for did not come")


def open_study(page: Page, study_instance_uid: str) -> None:
    """Open a study by its address, and wait for its first image."""
    page.goto(f"/viewer/{study_instance_uid}")
    shown(page)


def with_report(page: Page) -> None:
    """Have the report beside the images; on touch screens the images have the room at first."""
    show = page.get_by_role("button", name="Show the report")
    hide = page.get_by_role("button", name="Hide the report")
    is_touch = page.evaluate("matchMedia('(pointer: coarse)').matches")
    expect(show if is_touch else show.or_(hide)).to_be_visible()
    if show.is_visible():
        show.click()
    expect(page.get_by_role("article", name="Report")).to_be_visible()


def shown(page: Page, number: int = 0):
    """The viewport, once an image is on the glass."""
    viewport = page.get_by_test_id("viewport").nth(number)
    page.wait_for_function(
        "number => document.querySelectorAll('[data-testid=viewport]')[number]?.dataset.fidelity",
        arg=number,
    )
    return viewport


def choose_layout(page: Page, name: str) -> None:
    """Lay viewports out by the grid behind its button."""
    page.get_by_role("toolbar").get_by_role("button", name="Layout", exact=True).click()
    page.get_by_role("button", name=name, exact=True).click()


def on_glass(page: Page, number: int = 0) -> dict[str, str]:
    """What the viewport says of the image that is on the glass."""
    return page.evaluate(
        "number => ({...document.querySelectorAll('[data-testid=viewport]')[number].dataset})",
        number,
    )


def wait_for_glass(page: Page, condition: str, number: int = 0) -> dict[str, str]:
    """Wait until what is on the glass satisfies a JavaScript condition on `data`."""
    page.wait_for_function(
        f"number => {{ const found = document.querySelectorAll('[data-testid=viewport]')[number];"
        f" const data = found && found.dataset; return data && data.fidelity && ({condition}); }}",
        arg=number,
    )
    return on_glass(page, number)
