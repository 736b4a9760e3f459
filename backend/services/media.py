"""Discs and their copies: which files a DICOMDIR names that were not handed in with it."""

from collections.abc import Iterable, Iterator

from backend.schemas.studies import IngestOutcome
from backend.services.ingest_verdicts import refused

_MISSING = "The disc's table of contents (DICOMDIR) names this file, but it is not there."


class Media:
    """What one import was handed: the names of all files, and the tables of contents among them."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._directories: list[IngestOutcome] = []

    def saw(self, source_name: str) -> None:
        """A file is there."""
        self._names.add(_alike(source_name))

    def heard(self, outcomes: Iterable[IngestOutcome]) -> Iterator[IngestOutcome]:
        """The outcomes, unchanged; those of tables of contents are remembered."""
        for outcome in outcomes:
            if outcome.named_files and _alike(outcome.source_name) in self._names:
                self._directories.append(outcome)
            yield outcome

    def missing(self) -> Iterator[IngestOutcome]:
        """An outcome for each file that is named and was not there; to be asked for at the end."""
        for directory in self._directories:
            place = directory.source_name.replace("\\", "/").rpartition("/")[0]
            for named in directory.named_files:
                name = f"{place}/{named}" if place else named
                if _alike(name) not in self._names:
                    yield refused(name, _MISSING, directory.mark)


def _alike(name: str) -> str:
    """Names as discs and their readers mean them: without case, and without the version of ISO 9660."""
    return name.replace("\\", "/").casefold().removesuffix(";1").removesuffix(".")
