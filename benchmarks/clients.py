"""HTTP and WebSocket by hand, so that what is measured is the server and not a client library."""

import base64
import json
import os
import socket
import struct
from typing import Any


class Http:
    """One kept-alive connection."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self._socket = _connect(port)
        self._head = f"Host: localhost:{port}\r\nCookie: {cookie}\r\n\r\n"
        self._rest = b""

    def get(self, path: str) -> bytes:
        """The body; refuses anything but 200."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\n{self._head}".encode())
        while b"\r\n\r\n" not in self._rest:
            self._rest += _received(self._socket)
        head, _, body = self._rest.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").lower().split("\r\n")
        if " 200" not in lines[0]:
            raise RuntimeError(f"{lines[0]}: {body[:200]!r}")
        length = next(int(line[15:]) for line in lines if line.startswith("content-length:"))
        parts, have = [body], len(body)
        while have < length:
            parts.append(_received(self._socket))
            have += len(parts[-1])
        whole = b"".join(parts)
        self._rest = whole[length:]
        return whole[:length]

    def close(self) -> None:
        self._socket.close()


class Stream:
    """The viewer's socket (RFC 6455, client side, whole messages only)."""

    def __init__(self, port: int, cookie: str) -> None:
        self._socket = _connect(port)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            (
                f"GET /api/v1/stream HTTP/1.1\r\nHost: localhost:{port}\r\n"
                f"Origin: http://localhost:{port}\r\nCookie: {cookie}\r\n"
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {key}\r\n\r\n"
            ).encode()
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += _received(self._socket)
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"The socket was refused: {head[:200]!r}")
        self._rest = bytearray(head.partition(b"\r\n\r\n")[2])

    def send(self, message: dict[str, Any]) -> None:
        octets = json.dumps(message).encode()
        length = (
            struct.pack("!BB", 0x81, 0x80 | len(octets))
            if len(octets) < 126
            else struct.pack("!BBH", 0x81, 0xFE, len(octets))
        )
        self._socket.sendall(length + b"\0\0\0\0" + octets)  # a mask of zeros is a mask

    def receive(self) -> tuple[dict[str, Any], bytes]:
        """Header and image of the next binary message."""
        octets = self._message()
        length = int.from_bytes(octets[:4], "little")
        header: dict[str, Any] = json.loads(octets[4 : 4 + length])
        if "error" in header:
            raise RuntimeError(header["error"])
        return header, octets[4 + length :]

    def ask(self, message: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        self.send(message)
        return self.receive()

    def close(self) -> None:
        self._socket.close()

    def _message(self) -> bytes:
        whole = b""
        while True:
            first, second = self._take(2)
            length = second & 0x7F
            if length == 126:
                length = int.from_bytes(self._take(2), "big")
            elif length == 127:
                length = int.from_bytes(self._take(8), "big")
            payload = self._take(length)
            kind = first & 0x0F
            if kind == 8:
                raise RuntimeError(f"The socket was closed: {int.from_bytes(payload[:2], 'big')}")
            if kind in (0, 1, 2):
                whole += payload
                if first & 0x80:
                    return whole

    def _take(self, length: int) -> bytes:
        while len(self._rest) < length:
            self._rest += _received(self._socket)
        taken = bytes(self._rest[:length])
        del self._rest[:length]
        return taken


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _received(connection: socket.socket) -> bytes:
    octets = connection.recv(1 << 20)
    if not octets:
        raise RuntimeError("The server closed the connection.")
    return octets
