"""Questions and answers about videos: what a viewport must know to play one, and what is sent of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VideoDescription:
    """A video as a viewport plays it. Lengths in mm, times in seconds.

    Attributes:
        rows: Height of the stored pictures.
        columns: Width of the stored pictures.
        codec_name: For people, such as `H.264`; empty if unknown.
        media_type: For the browser, with the codec where it is known; empty where nothing can be played.
        frame_count: 0 where it is not known.
        frame_seconds: From one frame to the next, on average; 0 where it is not known.
        frame_times_seconds: When each frame is shown, where they do not come evenly; else empty.
        is_exact: False where frames were not counted in the stream, so that their numbers may be wrong.
        has_sound: Whether what is sent holds sound.
        trouble: Why it is not played, one sentence; empty if a browser that knows the codec plays it.
        may_export: Whether the caller may take the original stream away.
        corner_text: Label and value pairs, as for an image.
        note: What is odd about it.
        spacing_row_mm: Distance between rows, None when unknown.
        spacing_column_mm: Distance between columns, None when unknown.
        spacing_basis: As for an image.
        patient_orientation: Likewise.
    """

    sop_instance_uid: str
    rows: int
    columns: int
    codec_name: str
    media_type: str
    frame_count: int
    frame_seconds: float
    frame_times_seconds: tuple[float, ...]
    is_exact: bool
    has_sound: bool
    trouble: str
    may_export: bool
    corner_text: tuple[tuple[str, str], ...]
    note: str
    spacing_row_mm: float | None
    spacing_column_mm: float | None
    spacing_basis: str
    patient_orientation: tuple[str, str] | tuple[()] = ()


@dataclass(frozen=True, slots=True)
class VideoStream:
    """Octets that can be asked for.

    Attributes:
        size_bytes: All of them.
        media_type: What they are.
        tag: Names exactly these octets; changes if they do.
        file_name: For a download; says nothing about the patient.
    """

    size_bytes: int
    media_type: str
    tag: str
    file_name: str
