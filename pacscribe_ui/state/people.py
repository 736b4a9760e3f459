"""What the page about people shows, and what is being changed on it. The address says who, and what was searched for.

The tokens of the account that is open have a state of their own here, for what is done with them changes what is said of it.
"""

from typing import Any
from urllib.parse import urlencode

import reflex as rx

from backend.core.errors import NotFound, Refusal
from backend.core.permissions import Permission
from backend.schemas.people import PersonAct, PersonChange, PersonDetails, RoleView
from backend.schemas.tokens import NewToken
from pacscribe_ui.state.base import ask, caller, notify, requires, services
from pacscribe_ui.state.people_lines import (
    PersonLine,
    PersonView,
    RoleChoice,
    as_it_is,
    count_line,
    own_rights,
    person_line,
    person_view,
    role_choices,
    with_right,
    with_role,
)
from pacscribe_ui.state.program_lines import (
    ProgramLine,
    days_of,
    program_line,
    reach_line,
    scope_lines,
)
from pacscribe_ui.state.rights_lines import RightLine, person_effects, toggled
from pacscribe_ui.state.search_field import SearchFieldState
from pacscribe_ui.text import People as words
from pacscribe_ui.text import Programs as programs

PATH = "/settings/people"
_NOBODY = PersonChange("", PersonAct.RIGHTS)


def programs_of(user_id: str) -> list[Any]:
    """The event that shows an account's tokens, to whoever may see them."""
    may_see = caller().may(Permission.TOKEN_MANAGE)
    return [ServiceProgramsState.load(user_id)] if may_see else []


class PeopleState(SearchFieldState, rx.State):
    """The list, or one account with what is about to be done with it."""

    lines: tuple[PersonLine, ...] = ()
    count: str = ""
    search: str = ""
    is_loaded: bool = False

    person: PersonView = PersonView()
    is_gone: bool = False
    roles: tuple[RoleChoice, ...] = ()
    rights: tuple[RightLine, ...] = ()
    is_changed: bool = False
    asked: str = ""  # the act that a dialog asks about
    question: str = ""
    effects: tuple[str, ...] = ()
    problem: str = ""
    fingerprint: str = ""

    _details: PersonDetails | None = None
    _roles: tuple[RoleView, ...] = ()
    _entered: PersonChange = _NOBODY

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def load(self) -> Any:
        """Show the account that the address names, or the list."""
        parameters = dict(self.router.url.query_parameters)
        self.is_gone, self.person = False, PersonView()
        self._settle()
        if parameters.get("person"):
            return PeopleState.open(parameters["person"])
        self.search = self._searched(parameters.get("q", "")[:200])
        page = await ask(services().members.page, caller(), self.search)
        self.lines, self.count = tuple(map(person_line, page.rows)), count_line(page)
        self.is_loaded = True
        return None

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def open(self, user_id: str) -> Any:
        """Show an account as it is."""
        self.is_loaded = True
        try:
            details = await ask(services().members.details, caller(), user_id)
        except NotFound:
            self.is_gone = True
            return None
        self._show(details)
        return [PeopleState.load_roles, *programs_of(user_id)]

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def load_roles(self) -> None:
        """Show which roles there are."""
        self._roles = await ask(services().roles.list_all, caller())
        self._look()

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def find(self, form: dict[str, Any]) -> Any:
        """Search for words of names and addresses."""
        words_given = str(form.get("text", "")).strip()[:200]
        self._searched_in_field(words_given)
        query = f"?{urlencode({'q': words_given})}" if words_given else ""
        return rx.redirect(PATH + query)

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def toggle_role(self, role_key: str) -> None:
        """Tick a role or not, and look at what that would do."""
        self._entered = with_role(self._entered, role_key)
        await self._weigh()

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def toggle_right(self, permission: str) -> None:
        """Tick a right beside the roles or not, and look at what that would do."""
        self._entered = with_right(self._entered, permission)
        await self._weigh()

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def begin(self, act: str) -> None:
        """Say what an act would do, before it is done."""
        chosen = PersonAct(act) if act in set(PersonAct) else PersonAct.END_SESSIONS
        self.asked = chosen.value
        self.question = words.QUESTIONS[chosen].format(name=self.person.line.name)
        await self._preview(PersonChange(self.person.line.user_id, chosen))

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def leave(self) -> None:
        """Leave the account as it is."""
        self._settle()
        self._look()

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def confirm(self, fingerprint: str) -> Any:
        """Do what was previewed when the button was pressed, and nothing else."""
        change = self._entered
        if self.asked:
            change = PersonChange(self.person.line.user_id, PersonAct(self.asked))
        self._show(await ask(services().members.carry_out, caller(), change, fingerprint))
        return [notify(words.DONE[change.act]), *programs_of(change.user_id)]

    @rx.event
    @requires(Permission.PEOPLE_MANAGE)
    async def count_anew(self) -> None:
        """Show what hangs on the account by now; what is being entered stays."""
        user_id = self.person.line.user_id
        self.person = person_view(await ask(services().members.details, caller(), user_id))

    def _show(self, details: PersonDetails) -> None:
        self._details = details
        self.person = person_view(details)
        self._settle()
        self._look()

    def _settle(self) -> None:
        self._entered = as_it_is(self._details) if self._details is not None else _NOBODY
        self.asked, self.effects, self.problem, self.fingerprint = "", (), "", ""
        self.is_changed = False

    def _look(self) -> None:
        self.roles = role_choices(self._roles, self._entered)
        self.rights = own_rights(self._roles, self._entered)

    async def _weigh(self) -> None:
        self._look()
        self.is_changed = self._details is not None and self._entered != as_it_is(self._details)
        self.effects, self.problem, self.fingerprint = (), "", ""
        if self.is_changed:
            await self._preview(self._entered)

    async def _preview(self, change: PersonChange) -> None:
        self.effects, self.problem, self.fingerprint = (), "", ""
        try:
            preview = await ask(services().members.preview, caller(), change)
        except Refusal as refusal:
            self.problem = refusal.sentence
            return
        self.effects, self.fingerprint = person_effects(preview), preview.fingerprint


class ServiceProgramsState(rx.State):
    """Access tokens of the account that is open, for whoever holds `token:manage`; new ones for service accounts only."""

    lines: tuple[ProgramLine, ...] = ()
    is_loaded: bool = False
    rights: tuple[RightLine, ...] = ()
    reach: str = ""
    # The only moment at which it can be read; gone when the page is left.
    shown_once: str = ""

    _user_id: str = ""
    _chosen: tuple[str, ...] = ()

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def load(self, user_id: str) -> Any:
        """Show an account's tokens, and what a new one can be for."""
        self._user_id, self._chosen, self.shown_once = user_id, (), ""
        found = await ask(services().tokens.list_of, caller(), user_id)
        self.lines, self.is_loaded = tuple(map(program_line, found)), True
        return ServiceProgramsState.offer

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def offer(self) -> None:
        """Show what a new token can be for."""
        possible = await ask(services().tokens.scopes_for, caller(), self._user_id)
        self.rights = scope_lines(possible, self._chosen)
        self.reach = reach_line(possible, self._chosen)

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def toggle(self, permission: str) -> Any:
        """Tick what a new token is for, or not."""
        self._chosen = toggled(self._chosen, permission)
        return ServiceProgramsState.offer

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def make(self, form: dict[str, Any]) -> Any:
        """Make a token for the account and show it, this once."""
        made: NewToken = await ask(
            services().tokens.create_for,
            caller(),
            self._user_id,
            name=str(form.get("name", "")),
            scopes=self._chosen,
            days=days_of(form.get("days", "")),
        )
        self.shown_once, self._chosen = made.token, ()
        self.lines = (program_line(made.view), *self.lines)
        return [ServiceProgramsState.offer, PeopleState.count_anew]

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def taken(self) -> None:
        """Forget the token that was shown."""
        self.shown_once = ""

    @rx.event
    @requires(Permission.TOKEN_MANAGE)
    async def revoke(self, key: str) -> Any:
        """End a token at once."""
        ended = program_line(await ask(services().tokens.revoke, caller(), key))
        self.lines = tuple(ended if line.key == ended.key else line for line in self.lines)
        return [notify(programs.REVOKED_NOTICE), PeopleState.count_anew]
