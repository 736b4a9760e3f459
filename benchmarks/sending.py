"""What the upload page sends, without a browser."""

import json
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection

# Nobody chooses files sooner than this after the page has opened.
_CHOOSING_SECONDS = 2.0


def open_upload_page(port: int, cookie: str) -> None:
    """What the page asks for when it opens, and the time that choosing files takes a person at least."""
    connection = HTTPConnection("localhost", port, timeout=300)
    connection.request("GET", "/api/v1/tus", headers={"Cookie": cookie})
    if connection.getresponse().status != 200:
        raise RuntimeError("The upload page does not open.")
    connection.close()
    time.sleep(_CHOOSING_SECONDS)


def send_form(port: int, cookie: str, files: Sequence[bytes]) -> int:
    """Send files in one form; how many were stored."""
    boundary = "a-boundary-of-the-benchmark"
    connection = HTTPConnection("localhost", port, timeout=300)
    headers = {
        "Cookie": cookie,
        "Origin": f"http://localhost:{port}",
        "Content-Type": f"multipart/form-data; boundary={boundary}",
    }
    connection.request("POST", "/api/v1/uploads", b"".join(_form(files, boundary)), headers)
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    return sum(json.loads(line).get("kind") == "stored" for line in lines)


def _form(files: Sequence[bytes], boundary: str) -> Iterator[bytes]:
    for number, octets in enumerate(files):
        yield (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file";'
            f' filename="{number}.dcm"\r\n\r\n'
        ).encode()
        yield octets
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
