"""Videos for tests, made with ffmpeg where it is, and wrapped into DICOM. The product itself never needs ffmpeg."""

import io
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import generate_uid

VIDEO_ENDOSCOPIC = "1.2.840.10008.5.1.4.1.1.77.1.1.1"
MPEG2 = "1.2.840.10008.1.2.4.100"
H264 = "1.2.840.10008.1.2.4.102"
HEVC = "1.2.840.10008.1.2.4.107"
STUDY = "2.25.4242"
RATE = 25
FRAMES = 50


def require_ffmpeg() -> str:
    """The program, or a skipped test."""
    found = shutil.which("ffmpeg")
    if found is None:
        pytest.skip("ffmpeg is not installed; on Debian: apt install ffmpeg")
    return found


@cache
def clip(kind: str) -> bytes:
    """A film of 50 frames, 160 x 120, 25 a second, in which every frame differs.

    Args:
        kind: `mp4`, `ts`, `m2ts`, `fragmented`, `sound`, `ts-sound`, `mpeg2`, `mpeg2-ts`, `mpeg2-es`, `hevc`, `hevc-ts`, `interlaced`,
            `bare`, `uneven`, `wide`.
    """
    h264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "10", "-bf", "2"]
    hevc = ["-c:v", "libx265", "-x265-params", "log-level=none", "-g", "10"]
    sound = ["-f", "lavfi", "-i", "sine=duration=2", "-c:a", "aac"]
    ways = {
        "mp4": [*h264, "-f", "mp4"],
        "fragmented": [*h264, "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4"],
        "sound": [*sound, *h264, "-f", "mp4"],
        "uneven": ["-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "vfr", *h264, "-f", "mp4"],
        "wide": ["-vf", "setsar=2/1", *h264, "-f", "mp4"],
        "ts": [*h264, "-f", "mpegts"],
        "ts-sound": [*sound, *h264, "-f", "mpegts"],
        "m2ts": [*h264, "-mpegts_m2ts_mode", "1", "-f", "mpegts"],
        "interlaced": [*h264, "-flags", "+ilme+ildct", "-f", "mpegts"],
        "bare": [*h264, "-f", "h264"],
        "mpeg2": ["-c:v", "mpeg2video", "-f", "mpeg"],
        "mpeg2-ts": ["-c:v", "mpeg2video", "-f", "mpegts"],
        "mpeg2-es": ["-c:v", "mpeg2video", "-f", "mpeg2video"],
        "hevc": [*hevc, "-tag:v", "hvc1", "-f", "mp4"],
        "hevc-ts": [*hevc, "-f", "mpegts"],
    }  # fmt: skip
    source = ["-f", "lavfi", "-i", f"testsrc=size=160x120:rate={RATE}:duration={FRAMES / RATE}"]
    return _run(source + ways[kind])


def _run(arguments: list[str], given: bytes = b"") -> bytes:
    """What ffmpeg makes of `given`; MP4 needs a file that it can go back in."""
    program = require_ffmpeg()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in").write_bytes(given)
        done = subprocess.run(
            [program, "-v", "error", "-y", *arguments, "out"],
            cwd=folder,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode()
        return Path(folder, "out").read_bytes()


def decoded_frames(octets: bytes) -> list[str]:
    """A checksum of each picture, decoded, in the order in which they are shown."""
    told = _run(
        ["-i", "in", "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5"], octets
    ).decode()
    return [
        line.rpartition(",")[2].strip() for line in told.splitlines() if not line.startswith("#")
    ]


def decoded_pixels(octets: bytes, rows: int, columns: int) -> np.ndarray:
    """Every picture (rows, columns, red green blue), decoded, in the order in which they are shown."""
    raw = _run(
        [
            "-i",
            "in",
            "-map",
            "0:v:0",
            "-fps_mode",
            "passthrough",
            "-pix_fmt",
            "rgb24",
            "-f",
            "rawvideo",
        ],
        octets,
    )
    return np.frombuffer(raw, np.uint8).reshape(-1, rows, columns, 3).astype(np.int16)


def video_file(
    stream: bytes,
    transfer_syntax_uid: str = H264,
    *,
    fragments: int = 1,
    sop_instance_uid: str = "",
    series_instance_uid: str = f"{STUDY}.1",
    **elements: object,
) -> bytes:
    """A DICOM video around a stream.

    Args:
        stream: The octets.
        transfer_syntax_uid: What the file says they are.
        fragments: In how many fragments they come.
        sop_instance_uid: Made from the stream if not given.
        series_instance_uid: The series.
        elements: Set over what is usual; None removes one.
    """
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = transfer_syntax_uid
    data.SOPClassUID = VIDEO_ENDOSCOPIC
    data.SOPInstanceUID = sop_instance_uid or generate_uid(
        entropy_srcs=[stream.hex()[:400], transfer_syntax_uid]
    )
    data.StudyInstanceUID, data.SeriesInstanceUID = STUDY, series_instance_uid
    data.PatientName, data.PatientID = "Film^Test", "V-1"
    data.StudyDate, data.StudyTime = "20260103", "093000"
    data.StudyDescription, data.SeriesDescription = "Endoscopy", "Clip"
    data.Modality, data.SeriesNumber, data.InstanceNumber = "ES", 1, 1
    data.Rows, data.Columns, data.NumberOfFrames = 120, 160, FRAMES
    data.FrameTime = str(1000 / RATE)
    data.SamplesPerPixel, data.PhotometricInterpretation = 3, "YBR_PARTIAL_420"
    data.PlanarConfiguration, data.PixelRepresentation = 0, 0
    data.BitsAllocated = data.BitsStored = 8
    data.HighBit = 7
    data.LossyImageCompression, data.LossyImageCompressionRatio = "01", "50"
    empty_table = b"\xfe\xff\x00\xe0\x00\x00\x00\x00"
    data.PixelData = (
        encapsulate([stream], fragments_per_frame=fragments, has_bot=False)
        if stream
        else empty_table
    )
    data["PixelData"].VR = "OB"
    for keyword, value in elements.items():
        if value is None:
            delattr(data, keyword)
        else:
            setattr(data, keyword, value)
    buffer = io.BytesIO()
    data.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
