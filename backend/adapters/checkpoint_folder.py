"""Signed checkpoints of the audit trail as small files: in the data directory, and in a second folder if one is set.

What they say is in `access.checkpoints`; here they are only kept. A file is written once and never replaced.
"""

import json
import logging
import re
from collections.abc import Collection, Iterator
from pathlib import Path

from backend.access.checkpoints import Base
from backend.adapters import durable
from backend.core.merkle import Tree

FOLDER_NAME = "audit-checkpoints"

_SET_ASIDE = "set-aside"
_EDGE = "edge.json"
_NAME = re.compile(r"(?:checkpoint|base)-([0-9]{12,})\.txt")

_log = logging.getLogger(__name__)


class CheckpointFolder:
    """Implements `services.audit_checkpoints.CheckpointStore`.

    Args:
        folder: Where checkpoints are kept.
        copies: A second place for them, best on another machine; None for none.
    """

    def __init__(self, folder: Path, copies: Path | None = None) -> None:
        self._folder = folder
        self._copies = copies

    def keep(self, size: int, note: str, *, is_base: bool = False) -> None:
        """Keep a checkpoint durably, and make good what the second folder misses."""
        name = f"{'base' if is_base else 'checkpoint'}-{size:012d}.txt"
        _write(self._folder, name, note)
        if self._copies is not None:
            try:
                for path in _files(self._folder):
                    _write(self._copies, path.name, path.read_text("utf-8"))
            except OSError as error:
                _log.error(
                    "Checkpoints of the audit trail cannot be copied to the second folder: %s",
                    error.strerror,
                )

    def notes(self, size: int | None = None) -> Iterator[tuple[str, int, str]]:
        """Name, number of entries and text of every checkpoint that is kept, here and there; the same text once.

        Args:
            size: Only those over so many entries.
        """
        yield from _notes(*self._folders(), size=size)

    def edge(self) -> Base | None:
        """What `keep_edge` was given last; None if it cannot be read."""
        try:
            kept = json.loads((self._folder / _EDGE).read_text("utf-8"))
            edge = [bytes.fromhex(each) for each in kept["edge"]]
            return Base(Tree(int(kept["size"]), edge), str(kept["hash"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def keep_edge(self, base: Base) -> None:
        """Keep what the next checkpoint grows from. It can be made anew from the trail."""
        kept = {
            "size": base.tree.size,
            "hash": base.hash,
            "edge": [each.hex() for each in base.tree.edge],
        }
        durable.make_folder(self._folder)
        durable.create_file(self._folder / _EDGE, json.dumps(kept).encode(), replace=True)

    def set_aside(self, names: Collection[str]) -> None:
        """Keep these checkpoints where they no longer count."""
        for folder in self._folders():
            for name in names:
                if (folder / name).exists():
                    durable.make_folder(folder / _SET_ASIDE)
                    (folder / name).rename(folder / _SET_ASIDE / name)

    def _folders(self) -> tuple[Path, ...]:
        return (self._folder,) if self._copies is None else (self._folder, self._copies)


def notes_in(folder: Path) -> Iterator[tuple[str, int, str]]:
    """The same of a folder that was copied elsewhere."""
    yield from _notes(folder)


def _notes(*folders: Path, size: int | None = None) -> Iterator[tuple[str, int, str]]:
    seen: dict[str, set[str]] = {}
    for folder in folders:
        for path in _files(folder):
            if size not in (None, _size(path)):
                continue
            text = path.read_bytes().decode("utf-8", "replace")
            known = seen.setdefault(path.name, set())
            if text not in known:
                known.add(text)
                yield path.name, _size(path), text


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def _size(path: Path) -> int:
    found = _NAME.fullmatch(path.name)
    return int(found[1]) if found else 0


def _write(folder: Path, name: str, note: str) -> None:
    if (folder / name).exists():
        return
    durable.make_folder(folder)
    try:
        durable.create_file(folder / name, note.encode("utf-8"), replace=False)
    except FileExistsError:
        return  # another process signed the same
