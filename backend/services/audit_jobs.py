"""The jobs of the audit trail: it is signed from time to time, sent to a collector, and pruned after many years."""

from datetime import timedelta

from backend.services.audit_checkpoints import AuditCheckpoints
from backend.services.audit_forwarding import AuditForwarding
from backend.services.jobs import JobKind, JobRun

SIGN = "audit:sign"
FORWARD = "audit:forward"
PRUNE = "audit:prune"


def audit_kinds(
    checkpoints: AuditCheckpoints, forwarding: AuditForwarding, years: int
) -> tuple[JobKind, ...]:
    """The kinds of jobs.

    Args:
        checkpoints: Signs and prunes the trail.
        forwarding: Sends it to a collector.
        years: After so many years entries are removed; 0 for never.
    """

    def sign(_run: JobRun) -> str:
        return checkpoints.sign_if_due()

    def forward(run: JobRun) -> str:
        return forwarding.forward(run.progress)

    def prune(_run: JobRun) -> str:
        if not years:
            return "Entries are kept for ever."
        gone = checkpoints.prune(years, up_to=forwarding.sent_up_to())
        return f"Removed: {gone} entries."

    every = timedelta(minutes=1) if forwarding.is_on else timedelta(days=1)
    return (
        JobKind(SIGN, sign, every=timedelta(minutes=10)),
        JobKind(FORWARD, forward, every=every, at_start=forwarding.is_on),
        JobKind(PRUNE, prune, every=timedelta(days=1)),
    )
