"""What lies on the glass, run by Node over a canvas that writes down what it is told to draw: tiles of any level, however the
image is turned, make the very picture that the back end draws of the whole level, turned by numpy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.imaging.model import Window
from backend.imaging.rendering import RenderParameters, render_display_values
from backend.imaging.tiling import level_shape, pyramid_levels, tile_grid
from tests import phantoms
from tests.components.node import address, answer

ROOM_PX = 1400
WINDOW = Window(30_000, 60_000)

PAINT = f"""
const {{ Glass }} = await import({address("viewport_glass.js")});
const picture = ([height, width], name) => ({{ height, width, name, close() {{}} }});
const painted = given.map(({{ rows, columns, level, base, tiles, rotation, is_mirrored, room }}) => {{
  const drawn = [];
  const context = {{
    setTransform(...matrix) {{ this.matrix = matrix; }},
    fillRect() {{}},
    drawImage({{ name }}, ...place) {{ drawn.push({{ name, place, matrix: this.matrix }}); }},
  }};
  const canvas = {{ getContext: () => context }};
  const glass = new Glass({{ canvas, root: {{ dataset: {{}} }}, labels: {{}}, layers: null }}, {{}}, () => {{}});
  glass.text = {{ write() {{}} }};
  glass.resize(room, room);
  const image = {{ rows, columns, aspect: 1 }};
  const look = {{ sop: "1.2", frame: 1 }};
  glass.put({{ picture: picture(base.shape, "base"), look, level: base.level, fidelity: "lossless", image }});
  for (const {{ row, column, shape }} of tiles) {{
    glass.putTile({{ level, row, column }}, picture(shape, [row, column]), "lossless");
  }}
  glass.paint({{ zoom: 2 ** -level, rotation, is_mirrored, pan_row_px: 0, pan_column_px: 0 }}, {{ imageCount: 1 }});
  return {{ drawn, fidelity: glass.written.fidelity }};
}});
process.stdout.write(JSON.stringify(painted));
"""


class Case:
    """An image with its tiles of one level, and how it lies on the glass."""

    def __init__(self, rows, columns, level, rotation, is_mirrored):
        stored = np.random.default_rng(rows * 3001 + columns).integers(0, 65536, (rows, columns))
        self.frame = phantoms.grey(stored, np.uint16)
        levels = pyramid_levels(rows, columns)
        self.level, self.last = min(level, levels - 1), levels - 1
        self.rotation, self.is_mirrored = rotation, is_mirrored

    def drawn(self, tile=None):
        return render_display_values(
            self.frame, RenderParameters(WINDOW, level=self.level, tile=tile)
        )

    def tiles(self):
        shape = self.frame.stored_values.shape
        grid_rows, grid_columns = tile_grid(*shape, self.level)
        places = [(row, column) for row in range(grid_rows) for column in range(grid_columns)]
        return {place: self.drawn(place) for place in places}

    def told(self, tiles):
        rows, columns = self.frame.stored_values.shape
        return {
            "rows": rows,
            "columns": columns,
            "level": self.level,
            "base": {"level": self.last, "shape": level_shape(rows, columns, self.last)},
            "tiles": [
                {"row": row, "column": column, "shape": tile.shape}
                for (row, column), tile in tiles.items()
            ],
            "rotation": self.rotation,
            "is_mirrored": self.is_mirrored,
            "room": ROOM_PX,
        }

    def expected(self):
        turned = np.rot90(self.drawn(), -self.rotation // 90)  # numpy counts anticlockwise
        return turned[:, ::-1] if self.is_mirrored else turned


def composed(drawn, tiles):
    """The glass, and where something was painted: each pixel of a tile onto the device pixel that its centre falls on."""
    glass = np.zeros((ROOM_PX, ROOM_PX), np.uint8)
    is_painted = np.zeros(glass.shape, np.bool_)
    for what in drawn:
        tile = tiles[tuple(what["name"])]
        left, top, width, height = what["place"]
        a, b, c, d, e, f = what["matrix"]
        down, across = np.indices(tile.shape) + 0.5
        column = left + across * width / tile.shape[1]
        row = top + down * height / tile.shape[0]
        # A level of an image of odd size hangs over its edge by parts of a pixel: the grid is then between the pixels.
        x, y = (
            np.floor(at + 1e-6).astype(int)
            for at in (a * column + c * row + e, b * column + d * row + f)
        )
        assert not is_painted[y, x].any()
        glass[y, x], is_painted[y, x] = tile, True
    return glass, is_painted


cases = st.builds(
    Case,
    st.integers(1, 1300),
    st.integers(1, 1300),
    st.integers(0, 2),
    st.sampled_from([0, 90, 180, 270]),
    st.booleans(),
)


@settings(max_examples=4, deadline=None)
@given(st.lists(cases, min_size=4, max_size=6))
def test_tiles_on_the_glass_are_the_whole_image_turned(some):
    tiles = [case.tiles() for case in some]
    told = [case.told(its) for case, its in zip(some, tiles, strict=True)]
    for case, its, painted in zip(some, tiles, answer(PAINT, told), strict=True):
        base, *rest = painted["drawn"]
        assert base["name"] == "base"
        assert painted["fidelity"] == "lossless"
        glass, is_painted = composed(rest, its)
        expected = case.expected()
        rows, columns = (np.flatnonzero(is_painted.any(axis=axis)) for axis in (1, 0))
        shown = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert is_painted[shown].all()
        assert np.array_equal(glass[shown], expected)
        # In the middle of the glass, to the pixel.
        for first, last in ((rows[0], rows[-1]), (columns[0], columns[-1])):
            assert abs(first + last + 1 - ROOM_PX) <= 2
