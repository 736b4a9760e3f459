"""A hospital with people and small studies, put together like the real program, for tests of the viewer."""

import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from backend import bootstrap
from backend.access.sessions import COOKIE_NAME
from backend.bootstrap import Services
from backend.core.caller import Caller, Origin
from backend.core.permissions import Permission
from backend.dicom.parsing import parse_instance
from backend.schemas.studies import IngestOutcome
from backend.services.studies import Studies
from backend.settings import Settings
from tests.data_dirs import prepare_data_dir

PASSWORD = "a plain long sentence"
ORIGIN = Origin("203.0.113.5", "test browser")
STUDY = "2.25.1000"
CT_SERIES = "2.25.1001"
CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"
MG_CLASS = "1.2.840.10008.5.1.4.1.1.1.2"
SC_MULTI_CLASS = "1.2.840.10008.5.1.4.1.1.7.2"


@dataclass(frozen=True)
class SignedInPerson:
    caller: Caller
    cookie: str  # value of the Cookie header


class Hospital:
    """Services on a fresh data directory, the demo's people, and a way to take files in."""

    def __init__(
        self, data_dir: Path, *, frame_cache_megabytes: int = 96, database_url: str = ""
    ) -> None:
        settings = Settings(
            data_dir=data_dir,
            demo=True,
            frame_cache_megabytes=frame_cache_megabytes,
            database_url=database_url,
        )
        prepare_data_dir(data_dir, PASSWORD)
        self.services: Services = bootstrap.build(settings)
        if database_url:
            self.services.first_people.prepare_demo(PASSWORD)
        self.importer = Studies(
            self.services.database,
            self.services.object_store,
            self.services.keyring,
            lambda reader: parse_instance(reader.stream()),
            parsers=1,
            upload_limit_bytes=1 << 30,
        )

    def sign_in(self, email: str = "radiologist@demo.example") -> SignedInPerson:
        signed_in = self.services.accounts.sign_in(email, PASSWORD, ORIGIN)
        cookie = f"{COOKIE_NAME}={signed_in.token}"
        caller = self.services.sessions.caller_of_cookie(cookie, ORIGIN)
        assert caller is not None
        return SignedInPerson(caller, cookie)

    def take_in(self, *files: bytes) -> list[IngestOutcome]:
        uploader = replace(
            self.sign_in("technologist@demo.example").caller,
            permissions=frozenset(
                {Permission.STUDY_UPLOAD, Permission.STUDY_VIEW, Permission.STUDY_ALL}
            ),
        )
        received = [
            self.importer.receive(uploader, f"file{number}", [octets])
            for number, octets in enumerate(files)
        ]
        return list(self.importer.ingest(uploader, received))

    def stranger(self) -> Caller:
        """A radiologist of another organization."""
        person = self.sign_in().caller
        return replace(person, organization_id="another", session_id="other", user_id="other")

    def close(self) -> None:
        bootstrap.close(self.services)


def dicom_file(
    pixels: np.ndarray,
    *,
    sop_class_uid: str = CT_CLASS,
    sop_instance_uid: str = "",
    study_instance_uid: str = STUDY,
    series_instance_uid: str = CT_SERIES,
    **attributes: object,
) -> bytes:
    """One DICOM file around an array: (rows, columns) or (frames, rows, columns), unsigned or signed 8 or 16 bit."""
    seed = f"{series_instance_uid}/{sorted(attributes.items(), key=str)}/{pixels.tobytes()[:64]!r}"
    uid = sop_instance_uid or f"2.25.{int(hashlib.sha256(seed.encode()).hexdigest()[:30], 16)}"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class_uid
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID, file.SOPInstanceUID = sop_class_uid, uid
    file.StudyInstanceUID, file.SeriesInstanceUID = study_instance_uid, series_instance_uid
    file.PatientName, file.PatientID = "Demo^Adele", "D-1"
    file.PatientBirthDate, file.PatientSex = "19600101", "F"
    file.StudyDate, file.StudyTime = "20260102", "101500"
    file.StudyDescription, file.Modality = "Head", "CT"
    file.SeriesNumber = 1
    bits = pixels.dtype.itemsize * 8
    file.Rows, file.Columns = pixels.shape[-2:]
    if pixels.ndim == 3:
        file.NumberOfFrames = pixels.shape[0]
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.BitsAllocated = file.BitsStored = bits
    file.HighBit = bits - 1
    file.PixelRepresentation = int(pixels.dtype.kind == "i")
    file.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    for keyword, value in attributes.items():
        setattr(file, keyword, value)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, file, enforce_file_format=True)
    return buffer.getvalue()


def ct_slice(
    position_mm: float, instance_number: int | None, *, size_px: int = 64, **attributes: object
) -> bytes:
    """An axial CT slice whose pixels hold its position, in HU."""
    pixels = np.full((size_px, size_px), int(position_mm) + 1024, np.int16)
    pixels[: size_px // 2] += 100
    given: dict[str, object] = {
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
        "RescaleType": "HU",
        "WindowCenter": 40,
        "WindowWidth": 400,
        "ImagePositionPatient": [0.0, 0.0, position_mm],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [0.5, 0.25],
        "SliceThickness": 2,
        "KVP": 120,
        "FrameOfReferenceUID": "2.25.77",
    }
    if instance_number is not None:
        given["InstanceNumber"] = instance_number
    return dicom_file(pixels, **{**given, **attributes})


def uid_of(octets: bytes) -> str:
    return str(pydicom.dcmread(io.BytesIO(octets), stop_before_pixels=True).SOPInstanceUID)
