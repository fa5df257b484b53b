"""pip itself, unchanged, through relay, gate and portal: what is allowed installs, what is not says where to ask."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import uvicorn

from hub_config.gate.config import GateConfig
from hub_config.gate.listen import Acceptor
from hub_config.gate.neighbours import CALLS, Neighbours
from hub_config.gate.packages import BURST, Packages
from portal.package_desk import packages_of
from portal.serve import listen
from portal.workspace_api import build_workspace_api
from tests.integration.packages.wheel_maker import make_wheel, put_on_shelf
from tests.integration.portal.portal_world import World
from tests.patience import PATIENCE
from tests.ports import free_port

RELAY = Path(__file__).resolve().parents[3] / "images" / "notebook" / "relay.py"
Pip = Callable[..., Awaitable[subprocess.CompletedProcess[str]]]


@contextlib.asynccontextmanager
async def portal(world: World) -> AsyncIterator[None]:
    """The portal's end for workspaces."""
    server = uvicorn.Server(uvicorn.Config(build_workspace_api(world.zone), lifespan="off", log_level="warning"))
    task = asyncio.create_task(server.serve(sockets=[listen(Path(CALLS))]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def mirror(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """The loopback port of a workspace, through a relay of its own to the gate's socket."""
    monkeypatch.chdir(world.zone.settings.home)
    (world.zone.settings.home / "run").mkdir()
    (world.zone.settings.home / "packages.yaml").write_text("default: a\ntiers: {a: {packages: [good, promised]}}\n")
    made = [
        make_wheel(tmp_path, "good", requires=["helper"]),
        make_wheel(tmp_path, "helper"),
        make_wheel(tmp_path, "x"),
    ]
    put_on_shelf(packages_of(world.zone).shelf, made)
    config = GateConfig(domain="ansim.localhost")
    neighbours, port = Neighbours(config), free_port()
    server = Packages(config, neighbours).server(world.workspace().ref)
    async with portal(world):
        acceptor = Acceptor(Path("packages.sock"), server, limit=32, per_second=200)
        options = ["--socket", "up.sock", "--to", "127.0.0.1:1", "--listen", f"127.0.0.1:{port}=packages.sock"]
        relay = await asyncio.create_subprocess_exec(sys.executable, str(RELAY), *options)
        try:
            await reachable(port)
            yield port
        finally:
            relay.terminate()
            await relay.wait()
            acceptor.close()
            await server.shutdown()
            await neighbours.close()


async def reachable(port: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


@pytest.fixture
def pip(mirror: int, tmp_path: Path) -> Pip:
    """pip as a workspace has it, installing into a folder."""
    target = tmp_path / "installed"

    async def run(*words: str) -> subprocess.CompletedProcess[str]:
        options = ["--isolated", "--disable-pip-version-check", "--no-cache-dir", "--target", str(target)]
        index = ["--index-url", f"http://127.0.0.1:{mirror}/simple/", "--only-binary", ":all:", "--retries", "0"]
        command = [sys.executable, "-m", "pip", "install", *options, *index, *words]
        return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=PATIENCE)

    return run


async def test_pip_installs_what_is_allowed_with_what_that_needs(world: World, pip: Pip, tmp_path: Path) -> None:
    done = await pip("good")
    assert done.returncode == 0, done.stderr
    assert {one.name for one in (tmp_path / "installed").glob("*.py")} == {"good.py", "helper.py"}
    assert {one.body["detail"]["package"] for one in world.entries("package.taken")} == {"good", "helper"}


@pytest.mark.parametrize(
    "wanted", ["x", *(pytest.param(one, marks=pytest.mark.long) for one in ("x==1.0", "heard-of"))]
)
async def test_pip_says_where_to_ask_for_what_is_not_allowed(world: World, pip: Pip, wanted: str) -> None:
    done = await pip(wanted)
    assert done.returncode != 0
    assert "ask" in done.stderr
    assert "ansim" in done.stderr
    assert world.entries("package.taken") == []
    assert len(world.entries("package.missed")) == 1


@pytest.mark.long
async def test_pip_says_what_is_allowed_but_not_there_yet(pip: Pip) -> None:
    done = await pip("promised")
    assert "an operator has to add it" in done.stderr


@pytest.mark.long
async def test_the_hash_that_a_researcher_pins_is_held(world: World, pip: Pip, tmp_path: Path) -> None:
    (wheel,) = packages_of(world.zone).shelf.of("helper")
    for digest, code in ((wheel.sha256, 0), ("0" * 64, 1)):
        (tmp_path / "pins.txt").write_text(f"helper==1.0 --hash=sha256:{digest}\n")
        done = await pip("--require-hashes", "-r", str(tmp_path / "pins.txt"))
        assert done.returncode == code, done.stderr


async def answered(request: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection("packages.sock")
    writer.write(request + b"Host: zone\r\nConnection: close\r\n\r\n")
    answer = await asyncio.wait_for(reader.read(), PATIENCE)
    writer.close()
    return answer.split(b"\r\n", 1)[0]


@pytest.mark.parametrize(
    "line",
    [
        b"GET /simple/good/?leak=1 HTTP/1.1",
        b"GET /simple/good HTTP/1.1",
        b"GET /simple/Good/ HTTP/1.1",
        b"GET /simple/good/x/ HTTP/1.1",
        b"GET /simple/../../people HTTP/1.1",
        b"GET /simple/%2e%2e/ HTTP/1.1",
        b"GET //simple/good/ HTTP/1.1",
        b"GET /workspace/status HTTP/1.1",
        b"GET /people HTTP/1.1",
        b"GET /files/x/y.whl HTTP/1.1",
        b"GET /legacy/ HTTP/1.1",
        b"GET http://pypi.org/simple/good/ HTTP/1.1",
        b"POST /simple/ HTTP/1.1\r\nContent-Length: 0",
        b"POST /legacy/ HTTP/1.1\r\nContent-Length: 0",
        b"PUT /files/x HTTP/1.1\r\nContent-Length: 0",
        b"DELETE /simple/good/ HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"GET /simple/good/ HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
async def test_nothing_but_a_listed_form_passes_the_gate(mirror: int, line: bytes) -> None:
    status = int((await answered(line + b"\r\n")).split()[1])
    assert 400 <= status < 500, status


async def test_a_workspace_reads_no_faster_than_its_share(mirror: int) -> None:
    statuses: list[bytes] = []
    reader, writer = await asyncio.open_unix_connection("packages.sock")
    request = b"HEAD /ask/x/x-0.whl HTTP/1.1\r\nHost: zone\r\n\r\n"
    writer.write(request * (BURST + 100))
    async with asyncio.timeout(PATIENCE):
        while len(statuses) < BURST + 100:
            if (line := await reader.readline()).startswith(b"HTTP/1.1"):
                statuses.append(line.split()[1])
    writer.close()
    assert statuses.count(b"429") >= 50
    assert statuses[:BURST].count(b"403") == BURST
