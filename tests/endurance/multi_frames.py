"""Multi-frame files larger than anybody should hold, made while they are read; every frame has pixels of its own."""

import io
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import RLELossless

from tests.dicom_files import image_dataset, written

SIDE_PX = 512
FRAME_BYTES = 2 * SIDE_PX * SIDE_PX
MOST_FRAMES = 4099  # of so many values each frame begins with its own
_RUN = 128
_STEP_BYTES = 1 << 20

_values = (np.arange(SIDE_PX * SIDE_PX + MOST_FRAMES) % MOST_FRAMES).astype("<u2")


def stored_values(frame_index: int) -> np.ndarray:
    """The pixels of a frame, which rise from its index on."""
    return _values[frame_index : frame_index + SIDE_PX * SIDE_PX].reshape(SIDE_PX, SIDE_PX)


class MultiFrame:
    """A file of alike parts, which stand where octets or what reads them are expected.

    Args:
        head: What comes before the frames.
        frame: The octets of each, given its index; all are as long as the first.
        frames: How many.
        tail: What comes after them.

    Attributes:
        read_bytes: How much of it was asked for.
        most_at_once: The most that was asked for in one question.
    """

    def __init__(
        self, head: bytes, frame: Callable[[int], bytes], frames: int, tail: bytes = b""
    ) -> None:
        self._head, self._frame, self._frames, self._tail = head, frame, frames, tail
        self._frame_bytes = len(frame(0))
        self.size_bytes = len(head) + frames * self._frame_bytes + len(tail)
        self.read_bytes = 0
        self.most_at_once = 0

    def __len__(self) -> int:
        return self.size_bytes

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self.size_bytes)
        return self.read_range(start, stop - start)

    def read_range(self, offset: int, length: int) -> bytes:
        """Exactly those octets."""
        assert 0 <= offset <= offset + length <= self.size_bytes
        self.read_bytes += length
        self.most_at_once = max(self.most_at_once, length)
        octets = io.BytesIO()
        while octets.tell() < length:
            part = self._from(offset + octets.tell())
            octets.write(part[: length - octets.tell()])
        return octets.getvalue()

    def read_into(self, offset: int, view: memoryview) -> None:
        """As many octets as fill `view`."""
        view[:] = self.read_range(offset, len(view))

    def write(self, path: Path) -> None:
        """Write it as a file."""
        with path.open("wb") as file:
            for part in self._parts():
                file.write(part)

    def _parts(self) -> Iterator[bytes]:
        for offset in range(0, self.size_bytes, _STEP_BYTES):
            yield self[offset : offset + _STEP_BYTES]

    def _from(self, offset: int) -> bytes:
        """What follows of the part in which an octet lies."""
        if offset < len(self._head):
            return self._head[offset:]
        frame_index, place = divmod(offset - len(self._head), self._frame_bytes)
        if frame_index < self._frames:
            return self._frame(frame_index)[place:]
        return self._tail[offset - len(self._head) - self._frames * self._frame_bytes :]


def native(frames: int) -> MultiFrame:
    """Uncompressed pixels."""
    head = written(_dataset(frames, b""))[:-4] + struct.pack("<I", frames * FRAME_BYTES)
    return MultiFrame(head, lambda index: stored_values(index).tobytes(), frames)


def run_length_encoded(frames: int) -> MultiFrame:
    """RLE Lossless, a fragment for each frame; no run is made shorter by it (PS3.5 G.3.1)."""
    dataset = _dataset(frames, encapsulate([bytes(2)], has_bot=False))
    dataset.file_meta.TransferSyntaxUID = RLELossless
    dataset["PixelData"].VR = "OB"
    empty = written(dataset)
    end = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return MultiFrame(empty[: -len(end) - 10], _fragment, frames, end)


def _dataset(frames: int, pixel_data: bytes) -> Dataset:
    dataset = image_dataset(np.zeros((SIDE_PX, SIDE_PX), np.uint16), NumberOfFrames=frames)
    dataset.PixelData = pixel_data
    return dataset


def _fragment(frame_index: int) -> bytes:
    octets = stored_values(frame_index).tobytes()
    segments = [_literal(octets[1::2]), _literal(octets[::2])]  # the more significant first
    offsets = (64, 64 + len(segments[0]))
    header = struct.pack("<16I", len(segments), *offsets, *([0] * 13))
    body = header + b"".join(segments)
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(body)) + body


def _literal(octets: bytes) -> bytes:
    """As literal runs of 128 octets each."""
    runs = np.frombuffer(octets, np.uint8).reshape(-1, _RUN)
    return np.insert(runs, 0, _RUN - 1, axis=1).tobytes()
