import io
import re

import pyotp
import pytest

from backend import bootstrap
from backend.access.sessions import COOKIE_NAME
from backend.cli.main import main
from backend.core import clock
from backend.core.caller import Origin
from backend.core.errors import SignInRefused
from backend.models.joining import JoinRequest
from backend.schemas.people import HalfSignedIn, SignedIn
from backend.services.first_people import DEMO_ACCOUNTS
from backend.settings import Settings
from tests.data_dirs import prepare_data_dir
from tests.installation import PASSWORD

HERE = Origin("192.0.2.7", "Test browser")


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    """A demo's data directory; commands find it by `--data-dir`, never by the environment of the tests."""
    monkeypatch.setenv("PACSCRIBE_DATA_DIR", str(tmp_path / "elsewhere"))
    prepare_data_dir(tmp_path / "data", "demo-password-1")
    return tmp_path / "data"


@pytest.fixture
def run(data_dir, monkeypatch, capsys):
    def command(*words, typed=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = main([*words, "--data-dir", str(data_dir)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, said.out, said.err

    return command


def sign_in(data_dir, email, password):
    built = bootstrap.build(Settings(data_dir=data_dir))
    try:
        return built.accounts.sign_in(email, password, HERE)
    finally:
        bootstrap.close(built)


def create(run, *more, typed=f"{PASSWORD}\n"):
    return run(
        "user", "create", "--email", "bo@demo.example", "--name", "Bo Nilsson", "--role", "clinician", *more,
        typed=typed,
    )  # fmt: skip


def test_a_person_is_created_with_a_password_from_standard_input(run, data_dir):
    status, out, _ = create(run, "--role", "technologist")
    assert (status, out) == (
        0,
        "bo@demo.example can sign in now, as clinician, technologist.\n",
    )
    assert sign_in(data_dir, "bo@demo.example", PASSWORD)


def test_a_password_is_no_argument(run):
    status, _, err = create(run, "--password", PASSWORD)
    assert status == 2
    assert "unrecognized arguments" in err


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Give the password on standard input"),
        ("\n", "Give the password on standard input"),
        ("short\n", "too short"),
        ("bo nilsson 2026\n", "contains your name"),
    ],
)
def test_a_password_that_cannot_be_used_is_refused_in_one_sentence(run, typed, sentence):
    status, out, err = create(run, typed=typed)
    assert (status, out) == (1, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_password_typed_twice_differently_changes_nothing(run, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    answers = iter(["first words of a song", "second words of it"])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(answers))
    monkeypatch.setattr("backend.cli.user.sys.stdin", Terminal())
    monkeypatch.setattr("io.StringIO", lambda _text="": Terminal())
    status, _, err = create(run)
    assert (status, err) == (1, "pacscribe: The two passwords differ. Nothing was changed.\n")


def test_people_are_listed(run):
    status, out, _ = run("user", "list")
    lines = out.splitlines()
    assert status == 0
    assert lines[0].split("  ")[0] == "E-MAIL"
    assert len(lines) == 1 + len(DEMO_ACCOUNTS)
    assert any(
        "radiologist2@demo.example" in line and "active" in line and "never" in line
        for line in lines
    )
    assert "argon2" not in out


def test_the_list_tells_who_waits_and_whose_address_is_confirmed(run, data_dir):
    built = bootstrap.build(Settings(data_dir=data_dir))
    organization = built.first_people.organization("demo")
    with built.database.system_write() as session:
        session.add(
            JoinRequest(
                organization_id=organization.organization_id,
                email="nora@north.example",
                display_name="Nora New",
                wished_role="clinician",
                password_hash="kept",
                confirmed_at=clock.now(),
            )
        )
    bootstrap.close(built)
    lines = run("user", "list")[1].splitlines()
    waiting = next(line for line in lines if "nora@north.example" in line)
    assert re.split(r" {2,}", waiting)[1:] == [
        "Nora New", "asks for: clinician", "waiting", "yes", "never",
    ]  # fmt: skip
    assert re.split(r" {2,}", lines[1])[3:5] == ["active", "no"]
    assert run("user", "disable", "--email", "nora@north.example")[0] == 1


def test_a_disabled_person_cannot_sign_in(run, data_dir):
    status, out, _ = run("user", "disable", "--email", "Clinician@demo.example")
    assert (status, out.startswith("clinician@demo.example can no longer")) == (0, True)
    with pytest.raises(SignInRefused):
        sign_in(data_dir, "clinician@demo.example", "demo-password-1")


def test_a_new_password_replaces_the_old_one(run, data_dir):
    assert run("user", "reset", "--email", "clinician@demo.example", typed=f"{PASSWORD}\n")[0] == 0
    assert sign_in(data_dir, "clinician@demo.example", PASSWORD)
    with pytest.raises(SignInRefused):
        sign_in(data_dir, "clinician@demo.example", "demo-password-1")


def test_second_factors_that_were_lost_are_removed_on_the_machine_and_the_password_stays(
    run, data_dir
):
    """The only administrator has nobody else who could do it."""
    email = "admin@demo.example"
    built = bootstrap.build(Settings(data_dir=data_dir))
    token = built.accounts.sign_in(email, "demo-password-1", HERE).token
    caller = built.sessions.caller_of_cookie(f"{COOKIE_NAME}={token}", HERE)
    begun, enrolment = built.factors.begin_app(caller)
    built.factors.confirm_app(caller, begun, pyotp.TOTP(enrolment.key).at(clock.now()))
    bootstrap.close(built)
    assert isinstance(sign_in(data_dir, email, "demo-password-1"), HalfSignedIn)
    status, out, _ = run("user", "reset", "--second-factors", "--email", email)
    assert (status, "no second factor any more" in out) == (0, True)
    assert isinstance(sign_in(data_dir, email, "demo-password-1"), SignedIn)


@pytest.mark.parametrize("action", ["disable", "reset"])
def test_unknown_people_are_said_to_be_unknown(run, action):
    status, _, err = run("user", action, "--email", "nobody@demo.example", typed=f"{PASSWORD}\n")
    assert (status, "no account" in err) == (1, True)


def test_another_organization_is_said_to_be_unknown(run):
    status, _, err = run("user", "list", "--organization", "elsewhere")
    assert (status, "no organization with this short name" in err) == (1, True)


@pytest.mark.parametrize(
    "words",
    [
        ("user",),
        ("user", "fly"),
        ("user", "create"),
        ("user", "create", "--email", "a@b.example", "--name", "A", "--role", "emperor"),
        ("audit",),
        ("audit", "forget"),
    ],
)
def test_wrong_usage_ends_with_2(run, words):
    status, out, err = run(*words)
    assert (status, out) == (2, "")
    assert err.count("\n") == 1


def test_the_trail_is_verified(run, data_dir):
    status, out, err = run("audit", "verify")
    assert (status, err) == (0, "")
    assert out.startswith("The audit trail holds: ")
    assert int(out.split()[4]) >= 6


def test_what_commands_do_is_in_the_trail(run, data_dir):
    before = int(run("audit", "verify")[1].split()[4])
    create(run)
    run("user", "disable", "--email", "bo@demo.example")
    assert int(run("audit", "verify")[1].split()[4]) == before + 2


def test_a_trail_that_does_not_hold_names_the_first_bad_entry(run, data_dir):
    (data_dir / "audit.seal").write_text("{}")
    status, out, err = run("audit", "verify")
    assert (status, out) == (1, "")
    assert err.startswith("The audit trail does not hold at entry 1: ")


def test_a_missing_seal_is_made_anew_only_when_asked_to(run, data_dir):
    (data_dir / "audit.seal").unlink()
    assert run("audit", "verify")[0] == 1
    assert run("audit", "seal")[0] == 0
    assert run("audit", "verify")[0] == 0


def test_migrating_twice_says_that_there_is_nothing_to_do(run, tmp_path, capsys):
    assert main(["migrate", "--data-dir", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out == "The database was brought up to date.\n"
    assert main(["migrate", "--data-dir", str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out == "The database was up to date already.\n"


def test_an_installation_without_people_says_what_to_do(tmp_path, capsys):
    assert main(["user", "list", "--data-dir", str(tmp_path / "new")]) == 1
    assert "Open the set-up link" in capsys.readouterr().err


def test_a_missing_key_file_is_one_sentence(run, data_dir):
    (data_dir / "keys" / "master.key").rename(data_dir / "gone")
    status, _, err = run("audit", "verify")
    assert (status, err.count("\n")) == (1, 1)
    assert "key file" in err


def test_a_support_account_is_made_listed_and_disabled(run, data_dir):
    status, out, _ = run(
        "support", "add", "--email", "sue@operator.example", "--name", "Sue Port",
        typed=f"{PASSWORD}\n",
    )  # fmt: skip
    assert (status, out) == (
        0,
        "sue@operator.example can sign in, and sees what organizations let support see.\n",
    )
    assert sign_in(data_dir, "sue@operator.example", PASSWORD)
    assert run("support", "list")[1] == "sue@operator.example\tSue Port\tactive\n"
    assert "sue@operator.example" not in run("user", "list")[1]
    assert run("support", "disable", "--email", "sue@operator.example")[0] == 0
    with pytest.raises(SignInRefused):
        sign_in(data_dir, "sue@operator.example", PASSWORD)
    assert run("support", "disable", "--email", "nobody@operator.example")[0] == 1


def test_no_support_account_stands_in_the_way_of_the_set_up_link(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    words = ("support", "add", "--email", "sue@operator.example", "--name", "Sue Port")
    assert main([*words, "--data-dir", str(tmp_path / "empty")]) == 1
    assert "no organization yet" in capsys.readouterr().err
