"""Ports for what tests start themselves."""

from __future__ import annotations

import random
import socket

BELOW_EPHEMERAL = range(10_000, 32_000)
"""Linux gives outgoing connections 32768 and up (net.ipv4.ip_local_port_range): a port of that range that is free
now may be taken when the process that should listen there has started."""


def free_port() -> int:
    """Return a port of this machine where nobody listens and that no outgoing connection is given."""
    for port in random.sample(BELOW_EPHEMERAL, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("0.0.0.0", port))
            except OSError:
                continue
            return port
    raise RuntimeError("a hundred ports are taken")
