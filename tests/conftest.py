"""What tests of several floors share, and in which order they run."""

import gc
import importlib
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.cheap_passwords import make_cheap
from tests.endurance.counts import IS_WHOLE

pytest_plugins = ["tests.postgres", "tests.peopled"]

# How long an example takes says more about the machine than about the code. Every run sees the same examples, so that
# whoever meets a failure has made it; with the whole counts others are looked for.
settings.register_profile(
    "pacscribe",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=not IS_WHOLE,
)
settings.load_profile("pacscribe")

make_cheap()

_TESTS = Path(__file__).parent
_PAGES = _TESTS / "browser"


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Collect without looking for garbage: what is collected stays to the end, and to look through it takes a fifth of the time."""
    gc.disable()
    try:
        _rewrite_a_part(session)
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _rewrite_a_part(session: pytest.Session) -> None:
    """Have each of several processes rewrite a part of the tests, and find the other parts rewritten by the others.

    To rewrite what an `assert` says takes half of the time that tests take to be collected.
    """
    process = getattr(session.config, "workerinput", None)
    if process is None or session.config.args != session.config.getini("testpaths"):
        return
    sys.dont_write_bytecode = False
    for path in sorted(_TESTS.glob("*/test_*.py"))[
        int(process["workerid"][2:]) :: process["workercount"]
    ]:
        # What does not import is told of when it is collected, and packages are collected by a shorter name.
        with suppress(Exception):
            if not (path.parent / "__init__.py").exists():
                importlib.import_module(f"tests.{path.parent.name}.{path.stem}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that workers, who take a file at a time, end at about the same time.

    Tests of pages come one after the other, for each worker's share one house and one browser.
    """
    slow = Counter(item.path for item in items if _is_slow(item))
    # Sorting keeps the order of what is alike, so files stay in one piece.
    items.sort(key=lambda item: (item.path.parent != _PAGES, -slow[item.path]))


def _is_slow(item: pytest.Item) -> bool:
    return "slow" in item.keywords or "browser" in item.keywords
