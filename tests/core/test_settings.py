"""Where a setting comes from, and what becomes of one that cannot be used."""

from pathlib import Path

import pytest

from backend.core.errors import CannotStart
from backend.settings import Settings, fix_paths, unknown_variables


def read(folder: Path, text: str = "", **variables: str) -> Settings:
    (folder / "pacscribe.toml").write_text(text, "utf-8")
    named = {f"PACSCRIBE_{name.upper()}": value for name, value in variables.items()}
    return Settings.from_environment({**named, "PACSCRIBE_DATA_DIR": str(folder)})


def test_a_variable_goes_before_the_file_and_the_file_before_the_default(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "trusted_proxy_hops = 2\nsession_hours = 6\nnew_organizations = true",
        session_hours="8",
    )
    assert settings.session_hours == 8
    assert settings.trusted_proxy_hops == 2
    assert settings.new_organizations is True
    assert settings.session_idle_minutes == Settings().session_idle_minutes


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    assert read(tmp_path, session_hours="").session_hours == Settings().session_hours


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("session_hours", "twelve", "PACSCRIBE_SESSION_HOURS must be a whole number."),
        ("session_hours", "-1", "PACSCRIBE_SESSION_HOURS must not be negative."),
        ("new_organizations", "perhaps", "PACSCRIBE_NEW_ORGANIZATIONS must be true or false."),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_its_name(
    tmp_path: Path, name: str, value: str, sentence: str
) -> None:
    with pytest.raises(CannotStart) as refused:
        read(tmp_path, **{name: value})
    assert refused.value.sentence == sentence


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sesion_hours = 3", "unknown setting: sesion_hours"),
        # Only the start says these; in the file they would be ignored.
        ("demo = true", "unknown setting: demo"),
        ('data_dir = "elsewhere"', "unknown setting: data_dir"),
        ("session_hours = ", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(CannotStart) as refused:
        read(tmp_path, text)
    assert words in refused.value.sentence


def test_a_path_in_the_file_is_one_from_the_files_own_folder(tmp_path: Path) -> None:
    settings = read(tmp_path, 'font_dir = "fonts"\nkey_file = "/keys/master.key"')
    assert settings.font_dir == str(tmp_path / "fonts")
    assert settings.key_file == "/keys/master.key"


def test_relative_paths_are_those_of_the_folder_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    variables = {"PACSCRIBE_KEY_FILE": "our.key", "PACSCRIBE_DEMO_DATA": "/studies"}
    fix_paths(variables)
    assert variables == {
        "PACSCRIBE_DATA_DIR": str(tmp_path / "pacscribe-data"),
        "PACSCRIBE_KEY_FILE": str(tmp_path / "our.key"),
        "PACSCRIBE_DEMO_DATA": "/studies",
    }


def test_files_that_an_address_names_are_found_from_the_same_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "syslog+tls://logs.example:6514?ca={}&certificate=/etc/ours.pem"
    assert read(tmp_path, f'syslog_url = "{told.format("a%20ca.pem")}"').syslog_url == told.format(
        f"{tmp_path}/a%20ca.pem"
    )
    monkeypatch.chdir(tmp_path)
    variables = {"PACSCRIBE_SYSLOG_URL": told.format("ca.pem")}
    fix_paths(variables)
    assert variables["PACSCRIBE_SYSLOG_URL"] == told.format(f"{tmp_path}/ca.pem")


@pytest.mark.parametrize(
    "address", ["syslog+tls://logs.example", "syslog+tls://[?ca=x", "s://h?ca"]
)
def test_an_address_without_files_or_sense_stays_for_its_user_to_judge(address: str) -> None:
    variables = {"PACSCRIBE_SYSLOG_URL": address}
    fix_paths(variables)
    assert variables["PACSCRIBE_SYSLOG_URL"] == address


def test_a_variable_that_is_no_setting_is_noticed() -> None:
    names = [
        "PACSCRIBE_SESION_HOURS",
        "PACSCRIBE_SESSION_HOURS",
        "PACSCRIBE_DEBUG",
        "PACSCRIBE_TEST_X",
        "HOME",
    ]
    assert unknown_variables(dict.fromkeys(names, "1")) == ["PACSCRIBE_SESION_HOURS"]
