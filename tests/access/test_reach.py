"""Who reaches which study: the verdict on one and the criterion for many, against a model that knows no SQL."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.access import policy
from backend.core import clock
from backend.core.caller import Caller
from backend.core.errors import NotAllowed, NotFound
from backend.core.permissions import Permission
from backend.core.worklist_query import WorklistQuery
from backend.models import (
    CareRelation,
    EmergencyAccess,
    NameInStudies,
    Patient,
    SharingGrant,
    Study,
    User,
    worklist_finding,
)
from backend.models.worklist_criteria import Conditions
from backend.models.worklist_roll import read_roll
from backend.models.worklist_sizes import KnownSizes
from tests.postgres import NORTH, new_database

PEOPLE, PATIENTS, STUDIES = 3, 3, 6
NAMES = ("", "Grey^Meredith", "House^Gregory")
HOUR = timedelta(hours=1)
_serial = count()

# From now: before, during, after.
_begins = st.sampled_from((-HOUR, HOUR))
_ends = st.sampled_from((-HOUR, HOUR))
_person = st.integers(0, PEOPLE - 1)
_is_over = st.booleans()


@dataclass(frozen=True)
class Way:
    """How somebody may come to reach a study: the row that is written, and what it should mean."""

    kind: str
    person: int
    place: int
    begins: timedelta = -HOUR
    ends: timedelta | None = HOUR
    is_over: bool = False
    permission: str = "study:view"

    @property
    def holds(self) -> bool:
        in_time = self.begins < timedelta(0) and (self.ends is None or self.ends > timedelta(0))
        return in_time and not self.is_over


_study = st.integers(0, STUDIES - 1)
_patient = st.integers(0, PATIENTS - 1)
_ways = st.one_of(
    st.builds(Way, st.just("assigned"), _person, _study),
    st.builds(Way, st.just("name"), _person, st.integers(1, len(NAMES) - 1)),
    st.builds(Way, st.just("care"), _person, _patient, ends=_ends | st.none(), is_over=_is_over),
    st.builds(
        Way,
        st.just("grant"),
        _person,
        _study,
        _begins,
        _ends,
        _is_over,
        st.sampled_from(("study:view", "study:edit", "study:export")),
    ),
    st.builds(Way, st.just("emergency study"), _person, _study, ends=_ends, is_over=_is_over),
    st.builds(Way, st.just("emergency patient"), _person, _patient, ends=_ends, is_over=_is_over),
)
_asked = st.sampled_from((Permission.STUDY_VIEW, Permission.STUDY_EXPORT, Permission.REPORT_VIEW))


def should_reach(ways, referrers, person, study, permission):
    """The rule in words: assigned, referred, of a patient, granted for that, or looking in an emergency."""
    is_looking = permission in {Permission.STUDY_VIEW, Permission.REPORT_VIEW}
    patient = study % PATIENTS
    for way in ways:
        if way.person != person or not way.holds:
            continue
        if {
            "assigned": way.place == study and last_assigned(ways, way.place) == person,
            "name": NAMES[way.place % len(NAMES)] == referrers[study],
            "care": way.place == patient,
            "grant": way.place == study and (is_looking or way.permission == permission),
            "emergency study": way.place == study and is_looking,
            "emergency patient": way.place == patient and is_looking,
        }[way.kind]:
            return True
    return False


def last_assigned(ways, study):
    return next((w.person for w in ways[::-1] if w.kind == "assigned" and w.place == study), None)


@pytest.fixture(
    scope="module", params=["sqlcipher", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def shared_database(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reach")
    with new_database(request, folder, request.param == "postgresql") as database:
        yield database


@given(
    ways=st.lists(_ways, max_size=8),
    referrers=st.lists(st.sampled_from(NAMES), min_size=STUDIES, max_size=STUDIES),
    person=_person,
    permission=_asked,
)
@settings(max_examples=25, deadline=None)
def test_one_verdict_and_the_criterion_for_many_agree_with_the_rule(
    shared_database, ways, referrers, person, permission
):
    with shared_database.write(NORTH) as session:
        people, studies = build(session, ways, referrers)
        caller = somebody(people[person], permission)
        expected = {
            study.study_instance_uid
            for place, study in enumerate(studies)
            if should_reach(ways, referrers, person, place, permission)
        }
        assert one_by_one(session, caller, permission, studies) == expected
        keys = {study.id: study.study_instance_uid for study in studies}
        sizes = KnownSizes(NORTH)
        conditions = Conditions((policy.reach(caller, permission),))
        found = worklist_finding.find(session, WorklistQuery(page_size=100), conditions, sizes)
        assert {keys[key] for key in found.keys} == expected
        assert (found.total, found.is_exact) == (len(expected), True)
        assert worklist_finding.count(session, conditions, sizes) == (len(expected), True)
        roll = read_roll(session, lambda: True)
        assert roll is not None
        in_memory = roll.page(
            roll.within(session, policy.reach(caller, permission)), WorklistQuery(page_size=100)
        )
        assert {keys[key] for key in in_memory.keys} == expected
        session.rollback()


def build(session, ways, referrers):
    now = clock.now()
    people = [
        User(
            email=f"{next(_serial)}@north.example",
            display_name=f"Person {place}",
            password_hash="-",
            password_changed_at=now,
        )
        for place in range(PEOPLE)
    ]
    patients = [Patient(patient_name=f"Patient^{place}") for place in range(PATIENTS)]
    session.add_all([*people, *patients])
    session.flush()
    studies = [
        Study(
            patient_key=patients[place % PATIENTS].id,
            study_instance_uid=f"1.2.{next(_serial)}",
            referring_physician_name=name,
            wrapped_data_key=b"-",
            arrived_at=now,
            updated_at=now,
        )
        for place, name in enumerate(referrers)
    ]
    session.add_all(studies)
    session.flush()
    names = set()
    for way in ways:
        add(session, way, people, patients, studies, names, now)
    session.flush()
    return people, studies


def add(session, way, people, patients, studies, names, now):
    user_id = people[way.person].id
    end = None if way.ends is None else now + way.ends
    over = now if way.is_over else None
    if way.kind == "assigned":
        studies[way.place].assigned_to = user_id
    elif way.kind == "name":
        if (way.person, way.place) not in names:
            names.add((way.person, way.place))
            session.add(NameInStudies(user_id=user_id, name=NAMES[way.place]))
    elif way.kind == "care":
        session.add(
            CareRelation(
                user_id=user_id,
                patient_key=patients[way.place].id,
                granted_by_user_id=user_id,
                expires_at=end,
                ended_at=over,
            )
        )
    elif way.kind == "grant":
        session.add(
            SharingGrant(
                study_key=studies[way.place].id,
                granted_by_user_id=user_id,
                grantee_user_id=user_id,
                permission=way.permission,
                not_before=now + way.begins,
                expires_at=end,
                revoked_at=over,
            )
        )
    else:
        of_study = way.kind == "emergency study"
        session.add(
            EmergencyAccess(
                user_id=user_id,
                study_key=studies[way.place].id if of_study else "",
                patient_key="" if of_study else patients[way.place].id,
                reason="Stroke call",
                expires_at=end,
                ended_at=over,
            )
        )


def somebody(user, *permissions):
    held = {Permission.STUDY_VIEW, *permissions}
    return Caller(user.id, NORTH, "s", user.display_name, user.email, (), frozenset(held))


def one_by_one(session, caller, permission, studies):
    found = set()
    for study in studies:
        try:
            policy.require_study(session, caller, permission, study.study_instance_uid)
            policy.require(session, caller, permission, study.id)
        except (NotFound, NotAllowed):
            continue
        found.add(study.study_instance_uid)
    return found


@pytest.fixture
def ward(sqlcipher_database):
    """A person of a care team with one patient, and a study of somebody else."""
    with sqlcipher_database.write(NORTH) as session:
        ways = [Way("care", 0, 0)]
        people, studies = build(session, ways, [""] * STUDIES)
    return sqlcipher_database, somebody(people[0], Permission.STUDY_EDIT), studies


def test_a_study_out_of_reach_does_not_exist_rather_than_being_forbidden(ward):
    database, caller, studies = ward
    with database.read(NORTH) as session:
        policy.require_study(session, caller, Permission.STUDY_VIEW, studies[0].study_instance_uid)
        with pytest.raises(NotFound) as out_of_reach:
            policy.require_study(
                session, caller, Permission.STUDY_VIEW, studies[1].study_instance_uid
            )
        with pytest.raises(NotFound) as unknown:
            policy.require_study(session, caller, Permission.STUDY_VIEW, "1.2.999999")
    assert out_of_reach.value.sentence == unknown.value.sentence


def test_whoever_reaches_all_is_asked_nothing_more(ward):
    database, caller, studies = ward
    everywhere = replace(caller, permissions=caller.permissions | {Permission.STUDY_ALL})
    assert policy.reach(everywhere) is None
    with database.read(NORTH) as session:
        for study in studies:
            policy.require_study(
                session, everywhere, Permission.STUDY_EDIT, study.study_instance_uid
            )


def test_a_grant_to_look_does_not_let_anybody_edit(ward):
    database, caller, studies = ward
    now = clock.now()
    with database.write(NORTH) as session:
        session.add(
            SharingGrant(
                study_key=studies[1].id,
                granted_by_user_id=caller.user_id,
                grantee_user_id=caller.user_id,
                permission="study:view",
                not_before=now,
                expires_at=now + HOUR,
            )
        )
    with database.read(NORTH) as session:
        uid = studies[1].study_instance_uid
        policy.require_study(session, caller, Permission.STUDY_VIEW, uid)
        with pytest.raises(NotAllowed):
            policy.require_study(session, caller, Permission.STUDY_EDIT, uid)


def test_support_only_looks_whatever_rights_it_is_said_to_have(ward):
    database, caller, studies = ward
    support = replace(caller, permissions=frozenset(Permission), support_access_id="leave")
    with database.read(NORTH) as session:
        uid = studies[1].study_instance_uid
        policy.require_study(session, support, Permission.STUDY_VIEW, uid)
        for permission in Permission:
            if permission in {
                Permission.STUDY_VIEW,
                Permission.STUDY_ALL,
                Permission.REPORT_VIEW,
                Permission.AUDIT_VIEW,
                Permission.SUPPORT_USE,
            }:
                continue
            with pytest.raises(NotAllowed):
                policy.require_study(session, support, permission, uid)
            with pytest.raises(NotAllowed):
                policy.require(session, support, permission)
