"""Typesetting with Typst: data and a template of ours become a PDF/A. What the document says is not decided here."""

import importlib
import importlib.util
import json
import re
import threading
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from backend.core.errors import DocumentNotPossible

_TEMPLATES = Path(__file__).parent
_FONT_PACKAGES = ("fontpkg_noto_sans", "fontpkg_noto_sans_arabic")
# PDF/A-2b refuses text that no font can show, instead of printing an empty box in its place.
_PDF_STANDARD = "a-2b"
_MISSING_GLYPH = re.compile(r'the text `"(?P<text>.+?)"` could not be displayed', re.DOTALL)
_ESCAPED = re.compile(r"\\u\{([0-9a-fA-F]+)\}")


class TypstTypesetter:
    """Makes PDF/A-2b documents.

    Fonts: Noto Sans and Noto Sans Arabic come with PACScribe (Latin, Greek, Cyrillic, Arabic), Typst brings its
    own, and those of the machine and of `font_dir` fill what is left.

    Args:
        font_dir: A folder of further fonts, or None.
        with_system_fonts: Whether the machine's fonts are used as well.
    """

    def __init__(self, font_dir: Path | None = None, *, with_system_fonts: bool = True) -> None:
        self._font_dir = font_dir
        self._with_system_fonts = with_system_fonts
        self._lock = threading.Lock()
        self._fonts: Any = None

    def typeset(self, template: str, data: Mapping[str, object], made_at: datetime) -> bytes:
        """A PDF; the same input gives the same octets, as long as the fonts are the same.

        Args:
            template: Name of a template in this folder, without its ending.
            data: What the template shows; goes in as JSON, never as markup.
            made_at: What the PDF says about when it was made; aware.

        Raises:
            DocumentNotPossible: If no font has one of the characters, naming it and what to do.
        """
        # Slow to load (about 80 MB of machine code), and most starts never print anything.
        typst: Any = importlib.import_module("typst")
        with self._lock:
            if self._fonts is None:
                self._fonts = typst.Fonts(
                    include_system_fonts=self._with_system_fonts, font_paths=self._font_folders()
                )
            fonts = self._fonts
        try:
            octets = typst.compile(
                (_TEMPLATES / f"{template}.typ").read_bytes(),
                font_paths=fonts,
                format="pdf",
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                pdf_standards=[_PDF_STANDARD],
                timestamp=made_at.replace(microsecond=0),
            )
        except typst.TypstError as error:
            raise DocumentNotPossible(_sentence(error.message)) from None
        if not isinstance(octets, bytes):
            raise DocumentNotPossible("The PDF cannot be made: the typesetter gave no document.")
        return octets

    def _font_folders(self) -> list[Path]:
        folders: list[Path] = []
        for package in _FONT_PACKAGES:
            spec = importlib.util.find_spec(package)
            if spec is not None and spec.origin is not None:
                folders.append(Path(spec.origin).parent / "files")
        if self._font_dir is not None:
            folders.append(self._font_dir)
        return folders


def _sentence(message: str) -> str:
    """What a user is told. The typesetter's own words may hold what was typed, so they stay here."""
    found = _MISSING_GLYPH.search(message)
    if found is None:
        return "The PDF cannot be made: the typesetter refused the document. Tell an administrator."
    text = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), found["text"])
    named = ", ".join(_named(character) for character in text)
    return (
        f"The PDF cannot be made: no font here has the character {named}. "
        "Ask an administrator to put a font that has it into the folder of PACSCRIBE_FONT_DIR."
    )


def _named(character: str) -> str:
    code_point = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    shown = f"“{character}” " if character.isprintable() else ""
    return f"{shown}({code_point}{', ' + name if name else ''})"
