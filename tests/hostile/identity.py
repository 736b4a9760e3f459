"""Files whose identity or text is hostile: UIDs with junk, doubled elements, scripts, formulas, control characters."""

import struct
from collections.abc import Callable
from functools import partial

from tests.dicom_files import grey_ramp, image_dataset, written
from tests.hostile.first import _before_study, plain_file

_LONG_VRS = (b"UT", b"UC", b"UN", b"OB")


def element(tag: int, vr: bytes, value: bytes) -> bytes:
    """One element, explicit little endian, whatever its value."""
    value += b" " * (len(value) % 2)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    if vr in _LONG_VRS:
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def _with_element(tag: int, vr: bytes, value: bytes) -> bytes:
    """The plain file with a raw element in its place, in the place of one that it has."""
    from tests.hostile.structure import elements

    octets = plain_file()
    for found, start, _, end in elements(octets):
        if found == tag:
            return octets[:start] + element(tag, vr, value) + octets[end:]
        if found > tag:
            return octets[:start] + element(tag, vr, value) + octets[start:]
    raise AssertionError("the file ends before the element")


def _without(keyword: str) -> bytes:
    dataset = image_dataset(grey_ramp(64, 64))
    delattr(dataset, keyword)
    octets = written(image_dataset(grey_ramp(64, 64)))
    value = getattr(image_dataset(grey_ramp(64, 64)), keyword).encode()
    at = octets.rindex(value)
    return octets[:at] + b" " * len(value) + octets[at + len(value) :]


def _twice(tag: int, vr: bytes, value: bytes) -> bytes:
    return _before_study(plain_file(), element(tag, vr, value) * 2)


def _one_uid() -> bytes:
    dataset = image_dataset(grey_ramp(8, 8))
    dataset.StudyInstanceUID = dataset.SeriesInstanceUID = dataset.SOPInstanceUID = "1.2.3.4.5"
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4.5"
    return written(dataset)


STUDY_UID, SERIES_UID, INSTANCE_UID = 0x0020000D, 0x0020000E, 0x00080018
NAME, PATIENT_ID, DESCRIPTION, COMMENTS = 0x00100010, 0x00100020, 0x00081030, 0x00204000
JUNK_UIDS = {
    "that climbs": b"../../../../etc/passwd",
    "that is absolute": b"/etc/passwd",
    "of letters": b"not.a.uid",
    "of 65 digits": b"1." + b"2" * 63,
    "that begins with a dot": b".1.2.3",
    "with two dots": b"1..2.3",
    "that ends with a dot": b"1.2.3.",
    "with a NUL inside": b"1.2\0.3",
    "with a line break": b"1.2.3\r\n1.2",
    "that asks a database": b"1.2' OR '1'='1",
    "of foreign digits": "١.٢.٣".encode(),
    "of blanks": b"      ",
    "of several": b"1.2.3\\4.5.6",
}
HOSTILE_TEXT = {
    "a script": b"<script>alert(document.cookie)</script>",
    "an image that loads": b"<img src=x onerror=alert(1)>",
    "a formula": b"=HYPERLINK(CHAR(104),1)",
    "a formula with plus": b"+cmd|' /C calc'!A0",
    "a formula with minus": b"-2+3+cmd|' /C calc'!A0",
    "a formula with at": b"@SUM(1+1)*cmd|' /C calc'!A0",
    "a formula after a tab": b"\t=1+1",
    "a question to a database": b"'; DROP TABLE patients; --",
    "a template": b"{{7*7}}${7*7}<%= 7*7 %>#{7*7}",
    "a path": b"../../../../etc/shadow",
    "control characters": bytes(range(1, 27)),
    "a NUL": b"A\0B",
    "sequences of a terminal": b"\x1b[2J\x1b]0;owned\x07",
    "turned writing": "abc\u202egnp.exe".encode(),
    "60,000 letters": b"A" * 60_000,
    "60,000 carets": b"^" * 60_000,
    "half of a character": b"\xf0\x9f\x98",
    "a surrogate": b"\xed\xa0\x80",
}

IDENTITY: dict[str, Callable[[], bytes]] = {
    **{f"without {k}": partial(_without, k) for k in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")},
    **{f"a study UID {n}": partial(_with_element, STUDY_UID, b"UI", v) for n, v in JUNK_UIDS.items()},
    **{
        f"{where} UID {n}": partial(_with_element, tag, b"UI", v)
        for where, tag in (("a series", SERIES_UID), ("an instance", INSTANCE_UID))
        for n, v in list(JUNK_UIDS.items())[::4]
    },
    **{f"as a name: {n}": partial(_with_element, NAME, b"PN", v) for n, v in HOSTILE_TEXT.items()},
    **{
        f"as a description: {n}": partial(_with_element, DESCRIPTION, b"LO", v)
        for n, v in list(HOSTILE_TEXT.items())[::2]
    },
    **{
        f"as an ID: {n}": partial(_with_element, PATIENT_ID, b"LO", v)
        for n, v in list(HOSTILE_TEXT.items())[1::2]
    },
    "a Patient ID twice": partial(_twice, PATIENT_ID, b"LO", b"ONE "),
    "a study UID twice": lambda: _before_study(plain_file(), element(STUDY_UID, b"UI", b"1.2.3\0")),
    "an element out of order": lambda: _before_study(plain_file(), element(0x7FE00001, b"OB", b"late")),
    "a name of 10 MB": partial(_with_element, 0x00104000, b"UT", b"A" * (10 << 20)),
    "a birth date that is none": partial(_with_element, 0x00100030, b"DA", b"20269999"),
    "a birth date of letters": partial(_with_element, 0x00100030, b"DA", b"=1+1   "),
    "a weight of infinity": partial(_with_element, 0x00101030, b"DS", b"inf"),
    "a weight of 1e999": partial(_with_element, 0x00101030, b"DS", b"1e999"),
    "a number of 400 digits": partial(_with_element, 0x00200013, b"IS", b"9" * 400),
    "a character set of garbage": partial(_with_element, 0x00080005, b"CS", bytes(range(128, 200))),
    "a character set that is a codec": partial(_with_element, 0x00080005, b"CS", b"unicode_escape"),
    "a million escape sequences": partial(_with_element, COMMENTS, b"UT", b"\x1b-A" * 1_000_000),
    "10 MB that no character set explains": partial(_with_element, COMMENTS, b"UT", b"\x81" * (10 << 20)),
    "10 MB of half characters": partial(_with_element, COMMENTS, b"UT", b"\x1b$)C" + b"\xb0A" * (5 << 20)),
    "5,000 accents on one letter": partial(_with_element, NAME, b"PN", ("a" + "\u0323\u0301" * 5000).encode()),
    "letters that become eighteen when they are searched": partial(_with_element, DESCRIPTION, b"LO", "\ufdfa".encode() * 3000),
    "5,000 words": partial(_with_element, DESCRIPTION, b"LO", " ".join(map(chr, range(0x4E00, 0x6188))).encode()),
    "the same number for study, series and image": _one_uid,
    "500 character sets": partial(_with_element, 0x00080005, b"CS", b"\\ISO 2022 IR 87" * 500),
}  # fmt: skip
