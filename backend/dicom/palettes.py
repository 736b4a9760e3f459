"""Look-up tables of a file: descriptors, data, segmented palettes. Applying them belongs to `backend.imaging`."""

import numpy as np
import numpy.typing as npt

from backend.dicom.elements import Elements
from backend.dicom.frame_index import NotShown
from backend.dicom.reading_header import PixelFormat, StoredTable

_MAX_ENTRIES = 65536
_DISCRETE, _LINEAR, _INDIRECT = 0, 1, 2
_DAMAGED = "A look-up table of the image is damaged, so its grey values or colours are unknown."


def stored_table(
    elements: Elements, descriptor_keyword: str, data_keyword: str, is_signed: bool
) -> StoredTable:
    """A look-up table, PS3.3 C.11.1.1 and C.7.6.3.1.5.

    Args:
        elements: What holds the two elements.
        descriptor_keyword: Number of entries, first value mapped, bits of an entry.
        data_keyword: The entries.
        is_signed: Whether inputs can be negative, so that the first value is signed even where the VR denies it.

    Raises:
        NotShown: If there are fewer entries than described.
    """
    count, first_value, bits = _descriptor(elements, descriptor_keyword, is_signed)
    octets, _ = elements.octets(data_keyword)
    if bits <= 8 and count <= len(octets) < 2 * count:
        # Entries of 8 bits packed two to a word; the word order hides in OW of a big-endian file.
        words = (
            np.array(elements.words(data_keyword), dtype="<u2").tobytes()
            + octets[len(octets) // 2 * 2 :]
        )
        return _table(
            first_value, bits, np.frombuffer(words, dtype=np.uint8)[:count].astype(np.uint16)
        )
    words_16 = np.array(elements.words(data_keyword), dtype=np.uint16)
    if words_16.size < count:
        raise NotShown(_DAMAGED)
    return _table(first_value, bits, words_16[:count])


def palette_tables(elements: Elements, pixels: PixelFormat) -> tuple[StoredTable, ...]:
    """The red, green and blue tables of a PALETTE COLOR image, PS3.3 C.7.6.3.1.5 and, segmented, C.7.9.2.

    Raises:
        NotShown: If a table is missing or damaged.
    """
    tables = []
    for colour in ("Red", "Green", "Blue"):
        descriptor = f"{colour}PaletteColorLookupTableDescriptor"
        data = f"{colour}PaletteColorLookupTableData"
        if data not in elements and f"Segmented{data}" in elements:
            tables.append(
                _segmented_table(elements, descriptor, f"Segmented{data}", pixels.is_signed)
            )
        elif data in elements and descriptor in elements:
            tables.append(stored_table(elements, descriptor, data, pixels.is_signed))
        else:
            raise NotShown(
                "The colour palette of the image is missing, so its colours are unknown."
            )
    return tuple(tables)


def _descriptor(elements: Elements, keyword: str, is_signed: bool) -> tuple[int, int, int]:
    octets, vr = elements.octets(keyword)
    words = elements.words(keyword)
    if len(words) != 3 or len(octets) != 6:
        raise NotShown(_DAMAGED)
    first_value = words[1]
    # Where inputs can be negative, 63488 means -2048 whatever the VR says: some writers label the descriptor US, and
    # read as it stands its first input would be beyond every stored value.
    if (vr == "SS" or is_signed) and first_value >= 1 << 15:
        first_value -= 1 << 16
    bits = words[2]
    if not 1 <= bits <= 16:
        raise NotShown(_DAMAGED)
    return words[0] or _MAX_ENTRIES, first_value, bits


def _table(first_value: int, bits: int, entries: npt.NDArray[np.uint16]) -> StoredTable:
    return StoredTable(first_value, bits, entries.astype("<u2").tobytes())


def _segmented_table(
    elements: Elements, descriptor: str, data: str, is_signed: bool
) -> StoredTable:
    count, first_value, bits = _descriptor(elements, descriptor, is_signed)
    words = elements.words(data)
    if bits <= 8:
        # PS3.3 C.7.9.2: with 8-bit entries the segments, too, are octets.
        octets = np.array(words, dtype="<u2").tobytes()
        expanded = _expanded(tuple(octets), count, is_octets=True)
    else:
        expanded = _expanded(words, count, is_octets=False)
    if len(expanded) < count:
        raise NotShown(_DAMAGED)
    return _table(first_value, bits, np.array(expanded[:count], dtype=np.uint16))


def _expanded(words: tuple[int, ...], count: int, is_octets: bool) -> list[int]:
    """Discrete, linear and indirect segments as a plain list of entries."""
    entries: list[int] = []
    position = 0
    while position + 2 <= len(words) and len(entries) < count:
        opcode, length = words[position], words[position + 1]
        if opcode == _INDIRECT:
            width = 4 if is_octets else 2
            parts = words[position + 2 : position + 2 + width]
            target = sum(
                part << (index * (8 if is_octets else 16)) for index, part in enumerate(parts)
            )
            _append_copied(words, target, length, entries)
            position += 2 + width
        else:
            position = _append_segment(words, position, entries)
        if len(entries) > _MAX_ENTRIES:
            raise NotShown(_DAMAGED)
    return entries


def _append_copied(words: tuple[int, ...], target: int, segments: int, entries: list[int]) -> None:
    """An indirect segment: `segments` earlier discrete or linear ones again, from the offset `target`."""
    position = target
    for _ in range(segments):
        if position + 2 > len(words) or words[position] == _INDIRECT or len(entries) > _MAX_ENTRIES:
            raise NotShown(_DAMAGED)
        position = _append_segment(words, position, entries)


def _append_segment(words: tuple[int, ...], position: int, entries: list[int]) -> int:
    opcode, length = words[position], words[position + 1]
    if opcode == _DISCRETE:
        values = words[position + 2 : position + 2 + length]
        if len(values) < length:
            raise NotShown(_DAMAGED)
        entries.extend(values)
        return position + 2 + length
    if opcode != _LINEAR or position + 3 > len(words) or not entries:
        raise NotShown(_DAMAGED)
    start, end = entries[-1], words[position + 2]
    steps = np.linspace(start, end, length + 1)[1:]
    entries.extend(int(step) for step in np.floor(steps + 0.5))
    return position + 3
