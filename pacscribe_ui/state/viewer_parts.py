"""What the viewer page is told, made from what the back end says: pure values for strip, viewports and menus."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.schemas.viewing import SeriesView, StudyView
from pacscribe_ui.state.viewport_view import ViewportView, of_series, stack_key
from pacscribe_ui.text import Viewer as words

NO_STUDY = StudyView(
    study_instance_uid="",
    patient_name="",
    patient_id="",
    patient_birth_date="",
    patient_sex="",
    patient_age="",
    study_date="",
    study_time="",
    study_description="",
    accession_number="",
    institution_name="",
    referring_physician_name="",
    modalities=(),
    reading_status="",
    report_id="",
    series=(),
)


@dataclass(frozen=True, slots=True)
class SeriesCard:
    """A stack of a series as strip and viewport are told of it.

    Attributes:
        key: Names it within the study.
        has_documents: Whether it holds what is read on the page of the study's documents.
    """

    study_instance_uid: str = ""
    series_instance_uid: str = ""
    stack_id: str = ""
    key: str = ""
    modality: str = ""
    title: str = ""
    stack_label: str = ""
    count_text: str = ""
    label: str = ""
    note: str = ""
    hint: str = ""
    is_displayable: bool = False
    image_count: int = 0
    rows: int = 0
    columns: int = 0
    first_sop_instance_uid: str = ""
    first_frame_number: int = 1
    video_sop_instance_uid: str = ""
    kind: str = ""
    has_documents: bool = False


@dataclass(frozen=True, slots=True)
class Pane:
    """What one viewport shows.

    Attributes:
        view: How.
        series: Of which series.
    """

    view: ViewportView
    series: SeriesCard


def patient_lines(study: StudyView, *, is_anonymous: bool = False) -> list[str]:
    """Upper left corner: whose images these are; anonymous, only sex and age."""
    if is_anonymous:
        return _lines((study.patient_sex, study.patient_age))
    born = f"{words.BORN} {study.patient_birth_date}" if study.patient_birth_date else ""
    age = f"({study.patient_age})" if study.patient_age else ""
    return _lines(
        (study.patient_name or words.NO_NAME,),
        (study.patient_id or words.NO_ID, study.patient_sex),
        (born, age),
        (f"{words.ACCESSION} {study.accession_number}" if study.accession_number else "",),
    )


def study_lines(study: StudyView, *, is_anonymous: bool = False) -> list[str]:
    """Upper right corner: which study; anonymous, without the place where it was made."""
    return _lines(
        ("" if is_anonymous else study.institution_name,),
        (study.study_description,),
        (study.study_date, study.study_time),
    )


def first_shown(series: Sequence[SeriesView]) -> ViewportView:
    """The first series that has an image; else the first video; else the first, which says why; else nothing."""
    images = (each for each in series if each.is_displayable)
    videos = (each for each in series if each.video_sop_instance_uid)
    for each in (*images, *videos, *series):
        return of_series(each.series_instance_uid, each.stack_id)
    return ViewportView()


def found_stack(view: ViewportView, series: Sequence[SeriesView]) -> ViewportView:
    """The view of a stack that is there: the first of its series where an address names none or an unknown one.

    Args:
        view: As it was asked for.
        series: The stacks of the study.

    Returns:
        An empty viewport where the study has no such series.
    """
    stacks = [
        each.stack_id for each in series if each.series_instance_uid == view.series_instance_uid
    ]
    if not stacks:
        return ViewportView()
    return view if view.stack_id in stacks else replace(view, stack_id=stacks[0])


def series_card(study_instance_uid: str, series: SeriesView) -> SeriesCard:
    """A series of the study as strip and viewport are told of it."""
    number = (
        f"{words.SERIES_SHORT} {series.series_number}" if series.series_number else words.SERIES
    )
    if series.video_sop_instance_uid:
        count = words.VIDEO_COUNT.format(duration=duration_text(series.duration_ms))
    elif not series.is_displayable and series.instance_count == 1:
        count = words.OBJECT_ONE
    elif not series.is_displayable:
        count = words.OBJECTS_COUNT.format(count=series.instance_count)
    elif series.image_count == 1:
        count = words.IMAGE_ONE
    else:
        count = words.IMAGES_COUNT.format(count=series.image_count)
    title = series.series_description or words.NO_DESCRIPTION
    label = " · ".join(
        part
        for part in (number, series.modality, series.series_description, series.stack_label)
        if part
    )
    return SeriesCard(
        study_instance_uid=study_instance_uid,
        series_instance_uid=series.series_instance_uid,
        stack_id=series.stack_id,
        key=stack_key(series.series_instance_uid, series.stack_id),
        modality=series.modality,
        title=title,
        stack_label=series.stack_label,
        count_text=count,
        label=label,
        note=series.note,
        hint="\n".join(part for part in (label, series.note) if part),
        is_displayable=series.is_displayable,
        image_count=series.image_count,
        rows=series.rows,
        columns=series.columns,
        first_sop_instance_uid=series.first_sop_instance_uid,
        first_frame_number=series.first_frame_number,
        video_sop_instance_uid=series.video_sop_instance_uid,
        kind=words.NOT_SHOWN_AS.get(series.modality, words.NOT_SHOWN),
        has_documents=series.modality == "DOC" or "PDF" in series.note,
    )


def duration_text(duration_ms: int) -> str:
    """Minutes and seconds, with hours where there are any; empty for a video of unknown length."""
    if not duration_ms:
        return ""
    minutes, seconds = divmod(max(1, round(duration_ms / 1000)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _lines(*lines: tuple[str, ...]) -> list[str]:
    joined = (" ".join(part for part in line if part) for line in lines)
    return [line for line in joined if line]
