"""Where people are chosen, programs are not: nobody waits for one to read a study, and no letter is written to one."""

from collections.abc import Iterator

import pytest

from backend.core.errors import NotFound
from backend.core.permissions import Permission
from backend.models import people, rosters
from backend.models.access import holders_of
from backend.schemas.people import PersonAct, PersonChange
from tests.viewing_hospital import STUDY, Hospital, ct_slice

ADMINISTRATOR = "admin@demo.example"
REASON = "They asked for a second look"


class Ward:
    """A hospital whose service account holds what radiologists and administrators hold."""

    def __init__(self, hospital: Hospital) -> None:
        self.services = hospital.services
        self.administrator = hospital.sign_in(ADMINISTRATOR).caller
        self.radiologist = hospital.sign_in().caller
        with self.services.database.read(self.administrator.organization_id) as session:
            roles = rosters.all_roles(session, self.administrator.organization_id)
            keys = {role.name: role.id for role in roles}
        self.robot = self.services.tokens.make_service_account(
            self.administrator, "Robot", (keys["administrator"],)
        )
        # To read reports is nothing that an administrator gives to a program; they are given it afterwards.
        change = PersonChange(self.robot, PersonAct.RIGHTS, (keys["radiologist"],))
        preview = self.services.members.preview(self.administrator, change)
        self.services.members.carry_out(self.administrator, change, preview.fingerprint)


@pytest.fixture(scope="module")
def ward(tmp_path_factory) -> Iterator[Ward]:
    hospital = Hospital(tmp_path_factory.mktemp("choosing") / "data")
    hospital.take_in(ct_slice(1, 1, size_px=8))
    yield Ward(hospital)
    hospital.close()


def test_a_program_is_not_offered_as_whoever_reads_a_study(ward):
    chosen = ward.services.worklist.choices(ward.radiologist).people
    assert ward.radiologist.user_id in {each.value for each in chosen}
    assert ward.robot not in {each.value for each in chosen}


def test_a_study_is_not_assigned_to_a_program_that_holds_every_right_to_report(ward):
    details = ward.services.members.details(ward.administrator, ward.robot)
    assert {"report:write", "report:sign"} <= set(details.rights)
    with pytest.raises(NotFound, match="no such person"):
        ward.services.worklist_acts.assign(ward.radiologist, [STUDY], ward.robot)
    (row,) = ward.services.worklist.studies(ward.radiologist, [STUDY]).studies
    assert row.assigned_to_name == ""


def test_studies_and_patients_are_opened_to_people_only(ward):
    page = ward.services.reaching.page(ward.administrator)
    assert ward.robot not in {each.user_id for each in page.people}
    for attempt in (
        lambda: ward.services.reaching.give_care(ward.administrator, ward.robot, "D-1", 1, REASON),
        lambda: ward.services.reaching.open_study(ward.administrator, ward.robot, STUDY, 1, REASON),
        lambda: ward.services.reaching.give_name(
            ward.administrator, ward.robot, "Canarius^Doc", REASON
        ),
    ):
        with pytest.raises(NotFound, match="no such person"):
            attempt()


def test_letters_about_a_right_reach_whoever_holds_it_by_a_role_or_alone_and_no_program(ward):
    organization_id = ward.administrator.organization_id
    change = PersonChange(
        ward.radiologist.user_id,
        PersonAct.RIGHTS,
        ward.services.members.details(ward.administrator, ward.radiologist.user_id).role_keys,
        (Permission.ARCHIVE_MANAGE.value,),
    )
    members = ward.services.members
    members.carry_out(
        ward.administrator, change, members.preview(ward.administrator, change).fingerprint
    )
    with ward.services.database.read(organization_id) as session:
        told = people.emails_of_holders(session, "archive:manage", organization_id)
        assert told == [ADMINISTRATOR, "radiologist@demo.example"]
        for right in Permission:
            assert ward.robot not in {user.id for user in holders_of(session, right)}
            assert not any(
                "service.invalid" in each for each in people.emails_of_holders(session, right)
            )
