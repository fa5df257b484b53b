"""The helper's socket: who asks is taken from the kernel, what is asked is one line, and so is the answer."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socketserver
from pathlib import Path
from typing import Any

from audit.connection_limit import LimitedThreads
from hub_config.helper_socket import peer, remove_dead
from hub_config.home_helper.calls import MOST_LINE, parse_call
from hub_config.home_helper.errors import Refused
from hub_config.home_helper.homes import Homes
from hub_config.home_helper.told import HomeHelperSettings

log = logging.getLogger("ansim.home_helper")

MOST_CONNECTIONS = 64
LINE_SECONDS = 10


class Server(LimitedThreads, socketserver.UnixStreamServer):
    """A Unix socket with a thread for each call, up to a limit."""

    block_on_close = False
    request_queue_size = 64

    def __init__(self, told: HomeHelperSettings) -> None:
        self.told = told
        self.homes = Homes(Path(told.home), most_gib=told.most_gib)
        path = Path(told.socket)
        remove_dead(path)
        # The address holds 107 bytes; by its directory it is short wherever the zone lies.
        directory = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            super().__init__(f"/proc/self/fd/{directory}/{path.name}", Handler, most=MOST_CONNECTIONS)
        finally:
            os.close(directory)
        # Everybody may knock; who is let in the kernel says, for each connection.
        path.chmod(0o666)


class Handler(socketserver.StreamRequestHandler):
    """One call."""

    timeout = LINE_SECONDS
    server: Server

    def handle(self) -> None:
        """Answer a caller that may ask; anybody else is cut off unread."""
        pid, uid = peer(self.connection)
        if uid not in self.server.told.callers:
            log.warning("uid=%d pid=%d asked and may not", uid, pid)
            return
        with contextlib.suppress(ConnectionError, TimeoutError):
            line = self.rfile.readline(MOST_LINE + 1)
            self.connection.settimeout(None)
            self.wfile.write(json.dumps(self._answer(line, f"uid={uid} pid={pid}")).encode("ascii") + b"\n")

    def _answer(self, line: bytes, caller: str) -> dict[str, Any]:
        try:
            call = parse_call(line)
            said = self.server.homes.answer(call)
        except Refused as refusal:
            log.warning("refused %s %s", refusal, caller)
            return {"refused": refusal.code}
        except Exception:
            # The edge of the process: the caller hears that it failed, and the next call begins from the disk.
            log.exception("a call of %s failed", caller)
            return {"refused": "failed"}
        if call.verb not in ("status", "list"):
            log.info("%s %s %s: %s", call.verb, call.workspace, caller, said.get("state", ""))
        return {"said": said}
