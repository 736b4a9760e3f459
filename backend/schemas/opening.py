"""The question that a click on a study asks, and its answer: one image, before there is a page around it."""

from dataclasses import dataclass

from backend.schemas.viewing import EncodedTile, ImageDescription, SeriesView


@dataclass(frozen=True, slots=True)
class OpeningRequest:
    """The first sight of a study.

    Attributes:
        study_instance_uid: The study.
        box_width_px: Width of the place it will be shown in, in pixels of the screen.
        box_height_px: Its height.
        series_instance_uid: The series; empty for the first that has an image.
        stack_id: The stack of it; empty for the first.
        image_index: From 1, in viewing order; the last image if there are not so many.
        window_center: None for the first look.
        window_width: None for the first look.
        voi_function: `linear`, `linear-exact` or `sigmoid`.
        invert: Whether to invert what the window gives.
        quality: JPEG quality, 1 to 95.
        voi_lut_number: Of one of the file's VOI LUTs, from 1, in place of a window.
        with_shutter: Whether the image's display shutter covers what it covers.
    """

    study_instance_uid: str
    box_width_px: int
    box_height_px: int
    series_instance_uid: str = ""
    stack_id: str = ""
    image_index: int = 1
    window_center: float | None = None
    window_width: float | None = None
    voi_function: str = "linear"
    invert: bool = False
    quality: int = 85
    voi_lut_number: int | None = None
    with_shutter: bool = True


@dataclass(frozen=True, slots=True)
class Opening:
    """An image with all that must be known to show it, and its octets.

    Attributes:
        series: The series it belongs to.
        image: What is true of it, as the description of its series says it.
        nearby: Images around it in viewing order, for hands that scroll before the series is described: (SOP Instance
            UID, frame number from 1).
        nearby_from: Index of the first of them, from 1.
        level: Of the pyramid; the tile is the whole level.
        tile: The image.
    """

    series: SeriesView
    image: ImageDescription
    nearby: tuple[tuple[str, int], ...]
    nearby_from: int
    level: int
    tile: EncodedTile
