"""From the elements of a file to its reading header: how pixels lie, and how they are meant to be drawn.

Whatever the standard requires and the file lacks, and cannot be seen from other elements, ends as `NotShown` with one
sentence: a grey value that is guessed is worse than none.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace

from backend.dicom.attributes import first_item, per_frame_groups
from backend.dicom.codecs import (
    ENCAPSULATED,
    syntax_of_stream,
)
from backend.dicom.colour_profiles import ColourProfiles
from backend.dicom.elements import Elements
from backend.dicom.frame_index import NotShown, encapsulated_index, native_index
from backend.dicom.lossy import is_lossy, lossy_compressions
from backend.dicom.model import InstanceAttributes
from backend.dicom.object_kinds import sentence_without_image
from backend.dicom.overlays import stored_overlays
from backend.dicom.palettes import palette_tables, stored_table
from backend.dicom.part10 import (
    DEFLATED_LITTLE_ENDIAN,
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    UNDEFINED_LENGTH,
    OpenedFile,
)
from backend.dicom.reading_header import (
    READING_HEADER_VERSION,
    FrameDisplay,
    FrameIndex,
    PixelFormat,
    ReadingHeader,
    StoredVoiLut,
    StoredWindow,
)
from backend.dicom.shutters import ShutterImage, shutter_image, shutter_of
from backend.dicom.uptake import PET_IMAGE_STORAGE
from backend.dicom.video.syntaxes import PLAYED, is_video
from backend.imaging.model import Shutter, UptakeScale, VoiFunction, Window

MAX_FRAME_BYTES = 512 << 20

_NATIVE = {
    IMPLICIT_LITTLE_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    DEFLATED_LITTLE_ENDIAN,
    EXPLICIT_BIG_ENDIAN,
}
_GREY = {"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"}
_COLOUR = {
    "RGB",
    "YBR_FULL",
    "YBR_FULL_422",
    "YBR_PARTIAL_422",
    "YBR_PARTIAL_420",
    "YBR_ICT",
    "YBR_RCT",
    "XYB",
}
_CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
_RT_DOSE_STORAGE = "1.2.840.10008.5.1.4.1.1.481.2"
_MOST_WINDOWS = 64
_VOI_FUNCTIONS = {
    "": VoiFunction.LINEAR,
    "LINEAR": VoiFunction.LINEAR,
    "LINEAR_EXACT": VoiFunction.LINEAR_EXACT,
    "SIGMOID": VoiFunction.SIGMOID,
}


@dataclass(frozen=True, slots=True)
class _Bits:
    allocated: int
    stored: int
    high: int
    is_signed: bool


@dataclass(frozen=True, slots=True)
class _Image:
    """What is known of an image already, as far as the rest of its header depends on it.

    Attributes:
        transfer_syntax_uid: How its pixels really are encoded.
        number_of_frames: At least 1.
        pixels: How they lie.
        sop_class_uid: Of the object.
        modality: Of the series.
        pixel_spacing_mm: Of the data set.
        spacings_mm: Of each frame, where they have geometries of their own; else empty.
        uptake: What makes uptake values of its own.
    """

    transfer_syntax_uid: str
    number_of_frames: int
    pixels: PixelFormat
    sop_class_uid: str
    modality: str
    pixel_spacing_mm: tuple[float, float] | None
    spacings_mm: tuple[tuple[float, float] | None, ...]
    uptake: UptakeScale | None


def reading_header(
    opened: OpenedFile, elements: Elements, attributes: InstanceAttributes
) -> ReadingHeader:
    """Describe the pixels of a file.

    Args:
        opened: The file.
        elements: Its data set.
        attributes: As read from it.

    Raises:
        NotShown: If the file has no pixels, or its pixels cannot be shown.
        Unreadable: If the file ends inside its pixel data.
    """
    element = opened.pixel_element
    if element is None:
        raise NotShown(sentence_without_image(attributes.sop_class_uid, attributes.sop_class_name))
    syntax = attributes.transfer_syntax_uid
    if is_video(syntax):
        raise NotShown(PLAYED)
    is_encapsulated = element.value_length == UNDEFINED_LENGTH
    if is_encapsulated:
        index = encapsulated_index(opened, elements, attributes.number_of_frames)
        if not syntax or syntax in _NATIVE:
            syntax = _syntax_seen(opened, index, elements)
    _require_known_syntax(syntax, is_encapsulated)
    pixels = elements.once(
        _pixel_format, element.keyword, element.value_representation, opened.is_little_endian
    )
    if not is_encapsulated:
        pixels = _with_real_chroma(pixels, element.value_length, attributes.number_of_frames)
        index = native_index(element, pixels, attributes.number_of_frames)
    image = _Image(
        transfer_syntax_uid=syntax,
        number_of_frames=attributes.number_of_frames,
        pixels=pixels,
        sop_class_uid=attributes.sop_class_uid,
        modality=attributes.series.modality,
        pixel_spacing_mm=attributes.geometry.pixel_spacing_mm,
        spacings_mm=tuple(each.pixel_spacing_mm for each in attributes.frame_geometries),
        uptake=attributes.uptake.scale if attributes.uptake is not None else None,
    )
    if is_encapsulated:
        header = _described(elements, image, lambda: _first_octets(opened, index))
    else:
        header = elements.once(_described, image)
    return replace(header, frame_index=index, deflated=opened.deflated)


def _described(
    elements: Elements, image: _Image, first_octets: Callable[[], bytes] = bytes
) -> ReadingHeader:
    """The header without where the pixels are; `first_octets` are those of the first frame, if it is compressed."""
    pixels = image.pixels
    profiles = ColourProfiles(elements) if _has_colours(pixels) else None
    _note_supplemental_palette(elements, pixels)
    displays, display_of_frame = _displays(elements, image, profiles)
    has_loss = is_lossy(elements, image.transfer_syntax_uid, first_octets)
    padding = (
        "PixelPadding"
        if pixels.keyword == "PixelData"
        else pixels.keyword.replace("PixelData", "PixelPadding")
    )
    return ReadingHeader(
        version=READING_HEADER_VERSION,
        transfer_syntax_uid=image.transfer_syntax_uid,
        number_of_frames=image.number_of_frames,
        pixel_format=pixels,
        frame_index=FrameIndex(0, 0),
        displays=displays,
        display_of_frame=display_of_frame,
        palette=palette_tables(elements, pixels)
        if pixels.photometric_interpretation == "PALETTE COLOR"
        else (),
        presentation_lut_shape=elements.string("PresentationLUTShape") or None,
        pixel_padding_value=elements.number(f"{padding}Value", pixels.is_signed),
        pixel_padding_range_limit=elements.number(f"{padding}RangeLimit", pixels.is_signed),
        modality=image.modality,
        is_lossy_source=has_loss,
        icc_profiles=profiles.kept if profiles is not None else (),
        overlays=stored_overlays(elements, pixels),
        uptake=image.uptake,
        lossy_compressions=lossy_compressions(elements, image.transfer_syntax_uid)
        if has_loss
        else (),
    )


def _syntax_seen(opened: OpenedFile, index: FrameIndex, elements: Elements) -> str:
    """The transfer syntax that the first code stream shows: some archives compress and keep the old label."""
    syntax = syntax_of_stream(_first_octets(opened, index))
    if not syntax:
        raise NotShown(
            "The pixel data is compressed, but the file does not say how (its transfer syntax), so it cannot be shown."
        )
    elements.note(
        "The pixel data is compressed other than the file says; its code stream was followed."
    )
    return syntax


def _first_octets(opened: OpenedFile, index: FrameIndex) -> bytes:
    offset, length = index.fragments[0][0]
    opened.stream.seek(offset, io.SEEK_SET)
    return opened.stream.read(min(length, 65536))


def _require_known_syntax(transfer_syntax_uid: str, is_encapsulated: bool) -> None:
    if transfer_syntax_uid in _NATIVE and not is_encapsulated:
        return
    if transfer_syntax_uid in ENCAPSULATED and is_encapsulated:
        return
    if transfer_syntax_uid in _NATIVE | ENCAPSULATED:
        raise NotShown(
            "The pixel data is not encoded as the file says (its transfer syntax), so it cannot be shown."
        )
    raise NotShown(
        f"No decoder is known for the transfer syntax {transfer_syntax_uid}, so the image cannot be shown."
    )


def _pixel_format(
    elements: Elements, keyword: str, value_representation: str, is_little_endian: bool
) -> PixelFormat:
    rows, columns = elements.integer("Rows") or 0, elements.integer("Columns") or 0
    if not (1 <= rows <= 65535 and 1 <= columns <= 65535):
        raise NotShown(
            "The file does not say how many rows and columns its image has, so it cannot be shown."
        )
    interpretation, samples = _colour(elements)
    bits = _bits(elements, keyword, samples)
    if rows * columns * samples * max(1, bits.allocated // 8) > MAX_FRAME_BYTES:
        raise NotShown(
            "A frame of this image would take more than 512 MiB of memory, so it cannot be shown."
        )
    is_big_endian = not is_little_endian
    is_words = value_representation == "OW"
    return PixelFormat(
        keyword=keyword,
        rows=rows,
        columns=columns,
        samples_per_pixel=samples,
        photometric_interpretation=interpretation,
        planar_configuration=_planar_configuration(elements) if samples == 3 else 0,
        bits_allocated=bits.allocated,
        bits_stored=bits.stored,
        high_bit=bits.high,
        is_signed=bits.is_signed,
        is_big_endian=is_big_endian,
        is_word_swapped=is_big_endian and is_words and bits.allocated <= 8,
    )


def _colour(elements: Elements) -> tuple[str, int]:
    """Photometric Interpretation and Samples per Pixel, PS3.3 C.7.6.3.1."""
    interpretation = elements.string("PhotometricInterpretation")
    samples = elements.integer("SamplesPerPixel")
    if interpretation not in _GREY | _COLOUR:
        found = f"is {interpretation[:16]}" if interpretation else "is missing"
        raise NotShown(
            f"The Photometric Interpretation of the image {found}, so its colours are unknown."
        )
    expected = 1 if interpretation in _GREY else 3
    if samples is None:
        elements.note(
            "Samples per Pixel is missing; it follows from the Photometric Interpretation."
        )
    elif samples != expected:
        raise NotShown(
            f"The image is {interpretation} but has {samples} samples per pixel, so it cannot be shown."
        )
    if interpretation == "XYB":
        interpretation = "RGB"  # JPEG XL decodes to RGB, PS3.5 8.2.18
    return interpretation, expected


def _planar_configuration(elements: Elements) -> int:
    planar_configuration = elements.integer("PlanarConfiguration")
    if planar_configuration in (0, 1):
        return planar_configuration
    elements.note("Planar Configuration is missing or invalid; colour by pixel is taken.")
    return 0


def _bits(elements: Elements, keyword: str, samples: int) -> _Bits:
    allocated = elements.integer("BitsAllocated")
    if keyword != "PixelData":
        expected = 32 if keyword == "FloatPixelData" else 64
        if allocated not in (None, expected) or samples != 1:
            raise NotShown("The floating point pixels of this image are described inconsistently.")
        return _Bits(expected, expected, expected - 1, True)
    if allocated not in (1, 8, 16, 32):
        raise NotShown(
            f"Bits Allocated of the image is {allocated or 'missing'}, so it cannot be shown."
        )
    stored = elements.integer("BitsStored")
    if stored is None and (allocated in (1, 8)):
        elements.note("Bits Stored is missing; all allocated bits are taken.")
        stored = allocated
    if stored is None or not 1 <= stored <= allocated:
        raise NotShown(
            "Bits Stored of the image is missing or impossible, so its grey values are unknown."
        )
    high = elements.integer("HighBit")
    if high is None:
        high = stored - 1
    if not stored - 1 <= high < allocated:
        raise NotShown(
            "High Bit of the image contradicts Bits Stored, so its grey values are unknown."
        )
    representation = elements.integer("PixelRepresentation")
    if representation is None and (samples == 3 or allocated == 1):
        representation = 0
    if representation not in (0, 1):
        raise NotShown(
            "The file does not say whether its pixel values are signed, so its grey values are unknown."
        )
    return _Bits(allocated, stored, high, representation == 1)


def _with_real_chroma(pixels: PixelFormat, value_length: int, number_of_frames: int) -> PixelFormat:
    """Native 4:2:2 as it really is: some writers store full chroma and keep the label of the JPEG it came from."""
    if pixels.samples_per_pixel == 1:
        return pixels
    if pixels.photometric_interpretation in ("YBR_FULL_422", "YBR_PARTIAL_422"):
        full_bytes = (
            3 * pixels.rows * pixels.columns * pixels.bits_allocated // 8 * number_of_frames
        )
        if value_length >= full_bytes:
            name = (
                "YBR_FULL" if pixels.photometric_interpretation == "YBR_FULL_422" else "YBR_PARTIAL"
            )
            return replace(pixels, photometric_interpretation=name)
        if pixels.columns % 2 or pixels.planar_configuration:
            raise NotShown(
                "The subsampled colour of this image cannot be read (an odd width, or stored by plane)."
            )
    if pixels.photometric_interpretation in ("YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"):
        raise NotShown(
            f"Uncompressed {pixels.photometric_interpretation} colour is not defined, so it is not shown."
        )
    return pixels


def _note_supplemental_palette(elements: Elements, pixels: PixelFormat) -> None:
    """Say of a grey image that some of its values are meant to be coloured, PS3.3 C.7.6.19: they are shown as all others."""
    is_meant_in_colour = elements.string("PixelPresentation") in ("COLOR", "MIXED")
    if (
        is_meant_in_colour
        and not _has_colours(pixels)
        and "RedPaletteColorLookupTableDescriptor" in elements
    ):
        elements.note(
            "The file colours some values of this image by a supplemental palette; they are shown in grey."
        )


def _has_colours(pixels: PixelFormat) -> bool:
    return pixels.samples_per_pixel == 3 or pixels.photometric_interpretation == "PALETTE COLOR"


def _displays(
    elements: Elements, image: _Image, profiles: ColourProfiles | None
) -> tuple[tuple[FrameDisplay, ...], tuple[int, ...]]:
    pixels = image.pixels

    def seen(groups: list[Elements], spacing_mm: tuple[float, float] | None) -> FrameDisplay:
        """What also depends on the shape and kind of the image."""
        shuttered = shutter_image(elements, pixels.rows, pixels.columns, spacing_mm)
        return replace(
            _display(groups, image.sop_class_uid, pixels.is_signed),
            pixel_spacing_mm=spacing_mm,
            shutter=_shutter(groups, shuttered),
            icc_profile=profiles.index_for(groups) if profiles is not None else None,
        )

    groups_of_frames = per_frame_groups(elements, image.number_of_frames)
    if not groups_of_frames:
        return (seen([elements], image.pixel_spacing_mm),), ()
    known: dict[FrameDisplay, int] = {}
    order = []
    for groups, spacing_mm in zip(groups_of_frames, image.spacings_mm, strict=True):
        display = seen(groups, spacing_mm)
        order.append(known.setdefault(display, len(known)))
    return tuple(known), tuple(order) if len(known) > 1 else ()


def _display(groups: list[Elements], sop_class_uid: str, is_signed: bool) -> FrameDisplay:
    data_set = groups[-1]
    is_enhanced = len(groups) > 1
    transformation = first_item(groups, "PixelValueTransformationSequence") if is_enhanced else None
    voi = first_item(groups, "FrameVOILUTSequence") if is_enhanced else None
    display = _modality_transform(transformation or data_set, sop_class_uid, is_signed)
    # A modality LUT gives unsigned values (PS3.3 C.11.1.1.1), whatever goes into it.
    is_signed_input = display.modality_lut is None and (
        is_signed or display.rescale_intercept < 0 or display.rescale_slope < 0
    )
    return replace(
        display,
        windows=_windows(voi or data_set),
        voi_luts=_voi_luts(voi or data_set, is_signed_input),
    )


def _shutter(groups: list[Elements], image: ShutterImage) -> Shutter | None:
    """The shutter of a frame: its own functional group's, or that of the whole image, PS3.3 C.7.6.16.2.16."""
    own = first_item(groups, "FrameDisplayShutterSequence") if len(groups) > 1 else None
    return shutter_of(own or groups[-1], image)


def _modality_transform(source: Elements, sop_class_uid: str, is_signed: bool) -> FrameDisplay:
    """Modality LUT or rescale slope and intercept, PS3.3 C.11.1."""
    item = source.item("ModalityLUTSequence")
    if item is not None:
        table = stored_table(item, "LUTDescriptor", "LUTData", is_signed)
        return FrameDisplay(modality_lut=table, rescale_type=item.string("ModalityLUTType") or None)
    slope, intercept = source.number("RescaleSlope"), source.number("RescaleIntercept")
    unit = source.string("RescaleType") or None
    if unit is None and sop_class_uid == PET_IMAGE_STORAGE:
        unit = source.string("Units") or None  # PS3.3 C.8.9.1: of the values after rescale
    if sop_class_uid == _RT_DOSE_STORAGE and slope is None:
        scaling = source.positive("DoseGridScaling")
        return FrameDisplay(
            rescale_slope=scaling or 1.0, rescale_type=source.string("DoseUnits") or None
        )
    if slope is None and intercept is None:
        return FrameDisplay(rescale_type=unit)
    if slope is None or intercept is None or slope == 0:
        source.note(
            "Rescale Slope or Rescale Intercept is missing or 0; stored values are shown without a unit."
        )
        return FrameDisplay()
    if unit is None and sop_class_uid == _CT_IMAGE_STORAGE:
        unit = "HU"  # PS3.3 C.8.2.1.1.2: Hounsfield units, unless Rescale Type says otherwise
    return FrameDisplay(rescale_slope=slope, rescale_intercept=intercept, rescale_type=unit)


def _windows(source: Elements) -> tuple[StoredWindow, ...]:
    """Window Center and Window Width, PS3.3 C.11.2.1.2; what the standard does not define is left out."""
    centers, widths = source.numbers("WindowCenter"), source.numbers("WindowWidth")
    if not centers or not widths:
        return ()
    function = _VOI_FUNCTIONS.get(source.string("VOILUTFunction"))
    if function is None:
        source.note("VOI LUT Function is unknown; the windows of the file are not used.")
        return ()
    explanations = source.text("WindowCenterWidthExplanation").split("\\")
    pairs = list(zip(centers, widths, strict=False))
    if len(pairs) > _MOST_WINDOWS:
        source.note(f"The file has more than {_MOST_WINDOWS} windows; the others are not used.")
    windows = []
    for order, (center, width) in enumerate(pairs[:_MOST_WINDOWS]):
        if not Window(center, width, function).is_valid:
            source.note("A window of the file has an invalid width; it is not used.")
            continue
        explanation = explanations[order].strip() if order < len(explanations) else ""
        windows.append(StoredWindow(center, width, function.value, explanation))
    return tuple(windows)


def _voi_luts(source: Elements, is_signed: bool) -> tuple[StoredVoiLut, ...]:
    luts = []
    for item in source.items("VOILUTSequence"):
        try:
            table = stored_table(item, "LUTDescriptor", "LUTData", is_signed)
        except NotShown:
            source.note("A VOI LUT of the file is damaged; it is not used.")
            continue
        luts.append(StoredVoiLut(table, item.text("LUTExplanation")))
    return tuple(luts)
