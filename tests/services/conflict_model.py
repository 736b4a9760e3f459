"""What can be seen of patients and conflicts, for comparing one state with another, and a hospital to bring states about."""

from dataclasses import dataclass, replace

from sqlmodel import select

from backend.core.caller import Caller
from backend.core.clock import now
from backend.core.patient_names import Identity, is_same_person, one_way_of_writing
from backend.core.permissions import Permission
from backend.core.vocabulary import HeldState
from backend.dicom.model import (
    AcquisitionAttributes,
    CineAttributes,
    FrameGeometry,
    InstanceAttributes,
    ParsedInstance,
    PatientAttributes,
    PersonName,
    SeriesAttributes,
    SpacingAttributes,
    StudyAttributes,
)
from backend.models.conflicts import Conflict, HeldInstance
from backend.models.patients import PatientChange, PatientClaim
from backend.models.reports import Report
from backend.models.search_words import SearchWord, VocabularyWord
from backend.models.studies import Frame, Instance, Patient, Series, Study
from backend.ports.object_store import ObjectReader
from backend.schemas.conflicts import Decision
from backend.schemas.studies import IngestOutcome
from backend.services.studies import Studies
from tests.viewing_hospital import Hospital


@dataclass(frozen=True)
class File:
    """A file as the tests of patients write it: who, which study, series and instance, and what makes its octets differ."""

    patient_id: str = "1"
    name: str = "Doe^Ann"
    born: str = "19500101"
    study: str = "2.25.1"
    series: str = ""
    instance: str = "2.25.1.1.1"
    variant: str = ""

    def octets(self) -> bytes:
        return repr(self).encode()


def parsed(octets: bytes) -> ParsedInstance:
    file = eval(octets.decode(), {"File": File})
    return ParsedInstance(
        InstanceAttributes(
            patient=PatientAttributes(
                patient_id=file.patient_id,
                patient_name=PersonName(text=file.name),
                patient_birth_date=file.born,
            ),
            study=StudyAttributes(study_instance_uid=file.study),
            series=SeriesAttributes(
                series_instance_uid=file.series or f"{file.study}.1", modality="CT"
            ),
            acquisition=AcquisitionAttributes(),
            spacing=SpacingAttributes(),
            cine=CineAttributes(),
            geometry=FrameGeometry(),
            sop_instance_uid=file.instance,
            sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
            sop_class_name="CT",
            transfer_syntax_uid="1.2.840.10008.1.2.1",
            transfer_syntax_name="Explicit",
            number_of_frames=1,
            is_displayable=True,
        ),
        frame_checksums=("0" * 64,),
    )


class Ward:
    """Takes files in without pixels, and lets an administrator decide."""

    def __init__(self, hospital: Hospital) -> None:
        self.hospital = hospital
        services = hospital.services
        self.administrator: Caller = hospital.sign_in("admin@demo.example").caller
        self.conflicts = services.conflicts
        self._uploader = replace(
            self.administrator, permissions=frozenset({Permission.STUDY_UPLOAD})
        )
        self._studies = Studies(
            services.database,
            services.object_store,
            services.keyring,
            self._parse,
            parsers=1,
            upload_limit_bytes=1 << 20,
        )

    @staticmethod
    def _parse(octets: ObjectReader, take: object = None) -> ParsedInstance:
        return parsed(octets.read_range(0, octets.size_bytes))

    def clear(self) -> None:
        """Begin anew, with nothing stored."""
        with self.hospital.services.database.write(self.administrator.organization_id) as session:
            for table in (
                SearchWord,
                VocabularyWord,
                Report,
                PatientChange,
                HeldInstance,
                Conflict,
                Frame,
                Instance,
                Series,
                Study,
                PatientClaim,
                Patient,
            ):
                for row in session.exec(select(table)).all():
                    session.delete(row)
                session.flush()

    def arrive(self, *files: File) -> list[IngestOutcome]:
        received = [
            self._studies.receive(self._uploader, "file", [file.octets()]) for file in files
        ]
        return list(self._studies.ingest(self._uploader, received))

    def decide(self, decision: Decision) -> str:
        preview = self.conflicts.preview(self.administrator, decision)
        return self.conflicts.resolve(self.administrator, decision, preview.fingerprint)

    def undo(self, change_key: str) -> None:
        self.conflicts.undo(self.administrator, change_key)

    def waiting(self) -> list[str]:
        page = self.conflicts.page(self.administrator)
        return [row.conflict_key for row in reversed(page.waiting)]

    def places(self) -> dict[str, list[str]]:
        """Where each file is, by the SHA-256 of its octets."""
        found: dict[str, list[str]] = {}
        with self._session() as session:
            for instance in session.exec(select(Instance)).all():
                study = session.exec(select(Study).where(Study.id == instance.study_key)).one()
                where = f"study {study.study_instance_uid}"
                found.setdefault(instance.sha256, []).append(where)
            for held in session.exec(select(HeldInstance)).all():
                if held.state not in (HeldState.FILED, HeldState.KNOWN):
                    found.setdefault(held.sha256, []).append(held.state)
        return found

    def readable(self) -> dict[str, bytes]:
        """The octets of every file, opened with the keys of where it is, by their SHA-256."""
        services, found = self.hospital.services, {}
        with self._session() as session:
            rows = [
                (one, session.exec(select(Study).where(Study.id == one.study_key)).one())
                for one in session.exec(select(Instance)).all()
            ]
            rows += [
                (one, session.exec(select(Conflict).where(Conflict.id == one.conflict_key)).one())
                for one in session.exec(select(HeldInstance)).all()
            ]
            for row, home in rows:
                key = services.keyring.unwrap_object_key(
                    row.wrapped_object_key, home.wrapped_data_key
                )
                with services.object_store.open(row.object_id, key) as reader:
                    found[row.sha256] = reader.read_range(0, reader.size_bytes)
        return found

    def seen(self) -> object:
        """All that anybody can see: patients with their studies and images, what waits, and whose later files will be."""
        with self._session() as session:
            patients = {one.id: one for one in session.exec(select(Patient)).all()}
            shown = sorted(
                (
                    *_shown(patients[study.patient_key]),
                    study.study_instance_uid,
                    study.instance_count,
                    study.series_count,
                    study.size_bytes,
                    study.modalities,
                    *_read_by(study),
                    tuple(
                        sorted(
                            (row.series_instance_uid, row.instance_count, row.frame_count)
                            for row in session.exec(
                                select(Series).where(Series.study_key == study.id)
                            ).all()
                        )
                    ),
                    tuple(
                        sorted(
                            row.sha256
                            for row in session.exec(
                                select(Instance).where(Instance.study_key == study.id)
                            ).all()
                        )
                    ),
                )
                for study in session.exec(select(Study)).all()
            )
            held = [
                (row.sha256, row.state, kind)
                for row, kind in session.exec(
                    select(HeldInstance, Conflict.kind).join(
                        Conflict, HeldInstance.conflict_key == Conflict.id
                    )
                ).all()
                if row.state not in (HeldState.FILED, HeldState.KNOWN)
            ]
            claims = sorted(
                (one.id, one.patient_key, one.root_key, one.study_instance_uid)
                for one in session.exec(select(PatientClaim)).all()
            )
        return shown, sorted(held), claims

    def owners(self) -> dict[str, str]:
        """Under whose name each study stands, by its UID."""
        with self._session() as session:
            names = {one.id: one.patient_name for one in session.exec(select(Patient)).all()}
            return {
                study.study_instance_uid: names[study.patient_key]
                for study in session.exec(select(Study)).all()
            }

    def claimed(self) -> dict[str, str]:
        """Whose files are that come in a new study: the key of the patient, by what they say."""
        with self._session() as session:
            return {
                one.identity_key: one.patient_key
                for one in session.exec(select(PatientClaim)).all()
                if not one.study_instance_uid
            }

    def rightful(self, file: File) -> set[str] | None:
        """The keys of all patients whose a file with a Patient ID may be that comes in a new study; None if nobody has the ID."""
        with self._session() as session:
            claims = [
                one
                for one in session.exec(select(PatientClaim)).all()
                if not one.study_instance_uid and one.patient_id == file.patient_id
            ]
            if not claims:
                return None
            said = Identity(file.patient_id, "", file.name, file.born)
            exactly = [one for one in claims if _written_like(one, said)]
            roots: dict[str, list[PatientClaim]] = {}
            for one in claims:
                roots.setdefault(one.root_key, []).append(one)
            agreeing = [
                one
                for group in roots.values()
                if all(is_same_person(said, _identity(mate)) for mate in group)
                for one in group
            ]
            return {one.patient_key for one in exactly or agreeing}

    def patient_of(self, study: str) -> str:
        """The key of the patient whose a study is."""
        with self._session() as session:
            row = session.exec(select(Study).where(Study.study_instance_uid == study)).one()
            return row.patient_key

    def read(self, study: str, **acts: str) -> None:
        """Let somebody have worked on a study: `priority`, `reading_status`, `assigned_to`, `tags`."""
        with self.hospital.services.database.write(self.administrator.organization_id) as session:
            for row in session.exec(select(Study).where(Study.study_instance_uid == study)).all():
                for name, value in acts.items():
                    setattr(row, name, value)
                session.add(row)

    def report(self, study: str) -> None:
        """Let somebody have begun a report on a study."""
        who = self.administrator.user_id
        with self.hospital.services.database.write(self.administrator.organization_id) as session:
            row = session.exec(select(Study).where(Study.study_instance_uid == study)).one()
            session.add(
                Report(
                    study_key=row.id, author_user_id=who, updated_by_user_id=who, updated_at=now()
                )
            )

    def give_claim(self, name: str, patient_key: str) -> None:
        """Let a single claim lie with another patient."""
        with self.hospital.services.database.write(self.administrator.organization_id) as session:
            claim = session.exec(
                select(PatientClaim).where(PatientClaim.patient_name == name)
            ).one()
            claim.patient_key = patient_key
            session.add(claim)

    def patients(self) -> list[Patient]:
        with self._session() as session:
            found = [
                one
                for one in session.exec(select(Patient).order_by(Patient.id)).all()
                if session.exec(select(Study).where(Study.patient_key == one.id)).first()
            ]
            session.expunge_all()
        return found

    def _session(self):
        return self.hospital.services.database.read(self.administrator.organization_id)


def _identity(claim: PatientClaim) -> Identity:
    return Identity(
        claim.patient_id,
        claim.issuer_of_patient_id,
        claim.patient_name,
        claim.patient_birth_date,
    )


def _written_like(claim: PatientClaim, said: Identity) -> bool:
    return claim.patient_birth_date == said.patient_birth_date and (
        one_way_of_writing(claim.patient_name) == one_way_of_writing(said.patient_name)
    )


def _read_by(study: Study) -> tuple[object, ...]:
    """What people have done with a study, and when it came."""
    return (
        study.id,
        study.priority,
        study.reading_status,
        study.assigned_to or "",
        study.claimed_by or "",
        study.tags,
        study.arrived_at,
    )


def _shown(patient: Patient) -> tuple[object, ...]:
    return (
        patient.patient_id,
        patient.issuer_of_patient_id,
        patient.qualifier,
        patient.patient_name,
        patient.search_name,
        patient.patient_birth_date,
        patient.patient_sex,
        patient.is_corrected,
    )


def only_conflict(ward: Ward) -> str:
    """The key of the one conflict that waits."""
    (key,) = ward.waiting()
    return key
