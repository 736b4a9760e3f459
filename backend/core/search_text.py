"""How text is folded so that a search finds it: lower case, no accents, one kind of kana, single spaces."""

import unicodedata

# Letters whose stroke or bow is no accent to Unicode.
_PLAIN_LETTERS = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "ħ": "h",
        "ŧ": "t",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)
_KATAKANA_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_SEPARATORS = str.maketrans("^=,", "   ")


def fold(text: str) -> str:
    """Fold `text` for searching: `Müller^Jürgen` and `MULLER JURGEN` become the same words, so do `ヤマダ` and `やまだ`.

    Carets, equal signs and commas between name parts (PS3.5 section 6.2, PN) count as spaces.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    plain = plain.translate(_PLAIN_LETTERS).translate(_KATAKANA_TO_HIRAGANA)
    # Hangul comes apart into its letters above; together it is what people type.
    return " ".join(unicodedata.normalize("NFC", plain).translate(_SEPARATORS).split())


def fold_name(person_name: str) -> str:
    """What is kept of a person name for the worklist's search: every group, folded.

    Names in scripts that are written without spaces are found joined as well: `山田 太郎` and `山田太郎`.
    """
    words = []
    for group in person_name.split("="):
        parts = fold(group).split()
        words += parts
        if len(parts) > 1 and not any(
            c.isascii() or "LATIN" in unicodedata.name(c, "") for c in parts[0]
        ):
            words.append("".join(parts))
    return " ".join(dict.fromkeys(words))
