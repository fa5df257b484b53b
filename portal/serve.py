"""Serves the portal: browsers on one Unix socket, workspaces on another, in one process."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from portal.app import build, build_portal, no_metrics
from portal.service_api import Metrics
from portal.workspace_api import build_workspace_api
from portal.zone import ZoneLike

BROWSER_SOCKET = Path("run/portal.sock")
WORKSPACE_SOCKET = Path("run/portal-workspace.sock")
SOCKET_MODE = 0o660  # `run/` belongs to the gate's group and so does what is made in it
DRAIN_SECONDS = 10
KEPT_SECONDS = 60
"""How long a connection is kept on which nothing is asked: much longer than the gate uses one again (15 s).

The other way round the gate sends a form on a connection that is just being closed, and somebody's vote is lost.
"""


def serve(zone: ZoneLike, metrics: Metrics = no_metrics) -> None:
    """Serve until the process is told to stop; requests under way are finished first."""
    # Files on their way in are spooled on the disk of the vault, not into a /tmp that may be memory.
    tempfile.tempdir = str(zone.desk.scratch)
    portal = build_portal(zone)
    asyncio.run(_serve({BROWSER_SOCKET: build(portal, metrics), WORKSPACE_SOCKET: build_workspace_api(zone)}))


async def _serve(apps: dict[Path, ASGIApp]) -> None:
    servers, running = [], []
    for path, app in apps.items():
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            proxy_headers=False,  # the one address header is read by ourselves, and only because the gate sets it
            server_header=False,
            access_log=False,
            log_level="warning",
            log_config=None,  # its lines are those of the process
            timeout_graceful_shutdown=DRAIN_SECONDS,
            timeout_keep_alive=KEPT_SECONDS,
        )
        server = _Server(config)
        servers.append(server)
        running.append(server.serve(sockets=[listen(path)]))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, servers)
    await asyncio.gather(*running)


class _Server(uvicorn.Server):
    """A server that leaves the signals of the process alone: two of them share it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _stop(servers: list[_Server]) -> None:
    for server in servers:
        server.should_exit = True


def listen(path: Path) -> socket.socket:
    """Return a listening Unix socket at a path relative to the working directory, replacing a dead one."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(SOCKET_MODE)
    group = path.parent.stat().st_gid
    if path.stat().st_gid != group:
        os.chown(path, -1, group)
    listener.listen(128)
    return listener
