"""One call of the zone, over the socket of this workspace."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Mapping
from typing import Any

SECONDS = 300
PASSING = (http.client.TOO_MANY_REQUESTS, http.client.SERVICE_UNAVAILABLE)


class Connection(http.client.HTTPConnection):
    """HTTP over a Unix socket; the socket itself says who is asking, so no secret is sent."""

    def __init__(self, path: str) -> None:
        super().__init__("zone", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)


def asked(
    path: str, method: str, target: str, body: Mapping[str, Any] | None, language: str
) -> tuple[int, bytes, bool]:
    """Ask once; return the status and the body of the answer, and whether it asks to wait and come again."""
    connection = Connection(path)
    headers = {"Accept": "application/json", "Accept-Language": language}
    sent = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    if sent is not None:
        headers["Content-Type"] = "application/json"
    try:
        connection.request(method, target, body=sent, headers=headers)
        answer = connection.getresponse()
        wait = answer.status in PASSING and answer.getheader("Retry-After") is not None
        return answer.status, answer.read(), wait
    finally:
        connection.close()
