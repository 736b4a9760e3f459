"""What a file says about patient, study, series and image. How its pixels are drawn is read in `pixel_description`."""

import math
from dataclasses import replace
from functools import lru_cache
from typing import Any, cast

from pydicom.uid import UID

from backend.dicom.distinctions import dimension_labels, frame_distinction
from backend.dicom.elements import Elements
from backend.dicom.iso_2022 import UNREADABLE
from backend.dicom.model import (
    AcquisitionAttributes,
    CineAttributes,
    FrameDistinction,
    FrameGeometry,
    InstanceAttributes,
    Orientation,
    PatientAttributes,
    PersonName,
    SeriesAttributes,
    SpacingAttributes,
    StudyAttributes,
    Vector3,
)
from backend.dicom.part10 import NOT_DICOM, OpenedFile, Unreadable
from backend.dicom.uptake import uptake_attributes
from backend.dicom.video.model import MAX_VIDEO_FRAMES
from backend.dicom.video.syntaxes import is_video

MEDIA_STORAGE_DIRECTORY = "1.2.840.10008.1.3.10"
MAX_FRAMES = 100_000
_IDENTIFIER_CHARACTERS = 64
_TRANSVERSE = 0.9999  # least share of z in the normal of a transverse plane
_SAME_PLACE_MM = 0.01
_CENTIMETRES = 3  # (0018,6024) Physical Units X Direction, PS3.3 C.8.5.5.1.15


def instance_attributes(
    opened: OpenedFile, elements: Elements, *, must_be_filed: bool = True
) -> InstanceAttributes:
    """Read all attributes that are kept. Whether the pixels can be shown is decided elsewhere.

    Args:
        opened: The file.
        elements: Its data set.
        must_be_filed: False for a file that is only looked at, which may lack UIDs; they are "" then.

    Raises:
        Unreadable: If a UID that identifies the instance is missing or invalid.
    """
    sop_class_uid = elements.uid("SOPClassUID") or _valid_uid(opened.media_storage_sop_class_uid)
    sop_instance_uid = elements.uid("SOPInstanceUID") or _valid_uid(
        opened.media_storage_sop_instance_uid
    )
    study_instance_uid = elements.uid("StudyInstanceUID")
    series_instance_uid = elements.uid("SeriesInstanceUID")
    if not any((sop_class_uid, sop_instance_uid, study_instance_uid, opened.transfer_syntax_uid)):
        raise Unreadable(NOT_DICOM)
    for value, name in (
        (sop_instance_uid, "SOP Instance UID"),
        (study_instance_uid, "Study Instance UID"),
        (series_instance_uid, "Series Instance UID"),
        (sop_class_uid, "SOP Class UID"),
    ):
        if must_be_filed and not value:
            raise Unreadable(
                f"The file has no valid {name}, so it cannot be filed. Export it again."
            )
    is_film = is_video(opened.transfer_syntax_uid)
    most = MAX_VIDEO_FRAMES if is_film else MAX_FRAMES
    number_of_frames = _number_of_frames(elements, most) if opened.pixel_element is not None else 0
    geometry = elements.once(_geometry_of_all)
    # The frames of a film differ in time only; there may be more of them than of any stack.
    groups = [] if is_film else per_frame_groups(elements, number_of_frames)
    distinctions = _distinctions(elements, groups)
    return InstanceAttributes(
        patient=elements.once(_patient),
        study=elements.once(_study, study_instance_uid),
        series=elements.once(_series, series_instance_uid),
        acquisition=elements.once(_acquisition),
        spacing=elements.once(_spacing),
        cine=elements.once(_cine),
        geometry=geometry,
        sop_instance_uid=sop_instance_uid,
        sop_class_uid=sop_class_uid,
        sop_class_name=_uid_name(sop_class_uid, "Unknown SOP class"),
        transfer_syntax_uid=opened.transfer_syntax_uid,
        transfer_syntax_name=_uid_name(opened.transfer_syntax_uid, "Unknown transfer syntax"),
        instance_number=elements.integer("InstanceNumber"),
        number_of_frames=number_of_frames,
        **elements.once(_alike_in_a_series),
        content_time=elements.time("ContentTime"),
        acquisition_time=elements.time("AcquisitionTime"),
        slice_location_mm=elements.number("SliceLocation"),
        frame_geometries=_frame_geometries(elements, groups, geometry, number_of_frames),
        distinction=distinctions[0],
        frame_distinctions=()
        if all(one == distinctions[0] for one in distinctions)
        else distinctions,
        uptake=elements.once(uptake_attributes, sop_class_uid),
    )


def _alike_in_a_series(elements: Elements) -> dict[str, Any]:
    """What the images of a series mostly say alike, by the name of the attribute; of values that are frozen."""
    return {
        "rows": elements.integer("Rows") or 0,
        "columns": elements.integer("Columns") or 0,
        "photometric_interpretation": elements.string("PhotometricInterpretation"),
        "image_type": elements.strings("ImageType"),
        "patient_orientation": elements.strings("PatientOrientation"),
        "image_comments": elements.text("ImageComments"),
        "content_date": elements.date("ContentDate"),
        "acquisition_date": elements.date("AcquisitionDate"),
        "acquisition_number": elements.integer("AcquisitionNumber"),
        "temporal_position_identifier": elements.integer("TemporalPositionIdentifier"),
        "burned_in_annotation": elements.string("BurnedInAnnotation"),
    }


def per_frame_groups(elements: Elements, number_of_frames: int) -> list[list[Elements]]:
    """Where to look a frame's attributes up: its own functional groups, then the shared ones, then the data set.

    Args:
        elements: The data set.
        number_of_frames: Of the image.

    Returns:
        One list for each frame; empty where the file has no functional groups (PS3.3 C.7.6.16).
    """
    shared = elements.item("SharedFunctionalGroupsSequence")
    per_frame = elements.items("PerFrameFunctionalGroupsSequence")
    if shared is None and not per_frame:
        return []
    if per_frame and len(per_frame) != number_of_frames:
        elements.note(
            "The number of per-frame functional groups is not the number of frames; they are ignored."
        )
        per_frame = []
    base = [elements] if shared is None else [shared, elements]
    if not per_frame:
        return [base] * number_of_frames
    return [[own, *base] for own in per_frame]


def first_item(groups: list[Elements], keyword: str) -> Elements | None:
    """The first item of the first of these groups that has the sequence."""
    for group in groups:
        if keyword in group:
            found = group.item(keyword)
            if found is not None:
                return found
    return None


def person_name(text: str) -> PersonName:
    """Split a person name into its groups, PS3.5 6.2.1.1. Nothing is guessed where separators are missing."""
    groups = [group.rstrip("^") for group in text.split("=")] + ["", "", ""]
    named = next((group for group in groups if group), "")
    components = [component.strip() for component in named.split("^")] + ["", ""]
    return PersonName(
        text=text.rstrip("=^"),
        family=components[0],
        given=components[1],
        ideographic=groups[1],
        phonetic=groups[2],
    )


def _valid_uid(text: str) -> str:
    return (
        text if text and len(text) <= 64 and all(part.isdigit() for part in text.split(".")) else ""
    )


@lru_cache(maxsize=256)
def _uid_name(uid: str, otherwise: str) -> str:
    name = UID(uid).name if uid else otherwise
    return otherwise if name == uid else name


def _number_of_frames(elements: Elements, most: int) -> int:
    count = elements.integer("NumberOfFrames")
    if count is None or count < 1:
        return 1
    if count > most:
        raise Unreadable(
            f"The file announces more than {most:,} frames, which is more than is allowed."
        )
    return count


def _identifier(elements: Elements, keyword: str) -> str:
    """An identifier whole: one that is cut would name somebody or something else (LO and SH, PS3.5 6.2)."""
    text = elements.text(keyword)
    if len(text) > _IDENTIFIER_CHARACTERS and UNREADABLE in text:
        raise Unreadable(
            f"{keyword} is written in a character set that the file does not declare, so the file cannot be filed."
            " Correct it."
        )
    if len(text) > _IDENTIFIER_CHARACTERS:
        raise Unreadable(
            f"{keyword} is longer than 64 characters, so the file cannot be filed. Correct it."
        )
    return text


def _patient(elements: Elements) -> PatientAttributes:
    return PatientAttributes(
        patient_id=_identifier(elements, "PatientID"),
        issuer_of_patient_id=_identifier(elements, "IssuerOfPatientID"),
        patient_name=person_name(elements.text("PatientName")),
        patient_birth_date=elements.date("PatientBirthDate"),
        patient_sex=elements.string("PatientSex"),
    )


def _study(elements: Elements, study_instance_uid: str) -> StudyAttributes:
    return StudyAttributes(
        study_instance_uid=study_instance_uid,
        study_id=_identifier(elements, "StudyID"),
        study_date=elements.date("StudyDate"),
        study_time=elements.time("StudyTime"),
        accession_number=_identifier(elements, "AccessionNumber"),
        study_description=elements.text("StudyDescription"),
        referring_physician_name=person_name(elements.text("ReferringPhysicianName")),
        institution_name=elements.text("InstitutionName"),
        patient_age=elements.string("PatientAge"),
        patient_weight_kg=elements.positive("PatientWeight"),
    )


def _series(elements: Elements, series_instance_uid: str) -> SeriesAttributes:
    return SeriesAttributes(
        series_instance_uid=series_instance_uid,
        modality=elements.string("Modality"),
        series_number=elements.integer("SeriesNumber"),
        series_description=elements.text("SeriesDescription"),
        body_part_examined=elements.string("BodyPartExamined"),
        laterality=elements.string("Laterality") or elements.string("ImageLaterality"),
        patient_position=elements.string("PatientPosition"),
        protocol_name=elements.text("ProtocolName"),
        series_date=elements.date("SeriesDate"),
        series_time=elements.time("SeriesTime"),
        frame_of_reference_uid=elements.uid("FrameOfReferenceUID"),
        manufacturer=elements.text("Manufacturer"),
        manufacturer_model_name=elements.text("ManufacturerModelName"),
        station_name=elements.text("StationName"),
    )


def _acquisition(elements: Elements) -> AcquisitionAttributes:
    return AcquisitionAttributes(
        kvp=elements.positive("KVP"),
        exposure_mas=elements.positive("Exposure"),
        exposure_time_ms=elements.positive("ExposureTime"),
        x_ray_tube_current_ma=elements.positive("XRayTubeCurrent"),
        convolution_kernel=elements.string("ConvolutionKernel"),
        gantry_tilt_degrees=elements.number("GantryDetectorTilt"),
        echo_time_ms=elements.number("EchoTime"),
        repetition_time_ms=elements.number("RepetitionTime"),
        inversion_time_ms=elements.number("InversionTime"),
        flip_angle_degrees=elements.number("FlipAngle"),
        magnetic_field_strength_t=elements.positive("MagneticFieldStrength"),
        sequence_name=elements.text("SequenceName"),
        contrast_bolus_agent=elements.text("ContrastBolusAgent"),
        view_position=elements.string("ViewPosition"),
        image_laterality=elements.string("ImageLaterality"),
        compression_force_n=elements.positive("CompressionForce"),
        body_part_thickness_mm=elements.positive("BodyPartThickness"),
    )


def _spacing(elements: Elements) -> SpacingAttributes:
    has_regions = "SequenceOfUltrasoundRegions" in elements
    return SpacingAttributes(
        pixel_spacing_mm=_spacing_pair(elements, "PixelSpacing"),
        pixel_spacing_calibration_type=elements.string("PixelSpacingCalibrationType"),
        imager_pixel_spacing_mm=_spacing_pair(elements, "ImagerPixelSpacing"),
        nominal_scanned_pixel_spacing_mm=_spacing_pair(elements, "NominalScannedPixelSpacing"),
        estimated_radiographic_magnification_factor=elements.positive(
            "EstimatedRadiographicMagnificationFactor"
        ),
        pixel_aspect_ratio=_aspect_ratio(elements),
        ultrasound_spacing_mm=_ultrasound_spacing(elements) if has_regions else None,
        has_ultrasound_regions=has_regions,
    )


def _spacing_pair(elements: Elements, keyword: str) -> tuple[float, float] | None:
    values = elements.numbers(keyword)
    if not values:
        return None
    if len(values) != 2 or min(values) <= 0:
        elements.note(f"{keyword} is not a pair of positive numbers.")
        return None
    return values[0], values[1]


def _aspect_ratio(elements: Elements) -> tuple[int, int] | None:
    values = elements.numbers("PixelAspectRatio")
    if len(values) != 2 or min(values) <= 0 or any(value != int(value) for value in values):
        return None
    return int(values[0]), int(values[1])


def _ultrasound_spacing(elements: Elements) -> tuple[float, float] | None:
    """The spacing of the regions, where all of them measure centimetres and agree, PS3.3 C.8.5.5."""
    spacings = set()
    for region in elements.items("SequenceOfUltrasoundRegions"):
        units = region.integer("PhysicalUnitsXDirection"), region.integer("PhysicalUnitsYDirection")
        delta_x, delta_y = region.number("PhysicalDeltaX"), region.number("PhysicalDeltaY")
        if units != (_CENTIMETRES, _CENTIMETRES) or not delta_x or not delta_y:
            return None
        spacings.add((abs(delta_y) * 10.0, abs(delta_x) * 10.0))
    return spacings.pop() if len(spacings) == 1 else None


def _cine(elements: Elements) -> CineAttributes:
    return CineAttributes(
        frame_time_ms=elements.positive("FrameTime"),
        frame_time_vector_ms=elements.numbers("FrameTimeVector"),
        recommended_display_frame_rate=elements.positive("RecommendedDisplayFrameRate"),
        cine_rate=elements.positive("CineRate"),
        frame_increment_pointer=elements.tags("FrameIncrementPointer"),
        actual_frame_duration_ms=elements.positive("ActualFrameDuration"),
        preferred_playback_sequencing=elements.integer("PreferredPlaybackSequencing"),
        start_trim=elements.integer("StartTrim"),
        stop_trim=elements.integer("StopTrim"),
    )


def _distinctions(elements: Elements, groups: list[list[Elements]]) -> tuple[FrameDistinction, ...]:
    if not groups:
        return (elements.once(_distinction_of_all),)
    labels = dimension_labels(elements)
    return tuple(frame_distinction(group, labels) for group in groups)


def _distinction_of_all(elements: Elements) -> FrameDistinction:
    return frame_distinction([elements], dimension_labels(elements))


def _frame_geometries(
    elements: Elements, groups: list[list[Elements]], of_all: FrameGeometry, number_of_frames: int
) -> tuple[FrameGeometry, ...]:
    if groups:
        return tuple(_geometry(group) for group in groups)
    return _dose_planes(elements, of_all, number_of_frames)


def _dose_planes(
    elements: Elements, of_all: FrameGeometry, number_of_frames: int
) -> tuple[FrameGeometry, ...]:
    """Where the planes of a dose grid lie, PS3.3 C.8.8.3.2; empty for anything else, or where the file is not clear.

    The offsets are counted from Image Position along the normal when the first is 0; else they are patient coordinates
    along z, which the standard allows only for transverse planes, and only if the first is where Image Position lies.
    """
    offsets = elements.numbers("GridFrameOffsetVector")
    position, orientation = of_all.image_position_mm, of_all.image_orientation
    if len(offsets) != number_of_frames or number_of_frames < 2:
        return ()
    if position is None or orientation is None:
        return ()
    row, column = orientation[:3], orientation[3:]
    normal = (
        row[1] * column[2] - row[2] * column[1],
        row[2] * column[0] - row[0] * column[2],
        row[0] * column[1] - row[1] * column[0],
    )
    if offsets[0] != 0:
        if normal[2] < _TRANSVERSE or abs(offsets[0] - position[2]) > _SAME_PLACE_MM:
            elements.note("GridFrameOffsetVector does not fit the position; it is not used.")
            return ()
        return tuple(
            replace(of_all, image_position_mm=(position[0], position[1], z)) for z in offsets
        )
    x, y, z = position
    return tuple(
        replace(
            of_all,
            image_position_mm=(
                x + offset * normal[0],
                y + offset * normal[1],
                z + offset * normal[2],
            ),
        )
        for offset in offsets
    )


def _geometry_of_all(elements: Elements) -> FrameGeometry:
    return _geometry([elements])


def _geometry(groups: list[Elements]) -> FrameGeometry:
    """The geometry of a frame from its functional groups, or, for classic images, from the data set itself."""
    data_set = groups[-1]
    is_enhanced = len(groups) > 1
    position = first_item(groups, "PlanePositionSequence") if is_enhanced else None
    orientation = first_item(groups, "PlaneOrientationSequence") if is_enhanced else None
    measures = first_item(groups, "PixelMeasuresSequence") if is_enhanced else None
    content = first_item(groups, "FrameContentSequence") if is_enhanced else None
    return FrameGeometry(
        image_position_mm=_position(position or data_set),
        image_orientation=_orientation(orientation or data_set),
        pixel_spacing_mm=_spacing_pair(measures or data_set, "PixelSpacing"),
        slice_thickness_mm=(measures or data_set).positive("SliceThickness"),
        stack_id=content.text("StackID") if content is not None else "",
        in_stack_position_number=content.integer("InStackPositionNumber")
        if content is not None
        else None,
    )


def _position(elements: Elements) -> Vector3 | None:
    values = elements.numbers("ImagePositionPatient")
    if not values:
        return None
    if len(values) != 3:
        elements.note("ImagePositionPatient is not three numbers.")
        return None
    return values


def _orientation(elements: Elements) -> Orientation | None:
    """The direction cosines, where they are two unit vectors at a right angle (PS3.3 C.7.6.2.1.1)."""
    values = elements.numbers("ImageOrientationPatient")
    if not values:
        return None
    is_valid = len(values) == 6
    if is_valid:
        row, column = values[:3], values[3:]
        product = sum(a * b for a, b in zip(row, column, strict=True))
        is_valid = (
            abs(math.hypot(*row) - 1) < 0.01
            and abs(math.hypot(*column) - 1) < 0.01
            and abs(product) < 0.01
        )
    if not is_valid:
        elements.note(
            "ImageOrientationPatient is not two perpendicular unit vectors; it is not used."
        )
        return None
    return cast(Orientation, values)
