"""The gate as a process: bind as root, give every right away, serve with relative paths only."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from pathlib import Path

from hub_config.gate.config import GateConfig, parse_config
from hub_config.gate.errors import GateConfigError, GateError
from hub_config.gate.gate import Gate
from hub_config.gate.listen import BACKLOG, bind_socket
from hub_config.gate.malformed import OneLineAMinute
from hub_config.gate.privileges import drop_privileges, end_with, raise_file_limit, seal_imports
from hub_config.log_lines import speak

log = logging.getLogger("ansim.gate")

CONTROL_SOCKET = Path("run/gate.sock")
EXIT_UNUSABLE = 3
SUPERVISED = "ANSIM_SUPERVISED"  # set by the supervisor
ORDERS = "ANSIM_GATE_ORDERS"  # numbers of users, set where the processes have users of their own


def main() -> int:
    """Run the gate of the zone in the current directory until a signal says stop; return the exit code."""
    speak()
    logging.getLogger("aiohttp.server").addFilter(OneLineAMinute())
    try:
        config = parse_config(os.environ.pop("ANSIM_GATE_CONFIG", ""))
        token = os.environ.pop("ANSIM_GATE_TOKEN", "")
        if not token:
            raise GateConfigError("ANSIM_GATE_TOKEN is not set")
        trusted, parent = frozenset({0, os.getuid(), *ordering()}), os.getppid()
        public, orders = bind(config)
        drop_privileges(config.user)
        if os.environ.get(SUPERVISED) and not end_with(parent):
            return EXIT_UNUSABLE
    except (GateError, OSError) as error:
        hint = error.hint if isinstance(error, GateError) else "See what else uses the port or the socket."
        log.error("the gate cannot start: %s. %s", error, hint)
        return EXIT_UNUSABLE
    seal_imports()
    asyncio.run(serve(config, token, trusted, public, orders))
    with contextlib.suppress(OSError):
        CONTROL_SOCKET.unlink()
    return 0


def bind(config: GateConfig) -> tuple[socket.socket, socket.socket]:
    """Return the listening sockets for browsers and for orders; needs the rights that are given away
    afterwards.

    Raises: OSError — if an address is taken.
    """
    raise_file_limit()
    family = socket.AF_INET6 if ":" in config.bind else socket.AF_INET
    public = socket.socket(family, socket.SOCK_STREAM)
    public.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    public.bind((config.bind, config.port))
    public.listen(BACKLOG)
    public.setblocking(False)
    # Where the zone has a user of its own, it comes in through the gate's group, and is then known by its number.
    return public, bind_socket(CONTROL_SOCKET, 0o660 if os.environ.get(ORDERS) else 0o600)


def ordering() -> tuple[int, ...]:
    """Return the users beside root and the gate itself that may give orders: those of the zone's own processes."""
    return tuple(int(uid) for uid in os.environ.get(ORDERS, "").split())


async def serve(
    config: GateConfig, token: str, trusted: frozenset[int], public: socket.socket, orders: socket.socket
) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gate = Gate(config, token, trusted=trusted)
    async with gate.serving(public, orders):
        log.info("the gate listens on %s port %d", config.bind, config.port)
        await stop.wait()
