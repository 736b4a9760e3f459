"""Questions and answers of the viewer: what a study holds, which tile is asked for, what is drawn."""

from dataclasses import dataclass
from enum import StrEnum


class Encoding(StrEnum):
    """How a tile's octets are written."""

    JPEG = "jpeg"
    PNG = "png"


class Fidelity(StrEnum):
    """How true a tile is to the stored pixels under the chosen window."""

    PREVIEW = "preview"  # fewer pixels than the screen shows
    LOSSY = "lossy"  # all pixels, JPEG
    LOSSLESS = "lossless"  # all pixels, exactly


@dataclass(frozen=True, slots=True)
class TileRequest:
    """One tile, fully described: the same request always gives the same octets.

    Attributes:
        sop_instance_uid: The instance.
        frame_number: From 1.
        level: 0 is full resolution; each further level halves both sides by averaging areas.
        tile_row: From 0, in tiles of 512 pixels; -1 with tile_column -1 asks for the whole level at once.
        tile_column: From 0.
        window_center: None for the first look.
        window_width: None for the first look.
        voi_function: `linear`, `linear-exact` or `sigmoid`.
        voi_lut_number: Of one of the file's VOI LUTs, from 1, in place of a window.
        invert: Whether to invert what the window gives.
        encoding: JPEG or PNG.
        quality: JPEG quality, 1 to 95.
        with_shutter: Whether the image's display shutter covers what it covers.
    """

    sop_instance_uid: str
    frame_number: int = 1
    level: int = 0
    tile_row: int = -1
    tile_column: int = -1
    window_center: float | None = None
    window_width: float | None = None
    voi_function: str = "linear"
    invert: bool = False
    encoding: Encoding = Encoding.JPEG
    quality: int = 85
    voi_lut_number: int | None = None
    with_shutter: bool = True


@dataclass(frozen=True, slots=True)
class EncodedTile:
    """A drawn tile.

    Attributes:
        octets: The image file.
        media_type: `image/jpeg` or `image/png`.
        rows: Height of this tile in pixels.
        columns: Width of this tile in pixels.
        window_center: Center that was used; None for a VOI LUT or colour.
        window_width: Width that was used; None likewise.
        voi_function: Function of that window: `linear`, `linear-exact` or `sigmoid`.
        fidelity: Lossy or lossless at this level's resolution; the viewport knows whether the level is a preview.
    """

    octets: bytes
    media_type: str
    rows: int
    columns: int
    window_center: float | None
    window_width: float | None
    fidelity: Fidelity
    voi_function: str = "linear"


@dataclass(frozen=True, slots=True)
class WindowPreset:
    """A named window."""

    name: str
    window_center: float
    window_width: float
    voi_function: str = "linear"
    shortcut: str = ""  # the key that chooses it


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One image of a series in viewing order: a frame of an instance."""

    sop_instance_uid: str
    frame_number: int


@dataclass(frozen=True, slots=True)
class SeriesView:
    """A series as the strip shows it, or one stack of it where its images belong to several.

    A stack is what one scrolls through: images that differ in nothing but their place, or in nothing but time.

    Attributes:
        image_count: Of the stack.
        instance_count: Objects with images of the stack; of the series where nothing can be shown.
        stack_id: Names the stack within its series, in addresses too; empty where the series is one stack.
        stack_label: What sets it apart from the others of its series, such as "b 1000"; empty likewise.
        first_sop_instance_uid: The image that opens the series, so that it can be asked for before
            the series is described; empty when nothing can be shown.
        first_frame_number: Its frame, from 1.
        video_sop_instance_uid: The video that this entry is; empty where it holds images. A video is played, not
            drawn: `is_displayable` is False, and `note` says why it cannot be played, if so.
        duration_ms: Of the video; 0 where it is not known.
    """

    series_instance_uid: str
    modality: str
    series_number: str
    series_description: str
    image_count: int
    instance_count: int
    is_displayable: bool
    note: str  # why it cannot be shown, or what is odd about its geometry; may be empty
    rows: int
    columns: int
    is_cine: bool
    first_sop_instance_uid: str = ""
    first_frame_number: int = 1
    stack_id: str = ""
    stack_label: str = ""
    video_sop_instance_uid: str = ""
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class StudyView:
    """A study as the viewer opens it.

    Attributes:
        series: One entry for each stack of each series, in the order of the strip.
        is_whole: Whether the stacks of every series are known; until then, some series stand for all of theirs.
        is_patient_corrected: Whether the patient is shown otherwise than some of the files say, by decision.
    """

    study_instance_uid: str
    patient_name: str
    patient_id: str
    patient_birth_date: str
    patient_sex: str
    patient_age: str
    study_date: str
    study_time: str
    study_description: str
    accession_number: str
    institution_name: str
    referring_physician_name: str
    modalities: tuple[str, ...]
    reading_status: str
    report_id: str
    series: tuple[SeriesView, ...]
    is_whole: bool = True
    is_patient_corrected: bool = False


@dataclass(frozen=True, slots=True)
class ImageDescription:
    """What a viewport must know about one image to place, label and measure it. Lengths in mm, angles in degrees.

    Attributes:
        image_index: From 1, in viewing order.
        is_colour: Colour images have no window.
        window_center: First look, None when a VOI LUT or colour decides.
        window_width: Likewise.
        voi_function: Of the first look.
        windows: All windows the file offers, by name, before the presets of the modality.
        spacing_row_mm: Distance between rows, None when unknown.
        spacing_column_mm: Distance between columns, None when unknown.
        spacing_basis: What the distances rest on: `pixel spacing` (in the patient), `imager spacing` (at the
            detector), `estimated magnification` (at the detector, divided by the factor that the file estimates),
            `calibrated`, `unspecified plane` (a projection that does not say which), `ultrasound regions`, or why
            there are none: `regions differ`, `none`.
        image_position: (x, y, z) in mm, or None.
        image_orientation: Six direction cosines, or None.
        corner_text: Label and value pairs for the bottom corners: kVp, TR, TE, thickness, location, ...
        is_lossy_source: Whether the stored image was compressed with loss before it came here.
        note: One sentence when something about it is uncertain or it cannot be shown.
        pixel_aspect: Height of a pixel divided by its width: from the spacing, else from Pixel
            Aspect Ratio (0028,0034), else 1.
        patient_orientation: Patient Orientation (0020,0020) of rows and columns, such as
            ("L", "F"), for images without direction cosines; empty when unknown.
        voi_luts: Names of the VOI LUTs that the file offers, which may be empty; the first of them is its first look.
        has_shutter: Whether a display shutter covers part of it, which can be lifted.
        has_overlay: Whether overlay planes belong to it, which lie over it as a layer.
        lossy_compressions: Method, a defined term of (0028,2114) or empty, and ratio, or None, of each such compression.
        breast_edge: Of a mammogram: the edge of the stored image where the breast is, `left`, `right`, `top` or `bottom`;
            empty of others, and where the file does not say.
        suv_factor: SUV is a value in `value_unit` times this; None where SUV is not known.
        suv_name: Which SUV: `SUVbw`, `SUVlbm` or `SUVibw`; empty likewise.
    """

    sop_instance_uid: str
    frame_number: int
    image_index: int
    rows: int
    columns: int
    is_displayable: bool
    is_colour: bool
    window_center: float | None
    window_width: float | None
    voi_function: str
    windows: tuple[WindowPreset, ...]
    spacing_row_mm: float | None
    spacing_column_mm: float | None
    spacing_basis: str
    image_position: tuple[float, float, float] | None
    image_orientation: tuple[float, float, float, float, float, float] | None
    value_unit: str
    corner_text: tuple[tuple[str, str], ...]
    is_lossy_source: bool
    note: str
    pixel_aspect: float = 1.0
    patient_orientation: tuple[str, str] | tuple[()] = ()
    voi_luts: tuple[str, ...] = ()
    has_shutter: bool = False
    has_overlay: bool = False
    lossy_compressions: tuple[tuple[str, float | None], ...] = ()
    breast_edge: str = ""
    suv_factor: float | None = None
    suv_name: str = ""


@dataclass(frozen=True, slots=True)
class FilmDescription:
    """How a series plays as a film, as its files want it.

    Attributes:
        frame_time_ms: How long an image stays, where all stay equally long; None where the files do not say, or they
            do not stay equally long.
        frame_times_ms: How long each image stays, in viewing order, where that differs; else empty.
        is_sweep: Whether the film goes back and forth instead of around and around.
        first_index: First image to be played, from 1.
        last_index: Last image to be played; None for the last one there is.
    """

    frame_time_ms: float | None = None
    frame_times_ms: tuple[float, ...] = ()
    is_sweep: bool = False
    first_index: int = 1
    last_index: int | None = None


NO_FILM = FilmDescription()


@dataclass(frozen=True, slots=True)
class SeriesDescription:
    """A stack of a series as one viewport loads it: every image in viewing order, all that differs between them included.

    Attributes:
        stack_id: As in `SeriesView`.
        stack_label: Likewise.
        frame_of_reference_uid: Where positions of the images are counted from (PS3.3 C.7.4.1): only images with
            the same one lie in one space. Empty where the files do not say, or not all say the same.
    """

    study_instance_uid: str
    series_instance_uid: str
    modality: str
    series_number: str
    series_description: str
    presets: tuple[WindowPreset, ...]
    images: tuple[ImageDescription, ...]
    note: str
    frame_of_reference_uid: str = ""
    stack_id: str = ""
    stack_label: str = ""
    film: FilmDescription = NO_FILM
