"""`pacscribe import`: one outcome for each thing that was handed in, and nothing passed over in silence."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from backend import bootstrap
from backend.cli import import_files
from backend.cli.import_files import Report, import_paths
from backend.cli.main import main
from backend.core.vocabulary import IngestOutcomeKind, SecondFactorRule
from backend.models import Study
from backend.schemas.studies import IngestOutcome
from backend.services.first_people import add_organization
from tests.data_dirs import prepare_data_dir
from tests.served import run_command
from tests.viewing_hospital import PASSWORD, STUDY, Hospital, ct_slice


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


@pytest.mark.slow
def test_each_line_is_an_outcome_and_the_last_one_counts_them(tmp_path: Path) -> None:
    prepare_data_dir(tmp_path / "data", PASSWORD)
    inbox = tmp_path / "inbox"
    (inbox / "deep").mkdir(parents=True)
    (inbox / "1").write_bytes(ct_slice(1, 1))
    (inbox / "2").write_bytes(ct_slice(1, 1))
    (inbox / "deep" / "3").write_bytes(ct_slice(2, 2)[:3000])
    (inbox / "deep" / "4.txt").write_text("no image\n")
    (inbox / "link").symlink_to(inbox / "deep")
    (inbox / "zeros").symlink_to("/dev/zero")
    os.mkfifo(inbox / "pipe")
    words = ("--json", "--data-dir", str(tmp_path / "data"))
    done = run_command("import", str(inbox), *words)
    assert done.returncode == 1, done.stderr
    *lines, counted = map(json.loads, done.stdout.splitlines())
    told = {line["source_name"].removeprefix(f"{inbox}/"): line["kind"] for line in lines}
    assert told == {
        "1": "stored",
        "2": "duplicate",
        "deep/3": "refused",
        "deep/4.txt": "skipped",
        "link": "skipped",
        "zeros": "skipped",
        "pipe": "skipped",
    }
    assert all(line["reason"].endswith(".") for line in lines if line["kind"] != "stored")
    assert [line["study_instance_uid"] for line in lines if line["kind"] == "stored"] == [STUDY]
    assert counted.pop("seconds") > 0
    assert counted == {"stored": 1, "duplicate": 1, "conflict": 0, "refused": 1, "skipped": 4}
    assert run_command("import", str(inbox / "1"), *words).returncode == 0


@pytest.mark.slow
def test_what_is_not_there_is_a_usage_error_and_an_unknown_organization_a_refusal(
    tmp_path: Path,
) -> None:
    prepare_data_dir(tmp_path / "data", PASSWORD)
    (tmp_path / "1").write_bytes(ct_slice(1, 1))
    where = ("--data-dir", str(tmp_path / "data"))
    missing = run_command("import", str(tmp_path / "none"), *where)
    assert (missing.returncode, missing.stdout) == (2, "")
    assert missing.stderr == f"pacscribe import: there is no file or folder {tmp_path / 'none'}.\n"
    unknown = run_command("import", str(tmp_path / "1"), "--organization", "nobody", *where)
    assert unknown.returncode == 1
    assert unknown.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_read_is_refused_and_the_rest_is_taken_in(
    hospital: Hospital, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disc = tmp_path / "disc"
    for name in ("good", "scratched"):
        (disc / name).mkdir(parents=True)
        (disc / name / "IM1").write_bytes(ct_slice(1, 1))
    scan = os.scandir

    def scanned(path: str):
        if Path(path).name == "scratched":
            raise OSError(5, "Input/output error", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scanned)
    caller = hospital.importer.importer("demo")
    outcomes = list(import_paths(hospital.importer, caller, [disc]))
    told = {(each.source_name, each.kind.value, each.reason) for each in outcomes}
    assert told == {
        (f"{disc}/good/IM1", "stored", ""),
        (
            f"{disc}/scratched",
            "refused",
            "The folder cannot be read, and nothing in it was taken in: Input/output error.",
        ),
    }


def test_with_several_organizations_it_must_be_said_whose_the_studies_are(
    hospital: Hospital,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    services = replace(hospital.services, studies=hospital.importer)
    monkeypatch.setattr(bootstrap, "services", lambda: services)
    monkeypatch.setattr(bootstrap, "shut_down", lambda: None)
    monkeypatch.setenv("PACSCRIBE_DATA_DIR", str(tmp_path / "data"))
    with hospital.services.database.system_write() as session:
        add_organization(session, "west", "West Clinic", SecondFactorRule.OPTIONAL)
    (tmp_path / "1").write_bytes(ct_slice(1, 1))
    assert main(["import", str(tmp_path / "1")]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "pacscribe: Name the organization with --organization; there are: demo, west.\n"
    )
    assert main(["import", str(tmp_path / "1"), "--organization", "west"]) == 0
    caller = hospital.importer.importer("west")
    with hospital.services.database.read(caller.organization_id) as session:
        assert session.exec(select(Study.study_instance_uid)).all() == [STUDY]


def test_whoever_stops_an_import_is_told_what_is_stored_until_then(
    hospital: Hospital,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    services = replace(hospital.services, studies=hospital.importer)
    monkeypatch.setattr(bootstrap, "services", lambda: services)
    monkeypatch.setattr(bootstrap, "shut_down", lambda: None)
    monkeypatch.setenv("PACSCRIBE_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "1").write_bytes(ct_slice(1, 1))

    def stopped_after_the_first(*given: Any) -> Iterator[IngestOutcome]:
        yield from import_paths(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(import_files, "import_paths", stopped_after_the_first)
    assert main(["import", str(tmp_path / "1"), "--json"]) == 130
    told = capsys.readouterr()
    outcome, counts = map(json.loads, told.out.splitlines())
    assert (outcome["kind"], counts["stored"], counts["refused"]) == ("stored", 1, 0)
    assert "What is stored stays; run it again" in told.err


def test_whoever_watches_is_told_how_many_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        (tmp_path / str(number)).touch()
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    (tmp_path / "link").symlink_to(tmp_path)  # told as well, and no less counted
    report = Report([tmp_path], as_json=False)
    report.add(IngestOutcome("0", IngestOutcomeKind.STORED, ""))
    assert "1 of 4 files, " in capsys.readouterr().err
    for _ in range(4):  # an archive has brought more than there are files
        report.add(IngestOutcome("0", IngestOutcomeKind.STORED, ""))
    assert "\x1b[K5 files, " in capsys.readouterr().err
