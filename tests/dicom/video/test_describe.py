"""What a video is, is seen from its octets; whatever the label, whatever the damage, there is an answer in words."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.dicom.model import ParsedInstance
from backend.dicom.parsing import parse_instance
from backend.dicom.plain import NotPlain
from backend.dicom.video.describe import clock_of
from backend.dicom.video.model import VideoHeader
from backend.dicom.video.syntaxes import PLAYED, is_video
from tests.dicom.video.test_remux import film
from tests.dicom.video.transport_writer import transport_stream
from tests.videos import FRAMES, H264, HEVC, MPEG2, clip, video_file


def parsed(octets: bytes) -> ParsedInstance:
    result = parse_instance(io.BytesIO(octets))
    assert isinstance(result, ParsedInstance)
    return result


def header(octets: bytes) -> VideoHeader:
    return VideoHeader.from_bytes(parsed(octets).video_header)


PLAYABLE = {
    "mp4": ("mp4", "H.264", "avc1.64000b"),
    "fragmented": ("mp4", "H.264", "avc1.64000b"),
    "sound": ("mp4", "H.264", "avc1.64000b"),
    "ts": ("transport stream", "H.264", "avc1.64000b"),
    "m2ts": ("transport stream", "H.264", "avc1.64000b"),
    "hevc": ("mp4", "HEVC", "hvc1."),
}
NOT_PLAYABLE = {
    "mpeg2": ("program stream", "MPEG-2", "This video is MPEG-2, which browsers do not play."),
    "mpeg2-ts": ("transport stream", "MPEG-2", "This video is MPEG-2, which browsers do not play."),
    "mpeg2-es": ("elementary stream", "MPEG-2", "This video is MPEG-2, which browsers do not play."),
    "bare": ("elementary stream", "H.264", "This video is H.264 in a bare stream, which browsers do not play."),
    "hevc-ts": (
        "transport stream", "HEVC", "This video is HEVC in an MPEG transport stream, which browsers do not play."
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLAYABLE)
def test_a_video_that_browsers_know_is_described_for_them(kind):
    found = header(video_file(clip(kind)))
    container, name, codec = PLAYABLE[kind]
    assert (found.container, found.codec_name, found.trouble) == (container, name, "")
    assert found.codec.startswith(codec)
    assert (found.rows, found.columns, found.clock.count) == (120, 160, FRAMES)
    assert found.clock.frame_seconds == pytest.approx(0.04)
    assert found.clock.is_exact
    assert found.clock.times_us == b""
    assert found.has_sound == (kind == "sound")


@pytest.mark.parametrize("kind", NOT_PLAYABLE)
def test_a_video_that_browsers_do_not_play_says_so(kind):
    found = header(video_file(clip(kind), MPEG2))
    assert (found.container, found.codec_name, found.trouble) == NOT_PLAYABLE[kind]
    assert found.clock.count == FRAMES  # as the data set says


@pytest.mark.parametrize("syntax", [MPEG2, H264, HEVC, "1.2.840.10008.1.2.4.106.1"])
def test_the_label_does_not_decide(syntax):
    assert header(video_file(clip("mp4"), syntax)).codec_name == "H.264"


def test_frames_that_come_unevenly_keep_their_own_times():
    found = header(video_file(clip("uneven")))
    times = np.frombuffer(found.clock.times_us, "<i8") / 1e6
    kept = [number for number in range(FRAMES) if number % 7 != 3]
    assert np.allclose(times, np.array(kept) * 0.04, atol=1e-5)


@pytest.mark.parametrize("fragments", [1, 2, 7])
def test_fragments_are_joined(fragments):
    stream = clip("mp4")
    octets = video_file(stream, fragments=fragments)
    found = header(octets)
    assert len(found.fragments) == fragments
    joined = b"".join(octets[offset : offset + length] for offset, length in found.fragments)
    assert joined[: len(stream)] == stream


def test_what_the_data_set_says_otherwise_is_noted_and_the_stream_followed():
    result = parsed(video_file(clip("mp4"), NumberOfFrames=61, FrameTime="20", Rows=100))
    notes = " ".join(result.attributes.notes)
    assert "announces 61 frames, its video has 50" in notes
    assert "says 50 frames a second, its video has 25" in notes
    assert "says 160 x 100 pixels, its video has 160 x 120" in notes
    assert (result.attributes.rows, result.attributes.number_of_frames) == (120, 50)


def test_to_whatever_draws_a_video_is_no_image():
    result = parsed(video_file(clip("mp4")))
    assert not result.attributes.is_displayable
    assert result.attributes.not_displayable_reason == PLAYED
    assert result.attributes.is_lossy_source
    assert result.reading_header == b""


def test_an_hour_of_video_is_not_too_many_frames():
    frames = 216_000
    found = header(video_file(clip("mpeg2"), MPEG2, NumberOfFrames=frames))
    assert found.clock.count == frames


def test_a_stream_that_ends_early_is_played_as_far_as_it_goes_and_it_is_said():
    # The index comes last in what ffmpeg writes; in a fragmented file it comes first.
    whole = clip("fragmented")
    result = parsed(video_file(whole[: len(whole) * 2 // 3]))
    found = VideoHeader.from_bytes(result.video_header)
    assert found.trouble == ""
    assert 0 < found.clock.count < FRAMES
    assert "cut short" in " ".join(result.attributes.notes)


def test_an_mp4_without_its_index_is_not_played():
    whole = clip("mp4")
    found = header(video_file(whole[: whole.index(b"moov") - 4]))
    assert (
        found.trouble
        == "The video's MP4 was not finished (its index is missing), so it cannot be played."
    )


def test_a_film_without_encoder_is_described_the_same():
    found = header(video_file(transport_stream(film(30))))
    assert (found.codec_name, found.trouble, found.clock.count) == ("H.264", "", 30)


@pytest.mark.parametrize("kind", ["mp4", "fragmented"])
@settings(max_examples=50)
@given(data=st.data())
def test_damage_anywhere_ends_in_an_answer(kind, data):
    octets = bytearray(clip(kind))
    # Where the index is, damage tells; the pictures themselves are the browser's to judge.
    index = octets.index(b"moov") - 4 if kind == "mp4" else 0
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(index, min(len(octets), index + 1200) - 1))
        octets[at] = data.draw(st.sampled_from([0, 1, 2, 8, 0x7F, 0x80, 0xFF]))
    found = header(video_file(bytes(octets)))
    assert found.trouble == "" or found.trouble.endswith(".")


@settings(max_examples=50)
@given(octets=st.binary(min_size=2, max_size=600))
def test_octets_of_any_kind_are_kept_with_a_sentence(octets):
    assert header(video_file(octets)).trouble.endswith(".")


def test_a_file_without_any_stream_says_so():
    result = parsed(video_file(b""))
    assert result.video_header == b""
    assert "no video" in result.attributes.not_displayable_reason


@pytest.mark.parametrize(
    ("uid", "expected"),
    [
        ("1.2.840.10008.1.2.4.100", True),
        ("1.2.840.10008.1.2.4.108", True),
        ("1.2.840.10008.1.2.4.103.1", True),
        ("1.2.840.10008.1.2.7.1", True),
        ("1.2.840.10008.1.2.4.109", False),
        ("1.2.840.10008.1.2.4.10", False),
        ("1.2.840.10008.1.2.4.90", False),
    ],
)
def test_transfer_syntaxes_of_video(uid, expected):
    assert is_video(uid) == expected


@settings(max_examples=50)
@given(rate=st.sampled_from([23.976, 25, 29.97, 30, 50, 59.94]), count=st.integers(2, 400))
def test_times_that_were_rounded_are_still_even(rate, count):
    times = np.round(np.arange(count) / rate, 3)
    found = clock_of(times)
    assert found.times_us == b""
    assert found.frame_seconds == pytest.approx(1 / rate, abs=0.001)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b'"version":1', b'"version":9'),
        (b'"count":30', b'"count":-1'),
        (b'"packet_bytes":188', b'"packet_bytes":1'),
        (b'"sizes":"', b'"sizes":"AAAA'),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(was, becomes):
    octets = parsed(video_file(transport_stream(film(30)))).video_header
    assert was in octets
    with pytest.raises(NotPlain):
        VideoHeader.from_bytes(octets.replace(was, becomes, 1))
