"""What a file is that is no DICOM file, told from its first octets: letters, pictures and programs lie beside images on discs.

Only what is surely something else has a name here; what is not recognised may be a damaged image.
"""

from typing import BinaryIO

_HEAD_BYTES = 512
_LEAST_TEXT_BYTES = 4
_PRINTABLE = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\r\f")
_KINDS = (
    (0, b"%PDF-", "a PDF document"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"BM", "a BMP picture"),
    (0, b"II*\x00", "a TIFF picture"),
    (0, b"MM\x00*", "a TIFF picture"),
    (4, b"ftyp", "a video"),
    (0, b"\x1a\x45\xdf\xa3", "a video"),
    (0, b"MZ", "a program"),
    (0, b"\x7fELF", "a program"),
    (0, b"\xca\xfe\xba\xbe", "a program"),
    (0, b"Rar!\x1a\x07", "an archive of a kind that is not opened"),
    (0, b"7z\xbc\xaf\x27\x1c", "an archive of a kind that is not opened"),
    (0, b"\x1f\x8b", "an archive of a kind that is not opened"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an office document"),
    (0, b"MSCF", "an archive of a kind that is not opened"),
    (0, b"\x00\x00\x01\x00", "an icon"),
)


def kind_of(source: BinaryIO) -> str:
    """What a file surely is, with its article; empty if that is not sure."""
    source.seek(0)
    head = source.read(_HEAD_BYTES)
    for offset, magic, kind in _KINDS:
        if head[offset:].startswith(magic):
            return kind
    text = head.removeprefix(b"\xef\xbb\xbf")
    if len(text) >= _LEAST_TEXT_BYTES and (set(text) <= _PRINTABLE or _is_utf8_text(text)):
        return "a text"
    return ""


def _is_utf8_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason != "unexpected end of data":
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(
        character.isprintable() or character in "\t\n\r\f" for character in text
    )
