"""Those who are on their way in, and the form by which somebody is invited, let in, or a program's account is made."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx

from backend.core.permissions import Permission
from backend.schemas.joining import InvitationRow, JoinRequestRow
from backend.schemas.people import PersonAct, PersonChange, RoleView
from pacscribe_ui.state.base import ask, caller, notify, requires, services
from pacscribe_ui.state.people import PATH, PeopleState
from pacscribe_ui.state.people_lines import RoleChoice, role_choices
from pacscribe_ui.state.rights_lines import role_name, toggled
from pacscribe_ui.text import Newcomers as words


@dataclass(frozen=True, slots=True)
class RequestLine:
    """Somebody who waits to be let in."""

    request_id: str
    name: str
    facts: str
    wish: str
    asked_at: str
    approve_label: str
    decline_label: str


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """An invitation that can still be accepted."""

    invitation_id: str
    email: str
    facts: str
    expires_at: str
    withdraw_label: str


class NewcomersState(rx.State):
    """Who waits, who is invited, and what is being entered about a newcomer."""

    requests: tuple[RequestLine, ...] = ()
    invitations: tuple[InvitationLine, ...] = ()
    may_make_services: bool = False
    sends_mail: bool = True
    kind: str = ""  # `invite`, `service` or `approve` while the form is open
    roles: tuple[RoleChoice, ...] = ()

    _request_id: str = ""
    _roles: tuple[RoleView, ...] = ()
    _chosen: tuple[str, ...] = ()

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def load(self) -> None:
        """Show who waits to be let in, and who is invited: at once, or the second would push the first down."""
        self.may_make_services = caller().may(Permission.TOKEN_MANAGE)
        self.sends_mail = services().letters.can_leave
        waiting, invited = await ask(services().joining.newcomers, caller())
        self.requests = tuple(map(request_line, waiting))
        self.invitations = tuple(map(invitation_line, invited))

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def begin(self, kind: str, request_id: str) -> None:
        """Open the form."""
        self._roles = await ask(services().roles.list_all, caller())
        self.kind = kind if kind in words.TITLES else ""
        self._request_id, self._chosen = request_id, ()
        self._look()

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def leave(self) -> None:
        """Close the form, and do nothing."""
        self.kind = ""

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def toggle_role(self, role_key: str) -> None:
        """Tick a role or not."""
        self._chosen = toggled(self._chosen, role_key)
        self._look()

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def submit(self, form: dict[str, Any]) -> Any:
        """Invite, let in, or make the account."""
        use_case, entered = self._act(form)
        made = await ask(use_case, caller(), entered, self._chosen)
        done, self.kind = self.kind, ""
        # A program's account is of no use without a token, so it is opened.
        goes_on = rx.redirect(f"{PATH}?person={made}") if done == "service" else PeopleState.load
        said = words.DONE[done] if self.sends_mail else words.DONE_WITHOUT_MAIL[done]
        return [NewcomersState.load, goes_on, notify(said)]

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def decline(self, request_id: str) -> Any:
        """Do not let somebody in."""
        await ask(services().joining.decline, caller(), request_id)
        return [NewcomersState.load, notify(words.DECLINED)]

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def withdraw(self, invitation_id: str) -> Any:
        """Take an invitation back."""
        await ask(services().joining.withdraw, caller(), invitation_id)
        return [NewcomersState.load, notify(words.WITHDRAWN)]

    def _act(self, form: dict[str, Any]) -> tuple[Callable[..., Any], str]:
        if self.kind == "service":
            return services().tokens.make_service_account, str(form.get("name", ""))
        if self.kind == "approve":
            return services().joining.approve, self._request_id
        return services().joining.invite, str(form.get("email", ""))

    def _look(self) -> None:
        chosen = PersonChange("", PersonAct.RIGHTS, self._chosen)
        self.roles = role_choices(self._roles, chosen)


def request_line(row: JoinRequestRow) -> RequestLine:
    """Somebody who waits, in words."""
    facts = [row.email, row.specialty, row.phone]
    return RequestLine(
        request_id=row.request_id,
        name=row.display_name,
        facts=" · ".join(each for each in facts if each),
        wish=words.WISHES.format(role=role_name(row.wished_role)) if row.wished_role else "",
        asked_at=row.asked_at,
        approve_label=words.APPROVE_LABEL.format(name=row.display_name),
        decline_label=words.DECLINE_LABEL.format(name=row.display_name),
    )


def invitation_line(row: InvitationRow) -> InvitationLine:
    """An invitation in words."""
    roles = ", ".join(map(role_name, row.roles))
    return InvitationLine(
        invitation_id=row.invitation_id,
        email=row.email,
        facts=words.INVITED_BY.format(roles=roles, name=row.invited_by),
        expires_at=row.expires_at,
        withdraw_label=words.WITHDRAW_LABEL.format(email=row.email),
    )
