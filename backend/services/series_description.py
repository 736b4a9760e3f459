"""What a viewport is told about a series: pure, from what was stored at ingest. Who may be told is decided in `viewing`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from backend.dicom import plain
from backend.dicom.model import (
    FrameGeometry,
    InstanceAttributes,
)
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.geometry import (
    PhysicalSpacing,
    SpacingBasis,
    choose_spacing,
    pixel_aspect,
)
from backend.imaging.modality_lut import value_unit
from backend.imaging.model import FrameAttributes
from backend.imaging.presets import presets_of
from backend.models.viewing import StoredInstance
from backend.schemas.viewing import NO_FILM, FilmDescription, ImageDescription, WindowPreset
from backend.services import stack_notes
from backend.services.corner_text import acquisition_text, apart_text, overlay_text, place_text
from backend.services.film import describe_film
from backend.services.stacks import Stack

_PROJECTIONS = {"CR", "DX", "MG", "XA", "RF", "IO", "PX", "RG"}
_SAME_FACTOR = 0.001
_LEAST_COSINE = 0.7
LOSSY_BEFORE = "The image was compressed with loss before it came here."


class SeriesReader:
    """Reads the instances of a series; what they have in common is worked out once. For one thread."""

    def __init__(self) -> None:
        self._attributes = plain.AlikeReader(InstanceAttributes)
        self._headers = plain.AlikeReader(ReadingHeader)
        self._last: DescribedInstance | None = None

    def read(self, stored: StoredInstance) -> "DescribedInstance":
        """One instance.

        Raises:
            NotPlain: If what was stored about it cannot be read.
        """
        attributes = self._attributes.read(stored.attributes.encode("utf-8"))
        header = ReadingHeader.from_bytes(stored.reading_header, self._headers)
        last = self._last
        drawn_alike = last is not None and header.draws_like(last.header)
        made_alike = last is not None and (
            attributes.acquisition is last.attributes.acquisition
            and attributes.series is last.attributes.series
            and attributes.uptake is last.attributes.uptake
        )
        self._last = DescribedInstance(
            sop_instance_uid=stored.sop_instance_uid,
            attributes=attributes,
            header=header,
            acquisition=last.acquisition if last and made_alike else acquisition_text(attributes),
            frames=last.frames if last and drawn_alike else {},
        )
        return self._last


@dataclass(frozen=True, slots=True, eq=False)
class DescribedInstance:
    """One displayable instance, read once for all of its frames.

    Attributes:
        sop_instance_uid: Its UID.
        attributes: What its file says.
        header: How it is drawn.
        acquisition: How it was made, for the corner of the viewport.
        frames: Attributes of frames, by which of the header's displays they use; instances drawn alike share them.
    """

    sop_instance_uid: str
    attributes: InstanceAttributes
    header: ReadingHeader
    acquisition: tuple[tuple[str, str], ...]
    frames: dict[int, FrameAttributes]

    def frame_attributes(self, frame_index: int) -> FrameAttributes:
        """Attributes of a frame; frames that are drawn in the same way share them."""
        which = self.header.display_of_frame[frame_index] if self.header.display_of_frame else 0
        if which not in self.frames:
            self.frames[which] = self.header.frame_attributes(frame_index)
        return self.frames[which]

    def describe(
        self, frame_number: int, image_index: int, slice_spacing_mm: float | None = None
    ) -> ImageDescription:
        """One frame of it.

        Args:
            frame_number: From 1.
            image_index: Its place in the stack, from 1.
            slice_spacing_mm: From slice to slice in its stack, None where that is not the same everywhere.
        """
        attributes = self.attributes
        frame = self.frame_attributes(frame_number - 1)
        place = attributes.frame_geometry(frame_number - 1)
        spacing = physical_spacing(attributes, frame, place)
        windows = file_windows(frame)
        first = windows[0] if windows and not frame.voi_luts else None
        overlays = self.header.frame_overlays(frame_number - 1)
        return ImageDescription(
            sop_instance_uid=self.sop_instance_uid,
            frame_number=frame_number,
            image_index=image_index,
            rows=frame.rows,
            columns=frame.columns,
            is_displayable=True,
            is_colour=frame.is_colour,
            window_center=first.window_center if first else None,
            window_width=first.window_width if first else None,
            voi_function=first.voi_function if first else "linear",
            windows=windows,
            spacing_row_mm=spacing.row_mm,
            spacing_column_mm=spacing.column_mm,
            spacing_basis=spacing.basis.value,
            image_position=None if _is_mosaic(attributes) else place.image_position_mm,
            image_orientation=place.image_orientation,
            value_unit=value_unit(frame),
            corner_text=(
                *self.acquisition,
                *apart_text(attributes, frame_number - 1, spacing),
                *place_text(attributes, place.slice_thickness_mm, slice_spacing_mm),
                *overlay_text(overlays),
            ),
            is_lossy_source=frame.is_lossy_source,
            note=" ".join((*attributes.notes, *((LOSSY_BEFORE,) if frame.is_lossy_source else ()))),
            pixel_aspect=pixel_aspect(spacing, attributes.spacing.pixel_aspect_ratio),
            patient_orientation=patient_orientation(attributes),
            voi_luts=file_voi_luts(frame),
            has_shutter=frame.shutter is not None,
            has_overlay=bool(overlays),
            lossy_compressions=tuple(
                (each.method, each.ratio) for each in self.header.lossy_compressions
            ),
            breast_edge=breast_edge(attributes, place),
            suv_factor=frame.uptake.factor if frame.uptake else None,
            suv_name=frame.uptake.name if frame.uptake else "",
        )


@dataclass(frozen=True, slots=True)
class DescribedImages:
    """Images of a series in viewing order, and what is true of all of them.

    Attributes:
        images: The images.
        presets: Windows that every one of them may be offered.
        film: How they play.
        frame_of_reference_uid: Of all images; empty where they do not say, or not all say the same.
        note: What is odd about their geometry, or empty.
    """

    images: tuple[ImageDescription, ...] = ()
    presets: tuple[WindowPreset, ...] = ()
    film: FilmDescription = NO_FILM
    frame_of_reference_uid: str = ""
    note: str = ""


def describe_images(instances: Iterable[StoredInstance], stack: Stack) -> DescribedImages:
    """Describe the images of a stack.

    Args:
        instances: Of its series, among them all that it names.
        stack: The stack.

    Raises:
        NotPlain: If what was stored about an instance cannot be read.
    """
    wanted = {sop_instance_uid for sop_instance_uid, _ in stack.images}
    reader = SeriesReader()
    described = {
        stored.sop_instance_uid: reader.read(stored)
        for stored in instances
        if stored.sop_instance_uid in wanted
    }
    # Instances that are drawn alike share their attributes, and so the presets.
    drawn = {id(one): one for one in (each.frame_attributes(0) for each in described.values())}
    presets = _shared_presets(list(drawn.values()))
    spacing_mm = stack.measure.spacing_mm if stack.measure else None
    spaces = {instance.attributes.series.frame_of_reference_uid for instance in described.values()}
    return DescribedImages(
        images=tuple(
            described[sop_instance_uid].describe(frame_number, image_index, spacing_mm)
            for image_index, (sop_instance_uid, frame_number) in enumerate(stack.images, start=1)
        ),
        presets=presets,
        film=describe_film(
            {
                name: (one.attributes.cine, one.attributes.number_of_frames)
                for name, one in described.items()
            },
            stack.images,
        ),
        frame_of_reference_uid=spaces.pop() if len(spaces) == 1 else "",
        note=_stack_note(stack, described),
    )


def _stack_note(stack: Stack, described: Mapping[str, "DescribedInstance"]) -> str:
    """What is odd about the geometry of a stack, by its places and by what all of its files say."""
    if stack.measure is None:
        return stack.note
    thicknesses = {
        described[uid].attributes.frame_geometry(frame_number - 1).slice_thickness_mm
        for uid, frame_number in stack.images
    }
    tilts = {one.attributes.acquisition.gantry_tilt_degrees for one in described.values()}
    told = stack_notes.told(
        stack.measure,
        thicknesses.pop() if len(thicknesses) == 1 else None,
        tilts.pop() if len(tilts) == 1 else None,
    )
    return f"{stack.note} {told}".strip()


def attributes_of(stored: Iterable[tuple[str, str]]) -> dict[str, InstanceAttributes]:
    """What the files of a series say, by SOP Instance UID.

    Args:
        stored: SOP Instance UID and attributes as they were stored.

    Raises:
        NotPlain: If what was stored cannot be read.
    """
    reader = plain.AlikeReader(InstanceAttributes)
    return {uid: reader.read(attributes.encode("utf-8")) for uid, attributes in stored}


def physical_spacing(
    attributes: InstanceAttributes, frame: FrameAttributes | None, place: FrameGeometry
) -> PhysicalSpacing:
    """The distance between pixels of a frame, and what it rests on; of a video there is no frame.

    In ultrasound only what the regions say counts (PS3.3 C.8.5.5), and only if they agree. What lies in the patient's
    coordinates is no projection, whatever its modality: the slices of a tomosynthesis.
    """
    said = attributes.spacing
    if said.has_ultrasound_regions:
        spacing = choose_spacing(said.ultrasound_spacing_mm, None)
        is_known = spacing.row_mm is not None
        basis = SpacingBasis.REGIONS if is_known else SpacingBasis.REGIONS_DIFFER
        return replace(spacing, basis=basis)
    return choose_spacing(
        place.pixel_spacing_mm
        or said.pixel_spacing_mm
        or (frame.pixel_spacing_mm if frame else None),
        said.imager_pixel_spacing_mm,
        is_projection=attributes.series.modality in _PROJECTIONS
        and place.image_orientation is None,
        is_calibrated=bool(said.pixel_spacing_mm and said.pixel_spacing_calibration_type),
        magnification=said.estimated_radiographic_magnification_factor,
    )


def file_windows(frame: FrameAttributes) -> tuple[WindowPreset, ...]:
    """The windows of the file that the standard defines, by the names the file gives them.

    An image that has VOI LUTs only gets the range of the first, so that a hand has a window to start from.
    """
    if frame.is_colour:
        return ()
    windows = tuple(
        WindowPreset(
            name=named.explanation or f"window {number}",
            window_center=named.window.center,
            window_width=named.window.width,
            voi_function=named.window.function.value,
        )
        for number, named in enumerate(frame.windows, start=1)
        if named.window.is_valid
    )
    if windows or not frame.voi_luts:
        return windows
    table = frame.voi_luts[0].table
    entries = len(table.values)
    return (
        WindowPreset(
            name="range of the table",
            window_center=table.first_value + entries / 2,
            window_width=float(entries),
        ),
    )


def file_voi_luts(frame: FrameAttributes) -> tuple[str, ...]:
    """The VOI LUTs of the file, by the names it gives them; a name may be empty."""
    return () if frame.is_colour else tuple(named.explanation for named in frame.voi_luts)


def _shared_presets(frames: Sequence[FrameAttributes]) -> tuple[WindowPreset, ...]:
    """Windows that every image may be offered.

    Where the factor to SUV rests on the times of single frames, it is not quite the same for all of them.
    """
    scales = [frame.uptake for frame in frames if frame.uptake is not None]
    if scales and len(scales) == len(frames) and len({scale.name for scale in scales}) == 1:
        factors = [scale.factor for scale in scales]
        are_alike = max(factors) <= min(factors) * (1 + _SAME_FACTOR)
        return _presets(frames[0]) if are_alike else ()
    offered = [_presets(frame) for frame in frames]
    return offered[0] if all(one == offered[0] for one in offered) else ()


def _presets(frame: FrameAttributes) -> tuple[WindowPreset, ...]:
    return tuple(
        WindowPreset(
            name=preset.name,
            window_center=preset.window.center,
            window_width=preset.window.width,
            voi_function=preset.window.function.value,
            shortcut=preset.shortcut,
        )
        for preset in presets_of(frame)
    )


def _is_mosaic(attributes: InstanceAttributes) -> bool:
    """Whether many slices were put side by side into one picture, whose position is that of none of them."""
    return "MOSAIC" in (part.upper() for part in attributes.image_type)


def breast_edge(attributes: InstanceAttributes, place: FrameGeometry) -> str:
    """At which edge of the stored image of a mammogram the chest wall is, and with it the breast; empty if not known.

    The wall lies behind: where Patient Orientation, or the direction cosines, point to posterior. Where neither says
    so, a left breast has it at the left, as mammograms are hung.
    """
    if attributes.series.modality != "MG":
        return ""
    for direction, edges in enumerate((("right", "left"), ("bottom", "top"))):
        letters = (*patient_orientation(attributes), "", "")[direction]
        if place.image_orientation is not None:
            posterior = place.image_orientation[3 * direction + 1]
            letters = "" if abs(posterior) < _LEAST_COSINE else "P" if posterior > 0 else "A"
        if "P" in letters or "A" in letters:
            return edges[0] if "P" in letters else edges[1]
    laterality = attributes.acquisition.image_laterality or attributes.series.laterality
    return {"L": "left", "R": "right"}.get(laterality, "")


def patient_orientation(attributes: InstanceAttributes) -> tuple[str, str] | tuple[()]:
    """Patient Orientation, where both directions are given (PS3.3 C.7.6.1.1.1)."""
    said = attributes.patient_orientation
    return (said[0], said[1]) if len(said) == 2 and all(said) else ()
