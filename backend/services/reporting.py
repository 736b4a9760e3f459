"""Reports: opening, saving as it is typed, taking over, signing. What a signature writes is in `report_signature`, PDFs in `documents`."""

import threading
from collections.abc import Callable
from datetime import timedelta

from backend.access import audit, policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import (
    NotFound,
    NotSignedIn,
    ProofRefused,
    ReportAlreadySigned,
    ReportChangedMeanwhile,
    ReportIncomplete,
    SignatureRefused,
    TooManyAttempts,
)
from backend.core.permissions import Permission
from backend.core.vocabulary import (
    AuditAction,
    AuditOutcome,
    ReadingStatus,
    ReportStatus,
    SigningMethod,
    SignInMethod,
)
from backend.models import reports as queries
from backend.models.reports import Report
from backend.models.session import Database, Session
from backend.schemas.reporting import (
    DraftSaved,
    DraftView,
    ReportSections,
    ReportView,
)
from backend.services.proving import Proof
from backend.services.report_content import (
    SECTION_NAMES,
    clean_sections,
    sections_of,
)
from backend.services.report_signature import set_reading_status, write_signature
from backend.services.report_views import (
    UNTOUCHED,
    draft_view,
    is_untouched,
    is_visible,
    name_of,
    report_view,
    shown_moment,
)

_OPENED_AGAIN_AFTER = timedelta(minutes=10)
_WRONG_PASSWORDS = 5
_WRONG_PASSWORDS_WITHIN = timedelta(minutes=5)


class Reporting:
    """Use cases of reporting.

    A draft belongs to whoever saves it first; others with `report:write` see it and may take it over. Those
    without that right see signed versions only: for them a draft does not exist.
    """

    def __init__(self, database: Database, check: Callable[[Caller, Proof], SignInMethod]) -> None:
        """Put together from a database and what checks a signer's proof (`Proving.check`)."""
        self._database = database
        self._check = check
        self._one_signer_at_a_time = threading.Lock()

    def open_for_study(self, caller: Caller, study_instance_uid: str) -> ReportView | None:
        """The report of a study; a writer who is the first to open it gets a new draft.

        Returns:
            None when there is nothing yet that this caller may read.

        Raises:
            NotFound: If the study does not exist for this caller.
            NotAllowed: Without `report:view`.
        """
        with self._database.read(caller.organization_id) as session:
            study = policy.require_study(
                session, caller, Permission.REPORT_VIEW, study_instance_uid
            )
            study_key = study.id
            report = queries.report_of_study(session, study_key)
            if report is not None and not is_visible(caller, report):
                return None
            report_id = report.id if report is not None else ""
        if not report_id and not caller.may(Permission.REPORT_WRITE):
            return None
        return self.get(caller, report_id or self._begin(caller, study_key))

    def get(self, caller: Caller, report_id: str) -> ReportView:
        """A report with its patient and study; that it was opened is kept in the audit trail.

        Raises:
            NotFound: If it does not exist for this caller, or is a draft they may not see.
            NotAllowed: Without `report:view`.
            ObjectDamaged: If a signed version is not what was signed.
        """
        with self._database.read(caller.organization_id) as session:
            report = _require_report(session, caller, Permission.REPORT_VIEW, report_id)
            view = report_view(session, caller, report)
            is_known = _was_opened_lately(session, caller, report_id)
        if not is_known:
            self._record_opening(caller, report_id, view.study_instance_uid, view.status)
        return view

    def draft(self, caller: Caller, report_id: str) -> DraftView:
        """The draft as it is kept at this moment, for an editor that begins or has fallen behind.

        Raises:
            NotFound: If it does not exist for this caller.
            NotAllowed: Without `report:write`.
        """
        with self._database.read(caller.organization_id) as session:
            report = _require_report(session, caller, Permission.REPORT_WRITE, report_id)
            view = draft_view(session, caller, report)
            study_instance_uid = _study_instance_uid(session, report.study_key)
            is_known = _was_opened_lately(session, caller, report_id)
        if not is_known:
            self._record_opening(caller, report_id, study_instance_uid, view.status)
        return view

    def save_draft(
        self, caller: Caller, report_id: str, draft_version: int, sections: ReportSections
    ) -> DraftSaved:
        """Keep what is typed.

        Args:
            caller: Who is writing.
            report_id: The report.
            draft_version: The version that the text is based on.
            sections: The whole text.

        Returns:
            The version to name next time. Text that is kept already is no new version, whichever was named, so
            a save whose answer was lost can be sent again.

        Raises:
            NotFound: If the report does not exist for this caller.
            NotAllowed: Without `report:write`.
            Malformed: If a section is too long or is not text.
            ReportAlreadySigned: If it is signed.
            ReportChangedMeanwhile: If another tab or person saved first; nothing is overwritten. The text of the
                other side is in `draft`.
        """
        cleaned = clean_sections(sections)
        with self._database.write(caller.organization_id) as session:
            report = _require_report(session, caller, Permission.REPORT_WRITE, report_id, lock=True)
            _require_draft(report)
            _require_held(session, caller, report)
            if cleaned != sections_of(report):
                _require_version(report, draft_version)
                _keep(session, caller, report, cleaned)
            return DraftSaved(report.draft_version, shown_moment(report.updated_at))

    def take_over(self, caller: Caller, report_id: str) -> ReportView:
        """Make somebody else's draft the caller's own; what the other has not saved stays in their editor.

        Raises:
            NotFound: If the report does not exist for this caller.
            NotAllowed: Without `report:write`.
            ReportAlreadySigned: If it is signed.
        """
        with self._database.write(caller.organization_id) as session:
            report = _require_report(session, caller, Permission.REPORT_WRITE, report_id, lock=True)
            _require_draft(report)
            if report.author_user_id != caller.user_id:
                taken_from, report.author_user_id = report.author_user_id, caller.user_id
                # Whatever the other side has open is now based on an older version.
                report.draft_version += 1
                session.add(report)
                audit.append(
                    session,
                    caller,
                    AuditAction.REPORT_CHANGED,
                    object_type="report",
                    object_id=report.id,
                    details={"taken_over_from_user_id": taken_from},
                )
        return self.get(caller, report_id)

    def sign(self, caller: Caller, report_id: str, draft_version: int, proof: Proof) -> ReportView:
        """Sign the draft: an immutable version, the study's new status, the trace and the message, all or nothing.

        Args:
            caller: Who signs.
            report_id: The report.
            draft_version: The version that the signer has before their eyes.
            proof: Given at this very moment, whatever was proved before: the password, with a code for who holds a
                second factor; or a passkey.

        Raises:
            NotFound: If the report does not exist for this caller.
            NotAllowed: Without `report:sign`.
            ReportAlreadySigned: If it is signed.
            ReportChangedMeanwhile: If the draft is newer than what the signer saw, or somebody else has it.
            ReportIncomplete: If neither findings nor impression are written.
            SignatureRefused: If the proof is wrong; the attempt is in the audit trail.
            TooManyAttempts: After five wrong proofs in five minutes.
        """
        with self._database.read(caller.organization_id) as session:
            _require_signable(session, caller, report_id, draft_version)
        proven_hash, method = self._prove(caller, report_id, proof)
        with self._database.write(caller.organization_id) as session:
            report = _require_signable(session, caller, report_id, draft_version, lock=True)
            signer = queries.user_by_id(session, caller.user_id, lock=True)
            if signer is None or not signer.is_active or signer.password_hash != proven_hash:
                raise SignatureRefused("Your account was changed meanwhile. Sign in again.")
            write_signature(session, caller, report, method)
        return self.get(caller, report_id)

    def _begin(self, caller: Caller, study_key: str) -> str:
        """The identifier of a new draft, or of the one that somebody else began in this very moment."""
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.REPORT_WRITE, study_key)
            queries.lock_study(session, study_key)
            existing = queries.report_of_study(session, study_key)
            if existing is not None:
                return existing.id
            report = Report(
                study_key=study_key,
                author_user_id=caller.user_id,
                draft_version=UNTOUCHED,
                updated_at=clock.now(),
                updated_by_user_id=caller.user_id,
            )
            session.add(report)
            session.flush()
            audit.append(
                session,
                caller,
                AuditAction.REPORT_CREATED,
                object_type="report",
                object_id=report.id,
                details={"study_instance_uid": _study_instance_uid(session, study_key)},
            )
            return report.id

    def _record_opening(
        self, caller: Caller, report_id: str, study_instance_uid: str, status: str
    ) -> None:
        audit.record(
            self._database,
            caller,
            AuditAction.REPORT_OPENED,
            object_type="report",
            object_id=report_id,
            details={"study_instance_uid": study_instance_uid, "status": status},
        )

    def _prove(self, caller: Caller, report_id: str, proof: Proof) -> tuple[str, SigningMethod]:
        """The password's hash at the moment of the proof, and how it was proved; outside any transaction, for it is slow."""
        # One at a time: attempts sent all at once must not slip past the count.
        with self._one_signer_at_a_time:
            with self._database.read(caller.organization_id) as session:
                signer = queries.user_by_id(session, caller.user_id)
                kept = signer.password_hash if signer is not None and signer.is_active else None
                wrong = queries.count_in_audit_trail(
                    session,
                    action=AuditAction.REPORT_SIGNED,
                    outcome=AuditOutcome.REFUSED,
                    actor_user_id=caller.user_id,
                    since=clock.now() - _WRONG_PASSWORDS_WITHIN,
                )
            if wrong >= _WRONG_PASSWORDS:
                raise TooManyAttempts(
                    "Too many wrong passwords. The text is saved; wait five minutes, then sign."
                )
            try:
                method = self._check(caller, proof)
                if kept is not None:
                    return kept, SigningMethod(method.value)
            except ProofRefused as refused:
                reason = refused.sentence
            except NotSignedIn:
                reason = SignatureRefused.default_sentence
            with self._database.write(caller.organization_id) as session:
                audit.append(
                    session,
                    caller,
                    AuditAction.REPORT_SIGNED,
                    object_type="report",
                    object_id=report_id,
                    outcome=AuditOutcome.REFUSED,
                    reason=f"The proof at the moment of signing was wrong. {reason}",
                )
            raise SignatureRefused(f"{reason} The report is not signed.")


def _was_opened_lately(session: Session, caller: Caller, report_id: str) -> bool:
    """Whether the trail has it already: an editor asks again whenever its window comes to the front."""
    return queries.is_in_audit_trail(
        session,
        action=AuditAction.REPORT_OPENED,
        object_id=report_id,
        session_id=caller.session_id,
        actor_user_id=caller.user_id,
        since=clock.now() - _OPENED_AGAIN_AFTER,
    )


def _study_instance_uid(session: Session, study_key: str) -> str:
    found = queries.study_and_patient(session, study_key)
    return found[0].study_instance_uid if found is not None else ""


def _require_report(
    session: Session, caller: Caller, permission: Permission, report_id: str, *, lock: bool = False
) -> Report:
    report = queries.report_by_id(session, report_id, lock=lock)
    if report is None:
        # Whoever may not ask at all is told so whether or not the report exists.
        policy.require(session, caller, permission)
        raise NotFound
    policy.require(session, caller, permission, report.study_key)
    if not is_visible(caller, report):
        raise NotFound
    return report


def _require_draft(report: Report) -> None:
    if report.status != ReportStatus.DRAFT:
        raise ReportAlreadySigned


def _require_held(session: Session, caller: Caller, report: Report) -> None:
    if report.author_user_id != caller.user_id and not is_untouched(report):
        holder = name_of(session, report.author_user_id)
        raise ReportChangedMeanwhile(
            f"{holder} has this draft now. Your text stays here; take the draft over to save it."
        )


def _require_version(report: Report, draft_version: int) -> None:
    if report.draft_version != draft_version:
        raise ReportChangedMeanwhile


def _require_signable(
    session: Session, caller: Caller, report_id: str, draft_version: int, *, lock: bool = False
) -> Report:
    report = _require_report(session, caller, Permission.REPORT_SIGN, report_id, lock=lock)
    _require_draft(report)
    _require_held(session, caller, report)
    _require_version(report, draft_version)
    if not report.findings.strip() and not report.impression.strip():
        raise ReportIncomplete("There is nothing to sign yet. Write findings or an impression.")
    return report


def _keep(session: Session, caller: Caller, report: Report, sections: ReportSections) -> None:
    """Put the text into the row; the first text of all makes the draft the caller's and the study one being read."""
    is_first = is_untouched(report)
    if is_first:
        report.author_user_id = caller.user_id
    for name in SECTION_NAMES:
        setattr(report, name, getattr(sections, name))
    report.draft_version += 1
    report.updated_at = clock.now()
    report.updated_by_user_id = caller.user_id
    session.add(report)
    if is_first:
        set_reading_status(session, report, ReadingStatus.READING)
    is_told = queries.is_in_audit_trail(
        session,
        action=AuditAction.REPORT_CHANGED,
        object_id=report.id,
        session_id=caller.session_id,
        actor_user_id=caller.user_id,
        since=report.created_at,
    )
    if not is_told:
        # Once per sign-in, not once per keystroke: who wrote is known, and the signed text is kept whole.
        audit.append(
            session,
            caller,
            AuditAction.REPORT_CHANGED,
            object_type="report",
            object_id=report.id,
            details={"draft_version": report.draft_version},
        )
