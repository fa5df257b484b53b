from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portal.serve import listen
from tests.patience import PATIENCE

REPOSITORY = Path(__file__).resolve().parents[3]
SERVER = """
import asyncio
from pathlib import Path
from starlette.responses import PlainTextResponse
from portal.serve import _serve
apps = {"run/a.sock": "browsers", "run/b.sock": "notebooks"}
asyncio.run(_serve({Path(path): PlainTextResponse(text) for path, text in apps.items()}))
"""


def ask(path: Path) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(str(path))
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: client.recv(4096), b""))


def test_two_sockets_are_served_by_one_process_that_stops_when_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen([sys.executable, "-c", SERVER], env=environment) as server:
        deadline = time.monotonic() + PATIENCE
        while not Path("run/b.sock").exists():
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        first = ask(Path("run/a.sock"))
        assert first.endswith(b"browsers")
        assert b"server:" not in first.lower()
        assert ask(Path("run/b.sock")).endswith(b"notebooks")
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) == 0


def test_a_socket_left_by_a_crash_is_replaced_and_open_to_the_gates_group_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    path = Path("run/portal.sock")
    listen(path).close()
    with listen(path) as again:
        assert again.fileno() > 0
        status = path.stat()
        assert stat.S_IMODE(status.st_mode) == 0o660
        assert status.st_gid == Path("run").stat().st_gid
