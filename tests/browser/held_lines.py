"""The lines of a page to its state and to its pixels, held up by hand: not open yet, broken, or slow in what they carry."""

from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute

from tests.browser.visits import wait_until

Message = str | bytes


class Way:
    """One way of a line: each message reaches the other end at once, until it is to be held."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._is_held: Callable[[str], bool] = lambda said: False
        self._held: list[tuple[WebSocketRoute, Message]] = []

    def hold(self, word: str = "") -> None:
        """Keep back everything, or only what holds a word."""
        self._is_held = lambda said: word in said

    def hold_from(self, word: str) -> None:
        """Keep back the first message that holds a word, and all that follow it."""
        self._is_held = lambda said: word in said or bool(self._held)

    def wait_until_held(self, word: str) -> None:
        """Wait until a message that holds a word is kept back; pings and what is fetched ahead come at any time."""
        wait_until(self._page, lambda: any(word in str(message) for _, message in self._held))

    def release(self) -> None:
        """Deliver what was kept back, in its order, and from now on all at once again."""
        self._is_held = lambda said: False
        for end, message in self._held:
            end.send(message)
        self._held.clear()

    def carry(self, message: Message, end: WebSocketRoute) -> None:
        if self._is_held(str(message)):
            self._held.append((end, message))
        else:
            end.send(message)


class TileLine:
    """The line of a page to its pixels, for a page that is not there yet."""

    def __init__(self, page: Page) -> None:
        self.to_page = Way(page)
        page.route_web_socket("**/api/v1/stream", self._met)

    def _met(self, line: WebSocketRoute) -> None:
        server = line.connect_to_server()
        server.on_message(lambda message: self.to_page.carry(message, line))
        line.on_message(server.send)


class StateLine:
    """The line of a page to its state, for a page that is not there yet; that to the pixels is another."""

    def __init__(self, page: Page, is_open: bool = True) -> None:
        self.to_page = Way(page)
        self.to_state = Way(page)
        self._page = page
        self._is_open = is_open
        self._lines: list[WebSocketRoute] = []
        self._arrivals = 0
        page.route_web_socket("**/_event/**", self._met)

    def wait_until_asked_for(self) -> None:
        """Wait until the page wants a line."""
        wait_until(self._page, lambda: self._lines)

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
        wait_until(self._page, lambda: self._arrivals >= count)

    def _met(self, line: WebSocketRoute) -> None:
        self._lines.append(line)
        if self._is_open:
            self._connect(line)

    def _connect(self, line: WebSocketRoute) -> None:
        self._server = server = line.connect_to_server()

        def came(message: Message) -> None:
            self._arrivals += '"is_hydrated_rx_state_":true' in str(message)
            self.to_page.carry(message, line)

        server.on_message(came)
        line.on_message(lambda message: self.to_state.carry(message, server))
