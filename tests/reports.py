"""A small hospital for tests of reporting: people, a patient and a study, without any files; and what is done there."""

from dataclasses import dataclass
from functools import cache

from sqlmodel import col, select

from backend.access.passwords import hash_password
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.permissions import ROLE_PERMISSIONS, BuiltInRole
from backend.models import AuditEntry, Patient, Study, User
from backend.models.session import Database
from backend.schemas.reporting import ReportSections, ReportView
from backend.services.proving import Proof
from backend.services.reporting import Reporting
from tests.postgres import NORTH, SOUTH

PASSWORD = "four quiet grey herons"
STUDY_UID = "1.2.826.0.1.3680043.8.498.1"
TEXT = ReportSections(indication="Headache.", findings="No bleeding.", impression="Normal.")


@dataclass(frozen=True)
class Hospital:
    ada: Caller  # a radiologist
    ben: Caller  # another one
    clinician: Caller
    technologist: Caller
    stranger: Caller  # a radiologist of another organization
    study_key: str


@cache
def kept_password() -> str:
    return hash_password(PASSWORD)


def person(name: str, role: BuiltInRole, organization_id: str = NORTH) -> Caller:
    return Caller(
        user_id=f"user-{name.lower()}",
        organization_id=organization_id,
        session_id=f"session-{name.lower()}",
        display_name=f"Dr. {name}",
        email=f"{name.lower()}@north.example",
        roles=(role.value,),
        permissions=ROLE_PERMISSIONS[role],
        origin=Origin("127.0.0.1", "test"),
    )


def found_hospital(database: Database, patient_name: str = "Canary^Clara") -> Hospital:
    """Fill a migrated database with the organizations NORTH and SOUTH."""
    hospital = Hospital(
        ada=person("Ada", BuiltInRole.RADIOLOGIST),
        ben=person("Ben", BuiltInRole.RADIOLOGIST),
        clinician=person("Cleo", BuiltInRole.CLINICIAN),
        technologist=person("Theo", BuiltInRole.TECHNOLOGIST),
        stranger=person("Sam", BuiltInRole.RADIOLOGIST, SOUTH),
        study_key="study-1",
    )
    now = clock.now()
    kept = kept_password()
    for caller in (hospital.ada, hospital.ben, hospital.clinician, hospital.stranger):
        with database.write(caller.organization_id) as session:
            session.add(
                User(
                    id=caller.user_id,
                    email=caller.email,
                    display_name=caller.display_name,
                    password_hash=kept,
                    password_changed_at=now,
                )
            )
    with database.write(NORTH) as session:
        session.add(
            Patient(
                id="patient-1",
                patient_id="PID-7",
                patient_name=patient_name,
                patient_birth_date="19790412",
                patient_sex="F",
            )
        )
        session.flush()
        session.add(
            Study(
                id=hospital.study_key,
                patient_key="patient-1",
                study_instance_uid=STUDY_UID,
                study_date="20261122",
                study_time="134501",
                accession_number="ACC-9",
                study_description="CT head",
                modalities="\\CT\\",
                referring_physician_name="Rossi^Giulia",
                institution_name="North Campus",
                wrapped_data_key=b"k",
                arrived_at=now,
                updated_at=now,
            )
        )
    return hospital


def opened_report(reporting: Reporting, caller: Caller) -> ReportView:
    report = reporting.open_for_study(caller, STUDY_UID)
    assert report is not None
    return report


def signed_report(
    reporting: Reporting, caller: Caller, sections: ReportSections = TEXT
) -> ReportView:
    report = opened_report(reporting, caller)
    saved = reporting.save_draft(caller, report.report_id, report.draft_version, sections)
    return reporting.sign(caller, report.report_id, saved.draft_version, Proof(password=PASSWORD))


def reading_status(database: Database) -> str:
    with database.read(NORTH) as session:
        return session.exec(select(Study)).one().reading_status


def trail_of(database: Database) -> list[tuple[str, str, str]]:
    """What was done, by whom, and how it ended."""
    with database.read(NORTH) as session:
        entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.sequence))).all()
        return [(each.action, each.actor_user_id, each.outcome) for each in entries]
