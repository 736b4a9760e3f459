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
        mark: What its sender tells the file by, whatever it is called; given back as it came.
    """

    source_name: str
    kind: IngestOutcomeKind
    reason: str = ""
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    sop_instance_uid: str = ""
    named_files: tuple[str, ...] = ()
    mark: str = ""

    def plain(self) -> dict[str, Any]:
        """It as JSON has it; without `named_files` and `mark` where there are none."""
        told = asdict(self)
        for name in ("named_files", "mark"):
            if not told[name]:
                del told[name]
        return told
