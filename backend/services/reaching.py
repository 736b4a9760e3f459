"""Opening studies to people who do not reach all: patients in their care, names that are theirs, single studies for a time.

What each of these opens is decided in `access.policy`.
"""

from datetime import UTC, datetime, timedelta

from backend.access import audit, policy
from backend.access.step_up import require_recent
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed, NotFound
from backend.core.permissions import Permission
from backend.core.search_words import Facet
from backend.core.shown import shown_date, shown_name, shown_patient_id
from backend.core.vocabulary import AuditAction
from backend.models import access as queries
from backend.models import people
from backend.models.access import CareRelation, NameInStudies
from backend.models.people import User
from backend.models.search_words import facet_values
from backend.models.session import Database, Session
from backend.models.sharing import SharingGrant
from backend.schemas.reaching import Opening, ReachingPage, ReachingPerson
from backend.services.reasons import required_reason

DAYS = (1, 7, 30, 90)
_NAMES = 500
_NOBODY = "There is no such person in your organization."


class Reaching:
    """Use cases of opening studies to people; each needs `access:grant`, a single study `study:share`.

    Args:
        database: Where all of it is kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, caller: Caller) -> ReachingPage:
        """What is open to whom, and what can be chosen.

        Raises:
            NotAllowed: Without `access:grant`.
        """
        now = clock.now()
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.ACCESS_GRANT)
            everywhere = {u.id for u in queries.holders_of(session, Permission.STUDY_ALL)}
            looking = queries.holders_of(session, Permission.STUDY_VIEW)
            return ReachingPage(
                people=tuple(
                    ReachingPerson(user.id, user.display_name)
                    for user in looking
                    if user.id not in everywhere
                ),
                openings=_openings(session, now),
                names=facet_values(session, Facet.REFERRER, _NAMES),
            )

    def give_care(
        self, caller: Caller, user_id: str, patient_id: str, days: int, reason: str
    ) -> None:
        """Put the patient with exactly this Patient ID into somebody's care; 0 days for no end.

        Raises:
            NotAllowed: Without `access:grant`.
            NotFound: If there is no such person or patient, or more than one patient.
            Malformed: Without a reason, or for another time than is offered.
        """
        with self._database.write(caller.organization_id) as session:
            user, reason = self._begin(session, caller, user_id, reason)
            found = queries.patients_of_id(session, patient_id.strip())
            if len(found) != 1:
                raise NotFound("There is no such patient, or more than one with this Patient ID.")
            row = CareRelation(
                user_id=user.id,
                patient_key=found[0].id,
                granted_by_user_id=caller.user_id,
                reason=reason,
                expires_at=_end(days) if days else None,
            )
            session.add(row)
            session.flush()
            _record(session, caller, AuditAction.GRANT_CREATED, "care", row.id, user.id, reason)

    def give_name(self, caller: Caller, user_id: str, name: str, reason: str) -> None:
        """Say that a referring physician's name, as studies have it, is somebody's.

        Raises:
            NotAllowed: Without `access:grant`.
            NotFound: If there is no such person, or no study has that name.
            Malformed: Without a reason, or if it was said already.
        """
        with self._database.write(caller.organization_id) as session:
            user, reason = self._begin(session, caller, user_id, reason)
            if not name or not queries.is_referrer(session, name):
                raise NotFound("No study has this referring physician, letter by letter.")
            if queries.is_name_of(session, user.id, name):
                raise Malformed("This name is theirs already.")
            row = NameInStudies(user_id=user.id, name=name)
            session.add(row)
            session.flush()
            _record(session, caller, AuditAction.GRANT_CREATED, "name", row.id, user.id, reason)

    def open_study(
        self, caller: Caller, user_id: str, study_instance_uid: str, days: int, reason: str
    ) -> None:
        """Open one study to somebody for some days, to look at it.

        Raises:
            NotAllowed: Without `study:share` on that study.
            NotFound: If there is no such person, or the study does not exist for the caller.
            Malformed: Without a reason, or for another time than `DAYS`.
        """
        with self._database.write(caller.organization_id) as session:
            study = policy.require_study(
                session, caller, Permission.STUDY_SHARE, study_instance_uid.strip()
            )
            require_recent(caller)
            user, reason = _person(session, user_id), required_reason(reason)
            row = SharingGrant(
                study_key=study.id,
                granted_by_user_id=caller.user_id,
                grantee_user_id=user.id,
                permission=Permission.STUDY_VIEW.value,
                reason=reason,
                not_before=clock.now(),
                expires_at=_end(days),
            )
            session.add(row)
            session.flush()
            _record(session, caller, AuditAction.GRANT_CREATED, "study", row.id, user.id, reason)

    def close(self, caller: Caller, kind: str, opening_id: str) -> None:
        """Take back what was opened; it holds with the next image.

        Raises:
            NotAllowed: Without `access:grant`.
            NotFound: If nothing of that kind is open.
        """
        with self._database.write(caller.organization_id) as session:
            policy.require(session, caller, Permission.ACCESS_GRANT)
            row: CareRelation | SharingGrant | NameInStudies | None
            whose: str | None
            if kind == "care" and (care := queries.care_by_id(session, opening_id)) is not None:
                care.ended_at = care.ended_at or clock.now()
                row, whose = care, care.user_id
                session.add(care)
            elif (
                kind == "study" and (grant := queries.grant_by_id(session, opening_id)) is not None
            ):
                grant.revoked_at = grant.revoked_at or clock.now()
                grant.revoked_by_user_id = caller.user_id
                row, whose = grant, grant.grantee_user_id
                session.add(grant)
            elif kind == "name" and (name := queries.name_by_id(session, opening_id)) is not None:
                row, whose = name, name.user_id
                session.delete(name)
            else:
                raise NotFound
            _record(session, caller, AuditAction.GRANT_REVOKED, kind, row.id, whose or "", "")

    def _begin(
        self, session: Session, caller: Caller, user_id: str, reason: str
    ) -> tuple[User, str]:
        policy.require(session, caller, Permission.ACCESS_GRANT)
        require_recent(caller)
        return _person(session, user_id), required_reason(reason)


def _person(session: Session, user_id: str) -> User:
    user = people.user_by_id(session, user_id)
    if user is None or not user.is_active or user.is_service:
        raise NotFound(_NOBODY)
    return user


def _end(days: int) -> datetime:
    if days not in DAYS:
        raise Malformed("It is opened for 1, 7, 30 or 90 days.")
    return clock.now() + timedelta(days=days)


def _openings(session: Session, now: datetime) -> tuple[Opening, ...]:
    care = [
        Opening(
            row.id,
            "care",
            user.display_name,
            f"{shown_name(patient.patient_name)} ({shown_patient_id(patient.patient_id, patient.qualifier)})",
            row.reason,
            _moment(row.expires_at),
        )
        for row, user, patient in queries.live_care(session, now)
    ]
    names = [
        Opening(row.id, "name", user.display_name, shown_name(row.name), "", "")
        for row, user in queries.names_in_studies(session)
    ]
    studies = [
        Opening(
            row.id,
            "study",
            user.display_name,
            f"{shown_date(study.study_date)} {study.study_description}".strip(),
            row.reason,
            _moment(row.expires_at),
        )
        for row, user, study in queries.live_grants(session, now)
    ]
    return (*care, *names, *studies)


def _record(
    session: Session,
    caller: Caller,
    action: AuditAction,
    kind: str,
    opening_id: str,
    user_id: str,
    reason: str,
) -> None:
    audit.append(
        session,
        caller,
        action,
        object_type="grant",
        object_id=opening_id,
        reason=reason,
        details={"person": user_id, "kind": kind},
    )


def _moment(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else ""
