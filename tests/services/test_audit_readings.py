"""Each look at a study is in the audit trail: once for each person, session and kind of look, and with where it came from."""

import json
from collections import Counter
from collections.abc import Iterator

import pytest

from backend.core.caller import Caller
from backend.core.errors import NotAllowed, NotFound
from backend.core.vocabulary import AuditAction
from backend.core.worklist_query import FILTERS, OF_MANY, TEXTS, WorklistQuery
from backend.models.audit import AuditEntry, entries_after
from backend.schemas.audit import AuditQuery
from backend.schemas.viewing import TileRequest
from backend.services.viewing_verdicts import Verdicts
from tests.viewing_hospital import CT_SERIES, ORIGIN, STUDY, Hospital, ct_slice, uid_of

SLICE = ct_slice(0, 1)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    hospital = Hospital(tmp_path_factory.mktemp("readings") / "data")
    hospital.take_in(SLICE)
    yield hospital
    hospital.close()


@pytest.fixture
def caller(hospital: Hospital) -> Caller:
    return hospital.sign_in().caller


def entries(hospital: Hospital, caller: Caller) -> list[AuditEntry]:
    """What is in the trail of this session."""
    with hospital.services.database.system_read() as session:
        return [
            entry
            for entry in entries_after(session, 0, 100_000)
            if entry.session_id == caller.session_id
        ]


def kinds(hospital: Hospital, caller: Caller) -> Counter[str]:
    return Counter(
        json.loads(entry.details).get("kind", "")
        for entry in entries(hospital, caller)
        if entry.action == AuditAction.STUDY_OPENED
    )


def look_at_everything(hospital: Hospital, caller: Caller) -> None:
    services = hospital.services
    services.viewing.open_study(caller, STUDY)
    services.viewing.describe_series(caller, STUDY, CT_SERIES)
    services.viewing.render_tile(caller, STUDY, TileRequest(uid_of(SLICE), 1, 0))
    services.study_pages.page(caller, STUDY)
    services.study_pages.series(caller, STUDY)


def test_each_kind_of_look_is_written_once_in_a_session(hospital: Hospital, caller: Caller):
    for _ in range(3):
        look_at_everything(hospital, caller)
    assert kinds(hospital, caller) == {"": 1, "page": 1, "pictures": 1}
    again = hospital.sign_in().caller
    look_at_everything(hospital, again)
    assert kinds(hospital, again) == {"": 1, "page": 1, "pictures": 1}


def test_a_program_that_was_started_anew_does_not_write_it_again(
    hospital: Hospital, caller: Caller
):
    for _ in range(2):
        Verdicts(hospital.services.database).record_opening(caller, STUDY)
        Verdicts(hospital.services.database).record_opening(caller, STUDY, "page")
    assert kinds(hospital, caller) == {"": 1, "page": 1}


def test_every_entry_says_who_when_and_from_where(hospital: Hospital, caller: Caller):
    look_at_everything(hospital, caller)
    for entry in entries(hospital, caller):
        assert (entry.actor_user_id, entry.actor_name) == (caller.user_id, caller.display_name)
        assert (entry.ip_address, entry.user_agent) == (ORIGIN.ip_address, ORIGIN.user_agent)
        assert entry.at.tzinfo is not None
        assert entry.outcome == "success"


def test_a_search_leaves_a_hash_that_only_this_installation_can_make(
    hospital: Hospital, caller: Caller
):
    for _ in range(2):
        hospital.services.worklist.page(caller, WorklistQuery(text="Demo Adele"))
    (entry,) = [
        each for each in entries(hospital, caller) if each.action == AuditAction.WORKLIST_SEARCHED
    ]
    told = json.loads(entry.details)
    assert (set(told), told["results"]) == ({"query_hmac", "results"}, 1)
    assert "adele" not in entry.details.casefold()


@pytest.mark.parametrize(
    "query",
    [
        WorklistQuery(born_from="19620228"),
        WorklistQuery(born_to="19620228"),
        WorklistQuery(referrer=("Hale^Nora",)),
        WorklistQuery(name="Hale"),
    ],
)
@pytest.mark.parametrize("question", ["page", "count"])
def test_a_filter_that_may_single_out_a_person_is_a_search(
    hospital: Hospital, caller: Caller, query: WorklistQuery, question: str
):
    for _ in range(2):
        getattr(hospital.services.worklist, question)(caller, query)
    _began, entry = entries(hospital, caller)
    assert entry.action == AuditAction.WORKLIST_SEARCHED
    assert set(json.loads(entry.details)) == {"query_hmac", "results"}
    assert "1962" not in entry.details
    assert "Hale" not in entry.details


def test_a_filter_of_many_is_no_search(hospital: Hospital, caller: Caller):
    many = WorklistQuery(modality=("CT",), date_from="20260101", sex=("F",), report=("none",))
    hospital.services.worklist.page(caller, many)
    assert [entry.action for entry in entries(hospital, caller)] == [AuditAction.SESSION_STARTED]


def test_a_filter_that_nobody_has_judged_counts_as_one_that_names_a_person():
    judged = {*TEXTS, "born_from", "born_to", "referrer"}
    asked = WorklistQuery(**dict.fromkeys(FILTERS, "x"))
    assert judged <= set(asked.personal)
    assert set(asked.personal) == set(FILTERS) - OF_MANY


def test_small_pictures_are_a_look_but_the_one_that_stands_for_the_study_in_lists(
    hospital: Hospital, caller: Caller
):
    second = "2.25.4242"
    hospital.take_in(ct_slice(3, 1, series_instance_uid=second, SeriesNumber=99))
    thumbnail = hospital.services.viewing.thumbnail
    for _ in range(2):
        thumbnail(caller, STUDY, CT_SERIES, 128)
    assert kinds(hospital, caller) == {}
    for _ in range(2):
        thumbnail(caller, STUDY, second, 16)
    assert kinds(hospital, caller) == {"pictures": 1}
    thumbnail(caller, STUDY, CT_SERIES, 512)
    assert kinds(hospital, caller) == {"pictures": 1, "": 1}


def test_what_was_refused_is_written_with_what_was_missing(hospital: Hospital):
    clinician = hospital.sign_in("clinician@demo.example").caller
    with pytest.raises(NotAllowed):
        hospital.services.audit_trail.page(clinician, AuditQuery())
    with pytest.raises(NotFound):
        hospital.services.study_pages.page(hospital.stranger(), STUDY)
    (entry,) = [
        each for each in entries(hospital, clinician) if each.action == AuditAction.ACCESS_REFUSED
    ]
    assert entry.outcome == "refused"
    assert json.loads(entry.details) == {"permission": "audit:view"}
