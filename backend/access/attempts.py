"""Limits on guessing: after some wrong answers each further one must wait longer. What is guessed is not known here."""

import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from backend.core.errors import TooManyAttempts

_FORGOTTEN_AFTER_SECONDS = 3600.0
_MOST_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Limit:
    """How many wrong answers are free, and how long the wait after many more becomes."""

    free: int
    longest_seconds: float


PER_ACCOUNT_AND_ADDRESS = Limit(free=5, longest_seconds=60.0)
PER_ACCOUNT = Limit(free=20, longest_seconds=60.0)
PER_ADDRESS = Limit(free=30, longest_seconds=60.0)
REQUESTS_PER_ADDRESS = Limit(free=20, longest_seconds=600.0)
"""For what strangers may ask for, such as letters: each request counts, right or wrong."""


@dataclass(slots=True)
class _Count:
    attempts: int
    waits_until: float
    last_at: float


class Attempts:
    """Counts attempts in memory. Waits double, from two seconds up to a minute.

    Nobody can lock a person out: from an address where the person has signed in before, only attempts on that very
    account from that very address count.

    Args:
        now: Seconds of a clock that never goes back.
        longest_seconds: How long the wait becomes, where a minute is too short: a code has a million values only.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, longest_seconds: float = 0.0
    ) -> None:
        self._now = now
        self._longest = longest_seconds
        self._lock = threading.Lock()
        self._counts: dict[tuple[str, str], _Count] = {}

    def begin(self, account: str, address: str, *, is_known_place: bool) -> None:
        """Count an attempt before its answer is known, so that many at once do not slip through.

        Args:
            account: What is being guessed at, whether it exists or not.
            address: Where the attempt comes from.
            is_known_place: Whether the person behind the account has been here before.

        Raises:
            TooManyAttempts: If it comes too early; it is then not counted.
        """
        limits = self._limits(account, address, is_known_place=is_known_place)
        with self._lock:
            now = self._now()
            self._require_no_wait([key for key, _ in limits], now)
            for key, limit in limits:
                self._count(key, limit, now)

    def count(self, account: str, address: str) -> TooManyAttempts | None:
        """Count an attempt where an answer must not tell whether the account exists: who has been here before may be let
        try while all others wait, and only the caller of this knows how to keep that to itself.

        Args:
            account: What is being guessed at, whether it exists or not.
            address: Where the attempt comes from.

        Returns:
            What is said to whoever has not been here before; None if they may try.

        Raises:
            TooManyAttempts: If it comes too early for anybody; it is then not counted.
        """
        own, *others = self._limits(account, address, is_known_place=False)
        with self._lock:
            now = self._now()
            self._require_no_wait([own[0]], now)
            self._count(*own, now)
            try:
                self._require_no_wait([key for key, _ in others], now)
            except TooManyAttempts as wait:
                return wait
            for key, limit in others:
                self._count(key, limit, now)
            return None

    def ask(self, what: str, address: str) -> None:
        """Count a request that anybody may make, whatever comes of it.

        Args:
            what: Kind of request; each kind is counted by itself.
            address: Where it comes from; empty if that is not known, as on the command line.

        Raises:
            TooManyAttempts: If it comes too early; it is then not counted.
        """
        key = (f"request {what}", _place(address))
        with self._lock:
            now = self._now()
            self._require_no_wait([key], now)
            self._count(key, REQUESTS_PER_ADDRESS, now)

    def forgive(self, what: str, address: str) -> None:
        """The requests were no guesses: forget what `ask` counted with the same arguments."""
        with self._lock:
            self._counts.pop((f"request {what}", _place(address)), None)

    def succeeded(self, account: str, address: str, *, is_known_place: bool) -> None:
        """The attempt was right, so it was no guess: take back what `begin` counted with the same arguments.

        `count` counts like `begin` without a known place; where it returned a wait, like `begin` with one.
        """
        first, *others = self._limits(account, address, is_known_place=is_known_place)
        with self._lock:
            self._counts.pop(first[0], None)
            for key, _ in others:
                count = self._counts.get(key)
                if count is not None:
                    count.attempts -= 1
                    count.waits_until = 0.0

    def _require_no_wait(self, keys: list[tuple[str, str]], now: float) -> None:
        longest = max(self._wait(key, now) for key in keys)
        if longest > 0:
            seconds = max(1, round(longest))
            raise TooManyAttempts(
                f"Too many attempts. Wait {seconds} second{'s' if seconds > 1 else ''} and try again."
            )

    def _limits(
        self, account: str, address: str, *, is_known_place: bool
    ) -> list[tuple[tuple[str, str], Limit]]:
        address = _place(address)
        limits = [((account, address), PER_ACCOUNT_AND_ADDRESS)]
        if not is_known_place:
            limits += [((account, ""), PER_ACCOUNT), (("", address), PER_ADDRESS)]
        return limits

    def _wait(self, key: tuple[str, str], now: float) -> float:
        count = self._counts.get(key)
        return 0.0 if count is None else count.waits_until - now

    def _count(self, key: tuple[str, str], limit: Limit, now: float) -> None:
        count = self._counts.pop(key, None)
        if count is None or now - count.last_at > _FORGOTTEN_AFTER_SECONDS:
            count = _Count(0, 0.0, now)
        if len(self._counts) >= _MOST_REMEMBERED:
            self._counts.pop(next(iter(self._counts)))  # the one that has been quiet longest
        count.attempts += 1
        count.last_at = now
        beyond = count.attempts - limit.free
        if beyond >= 0:
            count.waits_until = now + min(
                self._longest or limit.longest_seconds, 2.0 ** min(beyond + 1, 16)
            )
        self._counts[key] = count


def _place(address: str) -> str:
    """What is counted as one place: of IPv6 a whole network, for a household or a host has all of its addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6 and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return address
