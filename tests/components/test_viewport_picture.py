"""How the viewport unpacks pictures, run by Node."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from backend.imaging.encoding import encode_jpeg, encode_png

ROOT = Path(__file__).parent.parent.parent
MODULE = ROOT / "pacscribe_ui" / "components" / "viewport_picture.js"
NODE = Path(sys.executable).parent / "node"


def are_grey(*files: bytes) -> list[bool]:
    program = (
        f"import {{ isGreyJpeg }} from {json.dumps(MODULE.as_uri())};"
        "let text = ''; for await (const part of process.stdin) text += part;"
        "const files = JSON.parse(text).map((file) => new Uint8Array(Buffer.from(file, 'base64')));"
        "process.stdout.write(JSON.stringify(files.map(isGreyJpeg)));"
    )
    done = subprocess.run(
        [NODE, "--input-type=module", "-e", program],
        input=json.dumps([base64.b64encode(octets).decode() for octets in files]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(done.stdout)


def test_grey_pictures_are_told_from_colour_by_their_own_header():
    grey = encode_jpeg(np.zeros((40, 30), np.uint8))
    colour = encode_jpeg(np.zeros((40, 30, 3), np.uint8))
    png = encode_png(np.zeros((40, 30), np.uint8))
    assert are_grey(grey, colour, png, grey[:12], b"") == [True, False, False, False, False]
