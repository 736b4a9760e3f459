"""`pacscribe render`: one frame of a DICOM file as PNG, through the very code that serves tiles.

The file is a stranger's, so it is parsed, and each frame decoded once, in a limited process before it is read here.
"""

import argparse
import math
import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from backend.adapters.parser_process import ParserLimits, ParserPool
from backend.core.errors import FileRefused, NotDisplayable, NotFound
from backend.dicom.frames import ReadRange, decode_frame
from backend.dicom.model import ParsedInstance, Refused
from backend.dicom.reading_header import ReadingHeader
from backend.imaging.encoding import Encoding
from backend.imaging.model import VoiFunction, Window
from backend.imaging.rendering import RenderParameters, render


class _FileOctets:
    """A file on disk, read piece by piece."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size_bytes = os.fstat(file.fileno()).st_size

    def read_range(self, offset: int, length: int) -> bytes:
        """The octets from `offset` on, fewer at the end."""
        self._file.seek(offset)
        return self._file.read(length)

    def read_into(self, offset: int, view: memoryview) -> None:
        """As many octets as fill `view`."""
        octets = self.read_range(offset, len(view))
        view[: len(octets)] = octets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    # A window may begin with a minus sign, as -600,1500 does; argparse takes such words for options otherwise.
    parser._negative_number_matcher = re.compile(r"-\.?\d")
    parser.add_argument("file", metavar="FILE", type=Path, help="any DICOM file")
    parser.add_argument("--output", metavar="OUT.png", type=Path, required=True)
    parser.add_argument("--frame", metavar="N", type=_number, default=1, help="from 1 (default: 1)")
    parser.add_argument(
        "--window",
        metavar="C,W[,SHAPE]",
        type=_window,
        help="center, width and shape (linear, linear-exact or sigmoid), or voi-lut,N for the N-th VOI LUT of the file "
        "(default: what the viewer shows first)",
    )
    parser.add_argument("--invert", action="store_true")
    parser.add_argument(
        "--without-shutter",
        action="store_true",
        help="show also what the image's display shutter covers",
    )


def run(options: argparse.Namespace) -> int:
    """Render; 0 if the file was written."""
    try:
        with options.file.open("rb") as file:
            png = _rendered(_FileOctets(file), options)
    except OSError as error:
        raise FileRefused(f"The file cannot be read: {_reason(error)}.") from error
    try:
        _write(options.output, png)
    except OSError as error:
        raise FileRefused(f"The image cannot be written: {_reason(error)}.") from error
    return 0


def _rendered(octets: _FileOctets, options: argparse.Namespace) -> bytes:
    pool = ParserPool(1, ParserLimits(must_be_filed=False))
    try:
        parsed = pool.parse(octets)
    finally:
        pool.close()
    wanted = RenderParameters(
        window=options.window,
        invert=options.invert,
        encoding=Encoding.PNG,
        with_shutter=not options.without_shutter,
    )
    return draw(parsed, octets.read_range, options.frame, wanted)


def draw(
    parsed: ParsedInstance | Refused,
    read_range: ReadRange,
    frame_number: int,
    wanted: RenderParameters,
) -> bytes:
    """Draw a frame of a file that has been parsed.

    Args:
        parsed: The outcome of parsing it.
        read_range: Reads the file.
        frame_number: From 1.
        wanted: How to draw it.

    Raises:
        FileRefused: If it is no file that can be read.
        NotDisplayable: If it holds nothing that can be shown.
        NotFound: If it has no such frame.
    """
    if isinstance(parsed, Refused):
        raise FileRefused(parsed.reason)
    if not parsed.attributes.is_displayable:
        raise NotDisplayable(parsed.attributes.not_displayable_reason)
    header = ReadingHeader.from_bytes(parsed.reading_header)
    if frame_number > header.number_of_frames:
        plural = "s" if header.number_of_frames > 1 else ""
        raise NotFound(f"The file has {header.number_of_frames} frame{plural}.")
    return render(decode_frame(header, read_range, frame_number - 1), wanted).octets


def _write(output: Path, octets: bytes) -> None:
    """Write the whole image or none of it."""
    handle, temporary = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(octets)
        # A temporary file is for its maker alone; the image is a file like any other.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, output)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _reason(error: OSError) -> str:
    return (error.strerror or "it is not a file").lower()


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise argparse.ArgumentTypeError("frames and look-up tables are numbers from 1")
    return int(text)


def _window(text: str) -> Window | int:
    parts = text.split(",")
    if len(parts) == 2 and parts[0] == "voi-lut":
        return _number(parts[1]) - 1
    shapes = [shape.value for shape in VoiFunction]
    if len(parts) not in (2, 3) or (len(parts) == 3 and parts[2] not in shapes):
        raise argparse.ArgumentTypeError(
            "a window is written C,W or C,W,SHAPE with the shape " + " or ".join(shapes)
        )
    try:
        center, width = float(parts[0]), float(parts[1])
    except ValueError:
        raise argparse.ArgumentTypeError("center and width of a window are numbers") from None
    window = Window(center, width, VoiFunction(parts[2]) if len(parts) == 3 else VoiFunction.LINEAR)
    if not (math.isfinite(center) and math.isfinite(width)) or not window.is_valid:
        raise argparse.ArgumentTypeError(
            "the width of a window is 1 or more (more than 0 for linear-exact and sigmoid)"
        )
    return window
