"""One's own second factors, added and removed; and an administrator's reset of somebody else's.

Each change asks for a recent proof, ends the person's other sessions, and is in the audit trail.
"""

import unicodedata
from datetime import datetime

from backend.access import audit, ceremonies, passkeys, policies, policy
from backend.access.ceremonies import Purpose
from backend.access.codes import Codes, picture_of
from backend.access.held_factors import held_by, holds_any
from backend.access.passkeys import site_of
from backend.access.sessions import Sessions
from backend.access.step_up import require_recent
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotAllowed, NotFound, NotSignedIn, ProofRefused
from backend.core.permissions import Permission
from backend.core.user_agents import browser_name
from backend.core.vocabulary import AuditAction
from backend.models import factors as table
from backend.models import people
from backend.models.people import User
from backend.models.session import Database, Session
from backend.schemas.factors import AppEnrolment, DeviceView, FactorsView, PasskeyView
from backend.services import rosters
from backend.services.sign_in_letters import tell_of_changed_factor

_MAX_NAME_CHARACTERS = 60
_UNNAMED = "Passkey"
_CALLED = {"app": "an authenticator app", "passkey": "a passkey"}


class Factors:
    """Second factors of people who are signed in.

    Args:
        database: Where they are kept.
        sessions: Ends other sessions when a factor changes.
        codes: Makes and checks codes.
        public_url: How browsers reach PACScribe, if that was set: passkeys work there only.
    """

    def __init__(
        self, database: Database, sessions: Sessions, codes: Codes, public_url: str = ""
    ) -> None:
        self._public_url = public_url
        self._database = database
        self._sessions = sessions
        self._codes = codes

    def overview(self, caller: Caller) -> FactorsView:
        """What the caller holds."""
        with self._database.read(caller.organization_id) as session:
            app = table.app_of(session, caller.user_id)
            demands = policies.read(session, caller.organization_id)
            return FactorsView(
                has_app=app is not None,
                app_since=_moment(app.confirmed_at) if app is not None else "",
                passkeys=tuple(
                    PasskeyView(
                        passkey_id=each.id,
                        name=each.name,
                        created_at=_moment(each.created_at),
                        last_used_at=_moment(each.last_used_at),
                        is_synced=each.is_synced,
                        is_suspended=each.suspended_at is not None,
                    )
                    for each in table.passkeys_of(session, caller.user_id)
                ),
                recovery_codes=table.count_recovery_codes(session, caller.user_id),
                is_required=demands.requires_second_factor,
            )

    # -- authenticator app -----------------------------------------------------------------------

    def begin_app(self, caller: Caller) -> tuple[str, AppEnrolment]:
        """The secret for an app: the token that `confirm_app` wants, and what the app needs.

        Raises:
            StepUpNeeded: Without a recent proof.
            Malformed: If there is an app already.
        """
        require_recent(caller)
        sealed = self._codes.new_secret(caller.user_id)
        with self._database.write(caller.organization_id) as session:
            if table.app_of(session, caller.user_id) is not None:
                raise Malformed("You have an authenticator app already. Remove it first.")
            begun = ceremonies.begin(
                session,
                Purpose.APP_ENROL,
                organization_id=caller.organization_id,
                user_id=caller.user_id,
                session_id=caller.session_id,
                sealed_secret=sealed,
            )
        secret = self._codes.opened(sealed, caller.user_id)
        return begun.token, AppEnrolment(secret, picture_of(secret, caller.email))

    def confirm_app(self, caller: Caller, token: str, code: str) -> None:
        """Take the app into use by its first code.

        Raises:
            ProofRefused: If the code is wrong, or this took too long.
            StepUpNeeded: Without a recent proof.
        """
        require_recent(caller)
        with self._database.write(caller.organization_id) as session:
            begun = ceremonies.under_way(session, Purpose.APP_ENROL, token)
            if begun is None or begun.session_id != caller.session_id:
                raise ProofRefused("This took too long. Begin again.")
            sealed = begun.sealed_secret
            if not self._codes.confirm_app(session, caller.user_id, sealed, code):
                raise ProofRefused("This code is not right. Wait for the next, and type that.")
            ceremonies.take(session, Purpose.APP_ENROL, token)
            self._changed(session, caller, AuditAction.FACTOR_ADDED, "app")

    def remove_app(self, caller: Caller) -> None:
        """Remove the app.

        Raises:
            StepUpNeeded: Without a recent proof.
            NotAllowed: If it is the last factor, and one is demanded.
        """
        require_recent(caller)
        with self._database.write(caller.organization_id) as session:
            app = table.app_of(session, caller.user_id)
            if app is None:
                return
            session.delete(app)
            session.flush()
            self._removed(session, caller, "app")

    # -- passkeys --------------------------------------------------------------------------------

    def begin_passkey(self, caller: Caller, origin: str) -> tuple[str, str]:
        """A challenge for a new passkey: the token that `add_passkey` wants, and what the browser needs, as JSON.

        Args:
            caller: Whose it will be.
            origin: Scheme, host and port that the browser shows.

        Raises:
            Malformed: If passkeys do not work there.
            StepUpNeeded: Without a recent proof.
        """
        require_recent(caller)
        site = site_of(self._public_url, origin)
        challenge = passkeys.new_challenge()
        with self._database.write(caller.organization_id) as session:
            user = people.user_by_id(session, caller.user_id)
            if user is None:
                raise NotSignedIn
            begun = ceremonies.begin(
                session,
                Purpose.PASSKEY_REGISTER,
                organization_id=caller.organization_id,
                user_id=caller.user_id,
                session_id=caller.session_id,
                challenge=challenge,
            )
            return begun.token, passkeys.registration_options(session, user, site, challenge)

    def add_passkey(self, caller: Caller, token: str, answer: str, name: str, origin: str) -> None:
        """Keep a new passkey; the challenge is used up, right or wrong.

        Raises:
            ProofRefused: If the answer is wrong, or this took too long.
            StepUpNeeded: Without a recent proof.
        """
        require_recent(caller)
        site = site_of(self._public_url, origin)
        with self._database.write(caller.organization_id) as session:
            taken = ceremonies.take(session, Purpose.PASSKEY_REGISTER, token)
        if taken is None or taken.session_id != caller.session_id:
            raise ProofRefused("This took too long. Begin again.")
        with self._database.write(caller.organization_id) as session:
            passkeys.register(
                session,
                caller.user_id,
                site,
                bytes.fromhex(taken.challenge),
                answer,
                passkey_name(name),
            )
            self._changed(session, caller, AuditAction.FACTOR_ADDED, "passkey")

    def rename_passkey(self, caller: Caller, passkey_id: str, name: str) -> None:
        """Call a passkey of one's own something else.

        Raises:
            NotFound: If there is no such passkey of the caller.
        """
        with self._database.write(caller.organization_id) as session:
            passkey = _own_passkey(session, caller, passkey_id)
            passkey.name = passkey_name(name)
            session.add(passkey)

    def remove_passkey(self, caller: Caller, passkey_id: str) -> None:
        """Remove a passkey of one's own; raises what `remove_app` raises, and `NotFound`."""
        require_recent(caller)
        with self._database.write(caller.organization_id) as session:
            session.delete(_own_passkey(session, caller, passkey_id))
            session.flush()
            self._removed(session, caller, "passkey")

    # -- recovery codes --------------------------------------------------------------------------

    def new_recovery_codes(self, caller: Caller) -> tuple[str, ...]:
        """Ten new codes, shown this once; earlier ones stop working.

        Raises:
            StepUpNeeded: Without a recent proof.
            Malformed: If there is no second factor that they could stand in for.
        """
        require_recent(caller)
        with self._database.write(caller.organization_id) as session:
            if not holds_any(session, caller.user_id):
                raise Malformed("Add an authenticator app or a passkey first.")
            codes = self._codes.new_recovery_codes(session, caller.user_id)
            audit.append(
                session,
                caller,
                AuditAction.FACTOR_ADDED,
                object_type="user",
                object_id=caller.user_id,
                details={"kind": "recovery codes"},
            )
        return codes

    def first_recovery_codes(self, caller: Caller) -> tuple[str, ...]:
        """The same on the way in, where they are made unasked: nothing if there are some, for those stay good."""
        with self._database.read(caller.organization_id) as session:
            if table.count_recovery_codes(session, caller.user_id):
                return ()
        return self.new_recovery_codes(caller)

    # -- remembered browsers ---------------------------------------------------------------------

    def devices(self, caller: Caller) -> tuple[DeviceView, ...]:
        """The browsers that the caller has had remembered."""
        with self._database.read(caller.organization_id) as session:
            return tuple(
                DeviceView(
                    device_id=each.id,
                    browser=browser_name(each.user_agent),
                    ip_address=each.ip_address,
                    remembered_at=_moment(each.created_at),
                    last_used_at=_moment(each.last_used_at),
                    until=_moment(each.expires_at),
                )
                for each in table.devices_of(session, caller.user_id, clock.now())
            )

    def forget_device(self, caller: Caller, device_id: str) -> None:
        """Forget a browser: the next sign-in there asks for the second factor.

        Raises:
            NotFound: If there is no such browser of the caller.
        """
        with self._database.write(caller.organization_id) as session:
            found = [
                each
                for each in table.devices_of(session, caller.user_id, clock.now())
                if each.id == device_id
            ]
            if not found:
                raise NotFound
            session.delete(found[0])
            audit.append(
                session,
                caller,
                AuditAction.DEVICE_FORGOTTEN,
                object_type="user",
                object_id=caller.user_id,
            )

    # -- somebody else's -------------------------------------------------------------------------

    def reset(self, caller: Caller, user_id: str) -> None:
        """Remove every second factor of somebody who has lost theirs; their sessions end, and they enrol anew.

        Administrators do it on their page, with a preview (`services.members`); this is for whoever runs the machine.

        Raises:
            NotAllowed: Without `people:manage`, for oneself, and for whoever holds more (`services.rosters`).
            StepUpNeeded: Without a recent proof.
            NotFound: If there is no such person in the organization.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.PEOPLE_MANAGE)
            require_recent(caller)
            user = people.user_by_id(session, user_id)
            if user is None:
                raise NotFound("There is no such person in this organization.")
            if user.id == caller.user_id:
                raise NotAllowed(
                    "You cannot reset your own second factors. Ask another administrator."
                )
            roster = rosters.load(session, caller.organization_id)
            rosters.require_not_above(roster, caller, user.id)
            reset_factors_of(session, self._sessions, caller, user)

    def _removed(self, session: Session, caller: Caller, kind: str) -> None:
        held = held_by(session, caller.user_id)
        if not held.is_any:
            if policies.read(session, caller.organization_id).requires_second_factor:
                raise NotAllowed(
                    "Your organization demands a second factor. Add another one before you remove this."
                )
            table.drop_recovery_codes(session, caller.user_id)
        table.drop_devices(session, caller.user_id)
        self._changed(session, caller, AuditAction.FACTOR_REMOVED, kind)

    def _changed(self, session: Session, caller: Caller, action: AuditAction, kind: str) -> None:
        user = people.user_by_id(session, caller.user_id)
        if user is None:
            raise NotSignedIn
        done = "added" if action is AuditAction.FACTOR_ADDED else "removed"
        tell_of_changed_factor(session, user, f"{_CALLED[kind]} was {done}", caller.origin)
        audit.append(
            session,
            caller,
            action,
            object_type="user",
            object_id=caller.user_id,
            details={"kind": kind},
        )
        self._sessions.end_others_of(session, caller, "second factor changed")


def reset_factors_of(session: Session, sessions: Sessions, caller: Caller, user: User) -> None:
    """Remove every second factor of somebody, in the transaction of whoever may; they are told by mail."""
    held = held_by(session, user.id)
    table.drop_factors(session, user.id)
    tell_of_changed_factor(
        session, user, "all second factors were removed by an administrator", caller.origin
    )
    audit.append(
        session,
        caller,
        AuditAction.FACTORS_RESET,
        object_type="user",
        object_id=user.id,
        details={
            "app": held.has_app,
            "passkeys": held.usable_passkeys + held.suspended_passkeys,
            "recovery_codes": held.recovery_codes,
        },
    )
    sessions.end_all_of(session, caller, user.id, "second factors reset")


def passkey_name(text: str) -> str:
    """What a passkey is called: what was typed, without what cannot be seen."""
    plain = "".join(
        each for each in unicodedata.normalize("NFC", text) if unicodedata.category(each)[0] != "C"
    )
    return plain.strip()[:_MAX_NAME_CHARACTERS] or _UNNAMED


def _own_passkey(session: Session, caller: Caller, passkey_id: str) -> table.Passkey:
    for each in table.passkeys_of(session, caller.user_id):
        if each.id == passkey_id:
            return each
    raise NotFound("There is no such passkey.")


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at is not None else ""
