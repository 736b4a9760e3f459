"""Pictures made smaller by area, run by Node: each pixel of the glass is the mean of what it covers, wherever the image lies."""

import base64

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.components.node import address, answer

AVERAGES = f"""
const {{ averages, shares }} = await import({address("viewport_area.js")});
const made = given.map(({{ octets, width, isColour, across, down }}) => {{
  const pixels = Buffer.from(octets, "base64");
  const pixelsOf = (left, top, partWidth, partHeight) => {{
    const part = new Uint8ClampedArray(4 * partWidth * partHeight);
    for (let row = 0; row < partHeight; row += 1) {{
      const begin = 4 * (width * (top + row) + left);
      part.set(pixels.subarray(begin, begin + 4 * partWidth), 4 * partWidth * row);
    }}
    return part;
  }};
  const [x, y] = [shares(...across), shares(...down)];
  if (!x.count || !y.count) return null;
  const making = averages(pixelsOf, x, y, isColour);
  let step;
  do step = making.next();
  while (!step.done);
  const means = Buffer.from(step.value).toString("base64");
  return {{ means, left: x.first, top: y.first, width: x.count, height: y.count }};
}});
process.stdout.write(JSON.stringify(made));
"""


class Axis:
    """How an image lies along one side of the glass.

    Attributes:
        size: Pixels of the image.
        step: Device pixels for each of them; below zero where it runs against the axis.
        begin: Where its first pixel begins.
        room: Device pixels.
    """

    def __init__(self, size, zoom, is_against, shift, room):
        self.size, self.room = size, room
        self.step = -zoom if is_against else zoom
        self.begin = shift * room - self.step * size / 2

    def told(self, level):
        return [self.step, self.size, self.begin, 2**level, self.room]

    def laid(self, values):
        """The pixels of a level in the order in which they lie on the glass."""
        return values[::-1] if self.step < 0 else values

    def shares(self, level):
        """For each device pixel how much of it each pixel of a level covers, each between its own ends."""
        ends = np.minimum(np.arange(-(-self.size // 2**level) + 1) * 2**level, self.size)
        ends = self.begin + self.step * ends
        low, high = np.minimum(ends[:-1], ends[1:]), np.maximum(ends[:-1], ends[1:])
        at = np.arange(self.room)[:, None]
        return np.clip(np.minimum(high, at + 1) - np.maximum(low, at), 0, None)


axes = st.builds(
    Axis,
    st.integers(1, 90),
    st.floats(0.02, 0.99),
    st.booleans(),
    st.floats(0.2, 0.8),
    st.integers(1, 90),
)


class Case:
    """A level of an image and how it lies on the glass; no level is shown larger than it is."""

    def __init__(self, across, down, level, is_colour, seed):
        zoom = max(abs(across.step), abs(down.step))
        self.level = min(level, max(0, int(-np.log2(zoom))))
        self.across, self.down, self.is_colour = across, down, is_colour
        shape = (-(-down.size // 2**self.level), -(-across.size // 2**self.level))
        noise = np.random.default_rng(seed).integers(0, 256, (*shape, 3)).astype(np.uint8)
        self.values = noise if is_colour else np.repeat(noise[..., :1], 3, axis=2)

    def told(self):
        laid = self.down.laid(self.across.laid(self.values.swapaxes(0, 1)).swapaxes(0, 1))
        opaque = np.dstack([laid, np.full(laid.shape[:2], 255, np.uint8)])
        return {
            "octets": base64.b64encode(opaque.tobytes()).decode(),
            "width": laid.shape[1],
            "isColour": self.is_colour,
            "across": self.across.told(self.level),
            "down": self.down.told(self.level),
        }

    def expected(self):
        rows, columns = self.down.shares(self.level), self.across.shares(self.level)
        return np.einsum("yr,xc,rcs->yxs", rows, columns, self.values.astype(np.float64))


cases = st.builds(Case, axes, axes, st.integers(0, 4), st.booleans(), st.integers(0, 2**32 - 1))


@settings(max_examples=4, deadline=None)
@given(st.lists(cases, min_size=20, max_size=40))
def test_each_pixel_of_the_glass_is_the_mean_of_what_it_covers(some):
    for case, made in zip(some, answer(AVERAGES, [case.told() for case in some]), strict=True):
        glass = np.zeros((case.down.room, case.across.room, 3))
        if made:
            octets = np.frombuffer(base64.b64decode(made["means"]), np.uint8)
            means = octets.reshape(made["height"], made["width"], 4)
            rows = np.s_[made["top"] : made["top"] + made["height"]]
            glass[rows, made["left"] : made["left"] + made["width"]] = means[..., :3]
            assert (means[..., 3] == 255).all()
        assert np.abs(glass - case.expected()).max() < 0.51
