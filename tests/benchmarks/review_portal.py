"""A portal process of a zone that a bench made: our own portal, desk, log and database; only the hub is played.

python -m tests.benchmarks.review_portal HOME PORT
"""

from __future__ import annotations

import sys
from pathlib import Path

import httpx2 as httpx
import uvicorn

from portal.app import build, build_portal
from portal.hub import Hub
from tests.integration.portal.portal_world import Clock, Settings, open_zone


class PortSettings(Settings):
    """The settings of a zone at another port."""

    port = 0

    def host(self, name: str) -> str:
        return f"{name}.ansim.localhost:{self.port}"


def hub(request: httpx.Request) -> httpx.Response:
    """Say whose a token is: the bench makes tokens that begin with the handle."""
    token = request.headers["authorization"].removeprefix("Bearer ")
    return httpx.Response(200, json={"kind": "user", "name": token.rpartition("-")[0]})


def main(words: list[str]) -> None:
    """Serve until somebody ends the process."""
    home, PortSettings.port = Path(words[0]), int(words[1])
    clock = Clock()
    zone = open_zone(home, clock)
    zone.settings = PortSettings(home)
    stand_in = Hub("http://hub", "token-of-portal", "http://zone/oauth_callback", transport=httpx.MockTransport(hub))
    app = build(build_portal(zone, hub=stand_in, clock=clock))
    uvicorn.run(app, host="127.0.0.1", port=PortSettings.port, log_level="error", proxy_headers=False, workers=1)


if __name__ == "__main__":
    main(sys.argv[1:])
