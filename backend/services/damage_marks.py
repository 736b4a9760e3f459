"""Marks of damaged objects: put on and taken away with their trace. Who finds that out is `integrity`; who mends it, `healing`."""

import json

from backend.access import audit
from backend.core import clock
from backend.core.caller import Caller, system_caller
from backend.core.vocabulary import AuditAction, DamageKind
from backend.models import integrity as queries
from backend.models.damages import Damage
from backend.models.integrity import KeptObject
from backend.models.session import Session
from backend.models.work import OutboxMessage, is_message_waiting

DAMAGED_MESSAGE_KIND = "archive:damaged"


def standing(known: Damage | None) -> DamageKind | None:
    """The damage that a mark speaks of; None if there is no mark, or it was taken away."""
    return None if known is None or known.resolved_at else DamageKind(known.kind)


def write_down(
    session: Session,
    kept: KeptObject,
    known: Damage | None,
    damage: DamageKind | None,
    by: Caller | None = None,
) -> None:
    """Mark an object, or take the mark away: with its trace, and a message that is still to leave.

    Args:
        session: A writing session.
        kept: The object.
        known: What was found about it before.
        damage: What holds now; None if it is whole.
        by: Who brought that about; None for the program itself.
    """
    now = clock.now()
    row = known or Damage(
        organization_id=kept.organization_id,
        object_id=kept.object_id,
        kind="",
        study_instance_uid=kept.study_instance_uid,
        sop_instance_uid=kept.sop_instance_uid,
        found_at=now,
    )
    if damage is None:
        row.resolved_at = now
    else:
        row.kind, row.found_at, row.resolved_at = damage.value, now, None
        if not is_message_waiting(session, DAMAGED_MESSAGE_KIND, kept.organization_id):
            session.add(
                OutboxMessage(
                    organization_id=kept.organization_id,
                    kind=DAMAGED_MESSAGE_KIND,
                    payload=json.dumps({"found_at": now.isoformat(timespec="seconds")}),
                    run_after=now,
                )
            )
    session.add(row)
    # Pictures that are kept of a study are kept for one state of it.
    study = queries.study_by_key(session, kept.study_key) if kept.study_key else None
    if study is not None:
        study.updated_at = now
        session.add(study)
    audit.append(
        session,
        by or system_caller(kept.organization_id, frozenset()),
        AuditAction.OBJECT_RECOVERED if damage is None else AuditAction.OBJECT_DAMAGED,
        object_type="study",
        object_id=kept.study_instance_uid,
        details={
            "sop_instance_uid": kept.sop_instance_uid,
            "kind": damage.value if damage is not None else "",
        },
    )
