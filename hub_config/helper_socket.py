"""What the helpers' sockets have in common: who is at the other end, the socket of an earlier run, and being ready."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
from pathlib import Path


def peer(connection: socket.socket) -> tuple[int, int]:
    """Return the process and the user at the other end, as the kernel knows them."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    pid, uid, _ = struct.unpack("3i", credentials)
    return int(pid), int(uid)


def remove_dead(path: Path) -> None:
    """Remove the socket of an earlier run; anything else at its name is left and stops the start."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()


def ready() -> None:
    """Tell systemd that the socket stands (sd_notify(3)); nothing without it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
            told.connect("\0" + address[1:] if address.startswith("@") else address)
            told.sendall(b"READY=1")
