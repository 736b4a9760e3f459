"""What studies are called where no patient is named: by day, modality and description."""

from collections.abc import Iterable

from backend.core.permissions import Permission
from backend.schemas.worklist import StudyRow
from pacscribe_ui.state.base import ask, caller, services


async def study_names(study_instance_uids: Iterable[str]) -> dict[str, str]:
    """By UID, for those among these studies that the caller may look at; the others stay without a name."""
    wanted = tuple(dict.fromkeys(study_instance_uids))
    if not wanted or not caller().may(Permission.STUDY_VIEW):
        return {}
    found = await ask(services().worklist.studies, caller(), wanted)
    return {row.study_instance_uid: study_name(row) for row in found.studies}


def study_name(row: StudyRow) -> str:
    """Empty if nothing is known of it."""
    parts = (row.study_date, ", ".join(row.modalities), row.study_description)
    return " · ".join(part for part in parts if part)
