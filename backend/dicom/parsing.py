"""One untrusted file to all that is kept of it: opened, described, every frame decoded once. Runs in the parsing process.

Nothing here starts processes or limits anything; that is `backend.adapters.parser_process`.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from backend.core.errors import NotDisplayable
from backend.dicom.alike import Alike
from backend.dicom.attributes import MEDIA_STORAGE_DIRECTORY, instance_attributes
from backend.dicom.directory import named_files
from backend.dicom.elements import Elements
from backend.dicom.frame_index import NotShown
from backend.dicom.frames import decode_stored_frame, pixel_checksum
from backend.dicom.model import InstanceAttributes, ParsedInstance, Refused, SpacingAttributes
from backend.dicom.other_files import kind_of
from backend.dicom.part10 import NOT_DICOM, OpenedFile, Unreadable, open_file
from backend.dicom.pixel_description import reading_header
from backend.dicom.reading_copy import CopiedFrame, Copying
from backend.dicom.reading_header import ReadingHeader
from backend.dicom.video.describe import video_header
from backend.dicom.video.syntaxes import PLAYED, is_video
from backend.imaging.packing import NotPacked

# A file that says more besides its pixels is not kept in memory until the next one comes.
_MOST_REMEMBERED_BYTES = 1 << 20

UNREADABLE = "The file is damaged or not a DICOM file; it cannot be read."


def parse_instance(
    source: BinaryIO,
    *,
    must_be_filed: bool = True,
    take: Callable[[CopiedFrame], None] | None = None,
    alike: Alike | None = None,
) -> ParsedInstance | Refused:
    """Read a file and decode each of its frames.

    Args:
        source: A seekable stream of untrusted octets.
        must_be_filed: False for a file that is only looked at, which may lack the UIDs of its study and series.
        take: Given each frame that belongs into the reading copy, so that none is decoded a second time for it. All
            frames of the instance or, if one cannot be copied, only some.
        alike: What was read of the file before, so that what is the same need not be read again.

    Returns:
        What is kept, or one sentence why the file is not taken in. A file whose pixels cannot be decoded is taken in,
        with `is_displayable` False and the reason.

    Raises:
        MemoryError: If the process's limit is reached.
    """
    try:
        return _parsed(source, take, alike or Alike(), must_be_filed=must_be_filed)
    except Unreadable as refusal:
        kind = kind_of(source) if str(refusal) == NOT_DICOM else ""
        if kind:
            return Refused(f"This is {kind}, not a DICOM file.", is_skipped=True)
        return Refused(str(refusal))
    except RecursionError:
        return Refused("The file nests its data too deeply to be read.")
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - hostile octets may make any library stumble anywhere; all of it means the same
        return Refused(UNREADABLE)


def _parsed(
    source: BinaryIO,
    take: Callable[[CopiedFrame], None] | None,
    alike: Alike,
    *,
    must_be_filed: bool,
) -> ParsedInstance | Refused:
    opened = open_file(source)
    if opened.media_storage_sop_class_uid == MEDIA_STORAGE_DIRECTORY:
        return Refused(
            "A DICOMDIR only lists the files of a medium; it is not stored.",
            is_skipped=True,
            named_files=named_files(opened.dataset),
        )
    notes = list(opened.notes)
    pixels = opened.pixel_element
    is_remembered = pixels is not None and pixels.value_offset <= _MOST_REMEMBERED_BYTES
    if not is_remembered:
        alike.forget()
    elements = Elements(
        opened.dataset, opened.is_little_endian, notes, alike=alike if is_remembered else None
    )
    attributes = instance_attributes(opened, elements, must_be_filed=must_be_filed)
    attributes = replace(attributes, is_deflated=opened.deflated is not None)
    try:
        if is_video(attributes.transfer_syntax_uid) and opened.pixel_element is not None:
            return _video(opened, elements, attributes, notes)
        header = reading_header(opened, elements, attributes)
        checksums = _checksums(opened, header, take)
    except (NotShown, NotDisplayable) as reason:
        attributes = replace(attributes, not_displayable_reason=str(reason), notes=tuple(notes))
        return ParsedInstance(attributes)
    octets = header.to_bytes(alike.writer)
    return ParsedInstance(_displayable(attributes, header, notes), octets, checksums)


def _video(
    opened: OpenedFile, elements: Elements, attributes: InstanceAttributes, notes: list[str]
) -> ParsedInstance:
    """A video is played, not drawn: to everything that draws, it is no image. It counts as lossy (PS3.5 8.2.5)."""
    header = video_header(opened, elements, attributes)
    if (header.rows, header.columns) != (attributes.rows, attributes.columns):
        # What was said of other pixels is not true of these.
        attributes = replace(
            attributes,
            spacing=SpacingAttributes(),
            geometry=replace(attributes.geometry, pixel_spacing_mm=None),
        )
    attributes = replace(
        attributes,
        rows=header.rows,
        columns=header.columns,
        number_of_frames=header.clock.count,
        not_displayable_reason=PLAYED,
        is_lossy_source=True,
        notes=tuple(notes),
    )
    return ParsedInstance(attributes, video_header=header.to_bytes())


def _displayable(
    attributes: InstanceAttributes, header: ReadingHeader, notes: list[str]
) -> InstanceAttributes:
    return replace(
        attributes,
        is_displayable=True,
        is_lossy_source=header.is_lossy_source,
        notes=tuple(notes),
    )


def _checksums(
    opened: OpenedFile, header: ReadingHeader, take: Callable[[CopiedFrame], None] | None
) -> tuple[str, ...]:
    """Decode every frame, and take its checksum; what belongs into the reading copy goes to `take`."""
    in_stream = replace(header, deflated=None)  # a deflated stream is already inflated here
    # What a frame of a deflated file costs is not known here, so its copy is left to whoever makes copies later.
    copying = None if take is None or header.deflated is not None else Copying(header)

    checksums = []
    for frame_index in range(header.number_of_frames):
        began = time.process_time()
        frame = decode_stored_frame(in_stream, opened.read_range, frame_index)
        seconds = time.process_time() - began
        checksums.append(pixel_checksum(frame))
        if copying is not None and take is not None:
            try:
                copied = copying.copied(frame, frame_index, seconds)
            except (
                NotPacked,
                NotDisplayable,
                MemoryError,
            ):  # without a copy there may be room enough
                copied = None
            if copied is None:
                copying = None
            else:
                take(copied)
    return tuple(checksums)
