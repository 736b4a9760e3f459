"""Whether two ways of writing a name are one person's. Conservative: where there is a doubt, the answer is no.

Only names of the same Patient ID are ever compared here (`services.patient_register`); the reasons are in
docs/decisions/0016-patients-and-conflicts.md.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

_IGNORED = str.maketrans(dict.fromkeys(".,'`\u2018\u2019\u02bc", None) | {"-": " ", "\u2010": " "})
_FAMILY, _GIVEN, _MIDDLE, _SUFFIX = 0, 1, 2, 4


@dataclass(frozen=True, slots=True)
class Identity:
    """How a file names its patient, PS3.3 C.7.1.1: what is compared, and nothing else of the patient."""

    patient_id: str
    issuer_of_patient_id: str
    patient_name: str
    patient_birth_date: str


def is_same_person(one: Identity, other: Identity) -> bool:
    """Whether two identities of the same Patient ID and issuer are certainly one person's.

    Birth dates must be equal where both are given. Names must agree where both are given: then letter case, accents,
    hyphens, the order of given names, an absent or abbreviated middle name and an absent group of another script make
    no difference. At least one of the two must be given on both sides, and a name that is not written alike is only
    accepted beside a birth date that is.
    """
    if (one.patient_id, one.issuer_of_patient_id) != (other.patient_id, other.issuer_of_patient_id):
        return False
    dates = one.patient_birth_date, other.patient_birth_date
    has_dates = all(dates)
    if has_dates and dates[0] != dates[1]:
        return False
    names = _groups(one.patient_name), _groups(other.patient_name)
    if names[0] == names[1]:
        return bool(any(names[0]) or has_dates or not any(dates))
    if not any(names[0]) or not any(names[1]):
        return has_dates
    return has_dates and _agree(*names)


def one_way_of_writing(name: str) -> str:
    """A person name in one way of writing: names that only differ in case, accents and separators become the same."""
    return " ".join(" ".join(" ".join(group).split()) for group in _groups(name)).strip()


@lru_cache(1024)  # a series says the same name in each of its files
def _groups(name: str) -> tuple[tuple[str, ...], ...]:
    """The three groups of a person name (PS3.5 6.2.1.1), each as five components in one way of writing."""
    groups = [*name.split("="), "", "", ""][:3]
    return tuple(_components(group) for group in groups)


def _components(group: str) -> tuple[str, ...]:
    parts = tuple(_plain(part) for part in [*group.split("^"), *[""] * 5][:5])
    return parts if any(parts) else ()


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    # Marks of Latin, Greek and Cyrillic only: a voiced kana is another letter.
    letters = "".join(c for c in decomposed if not "\u0300" <= c <= "\u036f")
    return " ".join(unicodedata.normalize("NFC", letters).translate(_IGNORED).split())


def _agree(one: tuple[tuple[str, ...], ...], other: tuple[tuple[str, ...], ...]) -> bool:
    common = [(a, b) for a, b in zip(one, other, strict=True) if a and b]
    return bool(common) and all(_group_agrees(a, b) for a, b in common)


def _group_agrees(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if one[_FAMILY] != other[_FAMILY]:
        return False
    if one[_SUFFIX] and other[_SUFFIX] and one[_SUFFIX] != other[_SUFFIX]:
        return False
    return _given_agree(_given(one), _given(other))


def _given(components: tuple[str, ...]) -> list[str]:
    return f"{components[_GIVEN]} {components[_MIDDLE]}".split()


def _given_agree(one: Sequence[str], other: Sequence[str]) -> bool:
    if sorted(one) == sorted(other):
        return True
    if not one or not other:
        return False
    # The first given name of each must stand in the other, in full: J is not yet JOHN.
    if len(one[0]) < 2 or len(other[0]) < 2 or one[0] not in other or other[0] not in one:
        return False
    shorter, longer = sorted((list(one), list(other)), key=len)
    left = list(longer)
    for name in sorted(shorter, key=len, reverse=True):
        match = next((n for n in left if n == name), None) or next(
            (n for n in left if _is_initial(name, n) or _is_initial(n, name)), None
        )
        if match is None:
            return False
        left.remove(match)
    return True


def _is_initial(short: str, full: str) -> bool:
    return len(short) == 1 and full.startswith(short)
