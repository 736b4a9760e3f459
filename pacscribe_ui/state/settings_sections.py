"""The sections of the settings: a line for each page, in the order in which they are listed, and who may see it."""

from dataclasses import dataclass

from backend.core.caller import Caller
from backend.core.permissions import Permission
from pacscribe_ui.text import Settings as words


@dataclass(frozen=True, slots=True)
class Section:
    """A page below `/settings/`.

    Attributes:
        key: Last part of its address.
        label: What it is called.
        icon_name: Lucide icon.
        permission: Who may see it; None for everybody.
    """

    key: str
    label: str
    icon_name: str
    permission: Permission | None = None

    @property
    def path(self) -> str:
        """Its address."""
        return f"/settings/{self.key}"


SECTIONS = (
    Section("storage", words.STORAGE, "hard-drive", Permission.ARCHIVE_MANAGE),
    Section("checks", words.CHECKS, "shield-check", Permission.ARCHIVE_MANAGE),
    Section("jobs", words.JOBS, "list-checks", Permission.ARCHIVE_MANAGE),
    Section("conflicts", words.CONFLICTS, "git-merge", Permission.PATIENT_CORRECT),
    Section("people", words.PEOPLE, "users", Permission.PEOPLE_MANAGE),
    Section("roles", words.ROLES, "shapes", Permission.PEOPLE_MANAGE),
    Section("organization", words.ORGANIZATION, "building-2", Permission.ORGANIZATION_MANAGE),
    Section("profile", words.PROFILE, "circle-user-round"),
    Section("access", words.ACCESS, "lock-keyhole-open", Permission.ACCESS_GRANT),
    Section("emergencies", words.EMERGENCIES, "siren", Permission.EMERGENCY_REVIEW),
    Section("tokens", words.PROGRAMS, "key-round"),
    Section("security", words.SECURITY, "lock-keyhole"),
)


def sections_for(person: Caller | None) -> tuple[str, ...]:
    """Keys of the sections that somebody may see."""
    return tuple(
        section.key
        for section in SECTIONS
        if person is not None and (section.permission is None or person.may(section.permission))
    )
