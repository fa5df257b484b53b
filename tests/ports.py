"""Ports for what tests start themselves."""

from __future__ import annotations

import random
import socket

BELOW_EPHEMERAL = range(10_000, 32_000)
"""Linux gives outgoing connections 32768 and up (net.ipv4.ip_local_port_range): a port of that range that is free
now may be taken when the process that should listen there has started."""


def free_port(after: int = 0) -> int:
    """Return a port of this machine where nobody listens and that no outgoing connection is given.

    So many ports `after` it are as free: a zone takes two that follow each other.
    """
    for port in random.sample(BELOW_EPHEMERAL, 100):
        if all(is_free(port + offset) for offset in range(after + 1)):
            return port
    raise RuntimeError("a hundred ports are taken")


def is_free(port: int) -> bool:
    """Say whether nobody listens at a port."""
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
        return True
