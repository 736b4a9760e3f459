"""Every event of the audit trail is written by its act, through the service that people's acts go through, exactly once.

`ACTS` says how each comes about. What takes a trail of six years is held by the test that `ELSEWHERE` names. An event
that is in neither fails.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from backend.access.sessions import COOKIE_NAME
from backend.adapters.attacher_process import AttacherProcess
from backend.adapters.typesetter_typst import TypstTypesetter
from backend.core.caller import Caller, system_caller
from backend.core.errors import Refusal
from backend.core.permissions import BuiltInRole, Permission
from backend.core.vocabulary import AuditAction, PatientChangeKind, Priority
from backend.core.worklist_query import WorklistQuery
from backend.models import people
from backend.models.audit import chain_end, entries_after
from backend.schemas.attaching import AttachmentAnswers, AttachmentOrigin, AttachmentRequest
from backend.schemas.audit import AuditQuery
from backend.schemas.conflicts import Decision
from backend.schemas.emergencies import EmergencyAsk
from backend.schemas.joining import SignUpForm
from backend.schemas.people import PersonAct, PersonChange, RoleChange
from backend.schemas.profile import ProfileForm
from backend.schemas.reporting import ReportSections
from backend.services import forgotten, sign_up
from backend.services.attaching import Attaching
from backend.services.documents import Documents
from backend.services.jobs import JobKind
from backend.services.letters import Letters
from backend.services.proving import Proof
from backend.services.sign_up import SignUps
from tests.bit_rot import object_ids, path_of, turned_bit
from tests.dicom.test_attachments import picture
from tests.dicom.video.test_remux import film
from tests.dicom.video.transport_writer import transport_stream
from tests.factor_people import People, Person, code_of
from tests.installation import PASSWORD as PEOPLES_PASSWORD
from tests.mail_server import Post
from tests.standing_attempts import standing_attempts
from tests.videos import STUDY as VIDEO_STUDY
from tests.videos import video_file
from tests.viewing_hospital import ORIGIN, PASSWORD, STUDY, Hospital, ct_slice, uid_of

A = AuditAction
WORDS = "five green kites in the wind"
REASON = "Somebody asked for it"
OTHER = "2.25.77"
SLICE = ct_slice(0, 1)
ROOT = Path(__file__).parents[2]


class House:
    """A hospital with everything that acts need; each act takes a person of its own where it spoils one."""

    def __init__(self, folder: Path) -> None:
        self.hospital = Hospital(folder)
        self.hospital.take_in(
            SLICE, ct_slice(5, 1, study_instance_uid=OTHER, series_instance_uid="2.25.771")
        )
        services = self.hospital.services
        self.services = services
        self.database, self.accounts = services.database, services.accounts
        self.factors, self.second_steps = services.factors, services.second_steps
        self.post = Post()
        self.letters = Letters(services.database, self.post, "https://pacs.example")
        for kind in (sign_up, forgotten):
            kind.register(self.letters)
        self.sign_ups = SignUps(services.database, standing_attempts(), may_found=True)
        self.admin = self.signed_in("admin")
        self.reader = self.signed_in("radiologist")
        self.east = self.admin.organization_id
        services.jobs.register(JobKind("look", lambda _run: "", can_be_cancelled=True))
        self.slug = services.first_people.organization().slug
        self.people = People(self)
        self._count = 0

    def signed_in(self, who: str) -> Caller:
        return self.hospital.sign_in(f"{who}@demo.example").caller

    def token(self, email: str) -> str:
        with self.database.system_write() as session:
            return self.services.sessions.start(
                session, people.user_by_email(session, email), ORIGIN
            ).token

    def caller_of(self, token: str) -> Caller:
        return self.services.sessions.caller_of_cookie(f"{COOKIE_NAME}={token}", ORIGIN)

    def new(self, role: BuiltInRole = BuiltInRole.RADIOLOGIST) -> Person:
        return self.people.new(self.east, role)

    def email(self) -> str:
        self._count += 1
        return f"newcomer{self._count}@new.example"

    def role(self, name: str = "radiologist") -> str:
        with self.database.system_read() as session:
            return people.roles_by_name(session, self.east, [name])[0].id

    def change(self, user_id: str, act: PersonAct, **options: object) -> None:
        change = PersonChange(user_id, act, **options)
        preview = self.services.members.preview(self.admin, change)
        self.services.members.carry_out(self.admin, change, preview.fingerprint)

    def change_role(self, change: RoleChange) -> str:
        preview = self.services.roles.preview(self.admin, change)
        roles = self.services.roles.carry_out(self.admin, change, preview.fingerprint)
        return next((role.role_key for role in roles if role.name == change.name), "")

    def asks_to_join(self) -> str:
        """Somebody who has asked and confirmed; the identifier of what waits."""
        email = self.email()
        self.sign_ups.ask(newcomer(email, organization=self.slug), ORIGIN)
        self.letters.deliver()
        self.sign_ups.confirm(self.post.token(email, "/confirm"), WORDS, ORIGIN)
        self.letters.deliver()
        return next(
            row.request_id
            for row in self.services.joining.requests(self.admin)
            if row.email == email
        )

    def a_report(self, study: str = STUDY) -> tuple[str, int]:
        """A draft and its version."""
        report = self.services.reporting.open_for_study(self.reader, study)
        return report.report_id, report.draft_version

    def emergency(self) -> tuple[Caller, str]:
        nurse = self.new(BuiltInRole.CARE_TEAM).caller
        (opened, *_) = self.services.emergencies.open(nurse, EMERGENCY)
        return nurse, opened.emergency_id

    def entries(self, since: int) -> list[str]:
        with self.database.system_read() as session:
            return [entry.action for entry in entries_after(session, since, 1000)]

    def end(self) -> int:
        with self.database.system_read() as session:
            return chain_end(session).sequence


EMERGENCY = EmergencyAsk(patient_id="D-1", birth_date="1960-01-01", reason=REASON)


def newcomer(email: str, **changes: object) -> SignUpForm:
    return replace(SignUpForm("Nora New", "", False, "radiologist", email, "", "", True), **changes)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("events") / "data")
    yield made
    made.hospital.close()


# -- the acts: what comes before `yield` is not looked at -----------------------------------------


def signing_in(house):
    person = house.new()
    yield
    house.accounts.sign_in(person.email, PEOPLES_PASSWORD, ORIGIN)


def refused_sign_in(house):
    yield
    with pytest.raises(Refusal):
        house.accounts.sign_in("nobody@demo.example", "wrong", ORIGIN)


def stepping_up(house):
    person = house.new()
    yield
    house.services.proving.step_up(
        person.caller, Proof(password=PEOPLES_PASSWORD), f"{COOKIE_NAME}={person.token}"
    )


def adding_a_factor(house):
    person = house.new()
    yield
    person.add_app()


def refused_code(house):
    person = house.new()
    person.add_app()
    step = person.half()
    yield
    with pytest.raises(Refusal):
        person.by_code("000000", step)


def remembering(house):
    person = house.new()
    app = person.add_app()
    yield
    person.by_code(code_of(app, 0), remembers=True)


def forgetting(house):
    person = house.new()
    person.by_code(code_of(person.add_app(), 0), remembers=True)
    (device,) = house.factors.devices(person.caller)
    yield
    house.factors.forget_device(person.caller, device.device_id)


def removing_a_factor(house):
    person = house.new()
    person.add_app()
    yield
    house.factors.remove_app(person.caller)


def resetting_factors(house):
    person = house.new()
    person.add_app()
    yield
    house.change(person.user_id, PersonAct.RESET_FACTORS)


def refused(house):
    yield
    with pytest.raises(Refusal):
        house.services.audit_trail.page(house.reader, AuditQuery())


def using_a_token(house):
    made = house.services.tokens.create(
        house.reader, name="Program", scopes=("study:view",), days=7
    )
    yield
    for _ in range(3):
        house.services.bearers.caller_of(made.token, ORIGIN)
    house.services.bearers.wait()


def revoking_a_token(house):
    made = house.services.tokens.create(house.reader, name="Old", scopes=("study:view",), days=7)
    yield
    house.services.tokens.revoke(house.reader, made.view.key)


def giving_care(house):
    person = house.new(BuiltInRole.CARE_TEAM)
    yield
    house.services.reaching.give_care(house.admin, person.user_id, "D-1", 7, REASON)


def taking_care_back(house):
    person = house.new(BuiltInRole.CARE_TEAM)
    before = {opening.opening_id for opening in house.services.reaching.page(house.admin).openings}
    house.services.reaching.give_care(house.admin, person.user_id, "D-1", 7, REASON)
    after = {opening.opening_id for opening in house.services.reaching.page(house.admin).openings}
    yield
    house.services.reaching.close(house.admin, "care", (after - before).pop())


def opening_in_an_emergency(house):
    nurse = house.new(BuiltInRole.CARE_TEAM).caller
    yield
    house.services.emergencies.open(nurse, EMERGENCY)


def ending_an_emergency(house):
    nurse, emergency_id = house.emergency()
    yield
    house.services.emergencies.end(nurse, emergency_id)


def reviewing_an_emergency(house):
    nurse, emergency_id = house.emergency()
    house.services.emergencies.end(nurse, emergency_id)
    yield
    house.services.emergencies.review(house.admin, emergency_id, "It was one")


def taking_in(house):
    yield
    house.hospital.take_in(ct_slice(3, 2))


def opening_a_study(house):
    caller = house.new().caller
    yield
    for _ in range(3):
        house.services.viewing.open_study(caller, STUDY)


def serving_images(house):
    caller = house.new().caller
    yield
    for _ in range(3):
        house.services.served_images.note(caller, STUDY, "2.25.1", 1)
    house.services.served_images.write_down(everything=True)


def attaching(house):
    services, studies = house.services, house.hospital.importer
    attached = Attaching(
        services.database, services.object_store, services.keyring, studies, AttacherProcess()
    )
    answers = AttachmentAnswers("Letter", AttachmentOrigin.SCAN)
    staged = studies.stage()
    staged.write(picture("JPEG"))
    staged.finish()
    technologist = house.signed_in("technologist")
    asked = AttachmentRequest(OTHER, attached.target(technologist, OTHER).confirmation, answers)
    with staged.open() as reader:
        yield
        attached.attach(technologist, asked, "letter", reader)
    staged.discard()


def exporting_a_video(house):
    video = video_file(transport_stream(film()))
    house.hospital.take_in(video)
    yield
    house.services.videos.export(house.admin, VIDEO_STUDY, uid_of(video))


def damaged(house, number):
    """An image of its own, and the bit of it that is to be turned."""
    octets = ct_slice(
        number, 1, study_instance_uid=f"2.25.8{number}", series_instance_uid=f"2.25.8{number}1"
    )
    house.hospital.take_in(octets)
    object_id = object_ids(house.hospital)[uid_of(octets)]
    return object_id, turned_bit(path_of(house.hospital, object_id), 100)


def finding_damage(house):
    object_id, bit = damaged(house, 1)
    with bit:
        yield
        for _ in range(3):
            house.services.integrity.check_object(object_id)


def finding_it_whole_again(house):
    object_id, bit = damaged(house, 2)
    with bit:
        house.services.integrity.check_object(object_id)
    yield
    for _ in range(3):
        house.services.integrity.check_object(object_id)


def contradiction(house, serial):
    """A file that says that a known Patient ID is somebody else's."""
    uid = f"2.25.6{serial}"
    house.hospital.take_in(
        ct_slice(
            7, 1, study_instance_uid=uid, series_instance_uid=f"{uid}1", PatientName=f"Other^{uid}"
        )
    )
    page = house.services.conflicts.page(house.admin)
    return page.waiting[0].conflict_key


def discarding(house, serial):
    decision = Decision(PatientChangeKind.DISCARD, contradiction(house, serial), reason=REASON)
    preview = house.services.conflicts.preview(house.admin, decision)
    return lambda: house.services.conflicts.resolve(house.admin, decision, preview.fingerprint)


def holding(house):
    yield
    contradiction(house, 1)


def opening_a_conflict(house):
    key = contradiction(house, 2)
    yield
    house.services.conflicts.conflict(house.admin, key)


def changing_a_patient(house):
    act = discarding(house, 3)
    yield
    act()


def undoing(house):
    change = discarding(house, 4)()
    yield
    house.services.conflicts.undo(house.admin, change)


def searching_for_a_patient(house):
    caller = house.new(BuiltInRole.ADMINISTRATOR).caller
    yield
    for _ in range(3):
        house.services.conflicts.patients(caller, "adele")
    house.services.conflicts.patients(caller, "  ")


def erasing(house):
    change = discarding(house, 5)()
    yield
    house.services.erasures.erase(house.admin, change, REASON)


def releasing(house):
    house.services.worklist_acts.claim(house.reader, OTHER)
    yield
    house.services.worklist_acts.release(house.reader, OTHER)


def deleting(house):
    house.hospital.take_in(
        ct_slice(1, 1, study_instance_uid="2.25.99", series_instance_uid="2.25.991")
    )
    yield
    house.services.deletions.delete(house.admin, "2.25.99", REASON)


def noted(house):
    house.services.study_pages.write_note(house.reader, STUDY, "A note")
    return house.services.study_pages.page(house.reader, STUDY).notes[-1].note_id


def changing_a_note(house):
    note = noted(house)
    yield
    house.services.study_pages.change_note(house.reader, STUDY, note, "Another note")


def deleting_a_note(house):
    note = noted(house)
    yield
    house.services.study_pages.delete_note(house.reader, STUDY, note)


def searching(house):
    caller = house.new().caller
    yield
    for _ in range(3):
        house.services.worklist.page(caller, WorklistQuery(text="adele"))


def opening_a_report(house):
    report_id, _ = house.a_report()
    caller = house.new().caller
    yield
    for _ in range(3):
        house.services.reporting.get(caller, report_id)


def save(house, report_id, version, text):
    sections = ReportSections(impression=text)
    saved = house.services.reporting.save_draft(house.reader, report_id, version, sections)
    return saved.draft_version


def writing_a_report(house):
    report_id, version = house.a_report()
    yield
    for text in ("One", "One, two"):
        version = save(house, report_id, version, text)


def signing_a_report(house):
    report_id, version = house.a_report()
    version = save(house, report_id, version, "Fine.")
    yield
    house.services.reporting.sign(house.reader, report_id, version, Proof(password=PASSWORD))


def exporting_a_report(house):
    house.hospital.take_in(
        ct_slice(2, 1, study_instance_uid="2.25.78", series_instance_uid="2.25.781")
    )
    report_id, version = house.a_report("2.25.78")
    version = save(house, report_id, version, "To be taken along.")
    house.services.reporting.sign(house.reader, report_id, version, Proof(password=PASSWORD))
    documents = Documents(house.database, TypstTypesetter(with_system_fonts=False))
    yield
    documents.report_pdf(house.reader, report_id)


def changing_ones_address(house):
    person = house.new()
    wanted = house.email()
    house.services.profiles.change_email(person.caller, wanted, PEOPLES_PASSWORD)
    house.letters.deliver()
    links = [house.post.token(each, "/confirm-email") for each in (person.email, wanted)]
    house.services.profiles.confirm_email(links[0], ORIGIN)
    yield
    house.services.profiles.confirm_email(links[1], ORIGIN)


def steering(act):
    def steer(house):
        with house.database.system_write() as session:
            house.services.jobs.add(session, "look", {}, house.east)
        waiting = [row for row in house.services.jobs.page(house.admin) if row.kind == "look"]
        job_id = next(row.job_id for row in waiting if row.can_be_cancelled)
        if act == "retry":
            house.services.jobs.cancel(house.admin, job_id)
        yield
        getattr(house.services.jobs, act)(house.admin, job_id)

    return steer


def once(act: Callable[[House], object]):
    """An act that needs nothing before it."""

    def run(house):
        yield
        act(house)

    return run


def disabling(house):
    person = house.new()
    yield
    house.change(person.user_id, PersonAct.DISABLE)


def enabling(house):
    person = house.new()
    house.change(person.user_id, PersonAct.DISABLE)
    with house.database.system_read() as session:
        user_id = people.user_by_email(session, person.email).id
    yield
    house.change(user_id, PersonAct.ENABLE)


def changing_roles(house):
    person = house.new()
    yield
    house.change(person.user_id, PersonAct.RIGHTS, role_keys=(house.role("clinician"),))


def changing_a_role(house):
    key = house.change_role(RoleChange("", "Evening", ("study:view",)))
    yield
    house.change_role(RoleChange(key, "Late evening", ("study:view",)))


def deleting_a_role(house):
    key = house.change_role(RoleChange("", "Morning", ("study:view",)))
    yield
    house.change_role(RoleChange(key, is_deleted=True))


def renaming_the_organization(house):
    policies = house.services.organization.view(house.admin).policies
    wanted = replace(policies, name=f"{policies.name} again")
    preview = house.services.organization.preview(house.admin, wanted)
    yield
    house.services.organization.carry_out(house.admin, wanted, preview.fingerprint)


def founding(house):
    email = house.email()
    house.sign_ups.ask(newcomer(email, is_founding=True, organization="Hill House"), ORIGIN)
    house.letters.deliver()
    yield
    house.sign_ups.confirm(house.post.token(email, "/confirm"), WORDS, ORIGIN)


def confirming(house):
    email = house.email()
    house.sign_ups.ask(newcomer(email, organization=house.slug), ORIGIN)
    house.letters.deliver()
    yield
    house.sign_ups.confirm(house.post.token(email, "/confirm"), WORDS, ORIGIN)


def withdrawing(house):
    row = house.services.joining.invite(house.admin, house.email(), [house.role()])
    yield
    house.services.joining.withdraw(house.admin, row.invitation_id)


def approving(house):
    request_id = house.asks_to_join()
    yield
    house.services.joining.approve(house.admin, request_id, [house.role()])


def declining(house):
    request_id = house.asks_to_join()
    yield
    house.services.joining.decline(house.admin, request_id)


def forgetting_a_password(house):
    person = house.new()
    yield
    house.services.forgotten.ask(person.email, ORIGIN)
    house.letters.deliver()  # not before is it looked whether there is such an account


def changing_ones_password(house):
    person = house.new()
    yield
    house.services.profiles.change_password(person.caller, PEOPLES_PASSWORD, WORDS)


def changing_oneself(house):
    caller = house.new().caller
    yield
    house.services.profiles.change(caller, ProfileForm("Another Name", "", ""))


def resetting_a_password(house):
    user_id = house.new().user_id
    yield
    operator = system_caller(house.east, frozenset(Permission))
    house.services.people.reset_password(operator, user_id, WORDS)


def signing_out(house):
    caller = house.new().caller
    yield
    house.accounts.sign_out(caller)


def let_in(house):
    """Leave for support to look, and an account of support's."""
    email = house.email()
    house.services.support.add_account(display_name="Sue Port", email=email, password=WORDS)
    house.services.support.allow(house.admin, REASON, 1)
    return house.caller_of(house.token(email))


def support_looking(house):
    support = let_in(house)
    (door, *_) = house.services.support.open_doors(support)
    yield
    house.services.support.enter(support, door.support_access_id, REASON)


def ending_support(house):
    let_in(house)
    yield
    house.services.support.end(house.admin)


def acts(service, act, /, *arguments, **options):
    return once(
        lambda house: getattr(getattr(house.services, service), act)(
            house.reader, *arguments, **options
        )
    )


ACTS = {
    A.SYSTEM_STARTED: once(lambda house: house.services.database.record_start()),
    A.SYSTEM_STOPPED: once(lambda house: house.services.audit_trail.record_stop()),
    A.ORGANIZATION_CREATED: founding,
    A.ORGANIZATION_CHANGED: renaming_the_organization,
    A.USER_CREATED: once(
        lambda house: house.services.people.create(
            house.admin,
            display_name="New",
            email=house.email(),
            password=WORDS,
            roles=("clinician",),
        )
    ),
    A.USER_CHANGED: changing_oneself,
    A.PASSWORD_FORGOTTEN: forgetting_a_password,
    A.PASSWORD_CHANGED: changing_ones_password,
    A.EMAIL_CHANGED: changing_ones_address,
    A.ACCOUNT_REQUESTED: once(
        lambda house: house.sign_ups.ask(newcomer(house.email(), organization=house.slug), ORIGIN)
    ),
    A.EMAIL_CONFIRMED: confirming,
    A.USER_INVITED: once(
        lambda house: house.services.joining.invite(house.admin, house.email(), [house.role()])
    ),
    A.INVITATION_WITHDRAWN: withdrawing,
    A.USER_APPROVED: approving,
    A.USER_DECLINED: declining,
    A.USER_DISABLED: disabling,
    A.USER_ENABLED: enabling,
    A.USER_ROLES_CHANGED: changing_roles,
    A.ROLE_CREATED: once(lambda house: house.change_role(RoleChange("", "Night", ("study:view",)))),
    A.ROLE_CHANGED: changing_a_role,
    A.ROLE_DELETED: deleting_a_role,
    A.USER_PASSWORD_RESET: resetting_a_password,
    A.SESSION_STARTED: signing_in,
    A.SESSION_REFUSED: refused_sign_in,
    A.SESSION_ENDED: signing_out,
    A.SESSION_STEPPED_UP: stepping_up,
    A.FACTOR_ADDED: adding_a_factor,
    A.FACTOR_REMOVED: removing_a_factor,
    A.FACTOR_REFUSED: refused_code,
    A.FACTORS_RESET: resetting_factors,
    A.DEVICE_REMEMBERED: remembering,
    A.DEVICE_FORGOTTEN: forgetting,
    A.ACCESS_REFUSED: refused,
    A.TOKEN_CREATED: acts("tokens", "create", name="New", scopes=("study:view",), days=7),
    A.TOKEN_REVOKED: revoking_a_token,
    A.TOKEN_USED: using_a_token,
    A.GRANT_CREATED: giving_care,
    A.GRANT_REVOKED: taking_care_back,
    A.EMERGENCY_STARTED: opening_in_an_emergency,
    A.EMERGENCY_ENDED: ending_an_emergency,
    A.EMERGENCY_REVIEWED: reviewing_an_emergency,
    A.SUPPORT_ALLOWED: once(lambda house: house.services.support.allow(house.admin, REASON, 1)),
    A.SUPPORT_ENDED: ending_support,
    A.SUPPORT_USED: support_looking,
    A.STUDY_IMPORTED: taking_in,
    A.STUDY_ATTACHED: attaching,
    A.STUDY_EXPORTED: exporting_a_video,
    A.STUDY_OPENED: opening_a_study,
    A.STUDY_SERVED: serving_images,
    A.CONFLICT_HELD: holding,
    A.CONFLICT_OPENED: opening_a_conflict,
    A.CONFLICT_ERASED: erasing,
    A.PATIENT_CHANGED: changing_a_patient,
    A.PATIENT_CHANGE_UNDONE: undoing,
    A.PATIENT_SEARCHED: searching_for_a_patient,
    A.STUDY_ASSIGNED: once(
        lambda house: house.services.worklist_acts.assign(
            house.admin, [STUDY], house.reader.user_id
        )
    ),
    A.STUDY_PRIORITISED: acts("worklist_acts", "prioritise", [STUDY], Priority.URGENT),
    A.STUDY_TAGGED: acts("worklist_acts", "tag", [STUDY], "teaching"),
    A.STUDY_MARKED: acts("worklist_acts", "mark", [STUDY], read=True),
    A.STUDY_CLAIMED: acts("worklist_acts", "claim", OTHER),
    A.STUDY_RELEASED: releasing,
    A.STUDY_DELETED: deleting,
    A.NOTE_WRITTEN: acts("study_pages", "write_note", STUDY, "A first note"),
    A.NOTE_CHANGED: changing_a_note,
    A.NOTE_DELETED: deleting_a_note,
    A.WORKLIST_EXPORTED: acts("worklist_exports", "export", WorklistQuery(), "csv"),
    A.WORKLIST_SEARCHED: searching,
    A.REPORT_OPENED: opening_a_report,
    A.REPORT_CREATED: acts("reporting", "open_for_study", OTHER),
    A.REPORT_CHANGED: writing_a_report,
    A.REPORT_SIGNED: signing_a_report,
    A.REPORT_EXPORTED: exporting_a_report,
    A.AUDIT_VIEWED: once(lambda house: house.services.audit_trail.page(house.admin, AuditQuery())),
    A.AUDIT_SEALED: once(lambda house: house.services.audit_trail.seal_again()),
    A.AUDIT_CHECKPOINT: once(lambda house: house.services.audit_checkpoints.sign_now()),
    A.AUDIT_EXPORTED: once(
        lambda house: list(
            house.services.audit_exports.export(house.admin, AuditQuery(), "csv").parts
        )
    ),
    A.OBJECT_DAMAGED: finding_damage,
    A.OBJECT_RECOVERED: finding_it_whole_again,
    A.ARCHIVE_CHECKED: once(lambda house: house.services.integrity.request_all(house.admin)),
    A.JOB_CANCELLED: steering("cancel"),
    A.JOB_RETRIED: steering("retry"),
}
ELSEWHERE = {A.AUDIT_PRUNED: "tests/services/test_audit_pruning.py"}


def test_every_event_has_an_act():
    assert set(ACTS) | set(ELSEWHERE) == set(A)
    assert not set(ACTS) & set(ELSEWHERE)


@pytest.mark.parametrize("action", ELSEWHERE)
def test_what_is_held_elsewhere_is_named_there(action):
    source = (ROOT / ELSEWHERE[action]).read_text("utf-8")
    assert re.search(rf"AuditAction\.{action.name}\b|[\"']{action.value}[\"']", source)


@pytest.mark.parametrize("action", ACTS)
def test_an_act_writes_its_event_once(house, action):
    act = ACTS[action](house)
    next(act)
    before = house.end()
    with pytest.raises(StopIteration):
        next(act)
    assert house.entries(before).count(action.value) == 1
