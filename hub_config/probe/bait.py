"""What the machine holds open while a probe runs, so that a missing wall would be noticed and not just be silent."""

from __future__ import annotations

import contextlib
import ctypes
import ipaddress
import secrets
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

IPC_CREAT, IPC_RMID = 0o1000, 0


class Bait:
    """Sockets, a queue, shared memory and a process of the machine, each with a name that nobody else has."""

    def __init__(self) -> None:
        self.mark = f"ansim-bait-{secrets.token_hex(8)}"
        self._libc = ctypes.CDLL(None)
        self._stack = contextlib.ExitStack()
        try:
            self.loopback = self._listens("127.0.0.1")
            self.everywhere = self._listens("0.0.0.0") if addresses() else self.loopback  # noqa: S104 — it accepts and hangs up
            self._abstract()
            self.queue_key, self.queues = self._queue()
            self.process = self._process()
        except BaseException:
            self._stack.close()
            raise

    def _listens(self, address: str) -> int:
        server = socket.create_server((address, 0))
        self._stack.callback(server.close)
        threading.Thread(target=_hang_up, args=(server,), daemon=True).start()
        return int(server.getsockname()[1])

    def _abstract(self) -> None:
        server = socket.socket(socket.AF_UNIX)
        self._stack.callback(server.close)
        server.bind("\0" + self.mark)
        server.listen(16)
        threading.Thread(target=_hang_up, args=(server,), daemon=True).start()

    def _queue(self) -> tuple[int, list[str]]:
        """Make a queue and shared memory; return their key and which of the two there are."""
        key = secrets.randbelow(2**31 - 2) + 1
        queue = self._libc.msgget(key, IPC_CREAT | 0o666)
        memory = self._libc.shmget(key, 4096, IPC_CREAT | 0o666)
        if queue >= 0:
            self._stack.callback(self._libc.msgctl, queue, IPC_RMID, None)
        if memory >= 0:
            self._stack.callback(self._libc.shmctl, memory, IPC_RMID, None)
        return key, [name for name, made in (("queue", queue), ("memory", memory)) if made >= 0]

    def _process(self) -> subprocess.Popen[bytes]:
        sleeping = [sys.executable, "-S", "-c", "import time; time.sleep(3600)", self.mark]
        process = subprocess.Popen(sleeping, stdin=subprocess.DEVNULL, cwd="/")
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def facts(self) -> dict[str, Any]:
        """Return what the attacks inside are told of it."""
        return {
            "host_ports": [self.loopback],
            "open_port": self.everywhere,
            "host_addresses": addresses(),
            "name_servers": name_servers(),
            "abstract": self.mark,
            "mark": self.mark,
            "queue_key": self.queue_key,
            "queues": self.queues,
        }

    def close(self) -> None:
        """Take everything away."""
        self._stack.close()


def addresses() -> list[str]:
    """Return the machine's IPv4 addresses other than loopback, as the kernel's table of local routes names them."""
    try:
        text = Path("/proc/net/fib_trie").read_text(encoding="ascii")
    except OSError:
        return []
    found, last = set(), ""
    for line in text.splitlines():
        word = line.strip().removeprefix("|-- ").removeprefix("+-- ")
        if "host LOCAL" in line:
            found.add(last)
        last = word
    return sorted(a for a in found if _is_outward(a))


def _is_outward(text: str) -> bool:
    try:
        return not ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def name_servers() -> list[str]:
    """Return the machine's name servers that are addresses."""
    try:
        lines = Path("/etc/resolv.conf").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    words = [line.split() for line in lines]
    return [w[1] for w in words if len(w) > 1 and w[0] == "nameserver"][:3]


def _hang_up(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            server.accept()[0].close()
