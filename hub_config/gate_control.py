"""The gate's control socket, spoken to by the processes of the zone that run as root."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

import httpx2 as httpx

from audit.text import Text

SOCKET = "run/gate.sock"


class GateControl:
    """A short-lived HTTP client of `run/gate.sock`.

    Raises: httpx.HTTPError — from every method, when the gate does not answer or refuses.
    """

    def __init__(self, home: Path, *, timeout: float = 10.0) -> None:
        # Through a descriptor: the absolute path may be longer than the 107 bytes a Unix socket address holds.
        self._directory = os.open(home, os.O_PATH | os.O_DIRECTORY)
        transport = httpx.HTTPTransport(uds=f"/proc/self/fd/{self._directory}/{SOCKET}")
        self._client = httpx.Client(transport=transport, base_url="http://gate", timeout=timeout)

    def close(self) -> None:
        """Close the connection and the descriptor."""
        self._client.close()
        os.close(self._directory)

    def workspaces(self) -> dict[str, dict[str, Any]]:
        """Return the open workspaces by reference, with bytes sent, cells and connections."""
        answer = self._client.get("/workspaces")
        answer.raise_for_status()
        return dict(answer.json())

    def cut(self, workspace: str, reason: str) -> None:
        """Close every connection of a workspace and refuse new ones; a closed workspace is no error."""
        answer = self._client.request("DELETE", f"/workspaces/{workspace}", json={"reason": reason})
        if answer.status_code != httpx.codes.NOT_FOUND:
            answer.raise_for_status()

    def freeze(self, projects: Collection[str]) -> list[str]:
        """Let exactly these projects stand still; return the workspaces that were cut for it."""
        answer = self._client.put("/frozen", json={"projects": sorted(projects)})
        answer.raise_for_status()
        return [str(ref) for ref in answer.json()["workspaces"]]

    def announce(self, said: Text | None) -> None:
        """Have the gate say this on its own pages and above workspaces, or nothing."""
        document = None if said is None else {"ko": said.ko, "en": said.en}
        self._client.put("/announcement", json={"said": document}).raise_for_status()

    def ended(self) -> int:
        """Return how many connections to workspaces the gate has ended for want of room since it started."""
        answer = self._client.get("/health")
        answer.raise_for_status()
        return int(answer.json()["ended"])

    def healthy(self) -> bool:
        """Say whether the gate answers and the hub has told it everything; until then it turns people away."""
        try:
            answer = self._client.get("/health")
            return answer.is_success and bool(answer.json()["filled"])
        except httpx.HTTPError:
            return False
