"""Which image a study opens with, and at what size: pure choices. Who may open it, and how it is drawn, is in `viewing`."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from backend.imaging.tiling import level_for_zoom, whole_level
from backend.models.studies import Series
from backend.models.viewing import InstanceGroup
from backend.schemas.viewing import ImageDescription, SeriesView

# What a wheel turns through in a second, so that it need not wait for the description of the series.
_NEARBY_BEHIND, _NEARBY_AHEAD = 8, 56


class OpeningImage(NamedTuple):
    """The image that a study opens with, its series, and the images around it from the index `nearby_from`."""

    series: SeriesView
    image: ImageDescription
    nearby: tuple[tuple[str, int], ...]
    nearby_from: int


def nearby(
    images: Sequence[tuple[str, int]], image_index: int
) -> tuple[tuple[tuple[str, int], ...], int]:
    """The images around one of a stack, itself among them, and the index of the first of them; indices from 1."""
    begin = max(1, image_index - _NEARBY_BEHIND)
    return tuple(images[begin - 1 : image_index + _NEARBY_AHEAD]), begin


def opening_series(
    series: Sequence[Series], groups: Mapping[str, list[InstanceGroup]], wanted_uid: str
) -> Series | None:
    """The series to open with: the one that is wanted, else the first that has an image.

    Args:
        series: Of the study, in the order of the strip.
        groups: Its instances, counted, by the key of their series.
        wanted_uid: Series Instance UID; empty for none in particular.
    """
    for each in series:
        is_wanted = each.series_instance_uid == wanted_uid if wanted_uid else True
        if is_wanted and any(group.is_displayable for group in groups.get(each.id, ())):
            return each
    return None


def opening_level(image: ImageDescription, box_width_px: int, box_height_px: int) -> int:
    """The level that has a pixel for every pixel of the screen once the image fits its box, as far as one tile goes.

    Tests hold it to the viewport's own geometry; were it wrong, the viewport would ask once more.
    """
    zoom = min(box_width_px / image.columns, box_height_px / (image.rows * image.pixel_aspect))
    return whole_level(image.rows, image.columns, level_for_zoom(image.rows, image.columns, zoom))
