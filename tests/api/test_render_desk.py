"""The render desk: the newest wins, connections take turns, prefetching waits."""

import asyncio
import threading

import pytest

from backend.api import render_desk
from backend.api.render_desk import MAX_WAITING, OVERTAKEN, Ask, RenderDesk

# The end of waiting on a busy machine, not what is measured.
END_SECONDS = 60


class Hall:
    """A desk with one thread that is held busy until `open` is called, so that a queue can form."""

    def __init__(self, threads: int = 1) -> None:
        self.desk = RenderDesk(threads)
        self.door = threading.Event()
        self.ran: list[str] = []
        self.answers: list[tuple[str, object]] = []

    def ask(self, line, name: str, viewport: str = "a", generation: int = 1, *, held: bool = False):
        def work() -> str:
            if held:
                self.door.wait(END_SECONDS)
            self.ran.append(name)
            return name

        line.ask(
            Ask(viewport, generation, work, lambda answer: self.answers.append((name, answer)))
        )

    async def until_answered(self, count: int) -> None:
        async with asyncio.timeout(END_SECONDS):
            while len(self.answers) < count:
                await asyncio.sleep(0.005)


def run(coroutine) -> None:
    asyncio.run(coroutine)


@pytest.fixture(autouse=True)
def _nothing_takes_long(monkeypatch):
    """Else a breath of the machine would have the next works run side by side."""
    monkeypatch.setattr(render_desk, "LONG_SECONDS", 600.0)


def test_an_overtaken_request_is_answered_without_being_rendered():
    async def story() -> None:
        hall = Hall()
        line = hall.desk.line()
        hall.ask(line, "first", generation=1, held=True)
        for generation in range(2, 12):
            hall.ask(line, f"drag {generation}", generation=generation)
        hall.door.set()
        await hall.until_answered(11)
        assert hall.ran == ["first", "drag 11"]
        assert [name for name, answer in hall.answers if answer is OVERTAKEN] == [
            f"drag {generation}" for generation in range(2, 11)
        ]

    run(story())


def test_tiles_of_one_generation_do_not_overtake_each_other():
    async def story() -> None:
        hall = Hall()
        line = hall.desk.line()
        hall.ask(line, "first", held=True)
        for tile in range(4):
            hall.ask(line, f"tile {tile}", generation=2)
        hall.door.set()
        await hall.until_answered(5)
        assert hall.ran == ["first", "tile 0", "tile 1", "tile 2", "tile 3"]

    run(story())


def test_one_viewport_does_not_overtake_another():
    async def story() -> None:
        hall = Hall()
        line = hall.desk.line()
        hall.ask(line, "first", held=True)
        hall.ask(line, "left", viewport="left", generation=1)
        hall.ask(line, "right", viewport="right", generation=9)
        hall.door.set()
        await hall.until_answered(3)
        assert hall.ran == ["first", "left", "right"]

    run(story())


def test_a_busy_connection_does_not_keep_a_quiet_one_waiting():
    async def story() -> None:
        hall = Hall()
        busy, quiet = hall.desk.line(), hall.desk.line()
        hall.ask(busy, "held", held=True)
        for tile in range(10):
            hall.ask(busy, f"busy {tile}", generation=2)
        hall.ask(quiet, "quiet")
        hall.door.set()
        await hall.until_answered(12)
        assert hall.ran.index("quiet") <= 2

    run(story())


def test_whoever_has_many_connections_has_no_more_turns_than_others():
    async def story() -> None:
        hall = Hall()
        many = [hall.desk.line("busy") for _ in range(5)]
        quiet = hall.desk.line("quiet")
        hall.ask(many[0], "held", held=True)
        for number, line in enumerate(many):
            hall.ask(line, f"busy {number}", generation=2)
        hall.ask(quiet, "quiet 1")
        hall.ask(quiet, "quiet 2")
        hall.door.set()
        await hall.until_answered(8)
        assert hall.ran.index("quiet 1") <= 2
        assert hall.ran.index("quiet 2") <= 4
        assert sorted(hall.ran[1:]) == sorted(
            [*(f"busy {number}" for number in range(5)), "quiet 1", "quiet 2"]
        )

    run(story())


def test_single_works_wait_for_their_turn_and_raise_where_they_were_asked():
    async def story() -> None:
        hall = Hall()
        held = hall.desk.line("a")
        hall.ask(held, "held", held=True)

        def fail() -> None:
            raise ValueError("no")

        def work() -> int:
            hall.ran.append("run")
            return 7

        answer = asyncio.ensure_future(hall.desk.run("b", work))
        failure = asyncio.ensure_future(hall.desk.run("b", fail))
        given_up = asyncio.ensure_future(hall.desk.run("b", lambda: 8))
        await asyncio.sleep(0)
        assert hall.ran == []
        given_up.cancel()
        hall.door.set()
        assert await answer == 7
        assert hall.ran == ["held", "run"]
        with pytest.raises(ValueError, match="no"):
            await failure

    run(story())


def test_prefetching_waits_until_nobody_asks():
    async def story() -> None:
        hall = Hall()
        line = hall.desk.line()
        hall.ask(line, "held", held=True)
        ready = asyncio.Event()
        loop = asyncio.get_running_loop()

        def ahead() -> bool:
            hall.ran.append("ahead")
            loop.call_soon_threadsafe(ready.set)
            return True

        line.prefetch("a", [ahead])
        hall.ask(line, "asked", generation=2)
        hall.door.set()
        await hall.until_answered(2)
        await asyncio.wait_for(ready.wait(), END_SECONDS)
        assert hall.ran == ["held", "asked", "ahead"]

    run(story())


def test_a_new_prefetch_list_replaces_the_old_one_and_false_ends_it():
    async def story() -> None:
        hall = Hall()
        line = hall.desk.line()
        hall.ask(line, "held", held=True)
        done: list[str] = []

        def ahead(name: str, more: bool = True):
            def work() -> bool:
                done.append(name)
                return more

            return work

        line.prefetch("a", [ahead("old")])
        line.prefetch("a", [ahead("new 1"), ahead("new 2", more=False), ahead("never")])
        hall.door.set()
        await hall.until_answered(1)
        async with asyncio.timeout(END_SECONDS):
            while len(done) < 2:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        assert done == ["new 1", "new 2"]

    run(story())


def test_the_end_of_an_old_list_leaves_the_new_one_alone():
    async def story() -> None:
        hall = Hall()
        line = hall.desk.line()
        done: list[str] = []

        def last_of_old() -> bool:
            hall.door.wait(END_SECONDS)
            return False

        def new() -> bool:
            done.append("new")
            return True

        line.prefetch("a", [last_of_old, last_of_old])
        line.prefetch("a", [new])
        hall.door.set()
        async with asyncio.timeout(END_SECONDS):
            while not done:
                await asyncio.sleep(0.005)

    run(story())


def test_prefetching_leaves_a_thread_for_whoever_asks():
    async def story() -> None:
        hall = Hall(threads=2)
        line = hall.desk.line()

        def slow() -> bool:
            hall.door.wait(END_SECONDS)
            return True

        line.prefetch("a", [slow, slow, slow])
        hall.ask(line, "asked")
        await hall.until_answered(1)
        assert hall.answers == [("asked", "asked")]
        hall.door.set()

    run(story())


class Ahead:
    """Works of prefetching that wait at a gate, and how many of them wait there at once."""

    def __init__(self, desk: RenderDesk) -> None:
        self.desk = desk
        self.gate = threading.Semaphore(0)
        self.waiting = 0
        self.most = 0
        self.done = 0
        self.lock = threading.Lock()

    def work(self) -> bool:
        with self.lock:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
        self.gate.acquire(timeout=END_SECONDS)
        with self.lock:
            self.waiting -= 1
            self.done += 1
        return True

    async def until(self, condition) -> None:
        async with asyncio.timeout(END_SECONDS):
            while not condition():
                await asyncio.sleep(0.002)


def test_slow_works_of_prefetching_run_side_by_side_while_nobody_asks(monkeypatch):
    async def story() -> None:
        monkeypatch.setattr(render_desk, "LONG_SECONDS", -1.0)  # everything takes long
        hall = Hall(threads=2)
        line = hall.desk.line()
        ahead = Ahead(hall.desk)
        line.prefetch("a", [ahead.work] * 9)
        await ahead.until(lambda: ahead.waiting == 1)  # how long they take is not known yet
        ahead.gate.release()
        await ahead.until(lambda: ahead.waiting == 2)
        assert ahead.most == 2
        # Somebody asks: of the two that end now, only one is followed by another.
        hall.ask(line, "held", held=True)
        await asyncio.sleep(0)
        ahead.gate.release(2)
        await ahead.until(lambda: ahead.done == 3 and ahead.waiting == 1)
        hall.door.set()
        await hall.until_answered(1)
        ahead.gate.release(20)
        await ahead.until(lambda: ahead.done == 9)

    run(story())


def test_quick_works_of_prefetching_run_one_at_a_time():
    async def story() -> None:
        hall = Hall(threads=2)
        ahead = Ahead(hall.desk)
        hall.desk.line().prefetch("a", [ahead.work] * 5)
        for done in range(5):
            await ahead.until(lambda: ahead.waiting == 1)
            ahead.gate.release()
            await ahead.until(lambda number=done: ahead.done == number + 1)
        assert ahead.most == 1

    run(story())


def test_prefetching_does_not_hold_up_who_asks_however_many_works_run(monkeypatch):
    async def story() -> None:
        monkeypatch.setattr(render_desk, "LONG_SECONDS", -1.0)
        hall = Hall(threads=1)
        line = hall.desk.line()
        ahead = Ahead(hall.desk)
        line.prefetch("a", [ahead.work] * 4)
        await ahead.until(lambda: ahead.waiting == 1)
        ahead.gate.release()
        await ahead.until(lambda: ahead.waiting == 2)
        hall.ask(line, "asked")
        await hall.until_answered(1)
        assert ahead.waiting == 2
        ahead.gate.release(9)

    run(story())


def test_a_failure_is_an_answer_and_the_next_request_is_served():
    async def story() -> None:
        hall = Hall()
        line = hall.desk.line()

        def fail() -> None:
            raise ValueError("no")

        line.ask(Ask("a", 1, fail, lambda answer: hall.answers.append(("failed", answer))))
        hall.ask(line, "next", generation=2)
        await hall.until_answered(2)
        assert isinstance(hall.answers[0][1], ValueError)
        assert hall.answers[1] == ("next", "next")

    run(story())


def test_a_closed_line_is_not_served():
    async def story() -> None:
        hall = Hall()
        gone, here = hall.desk.line(), hall.desk.line()
        hall.ask(here, "held", held=True)
        hall.ask(gone, "gone")
        gone.close()
        hall.ask(here, "next", generation=2)
        hall.door.set()
        await hall.until_answered(2)
        assert hall.ran == ["held", "next"]

    run(story())


def test_a_line_says_when_it_is_full():
    async def story() -> None:
        hall = Hall()
        line = hall.desk.line()
        hall.ask(line, "held", held=True)
        for tile in range(MAX_WAITING):
            assert not line.is_full
            hall.ask(line, f"tile {tile}")
        assert line.is_full
        line.close()
        hall.door.set()

    run(story())
