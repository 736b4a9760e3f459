"""The jobs of the audit trail: it is signed from time to time."""

from datetime import timedelta

from backend.services.audit_checkpoints import AuditCheckpoints
from backend.services.jobs import JobKind, JobRun

SIGN = "audit:sign"


def audit_kinds(checkpoints: AuditCheckpoints) -> tuple[JobKind, ...]:
    """The kinds of jobs.

    Args:
        checkpoints: Signs the trail.
    """

    def sign(_run: JobRun) -> str:
        return checkpoints.sign_if_due()

    return (JobKind(SIGN, sign, every=timedelta(minutes=10)),)
