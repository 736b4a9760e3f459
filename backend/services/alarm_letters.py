"""Letters about what happens to the archive and its reports: who gets one, and what it says. How letters leave is in `services.letters`.

None names a patient or a study: whoever gets it signs in to see. An alarm that goes on is told once a day.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from backend.core import clock
from backend.core.caller import SYSTEM_ORGANIZATION_ID
from backend.core.permissions import Permission
from backend.models import organizations, outbox, people, reports, work
from backend.models.session import Session
from backend.schemas.storage import RoomLevel
from backend.services.damage_marks import DAMAGED_MESSAGE_KIND
from backend.services.letters import Letter, Letters, send_later, tell_later
from backend.services.report_signature import SIGNED_MESSAGE_KIND

_TOLD_AGAIN_AFTER = timedelta(days=1)
_DAMAGED = (
    "Stored files in PACScribe are damaged",
    "PACScribe has found stored files that are damaged or missing. They are shown to nobody.\n\n"
    "This page says which they are:",
)
_STORAGE = {
    RoomLevel.LOW: (
        "The storage of PACScribe is filling up",
        "The disk that holds the images is filling up. Make room on it, or move the data directory to a larger one, "
        "before uploads are refused.",
    ),
    RoomLevel.FULL: (
        "The storage of PACScribe is full",
        "The disk that holds the images is full. Uploads are refused until there is room; viewing, signing and signing "
        "in go on.",
    ),
}


def register(letters: Letters) -> None:
    """Make the writers of this module known."""
    letters.write_for(SIGNED_MESSAGE_KIND, _report_signed)
    letters.write_for(DAMAGED_MESSAGE_KIND, _damaged)
    for level in _STORAGE:
        letters.write_for(_storage_kind(level), partial(_storage, level))


def tell_of_storage(session: Session, level: RoomLevel) -> None:
    """Let the administrators of all organizations know that room runs out; once a day for each level.

    Args:
        session: A writing system session.
        level: How much room is left.
    """
    kind = _storage_kind(level)
    if level not in _STORAGE or work.is_message_waiting(session, kind, SYSTEM_ORGANIZATION_ID):
        return
    if not _put_off(session, kind, SYSTEM_ORGANIZATION_ID):
        tell_later(session, SYSTEM_ORGANIZATION_ID, kind, {})


def _report_signed(session: Session, organization_id: str, told: Mapping[str, str]) -> None:
    """Whoever began a report hears that somebody else has signed it."""
    found = reports.author_and_signer(session, told["report_id"])
    if found is None or not found[0].is_active:
        return
    author, signer_name = found
    letter = Letter(
        to=author.email,
        subject="A report that you began is signed",
        text=f"{signer_name} has signed a report that you began.",
        page=f"/report/{told['report_id']}",
    )
    send_later(session, organization_id, letter)


def _damaged(session: Session, organization_id: str, _told: Mapping[str, str]) -> timedelta | None:
    put_off = _put_off(session, DAMAGED_MESSAGE_KIND, organization_id)
    if not put_off:
        _alarm(session, organization_id, *_DAMAGED, page="/settings/checks")
    return put_off


def _storage(
    level: RoomLevel, session: Session, _organization_id: str, _told: Mapping[str, str]
) -> None:
    for organization in organizations.organizations_by_slug(session, ""):
        _alarm(session, organization.id, *_STORAGE[level], page="/settings/storage")


def _alarm(session: Session, organization_id: str, subject: str, text: str, *, page: str) -> None:
    holders = people.emails_of_holders(session, Permission.ARCHIVE_MANAGE.value, organization_id)
    for email in holders:
        send_later(
            session, organization_id, Letter(to=email, subject=subject, text=text, page=page)
        )


def _put_off(session: Session, kind: str, organization_id: str) -> timedelta | None:
    """How long an alarm is to wait, because the same was told lately; None if it was not."""
    last = outbox.last_delivered(session, kind, organization_id)
    left = last + _TOLD_AGAIN_AFTER - clock.now() if last else timedelta()
    return left if left > timedelta() else None


def _storage_kind(level: RoomLevel) -> str:
    return f"storage.{level.value}"
