"""Files in every colour space of PS3.3 C.7.6.3.1.2, drawn: the way back to RGB is computed here from the printed matrices."""

import imagecodecs
import numpy as np
import pytest

from backend.cli.render import draw
from backend.dicom.codecs import uses_component_transform, uses_irreversible_wavelet
from backend.imaging.encoding import Encoding
from backend.imaging.rendering import RenderParameters
from tests.dicom.opened_files import (
    COLOUR,
    HTJ2K,
    JPEG_2000,
    JPEG_2000_LOSSLESS,
    JPEG_LOSSLESS,
    JPEG_LS,
    RLE,
    Opened,
    compressed,
    opened,
    rle,
)
from tests.dicom_files import image_dataset, written

# Rows Y, Cb, Cr of columns R, G, B, as printed.
FULL = np.array([[0.2990, 0.5870, 0.1140], [-0.1687, -0.3313, 0.5000], [0.5000, -0.4187, -0.0813]])
PARTIAL = np.array(
    [[0.2568, 0.5041, 0.0979], [-0.1482, -0.2910, 0.4392], [0.4392, -0.3678, -0.0714]]
)
FULL_ZERO, PARTIAL_ZERO = (0, 128, 128), (16, 128, 128)
# A stored octet is half a level off at most; the inverse matrices make up to two levels of that.
ROUNDING = 2


def full_of(rgb):
    return octets_of(rgb @ FULL.T + FULL_ZERO)


def partial_of(rgb):
    return octets_of(rgb @ PARTIAL.T + PARTIAL_ZERO)


def octets_of(values):
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def subsampled(ybr):
    """Y1 Y2 Cb Cr for each pair of pixels, the chroma of the first."""
    return np.concatenate([ybr[:, 0::2, :1], ybr[:, 1::2, :1], ybr[:, 0::2, 1:]], axis=2).tobytes()


def drawn(image):
    octets = draw(image.parsed, image.read_range, 1, RenderParameters(encoding=Encoding.RAW))
    return np.frombuffer(octets, np.uint8).reshape(
        image.attributes.rows, image.attributes.columns, 3
    )


def assert_shows(image, rgb, tolerance):
    assert np.abs(drawn(image).astype(int) - rgb).max() <= tolerance


# -- uncompressed ----------------------------------------------------------------------------------

PAIRS = np.repeat(
    COLOUR[:, :15], 2, axis=1
)  # each colour twice, so that nothing is lost between the two of a pair
# Luma still differs within a pair: chroma is shared, not the whole pixel.
GREYS = np.repeat(np.arange(0, 240, 8, dtype=np.uint8)[None, :, None], 3, axis=2)


@pytest.mark.parametrize(
    ("interpretation", "stored"),
    [("YBR_FULL_422", full_of), ("YBR_PARTIAL_422", partial_of)],
)
@pytest.mark.parametrize("rgb", [PAIRS, GREYS], ids=["colours", "greys"])
@pytest.mark.parametrize("is_subsampled", [True, False])
def test_uncompressed_luma_and_chroma_are_drawn_in_their_colours(
    interpretation, stored, rgb, is_subsampled
):
    dataset = image_dataset(rgb, PhotometricInterpretation=interpretation)
    # Some writers keep the label of subsampled chroma over chroma in full.
    dataset.PixelData = subsampled(stored(rgb)) if is_subsampled else stored(rgb).tobytes()
    assert_shows(Opened(written(dataset)), rgb, ROUNDING)


@pytest.mark.parametrize("planar", [0, 1])
def test_uncompressed_full_range_is_drawn_in_its_colours_by_pixel_and_by_plane(planar):
    dataset = image_dataset(
        COLOUR, PhotometricInterpretation="YBR_FULL", PlanarConfiguration=planar
    )
    ybr = full_of(COLOUR)
    dataset.PixelData = (np.moveaxis(ybr, -1, 0) if planar else ybr).tobytes()
    assert_shows(Opened(written(dataset)), COLOUR, ROUNDING)


def test_partial_range_uses_the_headroom_that_full_range_does_not_have():
    """The extremes of PS3.3 C.7.6.3.1.2: black is Y 16, white Y 235; what lies beyond is held there."""
    luma = np.array([[0, 16, 235, 255]], np.uint8)
    ybr = np.dstack([luma, np.full_like(luma, 128), np.full_like(luma, 128)])
    dataset = image_dataset(ybr, PhotometricInterpretation="YBR_PARTIAL_422")
    dataset.PixelData = subsampled(ybr)
    assert drawn(Opened(written(dataset)))[0, :, 0].tolist() == [0, 0, 255, 255]


@pytest.mark.parametrize("interpretation", ["YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"])
def test_colour_that_exists_only_compressed_is_refused_uncompressed(interpretation):
    attributes = opened(COLOUR, PhotometricInterpretation=interpretation).attributes
    assert not attributes.is_displayable
    assert f"Uncompressed {interpretation} colour" in attributes.not_displayable_reason


# -- compressed ------------------------------------------------------------------------------------


def jpeg_2000(values, **how):
    return imagecodecs.jpeg2k_encode(values, codecformat="J2K", **how)


def test_the_reversible_transform_of_a_stream_is_undone_exactly():
    stream = jpeg_2000(COLOUR, level=0, reversible=True, mct=True)
    assert uses_component_transform(stream)
    assert not uses_irreversible_wavelet(stream)
    for interpretation in (
        "YBR_RCT",
        "RGB",
    ):  # what the stream says of itself holds, whatever its label
        image = compressed(
            COLOUR, JPEG_2000_LOSSLESS, [stream], PhotometricInterpretation=interpretation
        )
        assert_shows(image, COLOUR, 0)


@pytest.mark.parametrize("interpretation", ["YBR_ICT", "RGB", "YBR_FULL"])
def test_the_irreversible_transform_of_a_stream_is_undone(interpretation):
    stream = jpeg_2000(COLOUR, level=60, reversible=False, mct=True)
    assert uses_component_transform(stream)
    assert uses_irreversible_wavelet(stream)
    image = compressed(COLOUR, JPEG_2000, [stream], PhotometricInterpretation=interpretation)
    assert_shows(image, COLOUR, 3)
    assert image.attributes.is_lossy_source


@pytest.mark.parametrize(
    ("interpretation", "stored", "tolerance"),
    [
        ("RGB", np.array, 0),
        ("YBR_FULL", full_of, ROUNDING),
        ("YBR_FULL_422", full_of, ROUNDING),
        ("YBR_PARTIAL_422", partial_of, ROUNDING),
        ("YBR_PARTIAL_420", partial_of, ROUNDING),
    ],
)
@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        (JPEG_2000_LOSSLESS, lambda values: jpeg_2000(values, level=0, mct=False)),
        (HTJ2K, lambda values: imagecodecs.htj2k_encode(values, rgb=False)),
        (JPEG_LS, imagecodecs.jpegls_encode),
        (JPEG_LOSSLESS, lambda values: imagecodecs.jpeg8_encode(values, lossless=True)),
        (RLE, rle),
    ],
    ids=["jpeg 2000", "htj2k", "jpeg-ls", "lossless jpeg", "rle"],
)
def test_a_stream_without_a_transform_holds_the_colour_space_of_the_file(
    syntax, encode, interpretation, stored, tolerance
):
    stream = encode(stored(COLOUR))
    assert not uses_component_transform(stream)
    image = compressed(COLOUR, syntax, [stream], PhotometricInterpretation=interpretation)
    assert_shows(image, COLOUR, tolerance)


@pytest.mark.parametrize("interpretation", ["YBR_ICT", "YBR_RCT"])
def test_a_transform_that_the_codec_does_not_have_is_refused(interpretation):
    image = compressed(COLOUR, RLE, [rle(COLOUR)], PhotometricInterpretation=interpretation)
    assert f"colour space {interpretation} is not known" in image.attributes.not_displayable_reason
