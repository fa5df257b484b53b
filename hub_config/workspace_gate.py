"""What the spawner asks of the gate: open a workspace's sockets, wait until it answers, cut it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2 as httpx

SOCKET = "run/gate.sock"
CALL_SECONDS = 10.0


class WorkspaceGate:
    """An asynchronous client of the gate's control socket.

    Raises: httpx.HTTPError — from every method, when the gate does not answer or refuses.
    """

    def __init__(self, home: Path) -> None:
        # Relative: an absolute path may be longer than the 107 bytes that a Unix socket address holds.
        self._socket = os.path.relpath(home / SOCKET)

    async def open(self, workspace: str, payload: Mapping[str, Any]) -> None:
        """Make the sockets of a workspace; doing it twice changes nothing."""
        async with self._client(CALL_SECONDS) as client:
            answer = await client.put(f"/workspaces/{workspace}", json=dict(payload))
            answer.raise_for_status()

    async def ready(self, workspace: str, seconds: float) -> bool:
        """Wait until Jupyter in the workspace answers through its relay; False when the time is over."""
        async with self._client(seconds + CALL_SECONDS) as client:
            answer = await client.get(f"/workspaces/{workspace}/ready", params={"timeout": seconds})
            if answer.status_code == httpx.codes.GATEWAY_TIMEOUT:
                return False
            answer.raise_for_status()
            return True

    async def cut(self, workspace: str, reason: str) -> None:
        """Close every connection of a workspace and its sockets; a workspace that is not open is no error."""
        async with self._client(CALL_SECONDS) as client:
            answer = await client.request("DELETE", f"/workspaces/{workspace}", json={"reason": reason})
            if answer.status_code != httpx.codes.NOT_FOUND:
                answer.raise_for_status()

    def _client(self, seconds: float) -> httpx.AsyncClient:
        transport = httpx.AsyncHTTPTransport(uds=self._socket)
        return httpx.AsyncClient(transport=transport, base_url="http://gate", timeout=seconds)
