"""A study as the viewer's frame shows it: patient, study and a line for each series. Pure, from rows that were read."""

from collections.abc import Mapping, Sequence

from backend.core.caller import Caller
from backend.core.shown import age_at, shown_date, shown_name, shown_time
from backend.models.reports import Report
from backend.models.studies import Patient, Series, Study
from backend.models.viewing import InstanceGroup
from backend.schemas.viewing import SeriesView, StudyView
from backend.services.report_views import listed_id
from backend.services.series_order import SeriesOrder


def study_view(
    caller: Caller,
    study: Study,
    patient: Patient,
    report: Report | None,
    series: Sequence[SeriesView],
) -> StudyView:
    """The study; a report that the caller may not read is not mentioned."""
    return StudyView(
        study_instance_uid=study.study_instance_uid,
        patient_name=shown_name(patient.patient_name),
        patient_id=patient.patient_id,
        patient_birth_date=shown_date(patient.patient_birth_date),
        patient_sex=patient.patient_sex,
        patient_age=age_at(patient.patient_birth_date, study.study_date),
        study_date=shown_date(study.study_date),
        study_time=shown_time(study.study_time),
        study_description=study.study_description,
        accession_number=study.accession_number,
        institution_name=study.institution_name,
        referring_physician_name=shown_name(study.referring_physician_name),
        modalities=tuple(part for part in study.modalities.split("\\") if part),
        reading_status=study.reading_status,
        report_id=listed_id(caller, report),
        series=tuple(series),
    )


def series_view(
    series: Series, groups: Sequence[InstanceGroup], order: SeriesOrder | None
) -> SeriesView:
    """One series.

    Args:
        series: Its row.
        groups: Its instances, counted.
        order: Its images in viewing order, None if that has not been worked out.
    """
    shown = [group for group in groups if group.is_displayable]
    first = order.images[0] if order is not None and order.images else ("", 1)
    notes = (order.note if order is not None else "", not_displayable_note(groups))
    return SeriesView(
        series_instance_uid=series.series_instance_uid,
        modality=series.modality,
        series_number="" if series.series_number is None else str(series.series_number),
        series_description=series.series_description,
        image_count=sum(group.frame_count for group in shown),
        instance_count=sum(group.instance_count for group in groups),
        is_displayable=bool(shown),
        note=" ".join(note for note in notes if note),
        rows=max((group.rows for group in shown), default=0),
        columns=max((group.columns for group in shown), default=0),
        is_cine=any(group.largest_frame_count > 1 for group in shown),
        first_sop_instance_uid=first[0],
        first_frame_number=first[1],
    )


def by_series(groups: Sequence[InstanceGroup]) -> Mapping[str, list[InstanceGroup]]:
    """Groups of instances by the key of their series."""
    found: dict[str, list[InstanceGroup]] = {}
    for group in groups:
        found.setdefault(group.series_key, []).append(group)
    return found


def not_displayable_note(groups: Sequence[InstanceGroup]) -> str:
    """What is stored and cannot be shown, and why; empty if everything can."""
    hidden = [group for group in groups if not group.is_displayable]
    if not hidden:
        return ""
    reasons = " ".join(dict.fromkeys(group.not_displayable_reason for group in hidden))
    count = sum(group.instance_count for group in hidden)
    of_all = (
        f"{count} of {sum(group.instance_count for group in groups)} objects: "
        if len(hidden) < len(groups)
        else ""
    )
    return f"Stored, not displayable: {of_all}{reasons}".strip()
