"""Somebody who signs in and uploads without a browser, with the requests that a page would send."""

from collections.abc import Iterator

import httpx

from tests.served import Served


class Client:
    """Somebody signed in who needs no browser."""

    def __init__(self, served: Served, person: str, password: str) -> None:
        self.http = httpx.Client(base_url=served.url, headers={"origin": served.url}, timeout=120)
        answer = self.http.post("/api/v1/sign-in", data={"email": person, "password": password})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/worklist"
        name, _, rest = answer.headers["set-cookie"].partition("=")
        self.token = rest.partition(";")[0]
        # The cookie is for secure connections only, which this client does not take loopback for.
        self.http.headers["cookie"] = f"{name}={self.token}"

    def upload(self, blocks: Iterator[bytes], boundary: str) -> list[str]:
        """Send a multipart body as it comes; the lines of the answer."""
        answer = self.http.post(
            "/api/v1/uploads",
            content=blocks,
            headers={"content-type": f"multipart/form-data; boundary={boundary}"},
        )
        assert answer.status_code == 200, answer.text
        return answer.text.splitlines()


BOUNDARY = "between-the-parts"


def multipart(files: dict[str, bytes]) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
        + octets
        + b"\r\n"
        for name, octets in files.items()
    ]
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
