"""Hands that are faster than the line: what is done on a page before its state has come, and while the line is broken."""

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.visits import RADIOLOGIST, Visits


class Line:
    """The line of a page to its state, to be opened and broken by hand."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._is_open = False
        self._lines: list[WebSocketRoute] = []
        self._arrivals = 0
        page.route_web_socket("**/_event/**", self._met)

    def wait_until_asked_for(self) -> None:
        """Wait until the page wants a line."""
        while not self._lines:
            self._page.wait_for_timeout(20)

    def open(self) -> None:
        """Let through what waits, and what comes; lasts until the page has its state."""
        self._is_open = True
        for line in self._lines:
            self._connect(line)
        self._wait_for_arrival(1)

    def break_(self) -> None:
        """Break it; lasts until the page has found another one by itself, and has its state again."""
        known = self._arrivals
        self._server.close(code=1011)
        self._lines[-1].close(code=1011)
        self._wait_for_arrival(known + 1)

    def _wait_for_arrival(self, count: int) -> None:
        while self._arrivals < count:
            self._page.wait_for_timeout(20)

    def _met(self, line: WebSocketRoute) -> None:
        self._lines.append(line)
        if self._is_open:
            self._connect(line)

    def _connect(self, line: WebSocketRoute) -> None:
        self._server = line.connect_to_server()

        def came(message: str | bytes) -> None:
            self._arrivals += '"is_hydrated_rx_state_":true' in str(message)
            line.send(message)

        self._server.on_message(came)


def test_a_form_that_is_sent_before_the_line_is_open_is_answered_and_stays_so(visits: Visits):
    page = visits.page()
    line = Line(page)
    Page.goto(page, "/forgotten")  # the page's own `goto` lasts until its line is open
    line.wait_until_asked_for()
    page.get_by_label("E-mail").fill(RADIOLOGIST)
    page.keyboard.press("Enter")
    line.open()
    expect(page.get_by_text("Look into your mailbox")).to_be_visible()
    line.break_()
    expect(page.get_by_text("Look into your mailbox")).to_be_visible()


def test_who_signs_in_before_the_line_is_open_comes_to_where_they_wanted(visits: Visits):
    page = visits.page()
    line = Line(page)
    Page.goto(page, "/sign-in?next=/upload")
    line.wait_until_asked_for()
    visits.sign_in(page, RADIOLOGIST)
    page.wait_for_url("**/upload")
