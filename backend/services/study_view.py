"""A study as the viewer's frame shows it: patient, study and a line for each series. Pure, from rows that were read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from backend.core.caller import Caller
from backend.core.shown import age_at, shown_date, shown_name, shown_patient_id, shown_time
from backend.dicom.video.syntaxes import PLAYED
from backend.models.reports import Report
from backend.models.studies import Patient, Series, Study
from backend.models.viewing import InstanceGroup
from backend.schemas.viewing import SeriesView, StudyView
from backend.services.report_views import listed_id
from backend.services.stacks import SeriesStacks


def study_view(
    caller: Caller,
    study: Study,
    patient: Patient,
    report: Report | None,
    series: Sequence[SeriesView],
    *,
    is_whole: bool,
) -> StudyView:
    """The study; a report that the caller may not read is not mentioned."""
    return StudyView(
        study_instance_uid=study.study_instance_uid,
        patient_name=shown_name(patient.patient_name),
        patient_id=shown_patient_id(patient.patient_id, patient.qualifier),
        patient_birth_date=shown_date(patient.patient_birth_date),
        patient_sex=patient.patient_sex,
        is_patient_corrected=patient.is_corrected,
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
        is_whole=is_whole,
    )


def series_views(
    series: Series, groups: Sequence[InstanceGroup], stacks: SeriesStacks | None
) -> list[SeriesView]:
    """One series: an entry for each of its stacks; one where nothing can be shown, or stacks are not known yet.

    Args:
        series: Its row.
        groups: Its instances, counted.
        stacks: Its stacks, None if they have not been worked out.
    """
    shown = [group for group in groups if group.is_displayable]
    hidden_note = not_displayable_note(groups)
    whole = SeriesView(
        series_instance_uid=series.series_instance_uid,
        modality=series.modality,
        series_number="" if series.series_number is None else str(series.series_number),
        series_description=series.series_description,
        image_count=sum(group.frame_count for group in shown),
        instance_count=sum(group.instance_count for group in groups),
        is_displayable=bool(shown),
        note=hidden_note,
        rows=max((group.rows for group in shown), default=0),
        columns=max((group.columns for group in shown), default=0),
        is_cine=any(group.largest_frame_count > 1 for group in shown),
    )
    if stacks is None or not stacks.stacks:
        return [whole]
    hidden = sum(group.instance_count for group in groups if not group.is_displayable)
    return [
        replace(
            whole,
            image_count=len(stack.images),
            # What cannot be shown is counted, and said, where the series begins.
            instance_count=stack.instance_count + (hidden if stack is stacks.stacks[0] else 0),
            note=" ".join(
                note
                for note in (stack.note, hidden_note if stack is stacks.stacks[0] else "")
                if note
            ),
            rows=stack.rows,
            columns=stack.columns,
            is_cine=stack.is_cine,
            first_sop_instance_uid=stack.images[0][0],
            first_frame_number=stack.images[0][1],
            stack_id=stack.stack_id,
            stack_label=stack.label,
        )
        for stack in stacks.stacks
    ]


def by_series(groups: Sequence[InstanceGroup]) -> Mapping[str, list[InstanceGroup]]:
    """Groups of instances by the key of their series. Videos are no part of them: they are listed by themselves."""
    found: dict[str, list[InstanceGroup]] = {}
    for group in groups:
        if group.not_displayable_reason == PLAYED:
            continue
        found.setdefault(group.series_key, []).append(group)
    return found


def not_displayable_note(groups: Sequence[InstanceGroup]) -> str:
    """What is stored and not drawn, and why; empty if everything is."""
    hidden = [group for group in groups if not group.is_displayable]
    if not hidden:
        return ""
    reasons = " ".join(dict.fromkeys(group.not_displayable_reason for group in hidden))
    count = sum(group.instance_count for group in hidden)
    if len(hidden) == len(groups):
        return reasons
    everything = sum(group.instance_count for group in groups)
    return f"{count} of {everything} objects are not drawn: {reasons}"
