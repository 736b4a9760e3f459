"""What a signature writes, all in the transaction of the caller. Who may sign, and with which proof, is in `reporting`."""

import json

from backend.access import audit
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import NotFound
from backend.core.vocabulary import AuditAction, ReadingStatus, ReportStatus, SigningMethod
from backend.models import reports as queries
from backend.models.reports import Report, ReportVersion
from backend.models.session import Session
from backend.models.work import OutboxMessage
from backend.services.report_content import sha256_of, signed_content

SIGNED_MESSAGE_KIND = "report.signed"


def write_signature(
    session: Session, caller: Caller, report: Report, method: SigningMethod
) -> None:
    """Add the immutable version, make report and study final, leave the trace and the message.

    Args:
        session: An open writing session; the report's row is held.
        caller: Who signs, proven.
        report: A draft that may be signed; it is changed.
        method: How the signer proved who they are.

    Raises:
        NotFound: If its study is gone.
    """
    found = queries.study_and_patient(session, report.study_key)
    if found is None:
        raise NotFound
    study, patient = found
    signed_at = clock.now()
    earlier = queries.versions_of_report(session, report.id)
    number = earlier[0].version_number + 1 if earlier else 1
    previous_sha256 = earlier[0].content_sha256 if earlier else ""
    content = signed_content(
        report=report,
        study=study,
        patient=patient,
        organization_name=queries.organization_name(session, report.organization_id),
        signer=caller,
        signed_at=signed_at,
        version_number=number,
        previous_sha256=previous_sha256,
    )
    version = ReportVersion(
        report_id=report.id,
        version_number=number,
        content=content,
        content_sha256=sha256_of(content),
        previous_sha256=previous_sha256,
        signer_user_id=caller.user_id,
        signer_name=caller.display_name,
        signing_method=method,
        signed_at=signed_at,
    )
    session.add(version)
    # The version goes in first: once the report's row is final, the database lets nothing near it.
    session.flush()
    report.status = ReportStatus.FINAL
    report.updated_at = signed_at
    report.updated_by_user_id = caller.user_id
    session.add(report)
    set_reading_status(session, report, ReadingStatus.REPORTED)
    session.add(
        OutboxMessage(
            kind=SIGNED_MESSAGE_KIND,
            payload=json.dumps({"report_id": report.id, "version_number": number}),
            run_after=signed_at,
        )
    )
    audit.append(
        session,
        caller,
        AuditAction.REPORT_SIGNED,
        object_type="report",
        object_id=report.id,
        details={
            "version_number": number,
            "content_sha256": version.content_sha256,
            "study_instance_uid": study.study_instance_uid,
        },
    )


def set_reading_status(session: Session, report: Report, status: ReadingStatus) -> None:
    """Let the worklist say how far the report's study has come.

    Raises:
        NotFound: If the study is gone.
    """
    found = queries.study_and_patient(session, report.study_key)
    if found is None:
        raise NotFound
    study, _ = found
    study.reading_status = status
    if status is ReadingStatus.REPORTED:
        study.claimed_by = None  # it has been read
    study.updated_at = clock.now()
    session.add(study)
