"""Answers and decisions about patients: what contradicts what, what a decision would change, what was decided."""

from dataclasses import dataclass

from backend.core.vocabulary import PatientChangeKind


@dataclass(frozen=True, slots=True)
class PatientValues:
    """What identifies a patient, as files or people write it."""

    patient_id: str = ""
    issuer_of_patient_id: str = ""
    patient_name: str = ""
    patient_birth_date: str = ""  # YYYYMMDD
    patient_sex: str = ""


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """A study in few words; the date is YYYY-MM-DD."""

    study_instance_uid: str
    study_date: str
    study_description: str
    modalities: tuple[str, ...]
    instance_count: int


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """A stored patient with what is stored of them."""

    patient_key: str
    values: PatientValues
    qualifier: str
    shown_name: str
    shown_birth_date: str
    is_corrected: bool
    studies: tuple[StudyFacts, ...]
    instance_count: int
    other_names: tuple[str, ...]  # how else files write the name


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One conflict in the list."""

    conflict_key: str
    kind: str
    shown_name: str
    patient_id: str
    shown_birth_date: str
    instance_count: int
    arrived_at: str  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class ConflictView:
    """One conflict whole.

    Attributes:
        came: What the files that wait say of their patient.
        came_studies: The studies that they belong to, with how many of them wait.
        stored: Whom they may belong to: the patients of the same ID, and the one whose study it is.
        choices: The decisions that can be taken.
        source_names: Some of the files as their sender called them.
    """

    conflict_key: str
    kind: str
    status: str
    arrived_at: str
    came: PatientValues
    came_shown_name: str
    came_shown_birth_date: str
    came_studies: tuple[StudyFacts, ...]
    instance_count: int
    stored: tuple[PatientFacts, ...]
    choices: tuple[str, ...]
    source_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ElementDifference:
    """An element of which two files say different things; `stored` or `came` is None where the file does not have it."""

    place: str  # its tag, behind those of the items that it stands in: `(0008,1115) 1 (0020,000E)`
    name: str
    stored: str | None
    came: str | None


@dataclass(frozen=True, slots=True)
class ContentDifference:
    """What a file that came differs in from the stored one that claims to be the same object.

    Attributes:
        source_name: The file that came, as its sender called it.
        has_same_pixels: Whether every frame holds the same stored values.
        elements: The first elements that differ.
        element_count: How many do.
        problem: Why the elements cannot be read; empty where they can.
    """

    source_name: str
    has_same_pixels: bool
    elements: tuple[ElementDifference, ...]
    element_count: int
    problem: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What an administrator wants.

    Attributes:
        kind: Which decision.
        conflict_key: The conflict that it resolves; "" for stored patients.
        patient_key: The stored patient that it is about; for merging, the one that remains.
        other_patient_key: For merging stored patients, the one that is merged into the other.
        values: What holds; None where nothing is to change.
        study_instance_uids: For splitting, the studies of the other person.
        reason: Why; needed to discard.
    """

    kind: PatientChangeKind
    conflict_key: str = ""
    patient_key: str = ""
    other_patient_key: str = ""
    values: PatientValues | None = None
    study_instance_uids: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value of one patient, before and after."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """Files that say this belong to the patient from then on.

    Attributes:
        patient_id: The ID that they say.
        patient_name: The name that they say.
        patient_birth_date: The birth date that they say, YYYYMMDD.
        is_everywhere: Whether that holds in every study; otherwise only in those that the decision is about.
        before: Whose they were until then; "" if nobody's.
    """

    patient_id: str
    patient_name: str
    patient_birth_date: str
    is_everywhere: bool
    before: str = ""


@dataclass(frozen=True, slots=True)
class Effects:
    """All that a decision changes.

    Attributes:
        patient: Whose name the result stands under, shown.
        is_new_patient: Whether that patient is made by the decision.
        qualifier: The number that the patient gets, to tell people of the same ID apart; "" if none is needed.
        filed: Images that are shown from then on.
        filed_studies: In so many studies.
        known: Images whose very octets are in a study already.
        moved_studies: Studies that change to that patient.
        moved_images: Images in those.
        discarded: Images that are kept but not shown.
        replaced: Images that are no longer shown, because another takes their place.
        still_waiting: Images that contradict something else, and go on waiting.
        value_changes: Values that are shown otherwise from then on.
        claims: Which files that come later are that patient's.
    """

    patient: str = ""
    is_new_patient: bool = False
    qualifier: str = ""
    filed: int = 0
    filed_studies: int = 0
    known: int = 0
    moved_studies: int = 0
    moved_images: int = 0
    discarded: int = 0
    replaced: int = 0
    still_waiting: int = 0
    value_changes: tuple[ValueChange, ...] = ()
    claims: tuple[ClaimChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would change; `fingerprint` lets exactly this be done."""

    effects: Effects
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One decision of the past."""

    change_key: str
    kind: str
    made_at: str  # ISO 8601, UTC
    made_by: str
    reason: str
    effects: Effects
    undone_at: str  # "" if it stands
    undone_by: str
    kept_files: int  # that it has put away, and that are still there
    kept_bytes: int
    can_be_undone: bool


@dataclass(frozen=True, slots=True)
class Erasure:
    """What deleting for good takes away of a decision."""

    change_key: str
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ConflictsPage:
    """The conflicts of one page of the list, the newest decisions, and the conflict that was asked for."""

    waiting: tuple[ConflictRow, ...]
    waiting_total: int
    page: int  # from 1
    page_count: int
    changes: tuple[ChangeRow, ...]
    conflict: ConflictView | None
