"""Answers about taking studies in."""

from dataclasses import asdict, dataclass
from typing import Any

from backend.core.vocabulary import IngestOutcomeKind


@dataclass(frozen=True, slots=True)
class IngestOutcome:
    """What became of one instance.

    Attributes:
        source_name: The file as its sender called it (a path inside a folder or an archive); never logged.
        kind: The outcome.
        reason: One sentence when it was not stored, or a note on what was odd; may be empty.
        study_instance_uid: The study it belongs to, empty if refused.
        series_instance_uid: Likewise.
        sop_instance_uid: Likewise.
        named_files: The files that a DICOMDIR names, as paths from where it lies.
    """

    source_name: str
    kind: IngestOutcomeKind
    reason: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    sop_instance_uid: str = ""
    named_files: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """It as JSON has it; without `named_files`, unless it is a DICOMDIR."""
        told = asdict(self)
        if not self.named_files:
            del told["named_files"]
        return told
