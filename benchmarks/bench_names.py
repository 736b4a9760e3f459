"""Whether the time of an answer tells who has an account: the same asked of names that somebody has and that nobody has."""

import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from backend import bootstrap, bootstrap_people
from backend.bootstrap import Services
from backend.core.caller import Origin, system_caller
from backend.core.errors import SignInRefused
from backend.core.permissions import BuiltInRole, Permission
from backend.core.vocabulary import SecondFactorRule
from backend.schemas.joining import SignUpForm
from backend.services.first_people import add_organization
from backend.settings import Settings
from benchmarks.figures import Figure, at_most, median

TIMES = 200
MOST_MS = 5.0
_PASSWORD = "quiet green river 7 stones"
# Nobody is asked for so often that guesses wait.
_NAMES = TIMES // 10
_WARM = 10

Ask = Callable[[str, Origin], object]


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="pacscribe-bench-") as name:
        services = bootstrap.build(Settings(data_dir=Path(name) / "data"))
        bootstrap.use(services)
        try:
            _let_people_in(services)
            return [
                at_most(f"{words} with a name that somebody has, and with none", ms, "ms", MOST_MS)
                for words, ms in (
                    ("A refused sign-in", _difference_ms(_guess)),
                    ("A forgotten password", _difference_ms(_forget)),
                    ("Signing up", _difference_ms(_sign_up)),
                )
            ]
        finally:
            bootstrap.use(None)
            bootstrap.close(services)


def _let_people_in(services: Services) -> None:
    with services.database.system_write() as session:
        here = add_organization(session, "bench", "Bench", SecondFactorRule.OPTIONAL).id
    founder = system_caller(here, frozenset(Permission))
    for number in range(_NAMES):
        services.people.create(
            founder,
            display_name="Somebody",
            email=_name("somebody", number),
            password=_PASSWORD,
            roles=(BuiltInRole.RADIOLOGIST.value,),
        )


def _difference_ms(ask: Ask) -> float:
    """How far the medians lie apart. The two are asked in turn, so that what else the machine does meets both."""
    taken: dict[str, list[float]] = {"somebody": [], "nobody": []}
    for number in range(_WARM + TIMES):
        # Each time from elsewhere: nobody there has asked too often.
        origin = Origin(f"198.51.{number // 250}.{number % 250}", "bench")
        for kind, all_of_kind in taken.items():
            began = time.perf_counter()
            ask(_name(kind, number), origin)
            all_of_kind.append((time.perf_counter() - began) * 1000)
    known, unknown = (median(each[_WARM:]) for each in taken.values())
    return abs(known - unknown)


def _name(kind: str, number: int) -> str:
    return f"{kind}{number % _NAMES}@bench.example"


def _guess(email: str, origin: Origin) -> None:
    with suppress(SignInRefused):
        bootstrap_people.people().accounts.sign_in(email, "wrong password", origin)


def _forget(email: str, origin: Origin) -> None:
    bootstrap_people.people().forgotten.ask(email, origin)


def _sign_up(email: str, origin: Origin) -> None:
    form = SignUpForm("Ada Baker", "Bench", False, "radiologist", email, "", "", True)
    bootstrap_people.people().sign_ups.ask(form, origin)
