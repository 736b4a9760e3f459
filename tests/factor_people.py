"""People with second factors, for tests: each test takes one of its own, in one installation for all of a module."""

import pyotp
from sqlalchemy import text as sql

from backend.access import devices, passwords
from backend.access.ceremonies import STEP_COOKIE_NAME
from backend.access.passkeys import Site
from backend.core import clock
from backend.core.caller import Origin, system_caller
from backend.core.permissions import BuiltInRole
from backend.models import people as people_table
from backend.models.audit import entries_after
from backend.schemas.people import HalfSignedIn, SignedIn
from backend.services.people import add_user, change_password
from tests.authenticator import ORIGIN, Device
from tests.installation import HERE, PASSWORD, Installation, kept_password

SITE = Site("localhost", ORIGIN)


class People:
    """An installation, and as many people in it as tests want."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        self._count = 0

    def new(
        self, organization_id: str = "", role: BuiltInRole = BuiltInRole.RADIOLOGIST
    ) -> "Person":
        self._count += 1
        email = f"person{self._count}@east.example"
        organization_id = organization_id or self.house.east
        with self.house.database.system_write() as session:
            add_user(
                session,
                system_caller(organization_id, frozenset()),
                display_name=f"Person {self._count}",
                email=email,
                password_hash=kept_password(),
                roles=(role,),
            )
        return Person(self.house, email)


class Person:
    def __init__(self, house: Installation, email: str) -> None:
        self.house, self.email = house, email
        self.token = house.token(email)
        self.origin = Origin(f"192.0.2.{len(email)}", "Test browser")

    @property
    def caller(self):
        return self.house.caller_of(self.token)

    @property
    def user_id(self) -> str:
        return self.caller.user_id

    def add_app(self) -> pyotp.TOTP:
        token, app = self.house.factors.begin_app(self.caller)
        made = pyotp.TOTP(app.key)
        self.house.factors.confirm_app(self.caller, token, code_of(made, -1))
        return made

    def add_passkey(self, device: Device | None = None, name: str = "Laptop") -> Device:
        device = device or Device()
        token, options = self.house.factors.begin_passkey(self.caller, ORIGIN)
        self.house.factors.add_passkey(self.caller, token, device.make(options), name, ORIGIN)
        return device

    def half(self, cookies: str = "", origin: Origin = HERE) -> str:
        """The cookie of the step after the password."""
        answer = self.house.accounts.sign_in(self.email, PASSWORD, origin, cookies)
        assert isinstance(answer, HalfSignedIn)
        return f"{STEP_COOKIE_NAME}={answer.token}"

    def by_code(self, code: str, step: str = "", **options) -> SignedIn:
        return self.house.second_steps.with_code(step or self.half(), code, HERE, **options)

    def change_password(self, password: str) -> None:
        caller = self.caller
        with self.house.database.write(caller.organization_id) as session:
            user = people_table.user_by_id(session, caller.user_id)
            hashed = passwords.hash_password(password)
            change_password(session, self.house.sessions, caller, user, hashed)

    def trail(self) -> list[tuple[str, str, str]]:
        with self.house.database.system_read() as session:
            return [
                (entry.action, entry.outcome, entry.reason)
                for entry in entries_after(session, 0, 100_000)
                if self.user_id in (entry.actor_user_id, entry.object_id)
            ]

    def letters(self) -> list[str]:
        with self.house.plain_database.system_read() as session:
            rows = session.connection().execute(sql("SELECT payload FROM outbox"))
            return [row[0] for row in rows if self.email in row[0]]


def code_of(app: pyotp.TOTP, steps: int = 0) -> str:
    """The code of now, or of some steps of thirty seconds later."""
    return app.at(clock.now(), counter_offset=steps)


def sign_in(person: Person, device: Device, **lies) -> SignedIn:
    token, options = person.house.passkey_sign_in.begin(SITE)
    return person.house.passkey_sign_in.finish(token, device.use(options, **lies), SITE, HERE)


def remembered(person: Person, app: pyotp.TOTP) -> str:
    signed_in = person.by_code(code_of(app), remembers=True)
    assert signed_in.device_token
    return f"{devices.COOKIE_NAME}={signed_in.device_token}"
