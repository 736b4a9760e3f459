"""How text is folded so that a search finds it: lower case, no accents, single spaces."""

import unicodedata


def fold(text: str) -> str:
    """Fold `text` for searching: `Müller^Jürgen` and `MULLER JURGEN` become the same words.

    Carets, equal signs and commas between name parts (PS3.5 section 6.2, PN) count as spaces.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    for separator in "^=,":
        plain = plain.replace(separator, " ")
    return " ".join(plain.split())


def fold_name(person_name: str) -> str:
    """What is kept of a person name for the worklist's search: every group, folded."""
    return fold(person_name)
