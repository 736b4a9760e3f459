"""Reads pixels back from the page: what is really on the glass."""

import base64

import numpy as np
from playwright.sync_api import Page

_READ = """
([selector, around]) => {
    const canvas = document.querySelector(selector);
    const [height, width] = around ?? [canvas.height, canvas.width];
    // Odd rests are rounded as the viewport rounds them.
    const [left, top] = [Math.round((canvas.width - width) / 2), Math.round((canvas.height - height) / 2)];
    if (Math.min(left, top) < 0) throw new Error(`the canvas has only ${canvas.width} x ${canvas.height} pixels`);
    const { data } = canvas.getContext("2d").getImageData(left, top, width, height);
    let text = "";
    for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
    return [[height, width], btoa(text)];
}
"""


def pixels_of(page: Page, selector: str, middle: tuple[int, int] | None = None) -> np.ndarray:
    """The canvas that a selector finds, as (rows, columns, red green blue alpha), in device pixels.

    Args:
        page: Where it is.
        selector: Finds it.
        middle: Rows and columns of the part in its middle that is read; all of it without.
    """
    size, octets = page.evaluate(_READ, [selector, middle])
    return np.frombuffer(base64.b64decode(octets), np.uint8).reshape(*size, 4)


def glass_of(page: Page, number: int = 0, middle: tuple[int, int] | None = None) -> np.ndarray:
    """What is on the glass of a viewport, from 0, as (rows, columns, red green blue)."""
    rgba = pixels_of(page, f"[data-viewport='{number}'] .viewport-canvas", middle)
    assert (rgba[..., 3] == 255).all()
    return rgba[..., :3]
