"""The audit trail for those who may read it. How it is written and sealed is in `access.audit`."""

from backend.access import audit, policy
from backend.access.audit import DetailValue, Seal
from backend.access.policy import RefusedAttempt
from backend.access.witness import WitnessedDatabase
from backend.core.caller import (
    SYSTEM_ORGANIZATION_ID,
    SYSTEM_USER_ID,
    Caller,
    system_caller,
)
from backend.core.errors import Malformed
from backend.core.identifiers import is_uid
from backend.core.permissions import Permission
from backend.core.search_text import fold
from backend.core.vocabulary import AuditAction
from backend.models import audit_search as queries
from backend.models import people
from backend.models.access import studies_of_accession
from backend.models.audit import AuditEntry
from backend.models.patients import search_patients
from backend.models.session import Session
from backend.schemas.audit import (
    AccessReport,
    AuditPage,
    AuditPerson,
    AuditQuery,
    AuditRow,
    AuditVerdict,
    PatientChoice,
)
from backend.services.access_reports import access_rows
from backend.services.audit_checkpoints import AuditCheckpoints
from backend.services.audit_questions import AuditQuestions, Understood
from backend.services.searches import Searches

PAGE_SIZE = 100
MOST_COUNTED = 10_000
MOST_SUMMED = 100_000
MOST_PATIENTS = 20


class AuditTrail:
    """Reading and verifying the trail, and the few entries that belong to no other use case.

    Args:
        database: Where the trail is.
        seal: Keeps its newest entry outside of the database.
        checkpoints: Prove it.
        questions: Understands what is asked.
        searches: Tells of a search what may be kept.
    """

    def __init__(
        self,
        database: WitnessedDatabase,
        seal: Seal,
        checkpoints: AuditCheckpoints,
        questions: AuditQuestions,
        searches: Searches,
    ) -> None:
        self._database = database
        self._seal = seal
        self._checkpoints = checkpoints
        self._questions = questions
        self._searches = searches

    def page(self, caller: Caller, query: AuditQuery) -> AuditPage:
        """One page of the organization's entries, newest first. That somebody looked is itself recorded.

        Raises:
            NotAllowed: Without `audit:view`.
            Malformed: If the query cannot be understood.
            NotFound: If there is no such patient or study.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.AUDIT_VIEW)
            asked = self._questions.understood(session, caller, query)
            total = queries.count_entries(session, asked.wanted, MOST_COUNTED + 1)
            found = queries.find_entries(
                session,
                asked.wanted,
                limit=PAGE_SIZE + 1,
                older_than=query.older_than or None,
                newer_than=query.newer_than or None,
            )
            is_upwards = bool(query.newer_than)
            rows = found[-PAGE_SIZE:] if is_upwards else found[:PAGE_SIZE]
            has_more = len(found) > PAGE_SIZE
            _record_look(session, caller, asked, query)
            return AuditPage(
                rows=tuple(_row(entry) for entry in rows),
                total=min(total, MOST_COUNTED),
                is_exact=total <= MOST_COUNTED,
                has_newer=has_more if is_upwards else bool(query.older_than),
                has_older=True if is_upwards else has_more,
                people=_people(session),
                patient=self._choice(caller, asked),
                is_of_study=bool(query.study),
            )

    def accesses(self, caller: Caller, query: AuditQuery) -> AccessReport:
        """Who had what of a patient, of a study, or what one person had: summed up by person and study. Recorded.

        Raises:
            NotAllowed: Without `audit:view`.
            Malformed: If the query cannot be understood, or asks for more than `MOST_SUMMED` entries.
            NotFound: If there is no such patient or study.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.AUDIT_VIEW)
            asked = self._questions.understood(session, caller, query)
            found = queries.accesses(session, asked.wanted, MOST_SUMMED + 1)
            if len(found) > MOST_SUMMED:
                raise Malformed("Choose a patient, a study, a person or fewer days to sum this up.")
            _record_look(session, caller, asked, query, view="accesses")
        rows = access_rows(found)
        return AccessReport(rows, len(found), self._choice(caller, asked))

    def find_patients(self, caller: Caller, text: str) -> tuple[PatientChoice, ...]:
        """Patients whose name or ID holds every word, so that one can be chosen. Recorded as searches are.

        Raises:
            NotAllowed: Without `audit:view`.
        """
        words = fold(text[:200]).split()
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.AUDIT_VIEW)
            found = search_patients(session, words, MOST_PATIENTS) if words else []
            self._record_search(session, caller, "patients", " ".join(words), len(found))
            return tuple(self._questions.choice(caller, patient) for patient in found)

    def find_study(self, caller: Caller, text: str) -> str:
        """UID of the study with this accession number, in whole; else the text, if it is a UID: the study may be deleted.

        Recorded as searches are.

        Raises:
            NotAllowed: Without `audit:view`.
            Malformed: If no study has this accession number, or several have it, and it is no UID.
        """
        name = text.strip()
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.AUDIT_VIEW)
            found = studies_of_accession(session, name) if name else ()
            self._record_search(session, caller, "studies", name, len(found))
            uids = [study.study_instance_uid for study in found]
        if len(uids) == 1:
            return uids[0]
        if is_uid(name):
            return name
        if uids:
            raise Malformed(
                f"{len(uids)} studies have this accession number. Write the UID of the one you mean."
            )
        raise Malformed("No study has this accession number. Write it exactly, or a UID.")

    def verify(self) -> AuditVerdict:
        """Check the whole chain of all organizations, its seal and its checkpoints; for the command line."""
        return self._checkpoints.verify()

    def seal_again(self) -> AuditVerdict:
        """Accept the chain as it is and seal its end, after data were restored by hand; itself recorded.

        The chain must hold; only its seal and those checkpoints that it does not fit are set aside. For the command line.
        """
        verdict = self._checkpoints.accept()
        if verdict.first_bad_sequence is not None:
            return verdict
        with self._database.system_write() as session:
            audit.append(
                session,
                system_caller(SYSTEM_ORGANIZATION_ID, frozenset()),
                AuditAction.AUDIT_SEALED,
                object_type="audit",
            )
            appended = audit.appended_in(session)
        if appended is not None:
            self._seal.write(appended.newest)
        return self.verify()

    def _record_search(
        self, session: Session, caller: Caller, view: str, words: str, total: int
    ) -> None:
        audit.append(
            session,
            caller,
            AuditAction.AUDIT_VIEWED,
            object_type="audit",
            details={"view": view, **self._searches.told({view: words}, total)},
        )

    def _choice(self, caller: Caller, asked: Understood) -> PatientChoice | None:
        return self._questions.choice(caller, asked.patient) if asked.patient else None

    def record_refused(self, caller: Caller, permission: Permission | None, what: str) -> None:
        """Record what was refused before any use case was asked, such as an event of a page.

        Args:
            caller: Who tried.
            permission: What they lacked; None for what nobody may do at all.
            what: Name of the event or route; never anything that was sent.
        """
        self._database.record_refusal(RefusedAttempt(caller, permission, "event", what))

    def record_stop(self) -> None:
        """The server stops in an orderly way."""
        caller = system_caller(SYSTEM_ORGANIZATION_ID, frozenset())
        audit.record(self._database, caller, AuditAction.SYSTEM_STOPPED)


def _record_look(
    session: Session, caller: Caller, asked: Understood, query: AuditQuery, view: str = ""
) -> None:
    told: dict[str, DetailValue] = {**asked.told}
    if view:
        told["view"] = view
    for name in ("older_than", "newer_than"):
        if getattr(query, name):
            told[name] = getattr(query, name)
    audit.append(session, caller, AuditAction.AUDIT_VIEWED, object_type="audit", details=told)


def _people(session: Session) -> tuple[AuditPerson, ...]:
    """Everybody of the organization, and the program itself, which works for it too."""
    everybody = [AuditPerson(user.id, user.display_name) for user in people.all_users(session)]
    return (*everybody, AuditPerson(SYSTEM_USER_ID, "PACScribe"))


def _row(entry: AuditEntry) -> AuditRow:
    return AuditRow(
        sequence=entry.sequence,
        at=entry.at.isoformat(timespec="seconds"),
        actor_user_id=entry.actor_user_id,
        actor_name=entry.actor_name,
        action=entry.action,
        object_type=entry.object_type,
        object_id=entry.object_id,
        outcome=entry.outcome,
        reason=entry.reason,
        ip_address=entry.ip_address,
        user_agent=entry.user_agent,
        session_id=entry.session_id,
        details=entry.details,
    )
