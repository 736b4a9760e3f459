"""What is done with a watched folder at each look: which files are whole, what becomes of them, what is remembered.

A file is taken in once it has the same size and date at two looks. What was answered is remembered over restarts as an
HMAC of path, size and date, so that no name lies in clear in the data directory. Before a file is moved or deleted it
is given a name of our own and looked at once more, for a machine may have written its next image under the old one.
What is refused may be half a file whose writer stalls: it is told and moved aside once it has not changed for a minute.
"""

import hashlib
import hmac
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Event

from backend.cli.import_files import CHANGED, import_paths, is_full
from backend.core.caller import Caller
from backend.core.errors import StorageFull
from backend.core.source_names import kept_name
from backend.core.vocabulary import IngestOutcomeKind
from backend.schemas.studies import IngestOutcome
from backend.services.studies import Studies

_FILES_AT_ONCE = 200
_REFUSED_FOR_SECONDS = 60
_STORED_FOLDER = "stored"
_REFUSED_FOLDER = "refused"
# How a file is called while it is moved or deleted: hidden, then something random, then its own name.
_IN_HAND = ".pacscribe-"
# Nothing is wrong with such a file: it is tried again.
_NOT_NOW = (StorageFull.default_sentence, CHANGED)
# How programs call what they are still writing.
_UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", "~")
_KEPT = (IngestOutcomeKind.STORED, IngestOutcomeKind.DUPLICATE)
_PROBLEMS = (IngestOutcomeKind.REFUSED, IngestOutcomeKind.CONFLICT)


class Stored(StrEnum):
    """What becomes of a file that is stored."""

    KEEP = "keep"
    MOVE = "move"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class _Seen:
    size_bytes: int
    modified_ns: int

    @classmethod
    def now(cls, path: Path) -> "_Seen":
        status = path.stat()
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class _Held:
    """What was answered of a file that is refused as it is, and until when it may become another."""

    seen: _Seen
    outcomes: list[IngestOutcome]
    until: float


class WatchedFolder:
    """A folder and what is known of it.

    Args:
        folder: What is watched.
        studies: Takes files in.
        caller: In whose name.
        memory: Where is written down what was answered.
        key: Blinds the names there.
        stored: What becomes of a file that is stored.
        moves_refused: Whether what is refused or in conflict is moved aside, with the reason beside it.
        clock: Gives seconds that only go forward.
    """

    def __init__(
        self,
        folder: Path,
        studies: Studies,
        caller: Caller,
        *,
        memory: Path,
        key: bytes,
        stored: Stored = Stored.KEEP,
        moves_refused: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder.resolve()
        self._studies = studies
        self._caller = caller
        self._key = key
        self._stored = stored
        self._moves_refused = moves_refused
        self._clock = clock
        self._growing: dict[Path, _Seen] = {}
        self._held: dict[Path, _Held] = {}
        self._memory = memory / self._blinded(f"{caller.organization_id}|{self._folder}")
        self._answered = self._remembered()
        self.trouble = ""

    @property
    def is_growing(self) -> bool:
        """Whether there are files that were not whole at the last look, or may not have been."""
        return bool(self._growing or self._held)

    def look(self, stop: Event) -> Iterator[IngestOutcome]:
        """Take in what has become whole since the last look.

        Args:
            stop: Ends it after what is in hand.
        """
        whole = self._whole_files()
        yield from self._let_go()
        for first in range(0, len(whole), _FILES_AT_ONCE):
            if stop.is_set():
                return
            yield from self._take_in(dict(whole[first : first + _FILES_AT_ONCE]))

    def _whole_files(self) -> list[tuple[Path, _Seen]]:
        """Files that are as they were at the last look, and not answered."""
        self.trouble = ""
        growing: dict[Path, _Seen] = {}
        held: dict[Path, _Held] = {}
        whole: list[tuple[Path, _Seen]] = []
        for path in self._files():
            try:
                seen = _Seen.now(path)
            except OSError:
                continue  # gone meanwhile, or not to be read now
            if self._mark(path, seen) in self._answered:
                continue
            known = self._held.get(path)
            if known is not None and known.seen == seen:
                held[path] = known
            elif self._growing.get(path) == seen:
                whole.append((path, seen))
            else:
                growing[path] = seen
        self._growing = growing
        self._held = held
        return whole

    def _files(self) -> Iterator[Path]:
        if not self._folder.is_dir():
            self.trouble = f"{self._folder} cannot be reached; it is looked for again."
            return
        for place, folders, names in os.walk(self._folder, onerror=self._not_read):
            at_top = Path(place) == self._folder
            folders[:] = sorted(
                name
                for name in folders
                if not name.startswith(".")
                and not (at_top and name in (_STORED_FOLDER, _REFUSED_FOLDER))
            )
            for name in sorted(names):
                path = Path(place) / name
                if name.startswith(_IN_HAND):
                    self._recover(path)
                    continue
                is_unfinished = name.startswith(".") or name.lower().endswith(_UNFINISHED)
                # A link may lead anywhere, out of what was to be watched.
                if not is_unfinished and not path.is_symlink() and path.is_file():
                    yield path

    def _not_read(self, error: OSError) -> None:
        self.trouble = f"{error.filename} cannot be read: {error.strerror}. It is looked for again."

    def _take_in(self, files: dict[Path, _Seen]) -> Iterator[IngestOutcome]:
        named = {kept_name(str(path)): path for path in files}
        outcomes: dict[Path, list[IngestOutcome]] = {path: [] for path in named.values()}
        # Of files that nobody could tell apart in an answer, one is taken in at a time.
        self._growing |= {path: seen for path, seen in files.items() if path not in outcomes}
        for outcome in import_paths(self._studies, self._caller, list(outcomes)):
            path = _file_of(outcome, named)
            if path is not None:
                outcomes[path].append(outcome)
            if outcome.reason not in _NOT_NOW and not self._is_held(outcome):
                yield outcome
        every = [outcome for found in outcomes.values() for outcome in found]
        full = next((outcome.reason for outcome in every if is_full(outcome)), "")
        marks = []
        for path, found in outcomes.items():
            not_now = next((o.reason for o in found if o.reason in _NOT_NOW), "")
            # Once the storage is full no further file is begun, and nothing is said of it.
            not_now = not_now or (full if not found else "")
            if not_now:
                self.trouble = not_now
                self._growing[path] = files[path]  # to be tried again once it is whole
            elif any(map(self._is_held, found)):
                until = self._clock() + _REFUSED_FOR_SECONDS
                self._held[path] = _Held(files[path], found, until)
            elif not self._settle(path, files[path], found):
                marks.append(self._mark(path, files[path]))
        self._remember(marks)

    def _is_held(self, outcome: IngestOutcome) -> bool:
        return self._moves_refused and outcome.kind is IngestOutcomeKind.REFUSED

    def _let_go(self) -> Iterator[IngestOutcome]:
        """Tell and settle what is refused and has not changed for long enough."""
        marks = []
        for path, held in list(self._held.items()):
            if held.until > self._clock():
                continue
            del self._held[path]
            yield from filter(self._is_held, held.outcomes)
            if not self._settle(path, held.seen, held.outcomes):
                marks.append(self._mark(path, held.seen))
        self._remember(marks)

    def _settle(self, path: Path, seen: _Seen, outcomes: list[IngestOutcome]) -> bool:
        """Do what is to be done with a file; whether what was answered is gone from its place."""
        settle = self._what_to_do(outcomes)
        if settle is None:
            return False
        in_hand = path.with_name(f"{_IN_HAND}{secrets.token_hex(8)}-{path.name}")
        try:
            path.rename(in_hand)
            if _Seen.now(in_hand) != seen:
                self._growing[path] = seen  # another file, to be looked at like any other
            else:
                settle(in_hand, path, outcomes)
        except OSError as error:
            self.trouble = f"A file could not be moved or deleted: {error.strerror}."
        self._recover(in_hand)
        return not path.exists() or path in self._growing

    def _what_to_do(
        self, outcomes: list[IngestOutcome]
    ) -> Callable[[Path, Path, list[IngestOutcome]], None] | None:
        """What a file with these outcomes calls for, given what it is called now and was called; None for nothing."""
        kinds = {outcome.kind for outcome in outcomes}
        if kinds & set(_PROBLEMS):
            return self._move_refused if self._moves_refused else None
        if not kinds & set(_KEPT):
            return None
        settlements = {Stored.DELETE: _delete, Stored.MOVE: self._move_stored}
        return settlements.get(self._stored)

    def _recover(self, in_hand: Path) -> None:
        """Give a file its own name again, if it still has ours: it is another, or the program was killed meanwhile."""
        name = in_hand.name.removeprefix(_IN_HAND).partition("-")[2]
        if not name or not in_hand.exists():
            return
        try:
            _put_back(in_hand, in_hand.with_name(name))
        except OSError as error:
            self.trouble = f"{in_hand} could not be given its name again: {error.strerror}."

    def _move_stored(self, in_hand: Path, path: Path, _: list[IngestOutcome]) -> None:
        self._move(in_hand, path, _STORED_FOLDER)

    def _move_refused(self, in_hand: Path, path: Path, outcomes: list[IngestOutcome]) -> None:
        moved = self._move(in_hand, path, _REFUSED_FOLDER)
        name = kept_name(str(path))
        lines = [
            f"{outcome.source_name.removeprefix(name).lstrip('/') or Path(name).name}: "
            f"{outcome.kind.value}: {outcome.reason}"
            for outcome in outcomes
            if outcome.kind in _PROBLEMS
        ]
        moved.with_name(moved.name + ".why.txt").write_text("\n".join(lines) + "\n", "utf-8")

    def _move(self, in_hand: Path, path: Path, folder: str) -> Path:
        target = self._folder / folder / path.relative_to(self._folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        free = _free(target)
        shutil.move(in_hand, free)
        return free

    # -- what is remembered ------------------------------------------------------------------------

    def _blinded(self, text: str) -> str:
        return hmac.new(self._key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:40]  # fmt: skip

    def _mark(self, path: Path, seen: _Seen) -> str:
        name = path.relative_to(self._folder)
        return self._blinded(f"{name}|{seen.size_bytes}|{seen.modified_ns}")

    def _remembered(self) -> set[str]:
        with suppress(FileNotFoundError):
            return set(self._memory.read_text("ascii").split())
        return set()

    def _remember(self, marks: list[str]) -> None:
        if not marks:
            return
        self._answered.update(marks)
        self._memory.parent.mkdir(mode=0o700, exist_ok=True)
        with self._memory.open("a", encoding="ascii") as file:
            file.write("\n".join(marks) + "\n")


def _delete(in_hand: Path, _path: Path, _outcomes: list[IngestOutcome]) -> None:
    in_hand.unlink()


def _put_back(in_hand: Path, path: Path) -> None:
    """Give a file its name again, or one like it if that is taken."""
    free = _free(path)
    try:
        os.link(
            in_hand, free
        )  # unlike renaming, it overwrites nothing that comes at this very moment
    except FileExistsError:
        _put_back(in_hand, path)
    except OSError:
        in_hand.rename(free)  # shares without links
    else:
        in_hand.unlink()


def _free(path: Path) -> Path:
    """A path that nothing lies at: the given one, or it with a number."""
    number = 1
    free = path
    while os.path.lexists(free):  # nothing is overwritten
        number += 1
        free = path.with_name(f"{path.name} ({number})")
    return free


def _file_of(outcome: IngestOutcome, named: dict[str, Path]) -> Path | None:
    """The file that an outcome is of: it itself, or the archive it was in."""
    path = Path(outcome.source_name)
    return next((named[str(each)] for each in (path, *path.parents) if str(each) in named), None)
