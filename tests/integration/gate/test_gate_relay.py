"""The relay keeps a container reachable for as long as it lives, whatever happens at the other end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub_config.gate.dialin import DialIn
from hub_config.gate.listen import Acceptor
from tests.integration.gate.harness import REPOSITORY
from tests.patience import PATIENCE
from tests.ports import free_port

RELAY = str(REPOSITORY / "images" / "notebook" / "relay.py")
IDLE = 10


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """The port of a local server that answers with as many bytes as the path asks for."""
    port = free_port()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.split()[1][1:] or b"2")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
                await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    yield port
    server.close()


@pytest.fixture
def relay(echo: int, tmp_path: Path) -> subprocess.Popen[bytes]:
    """A running relay to that server."""
    command = [sys.executable, RELAY, "--socket", str(tmp_path / "up.sock"), "--to", f"127.0.0.1:{echo}"]
    return subprocess.Popen(command)


@contextlib.asynccontextmanager
async def gate(path: Path) -> AsyncIterator[DialIn]:
    """The gate's end of a workspace."""
    pool = DialIn(limit=256, answer_seconds=6)
    acceptor = Acceptor(path, pool.accept, limit=256, per_second=200)
    try:
        yield pool
    finally:
        acceptor.close()
        await pool.close()


async def fetch(pool: DialIn, size: int = 2) -> int:
    async with pool.session.get(f"http://workspace/{size}") as answer:
        return len(await answer.read())


async def test_it_dials_again_whenever_the_gate_started_anew(relay: subprocess.Popen[bytes], tmp_path: Path) -> None:
    try:
        for _ in range(3):
            async with gate(tmp_path / "up.sock") as pool:
                assert await fetch(pool) == 2
    finally:
        relay.terminate()
        relay.wait()


async def test_it_grows_under_load_and_carries_large_answers(relay: subprocess.Popen[bytes], tmp_path: Path) -> None:
    try:
        async with gate(tmp_path / "up.sock") as pool:
            sizes = await asyncio.gather(*(fetch(pool, 200_000) for _ in range(40)))
            assert sizes == [200_000] * 40
            assert await fetch(pool, 30_000_000) == 30_000_000
            async with asyncio.timeout(PATIENCE):
                while pool.connections < IDLE:  # noqa: ASYNC110 — the pool tells nobody
                    await asyncio.sleep(0.05)
    finally:
        relay.terminate()
        relay.wait()


async def test_a_server_that_does_not_listen_yet_is_a_failure_and_not_the_end(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, RELAY, "--socket", str(tmp_path / "up.sock"), "--to", f"127.0.0.1:{port}"]
    process = await asyncio.create_subprocess_exec(*command)
    try:
        async with gate(tmp_path / "up.sock") as pool:
            with pytest.raises(Exception, match="isconnect"):
                await fetch(pool)

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

            server = await asyncio.start_server(serve, "127.0.0.1", port)
            assert await fetch(pool) == 2
            server.close()
    finally:
        process.terminate()
        await process.wait()


def run_with_child(tmp_path: Path, script: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, RELAY, "--socket", str(tmp_path / "up.sock"), "--to", "127.0.0.1:1", "--"]
    return subprocess.Popen([*command, sys.executable, "-c", script], stdout=subprocess.PIPE)


@pytest.mark.parametrize(("end", "code"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", 137)])
def test_it_ends_as_its_command_ends(tmp_path: Path, end: str, code: int) -> None:
    process = run_with_child(tmp_path, f"import os, sys; {end}")
    process.communicate(timeout=PATIENCE)
    assert process.returncode == code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_passes_signals_on_to_its_command(tmp_path: Path, number: int) -> None:
    script = (
        "import signal, sys, time; handler = lambda n, f: sys.exit(40 + n);"
        f"signal.signal({int(number)}, handler); print('up', flush=True); time.sleep(60)"
    )
    process = run_with_child(tmp_path, script)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    os.kill(process.pid, number)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 40 + number
