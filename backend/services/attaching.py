"""Attaching documents, pictures and videos to a study, as DICOM; and opening the documents of a study.

Patient and study are chosen by a person and repeated here: what the person saw and confirmed must still be what is stored.
"""

from collections.abc import Iterator
from typing import Protocol

from backend.access import audit, policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import FileRefused, Malformed, NotFound, PatientNotConfirmed
from backend.core.identifiers import new_id
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, IngestOutcomeKind
from backend.dicom.attachment_model import (
    ENCAPSULATED_PDF,
    AttachmentOrder,
    AttachmentParts,
    DocumentPlace,
    instance_uid,
)
from backend.models import attachments as queries
from backend.models.session import Database, Session
from backend.models.studies import Study
from backend.ports.keyring import Keyring
from backend.ports.object_store import ObjectReader, ObjectStore
from backend.schemas.attaching import AttachmentRequest, AttachmentTarget, StudyDocument
from backend.schemas.studies import IngestOutcome
from backend.services.studies import Studies

_LONGEST_DESCRIPTION = 64  # of a series, VR LO
_STEP_BYTES = 1 << 20
_MOST_DOCUMENT_BYTES = 256 * 1024 * 1024


class MakesAttachments(Protocol):
    """Makes instances of untrusted files; see `backend.adapters.attacher_process`."""

    def attachment(self, octets: ObjectReader, order: AttachmentOrder) -> AttachmentParts:
        """An instance, in parts; or `FileRefused`."""
        ...

    def document_place(self, octets: ObjectReader) -> DocumentPlace:
        """Where in an instance its document is; or `FileRefused`."""
        ...


class Attaching:
    """Use cases of attachments."""

    def __init__(
        self,
        database: Database,
        object_store: ObjectStore,
        keyring: Keyring,
        studies: Studies,
        maker: MakesAttachments,
    ) -> None:
        self._database = database
        self._object_store = object_store
        self._keyring = keyring
        self._studies = studies
        self._maker = maker

    def target(self, caller: Caller, study_instance_uid: str) -> AttachmentTarget:
        """The patient and the study as a person is to confirm them.

        Raises:
            NotFound: If the study does not exist for this caller.
            NotAllowed: Without `study:upload`.
        """
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(
                session, caller, Permission.STUDY_UPLOAD, study_instance_uid
            )
            return _target(session, study)

    def documents(self, caller: Caller, study_instance_uid: str) -> tuple[StudyDocument, ...]:
        """The PDF documents of a study.

        Raises:
            NotFound: If the study does not exist for this caller.
            NotAllowed: Without `study:view`.
        """
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(session, caller, Permission.STUDY_VIEW, study_instance_uid)
            found = queries.instances_of_class(session, study.id, ENCAPSULATED_PDF)
            return tuple(
                StudyDocument(
                    sop_instance_uid=instance.sop_instance_uid,
                    description=series.series_description,
                    series_number=series.series_number or 0,
                    size_bytes=instance.size_bytes,
                )
                for instance, series in found
            )

    def document(self, caller: Caller, study_instance_uid: str, sop_instance_uid: str) -> bytes:
        """A PDF document of a study, as it was stored. That it was opened is kept in the audit trail.

        Raises:
            NotFound: If there is no such document for this caller.
            NotAllowed: Without `study:view`.
            FileRefused: If the object holds no PDF.
            ObjectDamaged: If the stored octets fail their seal.
        """
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(session, caller, Permission.STUDY_VIEW, study_instance_uid)
            found = queries.instances_of_class(session, study.id, ENCAPSULATED_PDF)
            instance = next((i for i, _ in found if i.sop_instance_uid == sop_instance_uid), None)
            if instance is None:
                raise NotFound
            key = self._keyring.unwrap_object_key(
                instance.wrapped_object_key, study.wrapped_data_key
            )
            object_id = instance.object_id
        with self._object_store.open(object_id, key) as reader:
            place = self._maker.document_place(reader)
            if place.length > _MOST_DOCUMENT_BYTES:
                raise FileRefused("The document is too large to be opened here.")
            octets = reader.read_range(place.offset, place.length)
        audit.record(
            self._database,
            caller,
            AuditAction.STUDY_OPENED,
            object_type="study",
            object_id=study_instance_uid,
            details={"document": sop_instance_uid},
        )
        return octets

    def require_possible(self, caller: Caller, request: AttachmentRequest) -> None:
        """Refuse, before the first octet of the file is sent, what would be refused once all are here.

        Raises:
            NotFound: If the study does not exist for this caller.
            NotAllowed: Without `study:upload`.
            PatientNotConfirmed: If patient or study are not as they were seen.
            Malformed: If the description is too long.
        """
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(
                session, caller, Permission.STUDY_UPLOAD, request.study_instance_uid
            )
            _order(session, study, request, instance_uid(new_id()))

    def attach(
        self,
        caller: Caller,
        request: AttachmentRequest,
        source_name: str,
        octets: ObjectReader,
        key: str = "",
    ) -> IngestOutcome:
        """Attach a file to the study that was confirmed, as a new series; it takes the way of every instance.

        Args:
            caller: Who attaches it.
            request: To what, and what the person says of it.
            source_name: What its sender calls the file.
            octets: The file.
            key: A UUID for it, if this may be tried again after the program has ended: it is attached once then.

        Raises:
            NotFound: If the study does not exist for this caller.
            NotAllowed: Without `study:upload`.
            PatientNotConfirmed: If patient or study are not as they were seen.
            FileRefused: If the file cannot be attached, and why.
            StorageFull: If there is no room.
        """
        uid = instance_uid(key or new_id())
        order = None
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(
                session, caller, Permission.STUDY_UPLOAD, request.study_instance_uid
            )
            series_uid = queries.series_uid_of(session, study.id, uid)
            if series_uid is None:
                order = _order(session, study, request, uid)
        if order is not None:
            parts = self._maker.attachment(octets, order)
            received = self._studies.receive(caller, source_name, _octets(parts, octets))
            (outcome,) = self._studies.ingest(caller, [received])
        else:
            # Attached before the program ended, which may have been before it could be written down.
            stored, study_uid = IngestOutcomeKind.STORED, request.study_instance_uid
            outcome = IngestOutcome(source_name, stored, "", study_uid, series_uid or "", uid)
        if outcome.kind is IngestOutcomeKind.STORED:
            self._record(caller, request, uid)
        return outcome

    def _record(self, caller: Caller, request: AttachmentRequest, sop_instance_uid: str) -> None:
        with self._database.write(caller.organization_id) as session:
            audit.append(
                session,
                caller,
                AuditAction.STUDY_ATTACHED,
                object_type="study",
                object_id=request.study_instance_uid,
                details={
                    "sop_instance_uid": sop_instance_uid,
                    "origin": request.answers.origin.value,
                    "burned_in": request.answers.burned_in.value,
                },
            )


def _order(session: Session, study: Study, request: AttachmentRequest, uid: str) -> AttachmentOrder:
    target = _target(session, study)
    if target.confirmation != request.confirmation:
        raise PatientNotConfirmed
    answers = request.answers
    description = " ".join(answers.description.replace("\\", "/").split())
    if len(description) > _LONGEST_DESCRIPTION:
        raise Malformed(f"A description has at most {_LONGEST_DESCRIPTION} characters.")
    return AttachmentOrder(
        sop_instance_uid=uid,
        study_instance_uid=target.study_instance_uid,
        patient_name=target.patient_name,
        patient_id=target.patient_id,
        issuer_of_patient_id=target.issuer_of_patient_id,
        patient_birth_date=target.patient_birth_date,
        patient_sex=target.patient_sex,
        study_date=target.study_date,
        study_time=target.study_time,
        study_id=target.study_id,
        study_description=target.study_description,
        accession_number=target.accession_number,
        referring_physician_name=target.referring_physician_name,
        series_number=queries.highest_series_number(session, study.id) + 1,
        description=description,
        origin=answers.origin.value,
        burned_in=answers.burned_in.value,
        made_at=clock.now().isoformat(),
    )


def _target(session: Session, study: Study) -> AttachmentTarget:
    patient = queries.patient_of_study(session, study)
    return AttachmentTarget(
        study_instance_uid=study.study_instance_uid,
        patient_name=patient.patient_name,
        patient_id=patient.patient_id,
        issuer_of_patient_id=patient.issuer_of_patient_id,
        patient_birth_date=patient.patient_birth_date,
        patient_sex=patient.patient_sex,
        study_date=study.study_date,
        study_time=study.study_time,
        study_id=study.study_id,
        study_description=study.study_description,
        accession_number=study.accession_number,
        referring_physician_name=study.referring_physician_name,
    )


def _octets(parts: AttachmentParts, reader: ObjectReader) -> Iterator[bytes]:
    yield parts.before
    if parts.holds_file:
        for offset in range(0, reader.size_bytes, _STEP_BYTES):
            yield reader.read_range(offset, min(_STEP_BYTES, reader.size_bytes - offset))
    yield parts.behind
