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
        group: What it is about: the organization, the archive, or oneself. A line is drawn between two.
        permission: Who may see it; None for everybody.
    """

    key: str
    label: str
    icon_name: str
    group: str
    permission: Permission | None = None

    @property
    def path(self) -> str:
        """Its address."""
        return f"/settings/{self.key}"


_WORK, _ARCHIVE, _OWN = "organization", "archive", "own"

SECTIONS = (
    Section("people", words.PEOPLE, "users", _WORK, Permission.PEOPLE_MANAGE),
    Section("roles", words.ROLES, "shapes", _WORK, Permission.PEOPLE_MANAGE),
    Section(
        "organization", words.ORGANIZATION, "building-2", _WORK, Permission.ORGANIZATION_MANAGE
    ),
    Section("access", words.ACCESS, "lock-keyhole-open", _WORK, Permission.ACCESS_GRANT),
    Section("emergencies", words.EMERGENCIES, "siren", _WORK, Permission.EMERGENCY_REVIEW),
    Section("storage", words.STORAGE, "hard-drive", _ARCHIVE, Permission.ARCHIVE_MANAGE),
    Section("checks", words.CHECKS, "shield-check", _ARCHIVE, Permission.ARCHIVE_MANAGE),
    Section("jobs", words.JOBS, "list-checks", _ARCHIVE, Permission.ARCHIVE_MANAGE),
    Section("conflicts", words.CONFLICTS, "git-merge", _ARCHIVE, Permission.PATIENT_CORRECT),
    Section("profile", words.PROFILE, "circle-user-round", _OWN),
    Section("security", words.SECURITY, "lock-keyhole", _OWN),
    Section("tokens", words.PROGRAMS, "key-round", _OWN),
)


def sections_for(person: Caller | None) -> tuple[str, ...]:
    """Keys of the sections that somebody may see."""
    return tuple(
        section.key
        for section in SECTIONS
        if person is not None and (section.permission is None or person.may(section.permission))
    )


def first_path(person: Caller | None) -> str:
    """Where the settings begin for somebody; empty if they may see nothing of them."""
    seen = sections_for(person)
    return next((section.path for section in SECTIONS if section.key in seen), "")
