"""People of a new installation, on the ways that people take: set-up link, second factor, session; and colleagues."""

import pyotp

from backend.access import policies
from backend.access.ceremonies import STEP_COOKIE_NAME
from backend.access.policies import SignInPolicy
from backend.access.sessions import COOKIE_NAME
from backend.bootstrap import Services
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.permissions import BuiltInRole
from backend.core.vocabulary import SecondFactorRule
from backend.schemas.people import HalfSignedIn, SignedIn
from backend.services.first_people import SetUp

ORIGIN = Origin("127.0.0.1", "benchmark")
_FORM = SetUp("Benchmark", "Bench", "bench@bench.example", "quiet green river 7 stones")


def first_person(services: Services) -> tuple[Caller, str]:
    """Who it is, and the cookie of their session."""
    half = services.first_people.set_up(services.first_people.new_set_up_link(), _FORM, ORIGIN)
    assert isinstance(half, HalfSignedIn)
    step = f"{STEP_COOKIE_NAME}={half.token}"
    app = pyotp.TOTP(services.second_steps.app_enrolment(step).key)
    signed_in = services.second_steps.enrol_app(step, app.at(clock.now()), ORIGIN)
    cookie = f"{COOKIE_NAME}={signed_in.token}"
    caller = services.sessions.caller_of_cookie(cookie, ORIGIN)
    assert caller is not None
    return caller, cookie


def colleagues(services: Services, caller: Caller, count: int) -> list[str]:
    """So many radiologists with a password and no second factor; the cookies of their sessions."""
    with services.database.system_write() as session:
        policies.write(
            session, caller.organization_id, SignInPolicy(second_factor=SecondFactorRule.OPTIONAL)
        )
    cookies = []
    for number in range(1, count + 1):
        email = f"reader{number}@bench.example"
        services.people.create(
            caller, display_name=f"Reader {number}", email=email, password=_FORM.password,
            roles=(BuiltInRole.RADIOLOGIST,),
        )  # fmt: skip
        signed_in = services.accounts.sign_in(email, _FORM.password, ORIGIN)
        assert isinstance(signed_in, SignedIn)
        cookies.append(f"{COOKIE_NAME}={signed_in.token}")
    return cookies
