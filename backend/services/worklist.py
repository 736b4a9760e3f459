"""The worklist: which studies are there, how far their reading has come, and what else a patient has."""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from backend.access import policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import Malformed
from backend.core.permissions import Permission
from backend.core.search_words import Facet
from backend.core.shown import age_at, shown_date, shown_name, shown_patient_id, shown_time
from backend.core.vocabulary import AuditAction
from backend.core.worklist_query import WorklistQuery, require_sensible
from backend.models import worklist as queries
from backend.models.search_words import facet_values
from backend.models.session import Database, Session
from backend.models.worklist_conditions import Understood, understand
from backend.models.worklist_lists import ByDatabase, InMemory, Lists
from backend.models.worklist_sizes import KnownSizes, kept_sizes
from backend.ports.keyring import Keyring
from backend.schemas.worklist import (
    Choice,
    PatientStudies,
    StudyRow,
    WorklistChoices,
    WorklistPage,
)
from backend.services.report_views import listed_id
from backend.services.searches import Searches
from backend.services.worklist_rolls import Rolls

_CHOICES = 500
_OTHER_STUDIES = 50
# So many rows may have left the list before a page that is shown, or come into it, and the next one still goes on after it.
_LOOKED_BACK = 100


class Worklist:
    """Use cases of the worklist.

    Args:
        database: Where studies are.
        keyring: Seals search texts, so that a page's address can hold one without showing a patient's name.
        rolls: What lists ask of studies, in memory.
    """

    def __init__(self, database: Database, keyring: Keyring, rolls: Rolls) -> None:
        self._database = database
        self._cipher = AESSIV(keyring.derive("worklist-search"))
        self._searches = Searches(database, keyring)
        self._kept_sizes = kept_sizes()
        self._rolls = rolls

    def page(self, caller: Caller, query: WorklistQuery) -> WorklistPage:
        """One page of the worklist; a page beyond the last becomes the last.

        Raises:
            NotAllowed: Without `study:view`.
            Malformed: If a filter is not a known value.
        """
        require_sensible(query)
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_VIEW)
            with self._lists(session, caller) as lists:
                understood = _understood(session, caller, query, lists)
                found = lists.found(query, understood.conditions)
                newest, modalities = lists.newest_and_modalities()
            rows = study_rows(caller, queries.studies_by_key(session, found.keys))
        self._record_search(caller, query, found.total)
        return WorklistPage(
            rows=rows,
            total=found.total,
            page=found.page,
            page_count=query.page_count(found.total),
            modalities=modalities,
            is_exact=found.is_exact,
            similar_words=understood.similar_words if found.total else (),
            as_of=query.as_of or newest,
        )

    def shift_after(self, caller: Caller, query: WorklistQuery, shown: Sequence[StudyRow]) -> int:
        """`WorklistQuery.shift` of the next page, so that it goes on where the one that is shown has ended.

        Rows may have left the list since, or come into it: by its number alone the next page would leave rows out, or
        bring some again.

        Args:
            caller: Who is asking.
            query: The question of the page that is shown, `as_of` the moment when the list was opened.
            shown: Its rows as they were when it was turned to.

        Raises:
            NotAllowed: Without `study:view`.
            Malformed: If a filter is not a known value.
        """
        require_sensible(query)
        began = query.rows_before(query.page)
        first = max(0, began - _LOOKED_BACK)
        around = replace(query, page=1, page_size=len(shown) + 2 * _LOOKED_BACK, shift=-first)
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_VIEW)
            with self._lists(session, caller) as lists:
                understood = _understood(session, caller, query, lists)
                found = lists.found(around, understood.conditions)
            rows = study_rows(caller, queries.studies_by_key(session, found.keys))
        return query.page * query.page_size - first - _end_of(shown, rows, began - first)

    def count(self, caller: Caller, query: WorklistQuery) -> tuple[int, bool]:
        """How many studies answer a question, and whether they were counted to the end.

        Raises:
            NotAllowed: Without `study:view`.
            Malformed: If a filter is not a known value.
        """
        require_sensible(query)
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_VIEW)
            with self._lists(session, caller) as lists:
                understood = _understood(session, caller, query, lists)
                total, is_exact = lists.count(understood.conditions)
        self._record_search(caller, query, total)
        return total, is_exact

    def state(self, caller: Caller) -> str:
        """What differs after any study of the organization has come, changed or gone; it says nothing else.

        Raises:
            NotAllowed: Without `study:view`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_VIEW)
            newest = queries.newest_change(session, policy.reach_by_name(session, caller))
        return hashlib.sha256(newest.encode()).hexdigest()[:32]

    def arrived_since(self, caller: Caller, query: WorklistQuery, as_of: str) -> int:
        """How many studies that answer the question came after the list was opened.

        Args:
            caller: Who is asking.
            query: The question.
            as_of: `WorklistPage.as_of` of the list that is shown.
        """
        now, _ = self.count(caller, replace(query, as_of=""))
        then, _ = self.count(caller, replace(query, as_of=as_of)) if as_of else (0, True)
        return max(0, now - then)

    def choices(self, caller: Caller) -> WorklistChoices:
        """Every value that the filters offer.

        Raises:
            NotAllowed: Without `study:view`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_VIEW)
            reach = policy.reach_by_name(session, caller)
            return WorklistChoices(
                modalities=facet_values(session, Facet.MODALITY, _CHOICES, reach),
                body_parts=facet_values(session, Facet.BODY_PART, _CHOICES, reach),
                institutions=facet_values(session, Facet.INSTITUTION, _CHOICES, reach),
                referrers=tuple(
                    Choice(value, shown_name(value))
                    for value in facet_values(session, Facet.REFERRER, _CHOICES, reach)
                ),
                tags=facet_values(session, Facet.TAG, _CHOICES, reach),
                people=tuple(
                    Choice(user.id, user.display_name) for user in queries.readers(session)
                ),
            )

    def sealed_text(self, caller: Caller, text: str) -> str:
        """A search text as it may stand in an address: unreadable, the same each time, good in one organization."""
        if not text:
            return ""
        sealed = self._cipher.encrypt(text.encode("utf-8"), [caller.organization_id.encode()])
        return base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("=")

    def opened_text(self, caller: Caller, sealed: str) -> str:
        """The inverse of `sealed_text`.

        Raises:
            Malformed: If it was not sealed here, for this organization.
        """
        if not sealed:
            return ""
        try:
            octets = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
            text = self._cipher.decrypt(octets, [caller.organization_id.encode()])
        except (InvalidTag, binascii.Error, ValueError):
            raise Malformed("The search in this address cannot be read. Search again.") from None
        return text.decode("utf-8")

    def studies(self, caller: Caller, study_instance_uids: Sequence[str]) -> PatientStudies:
        """The studies among `study_instance_uids` that exist for this caller, in that order.

        Raises:
            NotAllowed: Without `study:view`.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require(session, caller, Permission.STUDY_VIEW)
            rows = queries.studies_by_uid(session, study_instance_uids, policy.reach(caller))
            found = {row.study_instance_uid: row for row in study_rows(caller, rows)}
        return PatientStudies(tuple(found[uid] for uid in study_instance_uids if uid in found))

    def other_studies(self, caller: Caller, study_instance_uid: str) -> PatientStudies:
        """The other studies of the same patient, newest first.

        Raises:
            NotFound: If the study does not exist for this caller.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require_study(session, caller, Permission.STUDY_VIEW, study_instance_uid)
            found = queries.studies_of_same_patient(
                session, study_instance_uid, _OTHER_STUDIES, policy.reach(caller)
            )
            return PatientStudies(study_rows(caller, found))

    def study_beside(self, caller: Caller, study_instance_uid: str, step: int) -> str:
        """The study of the same patient that was made next before or after.

        Args:
            caller: Who asks.
            study_instance_uid: The study that is open.
            step: -1 for the prior, 1 for the next.

        Returns:
            Its Study Instance UID; empty if there is none that this caller may see.

        Raises:
            NotFound: If the study does not exist for this caller.
        """
        with self._database.read(caller.organization_id) as session:
            policy.require_study(session, caller, Permission.STUDY_VIEW, study_instance_uid)
            uids = queries.succession(session, study_instance_uid, policy.reach(caller))
        at = uids.index(study_instance_uid) + step
        return uids[at] if 0 <= at < len(uids) else ""

    def _record_search(self, caller: Caller, query: WorklistQuery, total: int) -> None:
        asked = query.personal
        if asked:
            self._searches.record(caller, AuditAction.WORKLIST_SEARCHED, asked, total)

    @contextmanager
    def _lists(self, session: Session, caller: Caller) -> Iterator[Lists]:
        """What finds the lists of one question."""
        reach = policy.reach(caller)
        with self._rolls.of(session, caller.organization_id) as roll:
            if roll is not None:
                yield InMemory(session, roll, reach)
                return
        yield ByDatabase(session, reach, KnownSizes(caller.organization_id, self._kept_sizes))


def _understood(session: Session, caller: Caller, query: WorklistQuery, lists: Lists) -> Understood:
    return understand(
        session,
        query,
        caller.user_id,
        clock.now(),
        lists.reach,
        is_in_memory=lists.is_in_memory,
    )


def _end_of(shown: Sequence[StudyRow], rows: Sequence[StudyRow], began: int) -> int:
    """The place in a list after the last of the rows that were shown, which began at a place in it.

    What was changed since may have moved, so those count that are as they were shown; if there are none, the place counts.
    """
    as_shown = {row.study_instance_uid: row for row in shown}
    unmoved = [n for n, row in enumerate(rows) if row == as_shown.get(row.study_instance_uid)]
    place = unmoved[-1] + 1 if unmoved else began
    while place < len(rows) and rows[place].study_instance_uid in as_shown:
        place += 1
    return place


def study_rows(caller: Caller, found: Sequence[queries.ListedStudy]) -> tuple[StudyRow, ...]:
    """Studies as lines of a list, as this caller may see them."""
    return tuple(
        StudyRow(
            study_instance_uid=study.study_instance_uid,
            patient_name=shown_name(study.patient_name),
            patient_id=shown_patient_id(study.patient_id, study.qualifier),
            patient_birth_date=shown_date(study.patient_birth_date),
            patient_sex=study.patient_sex,
            is_patient_corrected=study.is_corrected,
            patient_age=age_at(study.patient_birth_date, study.study_date),
            study_date=shown_date(study.study_date),
            study_time=shown_time(study.study_time),
            modalities=tuple(part for part in study.modalities.split("\\") if part),
            study_description=study.study_description,
            accession_number=study.accession_number,
            referring_physician_name=shown_name(study.referring_physician_name),
            institution_name=study.institution_name,
            series_count=study.series_count,
            instance_count=study.instance_count,
            reading_status=study.reading_status,
            priority=study.priority,
            assigned_to_name=study.assigned_to_name or "",
            claimed_by_name=study.claimed_by_name or "",
            is_claimed_by_me=study.claimed_by == caller.user_id,
            body_part_examined=study.body_part_examined,
            tags=tuple(part for part in study.tags.split("\\") if part),
            arrived_at=study.arrived_at.astimezone(UTC).isoformat(timespec="seconds"),
            report_id=listed_id(caller, study.report),
            thumbnail_series_instance_uid=study.thumbnail or "",
            has_film=study.has_film,
        )
        for study in found
    )
