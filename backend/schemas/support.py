"""Support access, as both sides see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Leave:
    """An organization's leave for support to look; times are ISO 8601, UTC."""

    support_access_id: str
    allowed_by_name: str
    reason: str
    began_at: str
    ends_at: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """An organization that lets support in at this moment, as support sees it."""

    support_access_id: str
    organization_name: str
    reason: str
    ends_at: str


@dataclass(frozen=True, slots=True)
class SupportPage:
    """What somebody sees of support access: the leaves of their organization, or the doors that are open to them."""

    leaves: tuple[Leave, ...]
    doors: tuple[OpenDoor, ...]
