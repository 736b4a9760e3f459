"""Who may knock: nobody, every role here and elsewhere, those whose time is over, who holds a share, and support."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from backend.access.sessions import COOKIE_NAME
from backend.core import clock
from backend.core.caller import Caller, system_caller
from backend.core.permissions import BuiltInRole, Permission
from backend.core.vocabulary import SecondFactorRule
from backend.models import people
from backend.models.sharing import SharingGrant
from backend.models.verdicts import study_by_uid
from backend.schemas.reporting import ReportSections
from backend.services.first_people import add_organization
from backend.services.proving import Proof
from tests.matrix.documented import SUPPORT, SUPPORT_AT_HOME
from tests.viewing_hospital import ORIGIN, PASSWORD, STUDY, Hospital, ct_slice, uid_of

ANONYMOUS = "anonymous"
REVOKED = "revoked"
EXPIRED = "expired"
SHARE = "share"
# Holds the rights of whoever holds the share, and no share.
OUT_OF_REACH = BuiltInRole.CARE_TEAM.value
NOBODY = (ANONYMOUS, REVOKED, EXPIRED)
ELSEWHERE = "elsewhere"
HOME_ROLES = tuple(role.value for role in BuiltInRole)
# The first looks at the organization by its administrator's leave; the other did, until that was taken back.
OPERATOR = (SUPPORT, SUPPORT_AT_HOME)
PRINCIPALS = (
    *NOBODY,
    *HOME_ROLES,
    SHARE,
    *(f"{role} {ELSEWHERE}" for role in HOME_ROLES),
    *OPERATOR,
)


@dataclass(frozen=True)
class Town:
    """Two organizations and the operator's support, one study with a signed report in the first, and everybody's cookie."""

    hospital: Hospital
    cookies: Mapping[str, str]
    callers: Mapping[str, Caller]
    sop_instance_uid: str
    report_id: str


@contextmanager
def a_town(data_dir: Path) -> Iterator[Town]:
    """Build everything once; a case only asks."""
    hospital = Hospital(data_dir)
    try:
        yield _settled(hospital)
    finally:
        hospital.close()


def role_of(principal: str) -> str:
    """The role whose permissions a principal holds; empty for who holds none."""
    if principal in NOBODY:
        return ""
    return OUT_OF_REACH if principal == SHARE else principal.removesuffix(f" {ELSEWHERE}")


def _settled(hospital: Hospital) -> Town:
    octets = ct_slice(0, 1)
    hospital.take_in(octets)
    here = hospital.sign_in("admin@demo.example").caller.organization_id
    with hospital.services.database.system_write() as session:
        there = add_organization(session, "elsewhere", "Elsewhere", SecondFactorRule.OPTIONAL).id
    callers: dict[str, Caller] = {}
    cookies: dict[str, str] = {ANONYMOUS: ""}
    for principal in PRINCIPALS[1 : -len(OPERATOR)]:
        organization_id = there if principal.endswith(ELSEWHERE) else here
        role = role_of(principal) or BuiltInRole.RADIOLOGIST.value
        email = _person(hospital, organization_id, principal, role)
        person = hospital.sign_in(email)
        callers[principal], cookies[principal] = person.caller, person.cookie
    for principal in reversed(OPERATOR):  # the leave of the last one stays
        callers[principal], cookies[principal] = _let_in(hospital, principal)
    _share(hospital, callers[SHARE])
    _end(hospital, callers, cookies)
    return Town(hospital, cookies, callers, uid_of(octets), _signed_report(hospital))


def _person(hospital: Hospital, organization_id: str, principal: str, role: str) -> str:
    email = f"{principal.replace(' ', '-')}@people.example"
    hospital.services.people.create(
        system_caller(organization_id, frozenset(Permission)),
        display_name="Somebody",
        email=email,
        password=PASSWORD,
        roles=(role,),
    )
    return email


def _let_in(hospital: Hospital, principal: str) -> tuple[Caller, str]:
    """Support with a leave from the administrator, which takes the place of the one before."""
    support = hospital.services.support
    email = f"{principal.replace(' ', '-')}@operator.example"
    support.add_account(display_name="Sue Port", email=email, password=PASSWORD)
    support.allow(hospital.sign_in("admin@demo.example").caller, "The worklist stays empty", 4)
    services = hospital.services
    with services.database.system_write() as session:
        account = people.user_by_email(session, email)
        assert account is not None
        # Support needs a second factor; how it is proven makes no difference to the session.
        cookie = f"{COOKIE_NAME}={services.sessions.start(session, account, ORIGIN).token}"
    caller = services.sessions.caller_of_cookie(cookie, ORIGIN)
    assert caller is not None
    (door,) = support.open_doors(caller)
    support.enter(caller, door.support_access_id, "Looking for the missing studies")
    return caller, cookie


def _share(hospital: Hospital, caller: Caller) -> None:
    with hospital.services.database.write(caller.organization_id) as session:
        study = study_by_uid(session, caller.organization_id, STUDY)
        giver = people.user_by_email(session, "radiologist@demo.example")
        assert study is not None
        assert giver is not None
        session.add(
            SharingGrant(
                study_key=study.id,
                granted_by_user_id=giver.id,
                grantee_user_id=caller.user_id,
                permission=Permission.STUDY_VIEW.value,
                not_before=clock.now() - timedelta(minutes=1),
                expires_at=clock.now() + timedelta(days=1),
            )
        )
    hospital.services.sessions.drop_verdicts()


def _end(hospital: Hospital, callers: dict[str, Caller], cookies: dict[str, str]) -> None:
    """Let one session end by an administrator, and the other by its time."""
    sessions, database = hospital.services.sessions, hospital.services.database
    admin = hospital.sign_in("admin@demo.example").caller
    hospital.services.people.disable(admin, callers[REVOKED].user_id)
    with database.write(admin.organization_id) as session:
        row = people.open_session(session, callers[EXPIRED].session_id)
        assert row is not None
        row.last_used_at -= timedelta(days=2)
        row.expires_at -= timedelta(days=2)
        session.add(row)
    # As after a restart: nothing is remembered about it.
    sessions._verdicts.forget(callers[EXPIRED].session_id)
    assert all(COOKIE_NAME in cookies[each] for each in (REVOKED, EXPIRED))


def _signed_report(hospital: Hospital) -> str:
    reporting, caller = hospital.services.reporting, hospital.sign_in().caller
    report = reporting.open_for_study(caller, STUDY)
    assert report is not None
    saved = reporting.save_draft(
        caller, report.report_id, report.draft_version, ReportSections(impression="Normal.")
    )
    reporting.sign(caller, report.report_id, saved.draft_version, Proof(password=PASSWORD))
    return report.report_id
