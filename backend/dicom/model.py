"""What a file says, as plain frozen values that can cross a process border as JSON. No pydicom object lives here.

Text is decoded; an attribute that is absent or empty is "" (text, dates, times, UIDs) or None (numbers), never an
invented value. Dates are valid `YYYYMMDD`, times valid `HHMMSS.ffffff` prefixes; what was not is "" with a note.
"""

from dataclasses import dataclass
from typing import ClassVar

from backend.imaging.model import UptakeScale

Vector3 = tuple[float, float, float]
Orientation = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer for a file that is not taken in.

    Attributes:
        reason: One sentence for a user; it holds no patient data.
        is_skipped: True where nothing is wrong, but there is nothing to store (a DICOMDIR).
        named_files: The files that a DICOMDIR names, as paths from where it lies.
    """

    reason: str
    is_skipped: bool = False
    named_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person name, PS3.5 6.2.1.1.

    Attributes:
        text: The whole value, decoded: `Family^Given^Middle^Prefix^Suffix=ideographic=phonetic`.
        family: Family name of the alphabetic group, else of the ideographic, else of the phonetic one.
        given: Given name of the same group.
        ideographic: The whole second group.
        phonetic: The whole third group.
    """

    text: str = ""
    family: str = ""
    given: str = ""
    ideographic: str = ""
    phonetic: str = ""


@dataclass(frozen=True, slots=True)
class PatientAttributes:
    """Patient Module, PS3.3 C.7.1.1."""

    patient_id: str = ""
    issuer_of_patient_id: str = ""
    patient_name: PersonName = PersonName()
    patient_birth_date: str = ""
    patient_sex: str = ""


@dataclass(frozen=True, slots=True)
class StudyAttributes:
    """General Study and Patient Study Modules, PS3.3 C.7.2."""

    study_instance_uid: str
    study_id: str = ""
    study_date: str = ""
    study_time: str = ""
    accession_number: str = ""
    study_description: str = ""
    referring_physician_name: PersonName = PersonName()
    institution_name: str = ""
    patient_age: str = ""
    patient_weight_kg: float | None = None


@dataclass(frozen=True, slots=True)
class SeriesAttributes:
    """General Series Module and equipment, PS3.3 C.7.3, C.7.5."""

    series_instance_uid: str
    modality: str = ""
    series_number: int | None = None
    series_description: str = ""
    body_part_examined: str = ""
    laterality: str = ""
    patient_position: str = ""
    protocol_name: str = ""
    series_date: str = ""
    series_time: str = ""
    frame_of_reference_uid: str = ""
    manufacturer: str = ""
    manufacturer_model_name: str = ""
    station_name: str = ""


@dataclass(frozen=True, slots=True)
class AcquisitionAttributes:
    """How the image was made, for the corner text."""

    kvp: float | None = None
    exposure_mas: float | None = None
    exposure_time_ms: float | None = None
    x_ray_tube_current_ma: float | None = None
    convolution_kernel: str = ""
    gantry_tilt_degrees: float | None = None
    echo_time_ms: float | None = None
    repetition_time_ms: float | None = None
    inversion_time_ms: float | None = None
    flip_angle_degrees: float | None = None
    magnetic_field_strength_t: float | None = None
    sequence_name: str = ""
    contrast_bolus_agent: str = ""
    view_position: str = ""
    image_laterality: str = ""
    compression_force_n: float | None = None
    body_part_thickness_mm: float | None = None


@dataclass(frozen=True, slots=True)
class UptakeAttributes:
    """What standard uptake values of a PET rest on, PS3.3 C.8.9.1 and C.8.9.2.

    Attributes:
        scale: How its values become SUV; None where that cannot be known, which a note says.
        radiopharmaceutical: What was injected.
        dose_bq: How much, Radionuclide Total Dose (0018,1074).
        weight_kg: Of the patient.
        seconds_after_injection: From the injection to the moment at which the series began to be acquired.
    """

    scale: UptakeScale | None = None
    radiopharmaceutical: str = ""
    dose_bq: float | None = None
    weight_kg: float | None = None
    seconds_after_injection: float | None = None


@dataclass(frozen=True, slots=True)
class FrameGeometry:
    """Where one frame lies in space, PS3.3 C.7.6.2 and C.7.6.16.2.3.

    Attributes:
        image_position_mm: Centre of the first pixel, patient coordinates.
        image_orientation: Direction of a row, then of a column (six cosines).
        pixel_spacing_mm: Between rows, then between columns.
        slice_thickness_mm: Nominal thickness.
        stack_id: Stack this frame belongs to (enhanced multi-frame).
        in_stack_position_number: Its place in that stack, from 1.
    """

    image_position_mm: Vector3 | None = None
    image_orientation: Orientation | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    slice_thickness_mm: float | None = None
    stack_id: str = ""
    in_stack_position_number: int | None = None


@dataclass(frozen=True, slots=True)
class FrameDistinction:
    """What may set a frame apart from another one in the same place.

    Holds what functional groups say of a frame, and of classic images what is kept nowhere else: what is "" or None here
    may still be said by the instance (`InstanceAttributes`, `AcquisitionAttributes`).

    Attributes:
        image_type: Frame Type (0008,9007) of an enhanced object.
        complex_image_component: MAGNITUDE, PHASE, REAL, IMAGINARY, by (0008,9208) or what the maker writes instead.
        echo_number: (0018,0086).
        echo_time_ms: Effective Echo Time (0018,9082).
        inversion_time_ms: (0018,9079).
        flip_angle_degrees: (0018,1314).
        b_value: In s/mm2, by (0018,9087) or what the maker writes instead.
        gradient_direction: Of the diffusion gradient, for telling directions apart, not for calculating.
        temporal_position: Temporal Position Index (0020,9128), from 1.
        trigger_time_ms: After the R wave, (0018,1060) or (0020,9153).
        cardiac_phase_percent: (0020,9241).
        acquisition_number: Frame Acquisition Number (0020,9156).
        acquired_at: Frame Acquisition DateTime (0018,9074), as text that sorts.
        dimensions: Label and index of each further dimension of an enhanced object, PS3.3 C.7.6.17.
    """

    image_type: tuple[str, ...] = ()
    complex_image_component: str = ""
    echo_number: int | None = None
    echo_time_ms: float | None = None
    inversion_time_ms: float | None = None
    flip_angle_degrees: float | None = None
    b_value: float | None = None
    gradient_direction: Vector3 | None = None
    temporal_position: int | None = None
    trigger_time_ms: float | None = None
    cardiac_phase_percent: float | None = None
    acquisition_number: int | None = None
    acquired_at: str = ""
    dimensions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class SpacingAttributes:
    """Every spacing the file states, so that the physical one is chosen knowingly, PS3.3 10.7.1.3.

    Attributes:
        pixel_spacing_mm: (0028,0030), between rows, then between columns.
        pixel_spacing_calibration_type: (0028,0A02) GEOMETRY or FIDUCIAL, "" if not stated.
        imager_pixel_spacing_mm: (0018,1164), at the detector, not in the patient.
        nominal_scanned_pixel_spacing_mm: (0018,2010), of a film scanner or a camera.
        estimated_radiographic_magnification_factor: (0018,1114).
        pixel_aspect_ratio: (0028,0034) vertical, horizontal.
        ultrasound_spacing_mm: Spacing that all spatial ultrasound regions share, between rows, then between columns.
        has_ultrasound_regions: Whether the file has ultrasound regions at all.
    """

    pixel_spacing_mm: tuple[float, float] | None = None
    pixel_spacing_calibration_type: str = ""
    imager_pixel_spacing_mm: tuple[float, float] | None = None
    nominal_scanned_pixel_spacing_mm: tuple[float, float] | None = None
    estimated_radiographic_magnification_factor: float | None = None
    pixel_aspect_ratio: tuple[int, int] | None = None
    ultrasound_spacing_mm: tuple[float, float] | None = None
    has_ultrasound_regions: bool = False


@dataclass(frozen=True, slots=True)
class CineAttributes:
    """How a multi-frame image plays, PS3.3 C.7.6.5. What follows from it is decided in `services.film`.

    Attributes:
        frame_time_ms: (0018,1063).
        frame_time_vector_ms: (0018,1065), from one frame to the next; the first value is 0.
        recommended_display_frame_rate: (0008,2144), frames a second.
        cine_rate: (0018,0040), frames a second.
        frame_increment_pointer: (0028,0009), keywords of what tells the frames apart.
        actual_frame_duration_ms: (0018,1242), of the acquisition of a frame.
        preferred_playback_sequencing: (0018,1244): 0 around and around, 1 back and forth.
        start_trim: (0008,2142), first frame to be played, from 1.
        stop_trim: (0008,2143), last frame to be played.
    """

    frame_time_ms: float | None = None
    frame_time_vector_ms: tuple[float, ...] = ()
    recommended_display_frame_rate: float | None = None
    cine_rate: float | None = None
    frame_increment_pointer: tuple[str, ...] = ()
    actual_frame_duration_ms: float | None = None
    preferred_playback_sequencing: int | None = None
    start_trim: int | None = None
    stop_trim: int | None = None


@dataclass(frozen=True, slots=True)
class InstanceAttributes:
    """One SOP instance as its file describes it.

    Attributes:
        number_of_frames: Of the image; 0 where there is no image.
        patient_orientation: (0020,0020), letters of the row and of the column direction, for images without cosines.
        geometry: Of the only frame, or what all frames of a multi-frame share.
        frame_geometries: One for each frame where they differ (functional groups), else empty; ask `frame_geometry`.
        distinction: What may set the only frame, or all frames, apart from other images in the same place.
        frame_distinctions: One for each frame where they differ, else empty; ask `frame_distinction`.
        is_displayable: Every frame was decoded, so that it can be shown.
        not_displayable_reason: Otherwise why not, one sentence for a user.
        is_deflated: The data set is deflated as a whole, so that a frame costs inflating all before it.
        notes: What was tolerated while reading, a sentence each, without patient data.
        uptake: What its SUV rest on; None where it is no PET.
    """

    GONE: ClassVar[frozenset[str]] = frozenset({"lossy_ratio"})

    patient: PatientAttributes
    study: StudyAttributes
    series: SeriesAttributes
    acquisition: AcquisitionAttributes
    spacing: SpacingAttributes
    cine: CineAttributes
    geometry: FrameGeometry
    sop_instance_uid: str
    sop_class_uid: str
    sop_class_name: str
    transfer_syntax_uid: str
    transfer_syntax_name: str
    instance_number: int | None = None
    rows: int = 0
    columns: int = 0
    number_of_frames: int = 0
    photometric_interpretation: str = ""
    image_type: tuple[str, ...] = ()
    patient_orientation: tuple[str, ...] = ()
    image_comments: str = ""
    content_date: str = ""
    content_time: str = ""
    acquisition_date: str = ""
    acquisition_time: str = ""
    acquisition_number: int | None = None
    temporal_position_identifier: int | None = None
    slice_location_mm: float | None = None
    burned_in_annotation: str = ""
    is_lossy_source: bool = False
    frame_geometries: tuple[FrameGeometry, ...] = ()
    is_displayable: bool = False
    not_displayable_reason: str = ""
    is_deflated: bool = False
    notes: tuple[str, ...] = ()
    distinction: FrameDistinction = FrameDistinction()
    frame_distinctions: tuple[FrameDistinction, ...] = ()
    uptake: UptakeAttributes | None = None

    def frame_distinction(self, frame_index: int) -> FrameDistinction:
        """What may set frame `frame_index` (from 0) apart."""
        return self.frame_distinctions[frame_index] if self.frame_distinctions else self.distinction

    def frame_geometry(self, frame_index: int) -> FrameGeometry:
        """Where frame `frame_index` (from 0) lies."""
        return self.frame_geometries[frame_index] if self.frame_geometries else self.geometry


@dataclass(frozen=True, slots=True)
class ParsedInstance:
    """All that is kept of parsing one file.

    Attributes:
        attributes: What the file says.
        reading_header: Octets of a `backend.dicom.frames.ReadingHeader`; empty where nothing is displayable.
        frame_checksums: SHA-256 (hex) of the stored values of each decoded frame, see `frames.pixel_checksum`.
        video_header: Octets of a `backend.dicom.video.model.VideoHeader`; empty where there is no video.
    """

    attributes: InstanceAttributes
    reading_header: bytes = b""
    frame_checksums: tuple[str, ...] = ()
    video_header: bytes = b""
