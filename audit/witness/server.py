"""The witness over HTTP: C2SP tlog-witness `add-checkpoint`, and the last checkpoint of each log for monitors.

It needs no password: what it signs is true for whoever asks, and only the log's own key makes it sign. TLS, where
it is wanted, is that of a server in front.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from audit.connection_limit import LimitedThreads
from audit.errors import AuditError
from audit.witness.deciding import Refusal
from audit.witness.protocol import CONFLICT, MAX_REQUEST_BYTES, OK, SIZE_TYPE
from audit.witness.service import Witness, origin_hash

log_messages = logging.getLogger("ansim.audit.witness")

ADD_CHECKPOINT = "/add-checkpoint"
MAX_CONNECTIONS = 64
IDLE_SECONDS = 30.0
_TEXT = "text/plain; charset=utf-8"


class WitnessServer(LimitedThreads, HTTPServer):
    """Answers for one witness until `shutdown`."""

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        super().__init__(address, _Handler, most=MAX_CONNECTIONS)


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "ansim-witness"
    sys_version = ""
    timeout = IDLE_SECONDS
    server: WitnessServer

    def do_POST(self) -> None:
        if self.path != ADD_CHECKPOINT:
            self._answer(HTTPStatus.NOT_FOUND, "no such address\n", close=True)
            return
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > MAX_REQUEST_BYTES:
            # What was announced is not read, so nothing that follows on this connection can be understood.
            self._answer(HTTPStatus.BAD_REQUEST, "a request has a length, and is not that long\n", close=True)
            return
        data = self.rfile.read(int(length))
        try:
            said = self.server.witness.add_checkpoint(data)
        except AuditError as error:
            log_messages.error("nothing cosigned: %s", error)
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "the witness cannot remember\n", close=True)
            return
        if isinstance(said, Refusal):
            log_messages.warning("refused with %d: %s", said.status, said.reason)
            if said.status == CONFLICT:
                self._answer(said.status, f"{said.known_size}\n", kind=SIZE_TYPE)
            else:
                self._answer(said.status, f"{said.reason}\n")
            return
        self._answer(OK, said.lines)

    def do_GET(self) -> None:
        known = {f"/{origin_hash(row.head.origin)}/checkpoint": row.note for row in self.server.witness.state.all()}
        if self.path in known:
            self._answer(OK, known[self.path])
        else:
            self._answer(HTTPStatus.NOT_FOUND, "no such checkpoint\n")

    def log_message(self, format: str, *args: Any) -> None:
        log_messages.debug(format, *args)

    def _answer(self, status: int, text: str, *, kind: str = _TEXT, close: bool = False) -> None:
        data = text.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if close:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(data)
