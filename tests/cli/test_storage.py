"""`pacscribe storage`, as whoever operates the machine runs it."""

import json
from pathlib import Path

import pytest

from backend.cli.main import main
from backend.core.vocabulary import SecondFactorRule
from backend.services.first_people import add_organization
from tests.viewing_hospital import Hospital, ct_slice


def test_every_organization_is_told_by_itself_in_words_and_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hospital = Hospital(tmp_path / "data")
    octets = ct_slice(1.0, 1)
    hospital.take_in(octets)
    with hospital.services.database.system_write() as session:
        add_organization(session, "west", "West Clinic", SecondFactorRule.OPTIONAL)
    west = hospital.importer.importer("west")
    other = ct_slice(2.0, 2, study_instance_uid="2.25.9", Modality="MR")
    list(hospital.importer.ingest(west, [hospital.importer.receive(west, "1", [other])]))
    hospital.close()

    where = ("--data-dir", str(tmp_path / "data"))
    monkeypatch.setenv("PACSCRIBE_DATA_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PACSCRIBE_STORAGE_WARNING_DAYS", str(10**12))
    assert main(["storage", *where]) == 1, "room is running out"
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("demo (")
    assert "): 1 studies, 1 objects, " in lines[0]
    assert lines[1].startswith("  CT: 1 studies, 1 objects, ")
    west_at = lines.index("") + 1
    assert lines[west_at].startswith("west (West Clinic): 1 studies, 1 objects, ")
    assert lines[west_at + 1].startswith("  MR: 1 studies, 1 objects, ")
    assert lines[-1].startswith("disk: room is running out: ")
    assert " a day, as in the last 90 days, it lasts for " in lines[-1]

    monkeypatch.setenv("PACSCRIBE_STORAGE_WARNING_DAYS", "0")
    monkeypatch.setenv("PACSCRIBE_STORAGE_WARNING_PERCENT", "0")
    assert main(["storage", "--json", *where]) == 0
    storage = json.loads(capsys.readouterr().out)
    demo, clinic = storage["organizations"]
    assert (demo["slug"], demo["originals_bytes"]) == ("demo", len(octets))
    assert clinic["by_modality"] == [
        {"modalities": ["MR"], "study_count": 1, "instance_count": 1, "size_bytes": len(other)}
    ]
    assert clinic["by_month"][-1]["size_bytes"] == len(other)
    assert storage["disk"]["growth_bytes_per_day"] == round((len(octets) + len(other)) / 7)
