"""How the viewport unpacks pictures, run by Node."""

import base64

import numpy as np

from backend.imaging.encoding import encode_jpeg, encode_png
from tests.components.node import address, answer


def are_grey(*files: bytes) -> list[bool]:
    program = (
        f"const {{ isGreyJpeg }} = await import({address('viewport_picture.js')});"
        "const files = given.map((file) => new Uint8Array(Buffer.from(file, 'base64')));"
        "process.stdout.write(JSON.stringify(files.map(isGreyJpeg)));"
    )
    return answer(program, [base64.b64encode(octets).decode() for octets in files])


def test_grey_pictures_are_told_from_colour_by_their_own_header():
    grey = encode_jpeg(np.zeros((40, 30), np.uint8))
    colour = encode_jpeg(np.zeros((40, 30, 3), np.uint8))
    png = encode_png(np.zeros((40, 30), np.uint8))
    assert are_grey(grey, colour, png, grey[:12], b"") == [True, False, False, False, False]
