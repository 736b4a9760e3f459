"""What a tile is held against: the bare call, and ten lines of Starlette around it."""

import asyncio
import io
import os

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

# All stored values of 16 bits in the order of their two's complement, so that a table needs no turning.
RAMP = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.float32)


def bare(stored_values: np.ndarray, center: float, width: float) -> bytes:
    """Window and JPEG of one frame with numpy and Pillow, and nothing else: no levels, no padding, no checks.

    As quick as it can be written: in single precision, which draws some pixels a grey level off, and with no table kept.
    """
    slope = np.float32(255 / (width - 1))
    table = RAMP * slope
    table += np.float32(128 - (center - 0.5) * slope)
    grey = np.take(
        np.clip(table, 0, 255, out=table).astype(np.uint8), stored_values.view(np.uint16)
    )
    octets = io.BytesIO()
    Image.fromarray(grey).save(octets, "JPEG", quality=85)
    return octets.getvalue()


VALUES = (
    np.load(os.environ["BENCH_FRAME"]) if "BENCH_FRAME" in os.environ else np.zeros((1, 1), "i2")
)


async def tile(request: Request) -> Response:
    center, width = (float(text) for text in request.query_params["window"].split(","))
    return Response(await asyncio.to_thread(bare, VALUES, center, width), media_type="image/jpeg")


app = Starlette(routes=[Route("/tile", tile)])
