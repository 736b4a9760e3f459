"""Files that are two things at once, or something else altogether: programs, documents and archives as DICOM files."""

import gzip
import io
import tarfile
from collections.abc import Callable
from functools import partial

from tests.hostile.first import garbage, plain_file

PE = b"MZ\x90\0" + bytes(56) + b"\x80\0\0\0" + b"\x0e\x1f\xba\x0e\0\xb4\x09\xcd\x21"
ELF = b"\x7fELF\x02\x01\x01\0" + bytes(8) + b"\x02\0\x3e\0\x01\0\0\0" + bytes(40)
PREAMBLES = {
    "a Windows program": PE,
    "a Linux program": ELF,
    "a shell script": b"#!/bin/sh\nrm -rf ~\nexit\n",
    "a web page": b"<!DOCTYPE html><script>alert(1)</script><!--",
    "a PHP page": b"<?php system($_GET['c']); __halt_compiler();",
    "a PDF": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n",
    "a TIFF": b"II*\0\x08\0\0\0",
    "a zip archive": b"PK\x03\x04\x14\0\0\0\0\0",
    "a gzip stream": b"\x1f\x8b\x08\0",
}


def _with_preamble(preamble: bytes) -> bytes:
    return preamble[:128].ljust(128, b"\0") + plain_file()[128:]


def _tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        entry = tarfile.TarInfo("../../image.dcm")
        entry.size = len(plain_file())
        archive.addfile(entry, io.BytesIO(plain_file()))
    return buffer.getvalue()


DISGUISES: dict[str, Callable[[], bytes]] = {
    **{f"{name} as a preamble": partial(_with_preamble, v) for name, v in PREAMBLES.items()},
    **{f"{name} alone": partial(lambda v: v + garbage(2000), v) for name, v in PREAMBLES.items()},
    "a gzipped image": lambda: gzip.compress(plain_file()),
    "a tar archive": _tar,
    "a PNG": lambda: b"\x89PNG\r\n\x1a\n" + bytes(100),
    "a JPEG": lambda: b"\xff\xd8\xff\xe0" + garbage(2000),
    "text": lambda: b"Dear colleague, the images are attached.\n" * 40,
    "a spreadsheet": lambda: b"name;id\r\n=1+1;2\r\n",
    "XML with an entity that grows": lambda: b'<!DOCTYPE a [<!ENTITY b "&c;&c;">]><a>&b;</a>',
}
