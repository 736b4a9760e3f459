"""Work that can wait lets hands go first, and does not wait for ever."""

from backend.services.giving_way import give_way

LONG_SECONDS = 60.0


def test_it_goes_on_as_soon_as_the_hands_rest() -> None:
    looks = iter([True, True, False])
    give_way(lambda: next(looks), LONG_SECONDS)
    assert next(looks, None) is None


def test_it_does_not_wait_for_ever() -> None:
    looks = []
    give_way(lambda: looks.append(True) or True, 0.02)
    assert looks


def test_nobody_there_is_nothing_to_wait_for() -> None:
    asked = []
    give_way(lambda: bool(asked.append(1)), LONG_SECONDS)
    assert len(asked) == 1
