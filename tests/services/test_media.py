"""Discs: a DICOMDIR is read apart, its images are taken in, and what it names in vain is told."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from backend.cli.import_files import import_paths
from backend.core.caller import Caller
from backend.dicom.model import Refused
from backend.dicom.parsing import parse_instance
from backend.schemas.studies import IngestOutcome
from tests.components.node import calculate
from tests.viewing_hospital import Hospital, ct_slice

MISSING = "The disc's table of contents (DICOMDIR) names this file, but it is not there."


@pytest.fixture
def hospital(tmp_path: Path) -> Iterator[Hospital]:
    made = Hospital(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def technologist(hospital: Hospital) -> Caller:
    return hospital.sign_in("technologist@demo.example").caller


def dicomdir(*names: list[str] | str | None) -> bytes:
    """A DICOMDIR whose records name files; None for a record that names none."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    meta.MediaStorageSOPInstanceUID = "2.25.5"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    made.FileSetID = "DISC"
    records = []
    for name in names:
        record = Dataset()
        record.DirectoryRecordType = "IMAGE" if name else "PATIENT"
        if name:
            record.ReferencedFileID = name
        records.append(record)
    made.DirectoryRecordSequence = records
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, made, enforce_file_format=True)
    return buffer.getvalue()


DIRECTORY = dicomdir(None, ["IMAGES", "IM1"], ["IMAGES", "IM2"], ["IMAGES", "IM2"], "ALONE")


def summed(outcomes: list[IngestOutcome]) -> dict[str, tuple[str, str]]:
    return {each.source_name: (each.kind.value, each.reason) for each in outcomes}


def test_a_directory_names_its_files_once_each() -> None:
    answer = parse_instance(io.BytesIO(DIRECTORY))
    assert isinstance(answer, Refused)
    assert answer.is_skipped
    assert answer.named_files == ("IMAGES/IM1", "IMAGES/IM2", "ALONE")


def test_a_folder_with_a_directory_tells_what_is_missing(
    hospital: Hospital, technologist: Caller, tmp_path: Path
) -> None:
    disc = tmp_path / "disc"
    (disc / "images").mkdir(parents=True)
    (disc / "DICOMDIR").write_bytes(DIRECTORY)
    (disc / "images" / "im1").write_bytes(ct_slice(1, 1))  # as some systems show what a disc holds
    (disc / "AUTORUN.INF").write_text("[autorun]\nopen=viewer.exe\n")
    outcomes = summed(list(import_paths(hospital.importer, technologist, [disc])))
    assert outcomes == {
        f"{disc}/DICOMDIR": (
            "skipped",
            "A DICOMDIR only lists the files of a medium; it is not stored.",
        ),
        f"{disc}/AUTORUN.INF": ("skipped", "This is a text, not a DICOM file."),
        f"{disc}/images/im1": ("stored", ""),
        f"{disc}/IMAGES/IM2": ("refused", MISSING),
        f"{disc}/ALONE": ("refused", MISSING),
    }


def test_a_zip_of_a_disc_tells_what_is_missing(hospital: Hospital, technologist: Caller) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("cd/DICOMDIR", DIRECTORY)
        archive.writestr("cd/IMAGES/IM1", ct_slice(1, 1))
        archive.writestr("cd/IMAGES/IM2", ct_slice(2, 2))
    received = hospital.importer.receive(technologist, "cd.zip", [made.getvalue()])
    outcomes = summed(list(hospital.importer.ingest(technologist, [received])))
    assert outcomes.pop("cd.zip/cd/ALONE") == ("refused", MISSING)
    assert sorted(kind for kind, _ in outcomes.values()) == ["skipped", "stored", "stored"]


def test_a_directory_whose_files_may_come_in_another_request_accuses_nobody(
    hospital: Hospital, technologist: Caller
) -> None:
    received = hospital.importer.receive(technologist, "cd/DICOMDIR", [DIRECTORY])
    (outcome,) = hospital.importer.ingest(technologist, [received])
    assert outcome.kind == "skipped"
    assert outcome.plain()["named_files"] == ("IMAGES/IM1", "IMAGES/IM2", "ALONE")
    assert "named_files" not in IngestOutcome("a", outcome.kind).plain()
    assert json.dumps(outcome.plain())


def test_the_browser_finds_the_same_files_missing() -> None:
    directory = {"name": "cd/DICOMDIR", "named_files": ["IMAGES/IM1", "IMAGES/IM2", "ALONE"]}
    names = ["cd/DICOMDIR", "cd/images/im1;1", "cd/IMAGES/IM2.", "elsewhere/ALONE"]
    top = {"name": "DICOMDIR", "named_files": ["A"]}
    assert calculate("upload_plan.js", [("missingFiles", [[directory, top], names])]) == [
        ["cd/ALONE", "A"]
    ]
