"""Runs a notebook in a workspace as a browser would: sessions API and the kernel's WebSocket."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import aiohttp

from hub_config.story.visitor import StoryFailed, Visitor

CELL_SECONDS = 180


@dataclass(slots=True)
class CellResult:
    """What came back from one cell: its printed text and the error's name, if it failed."""

    text: str = ""
    error: str | None = None
    displays: list[dict[str, Any]] = field(default_factory=list)


class Workspace:
    """A running workspace, spoken to through the gate."""

    def __init__(self, visitor: Visitor, prefix: str, origin: str = "") -> None:
        self._visitor = visitor
        self._prefix = prefix
        self.origin = origin or visitor.settings.origin("work")
        """Of the browser; a workspace's own once somebody entered."""

    @property
    def _base(self) -> str:
        return self.origin + self._prefix

    async def enter(self) -> None:
        """Open the workspace's page once: finds its origin, signs in there and fetches its cookies."""
        page = await self._visitor.open(self._base + "lab")
        if page.status != 200:
            raise StoryFailed(f"The workspace answered {page.status}: {page.content.text[:300]}")
        self.origin = page.url.partition(self._prefix)[0]

    async def files(self, path: str = "") -> list[str]:
        """Return the names in a directory of the workspace."""
        listing = await self._visitor.json("GET", f"{self._base}api/contents/{quote(path)}")
        return [entry["name"] for entry in listing["content"]]

    async def notebook(self, path: str) -> list[str]:
        """Return the code cells of a notebook."""
        model = await self._visitor.json("GET", f"{self._base}api/contents/{quote(path)}?type=notebook&content=1")
        return [c["source"] for c in model["content"]["cells"] if c["cell_type"] == "code"]

    async def open_kernel(self, path: str) -> tuple[str, aiohttp.ClientWebSocketResponse]:
        """Start a fresh kernel for a notebook; return the session's id and the WebSocket to the kernel."""
        body = {"name": "story", "path": path, "type": "notebook", "kernel": {"name": "python3"}}
        session = await self._visitor.json("POST", f"{self._base}api/sessions", body)
        kernel = session["kernel"]["id"]
        url = f"{self._base.replace('http', 'ws', 1)}api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
        return str(session["id"]), await self._visitor.socket(url)

    async def run(self, path: str, cells: list[str], done: Callable[[int], None] = lambda _: None) -> list[CellResult]:
        """Run cells one after the other in a fresh kernel.

        Raises: StoryFailed — for a cell that raises.
        """
        results = []
        session, socket = await self.open_kernel(path)
        try:
            for number, code in enumerate(cells):
                result = await asyncio.wait_for(execute(socket, code), CELL_SECONDS)
                if result.error:
                    raise StoryFailed(f"Cell {number + 1} of {path} failed with {result.error}.")
                results.append(result)
                done(number)
        finally:
            await socket.close()
            await self._visitor.json("DELETE", f"{self._base}api/sessions/{session}")
        return results


async def execute(socket: aiohttp.ClientWebSocketResponse, code: str) -> CellResult:
    """Send one cell and collect what it answers until the kernel is idle and has replied."""
    message = execute_request(code)
    await socket.send_str(json.dumps(message))
    result, idle, replied = CellResult(), False, False
    while not (idle and replied):
        frame = await socket.receive()
        if frame.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            raise StoryFailed(f"The kernel's connection closed: {frame.extra or socket.close_code}")
        answer = json.loads(frame.data)
        if answer.get("parent_header", {}).get("msg_id") != message["header"]["msg_id"]:
            continue
        kind, content = answer["msg_type"], answer["content"]
        idle = idle or (kind == "status" and content["execution_state"] == "idle")
        replied = replied or kind == "execute_reply"
        collect(result, kind, content)
    return result


def collect(result: CellResult, kind: str, content: dict[str, Any]) -> None:
    """Add one kernel message to a cell's result."""
    if kind == "stream":
        result.text += content["text"]
    elif kind in ("display_data", "execute_result"):
        result.displays.append(content["data"])
        result.text += content["data"].get("text/plain", "") + "\n"
    elif kind == "error":
        result.error = content["ename"]


def execute_request(code: str) -> dict[str, Any]:
    """Return the kernel message that runs a cell."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "username": "",
        "session": uuid.uuid4().hex,
        "date": datetime.now(UTC).isoformat(),
        "msg_type": "execute_request",
        "version": "5.3",
    }
    content = {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": True,
    }
    return {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "buffers": [],
        "channel": "shell",
    }
