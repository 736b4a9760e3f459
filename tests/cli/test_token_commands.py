"""`pacscribe token`: a token is printed once, listed without itself, and ended."""

import pytest

from backend import bootstrap
from backend.cli.main import main
from backend.core.caller import Origin
from backend.core.errors import NotSignedIn
from backend.settings import Settings
from tests.data_dirs import prepare_data_dir

HERE = Origin("192.0.2.7", "Test")


@pytest.fixture
def data_dir(tmp_path, monkeypatch):
    monkeypatch.setenv("PACSCRIBE_DATA_DIR", str(tmp_path / "elsewhere"))
    prepare_data_dir(tmp_path / "data", "demo-password-1")
    return tmp_path / "data"


@pytest.fixture
def run(data_dir, capsys):
    def command(*words):
        status = main([*words, "--data-dir", str(data_dir)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return status, said.out, said.err

    return command


def create(run, *scopes, email="radiologist@demo.example", days="30"):
    words = [word for scope in scopes for word in ("--scope", scope)]
    return run("token", "create", "--user", email, "--days", days, *words)


def caller_of(data_dir, token):
    built = bootstrap.build(Settings(data_dir=data_dir))
    try:
        return built.bearers.caller_of(token, HERE)
    finally:
        bootstrap.close(built)


def test_a_token_is_printed_alone_works_is_listed_and_is_revoked(run, data_dir):
    status, out, err = create(run, "study:view", "study:upload")
    assert (status, err, out.count("\n")) == (0, "", 1)
    token = out.strip()
    found = caller_of(data_dir, token)
    assert (found.email, sorted(found.permissions)) == (
        "radiologist@demo.example",
        ["study:upload", "study:view"],
    )
    status, listed, _ = run("token", "list")
    assert status == 0
    assert token not in listed
    assert token[:14] in listed
    assert "study:upload study:view" in listed
    key = listed.splitlines()[1].split()[0]
    assert run("token", "revoke", "--id", key)[0] == 0
    with pytest.raises(NotSignedIn):
        caller_of(data_dir, token)
    assert "revoked" in run("token", "list")[1]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"email": "nobody@demo.example"}, "no account with this e-mail"),
        ({"days": "400"}, "from 1 to 365 days"),
        ({"scope": "study:fly"}, "Not every scope is a permission"),
        ({"scope": "study:delete"}, "does not hold study:delete"),
        ({"scope": "report:sign"}, "No token carries report:sign"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(run, changed, sentence):
    scope = changed.pop("scope", "study:view")
    status, out, err = create(run, scope, **changed)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert sentence in err


@pytest.mark.parametrize(
    "words",
    [
        ("token",),
        ("token", "create", "--user", "radiologist@demo.example", "--scope", "study:view"),
        ("token", "create", "--user", "radiologist@demo.example", "--days", "1"),
        ("token", "create", "--user", "a@b.example", "--scope", "study:view", "--days", "soon"),
        ("token", "revoke"),
    ],
)
def test_wrong_usage_ends_with_2(run, words):
    status, out, err = run(*words)
    assert (status, out, err.count("\n")) == (2, "", 1)
