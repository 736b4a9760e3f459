"""A served house in which each of forty hostile texts stands wherever somebody's words are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from pydicom.datadict import DicomDictionary

from backend import bootstrap
from backend.bootstrap import Services
from backend.cli.demo_marker import mark_loaded
from backend.core import clock
from backend.core.caller import Caller, Origin
from backend.core.errors import Malformed
from backend.core.permissions import BuiltInRole, Permission
from backend.core.shown import shown_name
from backend.core.worklist_query import WorklistQuery
from backend.models.access import SupportAccess
from backend.models.joining import JoinRequest
from backend.models.organizations import Organization
from backend.models.people import Role, User
from backend.models.sharing import SharingGrant
from backend.models.stored_files import studies_by_uids
from backend.schemas.emergencies import EmergencyAsk
from backend.schemas.people import SignedIn
from backend.schemas.reporting import ReportSections
from backend.services.people import add_user
from backend.services.report_content import SECTION_NAMES
from backend.settings import Settings
from tests.browser.payloads import PAYLOADS
from tests.browser.people import PASSWORD, sign_in_elsewhere
from tests.browser.visits import (
    ADMINISTRATOR,
    RADIOLOGIST,
    House,
)
from tests.served import DEMO_PASSWORD, serving
from tests.viewing_hospital import Hospital, dicom_file

LAST = len(PAYLOADS) - 1
STUDIES = [f"2.25.77{number:02}" for number in range(len(PAYLOADS))]
NAMES = [shown_name(payload) for payload in PAYLOADS]
# One study that has all of them; of a name, `=` and `^` part what is shown otherwise than it is written.
MANY = "2.25.7799"
MANY_NAMES = [payload for payload in PAYLOADS if not {"=", "^"} & set(payload)]
# Attributes of a study's first object that hold a line of text each, and that nothing here is made of.
TEXTS = [
    keyword
    for tag, (vr, multiplicity, _, retired, keyword) in DicomDictionary.items()
    if tag >> 16 == 0x0018 and (vr, multiplicity, retired) == ("LO", "1", "")
][: len(PAYLOADS)]


@dataclass(frozen=True)
class Ward:
    """A served house whose every text was chosen by somebody hostile."""

    house: House
    report_id: str
    support: SignedIn


def study_files() -> Iterator[bytes]:
    """One study for each text, and one study of them all with a series for each."""
    pixels = np.zeros((16, 16), np.uint8)
    for number, payload in enumerate(PAYLOADS):
        yield dicom_file(
            pixels,
            study_instance_uid=STUDIES[number],
            series_instance_uid=f"{STUDIES[number]}.1",
            PatientName=payload,
            PatientID=f"H-{number}",
            StudyDescription=payload,
            ReferringPhysicianName=payload,
            InstitutionName=payload,
            BodyPartExamined="HEAD",
            StudyDate="20260101",
            PatientBirthDate="19700101",
        )
    for number, payload in enumerate(PAYLOADS):
        yield dicom_file(
            pixels,
            study_instance_uid=MANY,
            series_instance_uid=f"{MANY}.{number}",
            PatientName=" ".join(MANY_NAMES),
            PatientID="H-99",
            StudyDescription=" ".join(PAYLOADS),
            SeriesDescription=payload,
            SeriesNumber=number,
            StudyDate="20260202",
            **(dict(zip(TEXTS, PAYLOADS, strict=True)) if number == 0 else {}),
        )


def contradicting_files() -> Iterator[bytes]:
    """A study for each text that comes under a number which somebody else has."""
    for number, payload in enumerate(PAYLOADS):
        yield dicom_file(
            np.zeros((16, 16), np.uint8),
            study_instance_uid=f"2.25.78{number:02}",
            series_instance_uid=f"2.25.78{number:02}.1",
            PatientName=payload,
            PatientID=f"H-{LAST - number}",
            StudyDescription=payload,
            PatientBirthDate="19800101",
        )


def fill(hospital: Hospital) -> str:
    """Bring every text to where it is kept; the identifier of the report."""
    services = hospital.services
    outcomes = hospital.take_in(*study_files())
    assert {outcome.kind.value for outcome in outcomes} == {"stored"}, outcomes[0]
    held = hospital.take_in(*contradicting_files())
    assert {outcome.kind.value for outcome in held} == {"conflict"}, held[0]
    reader = hospital.sign_in(RADIOLOGIST).caller
    admin = hospital.sign_in(ADMINISTRATOR).caller
    for payload in PAYLOADS:
        services.study_pages.write_note(reader, MANY, payload)
        services.saved_views.keep(reader, payload[:60], WorklistQuery(), shared=False)
        with pytest.raises(Malformed):
            services.worklist_acts.tag(reader, [STUDIES[0]], payload)
    fill_the_house(services, admin)
    fill_the_settings(services, admin)
    report = services.reporting.open_for_study(reader, MANY)
    assert report is not None
    sections = dict.fromkeys(SECTION_NAMES, "\n".join(PAYLOADS))
    services.reporting.save_draft(
        reader, report.report_id, report.draft_version, ReportSections(**sections)
    )
    return report.report_id


def fill_the_house(services: Services, admin: Caller) -> None:
    """Bring every text to where people, their browsers and what is open to them are kept."""
    now = clock.now()
    with services.database.system_write() as session:
        studies = studies_by_uids(session, STUDIES)
        for number, payload in enumerate(PAYLOADS):
            person = add_user(
                session,
                admin,
                display_name=payload,
                email=f"person{number}@people.example",
                password_hash="",
                roles=(BuiltInRole.RADIOLOGIST,),
            )
            services.sessions.start(session, person, Origin("203.0.113.9", payload))
            granted = SharingGrant(
                organization_id=admin.organization_id,
                study_key=studies[STUDIES[number]].id,
                granted_by_user_id=admin.user_id,
                grantee_user_id=person.id,
                permission=Permission.STUDY_VIEW.value,
                reason=payload,
                not_before=now,
                expires_at=now + timedelta(days=1),
            )
            session.add(granted)


def let_support_in_elsewhere(services: Services) -> SignedIn:
    """An organization of each name, which lets support look for that reason; the session of support."""
    now = clock.now()
    with services.database.system_write() as session:
        for number, payload in enumerate(PAYLOADS):
            there = Organization(slug=f"another-{number}", name=payload)
            session.add(there)
            session.flush()
            theirs = User(
                organization_id=there.id,
                email=f"theirs{number}@people.example",
                display_name=payload,
                password_hash="",
                password_changed_at=now,
            )
            session.add(theirs)
            session.flush()
            session.add(
                SupportAccess(
                    organization_id=there.id,
                    allowed_by_user_id=theirs.id,
                    reason=payload,
                    expires_at=now + timedelta(days=1),
                )
            )
    sam = services.support.add_account(
        display_name="Sam Support", email="sam@operator.example", password=PASSWORD
    )
    return sign_in_elsewhere(services, sam.user_id)


def fill_the_settings(services: Services, admin: Caller) -> None:
    """Bring every text to where people, roles, programs and reasons are kept."""
    nurse = replace(
        admin,
        roles=(BuiltInRole.CARE_TEAM,),
        permissions=frozenset({Permission.STUDY_VIEW, Permission.EMERGENCY_OPEN}),
    )
    for number, payload in enumerate(PAYLOADS):
        services.support.allow(admin, payload, 1)
        ask = EmergencyAsk(patient_id=f"H-{number}", birth_date="19700101", reason=payload)
        services.emergencies.open(nurse, ask)
    with services.database.write(admin.organization_id) as session:
        for number, payload in enumerate(PAYLOADS):
            session.add(Role(name=payload[:60]))
            session.add(
                JoinRequest(
                    email=f"newcomer{number}@people.example",
                    display_name=payload,
                    wished_role="radiologist",
                    phone=payload[:40],
                    specialty=payload,
                    password_hash="-",
                    confirmed_at=clock.now(),
                )
            )
            program = add_user(
                session,
                admin,
                display_name=payload,
                email=f"program{number}@people.example",
                password_hash="",
                roles=(BuiltInRole.TECHNOLOGIST,),
            )
            program.is_service = True
            program_id = program.id
    # Nobody has more than twenty tokens.
    scopes = (Permission.STUDY_VIEW.value,)
    for mine, its in zip(PAYLOADS[::2], PAYLOADS[1::2], strict=True):
        services.tokens.create(admin, name=mine, scopes=scopes, days=1)
        services.tokens.create_for(admin, program_id, name=its, scopes=scopes, days=1)
    demands = services.organization.view(admin).policies
    named = replace(demands, name=PAYLOADS[1])
    fingerprint = services.organization.preview(admin, named).fingerprint
    services.organization.carry_out(admin, named, fingerprint)


@contextmanager
def hostile_ward(data_dir: Path) -> Iterator[Ward]:
    """A ward in a new folder, served while the block runs."""
    data_dir.mkdir(mode=0o700)
    mark_loaded(Settings(data_dir=data_dir))
    hospital = Hospital(data_dir)
    report_id = fill(hospital)
    hospital.close()
    with serving(data_dir, "--demo", PACSCRIBE_DEMO_PASSWORD=DEMO_PASSWORD) as served:
        # A demo with other organizations beside its own does not start.
        services = bootstrap.build(Settings(data_dir=data_dir))
        support = let_support_in_elsewhere(services)
        bootstrap.close(services)
        yield Ward(House(served, data_dir), report_id, support)
