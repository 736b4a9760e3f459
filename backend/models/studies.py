"""Patients, studies, series, instances and frames: what was taken in, and how it is found and read again."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary
from sqlmodel import Field, Index, UniqueConstraint

from backend.models.base import ONLY_ON, Tenant, utc_column


class Patient(Tenant, table=True):
    """A patient as shown. How files name them, and which files are theirs, is in `models.patients`."""

    __tablename__ = "patients"

    patient_id: str = Field(default="", index=True, max_length=64)  # (0010,0020)
    issuer_of_patient_id: str = Field(default="", max_length=64)  # (0010,0021)
    qualifier: str = Field(default="", max_length=16)  # ours: tells people of the same ID apart
    patient_name: str = Field(default="")  # (0010,0010), all groups, decoded, `Family^Given=...`
    search_name: str = Field(default="", index=True)  # see `core.search_text`
    patient_birth_date: str = Field(default="", max_length=8)  # (0010,0030) YYYYMMDD
    patient_sex: str = Field(default="", max_length=16)  # (0010,0040)
    is_corrected: bool = False  # shown otherwise than some of the files say, by decision


SORTED_BY = (
    "progress",
    "urgency",
    "patient_sort_name",
    "patient_sort_id",
    "patient_sort_birth_date",
    "patient_sort_sex",
    "modalities",
    "body_part_examined",
    "search_description",
    "accession_number",
    "referring_physician_name",
    "institution_name",
    "assigned_to",
    "tags",
    "series_count",
    "instance_count",
)
"""Columns of a study that the worklist is ordered by, each with an index that a page is read from."""

TOLD_BY_KEY = (
    "study_date",
    "patient_sort_birth_date",
    "instance_count",
    "arrived_at",
    "progress",
    "urgency",
    "assigned_to",
    "patient_sort_sex",
    "body_part_examined",
    "modalities",
    "report_progress",
    "has_prior",
)
"""Columns of a study that the worklist asks about, all short; one index tells them all of a key."""

TEXTS_BY_KEY = (
    "patient_sort_name",
    "patient_sort_id",
    "accession_number",
    "search_description",
    "referring_physician_name",
    "institution_name",
    "tags",
    "study_date",
    "study_time",
    "series_count",
)
"""Columns of a study that are looked into for parts of a text, and what else lists are ordered by; another index tells them of a key.

Only of the embedded database: PostgreSQL has the rows at hand, and takes no index over texts of any length.
"""


class Study(Tenant, table=True):
    """A study with the counts and states that the worklist shows.

    What begins with `patient_sort_`, `urgency`, `progress`, `report_progress` and `has_prior` repeat what the patient,
    `priority`, `reading_status`, reports and other studies say, for lists; `models.search_words` keeps them.
    """

    __tablename__ = "studies"
    __table_args__ = (
        UniqueConstraint("organization_id", "study_instance_uid"),
        Index("ix_studies_by_date", "organization_id", "study_date", "study_time", "id"),
        Index("ix_studies_by_arrival", "organization_id", "arrived_at", "id"),
        Index("ix_studies_by_change", "organization_id", "updated_at"),
        *(Index(f"ix_studies_order_{name}", "organization_id", name, "id") for name in SORTED_BY),
        Index("ix_studies_by_key", "organization_id", "id"),
        Index("ix_studies_told_by_key", "organization_id", "id", *TOLD_BY_KEY),
        Index(
            "ix_studies_texts_by_key",
            "organization_id",
            "id",
            *TEXTS_BY_KEY,
            info={ONLY_ON: "sqlite"},
        ),
    )

    patient_key: str = Field(foreign_key="patients.id", index=True)
    study_instance_uid: str = Field(max_length=64)  # (0020,000D)
    study_id: str = Field(default="", max_length=64)
    study_date: str = Field(default="", max_length=8)  # (0008,0020) YYYYMMDD
    study_time: str = Field(default="", max_length=16)  # (0008,0030)
    accession_number: str = Field(default="", max_length=64)  # (0008,0050)
    study_description: str = Field(default="")  # (0008,1030)
    search_description: str = Field(default="")
    referring_physician_name: str = Field(default="")  # (0008,0090)
    institution_name: str = Field(default="")  # (0008,0080)
    body_part_examined: str = Field(default="", max_length=64)
    modalities: str = Field(default="", max_length=120)  # sorted, each between backslashes: \CT\SR\
    series_count: int = 0
    instance_count: int = 0
    size_bytes: int = Field(default=0, sa_type=BigInteger)
    reading_status: str = Field(default="unread", max_length=16)  # vocabulary.ReadingStatus
    priority: str = Field(default="routine", max_length=16)  # vocabulary.Priority
    assigned_to: str | None = Field(default=None, foreign_key="users.id")
    claimed_by: str | None = Field(default=None, foreign_key="users.id")  # who is reading it now
    tags: str = Field(default="")  # sorted, each between backslashes: \\follow-up\\teaching\\
    patient_sort_name: str = Field(default="")
    patient_sort_id: str = Field(default="", max_length=64)
    patient_sort_birth_date: str = Field(default="", max_length=8)
    patient_sort_sex: str = Field(default="", max_length=16)
    urgency: int = 0  # 2 for stat, 1 for urgent
    progress: int = 0  # the place of `reading_status` in `ReadingStatus`
    report_progress: int = 0  # 1 where a report is begun, 2 where one is signed
    has_prior: bool = False  # the patient has an earlier study
    wrapped_data_key: bytes = Field(sa_type=LargeBinary)
    arrived_at: datetime = utc_column(required=True)
    updated_at: datetime = utc_column(required=True)


class Series(Tenant, table=True):
    """A series inside a study."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("organization_id", "study_key", "series_instance_uid"),)

    study_key: str = Field(foreign_key="studies.id", index=True)
    series_instance_uid: str = Field(max_length=64)  # (0020,000E)
    modality: str = Field(default="", max_length=16)  # (0008,0060)
    series_number: int | None = None  # (0020,0011)
    series_description: str = Field(default="")  # (0008,103E)
    body_part_examined: str = Field(default="", max_length=64)
    laterality: str = Field(default="", max_length=16)
    protocol_name: str = Field(default="")
    series_date: str = Field(default="", max_length=8)
    series_time: str = Field(default="", max_length=16)
    frame_of_reference_uid: str = Field(default="", max_length=64)
    instance_count: int = 0
    frame_count: int = 0


class Instance(Tenant, table=True):
    """One stored DICOM object, kept byte for byte.

    `attributes` is the JSON of the `backend.dicom` instance attributes; `reading_header` is all that decoding a frame
    needs, so that a stored file is never parsed again to be looked at.
    """

    __tablename__ = "instances"
    __table_args__ = (
        UniqueConstraint("organization_id", "sop_instance_uid"),
        Index("ix_instances_by_series", "series_key", "instance_number"),
    )

    study_key: str = Field(foreign_key="studies.id", index=True)
    series_key: str = Field(foreign_key="series.id")
    sop_instance_uid: str = Field(max_length=64)  # (0008,0018)
    sop_class_uid: str = Field(max_length=64)  # (0008,0016)
    transfer_syntax_uid: str = Field(max_length=64)  # (0002,0010)
    instance_number: int | None = None  # (0020,0013)
    rows: int = 0
    columns: int = 0
    frame_count: int = 0
    is_displayable: bool = False
    not_displayable_reason: str = Field(default="")
    object_id: str = Field(unique=True, max_length=64)
    wrapped_object_key: bytes = Field(sa_type=LargeBinary)
    size_bytes: int = Field(default=0, sa_type=BigInteger)
    sha256: str = Field(max_length=64)  # of the bytes as received
    attributes: str = Field(default="{}")
    reading_header: bytes = Field(default=b"", sa_type=LargeBinary)


class Frame(Tenant, table=True):
    """One frame of an instance: the checksum of its decoded pixels, and where it lies in space."""

    __tablename__ = "frames"
    __table_args__ = (UniqueConstraint("instance_key", "frame_number"),)

    instance_key: str = Field(foreign_key="instances.id")
    frame_number: int  # from 1
    pixel_sha256: str = Field(max_length=64)
    image_position_mm: str = Field(default="")  # JSON (x, y, z), PS3.3 C.7.6.2.1.1
    image_orientation: str = Field(default="")  # JSON (row x, y, z, column x, y, z)
