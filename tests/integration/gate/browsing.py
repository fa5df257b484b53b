"""Chromium with a profile as people have it, and what listens elsewhere for what a page sends out."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import threading
from collections.abc import AsyncIterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Error, Frame, Page, async_playwright

from tests.integration.gate.harness import DOMAIN

ADD = "const add = name => document.body.appendChild(document.createElement(name));"
UNKNOWING = "--disable-features=ConnectionAllowlists"  # makes it a browser that does not know `Connection-Allowlist`
SECONDS = 1.5  # for what would arrive; the control takes a fraction of it


@contextlib.asynccontextmanager
async def browsing(
    home: Path, *arguments: str, preferences: Mapping[str, Any] | None = None
) -> AsyncIterator[BrowserContext]:
    """Run Chromium with a profile of its own: a private window, as other tests use it, sends no hints at all.

    `preferences` are those that an institution's policies set.
    """
    chromium = shutil.which("chromium")
    assert chromium is not None, "no Chromium on this machine: `make test` installs it"
    profile = home / "Default"
    profile.mkdir(parents=True)
    (profile / "Preferences").write_text(json.dumps(preferences or {}))
    given = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
    given += [f"--host-resolver-rules=MAP *.{DOMAIN} 127.0.0.1", *arguments]
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(home, executable_path=chromium, args=given)
        yield context
        await context.close()


async def do(frame: Frame | Page, script: str) -> None:
    """Run a script; one that leads its page away, or is not allowed to, ends with an error."""
    with contextlib.suppress(Error, TimeoutError):
        async with asyncio.timeout(SECONDS):
            await frame.evaluate("() => {" + ADD + script + "}")


class Receiver(ThreadingHTTPServer):
    """A server of somebody else that writes down who calls, and serves a page without a policy."""

    def __init__(self) -> None:
        self.calls: set[str] = set()
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    async def page(self, context: BrowserContext) -> Page:
        """Open its page."""
        page = await context.new_page()
        await page.goto(f"http://plain.localhost:{self.server_port}/page")
        return page


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Receiver)
        self.server.calls.add(self.path.partition("?")[0])
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><body>plain</body>")

    do_POST = do_GET  # noqa: N815 — the name is the base class's

    def log_message(self, format: str, *args: object) -> None:
        pass


class Listener(asyncio.DatagramProtocol):
    """A port of somebody else that counts connections and datagrams: who only connects says nothing to a server."""

    def __init__(self) -> None:
        self.port = 0
        self.heard = 0

    def connected(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Count a connection and end it."""
        self.heard += 1
        writer.close()

    def datagram_received(self, data: bytes, addr: object) -> None:
        """Count a datagram."""
        self.heard += 1


@contextlib.asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    """Listen on a port, by TCP and UDP."""
    listener = Listener()
    server = await asyncio.start_server(listener.connected, "127.0.0.1", 0)
    listener.port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: listener, local_addr=("127.0.0.1", listener.port))
    yield listener
    transport.close()
    server.close()
