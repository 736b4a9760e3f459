"""Every use case knows who is calling first of all, and asks the one access function before it answers."""

import ast
from collections import defaultdict

import pytest

from tests.architecture.source import ROOT, Function, calls, declared, methods, modules

# Classes that doors call. The others in the room are their parts.
USE_CASES = {
    "Accounts", "Alerts", "Attaching", "AuditCheckpoints", "AuditTrail", "ConflictContents", "Conflicts", "Deletions", "Documents", "Erasures", "FirstPeople", "InstanceTags", "Integrity", "Jobs", "PartialUploads", "People",
    "Forgotten", "Joining", "Letters", "Profiles", "SignUps",
    "PersonalPreferences", "ReadingCopies", "Reporting", "SavedViews",
    "ServedImages",
    "AuditExports",
    "Proving", "Storage", "Studies", "StudyPages", "Tokens", "UploadTaking", "Videos", "Viewing", "Worklist",
    "Banners", "Emergencies", "Reaching", "SupportVisits",
    "Members", "OrganizationSettings", "Roles",
    "WorklistActs", "WorklistExports",
    "Factors", "OwnSessions", "PasskeySignIn", "SecondSteps",
}  # fmt: skip
# Public methods that nobody signed in calls, with the reason.
WITHOUT_CALLER = {
    "Accounts.sign_in": "finds out who is calling",
    "AuditCheckpoints.sign_if_due": "the program itself works",
    "AuditCheckpoints.sign_now": "run by the operator of the machine",
    "AuditCheckpoints.sign_at_stop": "the program itself stops",
    "AuditCheckpoints.verify": "run by the operator of the machine, over all organizations",
    "AuditCheckpoints.accept": "run by the operator of the machine",
    "AuditCheckpoints.prune": "the program itself works",
    "AuditCheckpoints.records": "run by the operator of the machine, over all organizations",
    "AuditTrail.verify": "run by the operator of the machine, over all organizations",
    "AuditTrail.seal_again": "run by the operator of the machine",
    "AuditTrail.record_stop": "the program itself stops",
    "Emergencies.end_what_is_over": "the program itself works",
    "Emergencies.is_any_over": "the program itself works",
    "SupportVisits.end_what_is_over": "the program itself works",
    "SupportVisits.is_any_over": "the program itself works",
    "SupportVisits.add_account": "run by the operator of the machine",
    "FirstPeople.prepare": "the program itself starts",
    "PasskeySignIn.begin": "finds out who is calling",
    "PasskeySignIn.finish": "finds out who is calling",
    "SecondSteps.view": "finds out who is calling",
    "SecondSteps.with_code": "finds out who is calling",
    "SecondSteps.passkey_options": "finds out who is calling",
    "SecondSteps.with_passkey": "finds out who is calling",
    "SecondSteps.app_enrolment": "finds out who is calling",
    "SecondSteps.enrol_app": "finds out who is calling",
    "SecondSteps.enrol_passkey_options": "finds out who is calling",
    "SecondSteps.enrol_passkey": "finds out who is calling",
    "FirstPeople.new_set_up_link": "printed for the operator of the machine",
    "FirstPeople.set_up": "the one-time link is the right",
    "FirstPeople.prepare_demo": "the program itself starts",
    "FirstPeople.demo_emails": "the names that the interface promises",
    "FirstPeople.organization": "run by the operator of the machine",
    "PartialUploads.release": "lets go of an upload, gives nothing",
    "PartialUploads.stage": "room for octets; known only by `record`",
    "PartialUploads.sweep": "the program itself starts, or makes room",
    "Integrity.check_sample": "the program itself works, or is told to by the operator of the machine",
    "Integrity.check_all": "the program itself works, or is told to by the operator of the machine",
    "Integrity.check_object": "the program itself works",
    "Integrity.suspect": "lets something be looked at, gives nothing",
    "Integrity.prune": "the program itself works",
    "Integrity.record_command": "run by the operator of the machine",
    "Integrity.cancel_all": "run by the operator of the machine",
    "Jobs.register": "the program itself is put together",
    "Jobs.when_added": "the program itself is put together",
    "Jobs.schedule": "the program itself starts",
    "Jobs.add": "called by use cases that have asked already, in their transaction",
    "Jobs.run_next": "the program itself works",
    "Jobs.prune": "the program itself works",
    "Forgotten.ask": "anybody may ask; the answer tells nothing",
    "Forgotten.reset": "the one-time link is the right",
    "Profiles.confirm_email": "the one-time link is the right",
    "Joining.prune": "the program itself works",
    "SignUps.ask": "anybody may ask; the answer tells nothing",
    "SignUps.confirm": "the one-time link is the right",
    "SignUps.accept": "the one-time link is the right",
    "Jobs.cancel_for_all": "run by the operator of the machine",
    "Letters.write_for": "the program itself is put together",
    "Letters.tell_of": "the program itself works",
    "Letters.is_any_due": "the program itself works",
    "Letters.deliver": "the program itself works",
    "Letters.prune": "the program itself works",
    "ReadingCopies.start": "the program itself starts",
    "ReadingCopies.stop": "the program itself stops",
    "ReadingCopies.have_room": "the program itself takes something in",
    "ReadingCopies.look_through": "the program itself has found a copy damaged",
    "ReadingCopies.look": "the program itself has stored something",
    "ReadingCopies.hurry": "orders what is made anyway; called after a study was opened",
    "ReadingCopies.make_all": "made for nobody; who reads a copy is asked as for the original",
    "ServedImages.socket_opened": "notes that somebody looks, gives nothing",
    "ServedImages.socket_closed": "notes that somebody looks no longer, gives nothing",
    "ServedImages.session_ended": "notes that somebody looks no longer, gives nothing",
    "ServedImages.start": "the program itself starts",
    "ServedImages.stop": "the program itself stops",
    "ServedImages.write_down": "the program itself works",
    "Storage.of_all": "run by the operator of the machine",
    "Storage.room": "the program itself looks at its disk",
    "Videos.forget": "takes rights away, gives none",
    "Viewing.forget_instance": "takes rights away, gives none",
    "Studies.importer": "makes the caller for the operator of the machine",
    "Studies.stage": "room for octets before it is known whose; taken in only by `ingest`",
    "Studies.received": "joins a name to staged octets",
    "Studies.sweep": "the program itself starts",
    "Studies.start": "the program itself starts",
    "Studies.sum_up": "the program itself stops",
    "Studies.close": "the program itself stops",
    "UploadTaking.close": "the program itself stops",
    "UploadTaking.resume": "the program itself starts, and goes on with the rights of who sent it",
    "Viewing.when_opened": "the program itself is put together",
    "Viewing.copy_made": "the same pixels, read from elsewhere",
    "Viewing.forget_session": "takes rights away, gives none",
    "Viewing.forget_user": "takes rights away, gives none",
    "Viewing.forget_study": "takes rights away, gives none",
    "Videos.forget_study": "lets go of what is kept, gives none",
    "InstanceTags.forget": "lets go of what is kept, gives none",
}
# Methods with a caller that need no permission, with the reason.
WITHOUT_PERMISSION = {
    "Profiles.view": "everybody may see themselves",
    "Profiles.change": "everybody may say who they are",
    "Profiles.change_password": "asks for the old one",
    "Profiles.change_email": "asks for the password",
    "Profiles.give_up_email_change": "everybody may keep their address",
    "Accounts.sign_out": "everybody may leave",
    "AuditTrail.record_refused": "writes that the caller was refused",
    "ServedImages.note": "writes down what the caller was given",
    "PersonalPreferences.viewer": "everybody may read their own choices",
    "PersonalPreferences.save_viewer": "everybody may change their own choices",
    "Proving.step_up": "everybody may prove who they are",
    "Factors.overview": "everybody has their own",
    "Factors.begin_app": "everybody has their own",
    "Factors.confirm_app": "everybody has their own",
    "Factors.remove_app": "everybody has their own",
    "Factors.begin_passkey": "everybody has their own",
    "Factors.add_passkey": "everybody has their own",
    "Factors.rename_passkey": "everybody has their own",
    "Factors.remove_passkey": "everybody has their own",
    "Factors.new_recovery_codes": "everybody has their own",
    "Factors.devices": "everybody has their own",
    "Factors.forget_device": "everybody has their own",
    "OwnSessions.list_all": "everybody has their own",
    "OwnSessions.end": "everybody has their own",
    "OwnSessions.end_others": "everybody has their own",
    "Proving.choices": "everybody has their own",
    "Proving.begin_passkey": "everybody has their own",
    "Proving.check": "everybody has their own",
    "Studies.receive": "stages octets; `ingest` asks before anything is taken in",
    "Tokens.scopes": "everybody may know what their own tokens could be for",
    "Tokens.list_own": "everybody may see their own tokens",
    "Tokens.revoke": "everybody may end their own tokens; those of others do not exist without `token:manage`",
    "Worklist.sealed_text": "seals the caller's own words for the address",
    "Worklist.opened_text": "opens the caller's own words",
}
# The answer to signing in holds the cookie, for `api.sign_in` only; that to making a token holds the token, which is shown
# this once. States may not hold them (test_states).
WITH_SECRET = {
    "SignedIn.token",
    "SignedIn.device_token",
    "HalfSignedIn.token",
    "NewToken.token",
}
PLAIN = {"str", "int", "float", "bool", "bytes", "None", "tuple", "datetime"}

SERVICES = modules("backend/services")
CASES = [
    (f"{each.name}.{method.name}", method)
    for module in SERVICES
    for each in module.classes()
    if each.name in USE_CASES
    for method in methods(each)
    if not method.name.startswith("_") and "property" not in map(ast.unparse, method.decorator_list)
]
BODIES: dict[str, list[Function]] = defaultdict(list)
for _module in SERVICES:
    for _node in ast.walk(_module.tree):
        if isinstance(_node, ast.FunctionDef | ast.AsyncFunctionDef):
            BODIES[_node.name].append(_node)


def reaches_policy(function: Function, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function, or one of this floor that it calls, asks `access.policy`."""
    for called in calls(function):
        if called in {"policy.require", "policy.require_study"}:
            return True
        name = called.rpartition(".")[2]
        is_own = called == name or called.startswith("self.")
        within = BODIES[name] if is_own and name not in seen and name in BODIES else []
        if any(reaches_policy(each, seen | {name}) for each in within):
            return True
    return False


def params(names: set[str] | None = None) -> list:
    return [
        pytest.param(name, each, id=name) for name, each in CASES if names is None or name in names
    ]


def test_every_service_is_looked_at():
    found = {each.name for module in SERVICES for each in module.classes()}
    assert found >= USE_CASES
    built = set()
    for name in ("bootstrap.py", "bootstrap_people.py", "bootstrap_ground.py"):
        assembled = ast.parse((ROOT / "backend" / name).read_text("utf-8"))
        handed = next(each for each in assembled.body if isinstance(each, ast.ClassDef))
        built |= {kind for _, kind in declared(handed)} & found
    assert built == USE_CASES


@pytest.mark.parametrize(("name", "method"), params())
def test_the_caller_comes_first(name, method):
    if name in WITHOUT_CALLER:
        return
    first = method.args.args[1]
    assert first.arg == "caller"
    assert ast.unparse(first.annotation) == "Caller"


@pytest.mark.parametrize(("name", "method"), params())
def test_a_use_case_asks_the_access_function(name, method):
    if name in WITHOUT_CALLER or name in WITHOUT_PERMISSION:
        return
    assert reaches_policy(method), f"{name} answers without asking access.policy"


def test_exceptions_are_still_needed():
    assert {*WITHOUT_CALLER, *WITHOUT_PERMISSION} <= {name for name, _ in CASES}


@pytest.mark.parametrize("module", modules("backend/schemas"), ids=lambda module: module.name)
def test_answers_hold_plain_values_only(module):
    enumerations = {
        each.name
        for folder in ("backend/core", "backend/schemas")
        for other in modules(folder)
        for each in other.classes()
    }
    for answer in module.classes():
        if any("Enum" in ast.unparse(base) for base in answer.bases):
            continue
        assert "frozen=True" in " ".join(map(ast.unparse, answer.decorator_list)), answer.name
        for field, annotation in declared(answer):
            used = {n.id for n in ast.walk(ast.parse(annotation)) if isinstance(n, ast.Name)}
            assert used <= PLAIN | enumerations, f"{answer.name}.{field}: {annotation}"
            name = f"{answer.name}.{field}"
            secret = {"password", "token", "secret"} & set(field.split("_"))
            assert not secret or name in WITH_SECRET, name


def test_no_route_answers_without_asking_who_calls():
    open_routes = {
        "sign_in": "makes the session",
        "passkeys": "makes the session",
        "health": "tells monitors that the program lives, and nothing else",
        "app": "puts the routes together",
    }
    for module in modules("backend/api"):
        name = module.name.rpartition(".")[2]
        has_routes = any(
            isinstance(each, ast.AnnAssign) and ast.unparse(each.target) == "routes"
            for each in module.tree.body
        )
        if not has_routes or name in open_routes:
            continue
        names = {each.id for each in ast.walk(module.tree) if isinstance(each, ast.Name)}
        attributes = {
            each.attr for each in ast.walk(module.tree) if isinstance(each, ast.Attribute)
        }
        assert {"require_caller", "caller_or_none"} & (names | attributes), name
