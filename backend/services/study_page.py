"""The page of one study: its series and objects, notes of colleagues, what happened to it, and who has access."""

from collections.abc import Sequence
from datetime import UTC, datetime

from backend.access import audit, policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotAllowed, NotFound
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction
from backend.models import study_page as queries
from backend.models import worklist as worklist_queries
from backend.models.session import Database, Session
from backend.models.studies import Instance, Series, Study
from backend.models.study_notes import StudyNote, note_by_id, notes_of_study
from backend.models.videos import videos_of_study
from backend.schemas.study_page import (
    MOST_INSTANCES,
    Event,
    InstanceLine,
    NoteLine,
    PersonWithAccess,
    SeriesLine,
    StudyPage,
)
from backend.services.viewing_verdicts import Verdicts
from backend.services.worklist import study_rows

_MOST_EVENTS = 200
_LONGEST_NOTE = 4000


class StudyPages:
    """Use cases of a study's page.

    Args:
        database: Where studies, notes and the audit trail are.
        verdicts: The viewer's, so that a look is recorded once.
    """

    def __init__(self, database: Database, verdicts: Verdicts) -> None:
        self._database = database
        self._verdicts = verdicts

    def page(self, caller: Caller, study_instance_uid: str) -> StudyPage:
        """What the page shows at first. That it was looked at is recorded, once per session.

        Raises:
            NotFound: If the study does not exist for this caller.
        """
        with self._database.read(caller.organization_id) as session:
            study = _required(session, caller, study_instance_uid)
            found = worklist_queries.studies_by_key(session, [study.id])
            (row,) = study_rows(caller, found)
            is_trail = caller.may(Permission.AUDIT_VIEW)
            shown = StudyPage(
                study=row,
                series=_series(session, study),
                notes=_notes(session, caller, study),
                events=_trail(session, study) if is_trail else _events(session, study),
                is_trail=is_trail,
                people=_people(session, study),
            )
        self._verdicts.record_opening(caller, study_instance_uid, "page")
        return shown

    def series(self, caller: Caller, study_instance_uid: str) -> tuple[SeriesLine, ...]:
        """The series of a study, by number, for a grid of their pictures. Recorded, once per session.

        Raises:
            NotFound: If the study does not exist for this caller.
        """
        with self._database.read(caller.organization_id) as session:
            found = _series(session, _required(session, caller, study_instance_uid))
        self._verdicts.record_opening(caller, study_instance_uid, "pictures")
        return found

    def instances(
        self, caller: Caller, study_instance_uid: str, series_instance_uid: str, page: int = 1
    ) -> tuple[InstanceLine, ...]:
        """The objects of a series, by number, `MOST_INSTANCES` at a time.

        Raises:
            NotFound: If the study does not exist for this caller.
        """
        with self._database.read(caller.organization_id) as session:
            study = _required(session, caller, study_instance_uid)
            found = queries.instances_of(
                session,
                study.id,
                series_instance_uid,
                offset=(max(1, page) - 1) * MOST_INSTANCES,
                limit=MOST_INSTANCES,
            )
            return tuple(_instance_line(instance) for instance in found)

    def write_note(self, caller: Caller, study_instance_uid: str, text: str) -> None:
        """Leave a note at a study.

        Raises:
            NotFound: If the study does not exist for this caller.
            Malformed: If the note is empty or too long.
        """
        with self._database.write(caller.organization_id) as session:
            study = _required(session, caller, study_instance_uid)
            session.add(
                StudyNote(study_key=study.id, author_user_id=caller.user_id, text=_note(text))
            )
            _audit_note(session, caller, study, AuditAction.NOTE_WRITTEN)

    def change_note(self, caller: Caller, study_instance_uid: str, note_id: str, text: str) -> None:
        """Change one's own note.

        Raises:
            NotFound: If the note does not exist for this caller.
            NotAllowed: If it is somebody else's.
            Malformed: If the note would be empty or too long.
        """
        with self._database.write(caller.organization_id) as session:
            study = _required(session, caller, study_instance_uid)
            note = _own_note(session, caller, study, note_id)
            note.text, note.edited_at = _note(text), clock.now()
            session.add(note)
            _audit_note(session, caller, study, AuditAction.NOTE_CHANGED)

    def delete_note(self, caller: Caller, study_instance_uid: str, note_id: str) -> None:
        """Delete one's own note; raises what `change_note` does."""
        with self._database.write(caller.organization_id) as session:
            study = _required(session, caller, study_instance_uid)
            session.delete(_own_note(session, caller, study, note_id))
            _audit_note(session, caller, study, AuditAction.NOTE_DELETED)


def _required(session: Session, caller: Caller, study_instance_uid: str) -> Study:
    return policy.require_study(session, caller, Permission.STUDY_VIEW, study_instance_uid)


def _own_note(session: Session, caller: Caller, study: Study, note_id: str) -> StudyNote:
    note = note_by_id(session, note_id)
    if note is None or note.study_key != study.id:
        raise NotFound
    if note.author_user_id != caller.user_id:
        raise NotAllowed("A note is changed and deleted by whoever wrote it.")
    return note


def _note(text: str) -> str:
    text = text.replace("\0", "").strip()
    if not 1 <= len(text) <= _LONGEST_NOTE:
        raise Malformed(f"A note has 1 to {_LONGEST_NOTE} characters.")
    return text


def _audit_note(session: Session, caller: Caller, study: Study, action: AuditAction) -> None:
    audit.append(session, caller, action, object_type="study", object_id=study.study_instance_uid)


def _series(session: Session, study: Study) -> tuple[SeriesLine, ...]:
    films = {video.series_key for video in videos_of_study(session, study.id)}
    return tuple(
        _series_line(series, is_film=series.id in films)
        for series in queries.series_of(session, study.id)
    )


def _series_line(series: Series, *, is_film: bool) -> SeriesLine:
    return SeriesLine(
        series_instance_uid=series.series_instance_uid,
        series_number="" if series.series_number is None else str(series.series_number),
        modality=series.modality,
        description=series.series_description or series.protocol_name,
        body_part=series.body_part_examined,
        instance_count=series.instance_count,
        frame_count=series.frame_count,
        is_film=is_film,
    )


def _instance_line(instance: Instance) -> InstanceLine:
    frames = f" × {instance.frame_count}" if instance.frame_count > 1 else ""
    return InstanceLine(
        sop_instance_uid=instance.sop_instance_uid,
        number="" if instance.instance_number is None else str(instance.instance_number),
        kind=_in_words(instance.sop_class_uid),
        transfer_syntax=_in_words(instance.transfer_syntax_uid),
        size=f"{instance.columns} × {instance.rows}{frames}" if instance.rows else "",
        size_bytes=instance.size_bytes,
        note=instance.not_displayable_reason,
    )


def _in_words(uid: str) -> str:
    # Here, for a start does not wait for the dictionary.
    from backend.dicom.uid_names import uid_name

    return uid_name(uid) or uid


def _notes(session: Session, caller: Caller, study: Study) -> tuple[NoteLine, ...]:
    return tuple(
        NoteLine(
            note_id=note.id,
            author_name=author.display_name,
            written_at=_moment(note.created_at),
            edited_at=_moment(note.edited_at) if note.edited_at else "",
            text=note.text,
            is_own=note.author_user_id == caller.user_id,
        )
        for note, author in notes_of_study(session, study.id)
    )


def _trail(session: Session, study: Study) -> tuple[Event, ...]:
    """From the audit trail: for those who may read it."""
    reports = [report.id for report in worklist_queries.reports_of_study(session, study.id)]
    about = [study.study_instance_uid, *reports]
    return tuple(
        Event(_moment(entry.at), entry.action, entry.actor_name)
        for entry in queries.entries_about(session, about, _MOST_EVENTS)
    )


def _events(session: Session, study: Study) -> tuple[Event, ...]:
    """What the study itself shows to everybody who may see it."""
    events = [Event(_moment(study.arrived_at), AuditAction.STUDY_IMPORTED, "")]
    events += [
        Event(_moment(version.signed_at), AuditAction.REPORT_SIGNED, version.signer_name)
        for _, version in queries.reports_with_versions(session, study.id)
    ]
    return tuple(reversed(events))


def _people(session: Session, study: Study) -> tuple[PersonWithAccess, ...]:
    """Everybody who may see this study; `access.policy` decides, as when they open it."""
    names: dict[str, str] = {}
    roles: dict[str, set[str]] = {}
    rights: dict[str, set[str]] = {}
    for user, role, permission in queries.people_with_rights(session):
        names[user.id] = user.display_name
        roles.setdefault(user.id, set()).update({role} - {""})
        rights.setdefault(user.id, set()).add(permission)
    return tuple(
        PersonWithAccess(name, ", ".join(sorted(roles[user_id])), _study_rights(rights[user_id]))
        for user_id, name in names.items()
        if policy.would_reach(session, user_id, rights[user_id], study)
    )


def _study_rights(held: Sequence[str] | set[str]) -> tuple[str, ...]:
    about = (
        Permission.STUDY_VIEW,
        Permission.STUDY_EDIT,
        Permission.STUDY_EXPORT,
        Permission.STUDY_SHARE,
        Permission.STUDY_DELETE,
        Permission.REPORT_VIEW,
        Permission.REPORT_WRITE,
        Permission.REPORT_SIGN,
    )
    return tuple(permission.value for permission in about if permission in held)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")
