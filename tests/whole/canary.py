"""A word that must be found nowhere, and the search for it in everything that a running program has written."""

import base64
import os
import random
import string
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Canary:
    """A secret word in all the forms in which it could lie about."""

    what: str
    word: str

    @classmethod
    def new(cls, what: str) -> "Canary":
        letters = "".join(random.choices(string.ascii_lowercase, k=14))
        return cls(what, f"zq{letters}")

    @property
    def forms(self) -> dict[str, bytes]:
        """Octets to look for, by the name of the form; all in lower case except base64."""
        plain = self.word.lower().encode()
        found = {
            "ascii": plain,
            "utf-16 little": self.word.lower().encode("utf-16-le"),
            "utf-16 big": self.word.lower().encode("utf-16-be"),
            "hexadecimal": plain.hex().encode(),
        }
        for written in {self.word, self.word.upper(), self.word.title()}:
            for before in range(3):
                # At each of the three places a word can have in base64, only the letters that are surely its own.
                text = base64.b64encode(b"\0" * before + written.encode())
                start = {0: 0, 1: 2, 2: 3}[before]
                end = len(text) - {0: 0, 1: 4, 2: 4}[(before + len(written)) % 3]
                found[f"base64 of {written} at {before}"] = text[start:end]
        return found


def sightings(canaries: list[Canary], *places: Path) -> list[str]:
    """Where any of the words stands, in names of files as well."""
    found = []
    for path in _files(places):
        try:
            octets = path.read_bytes()
        except OSError:
            continue  # gone meanwhile
        found += _in_octets(canaries, octets, str(path))
        found += _in_octets(canaries, os.fsencode(path), f"the name of {path}")
    return found


def open_files(process_ids: list[int], *places: Path) -> list[Path]:
    """What these processes hold open below the places, deleted files included; memory is not a file."""
    roots = tuple(str(place) for place in places)
    found = []
    for process_id in process_ids:
        with suppress(OSError):  # it has ended meanwhile
            for link in Path(f"/proc/{process_id}/fd").iterdir():
                with suppress(OSError):  # closed meanwhile
                    if str(link.readlink()).startswith(roots):
                        found.append(link)
    return found


def family(process_id: int) -> list[int]:
    """A process and everything it has started."""
    found = [process_id]
    with suppress(OSError):  # it has ended meanwhile
        for task in Path(f"/proc/{process_id}/task").iterdir():
            with suppress(OSError):  # a thread has
                for child in (task / "children").read_text().split():
                    found += family(int(child))
    return found


def _files(places: tuple[Path, ...]) -> list[Path]:
    found: list[Path] = []
    for place in places:
        if not place.is_dir():
            found.append(place)
        for folder, _, names in os.walk(
            place
        ):  # unlike `rglob` it passes over a folder that is gone
            found += [path for name in names if (path := Path(folder, name)).is_file()]
    return found


def _in_octets(canaries: list[Canary], octets: bytes, where: str) -> list[str]:
    lower = octets.lower()
    found = []
    for canary in canaries:
        for form, searched in canary.forms.items():
            if searched in (octets if form.startswith("base64") else lower):
                found.append(f"{canary.what} ({form}) in {where}")
    return found
