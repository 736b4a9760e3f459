"""Files made into DICOM: the right class, nothing of the file changed where that is legal, and a sentence where it is not."""

import io
import re
import struct
import zlib
from dataclasses import replace

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image

from backend.dicom.attachment_model import ENCAPSULATED_PDF, AttachmentOrder, instance_uid
from backend.dicom.attachments import (
    SECONDARY_CAPTURE,
    VIDEO_PHOTOGRAPHIC,
    VL_PHOTOGRAPHIC,
    NotAttachable,
    attachment,
    document_place,
)
from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from tests.dicom.video.test_remux import film
from tests.dicom.video.transport_writer import transport_stream
from tests.videos import clip

ORDER = AttachmentOrder(
    sop_instance_uid=instance_uid("019ab000-0000-7000-8000-000000000001"),
    study_instance_uid="2.25.4800",
    patient_name="Müller^Eva=山田^太郎",
    patient_id="A-1",
    issuer_of_patient_id="HOSP",
    patient_birth_date="19600101",
    patient_sex="F",
    study_date="20260102",
    study_time="101500",
    study_id="S1",
    study_description="Knie",
    accession_number="ACC",
    referring_physician_name="Dr^Ref",
    series_number=7,
    description="Befund von außen",
    origin="scan",
    burned_in="unknown",
    made_at="2026-11-26T01:02:03+00:00",
)
TYPE_2 = [
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID", "AccessionNumber",
    "ReferringPhysicianName", "SeriesNumber", "InstanceNumber",
]  # fmt: skip


def made(octets: bytes, order: AttachmentOrder = ORDER) -> tuple[pydicom.Dataset, bytes]:
    parts = attachment(io.BytesIO(octets), order)
    whole = parts.before + (octets if parts.holds_file else b"") + parts.behind
    return pydicom.dcmread(io.BytesIO(whole)), whole


def pdf(body: bytes = b"", tail: bytes = b"startxref\n9\n%%EOF\n") -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n" + body + tail


def picture(form: str, mode: str = "RGB", size: tuple[int, int] = (40, 24), **options) -> bytes:
    generator = np.random.default_rng(5)
    shape = {"L": (), "RGB": (3,), "RGBA": (4,), "CMYK": (4,)}[mode]
    samples = generator.integers(0, 256, (size[1], size[0], *shape), np.uint8)
    if mode == "RGBA":
        samples[..., 3] = options.pop("alpha", 255)
    buffer = io.BytesIO()
    Image.fromarray(samples, mode).save(buffer, form, **options)
    return buffer.getvalue()


def refusal(octets: bytes) -> str:
    with pytest.raises(NotAttachable) as caught:
        attachment(io.BytesIO(octets), ORDER)
    return str(caught.value)


@pytest.mark.parametrize("extra", [b"", b"\n"])
def test_a_pdf_is_encapsulated_octet_for_octet(extra: bytes) -> None:
    octets = pdf() + extra
    dataset, whole = made(octets)
    assert dataset.SOPClassUID == ENCAPSULATED_PDF
    assert dataset.EncapsulatedDocument[: len(octets)] == octets
    assert dataset.EncapsulatedDocumentLength == len(octets)
    assert dataset.MIMETypeOfEncapsulatedDocument == "application/pdf"
    assert (dataset.Modality, dataset.ConversionType) == ("DOC", "SD")
    assert dataset.BurnedInAnnotation == "YES"  # nobody said that it is not so
    assert made(octets, replace(ORDER, burned_in="no"))[0].BurnedInAnnotation == "NO"
    place = document_place(io.BytesIO(whole))
    assert whole[place.offset : place.offset + len(octets)] == octets
    assert isinstance(parse_instance(io.BytesIO(whole)), ParsedInstance)


def test_patient_and_study_are_those_that_were_chosen_and_uids_are_new() -> None:
    first, _ = made(pdf())
    second, _ = made(pdf())
    for keyword in TYPE_2:
        assert keyword in first
    assert first.SpecificCharacterSet == "ISO_IR 192"
    assert str(first.PatientName) == ORDER.patient_name
    assert (first.PatientID, first.IssuerOfPatientID) == ("A-1", "HOSP")
    assert (first.StudyInstanceUID, first.SeriesNumber) == ("2.25.4800", 7)
    assert first.SeriesDescription == first.DocumentTitle == "Befund von außen"
    assert first.SOPInstanceUID == second.SOPInstanceUID == ORDER.sop_instance_uid
    assert first.SeriesInstanceUID != second.SeriesInstanceUID
    assert re.fullmatch(r"2\.25\.[1-9]\d{1,38}", ORDER.sop_instance_uid)


def object_stream(names: bytes, filters: bytes = b"/FlateDecode") -> bytes:
    packed = zlib.compress(names)
    head = b"5 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter %s /Length %d >>\nstream\n"
    return head % (filters, len(packed)) + packed + b"\nendstream\nendobj\n"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"<< /S /JavaScript /JS (app.alert) >>", "script"),
        (b"<< /S /J#61vaScript >>", "script"),
        (b"<< /S /Launch /F (cmd.exe) >>", "starts programs"),
        (b"<< /Type /EmbeddedFile >>", "further files"),
        (b"<< /XFA [] >>", "form"),
        (b"trailer << /Encrypt 5 0 R >>", "locked"),
        (object_stream(b"1 0 << /S /JavaScript >>"), "script"),
        (object_stream(b"1 0 << >>", b"/LZWDecode"), "unusual"),
        (object_stream(b"\0" * (65 << 20)), "unpacks"),
    ],
)
def test_a_pdf_that_would_do_something_is_refused_in_a_sentence(body: bytes, what: str) -> None:
    sentence = refusal(pdf(body))
    assert what in sentence
    assert sentence.endswith(".")


def test_a_pdf_with_harmless_object_streams_is_taken() -> None:
    made(pdf(object_stream(b"1 0 << /Type /Page /OpenAction [3 0 R /Fit] >>")))


def test_a_pdf_that_is_cut_short_is_refused() -> None:
    assert "cut short" in refusal(pdf(tail=b""))


@pytest.mark.parametrize(
    ("subsampling", "photometric"), [(0, "YBR_FULL"), (1, "YBR_FULL_422"), (2, "YBR_FULL_422")]
)
def test_a_baseline_jpeg_is_kept_octet_for_octet(subsampling: int, photometric: str) -> None:
    octets = picture("JPEG", subsampling=subsampling)
    dataset, whole = made(octets)
    assert octets in whole
    assert dataset.SOPClassUID == SECONDARY_CAPTURE
    assert dataset.PhotometricInterpretation == photometric
    assert (dataset.Rows, dataset.Columns) == (24, 40)
    assert (dataset.LossyImageCompression, dataset.LossyImageCompressionMethod) == (
        "01",
        "ISO_10918_1",
    )
    assert "BurnedInAnnotation" not in dataset
    parsed = parse_instance(io.BytesIO(whole))
    assert isinstance(parsed, ParsedInstance)
    assert parsed.attributes.is_displayable


def test_a_grey_jpeg_is_monochrome_and_a_photograph_has_its_class() -> None:
    dataset, whole = made(picture("JPEG", "L"), replace(ORDER, origin="photograph", burned_in="no"))
    assert dataset.SOPClassUID == VL_PHOTOGRAPHIC
    assert (dataset.Modality, dataset.PhotometricInterpretation) == ("XC", "MONOCHROME2")
    assert (dataset.BurnedInAnnotation, dataset.ConversionType) == ("NO", "DI")
    assert len(dataset.AcquisitionContextSequence) == 0
    assert isinstance(parse_instance(io.BytesIO(whole)), ParsedInstance)


def decoded(octets: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(octets)).convert("RGB"))


def test_a_progressive_jpeg_is_decoded_once_and_called_lossy() -> None:
    octets = picture("JPEG", progressive=True)
    dataset, _ = made(octets)
    assert dataset.PhotometricInterpretation == "RGB"
    assert dataset.LossyImageCompression == "01"
    assert np.array_equal(dataset.pixel_array, decoded(octets))


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_turned_jpeg_stands_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    octets = picture("JPEG", exif=exif)
    dataset, _ = made(octets)
    upright = decoded(octets)
    if orientation >= 5:
        upright = upright.transpose(1, 0, 2)
    turns = {
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright,
        6: upright[:, ::-1],
        7: upright[::-1, ::-1],
        8: upright[::-1],
    }
    assert np.array_equal(dataset.pixel_array, turns[orientation])


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_png_keeps_every_sample(mode: str) -> None:
    octets = picture("PNG", mode)
    dataset, _ = made(octets, replace(ORDER, origin="screen"))
    wanted = np.asarray(Image.open(io.BytesIO(octets)))
    assert np.array_equal(dataset.pixel_array, wanted[..., :3] if mode == "RGBA" else wanted)
    assert (dataset.LossyImageCompression, dataset.ConversionType) == ("00", "WSD")


def test_a_png_of_16_bits_keeps_them() -> None:
    samples = np.arange(40 * 24, dtype=np.uint16).reshape(24, 40) * 60
    buffer = io.BytesIO()
    Image.fromarray(samples).save(buffer, "PNG")
    dataset, _ = made(buffer.getvalue())
    assert np.array_equal(dataset.pixel_array, samples)
    assert dataset.BitsStored == 16


def test_a_palette_and_a_bilevel_png_are_drawn_out() -> None:
    for mode in ("P", "1"):
        buffer = io.BytesIO()
        image = Image.open(io.BytesIO(picture("PNG", "L"))).convert(mode)
        image.save(buffer, "PNG")
        dataset, _ = made(buffer.getvalue())
        wanted = np.asarray(image.convert("RGB" if mode == "P" else "L"))
        assert np.array_equal(dataset.pixel_array, wanted)


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (picture("PNG", "RGBA", alpha=128), "transparent"),
        (picture("JPEG", "CMYK"), "CMYK"),
        (imagecodecs.jpeg_encode(np.zeros((8, 8), np.uint16), bitspersample=12), "12 bits"),
        (picture("JPEG")[:300], "damaged"),
        (picture("PNG")[:300], "damaged"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "damaged"),
        (b"GIF89a" + b"\0" * 50, "Only PDF"),
        (b"", "Only PDF"),
        (transport_stream(film()), "transport stream"),
        ((b"\x47" + bytes(187)) * 2, "Only PDF"),
        ((bytes(4) + b"\x47" + bytes(187)) * 3, "transport stream"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence(octets: bytes, what: str) -> None:
    sentence = refusal(octets)
    assert what in sentence
    assert sentence.endswith(".")


def test_a_png_bomb_is_refused_by_its_head() -> None:
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    octets = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))  # fmt: skip
    assert "50 million" in refusal(octets + b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT")))  # fmt: skip


def test_a_colour_profile_comes_along() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    dataset, _ = made(picture("PNG", icc_profile=profile))
    assert dataset.ICCProfile[: len(profile)] == profile


def test_a_video_is_kept_octet_for_octet_and_played() -> None:
    octets = clip("mp4")
    dataset, whole = made(octets, replace(ORDER, origin="photograph"))
    assert octets in whole
    assert dataset.SOPClassUID == VIDEO_PHOTOGRAPHIC
    assert (dataset.NumberOfFrames, dataset.FrameTime) == (50, 40)
    assert (dataset.Rows, dataset.Columns) == (120, 160)
    parsed = parse_instance(io.BytesIO(whole))
    assert isinstance(parsed, ParsedInstance)
    assert parsed.video_header
    assert parsed.attributes.notes == ()


def test_a_video_that_dicom_does_not_hold_is_refused() -> None:
    assert "H.264" in refusal(clip("hevc"))
    assert refusal(clip("mp4")[:-2000]).endswith(".")
