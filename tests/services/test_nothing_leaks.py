"""Every list, search, count, look-up and export, asked by those for whom a study does not exist: another organization's people,
and people of the same one who do not reach it. What they get is what they would get if it were not there.
"""

import itertools
import json
from dataclasses import replace

import pytest

from backend.core.caller import system_caller
from backend.core.errors import Malformed, NotFound, Refusal, StepUpNeeded
from backend.core.permissions import Permission
from backend.core.vocabulary import AuditAction, SecondFactorRule
from backend.core.worklist_query import WorklistColumn, WorklistQuery
from backend.schemas.audit import AuditQuery
from backend.schemas.emergencies import EmergencyAsk
from backend.schemas.opening import OpeningRequest
from backend.schemas.pixels import PixelPlace
from backend.schemas.reporting import ReportSections
from backend.schemas.viewing import TileRequest
from backend.services.emergencies import Emergencies
from backend.services.first_people import add_organization
from backend.services.proving import Proof
from tests.database_work import statements
from tests.standing_attempts import standing_attempts
from tests.viewing_hospital import CT_SERIES, PASSWORD, STUDY, Hospital, ct_slice, uid_of

SECRETS = {
    "PatientName": "Canaria^Yellow",
    "PatientID": "CANARY-7",
    "AccessionNumber": "ACC-CANARY",
    "StudyDescription": "Canary chest",
    "ReferringPhysicianName": "Canarius^Doc",
    "InstitutionName": "Canary Hospital",
    "BodyPartExamined": "CANARYBONE",
}
MINE, UNKNOWN = "2.25.7777", "2.25.9999"
EVERYTHING = frozenset(Permission)
_numbers = itertools.count(1)
UNRELATED, RELATED, ELSEWHERE, UPLOADER = "unrelated", "related", "elsewhere", "uploader elsewhere"
STRANGERS = (UNRELATED, RELATED, ELSEWHERE, UPLOADER)


class Town:
    """A study full of secrets, a study of the related person's own patient, and everybody."""

    def __init__(self, folder):
        self.hospital = Hospital(folder)
        self.services = self.hospital.services
        self.octets = ct_slice(0, 1, **SECRETS)
        mine = {"study_instance_uid": MINE, "series_instance_uid": MINE + ".1"}
        self.hospital.take_in(
            self.octets, ct_slice(5, 1, PatientID="OWN", PatientName="Own^Patient", **mine)
        )
        self.here = self.hospital.sign_in("admin@demo.example").caller
        with self.services.database.system_write() as session:
            there = add_organization(
                session, "elsewhere", "Elsewhere", SecondFactorRule.OPTIONAL
            ).id
        narrow = EVERYTHING - {Permission.STUDY_ALL}
        self.callers = {
            UNRELATED: self._person(self.here.organization_id, "care-team", narrow),
            RELATED: self._person(self.here.organization_id, "care-team", narrow),
            ELSEWHERE: self._person(there, "administrator", EVERYTHING),
            UPLOADER: self._person(there, "technologist", narrow),
        }
        self.services.reaching.give_care(
            self.here, self.callers[RELATED].user_id, "OWN", 7, "It is their own patient"
        )
        self.report_id = self._signed_report()
        self.services.saved_views.keep(self.here, "All", WorklistQuery(), shared=True)

    def _person(self, organization_id, role, permissions):
        email = f"{role}-{next(_numbers)}@people.example"
        self.services.people.create(
            system_caller(organization_id, EVERYTHING),
            display_name="Somebody",
            email=email,
            password=PASSWORD,
            roles=(role,),
        )
        return replace(self.hospital.sign_in(email).caller, permissions=permissions)

    def _signed_report(self):
        reader = self.hospital.sign_in().caller
        report = self.services.reporting.open_for_study(reader, STUDY)
        saved = self.services.reporting.save_draft(
            reader,
            report.report_id,
            report.draft_version,
            ReportSections(impression="Canary sings."),
        )
        self.services.reporting.sign(
            reader, report.report_id, saved.draft_version, Proof(password=PASSWORD)
        )
        return report.report_id


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    town = Town(tmp_path_factory.mktemp("leaks") / "data")
    yield town
    town.hospital.close()


def page(**asked):
    return lambda s, who, _uid: s.worklist.page(who, WorklistQuery(**asked))


def count(**asked):
    return lambda s, who, _uid: s.worklist.count(who, WorklistQuery(**asked))


def export(file_format, **asked):
    return lambda s, who, _uid: s.worklist_exports.export(who, WorklistQuery(**asked), file_format)


# What is asked in general: nothing that is answered may tell of the study.
LISTS = {
    "the whole list": page(),
    "by a name": page(text="canaria"),
    "by a mistyped name": page(text="canarai"),
    "by a Patient ID": page(text="canary-7"),
    "by an accession number": page(text="acc-canary"),
    "by a description": page(text="chest"),
    "by a referrer": page(referrer=("Canarius^Doc",)),
    "by an institution": page(institution=("Canary Hospital",)),
    "by a body part": page(body_part=("CANARYBONE",)),
    "by a date": page(born_from="19600101", born_to="19600101"),
    "by a status": page(status=("reported",)),
    "in another order": page(order_by=WorklistColumn.PATIENT_NAME, descending=True),
    "the count of all": count(),
    "the count of a name": count(text="canaria"),
    "the count of what is reported": count(status=("reported",)),
    "what the filters offer": lambda s, who, _uid: s.worklist.choices(who),
    "how many came since": lambda s, who, _uid: s.worklist.arrived_since(who, WorklistQuery(), ""),
    "saved views and their counts": lambda s, who, _uid: [
        (view.name, view.total) for view in s.saved_views.listed(who, "UTC")
    ],
    "the list as CSV": export("csv"),
    "a search as CSV": export("csv", text="canaria"),
    "studies by their UIDs": lambda s, who, uid: s.worklist.studies(who, [uid, MINE]),
    "other studies of one's own patient": lambda s, who, _uid: s.worklist.other_studies(who, MINE),
    "the page of one's own study": lambda s, who, _uid: s.study_pages.page(who, MINE),
}
# What is asked about the study itself: the answer is as about one that nobody has.
ABOUT = {
    "its page": lambda s, who, uid: s.study_pages.page(who, uid),
    "its series": lambda s, who, uid: s.study_pages.series(who, uid),
    "its objects": lambda s, who, uid: s.study_pages.instances(who, uid, CT_SERIES),
    "a note": lambda s, who, uid: s.study_pages.write_note(who, uid, "Hello"),
    "its priors": lambda s, who, uid: s.worklist.other_studies(who, uid),
    "the study before it": lambda s, who, uid: s.worklist.study_beside(who, uid, -1),
    "the viewer": lambda s, who, uid: s.viewing.open_study(who, uid),
    "a series": lambda s, who, uid: s.viewing.describe_series(who, uid, CT_SERIES),
    "a thumbnail": lambda s, who, uid: s.viewing.thumbnail(who, uid, CT_SERIES, 160),
    "a tile": lambda s, who, uid: s.viewing.render_tile(who, uid, TileRequest(SOP)),
    "an overlay": lambda s, who, uid: s.viewing.render_overlay(who, uid, SOP, 1, 0),
    "a pixel": lambda s, who, uid: s.viewing.read_pixel(who, uid, PixelPlace(SOP, 1, 0, 0)),
    "getting ready": lambda s, who, uid: s.viewing.prefetch(who, uid, SOP, 1, 0),
    "opening an image": lambda s, who, uid: s.viewing.open_image(
        who, OpeningRequest(uid, 400, 400)
    ),
    "nearing it": lambda s, who, uid: s.viewing.approach(who, OpeningRequest(uid, 400, 400)),
    "a video": lambda s, who, uid: s.videos.describe(who, uid, SOP),
    "a video's stream": lambda s, who, uid: s.videos.stream(who, uid, SOP),
    "a video's original": lambda s, who, uid: s.videos.export(who, uid, SOP),
    "its documents": lambda s, who, uid: s.attaching.documents(who, uid),
    "attaching to it": lambda s, who, uid: s.attaching.target(who, uid),
    "its report": lambda s, who, uid: s.reporting.open_for_study(who, uid),
    "assigning it": lambda s, who, uid: s.worklist_acts.assign(who, [uid], ""),
    "tagging it": lambda s, who, uid: s.worklist_acts.tag(who, [uid], "mine"),
    "claiming it": lambda s, who, uid: s.worklist_acts.claim(who, uid),
    "marking it": lambda s, who, uid: s.worklist_acts.mark(who, [uid], read=True),
    "opening it to oneself": lambda s, who, uid: s.reaching.open_study(
        who, who.user_id, uid, 7, "I should like to see it"
    ),
    "deleting it": lambda s, who, uid: s.deletions.delete(who, uid, "Not needed any more"),
}
SOP = uid_of(ct_slice(0, 1, **SECRETS))
REPORTS = {
    "a report": lambda s, who, report_id: s.reporting.get(who, report_id),
    "its draft": lambda s, who, report_id: s.reporting.draft(who, report_id),
    "its PDF": lambda s, who, report_id: s.documents.report_pdf(who, report_id),
}


def answer(ask, services, who, what):
    """What came of it: the answer's text, or the refusal with its sentence."""
    try:
        return repr(ask(services, who, what))
    except Refusal as refusal:
        return f"{type(refusal).__name__}: {refusal.sentence}"


def test_whoever_reaches_it_is_told_all_of_it(town):
    """Otherwise the other tests would prove nothing."""
    told = answer(LISTS["the whole list"], town.services, town.here, STUDY)
    assert "Canaria" in told
    for name, ask in LISTS.items():
        assert answer(ask, town.services, town.here, STUDY), name
    found = town.services.worklist.count(town.here, WorklistQuery())
    assert found == (2, True)
    assert town.services.viewing.render_tile(town.here, STUDY, TileRequest(SOP)).octets


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("name", LISTS)
def test_no_list_count_search_or_export_tells_of_it(town, name, who):
    told = answer(LISTS[name], town.services, town.callers[who], STUDY)
    assert "anar" not in told.lower()
    assert STUDY not in told.replace(MINE, "")


@pytest.mark.parametrize("who", STRANGERS)
def test_what_is_counted_is_what_one_reaches(town, who):
    caller, services = town.callers[who], town.services
    mine = 1 if who == RELATED else 0
    assert services.worklist.count(caller, WorklistQuery()) == (mine, True)
    assert services.worklist.page(caller, WorklistQuery()).total == mine
    assert [view.total for view in services.saved_views.listed(caller, "UTC")] in ([], [mine])
    lines = services.worklist_exports.export(caller, WorklistQuery(), "csv").octets.splitlines()
    assert len(lines) in {1, 1 + mine}


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("name", ABOUT)
def test_about_it_one_is_answered_as_about_one_that_nobody_has(town, name, who):
    services, caller = town.services, town.callers[who]
    told = answer(ABOUT[name], services, caller, STUDY)
    assert told == answer(ABOUT[name], services, caller, UNKNOWN)
    assert told.startswith(("NotFound", "NotAllowed"))


@pytest.mark.parametrize("who", [UNRELATED, ELSEWHERE])
def test_asking_about_it_is_the_same_work_as_about_one_that_nobody_has(town, who):
    """So that no clock tells them apart either."""
    for name, ask in ABOUT.items():
        work = []
        for uid in (STUDY, UNKNOWN):
            answer(
                ask, town.services, town.callers[who], uid
            )  # that it was refused is recorded once
            with statements() as done:
                answer(ask, town.services, town.callers[who], uid)
            work.append(done)
        assert work[0] == work[1], name


@pytest.mark.parametrize("who", STRANGERS)
@pytest.mark.parametrize("name", REPORTS)
def test_its_report_is_not_there_either(town, name, who):
    services, caller = town.services, town.callers[who]
    assert answer(REPORTS[name], services, caller, town.report_id) == answer(
        REPORTS[name], services, caller, "nobody-knows-it"
    )


@pytest.mark.parametrize("who", STRANGERS)
def test_nothing_was_changed_by_all_that_asking(town, who):
    row = town.services.study_pages.page(town.here, STUDY).study
    assert (row.tags, row.assigned_to_name, row.claimed_by_name) == ((), "", "")
    assert town.services.study_pages.page(town.here, STUDY).notes == ()


@pytest.mark.parametrize("who", STRANGERS)
def test_news_of_it_is_no_news_to_them(town, who):
    caller = town.callers[who]
    before = town.services.worklist.state(caller)
    seen = town.services.worklist.state(town.here)
    town.services.worklist_acts.prioritise(
        town.here, [STUDY], "stat" if STRANGERS.index(who) % 2 == 0 else "urgent"
    )
    assert town.services.worklist.state(town.here) != seen
    assert town.services.worklist.state(caller) == before


@pytest.mark.parametrize("who", [ELSEWHERE, UPLOADER])
def test_not_even_an_emergency_finds_it_elsewhere(town, who):
    emergencies = Emergencies(town.services.database, standing_attempts())
    caller = replace(town.callers[who], permissions=EVERYTHING - {Permission.STUDY_ALL})
    asked = EmergencyAsk(accession_number="ACC-CANARY", reason="A stroke, it is urgent")
    with pytest.raises(NotFound):
        emergencies.open(caller, asked)


def test_whether_there_are_earlier_studies_is_told_to_those_who_reach_all(town):
    with pytest.raises(Malformed):
        town.services.worklist.count(town.callers[RELATED], WorklistQuery(prior="yes"))


def test_what_is_taken_back_is_closed_with_the_next_tile(town):
    services, nurse = town.services, town.callers[UNRELATED]
    services.reaching.open_study(town.here, nurse.user_id, STUDY, 1, "A second look, please")
    assert services.viewing.render_tile(nurse, STUDY, TileRequest(SOP)).octets
    (opening,) = [o for o in services.reaching.page(town.here).openings if o.kind == "study"]
    services.reaching.close(town.here, "study", opening.opening_id)
    with pytest.raises(NotFound):
        services.viewing.render_tile(nurse, STUDY, TileRequest(SOP))


def test_a_name_in_studies_opens_them_and_taking_it_back_closes_them(town):
    services, nurse = town.services, town.callers[UNRELATED]
    with pytest.raises(NotFound):
        services.reaching.give_name(town.here, nurse.user_id, "canarius^doc", "They are the same")
    services.reaching.give_name(town.here, nurse.user_id, "Canarius^Doc", "They are the same")
    assert services.worklist.count(nurse, WorklistQuery()) == (1, True)
    (opening,) = [o for o in services.reaching.page(town.here).openings if o.kind == "name"]
    services.reaching.close(town.here, "name", opening.opening_id)
    assert services.worklist.count(nurse, WorklistQuery()) == (0, True)


def test_an_assignment_opens_a_study_while_it_holds(town):
    services, nurse = town.services, town.callers[UNRELATED]
    services.worklist_acts.assign(town.here, [STUDY], nurse.user_id)
    assert services.viewing.render_tile(nurse, STUDY, TileRequest(SOP)).octets
    services.worklist_acts.assign(town.here, [STUDY], "")
    with pytest.raises(NotFound):
        services.viewing.render_tile(nurse, STUDY, TileRequest(SOP))


def test_the_audit_trail_says_which_kind_of_access_was_given_and_taken_back(town):
    reaching, nurse = town.services.reaching, town.callers[UNRELATED].user_id
    already = {opening.opening_id for opening in reaching.page(town.here).openings}
    reaching.give_care(town.here, nurse, "CANARY-7", 0, "In her care since today")
    reaching.give_name(town.here, nurse, "Canarius^Doc", "They are the same")
    reaching.open_study(town.here, nurse, STUDY, 1, "A second look, please")
    for opening in reaching.page(town.here).openings:
        if opening.opening_id not in already:
            reaching.close(town.here, opening.kind, opening.opening_id)
    latest = town.services.audit_trail.page(town.here, AuditQuery()).rows
    told = {action: [] for action in (AuditAction.GRANT_CREATED, AuditAction.GRANT_REVOKED)}
    for entry in latest[:6]:
        told[AuditAction(entry.action)].append(json.loads(entry.details)["kind"])
    assert [sorted(kinds) for kinds in told.values()] == [["care", "name", "study"]] * 2


@pytest.mark.parametrize("days", [-1, 0, 2, 365])
def test_a_study_is_opened_for_a_time_that_is_offered(town, days):
    with pytest.raises(Malformed):
        town.services.reaching.open_study(
            town.here, town.callers[UNRELATED].user_id, STUDY, days, "A second look, please"
        )


def test_opening_to_somebody_asks_first_who_is_there(town):
    reaching, nurse = town.services.reaching, town.callers[UNRELATED].user_id
    long_ago = replace(town.here, proved_at=None)
    before = reaching.page(town.here).openings
    for open_it in (
        lambda: reaching.give_care(long_ago, nurse, "OWN", 7, "It is their patient"),
        lambda: reaching.give_name(long_ago, nurse, "Canarius^Doc", "They are the same"),
        lambda: reaching.open_study(long_ago, nurse, STUDY, 7, "A second look, please"),
    ):
        with pytest.raises(StepUpNeeded):
            open_it()
    assert reaching.page(town.here).openings == before


def test_nothing_is_opened_to_people_of_another_organization(town):
    with pytest.raises(NotFound):
        town.services.reaching.give_care(
            town.here, town.callers[ELSEWHERE].user_id, "OWN", 7, "It is their patient"
        )
