"""How DICOM's own notations of names, dates and times, and amounts of data, are shown to people. Knows no language and no time zone."""

import unicodedata
from datetime import date

_OLDEST_YEARS = 130


def shown_name(person_name: str) -> str:
    """`Family^Given^Middle^Prefix^Suffix` as `Family, Prefix Given Middle Suffix` (PS3.5 section 6.2, PN).

    Chinese, Japanese and Korean names stand as they are written there: family name first, without a comma. The ideographic
    and phonetic groups follow in brackets; nothing that the file says is left out.
    """
    groups = [_shown_group(group) for group in person_name.split("=")[:3]]
    first = next((group for group in groups if group), "")
    others = [group for group in groups if group and group != first]
    return f"{first} ({', '.join(others)})" if others else first


def _shown_group(group: str) -> str:
    parts = [part.strip() for part in group.split("^")] + [""] * 5
    family, given, middle, prefix, suffix = parts[:5]
    if _is_east_asian(family or given):
        return " ".join(part for part in (family, given, middle, prefix, suffix) if part)
    rest = " ".join(part for part in (prefix, given, middle, suffix) if part)
    if not family:
        return rest
    return f"{family}, {rest}" if rest else family


def _is_east_asian(text: str) -> bool:
    """Whether text begins in Han, kana or Hangul."""
    name = unicodedata.name(text[0], "") if text else ""
    return name.startswith(("CJK", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "HANGUL"))


def shown_patient_id(patient_id: str, qualifier: str) -> str:
    """A Patient ID with the number by which people of the same ID are told apart."""
    return f"{patient_id} ({qualifier})" if patient_id and qualifier else patient_id


def shown_date(dicom_date: str) -> str:
    """`20260131` as `2026-01-31`; anything that is not such a date is shown as it is (PS3.5 section 6.2, DA)."""
    if len(dicom_date) == 8 and dicom_date.isascii() and dicom_date.isdigit():
        return f"{dicom_date[:4]}-{dicom_date[4:6]}-{dicom_date[6:]}"
    return dicom_date


def shown_time(dicom_time: str) -> str:
    """`134501.25` as `13:45`; anything shorter is shown as it is (PS3.5 section 6.2, TM)."""
    digits = dicom_time.replace(":", "")
    if len(digits) >= 4 and digits[:4].isascii() and digits[:4].isdigit():
        return f"{digits[:2]}:{digits[2:4]}"
    return dicom_time


def shown_bytes(size_bytes: int) -> str:
    """`3456789` as `3.5 MB`: two figures that count, in steps of a thousand."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    amount = float(size_bytes)
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        amount /= 1000
        if amount < 999.5 or unit == "PB":
            break
    return f"{amount:.1f} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"


def age_at(birth_date: str, study_date: str) -> str:
    """Age on the day of the study: `54 y`, below two years in months, below two months in days.

    Empty if it is unknown, or if the dates cannot both be true.
    """
    born, seen = _as_date(birth_date), _as_date(study_date)
    if born is None or seen is None or seen < born:
        return ""
    months = (seen.year - born.year) * 12 + seen.month - born.month - (seen.day < born.day)
    if months < 2:
        return f"{(seen - born).days} d"
    if months > _OLDEST_YEARS * 12:
        return ""
    return f"{months} m" if months < 24 else f"{months // 12} y"


def _as_date(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) == 8 else None
    except ValueError:
        return None
