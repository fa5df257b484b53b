"""The gate as a process: whose rights it has, from where it runs, and who may give it orders."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.gate.harness import GATE_UID, REPOSITORY, Browser, ZoneUnderTest, wait_for
from tests.integration.gate.portal_stand_in import start_portal
from tests.patience import PATIENCE


@pytest.fixture
def place(root: None, tmp_path: Path) -> Iterator[Callable[..., ZoneUnderTest]]:
    """Makes zones that end with the test."""
    made: list[ZoneUnderTest] = []

    def make(**values: object) -> ZoneUnderTest:
        home = tmp_path / f"zone{len(made)}"
        zone = ZoneUnderTest(home, Path("/nonexistent"), **values)  # type: ignore[arg-type]
        made.append(zone)
        return zone

    yield make
    for zone in made:
        zone.stop()


async def test_it_serves_with_checkout_and_python_below_a_directory_of_root(
    place: Callable[..., ZoneUnderTest], tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for package in ("hub_config", "audit"):
        shutil.copytree(REPOSITORY / package, closed / "code" / package)
    zone = place(code=closed / "code")
    zone.start_gate()
    portal = await start_portal(zone)
    run = zone.home / "workspaces" / ("ws_" + "a" * 16) / "run"
    run.mkdir(parents=True)
    os.chown(run, GATE_UID, GATE_UID)
    tenancy = {"handle": "al", "person_ref": "p_" + "a" * 16, "project": "p", "prefix": "/user/al/p/"}
    tenancy |= {"ends_at": None, "language": "ko", "datasets": []}  # type: ignore[dict-item]
    async with Browser(zone) as browser:
        assert (await browser.get(zone.origin("zone") + "/%EA%B0%80"))[0] == 200
        assert (await browser.get(zone.origin("zone") + "/hub/login"))[0] == 503
        assert (await browser.get(zone.origin("work") + "/user/al/p/lab", Accept="text/html"))[0] == 503
        assert (await browser.get(f"http://127.0.0.1:{zone.port}/"))[0] == 421
        assert zone.control("PUT", f"/workspaces/{run.parent.name}", tenancy).status_code == 201
        assert zone.control("GET", f"/workspaces/{run.parent.name}/ready?timeout=0.2").status_code == 504
        assert zone.control("DELETE", f"/workspaces/{run.parent.name}", {"reason": "x"}).status_code == 204
    await portal.cleanup()
    log = (zone.home / "gate.log").read_text()
    assert "import of" not in log, log
    assert "Traceback" not in log, log
    assert '"error"' not in log, log


def test_it_keeps_no_right_of_root(place: Callable[..., ZoneUnderTest]) -> None:
    zone = place()
    zone.start_gate()
    status = Path(f"/proc/{zone.processes['gate'].pid}/status").read_text()
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert set(lines["Uid"].split()) == {str(GATE_UID)}
    assert set(lines["Gid"].split()) == {str(GATE_UID)}
    assert not lines["Groups"].strip()
    assert int(lines["CapEff"], 16) == 0
    assert lines["NoNewPrivs"] == "1"


def test_only_root_gives_orders(place: Callable[..., ZoneUnderTest]) -> None:
    zone = place()
    zone.start_gate()
    (zone.home / "run" / "gate.sock").chmod(0o666)
    script = (
        "import os, socket; os.setgid(%d); os.setuid(%d); s = socket.socket(socket.AF_UNIX);"
        "s.connect('run/gate.sock'); s.sendall(b'GET /health HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n');"
        "print(s.recv(99).split()[1].decode())"
    )
    # A member of the gate's own group reaches the socket here, and the kernel's word stops it all the same.
    command = [sys.executable, "-c", script % (GATE_UID, GATE_UID + 1)]
    answer = subprocess.run(command, cwd=zone.home, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "403"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"user": "nobody-has-this-name"}, "there is no user"),
        ({"user": "0"}, "does not run as root"),
        ({"unknown": 1}, "unknown setting"),
    ],
)
def test_what_it_cannot_use_is_said_in_one_line(
    place: Callable[..., ZoneUnderTest], changes: dict[str, object], words: str
) -> None:
    zone = place()
    config = {"domain": "ansim.localhost", "port": zone.port, "user": str(GATE_UID), **changes}
    ended = start(zone, config, token="t")
    assert ended.returncode == 3
    assert words in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_taken_port_is_said_in_one_line(place: Callable[..., ZoneUnderTest]) -> None:
    zone = place()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", zone.port))
        taken.listen()
        ended = start(zone, {"domain": "ansim.localhost", "port": zone.port, "user": str(GATE_UID)}, token="t")
    assert ended.returncode == 3
    assert "Address already in use" in ended.stderr


def test_it_does_not_start_without_its_token(place: Callable[..., ZoneUnderTest]) -> None:
    zone = place()
    ended = start(zone, {"domain": "ansim.localhost", "port": zone.port, "user": str(GATE_UID)}, token="")
    assert ended.returncode == 3
    assert "ANSIM_GATE_TOKEN" in ended.stderr


def has_ended(pid: int) -> bool:
    """Say whether a process is gone, or dead with nobody to collect it."""
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def start(zone: ZoneUnderTest, config: dict[str, object], *, token: str) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": str(REPOSITORY), "ANSIM_GATE_CONFIG": json.dumps(config), "ANSIM_GATE_TOKEN": token}
    command = [sys.executable, "-m", "hub_config.gate"]
    return subprocess.run(
        command, cwd=zone.home, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_it_ends_with_its_supervisor_however_that_ends(place: Callable[..., ZoneUnderTest], tmp_path: Path) -> None:
    zone = place()
    config = {"domain": "ansim.localhost", "port": zone.port, "user": str(GATE_UID)}
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
        "ANSIM_GATE_CONFIG": json.dumps(config),
        "ANSIM_GATE_TOKEN": "t",
        "ANSIM_SUPERVISED": str(zone.home),
    }
    script = (
        "import subprocess, sys; gate = subprocess.Popen([sys.executable, '-m', 'hub_config.gate']);"
        "print(gate.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=zone.home, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as supervisor:
        assert supervisor.stdout is not None
        gate = int(supervisor.stdout.readline())
        wait_for((zone.home / "run" / "gate.sock").exists, "the gate has its socket")
        wait_for(lambda: f"Uid:\t{GATE_UID}" in Path(f"/proc/{gate}/status").read_text(), "it is the other user")
        supervisor.kill()
    wait_for(lambda: has_ended(gate), "the gate ends with its parent")
