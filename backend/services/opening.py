"""Which image a study opens with, and at what size: pure choices. Who may open it, and how it is drawn, is in `viewing`."""

from collections.abc import Mapping, Sequence

from backend.imaging.tiling import level_for_zoom, whole_level
from backend.models.studies import Series
from backend.models.viewing import InstanceGroup
from backend.schemas.viewing import ImageDescription


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
