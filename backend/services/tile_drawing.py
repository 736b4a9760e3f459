"""What a request for a tile asks of `imaging`, and what is drawn as an answer. Who may ask is in `viewing`."""

from backend.core.errors import Malformed
from backend.imaging.encoding import Encoding
from backend.imaging.model import DecodedFrame, VoiFunction, Window
from backend.imaging.rendering import RenderParameters, render, render_display_values
from backend.imaging.thumbnails import make_thumbnail
from backend.imaging.tiling import level_shape, pyramid_levels
from backend.schemas.viewing import EncodedTile, Fidelity, TileRequest
from backend.services.frame_reading import FrameReader, OpenInstance

_ENCODINGS = {"jpeg": Encoding.JPEG, "png": Encoding.PNG}
_FIDELITIES = {"lossy": Fidelity.LOSSY, "lossless": Fidelity.LOSSLESS}
_VOI_FUNCTIONS = {function.value: function for function in VoiFunction}


def parameters_of(request: TileRequest) -> RenderParameters:
    """What `imaging` is asked for.

    Raises:
        InvalidWindow: If the standard does not define the window.
        Malformed: If the VOI function is not known.
    """
    window: Window | int | None = None
    if request.voi_lut_number is not None:
        window = request.voi_lut_number - 1
    elif request.window_center is not None and request.window_width is not None:
        function = _VOI_FUNCTIONS.get(request.voi_function)
        if function is None:
            raise Malformed("There is no such VOI LUT function.")
        chosen = Window(request.window_center, request.window_width, function)
        chosen.require_valid()
        window = chosen
    is_whole = request.tile_row == -1 and request.tile_column == -1
    return RenderParameters(
        window=window,
        invert=request.invert,
        level=request.level,
        tile=None if is_whole else (request.tile_row, request.tile_column),
        encoding=_ENCODINGS[request.encoding],
        quality=request.quality,
        with_shutter=request.with_shutter,
    )


def draw_tile(frame: DecodedFrame, parameters: RenderParameters) -> EncodedTile:
    """A tile of a level of a frame.

    Raises:
        NotDisplayable: If there is no such tile.
    """
    image = render(frame, parameters)
    window = image.window
    return EncodedTile(
        octets=image.octets,
        media_type=image.media_type,
        rows=image.rows,
        columns=image.columns,
        window_center=window.center if window else None,
        window_width=window.width if window else None,
        voi_function=window.function.value if window else "linear",
        fidelity=_FIDELITIES[image.fidelity],
    )


def draw_thumbnail(
    frames: FrameReader,
    instance: OpenInstance,
    frame_number: int,
    size_px: int,
    pixel_aspect: float,
) -> EncodedTile:
    """A frame as a JPEG that fits a square, drawn from the smallest level that is large enough.

    `pixel_aspect` is the height of one of its pixels divided by the width: the JPEG's are square.
    """
    pixels = instance.header.pixel_format
    level = pyramid_levels(pixels.rows, pixels.columns) - 1
    while level and max(level_shape(pixels.rows, pixels.columns, level)) < size_px:
        level -= 1
    frame = frames.frame(instance, frame_number, level)
    drawn = render_display_values(frame, RenderParameters(level=level))
    octets, rows, columns = make_thumbnail(drawn, size_px, pixel_aspect)
    return EncodedTile(octets, "image/jpeg", rows, columns, None, None, Fidelity.PREVIEW)
