"""The neighbours of a probe's own gate: a hub that says who signs in, and a portal that says what it was asked."""

from __future__ import annotations

import json
import os
import secrets
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        return "probe"

    def log_message(self, *_: object) -> None:
        return

    def _answer(self, status: int, document: Any, **headers: str) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Hub:
    """Signs in whomever `handle` names, as the hub does: a code for the browser, a token for the gate."""

    def __init__(self, handle: str) -> None:
        self.handle = handle
        self._tokens: dict[str, str] = {}
        hub = self

        class Handler(_Quiet):
            def do_GET(self) -> None:
                target = urlsplit(self.path)
                if target.path == "/hub/api/oauth2/authorize":
                    asked = parse_qs(target.query)
                    query = urlencode({"code": hub.handle, "state": asked["state"][0]})
                    self._answer(302, {}, Location=f"{asked['redirect_uri'][0]}?{query}")
                    return
                if target.path == "/hub/session-began":
                    self._answer(200, {"seconds": 0})
                    return
                known = hub._tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
                self._answer(200 if known else 403, {"kind": "user", "name": known} if known else {})

            def do_POST(self) -> None:
                if self.path == "/hub/session-over":
                    self.send_response(204)
                    self.end_headers()
                    return
                form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
                token = secrets.token_hex(16)
                hub._tokens[token] = form["code"][0]
                self._answer(200, {"access_token": token})

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


class _Echo(_Quiet):
    def _echo(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(200, {"target": self.path, "headers": dict(self.headers.items())})

    def do_GET(self) -> None:
        self._echo()

    def do_POST(self) -> None:
        self._echo()


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Portal:
    """Answers on the portal's two sockets with the request as it arrived there."""

    def __init__(self, run: Path) -> None:
        self._servers = []
        for name in ("portal.sock", "portal-workspace.sock"):
            # Relative to a descriptor: an address holds 107 bytes, and the zone's home may have a long name.
            here = os.open(run, os.O_PATH | os.O_DIRECTORY)
            server = _UnixServer(f"/proc/self/fd/{here}/{name}", _Echo)
            (run / name).chmod(0o666)
            os.close(here)
            self._servers.append(server)
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop answering."""
        for server in self._servers:
            server.shutdown()
            server.server_close()
