"""What the viewer page is told, made from what the back end says: pure values for strip, viewports and menus."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backend.schemas.viewing import (
    ImageDescription,
    SeriesDescription,
    SeriesView,
    StudyView,
    WindowPreset,
)
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
    """A stack of a series as strip and viewport are told of it; `key` names it within the study."""

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


@dataclass(frozen=True, slots=True)
class Pane:
    """One viewport of the layout with all it is told.

    Attributes:
        index: In the layout, from 0.
        place: In the largest layout; the viewport is the same one as long as it keeps its place.
        view: What it shows.
        series: Of the series.
        is_active: Whether buttons and keys are for it.
        is_shown: False while another one is made large.
    """

    index: int
    place: int
    view: ViewportView
    series: SeriesCard
    is_active: bool
    is_shown: bool


@dataclass(frozen=True, slots=True)
class WindowChoice:
    """An entry of the list of windows.

    Attributes:
        value: What the list sends.
        label: What it says.
        shortcut: The key that chooses it; may be empty.
        window_center: Of a window; None until the server has taken it from the image.
        window_width: Likewise.
        voi_function: Likewise.
        voi_lut_number: Of a table of the file, from 1; None for a window.
        is_other_look: Whether it is the file's, and not what the image is shown with first anyway.
        is_measured: Whether it is taken from the values of each image anew.
    """

    value: str
    label: str
    shortcut: str
    window_center: float | None
    window_width: float | None
    voi_function: str
    voi_lut_number: int | None = None
    is_other_look: bool = False
    is_measured: bool = False

    def is_shown_by(self, view: ViewportView) -> bool:
        """Whether a view has chosen it."""
        if self.voi_lut_number is not None:
            return view.voi_lut_number == self.voi_lut_number
        return (
            _is_near(self.window_center, view.window_center)
            and _is_near(self.window_width, view.window_width)
            and self.voi_function == view.voi_function
        )


@dataclass(frozen=True, slots=True)
class WindowScale:
    """How windows of an image are written for a reader.

    Attributes:
        unit: `HU`, `SUVbw`, ...; empty where it is not known.
        factor: Number for a reader = number of the window * factor; 1 for all but SUV.
    """

    unit: str = ""
    factor: float = 1.0

    @property
    def is_suv(self) -> bool:
        """Whether a reader thinks in SUV here."""
        return self.unit.startswith("SUV")


def window_scale(description: SeriesDescription | None, image_index: int) -> WindowScale:
    """How windows of an image of a stack are written; `image_index` from 1."""
    image = _image(description, image_index) if description else None
    if image is None:
        return WindowScale()
    if image.suv_factor is not None:
        return WindowScale(image.suv_name, image.suv_factor)
    return WindowScale(image.value_unit)


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


def window_choices(description: SeriesDescription | None, image_index: int) -> list[WindowChoice]:
    """What the list of windows offers beside "as stored": the file's tables and windows, then the modality's presets.

    Args:
        description: The series; None offers nothing.
        image_index: From 1.
    """
    if description is None:
        return []
    image = _image(description, image_index)
    choices = [
        WindowChoice(
            f"table-{number}",
            words.FROM_FILE + (name or words.TABLE.format(number=number)),
            "",
            None,
            None,
            "linear",
            voi_lut_number=number,
            is_other_look=number > 1,
        )
        for number, name in enumerate(image.voi_luts if image else (), start=1)
    ]
    choices += [
        WindowChoice(
            f"file-{number}",
            words.FROM_FILE + preset.name,
            "",
            preset.window_center,
            preset.window_width,
            preset.voi_function,
            is_other_look=image is not None and not _is_first_look(image, preset),
        )
        for number, preset in enumerate(image.windows if image else (), start=1)
    ]
    choices += [
        WindowChoice(
            preset.name,
            words.PRESETS.get(preset.name, preset.name),
            preset.shortcut,
            preset.window_center,
            preset.window_width,
            preset.voi_function,
        )
        for preset in description.presets
    ]
    if image and not image.is_colour:
        choices += [
            WindowChoice(value, label, "", None, None, "linear", is_measured=True)
            for value, label in words.MEASURED_WINDOWS.items()
        ]
    return choices if description.presets else _numbered(choices)


def are_windows_per_image(description: SeriesDescription | None) -> bool:
    """Whether images of a stack come with windows or tables of their own."""
    images = description.images if description else ()
    return len({(each.windows, each.voi_luts) for each in images}) > 1


def _numbered(choices: list[WindowChoice]) -> list[WindowChoice]:
    """Where the modality has no windows of its own, keys choose the others in their order."""
    return [
        replace(choice, shortcut=str(number) if number < 10 else "")
        for number, choice in enumerate(choices, start=1)
    ]


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


def _is_near(one: float | None, other: float | None) -> bool:
    """Whether two numbers of a window are the same: of what was worked out from SUV, the last digits may differ."""
    return one is not None and other is not None and math.isclose(one, other, rel_tol=1e-9)


def _is_first_look(image: ImageDescription, preset: WindowPreset) -> bool:
    """Whether "as stored" already shows the image with this window."""
    first = (image.window_center, image.window_width, image.voi_function)
    return first == (preset.window_center, preset.window_width, preset.voi_function)


def _image(description: SeriesDescription, image_index: int) -> ImageDescription | None:
    images = description.images
    return images[min(image_index, len(images)) - 1] if images else None
