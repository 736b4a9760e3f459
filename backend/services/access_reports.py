"""Who had what of which study, counted from the entries of the audit trail: the answer to "who saw this patient"."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from backend.core.vocabulary import AuditAction, AuditOutcome
from backend.models.audit_search import Access
from backend.schemas.audit import AccessRow

_OPENED = {AuditAction.STUDY_OPENED}
_REPORTS = {AuditAction.REPORT_OPENED}
_TAKEN_OUT = {AuditAction.STUDY_EXPORTED, AuditAction.REPORT_EXPORTED}
_MOST_ADDRESSES = 10


@dataclass
class _Sum:
    """What one person had of one study so far."""

    name: str
    first: datetime
    last: datetime
    counts: dict[str, int] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    addresses: dict[str, None] = field(default_factory=dict)

    def count(self, what: str, how_many: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + how_many


def access_rows(entries: Iterable[Access]) -> tuple[AccessRow, ...]:
    """The entries summed up by person and study, the last access first.

    Args:
        entries: About studies and reports, in the order of the trail. Others are passed over.
    """
    sums: dict[tuple[str, str], _Sum] = {}
    for entry in entries:
        details = json.loads(entry.details)
        study = _study(entry, details)
        if not study:
            continue
        key = (entry.actor_user_id, study)
        summed = sums.get(key)
        if summed is None:
            summed = sums[key] = _Sum(entry.actor_name, entry.at, entry.at)
        summed.name, summed.last = entry.actor_name, max(summed.last, entry.at)
        summed.first = min(summed.first, entry.at)
        if entry.session_id:
            summed.sessions.add(entry.session_id)
        if entry.ip_address and len(summed.addresses) < _MOST_ADDRESSES:
            summed.addresses[entry.ip_address] = None
        _count(summed, entry, details)
    rows = [_row(*key, summed) for key, summed in sums.items()]
    return tuple(sorted(rows, key=lambda row: (row.last, row.name), reverse=True))


def _study(entry: Access, details: dict[str, object]) -> str:
    if entry.object_type == "study":
        return entry.object_id
    return str(details.get("study_instance_uid", "")) if entry.object_type == "report" else ""


def _count(summed: _Sum, entry: Access, details: dict[str, object]) -> None:
    images = details.get("images")
    if entry.outcome != AuditOutcome.SUCCESS:
        summed.count("refused")
    elif entry.action == AuditAction.STUDY_SERVED:
        summed.count("images", images if isinstance(images, int) else 0)
    elif entry.action in _OPENED:
        summed.count("opened")
    elif entry.action in _REPORTS:
        summed.count("reports")
    elif entry.action in _TAKEN_OUT:
        summed.count("taken_out")
    else:
        summed.count("other")


def _row(user_id: str, study_instance_uid: str, summed: _Sum) -> AccessRow:
    names = ("opened", "images", "reports", "taken_out", "refused", "other")
    return AccessRow(
        user_id=user_id,
        name=summed.name,
        study_instance_uid=study_instance_uid,
        first=_moment(summed.first),
        last=_moment(summed.last),
        sessions=len(summed.sessions),
        addresses=tuple(summed.addresses),
        **{name: summed.counts.get(name, 0) for name in names},
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
