"""The few calls that the zone's own services make to the hub's REST API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import httpx2 as httpx

PAGE = 50  # the hub's own page; it may be asked for no more than 200


@dataclass(frozen=True, slots=True)
class Server:
    """A named server as the hub knows it: `name` is the project."""

    handle: str
    name: str
    ready: bool


class HubApi:
    """A client with one service's token.

    Raises: httpx.HTTPError — from every method, when the hub does not answer or refuses.
    """

    def __init__(self, url: str, token: str, *, timeout: float = 30.0) -> None:
        headers = {"Authorization": f"token {token}"}
        self._client = httpx.Client(base_url=f"{url}/hub/api", headers=headers, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def servers(self) -> list[Server]:
        """Return every server that is running or starting."""
        answer = self._client.get("/users", params={"state": "active", "limit": 1000})
        answer.raise_for_status()
        return [
            Server(user["name"], name, bool(server["ready"]))
            for user in answer.json()
            for name, server in (user.get("servers") or {}).items()
        ]

    def stop(self, handle: str, name: str) -> None:
        """Stop a server; one that is not running is no error."""
        answer = self._client.delete(f"/users/{handle}/servers/{name}")
        if answer.status_code not in (httpx.codes.NOT_FOUND, httpx.codes.BAD_REQUEST):
            answer.raise_for_status()

    def users(self) -> list[str]:
        """Return the name of everybody whom the hub knows, page by page."""
        found: list[str] = []
        while True:
            answer = self._client.get("/users", params={"offset": len(found), "limit": PAGE})
            answer.raise_for_status()
            page = [str(user["name"]) for user in answer.json()]
            found += page
            if len(page) < PAGE:
                return found

    def remove_user(self, handle: str) -> None:
        """Make the hub forget somebody; one whom it does not know is no error."""
        answer = self._client.delete(f"/users/{handle}")
        if answer.status_code != httpx.codes.NOT_FOUND:
            answer.raise_for_status()
