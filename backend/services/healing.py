"""Healing: a damaged object that is sent again, octet for octet, gets its new octets. What is whole is never touched.

The new octets are an object of their own and durable before this begins; the rows point to them from the commit on, and
only then the damaged object goes. Which file heals what is decided in `ingest_verdicts`.
"""

from dataclasses import dataclass

from backend.core.caller import Caller
from backend.core.vocabulary import DamageKind
from backend.models import conflicts, reading_copies, stored_files
from backend.models import integrity as queries
from backend.models.conflicts import HeldInstance
from backend.models.session import Session
from backend.models.studies import Instance
from backend.ports.keyring import Keyring
from backend.ports.object_store import StagedObject
from backend.services.damage_marks import standing, write_down
from backend.services.ingest_verdicts import Candidate


@dataclass(frozen=True, slots=True)
class Healed:
    """What is to be done after the commit.

    Attributes:
        object_id: The damaged object, which nothing points to any more.
        study_key: The study that it was in; empty if it is of a conflict.
        sop_instance_uid: Of what is whole again.
    """

    object_id: str
    study_key: str
    sop_instance_uid: str


def heal(session: Session, keyring: Keyring, caller: Caller, candidate: Candidate) -> Healed:
    """Let what is stored of a file, in a study or in a conflict, point to the octets that came.

    Args:
        session: A writing session, in which the file was found to be stored, octet for octet, and damaged.
        keyring: Wraps the key of what came.
        caller: Who sent it.
        candidate: The file, its octets committed to the store.
    """
    uid, sha256 = candidate.attributes.sop_instance_uid, candidate.received.sha256
    instance = stored_files.instance_by_uid(session, uid)
    held = None
    if instance is not None and instance.sha256 == sha256:
        old = instance.object_id
        held = conflicts.held_by_object(session, old)  # it was in a conflict once
    else:
        instance, held = None, conflicts.waiting_file(session, uid, sha256)
        old = held.object_id if held is not None else ""
    kept, known = queries.kept_object(session, old), queries.damage_of(session, old)
    if kept is None or standing(known) in (None, DamageKind.PIXELS):
        raise RuntimeError("only what is damaged is healed")  # the verdict was another session's
    if instance is not None:
        _point(session, keyring, instance, candidate.received.staged, kept.wrapped_data_key)
        reading_copies.forget_refusal(session, instance.id)
    if held is not None:
        conflict = conflicts.conflict_by_key(session, held.conflict_key)
        if conflict is not None:
            _point(session, keyring, held, candidate.received.staged, conflict.wrapped_data_key)
    write_down(session, kept, known, None, caller)
    session.flush()
    return Healed(old, kept.study_key, uid)


def _point(
    session: Session,
    keyring: Keyring,
    row: Instance | HeldInstance,
    staged: StagedObject,
    wrapped_data_key: bytes,
) -> None:
    row.object_id = staged.object_id
    row.wrapped_object_key = keyring.wrap_object_key(staged.object_key, wrapped_data_key)
    session.add(row)
