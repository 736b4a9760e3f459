"""People of a test's own in the served house: made by its services, signed in here or there, in a browser of their own."""

from datetime import timedelta

from playwright.sync_api import Page

from backend.access.passwords import hash_password
from backend.access.sessions import COOKIE_NAME
from backend.bootstrap import Services
from backend.core import clock
from backend.core.caller import Caller, Origin, system_caller
from backend.core.permissions import BuiltInRole, Permission
from backend.models import people
from backend.schemas.people import SignedIn
from backend.services.people import add_user
from tests.browser.visits import DESK, Screen, Visits

PASSWORD = "three quiet herons wade"
ELSEWHERE = Origin("127.0.0.1", "elsewhere")


def make_person(
    services: Services, name: str, email: str, *roles: BuiltInRole, password: str = PASSWORD
) -> str:
    """Give somebody an account in the demo; their identifier."""
    organization_id = services.first_people.organization("demo").organization_id
    manager = system_caller(organization_id, frozenset({Permission.PEOPLE_MANAGE}))
    with services.database.write(organization_id) as session:
        return add_user(
            session,
            manager,
            display_name=name,
            email=email,
            password_hash=hash_password(password),
            roles=roles,
        ).id


def sign_in_elsewhere(services: Services, user_id: str) -> SignedIn:
    """A session of somebody who has just proved who they are."""
    with services.database.system_write() as session:
        person = people.user_by_id(session, user_id)
        assert person is not None
        return services.sessions.start(session, person, ELSEWHERE)


def signed_in_long_ago(services: Services, user_id: str) -> SignedIn:
    """A session of somebody who must prove again who they are before a dangerous act."""
    signed_in = sign_in_elsewhere(services, user_id)
    proved_long_ago(services, user_id)
    return signed_in


def proved_long_ago(services: Services, user_id: str) -> None:
    """Have it be long ago that somebody proved who they are, in all of their sessions."""
    with services.database.system_write() as session:
        for row in people.open_sessions_of(session, user_id):
            row.proved_at = None
            session.add(row)


def end_by_time_in(services: Services, user_id: str, seconds: float) -> None:
    """Have the sessions of somebody reach the end of their longest time soon."""
    with services.database.system_write() as session:
        for row in people.open_sessions_of(session, user_id):
            row.expires_at = clock.now() + timedelta(seconds=seconds)
            session.add(row)


def caller_of(services: Services, signed_in: SignedIn) -> Caller:
    """Whose session it is, for their acts elsewhere than on a page."""
    found = services.sessions.caller_of_cookie(f"{COOKIE_NAME}={signed_in.token}", ELSEWHERE)
    assert found is not None
    return found


def page_of(visits: Visits, signed_in: SignedIn, screen: Screen = DESK) -> Page:
    """A page in a browser that has this session."""
    page = visits.page("", screen)
    page.context.add_cookies(
        [
            {
                "name": COOKIE_NAME,
                "value": signed_in.token,
                "domain": "localhost",
                "path": "/",
                "httpOnly": True,
                "secure": True,
                "sameSite": "Strict",
            }
        ]
    )
    return page
