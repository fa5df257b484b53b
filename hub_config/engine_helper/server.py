"""The helper's socket: who asks is taken from the kernel, what is asked is held against the table."""

from __future__ import annotations

import contextlib
import json
import logging
import selectors
import socket
import socketserver
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from requests.exceptions import RequestException

from audit.connection_limit import LimitedThreads
from hub_config.engine_helper.calls import Call, parse_call
from hub_config.engine_helper.engine import CALL_SECONDS, Engine
from hub_config.engine_helper.errors import Refused
from hub_config.engine_helper.helper_settings import HelperSettings
from hub_config.helper_socket import peer, remove_dead

log = logging.getLogger("ansim.engine_helper")

MOST_BODY = 256 * 1024  # the request of a workspace is 30 KB, most of it its seccomp profile
MOST_CONNECTIONS = 128
RELAYED = 1 << 16


class Server(LimitedThreads, socketserver.UnixStreamServer):
    """A Unix socket with a thread for each connection, up to a limit."""

    block_on_close = False
    request_queue_size = 64

    def __init__(self, settings: HelperSettings) -> None:
        self.settings = settings
        self.engine = Engine(settings)
        remove_dead(Path(settings.socket))
        super().__init__(settings.socket, Handler, most=MOST_CONNECTIONS)
        # Everybody may knock; who is let in the kernel says, for each connection.
        Path(settings.socket).chmod(0o666)


class Handler(BaseHTTPRequestHandler):
    """One connection of a caller."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "ansim-engine", ""
    timeout = CALL_SECONDS
    server: Server
    connection: socket.socket
    pid: int
    uid: int

    def handle(self) -> None:
        """Serve a caller that may ask; anybody else is told so and cut off."""
        self.pid, self.uid = peer(self.connection)
        if self.uid not in self.server.settings.callers:
            log.warning("uid=%d pid=%d asked and may not", self.uid, self.pid)
            self.connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        with contextlib.suppress(ConnectionError, TimeoutError):
            super().handle()

    def _serve(self) -> None:
        try:
            call = replace(parse_call(self.command, self.path), caller=self._caller())
            body = self._body()
            if call.verb == "attach":
                self._attach(call)
                return
            status, answer = self.server.engine.answer(call, body)
        except Refused as refusal:
            self.close_connection = True  # a body that was not read would be taken for the next request
            log.warning("refused %s %s: %s", refusal.code, self._caller(), ascii(str(refusal))[:300])
            status, answer = refusal.status, {"message": f"ansim-engine: {refusal} ({refusal.code})"}
        except (RequestException, OSError) as error:
            self.close_connection = True
            log.exception("the engine does not answer")
            status, answer = 503, {"message": f"ansim-engine: the engine does not answer ({type(error).__name__})"}
        self._reply(status, answer)

    do_GET = do_HEAD = do_POST = do_DELETE = _serve  # noqa: N815 - names that http.server asks for

    def _body(self) -> Any:
        """Return the JSON of a request, None without one.

        Raises: Refused — for a body of unknown length, too long, or of another kind.
        """
        if "Transfer-Encoding" in self.headers or "Expect" in self.headers:
            raise Refused("body.form", "The helper takes bodies of a given length only.", status=411)
        given = self.headers.get_all("Content-Length") or ["0"]
        if len(given) != 1 or not given[0].isascii() or not given[0].isdecimal() or int(given[0]) > MOST_BODY:
            raise Refused("body.length", "The body is too long for anything that the helper takes.", status=413)
        text = self.rfile.read(int(given[0]))
        try:
            return json.loads(text) if text else None
        except ValueError as error:
            raise Refused("body.form", "The body is no JSON.", status=400) from error

    def _reply(self, status: int, answer: Any) -> None:
        content = b"" if answer is None else answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _attach(self, call: Call) -> None:
        """Hand the connection through to the streams of a scan; nothing else follows on it."""
        self.close_connection = True
        upstream, said = self.server.engine.attached(call)
        with contextlib.closing(upstream):
            self.connection.sendall(said)
            relay(self.connection, upstream)

    def _caller(self) -> str:
        return f"uid={self.uid} pid={self.pid}"

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing of each call: the zone's own log has what was done."""


def relay(caller: socket.socket, upstream: socket.socket) -> None:
    """Copy both ways until the engine has said everything; the end of one direction is passed on.

    Raises: OSError — if either end breaks off.
    """
    with selectors.DefaultSelector() as waiting:
        waiting.register(caller, selectors.EVENT_READ, upstream)
        waiting.register(upstream, selectors.EVENT_READ, caller)
        while upstream in {key.fileobj for key in waiting.get_map().values()}:
            ready = waiting.select(CALL_SECONDS)
            if not ready:
                return
            for key, _ in ready:
                source, target = key.fileobj, key.data
                assert isinstance(source, socket.socket)
                if data := source.recv(RELAYED):
                    target.sendall(data)
                    continue
                waiting.unregister(source)
                with contextlib.suppress(OSError):
                    target.shutdown(socket.SHUT_WR)
