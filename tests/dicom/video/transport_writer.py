"""A small writer of transport streams, independent of what reads them, so that tests need no encoder."""

import struct
from dataclasses import dataclass

VIDEO_PID = 0x1234
TABLE_PID = 0x0777


def code(value: int) -> str:
    """ue(v), ISO/IEC 14496-10 9.1."""
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def packed(bits: str) -> bytes:
    """Bits with the stop bit of 7.3.2.11, and emulation prevention."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    octets = bytearray()
    for octet in int(bits, 2).to_bytes(len(bits) // 8, "big"):
        if octets[-2:] == b"\x00\x00" and octet <= 3:
            octets.append(3)
        octets.append(octet)
    return bytes(octets)


def sequence_set(
    columns_mbs: int = 10, map_rows_mbs: int = 8, crop: tuple[int, int, int, int] | None = None, *, frames_only: bool = True
) -> bytes:  # fmt: skip
    """A sequence parameter set of the baseline profile, 7.3.2.1.1; sizes in macroblocks."""
    bits = (
        code(0) + code(0) + code(2) + code(1) + "0" + code(columns_mbs - 1) + code(map_rows_mbs - 1)
    )
    bits += "1" if frames_only else "01"
    bits += "1" + ("0" if crop is None else "1" + "".join(map(code, crop))) + "0"
    return b"\x67\x42\xc0\x0a" + packed(bits)


# 160 x 128, and a picture parameter set that belongs to it.
SEQUENCE = sequence_set()
PICTURE = bytes.fromhex("68ce0fc8")


@dataclass(frozen=True)
class Shot:
    """A picture: its slice (without the NAL header), and when it is decoded and shown, in 1/90000 s."""

    payload: bytes
    decode: int
    display: int
    is_key: bool = False

    @property
    def unit(self) -> bytes:
        # The first slice of a picture begins with a set bit; no start code may arise by chance.
        safe = bytes(octet or 1 for octet in self.payload)
        return bytes([0x65 if self.is_key else 0x41, 0x88]) + safe + b"\x80"

    @property
    def octets(self) -> bytes:
        sets = (SEQUENCE, PICTURE) if self.is_key else ()
        units = (b"\x09\xf0", *sets, self.unit)
        return b"".join(b"\x00\x00\x00\x01" + unit for unit in units)

    @property
    def sample(self) -> bytes:
        """As an MP4 holds it."""
        return struct.pack(">I", len(self.unit)) + self.unit


def transport_stream(
    shots: list[Shot], *, layout=(188, 0), between: int = 0, lead: bytes = b"", stream_type: int = 0x1B
) -> bytes:  # fmt: skip
    """The stream.

    Args:
        shots: Pictures in decoding order.
        layout: Octets of a packet, and octets before its sync octet.
        between: How many packets of something else come before each picture.
        lead: A first PES packet's continuation, as if the recording had begun in its middle.
        stream_type: Of the video.
    """
    packets = [_table(0, _association()), _table(TABLE_PID, _map(stream_type))]
    if lead:
        packets += _packetised(VIDEO_PID, lead, begins=False)
    for shot in shots:
        packets += [_packet(0x1FFF, b"\xff" * 184, False)] * between
        packets += _packetised(VIDEO_PID, _pes(shot))
    size, offset = layout
    return b"".join(bytes(offset) + packet + bytes(size - offset - 188) for packet in packets)


def _packet(pid: int, payload: bytes, begins: bool) -> bytes:
    fill = 184 - len(payload)
    control = 0x10 if not fill else 0x30
    head = struct.pack(">BHB", 0x47, (0x4000 if begins else 0) | pid, control)
    field = (
        b"" if not fill else b"\x00" if fill == 1 else bytes([fill - 1, 0]) + b"\xff" * (fill - 2)
    )
    return head + field + payload


def _packetised(pid: int, octets: bytes, begins: bool = True) -> list[bytes]:
    return [
        _packet(pid, octets[at : at + 184], begins and not at) for at in range(0, len(octets), 184)
    ]


def _table(pid: int, section: bytes) -> bytes:
    return _packet(pid, (b"\x00" + section).ljust(184, b"\xff"), True)


def _section(table: int, body: bytes) -> bytes:
    return struct.pack(">BHHBBB", table, 0xB000 | (len(body) + 9), 1, 0xC1, 0, 0) + body + bytes(4)


def _association() -> bytes:
    return _section(0, struct.pack(">HH", 1, 0xE000 | TABLE_PID))


def _map(stream_type: int) -> bytes:
    head = struct.pack(">HH", 0xE000 | VIDEO_PID, 0xF000)
    return _section(2, head + struct.pack(">BHH", stream_type, 0xE000 | VIDEO_PID, 0xF000))


def _stamp(mark: int, moment: int) -> bytes:
    moment %= 1 << 33
    return struct.pack(
        ">BHH", mark << 4 | (moment >> 30) << 1 | 1, (moment >> 15 & 0x7FFF) << 1 | 1, (moment & 0x7FFF) << 1 | 1
    )  # fmt: skip


def _pes(shot: Shot) -> bytes:
    stamps = _stamp(3, shot.display) + _stamp(1, shot.decode)
    return b"\x00\x00\x01\xe0\x00\x00\x80\xc0\x0a" + stamps + shot.octets
