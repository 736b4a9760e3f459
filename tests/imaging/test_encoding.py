"""Octets of image files: exact where they say so, colour at full resolution."""

import io
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from backend.imaging.encoding import Encoding, encode, encode_jpeg, encode_png

sides = st.integers(1, 33)
pictures = hnp.arrays(
    "uint8", st.one_of(st.tuples(sides, sides), st.tuples(sides, sides, st.just(3)))
)


@given(pictures)
def test_png_comes_back_exactly(display_values):
    with Image.open(io.BytesIO(encode_png(display_values))) as image:
        assert image.format == "PNG"
        assert image.mode == ("L" if display_values.ndim == 2 else "RGB")
        assert np.array_equal(np.asarray(image), display_values)


def test_png_of_noise_and_of_a_cut_tile_come_back_exactly():
    noise = np.random.default_rng(5).integers(0, 256, (700, 900), dtype=np.uint8)
    for picture in (noise, noise[100:612, 300:812], noise[::2, ::3], np.asfortranarray(noise)):
        with Image.open(io.BytesIO(encode_png(picture))) as image:
            assert np.array_equal(np.asarray(image), picture)


def test_png_passes_a_strict_check_of_its_chunks():
    octets = encode_png(np.arange(12, dtype=np.uint8).reshape(3, 4))
    assert octets.startswith(b"\x89PNG\r\n\x1a\n")
    position, names = 8, []
    while position < len(octets):
        length = int.from_bytes(octets[position : position + 4], "big")
        body = octets[position + 4 : position + 8 + length]
        checksum = int.from_bytes(octets[position + 8 + length : position + 12 + length], "big")
        assert zlib.crc32(body) == checksum
        names.append(body[:4])
        position += 12 + length
    assert names == [b"IHDR", b"IDAT", b"IEND"]


@given(pictures, st.integers(1, 95))
def test_jpeg_keeps_size_and_kind(display_values, quality):
    with Image.open(io.BytesIO(encode_jpeg(display_values, quality))) as image:
        assert image.format == "JPEG"
        assert np.asarray(image).shape == display_values.shape


def test_jpeg_keeps_thin_coloured_lines():
    picture = np.zeros((32, 32, 3), np.uint8)
    picture[:, ::2] = (255, 0, 0)
    with Image.open(io.BytesIO(encode_jpeg(picture, 95))) as image:
        # With chroma at half resolution, red and black columns would become one colour.
        assert np.abs(np.asarray(image).astype(int) - picture).mean() < 6


@pytest.mark.parametrize("quality", [0, -1, 96, 100])
def test_a_quality_out_of_range_is_refused(quality):
    with pytest.raises(ValueError, match="quality"):
        encode_jpeg(np.zeros((4, 4), np.uint8), quality)


def test_raw_is_row_by_row():
    picture = np.arange(24, dtype=np.uint8).reshape(4, 6)
    assert encode(picture[:, 1:3], Encoding.RAW) == bytes([1, 2, 7, 8, 13, 14, 19, 20])
