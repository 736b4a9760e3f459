"""How a report is answered: the frozen views of it, and what each caller may know and do. Changes nothing."""

from datetime import UTC, datetime

from backend.core.caller import Caller
from backend.core.errors import NotFound
from backend.core.permissions import Permission
from backend.core.shown import age_at, shown_date, shown_name, shown_patient_id, shown_time
from backend.core.vocabulary import ReportStatus
from backend.models import reports as queries
from backend.models.reports import Report, ReportVersion
from backend.models.session import Session
from backend.models.worklist import ListedReport
from backend.schemas.reporting import DraftView, ReportVersionView, ReportView
from backend.services.report_content import are_blank, sections_of, sections_of_version

UNTOUCHED = 1
"""The `draft_version` of a draft that nobody has saved yet: it is there, and belongs to nobody."""


def is_visible(caller: Caller, report: Report | ListedReport) -> bool:
    """Whether the caller may know of it: drafts are there for those who write reports only."""
    return report.status != ReportStatus.DRAFT or caller.may(Permission.REPORT_WRITE)


def is_untouched(report: Report | ListedReport) -> bool:
    """Whether it is a draft in which nobody has saved anything yet."""
    return report.status == ReportStatus.DRAFT and report.draft_version == UNTOUCHED


def listed_id(caller: Caller, report: Report | ListedReport | None) -> str:
    """The report's identifier for a list of studies; empty where there is none, or nothing to read for the caller."""
    if report is None or is_untouched(report) or not is_visible(caller, report):
        return ""
    return report.id if caller.may(Permission.REPORT_VIEW) else ""


def may_write(caller: Caller, report: Report) -> bool:
    """Whether the caller may change the draft: it is theirs, or nobody has begun it."""
    return (
        caller.may(Permission.REPORT_WRITE)
        and report.status == ReportStatus.DRAFT
        and (report.author_user_id == caller.user_id or is_untouched(report))
    )


def report_view(session: Session, caller: Caller, report: Report) -> ReportView:
    """The report with its patient and study, as this caller may see it.

    Raises:
        NotFound: If its study is gone.
        ObjectDamaged: If a signed version is not what was signed.
    """
    found = queries.study_and_patient(session, report.study_key)
    if found is None:
        raise NotFound
    study, patient = found
    versions = tuple(_version_view(v) for v in queries.versions_of_report(session, report.id))
    is_signed = report.status != ReportStatus.DRAFT and bool(versions)
    sections = versions[0].sections if is_signed else sections_of(report)
    writes = may_write(caller, report)
    return ReportView(
        report_id=report.id,
        study_instance_uid=study.study_instance_uid,
        patient_name=shown_name(patient.patient_name),
        patient_id=shown_patient_id(patient.patient_id, patient.qualifier),
        patient_birth_date=shown_date(patient.patient_birth_date),
        patient_sex=patient.patient_sex,
        study_date=shown_date(study.study_date),
        study_description=study.study_description,
        accession_number=study.accession_number,
        status=report.status,
        sections=sections,
        draft_version=report.draft_version,
        author_name=_author_name(session, report),
        updated_at=shown_moment(report.updated_at),
        updated_by_name=name_of(session, report.updated_by_user_id),
        may_write=writes,
        may_sign=writes and caller.may(Permission.REPORT_SIGN),
        versions=versions,
        may_take_over=(
            caller.may(Permission.REPORT_WRITE)
            and report.status == ReportStatus.DRAFT
            and not writes
        ),
        sections_are_blank=are_blank(sections),
        patient_age=age_at(patient.patient_birth_date, study.study_date),
        study_time=shown_time(study.study_time),
        modalities=tuple(part for part in study.modalities.split("\\") if part),
        referring_physician_name=shown_name(study.referring_physician_name),
        institution_name=study.institution_name,
    )


def draft_view(session: Session, caller: Caller, report: Report) -> DraftView:
    """The draft as it is kept at this moment, as this caller may see it."""
    return DraftView(
        report_id=report.id,
        status=report.status,
        draft_version=report.draft_version,
        sections=sections_of(report),
        author_name=_author_name(session, report),
        updated_at=shown_moment(report.updated_at),
        updated_by_name=name_of(session, report.updated_by_user_id),
        may_write=may_write(caller, report),
    )


def _version_view(version: ReportVersion) -> ReportVersionView:
    return ReportVersionView(
        version_number=version.version_number,
        sections=sections_of_version(version),
        signer_name=version.signer_name,
        signed_at=shown_moment(version.signed_at),
        signing_method=version.signing_method,
        content_sha256=version.content_sha256,
    )


def _author_name(session: Session, report: Report) -> str:
    return "" if is_untouched(report) else name_of(session, report.author_user_id)


def name_of(session: Session, user_id: str) -> str:
    """Display name of a person; empty if there is none."""
    user = queries.user_by_id(session, user_id)
    return user.display_name if user is not None else ""


def shown_moment(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
