"""What a browser says to the server of Lab, and how the gate ends a socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from hub_config.gate.frames import Message, write_frame
from tests.integration.gate.harness import Browser, execute_request
from tests.patience import PATIENCE

NOTEBOOK = {"name": "x", "path": "x.ipynb", "type": "notebook", "kernel": {"name": "python3"}}


def v1_frame(code: str) -> bytes:
    sent = execute_request(code)
    message = Message("shell", sent["header"], {}, {}, sent["content"])
    frame = write_frame(message, "v1")
    assert isinstance(frame, bytes)
    return frame


async def closing_code(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read until the gate closes the socket and return the code."""
    async with asyncio.timeout(PATIENCE):
        while not socket.closed:
            await socket.receive()
    return socket.close_code


async def said_before_closing(socket: aiohttp.ClientWebSocketResponse) -> list[Any]:
    """Read until the gate closes the socket and return its messages of the legacy protocol."""
    said = []
    async with asyncio.timeout(PATIENCE):
        while (frame := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
            said.append(json.loads(frame.data))
    return said


async def new_kernel(browser: Browser, prefix: str) -> str:
    _, session = await browser.call("POST", prefix, "api/sessions", NOTEBOOK)
    return f"api/kernels/{session['kernel']['id']}/channels"
